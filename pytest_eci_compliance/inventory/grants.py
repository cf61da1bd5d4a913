"""Which policies principals have, at which scope, by which path: an index over the policy attachments.

RAM users hold policies directly and through groups, on the whole account or on one resource group
(section 2 and 3 of the security chapters). What may be missing stands beside what was read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from .facts import GrantGap, Inventory, PolicyAttachment, PolicyRef, PrincipalType, Unreadable


class Grant(NamedTuple):
    """A policy as a principal holds it: `group` names the RAM group it comes through, None if direct."""

    policy: PolicyRef
    resource_group_id: str | None = None
    group: str | None = None

    @property
    def path(self) -> str:
        """How the principal holds the policy."""
        how = "directly" if self.group is None else f"through group {self.group}"
        where = (
            "on the whole account"
            if self.resource_group_id is None
            else f"on resource group {self.resource_group_id}"
        )
        return f"{how}, {where}"


@dataclass(frozen=True)
class PrincipalGrants:
    """The grants of one principal, sorted, and the gaps: grants that it may have too."""

    held: tuple[Grant, ...] = ()
    gaps: tuple[GrantGap, ...] = ()


class GrantIndex:
    """The index of the grants of an inventory, by principal."""

    def __init__(self, inventory: Inventory) -> None:
        self._attached: dict[tuple[PrincipalType, str], list[PolicyAttachment]] = defaultdict(list)
        for attachment in inventory.attachments.items:
            self._attached[attachment.principal_type, attachment.principal_name].append(attachment)
        self._gaps = inventory.attachments.gaps
        self._groups_of: dict[str, list[str]] = defaultdict(list)
        self._membership_gaps: tuple[GrantGap, ...] = ()
        self._index_members(inventory)

    def _index_members(self, inventory: Inventory) -> None:
        if isinstance(inventory.groups, Unreadable):
            self._membership_gaps = (GrantGap(inventory.groups),)
            return
        missing: list[GrantGap] = []
        for group in inventory.groups:
            if not isinstance(group.members, Unreadable):
                for user in group.members:
                    self._groups_of[user].append(group.group_name)
            elif self._attached.get(("IMSGroup", group.group_name)) or self._gaps_of(
                "IMSGroup", group.group_name
            ):
                missing.append(GrantGap(group.members))
        self._membership_gaps = tuple(missing)

    def _gaps_of(self, kind: PrincipalType, name: str) -> tuple[GrantGap, ...]:
        return tuple(
            gap
            for gap in self._gaps
            if gap.principal_type in (None, kind) and gap.principal_name in (None, name)
        )

    def _grants(self, kind: PrincipalType, name: str, through: str | None = None) -> list[Grant]:
        """The grants of the policies that are attached to a principal itself."""
        attachments = self._attached.get((kind, name), ())
        return [Grant(attachment.ref, attachment.resource_group_id, through) for attachment in attachments]

    def groups_of(self, user_name: str) -> tuple[str, ...]:
        """The names of the groups whose members are known to include that user."""
        return tuple(self._groups_of.get(user_name, ()))

    def user(self, user_name: str) -> PrincipalGrants:
        """The grants of a RAM user, direct and through groups."""
        groups = self.groups_of(user_name)
        held = self._grants("IMSUser", user_name)
        gaps = [*self._gaps_of("IMSUser", user_name), *self._membership_gaps]
        for group in groups:
            held += self._grants("IMSGroup", group, through=group)
            gaps += self._gaps_of("IMSGroup", group)
        return PrincipalGrants(_ordered(held), tuple(dict.fromkeys(gaps)))

    def role(self, role_name: str) -> PrincipalGrants:
        """The grants of a RAM role."""
        return PrincipalGrants(
            _ordered(self._grants("ServiceRole", role_name)), self._gaps_of("ServiceRole", role_name)
        )

    def group(self, group_name: str) -> PrincipalGrants:
        """What a RAM group gives to each of its members."""
        held = [
            Grant(attachment.ref, attachment.resource_group_id, group_name)
            for attachment in self._attached.get(("IMSGroup", group_name), ())
        ]
        return PrincipalGrants(_ordered(held), self._gaps_of("IMSGroup", group_name))

    def holders(self, policy: PolicyRef) -> tuple[PolicyAttachment, ...]:
        """The attachments of one policy, to users, groups and roles."""
        return tuple(self._by_policy.get(policy, ()))

    @cached_property
    def _by_policy(self) -> Mapping[PolicyRef, list[PolicyAttachment]]:
        by_policy: dict[PolicyRef, list[PolicyAttachment]] = defaultdict(list)
        for attachments in self._attached.values():
            for attachment in attachments:
                by_policy[attachment.ref].append(attachment)
        return by_policy

    def policies(self) -> frozenset[PolicyRef]:
        """Every policy that is attached to a principal."""
        return frozenset(self._by_policy)


def _ordered(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    return tuple(
        sorted(
            set(grants),
            key=lambda grant: (str(grant.policy), grant.resource_group_id or "", grant.group or ""),
        )
    )
