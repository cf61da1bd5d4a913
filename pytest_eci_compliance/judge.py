"""From a case to rows: every enabled check, the waivers, and what the auditing identity may not see."""

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
from .results import BLIND, OPEN_OUTCOMES, VISIBILITY, Cause, Outcome, Reason, Resource, Row, Waived

if TYPE_CHECKING:
    from .config.model import Waiver

_WORST_FIRST: tuple[Outcome, ...] = ("failed", "unknown", "waived", "passed", "skipped")


def judge(case: Case, checks: Iterable[Check] = CHECKS) -> tuple[Row, ...]:
    """The verdicts on one account: one row per check and resource, in the same order on every machine.

    Runs every enabled check. A check over ECI lists has one further unknown row where the auditing
    identity is not shown to see everything, and none that says that nothing is there. Failures that a valid
    waiver covers are waived; each waiver is a row itself. The work of the evaluator is
    bounded for each row, and its time by the account's `deadline`.
    """
    case.budget.deadline = time.monotonic() + case.intent.deadline.total_seconds()
    enabled = [check for check in checks if check.disabled_because(case.intent) is None]
    others = [check for check in enabled if check is not waiver_check]
    findings = {check.id: tuple(_findings(check, case)) for check in others}
    blind = _blind(findings[VISIBILITY]) if VISIBILITY in findings else None
    groups = [
        group
        for check in others
        for group in _by_resource(check, case, _as_far_as_seen(check, findings[check.id], blind))
    ]
    valid = waivers.by_check(case)
    rows = [_waived(case, group, valid.get(group.check.id, ())) for group in groups]
    if waiver_check in enabled:
        judged = replace(case, rows=tuple(rows))
        rows += map(_row, _by_resource(waiver_check, judged, _findings(waiver_check, judged)))
    return tuple(sorted(rows, key=_place))


def _findings(check: Check, case: Case) -> Iterator[Finding]:
    """The findings of a check, and an unknown finding for each list that it rests on and that is incomplete.

    Where the check raises an exception, an unknown finding reports it, so that nothing vanishes.
    """
    for cause in case.inventory.incomplete:
        if cause.call in check.calls:
            yield unknown(cause, because="a list that the check rests on is incomplete").on(
                Resource(check.resource_type, "*")
            )
    contradicted = _contradicted(check, case)
    findings = tuple(_rest_on(finding, contradicted) for finding in _evaluate(check, case))
    yield from findings
    # The auditing identity's sight rests on its own grants alone: the check says itself where they are missing.
    if check.id != VISIBILITY and not any(finding.outcome == "unknown" for finding in findings):
        for cause in case.inventory.unread_lists:
            if cause.call in check.calls:
                yield unknown(cause, because="a list that the check rests on could not be read").on(
                    Resource(check.resource_type, "*")
                )


def _contradicted(check: Check, case: Case) -> tuple[Assumption, ...]:
    """The assumptions that a check rests on, for want of another way, and that the account contradicts."""
    observations = case.inventory.observations
    return tuple(
        assumption
        for assumption in (that_support(check.id, check.calls) if observations else ())
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
        because=f"the account contradicts an assumption of this verdict: {ids}. Otherwise: {finding.message}",
        remediation=_settle(ids),
        of=tuple(
            Cause("assumption", assumption.id, assumption.id, assumption.statement, _settle(assumption.id))
            for assumption in contradicted
        ),
        config_path=finding.config_path,
    )
    return replace(verdict.on(finding.resource), expectation=finding.expectation)


def _settle(ids: str) -> str:
    return f"Read what depends on it (pytest --eci-list-assumptions), and judge by hand: {ids}."


def _evaluate(check: Check, case: Case) -> Iterator[Finding]:
    try:
        case.budget.start_row()
        for finding in check.evaluate(case):
            yield finding
            case.budget.start_row()
    except Exception as bug:  # noqa: BLE001 - a bug in a check must show as a verdict
        # The text of the exception may hold anything that the account holds: the place is enough.
        at = traceback.extract_tb(bug.__traceback__)[-1]
        yield unknown(
            because=f"the check {check.id} broke with {type(bug).__name__} in {at.name}, line {at.lineno}",
            remediation="This is a defect of pytest-eci-compliance: please report it with this message.",
        ).on(Resource(check.resource_type, "*"))


def _blind(visibility: tuple[Finding, ...]) -> Finding | None:
    """Why the auditing identity is not shown to see everything; None where it is."""
    doubts = (finding for finding in visibility if finding.outcome != "passed")
    no_finding = unknown(because=f"{VISIBILITY} has no finding").on(Resource("account", "*"))
    return next(doubts, None if visibility else no_finding)


