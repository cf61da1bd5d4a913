"""May a principal make a call? Deny over Allow over implicit deny, over everything the principal holds.

Three-valued: a decision is `allowed` or `denied` only where every reading of what the documents leave open
agrees. A statement held on a resource group counts only where the call is authorised in that group. Whether
a Deny on a resource group stands against an Allow on the whole account is documented both ways: an open
question too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Literal, TypeAlias

from ..inventory.facts import Unreadable
from .authorization import Account, Authorization, Call, Refused
from .authorization_decision import applies, is_allowed, is_allowed_by_ram
from .budget import Budget, OutOfBudget
from .condition_values import values_that_matter
from .conditions import Condition, Conditions, Seen
from .document import Effect
from .held_policies import Gap, Ground, HeldPolicy, NamedGround
from .required_authorizations import authorizations
from .three_valued import Assumptions, Question, Truth, all_of, resolve

Outcome: TypeAlias = Literal["allowed", "denied", "undecidable"]

BUDGET = "budget"


@dataclass(frozen=True)
class AccessDecision:
    """An outcome with its reasons: the statement that decides it, or the questions that it turns on."""

    outcome: Outcome
    call: Call
    ground: Ground | None = None
    authorisation: Authorization | None = None
    questions: tuple[Question, ...] = ()
    refused: str = ""

    @property
    def is_out_of_budget(self) -> bool:
        """Whether it is undecidable only because of the work that it would take."""
        return any(question.topic == BUDGET for question in self.questions)


_FREE = 256


def out_of_budget(call: Call, error: OutOfBudget) -> AccessDecision:
    """An undecidable verdict that says that judging took too much work, and what can be done."""
    return AccessDecision("undecidable", call, questions=(Question(BUDGET, str(error)),))


class Principal:
    """Everything that one principal holds, ready to be asked many times."""

    def __init__(
        self,
        grants: Iterable[HeldPolicy],
        account: Account,
        gaps: Iterable[Gap] = (),
        budget: Budget | None = None,
    ) -> None:
        self.grants = tuple(grants)
        self.account = account
        self.gaps = tuple(gaps)
        self.budget = budget or Budget()
        self._named: dict[str, tuple[NamedGround, ...]] = {}
        self._grounds: dict[tuple[int, ...], tuple[NamedGround, ...]] = {}
        self._work: dict[str, int] = {}
        self._tag_conditions: dict[str, Conditions] = {}
        self._values: dict[str, tuple[Seen, ...]] = {}

    @property
    def causes(self) -> tuple[Unreadable, ...]:
        """Why something of what the principal holds could not be read."""
        causes = [gap.cause for gap in self.gaps] + [grant.cause for grant in self.grants]
        return tuple(dict.fromkeys(cause for cause in causes if cause is not None))

    @cached_property
    def _conditions(self) -> Mapping[str, list[Condition]]:
        """Every condition of every statement held, by its key."""
        by_key: dict[str, list[Condition]] = {}
        for grant in (*self.grants, *self.ceiling):
            for statement in grant.document.statements:
                for condition in statement.conditions:
                    by_key.setdefault(condition.key, []).append(condition)
        return by_key

    def values_of(self, key: str) -> tuple[Seen, ...]:
        """The values of a condition key that the statements held can tell apart."""
        values = self._values.get(key)
        if values is None:
            values = self._values[key] = values_that_matter(key, self._conditions.get(key, ()), self.budget)
        return values

    def without(self, left_out: Callable[[Ground], bool]) -> Principal:
        """The same principal without some of the statements that it holds. Raises `OutOfBudget`."""
        self.spend_look(self.size)
        grants = []
        for grant in self.grants:
            statements = grant.document.statements
            kept = tuple(statement for statement in statements if not left_out(Ground(grant, statement)))
            grants.append(grant if kept == statements else grant.with_statements(kept))
        return Principal(grants, self.account, self.gaps, self.budget)

    @cached_property
    def without_tag_allows(self) -> Principal:
        """The same principal without the statements that allow something by tags."""
        grants = [grant.without_tag_allows for grant in self.grants]
        return Principal(grants, self.account, self.gaps, self.budget)

    @cached_property
    def size(self) -> int:
        """The number of statements."""
        return sum(len(grant.document.statements) for grant in (*self.grants, *self.ceiling))

    def spend_look(self, work: int) -> None:
        """Take one look at statements from the budget. A usual number of statements is free: that work grows with
        the account alone. Raises `OutOfBudget`."""
        self.budget.spend(max(0, work - _FREE))

    def naming(self, action: str) -> tuple[NamedGround, ...]:
        """The statements that are, or could be, about an action."""
        grounds = self._named.get(action)
        if grounds is None:
            alike = self.said_about(action)
            grounds = self._grounds.get(alike)
            if grounds is None:
                grounds = self._grounds[alike] = tuple(
                    chain.from_iterable(grant.about(action).grounds for grant in self.grants)
                )
            self._named[action] = grounds
        return grounds

    def said_about(self, action: str) -> tuple[int, ...]:
        """The same for all actions that the same statements name."""
        return tuple([id(grant.about(action)) for grant in self.grants])

    def tag_conditions(self, action: str) -> Conditions:
        """The conditions on tags of a resource in the statements about an action, control policies included."""
        conditions = self._tag_conditions.get(action)
        if conditions is None:
            by_grant = (grant.about(action).tag_conditions for grant in (*self.grants, *self.ceiling))
            conditions = self._tag_conditions[action] = Conditions(chain.from_iterable(by_grant))
        return conditions

    @property
    def ceiling(self) -> tuple[HeldPolicy, ...]:
        """The control policies that bind the account, as far as they are known."""
        return self.account.ceiling

    def naming_in_ceiling(self, action: str) -> tuple[NamedGround, ...]:
        """The statements of control policies that are, or could be, about an action."""
        return tuple(chain.from_iterable(policy.about(action).grounds for policy in self.ceiling))

    def assumptions(self) -> Assumptions:
        """No assumed answer but those that the owner of the account has settled."""
        return Assumptions(settled=self.account.settled)

    def may_allow(self, action: str) -> bool:
        """Whether anything that is held could allow an action at all."""
        return bool(self.gaps) or any(grant.about(action).may_allow for grant in self.grants)

    def denies_outright(self, action: str) -> bool:
        """Whether a Deny on the whole account asks for nothing: it applies whatever the call is like."""
        return any(grant.about(action).denies_outright for grant in (*self.grants, *self.ceiling))

    def decide(self, call: Call) -> AccessDecision:
        """Whether the call succeeds: every authorisation that it needs is allowed. Undecidable where that takes
        more work than the budget has."""
        try:
            self.budget.start_decision()
            return self.judge(call)
        except OutOfBudget as error:
            return out_of_budget(call, error)

    def bound(self, call: Call, free: int = 0) -> Truth:
        """Whether the call succeeds, as far as that can be said without an assumption: parts of the call that are
        UNSTATED, or None, may be anything. `free` units of its work are not counted."""
        needed = authorizations(call, self.account)
        if isinstance(needed, Refused):
            return False
        self.budget.spend(max(0, sum(self.work(authorization.action) for authorization in needed) - free))
        return all_of(is_allowed(self, authorization, self.assumptions()) for authorization in needed)

    def work(self, action: str) -> int:
        """The units of work that looking through the statements about an action once takes."""
        work = self._work.get(action)
        if work is None:
            work = self._work[action] = 1 + sum(
                grant.about(action).work for grant in (*self.grants, *self.ceiling)
            )
        return work

    def judge(self, call: Call) -> AccessDecision:
        """The same as `decide`, as a part of a larger decision. Raises `OutOfBudget`."""
        needed = authorizations(call, self.account)
        if isinstance(needed, Refused):
            return AccessDecision("denied", call, refused=needed.why)
        work = sum(self.work(authorization.action) for authorization in needed)
        narrowed: list[Principal] = []

        def is_call_allowed(assumptions: Assumptions) -> Truth:
            if not assumptions.assumes:
                self.spend_look(work)
                return all_of([is_allowed(self, authorization, assumptions) for authorization in needed])
            self.budget.spend(work)
            if not narrowed:
                narrowed.extend(map(self._with_what_may_apply, needed))
            return all_of(
                [
                    is_allowed(principal, authorization, assumptions)
                    for principal, authorization in zip(narrowed, needed, strict=True)
                ]
            )

        allowed, questions = resolve(is_call_allowed, settled=self.account.settled)
        if allowed is None:
            unknown = (
                authorization
                for authorization in needed
                if is_allowed(self, authorization, self.assumptions()) is None
            )
            return AccessDecision(
                "undecidable", call, authorisation=next(unknown, needed[0]), questions=questions
            )
        return self._verdict(call, needed, allowed=allowed)

    def _with_what_may_apply(self, authorization: Authorization) -> Principal:
        """The same principal, for one authorisation, without the statements that do not apply to it: no answer to an
        open question makes one apply that does not apply while the question is open."""
        assumptions = self.assumptions()
        principal = copy(self)
        principal._named = {
            authorization.action: tuple(
                (ground, named)
                for ground, named in self.naming(authorization.action)
                if applies(self, ground, named, authorization, assumptions) is not False
            )
        }
        return principal

    def _verdict(self, call: Call, needed: tuple[Authorization, ...], *, allowed: bool) -> AccessDecision:
        """The statement that decides: the first Allow that matches, or the first Deny, or none."""
        assumptions = self.assumptions()
        for authorization in needed:
            if not allowed and is_allowed(self, authorization, assumptions) is not False:
                continue
            if not allowed and is_allowed_by_ram(self, authorization, assumptions) is not False:
                return self._denied_by_ceiling(call, authorization)
            effect: Effect = "Allow" if allowed else "Deny"
            deciding = (
                ground
                for ground, named in self.naming(authorization.action)
                if ground.statement.effect == effect
                and applies(self, ground, named, authorization, assumptions)
            )
            return AccessDecision(
                "allowed" if allowed else "denied", call, next(deciding, None), authorization
            )
        return AccessDecision("denied", call, authorisation=needed[0])

    def _denied_by_ceiling(self, call: Call, authorization: Authorization) -> AccessDecision:
        """The verdict on a call that the principal's own policies do not deny, and control policies do."""
        assumptions = self.assumptions()
        for ground, named in self.naming_in_ceiling(authorization.action):
            if ground.statement.effect == "Deny" and applies(self, ground, named, authorization, assumptions):
                return AccessDecision("denied", call, ground, authorization)
        names = ", ".join(policy.policy for policy in self.ceiling) or "none is given"
        return AccessDecision(
            "denied", call, refused=f"no control policy allows {authorization.action} ({names})"
        )
