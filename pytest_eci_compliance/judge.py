"""From a case to rows: every check that is on, the waivers, and what the auditor may not have seen."""

from __future__ import annotations

import time
import traceback
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import waivers
from .assumptions import Assumption, that_support
from .checks import CHECKS
from .checks.support.case import Case
from .checks.support.registry import Check
from .checks.support.verdicts import Finding, unknown
from .checks.waiver import waiver as waiver_check
from .messages import escape, join_words, quote
from .results import BLIND, VISIBILITY, Outcome, Resource, Row, Waived

if TYPE_CHECKING:
    from .config.model import Waiver

_WORST_FIRST: tuple[Outcome, ...] = ("failed", "unknown", "waived", "passed", "skipped")


def judge(case: Case, checks: Iterable[Check] = CHECKS) -> tuple[Row, ...]:
    """The verdicts on one account: one row per check and resource, in the same order on every machine.

    Runs every check that is on. A check over ECI lists has one further unknown row where the auditing
    identity is not shown to see everything, and none that says that nothing is there. Failures that a valid
    waiver covers are waived; each waiver is a row itself. The work of the evaluator is
    bounded for each row, and its time by the account's `deadline`.
    """
    case.budget.deadline = time.monotonic() + case.intent.deadline.total_seconds()
    on = [one for one in checks if one.disabled_because(case.intent) is None]
    findings = {one.id: tuple(_findings(one, case)) for one in on if one is not waiver_check}
    blind = _blind(findings[VISIBILITY]) if VISIBILITY in findings else None
    said = [
        some
        for one in on
        if one is not waiver_check
        for some in _by_resource(one, case, _as_far_as_seen(one, findings[one.id], blind))
    ]
    valid = waivers.by_check(case)
    rows = [_waived(case, some, valid.get(some.check.id, ())) for some in said]
    if waiver_check in on:
        seen = replace(case, rows=tuple(rows))
        rows += map(_row, _by_resource(waiver_check, seen, _findings(waiver_check, seen)))
    return tuple(sorted(rows, key=_place))


def _findings(one: Check, case: Case) -> Iterator[Finding]:
    """What the check says, and that it may not see everything where a list that it rests on is not whole.

    Where the check breaks, an unknown finding says so, so that nothing vanishes.
    """
    for cause in case.inventory.incomplete:
        if cause.call in one.calls:
            yield unknown(cause, because="a list that it rests on is not whole").on(
                Resource(one.resource_type, "*")
            )
    contradicted = _contradicted(one, case)
    findings = tuple(_rest_on(finding, contradicted) for finding in _judged(one, case))
    yield from findings
    # The auditing identity's sight rests on its own grants alone: the check says itself where they are missing.
    if one.id != VISIBILITY and not any(finding.outcome == "unknown" for finding in findings):
        for cause in case.inventory.unread_lists:
            if cause.call in one.calls:
                yield unknown(cause, because="a list that it rests on is missing").on(
                    Resource(one.resource_type, "*")
                )


def _contradicted(one: Check, case: Case) -> tuple[Assumption, ...]:
    """The assumptions that a check rests on, for want of another way, and that the account's answers contradict."""
    observations = case.inventory.observations
    return tuple(
        assumption
        for assumption in (that_support(one.id, one.calls) if observations else ())
        if assumption.id in observations
        and observations[assumption.id].contradicted
        and not assumption.has_fallback
    )


def _rest_on(finding: Finding, contradicted: tuple[Assumption, ...]) -> Finding:
    """The finding; unknown in place of passed or skipped where an assumption that it rests on is contradicted."""
    if not contradicted or finding.outcome not in ("passed", "skipped"):
        return finding
    ids = join_words(assumption.id for assumption in contradicted)
    verdict = unknown(
        because=f"the account contradicts an assumption that this rests on: {ids}. It would say: {finding.message}",
        remediation=f"Read what turns on it (pytest --eci-list-assumptions), and judge by hand: {ids}.",
        config_path=finding.config_path,
    )
    return replace(verdict.on(finding.resource), expectation=finding.expectation)


def _judged(one: Check, case: Case) -> Iterator[Finding]:
    try:
        case.budget.start_row()
        for finding in one.evaluate(case):
            yield finding
            case.budget.start_row()
    except Exception as bug:  # noqa: BLE001 - a bug in a check must show as a verdict
        # The text of the exception may hold anything that the account holds: the place is enough.
        at = traceback.extract_tb(bug.__traceback__)[-1]
        yield unknown(
            because=f"the check {one.id} broke with {type(bug).__name__} in {at.name}, line {at.lineno}",
            remediation="This is a defect of pytest-eci-compliance: please report it with this message.",
        ).on(Resource(one.resource_type, "*"))