def _as_far_as_seen(check: Check, findings: tuple[Finding, ...], blind: Finding | None) -> Iterator[Finding]:
    if not check.rests_on_eci_lists or blind is None:
        yield from findings
        return
    yield from (finding for finding in findings if not finding.rests_on_emptiness)
    why = blind.message if blind.outcome == "unknown" else f"{VISIBILITY} failed"
    yield unknown(
        because=f"{BLIND}: ECI answers a query that is denied with an empty list (section"
        f" 4), and the auditing identity is not shown to see everything ({why})",
        remediation=blind.remediation or f"Make {VISIBILITY} pass: its message says what is missing.",
        of=blind.causes,
    ).on(Resource(check.resource_type, "*"))


@dataclass(frozen=True)
class _FindingGroup:
    """The findings of a check on one resource of an account."""

    check: Check
    account: str
    findings: tuple[Finding, ...]


def _by_resource(check: Check, case: Case, findings: Iterable[Finding]) -> list[_FindingGroup]:
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        resource = finding.resource
        key = (resource.type, resource.region or "", resource.id, finding.expectation or "")
        groups.setdefault(key, []).append(finding)
    return [_FindingGroup(check, case.name, tuple(group)) for group in groups.values()]


def _row(group: _FindingGroup) -> Row:
    """The row of the findings on one resource: the worst of them decides."""
    check = group.check
    ranked = sorted(group.findings, key=lambda finding: _WORST_FIRST.index(finding.outcome))
    worst = ranked[0]
    shown = [finding for finding in ranked if finding.outcome in (worst.outcome, "unknown")]
    remediations = dict.fromkeys(
        part
        for finding in shown
        for part in (
            finding.correction,
            check.remediation if finding.remediation is None else finding.remediation,
        )
        if part
    )
    return Row(
        account=group.account,
        check=check.id,
        severity=check.severity,
        section=check.section,
        resource=worst.resource,
        outcome=worst.outcome,
        # The names in it are other people's: a message is one line, and printable.
        message=escape("; ".join(dict.fromkeys(finding.message for finding in shown))),
        remediation=escape(" ".join(remediations)) if worst.outcome in OPEN_OUTCOMES else "",
        expectation=worst.expectation,
        config_path=worst.config_path,
        policies=tuple(
            dict.fromkeys(
                policy
                for finding in group.findings
                if finding.outcome == "failed"
                for policy in finding.policies
            )
        ),
        paths=tuple(dict.fromkeys(path for finding in shown for path in finding.paths)),
        causes=tuple(dict.fromkeys(cause for finding in shown for cause in finding.causes)),
        reasons=tuple(reason for finding in shown for reason in _reasons(finding)),
    )


def _reasons(finding: Finding) -> tuple[Reason, ...]:
    """The reasons of an open finding: its message, where the check does not list them."""
    if finding.outcome not in OPEN_OUTCOMES:
        return ()
    return finding.reasons or (Reason(finding.message, is_message=True),)


def _waived(case: Case, group: _FindingGroup, valid: Iterable[Waiver]) -> Row:
    """The row of the findings on one resource, without the failures that valid waivers cover."""
    row = _row(group)
    if row.outcome != "failed":
        return row
    if (waiver := waivers.whole(valid, row, case)) is not None:
        return _but_for_waivers(group, _covered(row, [waivers.as_waived(waiver)]))
    accepted = waivers.by_policy(valid, row, case)
    if not accepted:
        return row
    used = list(dict.fromkeys(map(waivers.as_waived, accepted.values())))
    kept = tuple(part for finding in group.findings for part in _left(finding, accepted))
    if all(finding.outcome != "failed" for finding in kept):
        return _but_for_waivers(group, _covered(row, used))
    left = _row(replace(group, findings=kept))
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


def _but_for_waivers(group: _FindingGroup, row: Row) -> Row:
    """The row; of one that is waived, what could not be read beside the failure: no waiver covers that."""
    unread = tuple(finding for finding in group.findings if finding.outcome == "unknown")
    if row.outcome != "waived" or not unread:
        return row
    left = _row(replace(group, findings=unread))
    failures = dict.fromkeys(finding.message for finding in group.findings if finding.outcome == "failed")
    return replace(left, message=f"{left.message}; a waiver covers: {'; '.join(failures)}")


def _place(row: Row) -> tuple[str, ...]:
    resource = row.resource
    return (row.check, resource.type, resource.region or "", resource.id, row.expectation or "")
