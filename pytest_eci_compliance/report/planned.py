"""What a planned change does to the verdicts, as reports tell it: new with the plan, fixed by it, and what to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..printable import one_line, visible
from .model import Report, ordered

if TYPE_CHECKING:
    from ..change.effect import Planned
    from ..results import Result, Row

NEW = "new with the plan"
FIXED = "fixed by the plan"
_OPEN = ("failed", "unknown")


@dataclass(frozen=True)
class Effect:
    """The results of one account by what the plan does to them; `still` fail with and without it."""

    new: tuple[Result, ...]
    fixed: tuple[Result, ...]
    still: tuple[Result, ...]
    gone: tuple[Row, ...]


def effect(report: Report, account: str) -> Effect:
    """What the plan of one account does, in the order of every report."""
    results = [one for one in ordered(report.results) if one.row.account == account]
    return Effect(
        tuple(one for one in results if one.row.plan == NEW),
        tuple(one for one in results if one.row.plan == FIXED),
        tuple(one for one in results if one.row.plan is None and one.row.outcome in _OPEN),
        report.plans[account].gone,
    )


def summary(found: Effect) -> str:
    """The effect in numbers.

    >>> summary(Effect((), (), (), ()))
    '0 new with the plan, 0 fixed by the plan, 0 open as before'
    """
    fixed = len(found.fixed) + len(found.gone)
    return f"{len(found.new)} {NEW}, {fixed} {FIXED}, {len(found.still)} open as before"


def lines(name: str, plan: Planned, report: Report, most: int = 5) -> list[str]:
    """The effect for a terminal: the numbers, then up to `most` results that are new or fixed."""
    found = effect(report, name)
    text = [f"{name}: {plan.sentence}: {summary(found)}"]
    rows = [*(one.row for one in found.new), *(one.row for one in found.fixed), *found.gone]
    for row in rows[: 2 * most]:
        by = f" ({one_line(', '.join(row.plan_addresses[:3]))})" if row.plan_addresses else ""
        resource = " ".join(part for part in (row.resource.region, row.resource.id) if part)
        text.append(visible(f"  {row.plan}: {row.check} {resource}: {row.outcome}{by}"))
    if len(rows) > 2 * most:
        text.append(f"  and {len(rows) - 2 * most} more")
    return text
