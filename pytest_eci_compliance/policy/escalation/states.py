"""The states of identities: what they hold at some time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ...inventory.facts import PolicyRef
from ...inventory.grants import Grant
from ..held_policies import Gap, HeldPolicy
from .model import Identity

if TYPE_CHECKING:
    from ..decision import Principal
    from .account import AccountIndex


class HeldGrant(NamedTuple):
    """A grant with the policy attachment that it comes from."""

    held: Grant
    grant: HeldPolicy

    @property
    def has_allow(self) -> bool:
        """Whether a statement of it may allow something."""
        return any(statement.effect != "Deny" for statement in self.grant.document.statements)

    @property
    def has_deny(self) -> bool:
        """Whether a statement of it may deny something."""
        return any(statement.effect != "Allow" for statement in self.grant.document.statements)


@dataclass(frozen=True)
class State:
    """An identity with the grants that it has at some time, the grants that could not be read, and its groups."""

    identity: Identity
    grants: tuple[HeldGrant, ...] = ()
    gaps: tuple[Gap, ...] = ()
    groups: tuple[str, ...] = ()
    seen_as: dict[AccountIndex, Principal] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    """The evaluator's principal for it, remembered by the account."""

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.identity, self.grants, self.gaps, self.groups))

    def has_account_wide(self, policy: PolicyRef | None) -> bool:
        """Whether it has a policy on the whole account."""
        return policy in self._account_wide

    @cached_property
    def _account_wide(self) -> frozenset[PolicyRef]:
        return frozenset(grant.held.policy for grant in self.grants if grant.held.resource_group_id is None)

    def changed(
        self,
        drop: Iterable[HeldGrant],
        add: Iterable[HeldGrant],
        gaps: Iterable[Gap] = (),
        groups: tuple[str, ...] | None = None,
    ) -> State:
        """The state without some grants and with others, in other groups where `groups` are given."""
        dropped = set(drop)
        kept = [grant for grant in self.grants if grant not in dropped]
        grants = tuple(dict.fromkeys([*kept, *add]))
        groups = self.groups if groups is None else groups
        return replace(self, grants=grants, gaps=tuple(dict.fromkeys([*self.gaps, *gaps])), groups=groups)
