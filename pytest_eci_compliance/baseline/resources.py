"""The ECI resources of one kind, as a rule that each of them passes."""

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
class RequiredTag:
    """A tag of every resource: the values to allow, and the number of resources with each value."""

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
class Usage:
    """A resource group or role that resources use, and the number of these resources."""

    id: str
    name: str
    count: int


@dataclass(frozen=True)
class Usages:
    """The resource groups or roles in use.

    `intended` can be stated in the configuration; `refused` fails whatever the configuration states, for example
    a role that does not exist.
    """

    intended: tuple[Usage, ...] = ()
    refused: tuple[Usage, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.intended or self.refused)


@dataclass(frozen=True)
class KindDescription:
    """The resources of one kind: their number, the numbers of regions and pages read, and the calls that failed."""

    noun: str
    section: str
    count: int = 0
    regions: int = 0
    pages: int = 0
    tags: tuple[RequiredTag, ...] = ()
    partial_tags: tuple[PartialTag, ...] = ()
    automatic: int = 0
    resource_groups: Usages = Usages()
    ram_roles: Usages = Usages()
    unread: tuple[Unreadable, ...] = ()


def describe_kind(case: Case, kind: Kind) -> KindDescription:
    """Describe the resources of a kind in the configured regions."""
    listings, missing = listings_of(case.inventory, kind, case.inventory.regions)
    everything = [resource for listing in listings for resource in listing.read_items]
    # What ECI makes by itself shows nothing of what people intend, and is not judged by default.
    resources = [resource for resource in everything if not is_automatic(resource)]
    return KindDescription(
        KINDS[kind].noun,
        KINDS[kind].section,
        len(resources),
        len(listings),
        sum(listing.pages for listing in listings),
        tuple(_tags(resources)),
        tuple(_partial_tags(resources)),
        len(everything) - len(resources),
        _groups(case, kind, resources),
        _roles(case, resources) if kind == "instance" else Usages(),
        missing,
    )


def _tags(resources: list[EciResource]) -> Iterable[RequiredTag]:
    """The tags that all of the resources have."""
    counts = Counter(key for resource in resources for key in {tag.key for tag in resource.tags})
    common = (key for key, count in counts.items() if count == len(resources) and round_trips(key))
    for key in sorted(common):
        seen = Counter(tag.value for resource in resources for tag in resource.tags if tag.key == key)
        by_frequency = sorted(seen.items(), key=lambda item: (-item[1], item[0]))
        yield RequiredTag(key, _allowed(seen), tuple(by_frequency))


def _partial_tags(resources: list[EciResource]) -> Iterable[PartialTag]:
    """The tags that more than half of the resources have, and not all."""
    counts = Counter(key for resource in resources for key in {tag.key for tag in resource.tags})
    for key, count in sorted(counts.items()):
        if len(resources) // 2 < count < len(resources) and round_trips(key):
            seen = Counter(tag.value for resource in resources for tag in resource.tags if tag.key == key)
            yield PartialTag(key, count, tuple(sorted(seen.items(), key=lambda item: (-item[1], item[0]))))


def _allowed(seen: Iterable[str]) -> tuple[str, ...]:
    """The values seen. If there are many, or one is a glob, any value; the empty one only if it was seen."""
    values = sorted(seen)
    if len(values) <= _MOST_VALUES and all(_is_plain_value(value) for value in values):
        return tuple(values)
    return ("*",) if "" in values else ("?*",)


def _is_plain_value(value: str) -> bool:
    return not value or (not has_wildcard(value) and round_trips(value))


def _groups(case: Case, kind: Kind, resources: list[EciResource]) -> Usages:
    default = case.resource_groups.default_id(case.intent.default_resource_group)
    default = default if isinstance(default, str) else ""
    groups = {resource: resource.resource_group_id or default for resource in resources}
    return _usages(case, kind, "resource_groups", groups, case.resource_group_names)


def _roles(case: Case, resources: list[EciResource]) -> Usages:
    """The roles that instances use, by their names in RAM."""
    names = {}
    for resource in resources:
        if used := getattr(resource, "ram_role_name", ""):
            role = case.role(used)
            names[resource] = role.role_name if isinstance(role, Role) else used
    return _usages(case, "instance", "ram_roles", names, {})


def _usages(
    case: Case, kind: Kind, key: str, used_by: Mapping[EciResource, str], names: Mapping[str, str]
) -> Usages:
    """The groups or roles in use; refused are those of resources that fail even if all of them are intended."""
    counts = Counter(used for used in used_by.values() if is_plain_name(used))
    failing = _failing(case, kind, key, tuple(counts))
    refused = {used for resource, used in used_by.items() if (resource.region_id, resource.id) in failing}
    usages = [Usage(id_, names.get(id_, ""), count) for id_, count in sorted(counts.items())]
    return Usages(
        tuple(usage for usage in usages if usage.id not in refused),
        tuple(usage for usage in usages if usage.id in refused),
    )


def _failing(case: Case, kind: Kind, key: str, intended: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    """The resources, by region and id, that fail if all of `intended` is intended."""
    id_ = f"{kind.replace('_', '-')}-{key.removesuffix('s').replace('_', '-')}"
    check = next(check for check in CHECKS if check.id == id_)
    rule = _RULES.get(kind, Rule).model_validate({key: intended})
    intent = case.intent.model_copy(update={KINDS[kind].section: (rule,)})
    findings = check.evaluate(replace(case, intent=intent))
    return frozenset(
        (finding.resource.region or "", finding.resource.id)
        for finding in findings
        if finding.outcome == "failed"
    )
