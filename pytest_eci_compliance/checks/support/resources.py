"""ECI resources as checks see them: which were read, which a rule selects, and how messages name them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...inventory.facts import ENDED, EciResource, Kind, Listing, Unreadable
from ...inventory.grants import Grant
from ...inventory.kinds import KINDS
from ...messages import escape, join_words, pluralize, quote
from ...results import Resource
from .registry import Requirement
from .selectors import resource_fits

if TYPE_CHECKING:
    from ...config.model import Rule
    from ...inventory.facts import Inventory
    from .case import Case


def is_live(instance: EciResource) -> bool:
    """Whether an instance has not ended. A status that is not documented counts as live."""
    return instance.status not in ENDED


AUTOMATIC_NAME = "auto-create-for-"
"""How the names of image caches begin that ECI makes by itself; the id of the instance follows (image caches: automatic
creation)."""
_AUTOMATIC = re.compile(rf"{AUTOMATIC_NAME}eci-[0-9a-z]+")


def is_automatic(resource: EciResource) -> bool:
    """Whether ECI made an image cache by itself, for an instance that needed its images."""
    return resource.kind == "image_cache" and _AUTOMATIC.fullmatch(resource.name) is not None


def eci_resource(resource: EciResource) -> Resource:
    """The resource of a row about an ECI resource."""
    return Resource(resource.kind, resource.id, resource.name, resource.region_id or None)


def user_resource(name: str) -> Resource:
    """The resource of a row about a RAM user."""
    return Resource("user", name, name)


def role_resource(name: str) -> Resource:
    """The resource of a row about a RAM role."""
    return Resource("role", name, name)


def rule_fits(case: Case, rule: Rule, resource: EciResource) -> bool | Unreadable:
    """Whether a rule of the configuration selects a resource, or the evidence that lacks to say so."""
    if getattr(rule, "states", "all") == "live" and not is_live(resource):
        return False
    return resource_fits(resource, rule.resources, case.resource_groups)


def has_rule(kind: Kind, key: str) -> Requirement:
    """Some rule of a kind has that key."""
    return Requirement(
        lambda intent: any(getattr(rule, key) is not None for rule in intent.rules(kind) or ()),
        f"no rule of `{KINDS[kind].section}` has `{key}`",
    )


def has_rules(*kinds: Kind) -> Requirement:
    """The configuration has the section of one of these kinds, with rules or without."""
    names = " and no ".join(f"`{KINDS[kind].section}`" for kind in kinds)
    return Requirement(
        lambda intent: any(intent.rules(kind) is not None for kind in kinds),
        f"the configuration has no {names}",
    )


def nothing_to_judge(noun: str, listings: Iterable[Listing]) -> str:
    """That there was no resource to judge, and how much was read to say so."""
    read = tuple(listings)
    count = sum(len(listing.read_items) for listing in read)
    subject = f"not applicable to any of the {pluralize(count, noun)}" if count else f"no {noun} exists"
    regions = pluralize(len(read), "region")
    pages = pluralize(sum(listing.pages for listing in read), "page")
    return f"{subject} ({regions}, {pages} read, the lists are complete)"


def listings_of(
    inventory: Inventory, kind: Kind, regions: tuple[str, ...] | Unreadable | None
) -> tuple[tuple[Listing, ...], tuple[Unreadable, ...]]:
    """The listings of a kind that were read in these regions, and the causes why others were not."""
    if isinstance(regions, Unreadable):
        return (), (regions,)
    if not regions:
        return (), (Unreadable("eci:DescribeRegions", "Incomplete", detail="no region was read"),)
    by_region = {listing.region: listing for listing in inventory.listings.get(kind, ())}
    call = KINDS[kind].list_call
    listings = tuple(
        by_region.get(region) or Listing(region, Unreadable(call, "NotRead", region=region))
        for region in regions
    )
    return (
        tuple(listing for listing in listings if not isinstance(listing.items, Unreadable)),
        tuple(listing.items for listing in listings if isinstance(listing.items, Unreadable)),
    )


def group_label(case: Case, group_id: str) -> str:
    """A resource group in a message: its id, and its name where it is known."""
    name = case.resource_group_names.get(group_id)
    return f"{escape(group_id)} ({quote(name)})" if name and name != group_id else escape(group_id)


def path_label(case: Case, grant: Grant) -> str:
    """By which path a policy is held: `attached directly, account-wide`."""
    how = "attached directly" if grant.group is None else f"attached through group {quote(grant.group)}"
    if grant.resource_group_id is None:
        return f"{how}, account-wide"
    return f"{how}, on resource group {group_label(case, grant.resource_group_id)}"


def grants_label(case: Case, grants: Iterable[Grant], most: int = 12) -> str:
    """Policies with the paths by which they are held: `'P', attached directly, account-wide`."""
    words = (f"{quote(str(grant.policy))}, {path_label(case, grant)}" for grant in grants)
    return join_words(words, most=most, between="; ")
