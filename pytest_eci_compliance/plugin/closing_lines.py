"""The last lines of a run that is not green: counts by severity, and where to start."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence

from ..messages import label, one_line, pluralize
from ..report.missing_evidence import MissingEvidence, missing_evidence
from ..report.model import Report
from ..report.remediation import parts
from ..report.unmatched import place_of
from ..results import OPEN_OUTCOMES, SEVERITIES, VISIBILITY, Outcome, Result, Row

_TO_FILL_IN = re.compile(r"\b(VALUE|GROUP|DOCUMENT|NAME)\b")
_AUDIT_POLICY = "pytest --eci-audit-policy"


def closing_lines(report: Report, options: Sequence[str] = ()) -> list[str]:
    """Five lines: failed and unknown by severity, the worst finding, its line of the configuration, what to run.

    None where nothing failed and nothing is unknown. The command is the one that fixes the finding; where there is
    none that is ready to run, the one that runs its test again, with `options`.
    """
    open_results = [result for result in report.results if result.outcome in OPEN_OUTCOMES]
    if not open_results:
        return []
    worst = min(open_results, key=_urgency)
    cause = _cause(report, worst)
    command = _AUDIT_POLICY if cause and cause.kind == "permission" else _fix(worst.row)
    return [
        f"failed:      {_by_severity(open_results, 'failed')}",
        f"unknown:     {_by_severity(open_results, 'unknown')}{_causes(report)}",
        f"start with:  {cause.named_sentence if cause else _finding(worst.row)}",
        f"required by: {place_of(report, worst.row.account, worst.row.config_path)}",
        f"$ {command or _again(worst, options)}",
    ]


def _urgency(result: Result) -> tuple[int, int, bool]:
    """The sort key: by severity, then failed before unknown; what blinds other checks goes first among equals."""
    row = result.row
    return SEVERITIES.index(row.severity), OPEN_OUTCOMES.index(row.outcome), row.check != VISIBILITY


def _cause(report: Report, result: Result) -> MissingEvidence | None:
    """The first cause that a result depends on; None where it lacks no evidence."""
    return next((entry for entry in missing_evidence(report) if result in entry.results), None)


def _finding(row: Row) -> str:
    """Severity, check, resource, and the first part of the message."""
    message = one_line(row.message).partition("; ")[0]
    return f"{row.severity}: {row.check} {label(row)}: {message}"


def _fix(row: Row) -> str:
    """The command that fixes a finding; empty where there is none, or where a value is left to the reader."""
    commands = parts(row.remediation).commands
    return commands[0] if len(commands) == 1 and not _TO_FILL_IN.search(commands[0]) else ""


def _again(result: Result, options: Sequence[str]) -> str:
    """The command that runs one result again."""
    return shlex.join(["pytest", f"--eci-account={result.row.account}", *options, one_line(result.nodeid)])


def _by_severity(results: Iterable[Result], outcome: Outcome) -> str:
    counts = Counter(result.row.severity for result in results if result.outcome == outcome)
    return (
        ", ".join(f"{counts[severity]} {severity}" for severity in SEVERITIES if counts[severity]) or "none"
    )


def _causes(report: Report) -> str:
    number = len(missing_evidence(report))
    return f" ({pluralize(number, 'cause')}, at the top of this summary)" if number else ""
