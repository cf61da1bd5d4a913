"""Whether what the configuration names exists in the account, and which existing name is near."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Literal, TypeAlias

from ...inventory.facts import EciResource, Inventory, Kind, Listing, PolicyRef, Unreadable
from ...inventory.kinds import KINDS, unshown
from ...policy.editions import editions
from ...spelling import did_you_mean
from .selectors import BoolOrUnread, ResourceGroups

Noun: TypeAlias = Literal[
    "user", "group", "role", "resource group", "policy", "region", "resource", "resource name", "tag"
]
OF_RESOURCES: frozenset[Noun] = frozenset(("resource", "resource name", "tag"))
"""What only the lists of ECI resources show. A tag is written KEY=VALUE."""

_DOCUMENTED = frozenset(("AliyunECIFullAccess", "AliyunECIReadOnlyAccess"))


class Existing:
    """The names of everything in an account that the configuration can name."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def exists(self, noun: Noun, name: str, kind: Kind | None = None) -> BoolOrUnread:
        """Whether there is a user, group, role, resource group, policy, region or resource of that name or id.

        `kind` is the kind of ECI resources that is meant; None: any.
        """
        if noun == "policy":
            return self._policy_exists(PolicyRef.parse(name))
        if noun == "resource group":
            group = ResourceGroups(self._inventory.resource_groups).id_of(name)
            # Several groups of that name: they exist, whichever is meant.
            ambiguous = isinstance(group, Unreadable) and group.code == "Ambiguous"
            return True if ambiguous or isinstance(group, str) else group or False
        if noun in OF_RESOURCES:
            unread = self._unread(noun, kind)
            return name in self._of_resources(noun, kind) or (unread[0] if unread else False)
        names = self._names[noun]
        if isinstance(names, Unreadable):
            return names
        if name in names:
            return True
        if noun == "role":
            # GetRole may show a role that the list does not.
            lookup = self._inventory.role_lookups.get(name)
            return lookup if isinstance(lookup, Unreadable) else lookup is not None
        return False

    def names(self, noun: Noun, kind: Kind | None = None) -> frozenset[str] | Unreadable:
        """Every name, or id, of that noun; unreadable where a list of them is."""
        if noun in OF_RESOURCES:
            unread = self._unread(noun, kind)
            return unread[0] if unread else self._of_resources(noun, kind)
        return self._policies if noun == "policy" else self._names[noun]

    def near(self, noun: Noun, name: str, kind: Kind | None = None) -> str:
        """`; did you mean …?` with the nearest name of that noun where one is near, else nothing."""
        if noun in OF_RESOURCES:
            names: frozenset[str] | Unreadable = self._of_resources(noun, kind)
        else:
            names = self._policies if noun == "policy" else self._names[noun]
        # A resource group may have the name that was written as an id: it is no other spelling.
        return "" if isinstance(names, Unreadable) else did_you_mean(name, sorted(names - {name}))

    def has_resources(self, kind: Kind | None) -> bool:
        """Whether there is a resource of a kind at all, or of any."""
        return any(True for _ in self._resources(kind))

    def _policy_exists(self, ref: PolicyRef) -> BoolOrUnread:
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
            "region": self._regions,
        }

    @property
    def _regions(self) -> frozenset[str] | Unreadable:
        read, every = self._inventory.regions, self._inventory.all_regions
        if isinstance(read, Unreadable):
            return read
        return frozenset((*read, *(every if isinstance(every, tuple) else ())))

    def _listings(self, kind: Kind | None) -> Iterator[Listing]:
        for listed_kind, listings in self._inventory.listings.items():
            yield from listings if kind in (None, listed_kind) else ()

    def _resources(self, kind: Kind | None) -> Iterator[EciResource]:
        for listing in self._listings(kind):
            yield from listing.all_items

    def _of_resources(self, noun: Noun, kind: Kind | None) -> frozenset[str]:
        """The ids, names or tags of the resources that were read."""
        if noun == "tag":
            return frozenset(
                f"{tag.key}={tag.value}" for resource in self._resources(kind) for tag in resource.tags
            )
        attribute = "id" if noun == "resource" else "name"
        return frozenset(getattr(resource, attribute) for resource in self._resources(kind))

    def _unread(self, noun: Noun, kind: Kind | None) -> tuple[Unreadable, ...]:
        """Why there may be resources, names or tags that were not read."""
        kinds = KINDS if kind is None else (kind,)
        unread = (cause for listed in kinds for cause in self._inventory.unread_listings(listed))
        part = {"resource name": "name", "tag": "tags"}.get(noun)
        hidden = (
            unshown(resource, part)
            for resource in self._resources(kind)
            if part and part in resource.not_shown
        )
        return (*unread, *hidden)


def _names(listed: Iterable[object] | Unreadable, key: str) -> frozenset[str] | Unreadable:
    return listed if isinstance(listed, Unreadable) else frozenset(getattr(item, key) for item in listed)
