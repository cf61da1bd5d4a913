"""The JSON report (design A5): what dashboards and `--eci-since` read.

Its JSON Schema is `schema.json` beside it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from .model import Report, ordered
from .stated_assumptions import StatedAssumption, stated_assumptions

if TYPE_CHECKING:
    from ..results import Evidence, Result
    from .comparison import Change, Comparison

SCHEMA = 1

# JSON allows these raw, but whoever looks at the file must not be misled by what a name does to a terminal.
_STEERING = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)


def render(report: Report) -> str:
    return _STEERING.sub(_escaped, json.dumps(as_data(report), ensure_ascii=False, indent=1)) + "\n"


def _escaped(found: re.Match[str]) -> str:
    char = found.group()
    # Half a surrogate pair is no text: many parsers refuse it, so its escape becomes the text.
    return "\\" * ("\ud800" <= char <= "\udfff") + json.dumps(char)[1:-1]


def as_data(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "plugin": report.plugin,
        "started": report.started,
        "accounts": {name: _evidence(one) for name, one in sorted(report.accounts.items())},
        "results": [_result(one) for one in ordered(report.results)],
        "tests": [
            {"nodeid": one.nodeid, "outcome": one.outcome}
            for one in sorted(report.tests, key=lambda test: test.nodeid)
        ],
    }
    data["assumptions"] = [_assumption(entry) for entry in stated_assumptions(report)]
    if any(report.partial.values()):
        data["partial"] = {name: sorted(checks) for name, checks in sorted(report.partial.items()) if checks}
    if report.since is not None:
        data["since"] = _since(report.since)
    return data


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


def _evidence(one: Evidence) -> dict[str, Any]:
    return {
        "account_id": one.account_id,
        "mode": one.mode,
        "recorded": one.recorded,
        "regions": list(one.regions),
        "calls": one.calls,
        "pages": one.pages,
        "retries": one.retries,
        "complete": one.complete,
        **({"synthetic": True} if one.synthetic else {}),
    }


def _result(result: Result) -> dict[str, Any]:
    row = result.row
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
        "nodeid": result.nodeid,
    }
    if row.waiver is not None:
        data["waiver"] = {
            "reason": row.waiver.reason,
            "owner": row.waiver.owner,
            "expires": row.waiver.expires,
        }
    return data


def _since(comparison: Comparison) -> dict[str, Any]:
    return {
        "report": comparison.report,
        "started": comparison.started,
        "new": [_change(one) for one in comparison.new],
        "fixed": [_change(one) for one in comparison.fixed],
        "gone": [_change(one) for one in comparison.gone],
        "open": [_change(one) for one in comparison.still_open],
        "waived": [_change(one) for one in comparison.waived],
        "not_compared": comparison.not_compared,
    }


def _change(one: Change) -> dict[str, Any]:
    key = one.key
    data: dict[str, Any] = {"account": key.account, "check": key.check}
    if key.expectation is not None:
        data["expectation"] = key.expectation
    return data | {
        "resource": {"type": key.type, "id": key.id, "name": one.name, "region": key.region},
        "before": one.before,
        "now": one.now,
    }
