"""Waivers are checked too: a waiver that has expired, or covers no failure any more, must be removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..messages import join_words, pluralize, quote
from ..results import Outcome, Resource, Row
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
    remediation="Remove the waiver, or, where the exception still stands, renew it with a new expiry day.",
    enabled_when=Requirement(lambda intent: bool(intent.waivers), "the configuration has no `waivers`"),
    resource_type="waiver",
)
def waiver(case: Case) -> Iterator[Finding]:
    """A waiver has not expired, and still covers a failure."""
    rows_of: dict[str, list[Row]] = {}
    for row in case.rows:
        rows_of.setdefault(row.check, []).append(row)
    for index, accepted in enumerate(case.intent.waivers):
        pattern = pattern_of(accepted)
        resource = Resource("waiver", f"{accepted.check}:{pattern}", pattern)
        verdict = _evaluate_waiver(case, accepted, rows_of.get(accepted.check, []))
        yield replace(verdict.on(resource), config_path=("waivers", index))


def _evaluate_waiver(case: Case, waiver: Waiver, rows: list[Row]) -> Verdict:
    accepted_by = f"{quote(waiver.owner)}: {quote(waiver.reason)}"
    subject = f"the waiver of {waiver.check} for {quote(pattern_of(waiver))} ({accepted_by})"
    if not is_valid(waiver, case):
        return failed(f"{subject} expired on {waiver.expires}, and today is {case.today}")
    used = [row for row in rows if row.outcome in _FAILURES and covers(waiver, row, case) is True]
    if used:
        ids = join_words((quote(row.resource.id) for row in used), most=5)
        return passed(
            f"{subject} covers {pluralize(len(used), 'failure')}: {ids}; it is valid through {waiver.expires}",
        )
    return _evaluate_unused(case, waiver, rows, subject)


def _evaluate_unused(case: Case, waiver: Waiver, rows: list[Row], subject: str) -> Verdict:
    if waiver.check in NEVER_WAIVED:
        return failed(f"{subject} can cover nothing: {waiver.check} is never waived")
    doubts = [row for row in rows if _may_hide_a_failure(row, waiver, case)]
    if doubts:
        return unknown(
            because=f"{subject} covers no failure that is known, but {pluralize(len(doubts), 'verdict')}"
            f" of {waiver.check} could not be given: {doubts[0].message}",
            remediation=doubts[0].remediation,
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
