"""The decision on a call as it is shown to the tests of a user: its outcome, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ..inventory.facts import User
from .authorization import Call
from .budget import OutOfBudget
from .decision import AccessDecision, Outcome, Principal, out_of_budget
from .explain import explain

if TYPE_CHECKING:
    from .escalation import Path


@dataclass(frozen=True)
class Decision:
    """May it? `outcome` is `allowed`, `denied` or `undecidable`; undecidable is never allowed.

    `why` says it in words. `policy`, `statement` (counted from 1), `scope` (a resource group's id, None for
    the whole account) and `path` name the statement that decides; they are None where no single one does.
    `paths` are the chains of steps after which it is allowed, or may be, shortest first; only a decision with
    `paths="any"` has some. The statement is then that at the end of the first.
    """

    outcome: Outcome
    _verdict: AccessDecision = field(repr=False)
    _principal: Principal = field(repr=False, compare=False)
    paths: tuple[Path, ...] = field(default=(), repr=False)
    _exact: Callable[[], AccessDecision] | None = field(default=None, repr=False, compare=False)
    """The verdict on the very call, where `_verdict` is about another one with the same outcome."""

    @property
    def why(self) -> str:
        end = explain(self._exact_verdict(), self._principal)
        if not self.paths or not self.paths[0].steps:
            return end
        count = len(self.paths[0].steps)
        return f"in {count} step{'s' if count > 1 else ''}: {self.paths[0]} → {end}"

    @property
    def reason(self) -> str:
        """The same without the action, where it is the call's: "allowed by statement 1 of …"."""
        action = self._verdict.call.action
        return self.why.removeprefix(f"{action} is ").removeprefix(f"{action} ")

    def _exact_verdict(self) -> AccessDecision:
        try:
            return self._verdict if self._exact is None else self._exact()
        except OutOfBudget:
            return self._verdict

    @property
    def policy(self) -> str | None:
        return None if self._verdict.ground is None else self._verdict.ground.grant.policy

    @property
    def statement(self) -> int | None:
        return None if self._verdict.ground is None else self._verdict.ground.statement.index

    @property
    def scope(self) -> str | None:
        return None if self._verdict.ground is None else self._verdict.ground.grant.scope

    @property
    def path(self) -> str | None:
        return None if self._verdict.ground is None else self._verdict.ground.grant.path

    @property
    def is_out_of_budget(self) -> bool:
        """Whether it is undecidable only because of the work that it would take."""
        return self._verdict.is_out_of_budget

    def __str__(self) -> str:
        return f"{self.outcome}: {self.why}"

    def __bool__(self) -> bool:
        """Raises TypeError: a decision has three values, and a denied one would be true."""
        raise TypeError(
            "a decision has three values: compare its `outcome`, as in decision.outcome == 'denied'"
        )


def undecidable_decision(principal: Principal, call: Call, why: str) -> Decision:
    """A decision that was not reached, and why."""
    return Decision("undecidable", out_of_budget(call, OutOfBudget(why)), principal)


class UserDecision(NamedTuple):
    user: User
    decision: Decision
