"""What the HTML report adds to each result: its permanent address in the page, what changed since a former report,
and the list of what to fix first."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..language import Translator
from ..results import OPEN_OUTCOMES, SEVERITIES, Outcome, Result, Severity
from .former_report import row_key
from .missing_evidence import MissingEvidence, missing_evidence, reference
from .model import Report, RowKey
from .open_since import ages

if TYPE_CHECKING:
    from .html_sections import CheckGroup

MOST_FIRST = 5
"""The number of checks in the list of what to fix first: their first findings fit on the first screen."""
MOST_FIRST_OF_TWO = 3
"""The number where the list of missing evidence follows."""


@dataclass(frozen=True)
class FirstFinding:
    """A check with failed or unknown results, and the first of these results."""

    group: CheckGroup
    result: Result

    def words(self, translator: Translator) -> str:
        """The number of failed and of unknown results of the check."""
        numbers = self.group.numbers
        return translator.comma.join(
            translator.counted(f"{numbers[outcome]:,}", outcome)
            for outcome in OPEN_OUTCOMES
            if numbers[outcome]
        )


def fix_first(groups: Iterable[CheckGroup]) -> tuple[FirstFinding, ...]:
    """The checks with failed or unknown results: the worst severity first, then failed before unknown, then by id.

    Results that are unknown because evidence is missing are left out: the list of missing evidence has their cause.
    """
    first = ((group, next(filter(_is_finding, group.notable), None)) for group in groups)
    findings = [FirstFinding(group, result) for group, result in first if result is not None]
    return tuple(sorted(findings, key=_worst_first))


def _is_finding(result: Result) -> bool:
    return result.row.outcome in OPEN_OUTCOMES and not reference(result.row)


def _worst_first(finding: FirstFinding) -> tuple[int, int, str]:
    row = finding.result.row
    outcome = OPEN_OUTCOMES.index("failed" if row.outcome == "failed" else "unknown")
    return SEVERITIES.index(row.severity), outcome, row.check


@dataclass(frozen=True)
class MissingCause:
    """A cause of unknown results, and the id of its element."""

    entry: MissingEvidence
    anchor: str


def missing_causes(report: Report) -> tuple[MissingCause, ...]:
    """The causes of unknown results, in the order of every report."""
    return tuple(
        MissingCause(entry, f"missing-{number}") for number, entry in enumerate(missing_evidence(report), 1)
    )


def cause_links(causes: Iterable[MissingCause]) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """For each unknown result that lacks evidence, by node id, the keys of its causes and the ids of their elements."""
    links: dict[str, list[tuple[str, str]]] = {}
    for cause in causes:
        for result in cause.entry.results:
            links.setdefault(result.nodeid, []).append((cause.entry.key, cause.anchor))
    return {nodeid: tuple(of_result) for nodeid, of_result in links.items()}


def open_by_severity(results: Iterable[Result]) -> Mapping[Outcome, tuple[tuple[Severity, int], ...]]:
    """For `failed` and `unknown`, the number of results of each severity that has any, the worst first."""
    numbers = Counter((result.row.outcome, result.row.severity) for result in results)
    return {
        outcome: tuple(
            (severity, numbers[outcome, severity]) for severity in SEVERITIES if numbers[outcome, severity]
        )
        for outcome in OPEN_OUTCOMES
    }


@dataclass(frozen=True)
class SinceFormer:
    """The results since a former report: by node id `new` or `open`, and how long they are open, in words; by row key
    the ids of their elements."""

    kinds: Mapping[str, str]
    ages: Mapping[str, str]
    anchors: Mapping[RowKey, str]

    @property
    def new(self) -> frozenset[str]:
        """The node ids of the results that are new."""
        return frozenset(nodeid for nodeid, kind in self.kinds.items() if kind == "new")

    @property
    def numbers(self) -> Mapping[str, int]:
        """The number of results of each kind."""
        return Counter(self.kinds.values())


def since_former(report: Report, translator: Translator) -> SinceFormer | None:
    """What changed since a former report, by result; None without one."""
    if report.since is None:
        return None
    words = ages(report, translator)
    kind_of = {change.key: "new" for change in report.since.new}
    kind_of |= {change.key: "open" for change in report.since.still_open}
    kinds: dict[str, str] = {}
    ages_by_id: dict[str, str] = {}
    anchors: dict[RowKey, str] = {}
    for result in report.results:
        key = row_key(result.row)
        anchors.setdefault(key, anchor(result))
        if result.row.outcome in OPEN_OUTCOMES and key in kind_of:
            kinds[result.nodeid], ages_by_id[result.nodeid] = kind_of[key], words.get(key, "")
    return SinceFormer(kinds, ages_by_id, anchors)


def anchor(result: Result) -> str:
    """The permanent id of a result in the page: the same in every run and on every machine, as its node id is."""
    digest = hashlib.sha256(result.nodeid.encode("utf-8", "backslashreplace")).hexdigest()
    return f"row-{digest[:12]}"