def _blind(visibility: tuple[Finding, ...]) -> Finding | None:
    """Why the auditing identity is not shown to see everything; None where it is."""
    doubts = (one for one in visibility if one.outcome != "passed")
    nothing_said = unknown(because=f"{VISIBILITY} said nothing").on(Resource("account", "*"))
    return next(doubts, None if visibility else nothing_said)


def _as_far_as_seen(one: Check, findings: tuple[Finding, ...], blind: Finding | None) -> Iterator[Finding]:
    if not one.rests_on_eci_lists or blind is None:
        yield from findings
        return
    yield from (finding for finding in findings if not finding.rests_on_emptiness)
    why = blind.message if blind.outcome == "unknown" else f"{VISIBILITY} failed"
    yield unknown(
        because=f"{BLIND}: ECI answers a query that is denied with an empty list (section"
        f" 4), and the auditing identity is not shown to see everything ({why})",
        remediation=blind.remediation or f"Make {VISIBILITY} pass: its message says what is missing.",
    ).on(Resource(one.resource_type, "*"))


@dataclass(frozen=True)
class _Said:
    """All that a check says of one resource of an account."""

    check: Check
    account: str
    findings: tuple[Finding, ...]


def _by_resource(one: Check, case: Case, findings: Iterable[Finding]) -> list[_Said]:
    same: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        resource = finding.resource
        key = (resource.type, resource.region or "", resource.id, finding.expectation or "")
        same.setdefault(key, []).append(finding)
    return [_Said(one, case.name, tuple(some)) for some in same.values()]


def _row(said: _Said) -> Row:
    """One row of all that a check says of one resource: the worst of it."""
    one = said.check
    ranked = sorted(said.findings, key=lambda finding: _WORST_FIRST.index(finding.outcome))
    worst = ranked[0]
    told = [finding for finding in ranked if finding.outcome in (worst.outcome, "unknown")]
    mends = dict.fromkeys(one.remediation if f.remediation is None else f.remediation for f in told)
    return Row(
        account=said.account,
        check=one.id,
        severity=one.severity,
        section=one.section,
        resource=worst.resource,
        outcome=worst.outcome,
        # The names in it are other people's: a message is one line, and printable.
        message=escape("; ".join(dict.fromkeys(finding.message for finding in told))),
        remediation=escape(" ".join(mends)) if worst.outcome in ("failed", "unknown") else "",
        expectation=worst.expectation,
        config_path=worst.config_path,
        policies=tuple(
            dict.fromkeys(one for f in said.findings if f.outcome == "failed" for one in f.policies)
        ),
    )


def _waived(case: Case, said: _Said, valid: Iterable[Waiver]) -> Row:
    """The row of all that a check says of one resource, less what valid waivers cover."""
    row = _row(said)
    if row.outcome != "failed":
        return row
    if (waiver := waivers.whole(valid, row, case)) is not None:
        return _but_for_waivers(said, _covered(row, [waivers.as_waived(waiver)]))
    accepted = waivers.by_policy(valid, row, case)
    if not accepted:
        return row
    used = list(dict.fromkeys(map(waivers.as_waived, accepted.values())))
    kept = tuple(part for finding in said.findings for part in _left(finding, accepted))
    if all(finding.outcome != "failed" for finding in kept):
        return _but_for_waivers(said, _covered(row, used))
    left = _row(replace(said, findings=kept))
    covered = escape(join_words(map(quote, accepted), most=len(accepted)))
    return replace(
        left,
        message=f"{left.message}; waivers cover what is about {covered}",
        policies=row.policies,
        covered_by=tuple(used),
    )


def _left(finding: Finding, accepted: Collection[str]) -> Iterator[Finding]:
    """What is left of a finding where failures about some policies are accepted: nothing, a part, or all of it."""
    if finding.outcome != "failed" or not finding.policies or finding.without is None:
        yield finding
    elif not set(finding.policies) <= set(accepted):
        yield finding.without(accepted)


def _covered(row: Row, used: list[Waived]) -> Row:
    """The row, waived; of several waivers the one that expires first is shown."""
    first = min(used, key=lambda waived: waived.expires)
    return replace(row, outcome="waived", waiver=first, covered_by=tuple(used))


def _but_for_waivers(said: _Said, row: Row) -> Row:
    """The row; of one that is waived, what could not be read beside the failure: no waiver covers that."""
    unread = tuple(finding for finding in said.findings if finding.outcome == "unknown")
    if row.outcome != "waived" or not unread:
        return row
    left = _row(replace(said, findings=unread))
    failures = dict.fromkeys(finding.message for finding in said.findings if finding.outcome == "failed")
    return replace(left, message=f"{left.message}; a waiver covers: {'; '.join(failures)}")


def _place(row: Row) -> tuple[str, ...]:
    resource = row.resource
    return (row.check, resource.type, resource.region or "", resource.id, row.expectation or "")
