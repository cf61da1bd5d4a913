"""The effect of a planned change on the results of an account: new, fixed, and open as before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..language import ENGLISH, Translator
from ..messages import one_line, visible
from ..results import FIXED_BY_PLAN, NEW_WITH_PLAN, OPEN_OUTCOMES
from .model import Report, ordered

if TYPE_CHECKING:
    from ..change.effect import Planned
    from ..results import Result, Row


@dataclass(frozen=True)
class PlanEffect:
    """The results of an account by the effect of the plan.

    `new` and `fixed` are changed by the plan, `still_open` fail or are unknown with and without it. `gone` are the
    open rows whose resource the plan deletes; they count as fixed.
    """

    new: tuple[Result, ...]
    fixed: tuple[Result, ...]
    still_open: tuple[Result, ...]
    gone: tuple[Row, ...]

    @property
    def fixed_rows(self) -> tuple[Row, ...]:
        """The rows that the plan fixes, then the rows whose resource it deletes."""
        return (*(result.row for result in self.fixed), *self.gone)

    @property
    def changed_rows(self) -> tuple[Row, ...]:
        """The rows that the plan changes, the new ones first."""
        return (*(result.row for result in self.new), *self.fixed_rows)

    @property
    def numbers(self) -> str:
        """The effect in numbers, in English.

        >>> PlanEffect((), (), (), ()).numbers
        '0 new with the plan, 0 fixed by the plan, 0 open as before'
        """
        return self.numbers_in(ENGLISH)

    def numbers_in(self, translator: Translator) -> str:
        """The effect in numbers, in a language."""
        return translator.text(
            "{new} new with the plan, {fixed} fixed by the plan, {open} open as before",
            new=len(self.new),
            fixed=len(self.fixed_rows),
            open=len(self.still_open),
        )


def plan_effect(report: Report, account: str) -> PlanEffect:
    """The effect of the plan of an account, with results in the order of every report."""
    results = [result for result in ordered(report.results) if result.row.account == account]
    return PlanEffect(
        tuple(result for result in results if result.row.plan == NEW_WITH_PLAN),
        tuple(result for result in results if result.row.plan == FIXED_BY_PLAN),
        tuple(
            result for result in results if result.row.plan is None and result.row.outcome in OPEN_OUTCOMES
        ),
        report.plans[account].gone,
    )


def lines(
    name: str, plan: Planned, report: Report, most: int = 10, translator: Translator = ENGLISH
) -> list[str]:
    """The effect for a terminal: a line of numbers, then at most `most` changed rows."""
    effect = plan_effect(report, name)
    text = [f"{name}: {plan.sentence_in(translator)}: {effect.numbers_in(translator)}"]
    rows = effect.changed_rows
    text += [
        visible(f"  {translator.word(row.plan or '')}: {_describe(row, translator)}") for row in rows[:most]
    ]
    if len(rows) > most:
        text.append("  " + translator.text("and {number} more", number=len(rows) - most))
    return text


def _describe(row: Row, translator: Translator) -> str:
    addresses = f" ({one_line(', '.join(row.plan_addresses[:3]))})" if row.plan_addresses else ""
    resource = " ".join(part for part in (row.resource.region, row.resource.id) if part)
    return f"{row.check} {resource}: {translator.word(row.outcome)}{addresses}"
