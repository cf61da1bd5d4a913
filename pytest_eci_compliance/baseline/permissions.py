"""The permissions that an entry of a configuration can state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from ..policy.escalation.model import ANY_PERMISSION

ByGroup: TypeAlias = "tuple[tuple[str, tuple[str, ...]], ...]"
"""Names of policies, by the id of a resource group."""


@dataclass(frozen=True)
class Permissions:
    """The permissions of principals that an entry can state: account-wide, and by the id of a resource group.

    `widened` are policies that are written account-wide although they are attached on resource groups only: the
    principals are not confined to these groups. `pass_roles_uncertain`: whether all of `pass_roles` may be passed
    cannot be decided. `may_reach` is what they reach by privilege escalation, `may_reach_uncertain` the part of it of
    which that cannot be decided.
    """

    policies: tuple[str, ...] = ()
    resource_groups: ByGroup = ()
    pass_roles: tuple[str, ...] = ()
    console: bool = False
    pass_roles_uncertain: bool = False
    widened: ByGroup = ()
    may_reach: tuple[str, ...] = ()
    may_reach_uncertain: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that an entry could state."""
        return self == Permissions()

    def minus(self, others: Iterable[Permissions]) -> Permissions:
        """The permissions that none of the others has."""
        known = tuple(others)
        in_groups = {
            (group, name)
            for permissions in known
            for group, names in permissions.resource_groups
            for name in names
        }
        by_group = (
            (group, tuple(name for name in names if (group, name) not in in_groups))
            for group, names in self.resource_groups
        )
        passable = {glob for permissions in known for glob in permissions.pass_roles}
        pass_roles = tuple(glob for glob in self.pass_roles if glob not in passable and "*" not in passable)
        reached = {target for permissions in known for target in permissions.may_reach}
        may_reach = tuple(
            target for target in self.may_reach if target not in reached and ANY_PERMISSION not in reached
        )
        return Permissions(
            tuple(
                name
                for name in self.policies
                if all(name not in permissions.policies for permissions in known)
            ),
            tuple((group, names) for group, names in by_group if names),
            pass_roles,
            console=self.console and not any(permissions.console for permissions in known),
            pass_roles_uncertain=self.pass_roles_uncertain and bool(pass_roles),
            may_reach=may_reach,
            may_reach_uncertain=tuple(target for target in self.may_reach_uncertain if target in may_reach),
        )

    def account_wide(self) -> Permissions:
        """The same permissions, with the policies on resource groups written account-wide."""
        in_groups = {name for _, names in self.resource_groups for name in names}
        by_group = (
            (group, tuple(name for name in names if name not in self.policies))
            for group, names in self.resource_groups
        )
        return replace(
            self,
            policies=tuple(sorted(in_groups.union(self.policies))),
            resource_groups=(),
            widened=tuple((group, names) for group, names in by_group if names),
        )
