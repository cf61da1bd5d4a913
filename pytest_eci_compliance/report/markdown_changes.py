"""The changes in the Markdown report: by a plan, of permissions, and since a former report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from .markdown_text import (
    OUTCOME_SIGNS,
    Detail,
    code,
    escape_markdown,
    omitted,
    resource_words,
    row_resource,
    shorten,
    table,
)
from .model import ChangedResult, Report
from .permissions import CHANGE_KINDS, PermissionGroup, groups_of, kind_words, number_of, title
from .planned import plan_effect

if TYPE_CHECKING:
    from ..change.effect import Planned
    from ..results import Row

_NOTE_LENGTH = 300


def plan_sections(report: Report, detail: Detail) -> Iterator[str]:
    """The effect of the plan of each account: new and fixed rows, and the notes on the plan."""
    for name, plan in sorted(report.plans.items()):
        effect = plan_effect(report, name)
        yield f"## Effect of the plan on {code(name)}"
        yield ""
        yield from _plan_rows("New with the plan", [result.row for result in effect.new], detail)
        yield from _plan_rows("Fixed by the plan", effect.fixed_rows, detail)
        if not effect.changed_rows:
            yield "The plan changes no verdict."
            yield ""
        if effect.still_open:
            yield f"{len(effect.still_open)} results fail or are unknown with and without the plan: see below."
            yield ""
        if plan.other_types:
            yield f"{plan.other_types} changes of resource types that no check evaluates were ignored."
            yield ""
        yield from _plan_notes(plan, detail)


def _plan_notes(plan: Planned, detail: Detail) -> Iterator[str]:
    if not plan.notes:
        return
    yield f"**Notes on the plan ({len(plan.notes)})**"
    yield ""
    yield from (
        f"- {escape_markdown(shorten(str(note), _NOTE_LENGTH))}" for note in plan.notes[: detail.rows]
    )
    yield ""
    yield from omitted(len(plan.notes) - detail.rows)


def _plan_rows(heading: str, rows: Sequence[Row], detail: Detail) -> Iterator[str]:
    if not rows:
        return
    yield f"**{heading} ({len(rows)})**"
    yield ""
    heads = ["", "check", "severity", "resource", "changes"] + (["message"] if detail.message else [])
    yield from table(heads, [_plan_row(row, detail) for row in rows[: detail.rows]])
    yield from omitted(len(rows) - detail.rows)


def _plan_row(row: Row, detail: Detail) -> list[object]:
    cells: list[object] = [
        f"{OUTCOME_SIGNS[row.outcome]} {row.outcome}",
        code(row.check),
        row.severity,
        row_resource(row),
        ", ".join(map(code, row.plan_addresses[:3])),
    ]
    return [*cells, escape_markdown(shorten(row.message, detail.message))] if detail.message else cells


def permission_section(report: Report, detail: Detail) -> Iterator[str]:
    """The permissions that changed since a former recording."""
    if report.permissions is None:
        return
    yield f"## {title(report)}"
    yield ""
    numbers = [number_of(report, kind) for kind in CHANGE_KINDS]
    yield from table(map(kind_words, CHANGE_KINDS), [numbers])
    for kind in CHANGE_KINDS:
        groups = groups_of(report, kind)
        if groups:
            yield f"**{kind_words(kind).capitalize()}**"
            yield ""
            yield from map(_permission_group, groups[: detail.rows])
            yield ""
            yield from omitted(len(groups) - detail.rows)


def _permission_group(group: PermissionGroup) -> str:
    condition = f" where {code(group.condition)}" if group.condition else ""
    subject = f"{code(group.account)} {code(group.identity)}"
    scope = f"{escape_markdown(group.scope)}{condition}"
    return f"- {subject}: {code(group.action_list())} on {scope}: {escape_markdown(group.cause)}"


def since_section(report: Report, detail: Detail) -> Iterator[str]:
    """The changes since a former report or recording."""
    if report.since is None:
        return
    yield f"## Since {escape_markdown(report.since.started)} ({code(report.since.report)})"
    yield ""
    kinds = list(report.since.by_kind())
    yield from table(
        [*(kind for kind, _ in kinds), "not compared"],
        [[*(len(changes) for _, changes in kinds), report.since.not_compared]],
    )
    if report.since.not_compared:
        yield f"Not compared: {report.since.why_not_compared}."
        yield ""
    for kind, changes in kinds:
        if kind in ("new", "fixed", "gone") and changes:
            yield f"**{kind.capitalize()}**"
            yield ""
            yield from (_change(change) for change in changes[: detail.rows])
            yield ""
            yield from omitted(len(changes) - detail.rows)


def _change(change: ChangedResult) -> str:
    key = change.key
    region = f" in {code(key.region)}" if key.region else ""
    return f"- {code(key.account)} {code(key.check)}: {resource_words(key.check, key.type, key.id)}{region}"
