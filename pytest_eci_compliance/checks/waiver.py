"""Waivers are checked too: a waiver that has expired, or covers no failure any more, must be removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..messages import join_words, pluralize, quote
from ..results import Outcome, Resource, Row
from ..spelling import nearest
from ..waivers import NEVER_WAIVED, covers, fits, is_valid, pattern_of
from .support.case import Case
from .support.registry import Requirement, check
from .support.verdicts import Finding, Verdict, failed, passed, unknown

if TYPE_CHECKING:
    from ..config.model import Waiver

_FAILURES: tuple[Outcome, ...] = ("failed", "waived")


@check(
    "waiver",
    severity="medium",
    section="-",
    calls=(),
    remediation="Correct the check or the resource that the waiver names, remove it, or, where the exception still"
    " stands, renew it with a new expiry day.",
    enabled_when=Requirement(lambda intent: bool(intent.waivers), "the configuration has no `waivers`"),
    resource_type="waiver",
)
def waiver(case: Case) -> Iterator[Finding]:
    """A waiver has not expired, and still covers a failure.

    A waiver of an own check (`eci_check`) is evaluated after the tests; without them it is unknown.
    """
    rows_of: dict[str, list[Row]] = {}
    for row in case.rows:
        rows_of.setdefault(row.check, []).append(row)
    for index, accepted in enumerate(case.intent.waivers):
        pattern = pattern_of(accepted)
        resource = Resource("waiver", f"{accepted.check}:{pattern}", pattern)
        verdict = _evaluate_waiver(case, accepted, rows_of.get(accepted.check, []))
        yield replace(verdict.on(resource), config_path=("waivers", index))


def _subject(waiver: Waiver) -> str:
    accepted_by = f"{quote(waiver.owner)}: {quote(waiver.reason)}"
    return f"the waiver of {waiver.check} for {quote(pattern_of(waiver))} ({accepted_by})"


def _expired(waiver: Waiver, case: Case) -> str:
    return f"{_subject(waiver)} expired on {waiver.expires}, and today is {case.today}"


def _evaluate_waiver(case: Case, waiver: Waiver, rows: list[Row]) -> Verdict:
    subject = _subject(waiver)
    if not is_valid(waiver, case):
        return failed(_expired(waiver, case))
    if not rows and is_of_own_check(waiver):
        return unknown(
            because=f"{subject} is of an own check, and the own tests were not collected{_hint(waiver)}",
            remediation=_correct_or_run(waiver),
        )
    return _evaluate_use(case, waiver, rows, subject) or _evaluate_unused(case, waiver, rows, subject)


def is_of_own_check(waiver: Waiver) -> bool:
    """Whether a waiver is of a check that is not built in."""
    from . import KNOWN_CHECKS  # noqa: PLC0415 - the package imports this module for its list of checks

    return waiver.check not in KNOWN_CHECKS


def is_row_of_own_waiver(row: Row) -> bool:
    """Whether this is the row of a waiver of a check that is not built in."""
    from . import KNOWN_CHECKS  # noqa: PLC0415 - see above

    return row.check == "waiver" and row.resource.id.partition(":")[0] not in KNOWN_CHECKS


def evaluate_own_waiver(case: Case, waiver: Waiver, *, all_collected: bool, all_ran: bool) -> Verdict:
    """Evaluate a waiver of an own check after the tests: `case.rows` are the rows of own checks that ran.

    `all_collected`: every own test of the configuration was collected. `all_ran`: so did every test of the check.
    """
    rows = [row for row in case.rows if row.check == waiver.check]
    subject = _subject(waiver)
    if not is_valid(waiver, case):
        return failed(_expired(waiver, case))
    if (used := _evaluate_use(case, waiver, rows, subject)) is not None:
        return used
    if not (all_collected and all_ran):
        return unknown(
            because=f"{subject} covers no failure that is known, and not every test of {waiver.check} ran",
            remediation=_correct_or_run(waiver),
        )
    if not rows:
        return failed(
            f"{subject} is not used: no test has the marker eci_check({quote(waiver.check)}){_hint(waiver)}"
        )
    return _evaluate_unused(case, waiver, rows, subject)


def _hint(waiver: Waiver) -> str:
    """A built-in check that the id may be a misspelling of."""
    from . import KNOWN_CHECKS  # noqa: PLC0415 - see above

    near = nearest(waiver.check, KNOWN_CHECKS, 0.8)
    return f"; did you mean the built-in check {near}?" if near else ""


def _correct_or_run(waiver: Waiver) -> str:
    """What to do about a waiver of a check that no test of this run has."""
    if hint := _hint(waiver):
        return f"Correct the id of the check in the waiver{hint}"
    return f"Run all tests that have the marker eci_check({quote(waiver.check)}): name them in `tests`."


def _evaluate_use(case: Case, waiver: Waiver, rows: list[Row], subject: str) -> Verdict | None:
    """That the waiver covers a failure; None where it covers none."""
    used = [row for row in rows if row.outcome in _FAILURES and covers(waiver, row, case) is True]
    if not used:
        return None
    ids = join_words((quote(row.resource.id) for row in used), most=5)
    return passed(
        f"{subject} covers {pluralize(len(used), 'failure')}: {ids}; it is valid through {waiver.expires}",
    )


def _evaluate_unused(case: Case, waiver: Waiver, rows: list[Row], subject: str) -> Verdict:
    if waiver.check in NEVER_WAIVED:
        return failed(f"{subject} can cover nothing: {waiver.check} is never waived")
    doubts = [row for row in rows if _may_hide_a_failure(row, waiver, case)]
    if doubts:
        return unknown(
            because=f"{subject} covers no failure that is known, but {pluralize(len(doubts), 'verdict')}"
            f" of {waiver.check} could not be given: {doubts[0].message}",
            remediation=doubts[0].remediation,
            of=tuple(dict.fromkeys(cause for row in doubts for cause in row.causes)),
        )
    why = (
        "nothing that it is for fails" if rows else f"the check {waiver.check} is off or has nothing to judge"
    )
    return failed(f"{subject} is not used: {why}")


def _may_hide_a_failure(row: Row, waiver: Waiver, case: Case) -> bool:
    """Whether the waiver may cover what a row could not say, or a failure that it may or may not fit."""
    if row.outcome not in (*_FAILURES, "unknown"):
        return False
    if row.outcome == "unknown":
        # Which policies such a row would be about is not known either.
        if waiver.expectation is not None and row.expectation not in (None, waiver.expectation):
            return False
        return row.resource.id == "*" or fits(waiver, row, case) is not False
    return covers(waiver, row, case) not in (False, True)
