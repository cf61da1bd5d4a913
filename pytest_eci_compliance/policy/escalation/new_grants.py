"""The grants that steps make: policies that are attached, rewritten, or held at some times only."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ...inventory.facts import Inventory, PolicyRef
from ...inventory.grants import Grant
from ..document import Document, parse
from ..held_policies import HeldPolicy
from .states import HeldGrant

if TYPE_CHECKING:
    from ..evaluator import Access

ADMINISTRATOR = PolicyRef("System", "AdministratorAccess")
ANYTHING = parse({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
"""The document of AdministratorAccess, and of a policy that somebody may write."""


class NewGrants:
    """Makes each grant once: equal ones are the same object."""

    def __init__(self, inventory: Inventory, access: Access) -> None:
        self._inventory = inventory
        self._access = access
        self._made: dict[Hashable, HeldGrant] = {}

    def attached(self, policy: PolicyRef, scope: str | None = None, group: str | None = None) -> HeldGrant:
        """The grant that attaching a policy makes."""
        key = (policy, scope, group)
        if key not in self._made:
            self._made[key] = HeldGrant(Grant(*key), self._attached_grant(Grant(*key)))
        return self._made[key]

    def _attached_grant(self, held: Grant) -> HeldPolicy:
        if held.policy == ADMINISTRATOR and held.policy not in self._inventory.policies:
            path = "directly" if held.group is None else f"through group {held.group}"
            return HeldPolicy(str(held.policy), ANYTHING, held.resource_group_id, path)
        return self._access.grant(held)

    def written(self, held: Grant, document: Document, label: str) -> HeldGrant:
        """The grant of a policy whose document has been replaced."""
        key = (held, document, label)
        if key not in self._made:
            path = "directly" if held.group is None else f"through group {held.group}"
            grant = HeldPolicy(f"{held.policy} ({label})", document, held.resource_group_id, path)
            self._made[key] = HeldGrant(held, grant)
        return self._made[key]

    def at_times(self, grants: tuple[HeldGrant, ...]) -> tuple[HeldGrant, ...]:
        """Grants that come and go together, as a state holds them that stands for all times: the Deny statements among
        them deny nothing of other grants. Grants without any Deny stay as they are. Several versions of one policy are
        never held together: they come and go one by one."""
        if not any(held.has_deny for held in grants):
            return grants
        parts = _by_version(grants)
        return tuple(grant for part in parts for grant in self._together_at_times(part))

    def _together_at_times(self, grants: Sequence[HeldGrant]) -> Iterator[HeldGrant]:
        bundle = tuple(map(_name_in_bundle, grants))
        return (self._in_bundle(held, bundle) for held in grants if len(grants) > 1 or held.has_allow)

    def _in_bundle(self, held_grant: HeldGrant, bundle: Hashable) -> HeldGrant:
        if held_grant.grant.bundle == bundle:
            return held_grant
        key = ("bundle", held_grant.held, held_grant.grant.policy, held_grant.grant.document, bundle)
        if key not in self._made:
            self._made[key] = HeldGrant(held_grant.held, replace(held_grant.grant, bundle=bundle))
        return self._made[key]

    @staticmethod
    def comes_and_goes(held_grant: HeldGrant) -> bool:
        """Whether a state that stands for all times counts a grant as detached by itself already."""
        return held_grant.grant.bundle == (_name_in_bundle(held_grant),)


def _by_version(grants: tuple[HeldGrant, ...]) -> Sequence[Sequence[HeldGrant]]:
    """The grants by policy and version, where they are several versions of some policy; else all of them together."""
    by_version: dict[tuple[PolicyRef, str], list[HeldGrant]] = {}
    for held in grants:
        by_version.setdefault((held.held.policy, held.grant.policy), []).append(held)
    has_versions = len({policy for policy, _ in by_version}) < len(by_version)
    return list(by_version.values()) if has_versions else [grants]


def _name_in_bundle(held_grant: HeldGrant) -> tuple[Grant, str]:
    return held_grant.held, held_grant.grant.policy
