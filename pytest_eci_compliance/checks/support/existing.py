"""Whether what the configuration names exists in the account, and which existing name is near."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Literal, TypeAlias

from ...config.consistency import nearest
from ...inventory.facts import Inventory, PolicyRef, Unreadable
from ...policy.editions import editions
from .selectors import Answer, ResourceGroups

Noun: TypeAlias = Literal["user", "group", "role", "resource group", "policy", "resource"]

_DOCUMENTED = frozenset(("AliyunECIFullAccess", "AliyunECIReadOnlyAccess"))


class Existing:
    """The names of everything in an account that the configuration can name."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def exists(self, noun: Noun, name: str) -> Answer:
        """Whether there is a user, group, role, resource group, policy or resource of that name or id."""
        if noun == "policy":
            return self._policy_exists(PolicyRef.parse(name))
        if noun == "resource group":
            group = ResourceGroups(self._inventory.resource_groups).id_of(name)
            # Several groups of that name: they exist, whichever is meant.
            ambiguous = isinstance(group, Unreadable) and group.code == "Ambiguous"
            return True if ambiguous or isinstance(group, str) else group or False
        names = self._names[noun]
        if isinstance(names, Unreadable):
            return names
        if name in names:
            return True
        if noun == "role":
            # GetRole may show a role that the list does not.
            lookup = self._inventory.role_lookups.get(name)
            return lookup if isinstance(lookup, Unreadable) else lookup is not None
        return self._unread_lists[0] if noun == "resource" and self._unread_lists else False

    def names(self, noun: Noun) -> frozenset[str] | Unreadable:
        """Every name, or id, of that noun; unreadable where a list of them is."""
        if noun == "resource" and self._unread_lists:
            return self._unread_lists[0]
        return self._policies if noun == "policy" else self._names[noun]

    def near(self, noun: Noun, name: str) -> str:
        """`; did you mean …?` where an existing name is near, else nothing."""
        names = self._policies if noun == "policy" else self._names[noun]
        return "" if isinstance(names, Unreadable) else nearest(name, sorted(names))

    def _policy_exists(self, ref: PolicyRef) -> Answer:
        if str(ref) in self._policies or (ref.policy_type == "System" and editions(ref.policy_name)):
            return True
        listed = (
            self._inventory.custom_policies
            if ref.policy_type == "Custom"
            else self._inventory.system_policies
        )
        if listed is None:
            return Unreadable("ram:ListPolicies", "NotRead", subject=str(ref))
        return listed if isinstance(listed, Unreadable) else ref in listed

    @cached_property
    def _policies(self) -> frozenset[str]:
        """The policies that somebody holds, that are documented, or that a list shows."""
        inventory = self._inventory
        held = (attachment.ref for attachment in inventory.attachments.items)
        lists = (inventory.custom_policies, inventory.system_policies)
        listed = (ref for names in lists if isinstance(names, tuple) for ref in names)
        return frozenset(map(str, (*held, *inventory.policies, *listed))) | _DOCUMENTED

    @cached_property
    def _names(self) -> dict[Noun, frozenset[str] | Unreadable]:
        inventory = self._inventory
        return {
            "user": _names(inventory.users, "user_name"),
            "group": _names(inventory.groups, "group_name"),
            "role": _names(inventory.roles, "role_name"),
            "resource group": (
                inventory.resource_groups
                if isinstance(inventory.resource_groups, Unreadable)
                else frozenset(word for group in inventory.resource_groups for word in (group.id, group.name))
            ),
            "resource": frozenset(
                resource.id
                for listings in inventory.listings.values()
                for listing in listings
                for resource in (*listing.read_items, *listing.later)
            ),
        }

    @cached_property
    def _unread_lists(self) -> tuple[Unreadable, ...]:
        listings = (listing for listings in self._inventory.listings.values() for listing in listings)
        unread = [listing.items for listing in listings if isinstance(listing.items, Unreadable)]
        regions = self._inventory.regions
        return (*([regions] if isinstance(regions, Unreadable) else []), *unread)


def _names(listed: Iterable[object] | Unreadable, key: str) -> frozenset[str] | Unreadable:
    return listed if isinstance(listed, Unreadable) else frozenset(getattr(item, key) for item in listed)
