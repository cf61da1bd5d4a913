"""The CSV report: one line per result, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from ..messages import one_line
from ..results import Result
from .model import Report, ordered
from .wording import evidence_source

COLUMNS = (
    "account",
    "check",
    "severity",
    "section",
    "resource_type",
    "resource_id",
    "resource_name",
    "region",
    "expectation",
    "outcome",
    "message",
    "remediation",
    "waiver_reason",
    "waiver_owner",
    "waiver_expires",
    "nodeid",
    "evidence",
)

# A spreadsheet reads a cell that begins with one of these as a formula; the last four are full-width forms.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def render(report: Report) -> str:
    """The report as CSV with a header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    sources = {name: evidence_source(evidence) for name, evidence in report.accounts.items()}
    for result in ordered(report.results):
        writer.writerow([escape_formula(cell) for cell in _cells(result, sources)])
    return text.getvalue()


def escape_formula(cell: str) -> str:
    """The cell on one line, with an apostrophe before anything that a spreadsheet would run as a formula."""
    text = one_line(cell)
    return f"'{text}" if cell.startswith(_FORMULA) or text.startswith(_FORMULA) else text


def _cells(result: Result, sources: Mapping[str, str]) -> tuple[str, ...]:
    row, waiver = result.row, result.row.waiver
    return (
        row.account,
        row.check,
        row.severity,
        row.section,
        row.resource.type,
        row.resource.id,
        row.resource.name,
        row.resource.region or "",
        row.expectation or "",
        row.outcome,
        row.message,
        row.remediation,
        waiver.reason if waiver else "",
        waiver.owner if waiver else "",
        waiver.expires if waiver else "",
        result.nodeid,
        sources.get(row.account, ""),
    )
