"""The inventory as people's own tests see it: what could not be read raises where it is read.

The inventory itself keeps `Unreadable` values and gaps beside the facts, and the built-in checks look for them. A
test that does not look for them would take what is missing for what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast

from ..messages import describe_error, suggest_fix
from .facts import EciResource, Inventory, Kind, Listing, Unreadable, read_or_empty
from .guards import Guarded, GuardedMapping, MissingPart, UnreadableError, guard
from .kinds import KINDS, unshown

__all__ = ["AccountInventory", "UnreadableError", "readable", "unguarded"]

T = TypeVar("T")

_LIST_OF = {
    "ram:ListUsers": "users",
    "ram:ListGroups": "groups",
    "ram:ListRoles": "roles",
    "ram:ListPolicies": "custom_policies",
    "resourcemanager:ListResourceGroups": "resource_groups",
}


class AccountInventory(Guarded, Inventory):
    """The inventory of an account, for people's own tests.

    It has the fields of `Inventory`, `resources(kind)` and `listings_of(kind)`; a kind is `instance`, `image_cache`
    or `virtual_node`. What could not be read raises `UnreadableError` where it is
    read, and so does a list of ECI resources where the auditing identity is not shown to see everything: ECI
    answers a denied query with an empty list (section 4). `gaps` says what would raise.

    `dataclasses.replace` gives a plain `Inventory` without `gaps`: its parts raise where they are read, all the same.
    """

    _gaps: tuple[MissingPart, ...]
    _blind: MissingPart | None

    @property
    def gaps(self) -> tuple[MissingPart, ...]:
        """Every part that is not known; empty where everything was read."""
        return self._gaps

    def listings_of(self, kind: Kind) -> tuple[Listing, ...]:
        """The listings of the requested regions. Raises `UnreadableError` where one of them is not known."""
        if self._blind is not None:
            raise UnreadableError(self._blind)
        regions = cast("tuple[str, ...]", self.regions)
        listings = {listing.region: listing for listing in self.listings[kind]}
        for region in regions:
            if region not in listings:
                raise UnreadableError(_not_read(kind, region))
        return tuple(listings[region] for region in regions)

    def unread_listings(self, kind: Kind) -> tuple[Unreadable, ...]:
        """Empty where the resources of that kind could be read in every requested region, else `UnreadableError`."""
        for listing in self.listings_of(kind):
            _ = listing.items  # raises where it is not known
        return ()

    def resources(self, kind: Kind) -> Iterator[EciResource]:
        """Every resource of that kind in the requested regions.

        Raises `UnreadableError` where a region could not be read, or there may be resources that the auditing
        identity is not shown.
        """
        listings = self.listings_of(kind)
        items = [cast("tuple[EciResource, ...]", listing.items) for listing in listings]
        return iter([resource for resources in items for resource in resources])


def readable(inventory: Inventory, blind: MissingPart | None = None) -> AccountInventory:
    """The inventory as people's own tests see it.

    `blind` says why there may be ECI resources that the auditing identity is not shown.
    """
    guard = _Guard(inventory, blind)
    view = object.__new__(AccountInventory)
    vars(view).update(guard.fields(), _fact=inventory, _doubts=guard.doubts(), _blind=blind)
    vars(view).update(_gaps=guard.gaps())
    return view


def unguarded(account: Inventory) -> Inventory:
    """The inventory with its `Unreadable` values, as the evaluator needs it."""
    return cast("Inventory", account._fact) if isinstance(account, AccountInventory) else account


@dataclass(frozen=True)
class _Guard:
    """Makes the parts of the view of an inventory."""

    inventory: Inventory
    blind: MissingPart | None

    def doubts(self) -> dict[str, MissingPart]:
        """The fields of the inventory that raise as a whole."""
        doubts = {
            field.name: _missing(field.name, value)
            for field in fields(Inventory)
            if isinstance(value := getattr(self.inventory, field.name), Unreadable)
        }
        for cause in self.inventory.incomplete:
            known = _LIST_OF.get(cause.call)
            for name in (known,) if known else _LIST_OF.values():
                doubts.setdefault(name, _missing(name, cause))
        return doubts

    def fields(self) -> dict[str, Any]:
        """The values of the fields, with guards in the place of facts of which a part is not known."""
        inventory = self.inventory
        values = {**vars(inventory)}
        for name in ("users", "groups", "roles"):
            values[name] = _guarded_list(values[name], name)
        values["policies"] = GuardedMapping(
            {ref: _guarded(policy, f"policies[{ref!s}]") for ref, policy in inventory.policies.items()},
            {},
            self._unknown_policies(),
        )
        values["role_lookups"] = GuardedMapping(
            inventory.role_lookups,
            {
                name: _missing(f"role_lookups[{name!r}]", cause)
                for name, cause in inventory.role_lookups.items()
                if isinstance(cause, Unreadable)
            },
        )
        values["attachments"] = self._attachments()
        values["listings"] = self._listings()
        return values

    def gaps(self) -> tuple[MissingPart, ...]:
        inventory = self.inventory
        parts = [*self.doubts().values(), *([self.blind] if self.blind is not None else [])]
        parts += (_missing("attachments.items", gap.cause) for gap in inventory.attachments.gaps)
        for field, facts in (("groups", inventory.groups), ("roles", inventory.roles)):
            for fact in read_or_empty(facts):
                name = getattr(fact, f"{field[:-1]}_name")
                parts += _doubts_of(fact, f"{field}[{name!r}]").values()
        parts += (
            _missing(f"policies[{ref!s}].policy_document", policy.policy_document)
            for ref, policy in inventory.policies.items()
            if isinstance(policy.policy_document, Unreadable)
        )
        parts += (
            _missing(f"role_lookups[{name!r}]", cause)
            for name, cause in inventory.role_lookups.items()
            if isinstance(cause, Unreadable)
        )
        return tuple(dict.fromkeys((*parts, *self._listing_gaps())))

    def _unknown_policies(self) -> MissingPart | None:
        """Why there may be policies that are not known: one is known by its holder, or by the list."""
        causes = [gap.cause for gap in self.inventory.attachments.gaps]
        if isinstance(self.inventory.custom_policies, Unreadable):
            causes.append(self.inventory.custom_policies)
        return _missing("policies", causes[0]) if causes else None

    def _attachments(self) -> Any:
        attachments = self.inventory.attachments
        if not attachments.gaps:
            return attachments
        missing = _missing("attachments.items", attachments.gaps[0].cause)
        return guard(attachments, {"items": missing})

    def _listings(self) -> Mapping[Kind, tuple[Listing, ...]]:
        regions = self.inventory.regions
        if isinstance(regions, Unreadable):
            # Whatever was read, it is not known which regions there are.
            return GuardedMapping({}, {kind: _missing(f"listings[{kind!r}]", regions) for kind in KINDS})
        read = self.inventory.listings
        entries = {
            kind: tuple(self._listing(kind, listing) for listing in listings)
            for kind, listings in read.items()
        }
        unread = {kind: _not_read(kind, None) for kind in KINDS if kind not in read}
        return GuardedMapping(entries, unread)

    def _listing(self, kind: Kind, listing: Listing) -> Listing:
        part = f"listings[{kind!r}], region {listing.region}"
        if isinstance(listing.items, Unreadable):
            return guard(listing, {"items": _missing(part, listing.items)})
        items = tuple(map(guarded, listing.items))
        later = tuple(map(guarded, listing.later))
        doubts = {"items": self.blind} if self.blind is not None else {}
        if (
            not doubts
            and items == listing.items
            and later == listing.later
            and not _is_any_guarded((*items, *later))
        ):
            return listing
        return guard(listing, doubts, items=items, later=later)

    def _listing_gaps(self) -> Iterator[MissingPart]:
        regions = self.inventory.regions
        for kind in KINDS:
            listings = self.inventory.listings.get(kind)
            if listings is None:
                yield _not_read(kind, None)
                continue
            read = {listing.region for listing in listings}
            for region in read_or_empty(regions):
                if region not in read:
                    yield _not_read(kind, region)
            for listing in listings:
                if isinstance(listing.items, Unreadable):
                    yield _missing(f"listings[{kind!r}], region {listing.region}", listing.items)
                    continue
                for resource in (*listing.items, *listing.later):
                    yield from dict.fromkeys(_hidden(resource).values())


def _guarded_list(facts: tuple[object, ...] | Unreadable, field: str) -> object:
    """The users, groups or roles, with guards in the place of those of which a part is not known."""
    if isinstance(facts, Unreadable):
        return facts
    return tuple(_guarded(fact, f"{field}[{getattr(fact, f'{field[:-1]}_name')!r}]") for fact in facts)


def _guarded(fact: T, part: str) -> T:
    """The fact; one of which an attribute could not be read raises there."""
    doubts = _doubts_of(fact, part)
    return guard(fact, doubts) if doubts else fact


def _doubts_of(fact: object, part: str) -> dict[str, MissingPart]:
    return {
        name: _missing(f"{part}.{name}", cause)
        for name, cause in vars(fact).items()
        if isinstance(cause, Unreadable)
    }


def _is_any_guarded(resources: tuple[EciResource, ...]) -> bool:
    return any(isinstance(resource, Guarded) for resource in resources)


def guarded(resource: EciResource) -> EciResource:
    """The resource; a part of it that is not known raises `UnreadableError` where it is read."""
    doubts = _hidden(resource)
    return guard(resource, doubts) if doubts else resource


def _hidden(resource: EciResource) -> dict[str, MissingPart]:
    """What the answer did not show of a resource. A part that is no field may be in any field."""
    names = [field.name for field in fields(resource) if field.init]
    noun = "container_group" if resource.kind == "instance" else resource.kind
    identity = (f"{noun}_id", f"{noun}_name", "region_id", "not_shown")
    doubts: dict[str, MissingPart] = {}
    for part in resource.not_shown:
        missing = _missing(f"resources({resource.kind!r}), {part} of {resource.id}", unshown(resource, part))
        for name in (part,) if part in names else (name for name in names if name not in identity):
            doubts.setdefault(name, missing)
    return doubts


def _missing(part: str, cause: Unreadable) -> MissingPart:
    return MissingPart(part, describe_error(cause), suggest_fix(cause), cause)


def _not_read(kind: Kind, region: str | None) -> MissingPart:
    return _missing(f"listings[{kind!r}]", Unreadable(KINDS[kind].list_call, "NotRead", region=region))
