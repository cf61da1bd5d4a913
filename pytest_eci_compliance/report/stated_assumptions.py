"""The assumptions that the verdicts of a run rest on, as reports list them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from ..assumptions import Assumption, by_id, that_support
from ..checks import CHECKS
from ..language import ENGLISH, Translator
from .model import Report

if TYPE_CHECKING:
    from ..config.model import Account
    from ..inventory.facts import Inventory, Observed
    from ..results import Row

AssumptionState: TypeAlias = Literal["assumed", "open", "settled", "held here", "contradicted here"]
_NO_CONTROL_POLICY = "no-control-policy-restricts-further"
_DEFAULT_GROUP = "a-group-is-named-default"
_EVALUATED = frozenset(
    {
        "access",
        "role-escalation",
        "role-pass-role",
        "tag-policy",
        "user-console",
        "user-escalation",
        "user-pass-role",
        "user-resource-groups",
    }
)
"""The checks whose rows may turn on an open question of the evaluator."""


@dataclass(frozen=True)
class StatedAssumption:
    """An assumption that verdicts on an account rest on.

    `observations` is how many of the account's answers agree with it, or, where it is `contradicted here`, do not.
    `settled` is the answer of the account's owner, in words; empty where there is none.
    """

    account: str
    assumption: Assumption
    state: AssumptionState
    observations: int = 0
    settled: str = ""

    @property
    def words(self) -> str:
        """The state in words: `held here (12 observations)`."""
        return self.words_in(ENGLISH)

    def words_in(self, translator: Translator) -> str:
        """The state in words of a language."""
        if self.state == "settled":
            return translator.text("settled: {answer}", answer=self.settled)
        state = translator.word(self.state)
        if not self.observations:
            return state
        return translator.plural(
            self.observations,
            "{state} ({number} observation)",
            "{state} ({number} observations)",
            state=state,
        )


def stated_assumptions(report: Report, translator: Translator = ENGLISH) -> tuple[StatedAssumption, ...]:
    """What the verdicts of a run rest on, by account: what is contradicted or settled stands first.

    A decided row rests on what its check rests on; an unknown one on the open questions that its message names.
    """
    order: tuple[AssumptionState, ...] = ("contradicted here", "settled", "open", "assumed", "held here")
    stated = [entry for name in sorted(report.accounts) for entry in _of_account(report, name, translator)]
    return tuple(sorted(stated, key=lambda entry: (entry.account, order.index(entry.state))))


def _of_account(report: Report, name: str, translator: Translator) -> Iterator[StatedAssumption]:
    rows = [result.row for result in report.results if result.row.account == name]
    account = report.loaded.configuration.accounts.get(name) if report.loaded else None
    known = by_id()
    resting = {id_ for row in rows for id_ in ids_under(row)}
    settled = dict(account.assumptions) if account is not None else {}
    for assumption in known.values():
        if assumption.id in resting or assumption.id in settled:
            yield _stated(name, assumption, account, report.inventories.get(name), translator)


def ids_under(row: Row) -> tuple[str, ...]:
    """The ids of the assumptions that a row rests on.

    A decided row rests on what its check rests on; an unknown one on the open questions that its message names.
    """
    if row.outcome == "unknown":
        return tuple(_named_in(row.message))
    return tuple(assumption.id for assumption in _by_check().get(row.check, ()))


def words_by_row(report: Report) -> Callable[[Row], tuple[str, ...]]:
    """For any row of a report, the assumptions that it rests on, as `ID: STATE`.

    What the owner of the account settled stands under every decided row that the evaluator may have decided by it.
    """
    stated: dict[str, dict[str, StatedAssumption]] = {}
    for entry in stated_assumptions(report):
        stated.setdefault(entry.account, {})[entry.assumption.id] = entry

    def words(row: Row) -> tuple[str, ...]:
        known = stated.get(row.account, {})
        ids = list(ids_under(row))
        if row.check in _EVALUATED and row.outcome != "unknown":
            settled = (id_ for id_, entry in known.items() if entry.state == "settled")
            ids += [id_ for id_ in settled if known[id_].assumption.owner_may_settle]
        return tuple(f"{id_}: {known[id_].words}" for id_ in dict.fromkeys(ids) if id_ in known)

    return words


def _named_in(message: str) -> Iterator[str]:
    """The ids of the assumptions that the message of an unknown row names."""
    for id_ in by_id():
        if id_ in message:
            yield id_


@lru_cache(maxsize=1)
def _by_check() -> dict[str, tuple[Assumption, ...]]:
    return {check.id: that_support(check.id, check.calls) for check in CHECKS}


def _stated(
    name: str,
    assumption: Assumption,
    account: Account | None,
    inventory: Inventory | None,
    translator: Translator,
) -> StatedAssumption:
    observed: Observed | None = inventory.observations.get(assumption.id) if inventory is not None else None
    if account is not None and (settlement := _settlement(assumption, account, translator)):
        return StatedAssumption(name, assumption, "settled", settled=settlement)
    if observed is not None and observed.contradicted:
        return StatedAssumption(name, assumption, "contradicted here", observed.contradicted)
    if observed is not None and observed.held:
        return StatedAssumption(name, assumption, "held here", observed.held)
    return StatedAssumption(name, assumption, "open" if assumption.owner_may_settle else "assumed")


def _settlement(assumption: Assumption, account: Account, translator: Translator) -> str:
    """The owner's answer in words; empty where there is none."""
    if assumption.id in account.assumptions:
        return str(account.assumptions[assumption.id]).lower()
    if assumption.id == _DEFAULT_GROUP and account.default_resource_group:
        return translator.text("the default resource group is {group}", group=account.default_resource_group)
    policies = account.control_policies
    if assumption.id != _NO_CONTROL_POLICY or policies is None:
        return ""
    if policies == "unknown":
        return translator.text("not known which control policies bind the account")
    if not policies:
        return translator.text("no control policy binds the account")
    return translator.text("control policies {names}", names=translator.separator.join(policies))
