"""The CSV report: one line per result, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..printable import one_line
from ..results import Result
from . import permissions
from .model import Report, ordered
from .wording import evidence

if TYPE_CHECKING:
    from ..policy.permissions import Permission

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

# What a spreadsheet takes for the start of a formula, the full-width forms too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def render(report: Report) -> str:
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow((*COLUMNS, *(("plan", "plan_addresses") if report.plans else ())))
    sources = {name: evidence(one) for name, one in report.accounts.items()}
    for result in ordered(report.results):
        plan = (result.row.plan or "", " ".join(result.row.plan_addresses)) if report.plans else ()
        lines.writerow([defused(cell) for cell in (*_cells(result, sources), *plan)])
    for kind in permissions.KINDS:
        for account, permission in permissions.rows(report, kind):
            cells = _permission_cells(kind, account, permission, sources)
            lines.writerow([defused(cell) for cell in (*cells, *(("", "") if report.plans else ()))])
    return out.getvalue()


def defused(cell: str) -> str:
    """The cell on one line, with an apostrophe before what a spreadsheet would run as a formula."""
    text = one_line(cell)
    return f"'{text}" if cell.startswith(_FORMULA) or text.startswith(_FORMULA) else text


def _permission_cells(
    kind: str, account: str, permission: Permission, sources: Mapping[str, str]
) -> tuple[str, ...]:
    """A permission that changed since a former recording: its check is `permission`, its outcome the kind."""
    type_, _, name = permission.identity.partition("/")
    when = f" where {permission.condition}" if permission.condition else ""
    message = f"{permission.action or 'every action'} on {permission.where}{when}: {permission.cause}"
    cells = {
        "account": account,
        "check": "permission",
        "resource_type": type_ if name else "",
        "resource_id": name or permission.identity,
        "outcome": permissions.title(kind),
        "message": message,
        "evidence": sources.get(account, ""),
    }
    return tuple(cells.get(column, "") for column in COLUMNS)


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
