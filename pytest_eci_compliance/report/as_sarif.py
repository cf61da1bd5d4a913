"""The SARIF 2.1.0 report, for code-scanning views.

Failed and unknown rows are results, waived ones are suppressed results; each is located at the line of the
configuration that asks for it. Passed and skipped rows are only counted.
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
from ..printable import visible_lines
from ..results import Result, Row, Severity
from . import permissions
from .model import Report, count, ordered
from .rules import Rule, rules
from .waivers import until
from .wording import evidence

if TYPE_CHECKING:
    from ..change.effect import Planned

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: dict[Severity, str] = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
# What code-scanning views sort by, on the scale of CVSS.
_SCORES: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5"}
_TOLD = ("failed", "unknown", "waived")


def render(report: Report) -> str:
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report)]}
    return json.dumps(log, ensure_ascii=True, indent=1) + "\n"


def _run(report: Report) -> dict[str, Any]:
    known = rules(report.results)
    places = {name: index for index, name in enumerate(known)}
    return {
        "tool": {
            "driver": {
                "name": "pytest-eci-compliance",
                "version": report.plugin,
                "rules": [_rule(one) for one in known.values()],
            }
        },
        "automationDetails": {"id": f"eci-compliance/{'+'.join(sorted(report.accounts))}/"},
        "invocations": [{"executionSuccessful": True, "startTimeUtc": report.started}],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(one, places, report.loaded) for one in ordered(report.results) if one.row.outcome in _TOLD
        ],
        "properties": {
            "counts": count(report.results),
            "evidence": {name: evidence(one) for name, one in sorted(report.accounts.items())},
            **(
                {"planned": {name: _planned(one) for name, one in sorted(report.plans.items())}}
                if report.plans
                else {}
            ),
            **(
                {} if report.permissions is None else {"permissions": permissions.as_data(report.permissions)}
            ),
        },
    }


def _planned(plan: Planned) -> dict[str, Any]:
    """What was laid over the account, and where plan and evidence do not agree."""
    return {
        "summary": visible_lines(plan.sentence),
        "notes": [visible_lines(str(note)) for note in plan.notes],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    text = rule.text or f"The check {rule.id}."
    return {
        "id": rule.id,
        "shortDescription": {"text": text.split(". ")[0].rstrip(".") + "."},
        "fullDescription": {"text": text},
        "help": {
            "text": f"{text}\n\nWhat to do: {rule.remediation}",
            "markdown": f"{text}\n\n**What to do:** {rule.remediation}",
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
        "message": {"text": plain(_message(row))},
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
        data["locations"][0]["logicalLocations"] += [
            {"name": name, "fullyQualifiedName": f"plan/{name}", "kind": "resource"}
            for name in map(visible_lines, row.plan_addresses)
        ]
    if row.outcome == "waived":
        data["suppressions"] = [_suppression(row)]
    return data


def _message(row: Row) -> str:
    where = " ".join(filter(None, (row.resource.type, row.resource.region, row.resource.id)))
    verdict = "could not be read" if row.outcome == "unknown" else row.outcome
    plan = f" [{', '.join((row.plan, *row.plan_addresses[:5]))}]" if row.plan else ""
    return f"{row.account}: {where} {verdict}: {row.message}{plan}"


def _suppression(row: Row) -> dict[str, Any]:
    # The waiver stands in the configuration, beside what it is about: for SARIF that is `external`.
    data: dict[str, Any] = {"kind": "external", "status": "accepted"}
    if row.waiver is not None:
        said = row.waiver
        data["justification"] = visible_lines(f"{said.reason} ({said.owner}, {until(said)})")
    return data


def plain(text: str) -> str:
    """A message in which nothing is taken for a link or a placeholder (SARIF 3.11.5, 3.11.6)."""
    return re.sub(r"\{(\d+)\}", r"{{\1}}", visible_lines(text).replace("](", "] ("))


def fingerprint(row: Row) -> str:
    """What stays the same from run to run, whatever the message says."""
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
    """The configuration, by its path below the folder pytest was called from where it lies there."""
    relative = os.path.relpath(path.resolve())
    if relative.startswith(os.pardir) or Path(relative).is_absolute():
        return {"uri": path.resolve().as_uri()}
    return {"uri": quote(Path(relative).as_posix()), "uriBaseId": "%SRCROOT%"}
