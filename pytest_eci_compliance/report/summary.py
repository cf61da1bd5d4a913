"""The result of a run in a headline and a sentence, the same in the HTML and the Markdown report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..results import OPEN_OUTCOMES, OUTCOMES, Outcome
from .model import Report, count

_WORDS: dict[Outcome, str] = {
    "failed": "failed",
    "unknown": "unknown",
    "waived": "waived",
    "skipped": "not applicable",
}


@dataclass(frozen=True)
class Headline:
    """The state of a run, its headline, and a sentence with the numbers."""

    state: Outcome
    text: str
    sentence: str


def headline(report: Report) -> Headline:
    """The headline of everything that was selected; own tests count as they do for the exit code."""
    numbers = count(report.results)
    total = sum(numbers.values())
    not_passed = sum(test.outcome not in ("passed", "skipped", "waived") for test in report.tests)
    state = state_of(numbers)
    sentence = _sentence(report, numbers, total, not_passed)
    own = (
        f"{not_passed:,} {'own test' if not_passed == 1 else 'own tests'} did not pass" if not_passed else ""
    )
    if own and state not in OPEN_OUTCOMES:
        return Headline("failed", own, sentence)
    if not total:
        return Headline("skipped", "Nothing was judged", "No result was selected.")
    return Headline(state, ", ".join(filter(None, (_text(report, state, numbers), own))), sentence)


def state_of(numbers: Mapping[Outcome, int]) -> Outcome:
    """The state of a number of results: the worst open outcome, else passed where some result passed."""
    states = (*OPEN_OUTCOMES, *OUTCOMES)
    return next((outcome for outcome in states if numbers[outcome]), "skipped")


def _text(report: Report, state: Outcome, numbers: Mapping[Outcome, int]) -> str:
    if state == "failed":
        failed = numbers["failed"]
        return f"{failed:,} {'result' if failed == 1 else 'results'} failed"
    if state == "unknown":
        return "Inconclusive"
    if state == "skipped":
        return "No check was applicable"
    subject = "Everything that was selected" if any(report.partial.values()) else "Everything"
    return f"{subject} passed or is waived" if numbers["waived"] else f"{subject} passed"


def _sentence(report: Report, numbers: Mapping[Outcome, int], total: int, not_passed: int) -> str:
    parts = [f"{numbers['passed']:,} of {total:,} {'result' if total == 1 else 'results'} passed"]
    parts += [f"{numbers[outcome]:,} {words}" for outcome, words in _WORDS.items() if numbers[outcome]]
    if not_passed:
        parts.append(f"{not_passed:,} of {len(report.tests):,} own tests did not pass")
    elif report.tests:
        tests = "own test" if len(report.tests) == 1 else "own tests"
        parts.append(f"{len(report.tests):,} {tests} passed, skipped or waived")
    return ", ".join(parts) + "."
