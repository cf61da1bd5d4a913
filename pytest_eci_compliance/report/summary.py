"""The result of a run in a headline and a sentence, the same in the HTML and the Markdown report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..language import ENGLISH, Translator
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


def headline(report: Report, translator: Translator = ENGLISH) -> Headline:
    """The headline of everything that was selected; own tests count as they do for the exit code."""
    numbers = count(report.results)
    total = sum(numbers.values())
    not_passed = sum(test.outcome not in ("passed", "skipped", "waived") for test in report.tests)
    state = state_of(numbers)
    sentence = _sentence(report, numbers, not_passed, translator)
    own = ""
    if not_passed:
        own = translator.plural(
            not_passed, "{number:,} own test did not pass", "{number:,} own tests did not pass"
        )
    if own and state not in OPEN_OUTCOMES:
        return Headline("failed", own, sentence)
    if not total:
        nothing = translator.text("Nothing was judged")
        return Headline("skipped", nothing, translator.text("No result was selected."))
    words = filter(None, (_headline_text(report, state, numbers, translator), own))
    return Headline(state, translator.comma.join(words), sentence)


def state_of(numbers: Mapping[Outcome, int]) -> Outcome:
    """The state of a number of results: the worst open outcome, else passed where some result passed."""
    states = (*OPEN_OUTCOMES, *OUTCOMES)
    return next((outcome for outcome in states if numbers[outcome]), "skipped")


def _headline_text(
    report: Report, state: Outcome, numbers: Mapping[Outcome, int], translator: Translator
) -> str:
    text = translator.text
    if state == "failed":
        return translator.plural(numbers["failed"], "{number:,} result failed", "{number:,} results failed")
    if state == "unknown":
        return text("Inconclusive")
    if state == "skipped":
        return text("No check was applicable")
    is_part = any(report.partial.values())
    subject = text("Everything that was selected") if is_part else text("Everything")
    if numbers["waived"]:
        return text("{subject} passed or is waived", subject=subject)
    return text("{subject} passed", subject=subject)


def _sentence(report: Report, numbers: Mapping[Outcome, int], not_passed: int, translator: Translator) -> str:
    parts = [
        translator.plural(
            sum(numbers.values()),
            "{passed:,} of {number:,} result passed",
            "{passed:,} of {number:,} results passed",
            passed=numbers["passed"],
        )
    ]
    parts += [
        translator.counted(f"{numbers[outcome]:,}", words)
        for outcome, words in _WORDS.items()
        if numbers[outcome]
    ]
    if not_passed:
        parts.append(
            translator.text(
                "{number:,} of {total:,} own tests did not pass", number=not_passed, total=len(report.tests)
            )
        )
    elif report.tests:
        parts.append(
            translator.plural(
                len(report.tests),
                "{number:,} own test passed, skipped or waived",
                "{number:,} own tests passed, skipped or waived",
            )
        )
    return translator.text("{parts}.", parts=translator.comma.join(parts))
