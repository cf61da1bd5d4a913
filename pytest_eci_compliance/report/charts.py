"""The pictures of the HTML report, as numbers: stacked bars that its template draws as SVG."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..inventory.facts import EciResource, Inventory, Kind, Listing, Unreadable
from ..inventory.kinds import KINDS
from ..results import Outcome, Row
from .model import Report
from .policy_matrix import group_names

NOT_JUDGED = "not judged"
_OUTSIDE = "(outside the configured regions)"

# What stands first in a bar: what needs a person.
_ORDER = ("failed", "unknown", "waived", "passed", "skipped", NOT_JUDGED)


@dataclass(frozen=True)
class Part:
    """A stretch of a bar: from and length in per cent of the longest bar."""

    state: str
    number: int
    start: float
    length: float


@dataclass(frozen=True)
class Bar:
    label: str
    total: int
    parts: tuple[Part, ...]

    @property
    def words(self) -> str:
        return ", ".join(f"{part.number} {part.state}" for part in self.parts) or "none"


@dataclass(frozen=True)
class Picture:
    title: str
    bars: tuple[Bar, ...]


def bar(label: str, numbers: Mapping[Any, int], longest: int | None = None) -> Bar:
    """A bar of these numbers by state; it is as long as its share of `longest` (None: its own total)."""
    total = sum(numbers.values())
    scale = 100 / max(1, longest or total)
    parts: list[Part] = []
    start = 0.0
    for state in _ORDER:
        number = numbers.get(state, 0)
        if number:
            parts.append(Part(state, number, round(start, 3), round(number * scale, 3)))
            start += number * scale
    return Bar(label, total, tuple(parts))


def pictures(report: Report) -> tuple[Picture, ...]:
    """ECI instances by region and by resource group, and every kind of resource by whether its tags hold.

    What lies outside the asked-for regions is there too, as not judged.
    """
    tags = _tag_verdicts(result.row for result in report.results)
    by_region: dict[str, Counter[str]] = defaultdict(Counter)
    by_group: dict[str, Counter[str]] = defaultdict(Counter)
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    for name, inventory in sorted(report.inventories.items()):
        groups = group_names(inventory)
        for kind, listing, one in _resources(inventory):
            state = tags.get((name, kind, one.id), NOT_JUDGED)
            by_kind[KINDS[kind].plural][state] += 1
            if kind == "instance":
                by_region[_place(inventory, listing, one)][state] += 1
                by_group[groups.get(one.resource_group_id, one.resource_group_id) or "(none)"][state] += 1
    made = (
        _picture("Instances by region", by_region),
        _picture("Instances by resource group", by_group),
        _picture("Tags, by kind of resource", by_kind),
    )
    return tuple(one for one in made if one.bars)


def _resources(inventory: Inventory) -> Iterator[tuple[Kind, Listing, EciResource]]:
    """Every resource that was read, also in the regions that only `slr-deletable` asks about."""
    for kind in KINDS:
        for listing in inventory.listings.get(kind, ()):
            if not isinstance(listing.items, Unreadable):
                yield from ((kind, listing, one) for one in listing.items)


def _place(inventory: Inventory, listing: Listing, one: EciResource) -> str:
    """The region, marked where nobody asked for it: nothing is judged there but what blocks a role."""
    asked = inventory.regions
    outside = not isinstance(asked, Unreadable) and listing.region not in asked
    return f"{one.region_id} {_OUTSIDE}" if outside else one.region_id


def _tag_verdicts(rows: Iterable[Row]) -> dict[tuple[str, str, str], Outcome]:
    return {
        (row.account, row.resource.type, row.resource.id): row.outcome
        for row in rows
        if row.check.endswith("-required-tags")
    }


def _picture(title: str, numbers: Mapping[str, Mapping[str, int]]) -> Picture:
    """The longest bar first; what is beyond the twenty longest in one bar, so that it stays a picture."""
    ranked = sorted(numbers.items(), key=lambda one: (-sum(one[1].values()), one[0]))
    shown, rest = ranked[:20], ranked[20:]
    if rest:
        together: Counter[str] = Counter()
        for _, some in rest:
            together.update(some)
        shown.append((f"{len(rest)} others", together))
    longest = max((sum(some.values()) for _, some in shown), default=0)
    return Picture(title, tuple(bar(label, some, longest) for label, some in shown))
