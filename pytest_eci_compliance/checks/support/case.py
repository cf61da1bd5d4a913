"""The case: everything that checks see of one account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from ...inventory.facts import EciResource, Role, Unreadable, read_or_empty
from ...inventory.grants import GrantIndex
from ...policy.budget import Budget
from ...policy.evaluator import Access
from .existing import Existing
from .principals import Principals
from .selectors import BoolOrUnread, ResourceGroups, resource_fits

if TYPE_CHECKING:
    from ...config.model import Account, Resources
    from ...inventory.facts import Inventory
    from ...results import Row
    from .mentions import Mention


@dataclass(frozen=True)
class Case:
    """One account to be judged: its name, what is intended, the evidence, and today's date (UTC).

    `rows` are the rows of the other checks: only the `waiver` check, which runs last, has them. `budget` bounds the
    work of the evaluator.
    """

    name: str
    intent: Account
    inventory: Inventory
    today: date
    rows: tuple[Row, ...] = ()
    budget: Budget = field(default_factory=Budget, repr=False, compare=False)

    @cached_property
    def grants(self) -> GrantIndex:
        """Which principal holds which policy, by which path."""
        return GrantIndex(self.inventory)

    @cached_property
    def access(self) -> Access:
        """The policy evaluator over this account."""
        return Access(
            self.inventory, self.intent.default_resource_group, self.budget, self.intent.evaluator_settings
        )

    @cached_property
    def principals(self) -> Principals:
        """The RAM users and roles, with the entries of the configuration that match them."""
        return Principals(self.inventory, self.intent, self.grants)

    @cached_property
    def roles(self) -> Mapping[str, Role | Unreadable | None]:
        """The roles by case-folded name: RAM keeps the case of a role's name, and does not compare by it.

        The answer of GetRole goes before the one of ListRoles; None stands for a role that does not exist.
        """
        listed = self.inventory.roles
        known = read_or_empty(listed)
        roles: dict[str, Role | Unreadable | None] = {role.role_name.casefold(): role for role in known}
        for name, role in self.inventory.role_lookups.items():
            contradicted = role is None and name.casefold() in roles
            roles[name.casefold()] = _contradictory(name) if contradicted else role
        return roles

    def role(self, name: str) -> Role | Unreadable | None:
        """The role of that name, None where it does not exist, or why neither is known."""
        listed = self.inventory.roles
        return self.roles.get(name.casefold(), listed if isinstance(listed, Unreadable) else None)

    @cached_property
    def eci_resources(self) -> Mapping[tuple[str, str | None, str], EciResource]:
        """Every ECI resource that was read, in any region, by type, region and id."""
        return {
            (resource.kind, resource.region_id or None, resource.id): resource
            for listings in self.inventory.listings.values()
            for listing in listings
            for resource in listing.all_items
        }

    @cached_property
    def existing(self) -> Existing:
        """The names of everything in the account that the configuration can name."""
        return Existing(self.inventory)

    @cached_property
    def missing_names(self) -> tuple[Mention, ...]:
        """The names of users, groups and roles in the configuration that the account certainly lacks."""
        from .misspelt import missing_names  # noqa: PLC0415 - it imports the case

        return missing_names(self)

    @cached_property
    def resource_groups(self) -> ResourceGroups:
        """The resource groups, by id or by name."""
        return ResourceGroups(self.inventory.resource_groups)

    def selects(self, selector: Resources | None, resource: EciResource) -> BoolOrUnread:
        """Whether a `resources` selector of the configuration selects an ECI resource."""
        return resource_fits(resource, selector, self.resource_groups)

    @cached_property
    def resource_group_names(self) -> Mapping[str, str]:
        """The names of the resource groups that were read, by id."""
        groups = self.inventory.resource_groups
        return {} if isinstance(groups, Unreadable) else {group.id: group.name for group in groups}


def _contradictory(role_name: str) -> Unreadable:
    return Unreadable("ram:GetRole", "Incomplete", subject=role_name, detail="listed, then not found")
