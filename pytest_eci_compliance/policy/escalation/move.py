"""One change of what an identity has, and the step that makes it."""

from __future__ import annotations

from dataclasses import dataclass

from ...inventory.facts import PolicyRef
from ..held_policies import Gap
from ..three_valued import Truth
from .account import AccountIndex
from .ask import Answer
from .model import Step, StepName
from .states import HeldGrant, State


@dataclass(frozen=True)
class Move:
    """A step that changes a state: grants that are added, dropped, and that cannot be read. `reaches` is its name
    among what is reached, None where it reaches nothing by itself; `gives_eci_on_group`
    that it gives any permission of ECI on a resource group."""

    step: Step
    gainer: State
    reaches: str | None
    add: tuple[HeldGrant, ...] = ()
    drop: tuple[HeldGrant, ...] = ()
    gaps: tuple[Gap, ...] = ()
    grows: bool = False
    attaches: PolicyRef | None = None
    joins: str = ""
    leaves: str = ""
    gives_eci_on_group: bool = False

    @property
    def only_gains(self) -> bool:
        """Whether the identity certainly loses nothing by it: no Deny is added, no Allow dropped."""
        if self.gaps:
            return False
        return self.grows or not (
            any(held.has_deny for held in self.add) or any(held.has_allow for held in self.drop)
        )

    @property
    def key(self) -> object:
        """What the move does, whoever takes it."""
        return (self.gainer.identity, self.reaches, self.add, frozenset(self.drop), self.gaps, self.joins)

    def applied(self, state: State) -> State:
        """The state after the move."""
        return state.changed(self.drop, self.add, self.gaps, self._groups_after(state))

    def _groups_after(self, state: State) -> tuple[str, ...]:
        joined = (self.joins,) if self.joins and self.joins not in state.groups else ()
        return tuple(group for group in (*state.groups, *joined) if group != self.leaves)

    def at_best(self, account: AccountIndex, state: State) -> State:
        """A state that allows at least what the states before and after the move allow: the Deny statements of what it
        adds, and of what it drops, deny only what is held together with them."""
        add = account.new_grants.at_times(self.add)
        kept = account.new_grants.at_times(tuple(held for held in self.drop if held in state.grants))
        groups = (
            (*state.groups, self.joins) if self.joins and self.joins not in state.groups else state.groups
        )
        return state.changed(self.drop, [*kept, *add], self.gaps, groups)


def change_step(
    name: StepName, answer: Answer, gainer: State, to: str, on: str, truth: Truth = True, doubt: str = ""
) -> Step:
    certain = answer.truth is True and truth is True
    actor = answer.actor or str(gainer.identity)
    return Step(name, actor, to, on, certain, answer.decisions, "" if truth is True else doubt)
