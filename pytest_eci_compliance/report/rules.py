"""The rules of reports: each check with its severity, section, text and remediation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from inspect import cleandoc

from ..checks import CHECKS
from ..language import ENGLISH, Translator
from ..messages import has_section_number
from ..results import SEVERITIES, Result, Severity

SECTIONS = {
    "1": "Service-linked role",
    "2": "RAM users",
    "3": "Resource groups",
    "4": "Tags",
    "5": "Instance RAM roles",
}
"""The titles of the sections of the security documents, by number."""

BEYOND_DOCUMENTS = "Beyond the documents"
OWN = "Own checks"
"""The title of checks of the user that name no section."""


@dataclass(frozen=True)
class CheckRule:
    """A check: its rule in prose (one paragraph), and its remediation."""

    id: str
    severity: Severity
    section: str
    text: str
    remediation: str

    @property
    def chapter(self) -> str:
        """The title of the section that the check belongs to."""
        if has_section_number(self.section):
            return SECTIONS.get(self.section[:1], BEYOND_DOCUMENTS)
        return {"own": OWN, "-": BEYOND_DOCUMENTS, "": BEYOND_DOCUMENTS}.get(self.section, self.section)

    @property
    def place(self) -> str:
        """The title of the section, or the numbers where the check rests on several sections."""
        return self.place_in(ENGLISH)

    def place_in(self, translator: Translator) -> str:
        """The title of the section, or the numbers of several sections, in a language."""
        if len(self.section) == 1 or not has_section_number(self.section):
            return translator.word(self.chapter)
        return translator.sections(self.section)

    def text_in(self, translator: Translator) -> str:
        """The rule in a language; empty for a check that is not built in."""
        return translator.rule(self.id, self.text)


def rules(results: Iterable[Result]) -> dict[str, CheckRule]:
    """Every built-in check and every other check that has results, sorted by id.

    A check that is not built in has no text; its severity, section and remediation are those of its first row.
    """
    known = {
        check.id: CheckRule(
            check.id, check.severity, check.section, " ".join(cleandoc(check.rule).split()), check.remediation
        )
        for check in CHECKS
    }
    for result in results:
        row = result.row
        if row.check not in known:
            known[row.check] = CheckRule(row.check, row.severity, row.section, "", row.remediation)
    return dict(sorted(known.items()))


def by_urgency(rule: CheckRule) -> tuple[int, str]:
    """The sort key of rules: the worst severity first, then by id."""
    return SEVERITIES.index(rule.severity), rule.id
