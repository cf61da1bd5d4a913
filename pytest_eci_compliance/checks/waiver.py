"""Waivers are judged too: what has expired, or covers nothing any more, has to go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..messages import join_words, pluralize, quote
from ..results import Outcome, Resource, Row
from ..waivers import NEVER_WAIVED, covers, fits, is_valid, pattern_of
from .support.case import Case
from .support.registry import Requirement, check
from .support.verdicts import Finding, failed, passed, unknown

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
        finding = _judged(case, accepted, rows_of.get(accepted.check, []))
        yield replace(finding, config_path=("waivers", index))


def _judged(case: Case, one: Waiver, rows: list[Row]) -> Finding:
    pattern = pattern_of(one)
    resource = Resource("waiver", f"{one.check}:{pattern}", pattern)
    what = f"the waiver of {one.check} for {quote(pattern)} ({quote(one.owner)}: {quote(one.reason)})"
    if not is_valid(one, case):
        return failed(f"{what} expired on {one.expires}, and today is {case.today}").on(resource)
    used = [row for row in rows if row.outcome in _FAILURES and covers(one, row, case) is True]
    if used:
        ids = join_words((quote(row.resource.id) for row in used), most=5)
        return passed(
            f"{what} covers {pluralize(len(used), 'failure')}: {ids}; it is valid through {one.expires}",
        ).on(resource)
    return _unused(case, one, rows, resource, what)


def _unused(case: Case, one: Waiver, rows: list[Row], resource: Resource, what: str) -> Finding:
    if one.check in NEVER_WAIVED:
        return failed(f"{what} can cover nothing: {one.check} is never waived").on(resource)
    doubts = [row for row in rows if _may_hide_a_failure(row, one, case)]
    if doubts:
        return unknown(
            because=f"{what} covers no failure that is known, but {pluralize(len(doubts), 'verdict')}"
            f" of {one.check} could not be given: {doubts[0].message}",
            remediation=doubts[0].remediation,
        ).on(resource)
    why = "nothing that it is for fails" if rows else f"the check {one.check} is off or has nothing to judge"
    return failed(f"{what} is not used: {why}").on(resource)


def _may_hide_a_failure(row: Row, one: Waiver, case: Case) -> bool:
    """Whether the waiver may cover what a row could not say, or a failure that it may or may not fit."""
    if row.outcome not in (*_FAILURES, "unknown"):
        return False
    if row.outcome == "unknown":
        # Which policies such a row would be about is not known either.
        if one.expectation is not None and row.expectation not in (None, one.expectation):
            return False
        return row.resource.id == "*" or fits(one, row, case) is not False
    return covers(one, row, case) not in (False, True)
