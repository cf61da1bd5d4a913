"""The instances of an account that carry roles, and the regions whose instances are not known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ...inventory.facts import ENDED, ContainerGroup, EciResource, Inventory, Unreadable
from ..authorization import Target
from .model import Identity

if TYPE_CHECKING:
    from ..evaluator import Access

# The product page "lifecycle": the states in which an instance exists and runs code, or will again.
LIVE = frozenset({"Scheduling", "Pending", "Running", "Restarting", "Updating", "Terminating"})


class Carrier(NamedTuple):
    """Instances with one status that carry one role and that policies cannot tell apart, by their first."""

    target: Target
    status: str
    id: str


def recorded_resources(inventory: Inventory) -> Iterator[EciResource]:
    """Every recorded resource of ECI."""
    for listings in inventory.listings.values():
        for listing in listings:
            yield from listing.all_items


def recorded_instances(inventory: Inventory) -> tuple[ContainerGroup, ...]:
    """Every recorded instance."""
    return tuple(item for item in recorded_resources(inventory) if isinstance(item, ContainerGroup))


class CarrierIndex:
    """The recorded instances by the roles that they carry. `roles` are the names of the account's roles."""

    def __init__(
        self,
        inventory: Inventory,
        access: Access,
        instances: tuple[ContainerGroup, ...],
        roles: Collection[str],
    ) -> None:
        self._inventory = inventory
        self._access = access
        self._instances = instances
        self._roles = roles

    @cached_property
    def by_role(self) -> Mapping[str, tuple[Carrier, ...]]:
        """The instances that carry each role, running ones first."""
        spelled = {name.casefold(): name for name in self._roles}
        by_role: dict[str, dict[tuple[Target, str], Carrier]] = defaultdict(dict)
        for instance in self._instances:
            role = spelled.get(instance.ram_role_name.casefold())
            if role is not None and instance.status not in ENDED and "ram_role" not in instance.not_shown:
                target = self._access.target(instance)
                by_role[role].setdefault(
                    (target, instance.status), Carrier(target, instance.status, instance.id)
                )
        return {
            role: tuple(sorted(by_class.values(), key=lambda carrier: carrier.status != "Running"))
            for role, by_class in by_role.items()
        }

    @cached_property
    def of_unknown_role(self) -> tuple[Carrier, ...]:
        """The instances of which it is not known whether they carry a role, and which: the first of each class."""
        by_class: dict[Target, Carrier] = {}
        for instance in self._instances:
            if "ram_role" in instance.not_shown and instance.status not in ENDED:
                target = self._access.target(instance)
                by_class.setdefault(target, Carrier(target, instance.status, instance.id))
        return tuple(by_class.values())

    @cached_property
    def carried_roles(self) -> Mapping[Target, tuple[str, ...]]:
        """The roles that instances of each class carry, each class by its first instance."""
        by_class: dict[Target, dict[str, None]] = defaultdict(dict)
        for role, carriers in self.by_role.items():
            for carrier in carriers:
                by_class[carrier.target].setdefault(role)
        return {target: tuple(roles) for target, roles in by_class.items()}

    @cached_property
    def carriers_in_class(self) -> Mapping[tuple[str, Target], list[tuple[int, Carrier]]]:
        """The instances of each class that carry each role, with their places among all that carry it."""
        carriers: dict[tuple[str, Target], list[tuple[int, Carrier]]] = defaultdict(list)
        for role, role_carriers in self.by_role.items():
            for place, carrier in enumerate(role_carriers):
                carriers[role, carrier.target].append((place, carrier))
        return carriers

    @cached_property
    def roles_in_class(self) -> Mapping[Target, frozenset[Identity]]:
        """The roles that instances of each class carry."""
        return {
            target: frozenset(Identity("role", name) for name in names)
            for target, names in self.carried_roles.items()
        }

    @cached_property
    def running_in_class(self) -> Mapping[Target, frozenset[Identity]]:
        """The roles that running instances of each class carry."""
        return {
            target: frozenset(
                role
                for role in roles
                if any(
                    carrier.status == "Running" for _, carrier in self.carriers_in_class[role.name, target]
                )
            )
            for target, roles in self.roles_in_class.items()
        }

    @cached_property
    def unread_regions(self) -> tuple[Unreadable, ...]:
        """Why the instances of some regions are not known."""
        return self._inventory.unread_listings("instance")
