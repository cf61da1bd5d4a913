"""What the ECI resources of one kind are like, as a rule that every one of them fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..checks import CHECKS
from ..checks.support.case import Case
from ..checks.support.resources import is_automatic, listings_of
from ..config.model import ImageCacheRule, InstanceRule, Rule, VirtualNodeRule
from ..globs import has_wildcard
from ..inventory.facts import EciResource, Kind, Role, Unreadable
from ..inventory.kinds import KINDS
from .yaml_text import is_plain_name, round_trips

_MOST_VALUES = 8
_RULES: Mapping[Kind, type[Rule]] = {
    "instance": InstanceRule,
    "image_cache": ImageCacheRule,
    "virtual_node": VirtualNodeRule,
}


@dataclass(frozen=True)
class Tag:
    """A tag that every resource has: the values that are allowed, and how many resources have each one seen."""

    key: str
    values: tuple[str, ...]
    seen: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class PartialTag:
    """A tag that most resources have, and not all: how many, and how many have each value."""

    key: str
    count: int
    seen: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Used:
    """A resource group or role that resources are in or carry, and how many of them."""

    id: str
    name: str
    count: int


@dataclass(frozen=True)
class Uses:
    """The resource groups, or the roles, in use: those that can be intended, and those that no intent accepts,
    such as a role that does not exist."""

    intended: tuple[Used, ...] = ()
    refused: tuple[Used, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.intended or self.refused)


@dataclass(frozen=True)
class Things:
    """Everything of one kind: `count` resources, `regions` regions that were read; `unread` is what is missing."""

    noun: str
    section: str
    count: int = 0
    regions: int = 0
    pages: int = 0
    tags: tuple[Tag, ...] = ()
    partial_tags: tuple[PartialTag, ...] = ()
    automatic: int = 0
    resource_groups: Uses = Uses()
    ram_roles: Uses = Uses()
    unread: tuple[Unreadable, ...] = ()


def things(case: Case, kind: Kind) -> Things:
    """What is there of a kind, in the regions that were asked for."""
    listings, missing = listings_of(case.inventory, kind, case.inventory.regions)
    everything = [one for listing in listings for one in listing.read_items]
    # What ECI makes by itself is no pattern of what people intend, and is not judged by default.
    found = [one for one in everything if not is_automatic(one)]
    return Things(
        KINDS[kind].noun,
        KINDS[kind].section,
        len(found),
        len(listings),
        sum(one.pages for one in listings),
        tuple(_tags(found)),
        tuple(_partial_tags(found)),
        len(everything) - len(found),
        _groups(case, kind, found),
        _roles(case, found) if kind == "instance" else Uses(),
        missing,
    )


def _tags(found: list[EciResource]) -> Iterable[Tag]:
    """The tags that all of them have."""
    carriers = Counter(key for one in found for key in {tag.key for tag in one.tags})
    for key in sorted(key for key, count in carriers.items() if count == len(found) and round_trips(key)):
        seen = Counter(tag.value for one in found for tag in one.tags if tag.key == key)
        yield Tag(key, _allowed(seen), tuple(sorted(seen.items(), key=lambda one: (-one[1], one[0]))))


def _partial_tags(found: list[EciResource]) -> Iterable[PartialTag]:
    """The tags that more than half of them have, and not all."""
    carriers = Counter(key for one in found for key in {tag.key for tag in one.tags})
    for key, count in sorted(carriers.items()):
        if len(found) // 2 < count < len(found) and round_trips(key):
            seen = Counter(tag.value for one in found for tag in one.tags if tag.key == key)
            ordered = sorted(seen.items(), key=lambda pair: (-pair[1], pair[0]))
            yield PartialTag(key, count, tuple(ordered))


def _allowed(seen: Iterable[str]) -> tuple[str, ...]:
    """The values seen; of many, or of such as are globs, any value (any but the empty one, if none is empty)."""
    values = sorted(seen)
    if len(values) <= _MOST_VALUES and all(_is_plain_value(one) for one in values):
        return tuple(values)
    return ("*",) if "" in values else ("?*",)


def _is_plain_value(value: str) -> bool:
    return not value or (not has_wildcard(value) and round_trips(value))


def _groups(case: Case, kind: Kind, found: list[EciResource]) -> Uses:
    default = case.resource_groups.default_id(case.intent.default_resource_group)
    default = default if isinstance(default, str) else ""
    groups = {one: one.resource_group_id or default for one in found}
    return _uses(case, kind, "resource_groups", groups, case.resource_group_names)


def _roles(case: Case, found: list[EciResource]) -> Uses:
    """The roles that are carried, by the names that RAM has for them."""
    names = {}
    for one in found:
        if carried := getattr(one, "ram_role_name", ""):
            role = case.role(carried)
            names[one] = role.role_name if isinstance(role, Role) else carried
    return _uses(case, "instance", "ram_roles", names, {})


def _uses(
    case: Case, kind: Kind, key: str, used_by: Mapping[EciResource, str], names: Mapping[str, str]
) -> Uses:
    """What resources are in, or carry, told apart by what the check says where all of it is intended."""
    counts = Counter(used for used in used_by.values() if is_plain_name(used))
    failing = _failing(case, kind, key, tuple(counts))
    refused = {used for one, used in used_by.items() if (one.region_id, one.id) in failing}
    seen = [Used(id_, names.get(id_, ""), count) for id_, count in sorted(counts.items())]
    return Uses(
        tuple(one for one in seen if one.id not in refused), tuple(one for one in seen if one.id in refused)
    )


def _failing(case: Case, kind: Kind, key: str, intended: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    """The resources that fail although everything that was seen is intended, by region and id."""
    id_ = f"{kind.replace('_', '-')}-{key.removesuffix('s').replace('_', '-')}"
    check = next(one for one in CHECKS if one.id == id_)
    rule = _RULES[kind].model_validate({key: intended})
    intent = case.intent.model_copy(update={KINDS[kind].section: (rule,)})
    findings = check.evaluate(replace(case, intent=intent))
    return frozenset(
        (one.resource.region or "", one.resource.id) for one in findings if one.outcome == "failed"
    )
