"""What the HTML report adds to each result: its permanent address in the page, and the list of what to fix first."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..results import OPEN_OUTCOMES, SEVERITIES, Outcome, Result, Severity

if TYPE_CHECKING:
    from .html_sections import CheckGroup

MOST_FIRST = 5
"""The number of checks in the list of what to fix first: their first findings fit on the first screen."""


@dataclass(frozen=True)
class FirstFinding:
    """A check with failed or unknown results, and the first of these results."""

    group: CheckGroup
    result: Result

    @property
    def words(self) -> str:
        """The number of failed and of unknown results of the check."""
        numbers = self.group.numbers
        return ", ".join(f"{numbers[outcome]:,} {outcome}" for outcome in OPEN_OUTCOMES if numbers[outcome])


def fix_first(groups: Iterable[CheckGroup]) -> tuple[FirstFinding, ...]:
    """The checks with failed or unknown results: the worst severity first, then failed before unknown, then by id."""
    findings = [FirstFinding(group, group.notable[0]) for group in groups if group.is_open]
    return tuple(sorted(findings, key=_worst_first))


def _worst_first(finding: FirstFinding) -> tuple[int, int, str]:
    row = finding.result.row
    outcome = OPEN_OUTCOMES.index("failed" if row.outcome == "failed" else "unknown")
    return SEVERITIES.index(row.severity), outcome, row.check


def open_by_severity(results: Iterable[Result]) -> Mapping[Outcome, tuple[tuple[Severity, int], ...]]:
    """For `failed` and `unknown`, the number of results of each severity that has any, the worst first."""
    numbers = Counter((result.row.outcome, result.row.severity) for result in results)
    return {
        outcome: tuple(
            (severity, numbers[outcome, severity]) for severity in SEVERITIES if numbers[outcome, severity]
        )
        for outcome in OPEN_OUTCOMES
    }


def anchor(result: Result) -> str:
    """The permanent id of a result in the page: the same in every run and on every machine, as its node id is."""
    digest = hashlib.sha256(result.nodeid.encode("utf-8", "backslashreplace")).hexdigest()
    return f"row-{digest[:12]}"
