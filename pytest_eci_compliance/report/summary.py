"""What a run comes to, in a headline and a sentence: the same in every report that people read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..results import Outcome
from .model import Report, count

_WORDS: dict[Outcome, str] = {
    "failed": "failed",
    "unknown": "could not be read",
    "waived": "waived",
    "skipped": "had nothing to judge",
}


@dataclass(frozen=True)
class Verdict:
    state: Outcome
    headline: str
    sentence: str


def verdict(report: Report) -> Verdict:
    """The verdict on everything that was selected; people's own tests count as they do for the exit code."""
    numbers = count(report.results)
    total = sum(numbers.values())
    broken = sum(one.outcome not in ("passed", "skipped", "waived") for one in report.tests)
    state = state_of(numbers)
    if broken and state not in ("failed", "unknown"):
        tests = "own test does" if broken == 1 else "own tests do"
        return Verdict("failed", f"{broken:,} {tests} not pass", _sentence(report, numbers, total, broken))
    if not total:
        return Verdict("skipped", "Nothing was judged", "No result was selected.")
    return Verdict(state, _headline(report, state, numbers), _sentence(report, numbers, total, broken))


def state_of(numbers: Mapping[Outcome, int]) -> Outcome:
    """What a number of results come to: the worst of them, and passed where some only were skipped."""
    worst: tuple[Outcome, ...] = ("failed", "unknown", "passed", "waived")
    return next((state for state in worst if numbers[state]), "skipped")


def _headline(report: Report, state: Outcome, numbers: Mapping[Outcome, int]) -> str:
    if state == "failed":
        failed = numbers["failed"]
        return f"{failed:,} {'result does' if failed == 1 else 'results do'} not hold"
    if state == "unknown":
        return "Cannot be told"
    if state == "skipped":
        return "There was nothing to judge"
    what = "Everything that was selected" if any(report.partial.values()) else "Everything"
    return f"{what} holds or is waived" if numbers["waived"] else f"{what} holds"


def _sentence(report: Report, numbers: Mapping[Outcome, int], total: int, broken: int) -> str:
    said = [f"{numbers['passed']:,} of {total:,} {'result holds' if total == 1 else 'results hold'}"]
    said += [f"{numbers[outcome]:,} {words}" for outcome, words in _WORDS.items() if numbers[outcome]]
    if broken:
        said.append(f"{broken:,} of {len(report.tests):,} own tests did not pass")
    return ", ".join(said) + "."
