"""Facts of a whole account: who read it, its resource groups, and the inventory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import NamedTuple

from .eci import EciResource, Kind, Listing
from .ram import Attachments, Group, Policy, PolicyRef, PolicyVersion, Role, User
from .unreadable import Unreadable, read_or_empty


@dataclass(frozen=True)
class CallerIdentity:
    """GetCallerIdentity. `identity_type` is `Account`, `RAMUser` or `AssumedRoleUser`."""

    account_id: str
    identity_type: str
    arn: str
    principal_id: str = ""


@dataclass(frozen=True)
class ResourceGroup:
    """A resource group (ListResourceGroups)."""

    id: str
    name: str = ""
    display_name: str = ""
    status: str = ""
    create_date: str = ""


class Observed(NamedTuple):
    """How often the account's own answers agreed with an assumption about the cloud, and how often they did not."""

    held: int = 0
    contradicted: int = 0


@dataclass(frozen=True)
class Inventory:
    """Everything that is known of one account.

    `regions` are the regions that the configuration asks for; `listings` has one `Listing` per kind and
    region that was read (with `service_linked_role.expect: deletable` also every region in `all_regions`).
    `regions` is `Unreadable` where `regions: all` was asked for and DescribeRegions failed.
    `roles` has every role of ListRoles; `role_lookups` has, by role name, the outcome of each GetRole:
    the role, `None` where there is no such role, or `Unreadable`.
    `policies` has every policy that is attached to a principal, every custom policy, and every system policy that
    somebody could attach. `system_policies` are the names of all system policies, None where nobody could attach one
    by a pattern. `policy_versions` are the versions of the custom policies whose default version somebody could change.
    `incomplete` are lists that were read and yet shown not to be whole: each check that rests on such a call
    has one unknown row more.
    `observations` are, by the id of an assumption about the cloud, what the answers say of it.
    """

    account_id: str
    identity: CallerIdentity
    regions: tuple[str, ...] | Unreadable = ()
    all_regions: tuple[str, ...] | Unreadable | None = None
    users: tuple[User, ...] | Unreadable = ()
    groups: tuple[Group, ...] | Unreadable = ()
    roles: tuple[Role, ...] | Unreadable = ()
    role_lookups: Mapping[str, Role | Unreadable | None] = field(default_factory=dict)
    attachments: Attachments = field(default_factory=Attachments)
    policies: Mapping[PolicyRef, Policy] = field(default_factory=dict)
    custom_policies: tuple[PolicyRef, ...] | Unreadable = ()
    system_policies: tuple[PolicyRef, ...] | Unreadable | None = None
    policy_versions: Mapping[PolicyRef, tuple[PolicyVersion, ...] | Unreadable] = field(default_factory=dict)
    resource_groups: tuple[ResourceGroup, ...] | Unreadable = ()
    listings: Mapping[Kind, tuple[Listing, ...]] = field(default_factory=dict)
    incomplete: tuple[Unreadable, ...] = ()
    observations: Mapping[str, Observed] = field(default_factory=dict)

    @cached_property
    def unread_lists(self) -> tuple[Unreadable, ...]:
        """Why lists of the account could not be read as a whole (ECI lists have a cause per region instead)."""
        lists = (getattr(self, field.name) for field in fields(self))
        grants = (gap.cause for gap in self.attachments.gaps if gap.principal_name is None)
        return tuple(dict.fromkeys(cause for cause in (*lists, *grants) if isinstance(cause, Unreadable)))

    def resources(self, kind: Kind) -> Iterator[EciResource]:
        """Every resource of that kind that was read, in the requested regions."""
        for listing in self.listings_of(kind):
            yield from listing.read_items

    def unread_listings(self, kind: Kind) -> tuple[Unreadable, ...]:
        """Why the resources of that kind could not be read in some regions, or in any."""
        if isinstance(self.regions, Unreadable):
            return (self.regions,)
        listings = self.listings.get(kind, ())
        return tuple(listing.items for listing in listings if isinstance(listing.items, Unreadable))

    def listings_of(self, kind: Kind) -> tuple[Listing, ...]:
        """The listings of the requested regions (not those read only for `slr-deletable`)."""
        regions = read_or_empty(self.regions)
        return tuple(listing for listing in self.listings.get(kind, ()) if listing.region in regions)
