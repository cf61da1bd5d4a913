"""What each check is, as reports tell it: from the built-in checks, else from its rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from inspect import cleandoc

from ..checks import CHECKS
from ..results import Result, Severity

SECTIONS = {
    "1": "Service-linked role",
    "2": "RAM users",
    "3": "Resource groups",
    "4": "Tags",
    "5": "Instance RAM roles",
}
"""The sections of the product's security chapters, by their number."""

ELSEWHERE = "Beyond the documents"

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")
"""Worst first."""


@dataclass(frozen=True)
class Rule:
    """A check: its rule in prose (one paragraph), and what to do where it does not hold."""

    id: str
    severity: Severity
    section: str
    text: str
    remediation: str

    @property
    def chapter(self) -> str:
        """The title of the section that it belongs to."""
        return SECTIONS.get(self.section[:1], ELSEWHERE)

    @property
    def place(self) -> str:
        """That title, or, of a check that rests on several sections, their numbers."""
        return f"sections {self.section}" if len(self.section) > 1 else self.chapter


def rules(results: Iterable[Result]) -> dict[str, Rule]:
    """Every built-in check, and every other that the results speak of, by id and in its order."""
    known = {
        check.id: Rule(
            check.id, check.severity, check.section, " ".join(cleandoc(check.rule).split()), check.remediation
        )
        for check in CHECKS
    }
    for result in results:
        row = result.row
        if row.check not in known:
            known[row.check] = Rule(row.check, row.severity, row.section, "", row.remediation)
    return dict(sorted(known.items()))


def by_urgency(rule: Rule) -> tuple[int, str]:
    """The key that sorts rules: the worst severity first, then by id."""
    return SEVERITIES.index(rule.severity), rule.id
