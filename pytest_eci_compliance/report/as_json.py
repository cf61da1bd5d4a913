"""The JSON report, for dashboards and `--eci-since`.

Its JSON Schema is `schema.json` beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import permissions
from .former_report import row_key
from .missing_evidence import MissingEvidence, missing_evidence
from .model import ChangedResult, Comparison, Report, RowKey, ordered
from .open_since import first_seen
from .stated_assumptions import StatedAssumption, stated_assumptions

if TYPE_CHECKING:
    from ..change.effect import Planned
    from ..results import EscalationPath, Evidence, Result, Row

SCHEMA = 1
"""The version of the format; it changes where a key changes its meaning or is removed."""

# JSON allows these unescaped, but in a terminal a name with one of them would change how the file looks.
_UNSAFE = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)


def render(report: Report) -> str:
    """The report as indented JSON."""
    return escape_controls(json.dumps(as_data(report), ensure_ascii=False, indent=1)) + "\n"


def escape_controls(text: str) -> str:
    """JSON text in which characters that could mislead the reader of a terminal are escaped."""
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    # Many parsers refuse a lone surrogate, so the text gets its escape sequence instead.
    return "\\" * ("\ud800" <= character <= "\udfff") + json.dumps(character)[1:-1]


def as_data(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "plugin": report.plugin,
        "started": report.started,
        "accounts": {name: _evidence(evidence) for name, evidence in sorted(report.accounts.items())},
        "results": [_result(result, first_seen(report)) for result in ordered(report.results)],
        "tests": [
            {"nodeid": test.nodeid, "outcome": test.outcome}
            | ({"message": test.message} if test.message else {})
            for test in sorted(report.tests, key=lambda test: test.nodeid)
        ],
    }
    if missing := missing_evidence(report):
        data["missing_evidence"] = [_missing(entry) for entry in missing]
    data["assumptions"] = [_assumption(entry) for entry in stated_assumptions(report)]
    if any(report.partial.values()):
        data["partial"] = {name: sorted(checks) for name, checks in sorted(report.partial.items()) if checks}
    if report.plans:
        data["planned"] = {name: _planned(plan) for name, plan in sorted(report.plans.items())}
    if report.since is not None:
        data["since"] = _since(report.since)
    if report.permissions is not None:
        data["permissions"] = permissions.as_data(report.permissions)
    return data


def _missing(entry: MissingEvidence) -> dict[str, Any]:
    return {
        "account": entry.account,
        "id": entry.key,
        "problem": entry.problem,
        "remediation": entry.remediation,
        "subjects": list(entry.subjects),
        "results": len(entry.results),
    }


def _assumption(entry: StatedAssumption) -> dict[str, Any]:
    assumption = entry.assumption
    return {
        "account": entry.account,
        "id": assumption.id,
        "statement": assumption.statement,
        "evidence": assumption.evidence,
        "source": assumption.source,
        "turns_on_it": assumption.turns_on_it,
        "state": entry.state,
        "observations": entry.observations,
        **({"settled": entry.settled} if entry.settled else {}),
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "account_id": evidence.account_id,
        "mode": evidence.mode,
        "recorded": evidence.recorded,
        "regions": list(evidence.regions),
        "calls": evidence.calls,
        "pages": evidence.pages,
        "retries": evidence.retries,
        "complete": evidence.complete,
        **({"synthetic": True} if evidence.synthetic else {}),
    }


def _result(result: Result, since: Mapping[RowKey, str]) -> dict[str, Any]:
    first = since.get(row_key(result.row))
    return _row(result.row) | {"nodeid": result.nodeid} | ({"first_seen": first} if first else {})


def _row(row: Row) -> dict[str, Any]:
    data: dict[str, Any] = {"account": row.account, "check": row.check}
    if row.expectation is not None:
        data["expectation"] = row.expectation
    data |= {
        "severity": row.severity,
        "section": row.section,
        "resource": {
            "type": row.resource.type,
            "id": row.resource.id,
            "name": row.resource.name,
            "region": row.resource.region,
        },
        "outcome": row.outcome,
        "message": row.message,
        "remediation": row.remediation,
    }
    if row.test:
        data["test"] = row.test
    if row.plan is not None:
        data |= {"plan": row.plan, "plan_addresses": list(row.plan_addresses)}
    if row.paths:
        data["paths"] = [_path(path) for path in row.paths]
    if row.waiver is not None:
        data["waiver"] = {
            "reason": row.waiver.reason,
            "owner": row.waiver.owner,
            "expires": row.waiver.expires,
        }
    return data


def _planned(plan: Planned) -> dict[str, Any]:
    return {
        "files": list(plan.files),
        "changes": plan.changes,
        "other_types": plan.other_types,
        "partial": plan.partial,
        "notes": [
            {
                "kind": note.kind,
                "file": note.origin.file,
                "address": note.origin.address,
                "message": note.message,
            }
            for note in plan.notes
        ],
        "gone": [_row(row) for row in plan.gone],
    }


def _path(path: EscalationPath) -> dict[str, Any]:
    steps = [
        {"step": step.step, "from": step.actor, "to": step.to, "on": step.on, "by": step.by}
        for step in path.steps
    ]
    return {"reaches": path.reaches, "certain": path.certain, "steps": steps}


def _since(comparison: Comparison) -> dict[str, Any]:
    return {
        "report": comparison.report,
        "started": comparison.started,
        "new": [_change(change) for change in comparison.new],
        "fixed": [_change(change) for change in comparison.fixed],
        "gone": [_change(change) for change in comparison.gone],
        "open": [_change(change) for change in comparison.still_open],
        "waived": [_change(change) for change in comparison.waived],
        "not_compared": comparison.not_compared,
        **({"unread": comparison.unread} if comparison.unread else {}),
        **({"unread_then": comparison.unread_then} if comparison.unread_then else {}),
    }


def _change(change: ChangedResult) -> dict[str, Any]:
    key = change.key
    data: dict[str, Any] = {"account": key.account, "check": key.check}
    if key.expectation is not None:
        data["expectation"] = key.expectation
    if key.test:
        data["test"] = key.test
    return data | {
        "resource": {"type": key.type, "id": key.id, "name": change.name, "region": key.region},
        "before": change.before,
        "now": change.now,
        **({"first_seen": change.first_seen} if change.first_seen else {}),
    }
