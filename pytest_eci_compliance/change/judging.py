"""The step between inventory and verdicts: the planned account is judged beside the account as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..checks.support.case import Case
from ..inventory.facts import Inventory
from ..judge import judge
from ..results import FIXED_BY_PLAN, Row
from .apply import LayContext, lay
from .effect import Planned, compare_rows, planned
from .loading import load_plan_file
from .model import ChangeSet
from .overlay_fitting import fitted
from .routing import changes_for


@dataclass(frozen=True)
class Verdicts:
    """The verdicts on an account: its inventory and rows, and what was planned, if anything was."""

    inventory: Inventory
    rows: tuple[Row, ...]
    plan: Planned | None = None


def load_changes(paths: Sequence[Path], accounts: Mapping[str, str]) -> dict[str, tuple[ChangeSet, ...]]:
    """The planned changes of every account that is tested, by its name. Raises PlanError."""
    return changes_for([load_plan_file(path) for path in paths], accounts)


def verdicts(case: Case, sets: Sequence[ChangeSet], context: LayContext, *, is_planned: bool) -> Verdicts:
    """Judge an account; with a plan, judge it as planned, and mark the rows that differ from it as it is."""
    rows = judge(case)
    if not is_planned:
        return Verdicts(case.inventory, _compared(rows))
    laid = lay(case.inventory, [fitted(change_set, case.inventory) for change_set in sets], context)
    after = judge(Case(case.name, case.intent, laid.inventory, case.today))
    marked, gone = compare_rows(rows, after, laid, case.inventory)
    gone = tuple(replace(row, plan=FIXED_BY_PLAN) for row in _compared(gone))
    return Verdicts(laid.inventory, _compared(marked), planned(sets, laid, case.inventory, gone))


def _compared(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The rows without their reasons, which nothing compares any more and every worker would have to be sent."""
    return tuple(replace(row, reasons=()) if row.reasons else row for row in rows)
