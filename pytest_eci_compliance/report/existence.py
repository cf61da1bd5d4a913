"""Whether a resource of a former report still exists, according to the inventory of this run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ..inventory.facts import Inventory, PolicyRef, Unreadable
from ..inventory.kinds import KINDS
from .model import RowKey

FactT = TypeVar("FactT")


class Existence:
    """The resources of an account: True where one exists, False where it does not, None where that was not read."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._ids: dict[tuple[str, str | None], frozenset[str] | None] = {
            (kind, listing.region): None
            if isinstance(listing.items, Unreadable)
            else frozenset(resource.id for resource in (*listing.items, *listing.later))
            for kind, listings in inventory.listings.items()
            for listing in listings
        }
        self._names = {
            "user": _names(inventory.users, lambda user: user.user_name),
            "group": _names(inventory.groups, lambda group: group.group_name),
            "resource_group": _names(inventory.resource_groups, lambda group: group.id),
        }
        self._roles = (
            None
            if isinstance(inventory.roles, Unreadable)
            else frozenset(role.role_name for role in inventory.roles)
        )

    def exists(self, key: RowKey) -> bool | None:
        """Whether the resource of a row is still there; None where that was not read."""
        if key.type in KINDS:
            return _contains(self._ids.get((key.type, key.region)), key.id)
        if key.type in self._names:
            return _contains(self._names[key.type], key.id)
        if key.type == "role":
            return self._role_exists(key.id)
        if key.type == "policy":
            return self._policy_exists(PolicyRef.parse(key.id))
        # A waiver is a line of the configuration: where its check ran whole, a missing row is a removed line.
        # The row of a selector is missing too where its name is corrected.
        return False if key.type in ("waiver", "selector") else None

    def _role_exists(self, name: str) -> bool | None:
        looked_up = self._inventory.role_lookups.get(name, self)
        if looked_up is None:
            return False
        return None if isinstance(looked_up, Unreadable) else _contains(self._roles, name)

    def _policy_exists(self, ref: PolicyRef) -> bool | None:
        if ref in self._inventory.policies:
            return True
        if ref.policy_type == "Custom":
            custom = self._inventory.custom_policies
            return None if isinstance(custom, Unreadable) else ref in custom
        # A system policy is judged while it is attached to a principal.
        return None if self._inventory.attachments.gaps else False


def _names(facts: Sequence[FactT] | Unreadable, name: Callable[[FactT], str]) -> frozenset[str] | None:
    return None if isinstance(facts, Unreadable) else frozenset(map(name, facts))


def _contains(names: frozenset[str] | None, name: str) -> bool | None:
    return None if names is None else name in names
