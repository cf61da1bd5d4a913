"""What the ECI resources of one kind are like, as a rule that every one of them fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..checks.base import Case
from ..checks.common import KINDS, find_role, listings_of, read_items
from ..config.globs import has_wildcard
from ..inventory import EciResource, Kind, Role, Unreadable
from .text import is_plain_name, round_trips

_MOST_VALUES = 8


@dataclass(frozen=True)
class Tag:
    """A tag that every resource has: the values that are allowed, and how many resources have each one seen."""

    key: str
    values: tuple[str, ...]
    seen: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Used:
    """A resource group or role that resources are in or carry, and how many of them."""

    id: str
    name: str
    count: int


@dataclass(frozen=True)
class Things:
    """Everything of one kind: `count` resources in `regions` regions; `unread` is what is missing."""

    noun: str
    section: str
    count: int = 0
    regions: int = 0
    pages: int = 0
    tags: tuple[Tag, ...] = ()
    resource_groups: tuple[Used, ...] = ()
    ram_roles: tuple[Used, ...] = ()
    unread: tuple[Unreadable, ...] = ()


def things(case: Case, kind: Kind) -> Things:
    """What is there of a kind, in the regions that were asked for."""
    listings, missing = listings_of(case.inventory, kind, case.inventory.regions)
    found = [one for listing in listings for one in read_items(listing)]
    return Things(
        KINDS[kind].noun,
        KINDS[kind].section,
        len(found),
        len(listings),
        sum(one.pages for one in listings),
        tuple(_tags(found)),
        tuple(_groups(case, found)),
        tuple(_roles(case, found)),
        missing,
    )


def _tags(found: list[EciResource]) -> Iterable[Tag]:
    """The tags that all of them have."""
    carriers = Counter(key for one in found for key in {tag.key for tag in one.tags})
    for key in sorted(key for key, count in carriers.items() if count == len(found) and round_trips(key)):
        seen = Counter(tag.value for one in found for tag in one.tags if tag.key == key)
        yield Tag(key, _allowed(seen), tuple(sorted(seen.items(), key=lambda one: (-one[1], one[0]))))


def _allowed(seen: Iterable[str]) -> tuple[str, ...]:
    """The values seen; of many, or of such as are globs, any value (any but the empty one, if none is empty)."""
    values = sorted(seen)
    if len(values) <= _MOST_VALUES and all(_is_plain_value(one) for one in values):
        return tuple(values)
    return ("*",) if "" in values else ("?*",)


def _is_plain_value(value: str) -> bool:
    return not value or (not has_wildcard(value) and round_trips(value))


def _groups(case: Case, found: list[EciResource]) -> Iterable[Used]:
    default = case.resource_groups.default_id(case.intent.default_resource_group)
    ids = Counter(one.resource_group_id or (default if isinstance(default, str) else "") for one in found)
    listed = case.inventory.resource_groups
    for id_, count in sorted(ids.items()):
        # Nobody intends a group that does not exist: the check says so.
        exists = isinstance(listed, Unreadable) or id_ in case.resource_group_names
        if is_plain_name(id_) and exists:
            yield Used(id_, case.resource_group_names.get(id_, ""), count)


def _roles(case: Case, found: list[EciResource]) -> Iterable[Used]:
    """The roles that are carried and exist, by the names that RAM has for them."""
    names: Counter[str] = Counter()
    for one in found:
        if carried := getattr(one, "ram_role_name", ""):
            role = find_role(case, carried)
            if role is not None:
                names[role.role_name if isinstance(role, Role) else carried] += 1
    for name, count in sorted(names.items()):
        if is_plain_name(name):
            yield Used(name, name, count)
