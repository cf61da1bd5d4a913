"""What checks over ECI resources, users, roles and resource groups have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ...inventory.facts import EciResource, Inventory, Kind, Listing, Role, Unreadable
from ...inventory.grants import Grant
from ...messages import escape, pluralize, quote
from ...results import Resource
from .case import Case, Finding, Switch, skipped, unknown
from .selectors import resource_fits

if TYPE_CHECKING:
    from ...config.model import Account, Rule

# The states in which an instance has ended (product page "lifecycle"); any other one counts as live.
ENDED = frozenset({"Succeeded", "Failed", "Expired", "ScheduleFailed"})


@dataclass(frozen=True)
class EciKind:
    """A kind of ECI resource: its noun, the section with its rules, the calls that list it."""

    noun: str
    section: Literal["instances", "image_caches", "virtual_nodes"]
    calls: tuple[str, ...]


KINDS: Mapping[Kind, EciKind] = {
    "instance": EciKind(
        "instance",
        "instances",
        ("eci:DescribeRegions", "eci:DescribeContainerGroupStatus", "eci:DescribeContainerGroups"),
    ),
    "image_cache": EciKind("image cache", "image_caches", ("eci:DescribeRegions", "eci:DescribeImageCaches")),
    "virtual_node": EciKind(
        "virtual node", "virtual_nodes", ("eci:DescribeRegions", "eci:DescribeVirtualNodes")
    ),
}


def is_live(instance: EciResource) -> bool:
    """Whether an instance has not ended. A status that is not documented counts as live."""
    return instance.status not in ENDED


def eci_resource(one: EciResource) -> Resource:
    return Resource(one.kind, one.id, one.name, one.region_id or None)


def user_resource(name: str) -> Resource:
    return Resource("user", name, name)


def role_resource(name: str) -> Resource:
    return Resource("role", name, name)


def each(case: Case, kind: Kind, judge: Callable[[EciResource], Iterable[Finding]]) -> Iterator[Finding]:
    """The findings of `judge` on every resource of a kind, in the asked-for regions.

    A region that could not be read is one unknown finding; where everything was read and nothing was judged,
    there is one skipped finding that says how much was read.
    """
    noun = KINDS[kind].noun
    listings, missing = listings_of(case.inventory, kind, case.inventory.regions)
    for cause in missing:
        yield unknown(
            Resource(kind, "*", region=cause.region), cause, because=f"the {noun}s of a region are missing"
        )
    anything = bool(missing)
    for one in (one for listing in listings for one in read_items(listing)):
        for finding in judge(one):
            anything = True
            yield finding
    if not anything:
        yield skipped(Resource(kind, "*"), nothing_of(noun, listings), rests_on_emptiness=True)


def each_by_rule(
    case: Case, kind: Kind, key: str, judge: Callable[[EciResource, Any], Finding | None]
) -> Iterator[Finding]:
    """The findings of `judge` on every resource of a kind, for every rule that fits it and has `key`.

    `judge` takes the resource and what the rule says under `key`. A resource that no rule fits is not judged.
    """
    section = KINDS[kind].section
    rules = [
        (index, rule) for index, rule in enumerate(getattr(case.intent, section) or ()) if has(rule, key)
    ]

    def judged(one: EciResource) -> Iterator[Finding]:
        for index, rule in rules:
            fits = rule_fits(case, rule, one)
            if fits is False:
                continue
            found = judge(one, getattr(rule, key)) if fits is True else undecided(one, fits)
            if found is not None:
                yield replace(found, config_path=(section, index, key))

    return each(case, kind, judged)


def undecided(one: EciResource, cause: Unreadable) -> Finding:
    return unknown(eci_resource(one), cause, because="it is not known whether the rule's `resources` fit it")


def rule_fits(case: Case, rule: Rule, one: EciResource) -> bool | Unreadable:
    """Whether a rule is for that resource, or why that cannot be said."""
    if getattr(rule, "states", "all") == "live" and not is_live(one):
        return False
    return resource_fits(one, rule.resources, case.resource_groups)


def has(rule: Rule, key: str) -> bool:
    return getattr(rule, key) is not None


def unless_rule(kind: Kind, key: str) -> Switch:
    """Off where no rule of a kind has that key."""
    section = KINDS[kind].section

    def off(intent: Account) -> str | None:
        if any(has(rule, key) for rule in getattr(intent, section) or ()):
            return None
        return f"no rule of `{section}` has `{key}`"

    return off


def nothing_of(noun: str, listings: Iterable[Listing]) -> str:
    """That no resource was there to judge, and how much was read to say so."""
    read = tuple(listings)
    found = sum(len(read_items(one)) for one in read)
    what = f"none of the {pluralize(found, noun)} is concerned" if found else f"no {noun} exists"
    regions, pages = pluralize(len(read), "region"), pluralize(sum(one.pages for one in read), "page")
    return f"{what}: {regions} and {pages} were read, completely"


def read_items(listing: Listing) -> tuple[EciResource, ...]:
    return () if isinstance(listing.items, Unreadable) else listing.items


def listings_of(
    inventory: Inventory, kind: Kind, regions: tuple[str, ...] | Unreadable | None
) -> tuple[tuple[Listing, ...], tuple[Unreadable, ...]]:
    """The listings of a kind that were read in these regions, and the causes why others were not."""
    if isinstance(regions, Unreadable):
        return (), (regions,)
    call = KINDS[kind].calls[-1]
    if not regions:
        return (), (Unreadable("eci:DescribeRegions", "Incomplete", detail="no region was read"),)
    by_region = {one.region: one for one in inventory.listings.get(kind, ())}
    found = tuple(
        by_region.get(one) or Listing(one, Unreadable(call, "NotRead", region=one)) for one in regions
    )
    return (
        tuple(one for one in found if not isinstance(one.items, Unreadable)),
        tuple(one.items for one in found if isinstance(one.items, Unreadable)),
    )


def find_role(case: Case, name: str) -> Role | Unreadable | None:
    """The role of that name, None where it is shown not to exist, or why neither can be said."""
    return case.roles.get(name.casefold(), unread_or_none(case.inventory.roles))


def unread_or_none(part: object) -> Unreadable | None:
    return part if isinstance(part, Unreadable) else None


def group_label(case: Case, group_id: str) -> str:
    """A resource group in words: its id, and its name where it is known."""
    name = case.resource_group_names.get(group_id)
    return f"{escape(group_id)} ({quote(name)})" if name and name != group_id else escape(group_id)


def path_label(case: Case, held: Grant) -> str:
    """By which path a policy is held, in words."""
    how = "directly" if held.group is None else f"through group {quote(held.group)}"
    if held.resource_group_id is None:
        return f"{how}, on the whole account"
    return f"{how}, on resource group {group_label(case, held.resource_group_id)}"
