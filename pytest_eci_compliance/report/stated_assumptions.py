"""The assumptions that the verdicts of a run rest on, as reports list them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from ..assumptions import Assumption, by_id, that_support
from ..checks import CHECKS
from .model import Report

if TYPE_CHECKING:
    from ..config.model import Account
    from ..inventory.facts import Inventory, Observed

State: TypeAlias = Literal["assumed", "open", "settled", "held here", "contradicted here"]
_NO_CONTROL_POLICY = "no-control-policy-restricts-further"


@dataclass(frozen=True)
class StatedAssumption:
    """An assumption that verdicts on an account rest on.

    `observations` is how many of the account's answers agree with it, or, where it is `contradicted here`, do not.
    `settled` is the answer of the account's owner, in words; empty where there is none.
    """

    account: str
    assumption: Assumption
    state: State
    observations: int = 0
    settled: str = ""

    @property
    def words(self) -> str:
        """The state in words: `held here (12 observations)`."""
        if self.state == "settled":
            return f"settled: {self.settled}"
        if not self.observations:
            return self.state
        plural = "" if self.observations == 1 else "s"
        return f"{self.state} ({self.observations} observation{plural})"


def stated_assumptions(report: Report) -> tuple[StatedAssumption, ...]:
    """What the verdicts of a run rest on, by account: what is contradicted or settled stands first.

    A decided row rests on what its check rests on; an unknown one on the open questions that its message names.
    """
    order: tuple[State, ...] = ("contradicted here", "settled", "open", "assumed", "held here")
    stated = [entry for name in sorted(report.accounts) for entry in _of_account(report, name)]
    return tuple(sorted(stated, key=lambda entry: (entry.account, order.index(entry.state))))


def _of_account(report: Report, name: str) -> Iterator[StatedAssumption]:
    rows = [result.row for result in report.results if result.row.account == name]
    account = report.loaded.configuration.accounts.get(name) if report.loaded else None
    known = by_id()
    decided = {row.check for row in rows if row.outcome != "unknown"}
    resting = {assumption.id for check in decided for assumption in _by_check().get(check, ())}
    resting |= {id_ for row in rows if row.outcome == "unknown" for id_ in _named_in(row.message)}
    settled = dict(account.assumptions) if account is not None else {}
    for assumption in known.values():
        if assumption.id in resting or assumption.id in settled:
            yield _stated(name, assumption, account, report.inventories.get(name))


def _named_in(message: str) -> Iterator[str]:
    """The ids of the assumptions that the message of an unknown row names."""
    for id_ in by_id():
        if id_ in message:
            yield id_


@lru_cache(maxsize=1)
def _by_check() -> dict[str, tuple[Assumption, ...]]:
    return {check.id: that_support(check.id, check.calls) for check in CHECKS}


def _stated(
    name: str, assumption: Assumption, account: Account | None, inventory: Inventory | None
) -> StatedAssumption:
    observed: Observed | None = inventory.observations.get(assumption.id) if inventory is not None else None
    if account is not None and (settlement := _settlement(assumption, account)):
        return StatedAssumption(name, assumption, "settled", settled=settlement)
    if observed is not None and observed.contradicted:
        return StatedAssumption(name, assumption, "contradicted here", observed.contradicted)
    if observed is not None and observed.held:
        return StatedAssumption(name, assumption, "held here", observed.held)
    return StatedAssumption(name, assumption, "open" if assumption.owner_may_settle else "assumed")


def _settlement(assumption: Assumption, account: Account) -> str:
    """The owner's answer in words; empty where there is none."""
    if assumption.id in account.assumptions:
        return str(account.assumptions[assumption.id]).lower()
    policies = account.control_policies
    if assumption.id != _NO_CONTROL_POLICY or policies is None:
        return ""
    if policies == "unknown":
        return "not known which control policies bind the account"
    return f"control policies {', '.join(policies)}" if policies else "no control policy binds the account"
