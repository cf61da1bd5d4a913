"""The SARIF 2.1.0 report, for code-scanning views.

Failed and unknown rows are results, waived rows are suppressed results; each is located at the line of the
configuration that requires it. Passed and skipped rows are only counted.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..config.loader import Loaded
from ..messages import visible_lines
from ..results import NOTABLE_OUTCOMES, Result, Row, Severity
from . import permissions
from .model import Report, count, ordered
from .rules import CheckRule, rules
from .stated_assumptions import stated_assumptions, words_by_row
from .waivers import until
from .wording import evidence_source

if TYPE_CHECKING:
    from ..change.effect import Planned

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: dict[Severity, str] = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
# Code-scanning views sort by these scores, on the scale of CVSS.
_SCORES: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5"}


def render(report: Report) -> str:
    """The report as a SARIF log with one run."""
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report)]}
    return json.dumps(log, ensure_ascii=True, indent=1) + "\n"


def _run(report: Report) -> dict[str, Any]:
    known = rules(report.results)
    places = {name: index for index, name in enumerate(known)}
    assumptions = words_by_row(report)
    return {
        "tool": {
            "driver": {
                "name": "pytest-eci-compliance",
                "version": report.plugin,
                "rules": [_rule(rule) for rule in known.values()],
            }
        },
        "automationDetails": {"id": f"eci-compliance/{'+'.join(sorted(report.accounts))}/"},
        "invocations": [{"executionSuccessful": True, "startTimeUtc": report.started}],
        "columnKind": "unicodeCodePoints",
        "results": [
            _with_assumptions(_result(result, places, report.loaded), assumptions(result.row))
            for result in ordered(report.results)
            if result.row.outcome in NOTABLE_OUTCOMES
        ],
        "properties": _run_properties(report),
    }


def _with_assumptions(data: dict[str, Any], assumptions: tuple[str, ...]) -> dict[str, Any]:
    """The result with the assumptions that it rests on, where there are any."""
    if assumptions:
        data["properties"]["assumptions"] = list(map(visible_lines, assumptions))
    return data


def _run_properties(report: Report) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "counts": count(report.results),
        "evidence": {name: evidence_source(evidence) for name, evidence in sorted(report.accounts.items())},
    }
    if stated := stated_assumptions(report):
        properties["assumptions"] = [
            {"account": entry.account, "id": entry.assumption.id, "here": visible_lines(entry.words)}
            for entry in stated
        ]
    if report.plans:
        properties["planned"] = {name: _planned(plan) for name, plan in sorted(report.plans.items())}
    if report.permissions is not None:
        properties["permissions"] = permissions.as_data(report.permissions)
    return properties


def _planned(plan: Planned) -> dict[str, Any]:
    """The planned change and the notes on it."""
    return {
        "summary": visible_lines(plan.sentence),
        "notes": [visible_lines(str(note)) for note in plan.notes],
    }


def _rule(rule: CheckRule) -> dict[str, Any]:
    text = rule.text or f"The check {rule.id}."
    return {
        "id": rule.id,
        "shortDescription": {"text": text.split(". ")[0].rstrip(".") + "."},
        "fullDescription": {"text": text},
        "help": {
            "text": f"{text}\n\nFix: {rule.remediation}" if rule.remediation else text,
            "markdown": f"{text}\n\n**Fix:** {rule.remediation}" if rule.remediation else text,
        },
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "severity": rule.severity,
            "security-severity": _SCORES[rule.severity],
            "section": rule.section,
            "tags": ["security", "compliance", rule.chapter],
        },
    }


def _result(result: Result, places: Mapping[str, int], loaded: Loaded | None) -> dict[str, Any]:
    row = result.row
    data: dict[str, Any] = {
        "ruleId": row.check,
        "ruleIndex": places[row.check],
        "level": _LEVELS[row.severity],
        "message": {"text": escape_sarif(_message(row))},
        "locations": [_location(row, loaded)],
        "partialFingerprints": {"eciComplianceRow/v1": fingerprint(row)},
        "properties": {
            "account": row.account,
            "outcome": row.outcome,
            "region": row.resource.region,
            "remediation": row.remediation,
            "nodeid": result.nodeid,
        },
    }
    if row.plan is not None:
        data["properties"] |= {"plan": row.plan, "planAddresses": list(row.plan_addresses)}
        data["locations"][0]["logicalLocations"] += _plan_locations(row)
    if row.outcome == "waived":
        data["suppressions"] = [_suppression(row)]
    return data


def _message(row: Row) -> str:
    resource = " ".join(filter(None, (row.resource.type, row.resource.region, row.resource.id)))
    plan = f" [{', '.join((row.plan, *row.plan_addresses[:5]))}]" if row.plan else ""
    return f"{row.account}: {resource} {row.outcome}: {row.message}{plan}"


def _plan_locations(row: Row) -> list[dict[str, str]]:
    return [
        {"name": address, "fullyQualifiedName": f"plan/{address}", "kind": "resource"}
        for address in map(visible_lines, row.plan_addresses)
    ]


def _suppression(row: Row) -> dict[str, Any]:
    # SARIF calls a suppression that is not written in the scanned file `external`.
    data: dict[str, Any] = {"kind": "external", "status": "accepted"}
    if row.waiver is not None:
        waiver = row.waiver
        data["justification"] = visible_lines(f"{waiver.reason} ({waiver.owner}, {until(waiver)})")
    return data


def escape_sarif(text: str) -> str:
    """Escape a message so that nothing in it is a link or a placeholder (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    return re.sub(r"\{(\d+)\}", r"{{\1}}", visible_lines(text).replace("](", "] ("))


def fingerprint(row: Row) -> str:
    """A hash that stays the same from run to run, whatever the message."""
    resource = row.resource
    parts = (row.account, row.check, resource.type, resource.region, resource.id, row.expectation)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _location(row: Row, loaded: Loaded | None) -> dict[str, Any]:
    resource = row.resource
    parts = (part for part in (row.account, resource.region, resource.id) if part)
    location: dict[str, Any] = {
        "logicalLocations": [
            {
                "name": visible_lines(resource.name or resource.id),
                "fullyQualifiedName": visible_lines("/".join(parts)),
                "kind": "resource",
            }
        ]
    }
    if loaded is not None:
        line = loaded.line_of(("accounts", row.account, *row.config_path))
        location["physicalLocation"] = {
            "artifactLocation": _artifact(loaded.path),
            "region": {"startLine": max(1, line)},
        }
    return location


def _artifact(path: Path) -> dict[str, str]:
    """The address of the configuration: relative to the working directory where it is below it, else absolute."""
    relative = os.path.relpath(path.resolve())
    if relative.startswith(os.pardir) or Path(relative).is_absolute():
        return {"uri": path.resolve().as_uri()}
    return {"uri": quote(Path(relative).as_posix()), "uriBaseId": "%SRCROOT%"}
