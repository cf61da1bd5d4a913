"""The charts of the HTML report, as numbers: stacked bars that its template draws as SVG."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..inventory.facts import EciResource, Inventory, Kind, Listing, Unreadable
from ..inventory.kinds import KINDS
from ..language import ENGLISH, Translator
from ..results import BY_ATTENTION, Outcome, Row
from .model import Report
from .policy_matrix import group_names

NOT_JUDGED = "not judged"
_OUTSIDE = "(outside the configured regions)"

_STATES = (*BY_ATTENTION, NOT_JUDGED)
_MOST_BARS = 20


@dataclass(frozen=True)
class BarPart:
    """A part of a bar: its start and length in per cent of the longest bar."""

    state: str
    number: int
    start: float
    length: float


@dataclass(frozen=True)
class Bar:
    """A bar of a chart: its label, its total, and one part per state."""

    label: str
    total: int
    parts: tuple[BarPart, ...]

    @property
    def words(self) -> str:
        """The number of each state, in words."""
        return self.words_in(ENGLISH)

    def words_in(self, translator: Translator) -> str:
        """The number of each state, in words of a language."""
        words = (translator.counted(part.number, part.state) for part in self.parts)
        return translator.comma.join(words) or translator.word("none")


@dataclass(frozen=True)
class Chart:
    """A chart: its title and its bars."""

    title: str
    bars: tuple[Bar, ...]


def bar(label: str, numbers: Mapping[Any, int], longest: int | None = None) -> Bar:
    """A bar of numbers by state. Its length is its share of `longest` (None: of its own total)."""
    total = sum(numbers.values())
    scale = 100 / max(1, longest or total)
    parts: list[BarPart] = []
    start = 0.0
    for state in _STATES:
        number = numbers.get(state, 0)
        if number:
            parts.append(BarPart(state, number, round(start, 3), round(number * scale, 3)))
            start += number * scale
    return Bar(label, total, tuple(parts))


def charts(report: Report, translator: Translator = ENGLISH) -> tuple[Chart, ...]:
    """Instances by region and by resource group, and every kind of resource by the outcome of its required tags.

    Resources outside the configured regions are included as not judged.
    """
    tags = _tag_verdicts(result.row for result in report.results)
    by_region: dict[str, Counter[str]] = defaultdict(Counter)
    by_group: dict[str, Counter[str]] = defaultdict(Counter)
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    for name, inventory in sorted(report.inventories.items()):
        groups = group_names(inventory)
        for kind, listing, resource in _resources(inventory):
            state = tags.get((name, kind, resource.id), NOT_JUDGED)
            by_kind[translator.word(KINDS[kind].plural)][state] += 1
            if kind == "instance":
                group_id = resource.resource_group_id
                by_region[_region(inventory, listing, resource, translator)][state] += 1
                by_group[groups.get(group_id, group_id) or translator.word("(none)")][state] += 1
    all_charts = (
        _chart(translator.text("Instances by region"), by_region, translator),
        _chart(translator.text("Instances by resource group"), by_group, translator),
        _chart(translator.text("Required tags by kind of resource"), by_kind, translator),
    )
    return tuple(chart for chart in all_charts if chart.bars)


def _resources(inventory: Inventory) -> Iterator[tuple[Kind, Listing, EciResource]]:
    """Every resource that was read, also in the regions that only `slr-deletable` reads."""
    for kind in KINDS:
        for listing in inventory.listings.get(kind, ()):
            if not isinstance(listing.items, Unreadable):
                yield from ((kind, listing, resource) for resource in listing.items)


def _region(inventory: Inventory, listing: Listing, resource: EciResource, translator: Translator) -> str:
    """The region of a resource, marked where the configuration leaves it out."""
    configured = inventory.regions
    is_outside = not isinstance(configured, Unreadable) and listing.region not in configured
    return f"{resource.region_id} {translator.word(_OUTSIDE)}" if is_outside else resource.region_id


def _tag_verdicts(rows: Iterable[Row]) -> dict[tuple[str, str, str], Outcome]:
    return {
        (row.account, row.resource.type, row.resource.id): row.outcome
        for row in rows
        if row.check.endswith("-required-tags")
    }


def _chart(title: str, numbers: Mapping[str, Mapping[str, int]], translator: Translator) -> Chart:
    """A chart with the longest bar first; all bars after the twentieth are added up in one."""
    ranked = sorted(numbers.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    shown, rest = ranked[:_MOST_BARS], ranked[_MOST_BARS:]
    if rest:
        others: Counter[str] = Counter()
        for _, by_state in rest:
            others.update(by_state)
        shown.append((translator.text("{number} others", number=len(rest)), others))
    longest = max((sum(by_state.values()) for _, by_state in shown), default=0)
    return Chart(title, tuple(bar(label, by_state, longest) for label, by_state in shown))
