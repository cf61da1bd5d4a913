"""The CSV report: one line per result, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..messages import one_line
from ..results import Result
from .model import Report, ordered
from .permissions import CHANGE_KINDS, ChangeKind, action_of, kind_words, permissions_of
from .stated_assumptions import words_by_row
from .wording import evidence_source

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
    "assumptions",
)

PLAN_COLUMNS = ("plan", "plan_addresses")
"""Further columns of a run with a plan."""

# A spreadsheet reads a cell that begins with one of these as a formula; the last four are full-width forms.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def render(report: Report) -> str:
    """The report as CSV with a header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, *PLAN_COLUMNS) if report.plans else COLUMNS)
    for cells in _lines(report):
        writer.writerow([escape_formula(cell) for cell in cells])
    return text.getvalue()


def _lines(report: Report) -> Iterator[tuple[str, ...]]:
    """The results, then the permissions that changed since a former recording."""
    sources = {name: evidence_source(evidence) for name, evidence in report.accounts.items()}
    assumptions = words_by_row(report)
    for result in ordered(report.results):
        plan = (result.row.plan or "", " ".join(result.row.plan_addresses)) if report.plans else ()
        yield (*_cells(result, sources), "; ".join(assumptions(result.row)), *plan)
    no_plan = ("",) * len(PLAN_COLUMNS) if report.plans else ()
    for kind in CHANGE_KINDS:
        for account, permission in permissions_of(report, kind):
            yield (*_permission_cells(kind, account, permission, sources), *no_plan)


def escape_formula(cell: str) -> str:
    """The cell on one line, with an apostrophe before anything that a spreadsheet would run as a formula."""
    text = one_line(cell)
    return f"'{text}" if cell.startswith(_FORMULA) or text.startswith(_FORMULA) else text


def _permission_cells(
    kind: ChangeKind, account: str, permission: Permission, sources: Mapping[str, str]
) -> tuple[str, ...]:
    """A permission that changed since a former recording: its check is `permission`, its outcome the kind."""
    resource_type, _, name = permission.identity.partition("/")
    condition = f" where {permission.condition}" if permission.condition else ""
    cells = {
        "account": account,
        "check": "permission",
        "resource_type": resource_type if name else "",
        "resource_id": name or permission.identity,
        "outcome": kind_words(kind),
        "message": f"{action_of(permission)} on {permission.where}{condition}: {permission.cause}",
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
