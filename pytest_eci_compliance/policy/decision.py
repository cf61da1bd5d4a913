"""May a principal make a call? Deny over Allow over implicit deny, over everything the principal holds.

Three-valued: a decision is `allowed` or `denied` only where every reading of what the documents leave open
agrees. A statement held on a resource group counts only where the call is authorised in that group. Whether
a Deny on a resource group stands against an Allow on the whole account is documented both ways: an open
question too.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, product
from typing import Literal, TypeAlias

from ..inventory.facts import Unreadable
from .authorization import Account, Authorization, Call, Refused, authorizations
from .budget import Budget, OutOfBudget
from .condition_values import values_that_matter
from .conditions import Condition, Seen, holds
from .document import Effect
from .held_policies import Gap, Ground, HeldPolicy, NamedGround
from .statement_fits import about, in_scope
from .three_valued import Assumptions, Question, Truth, all_of, any_of, resolve

Outcome: TypeAlias = Literal["allowed", "denied", "undecidable"]

ORDER = Question(
    "order",
    "whether a Deny on a resource group stands against an Allow on the whole account (documented both ways)",
    assumption="deny-on-resource-group-wins",
)
CEILING = Question(
    "ceiling",
    "whether a control policy of the resource directory allows it (`control_policies` is `unknown`)",
)
BUDGET = "budget"
SHOWN = Question("shown", "whether the resource is in the resource group that the query names")


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


def out_of_budget(call: Call, spent: OutOfBudget) -> AccessDecision:
    """An undecidable verdict that says that judging took too much work, and what can be done."""
    return AccessDecision("undecidable", call, questions=(Question(BUDGET, str(spent)),))


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
        self._work: dict[str, int] = {}
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
            grounds = self._named[action] = tuple(
                chain.from_iterable(grant.about(action).grounds for grant in self.grants)
            )
        return grounds

    @property
    def ceiling(self) -> tuple[HeldPolicy, ...]:
        """The control policies that bind the account, as far as they are known."""
        policies = self.account.control_policies
        return policies if isinstance(policies, tuple) else ()

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
        except OutOfBudget as spent:
            return out_of_budget(call, spent)

    def bound(self, call: Call, free: int = 0) -> Truth:
        """Whether the call succeeds, as far as that can be said without an assumption: parts of the call that are
        UNSTATED, or None, may be anything. `free` units of its work are not counted."""
        needed = authorizations(call, self.account)
        if isinstance(needed, Refused):
            return False
        self.budget.spend(max(0, sum(self.work(authorization.action) for authorization in needed) - free))
        return all_of(self._allowed(authorization, self.assumptions()) for authorization in needed)

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

        def judged(asked: Assumptions) -> Truth:
            if asked.assumes:
                self.budget.spend(work)
            else:
                self.spend_look(work)
            return all_of([self._allowed(authorization, asked) for authorization in needed])

        allowed, questions = resolve(judged, settled=self.account.settled)
        if allowed is None:
            turning = (
                authorization
                for authorization in needed
                if self._allowed(authorization, self.assumptions()) is None
            )
            return AccessDecision(
                "undecidable", call, authorisation=next(turning, needed[0]), questions=questions
            )
        return self._verdict(call, needed, allowed=allowed)

    def _verdict(self, call: Call, needed: tuple[Authorization, ...], *, allowed: bool) -> AccessDecision:
        """The statement that decides: the first Allow that matches, or the first Deny, or none."""
        asked = self.assumptions()
        for authorization in needed:
            if not allowed and self._allowed(authorization, asked) is not False:
                continue
            if not allowed and self._allowed_by_ram(authorization, asked) is not False:
                return self._denied_by_ceiling(call, authorization)
            effect: Effect = "Allow" if allowed else "Deny"
            deciding = (
                ground
                for ground, named in self.naming(authorization.action)
                if ground.statement.effect == effect and self.counts(ground, named, authorization, asked)
            )
            return AccessDecision(
                "allowed" if allowed else "denied", call, next(deciding, None), authorization
            )
        return AccessDecision("denied", call, authorisation=needed[0])

    def _denied_by_ceiling(self, call: Call, authorization: Authorization) -> AccessDecision:
        """The verdict on a call that the principal's own policies do not deny, and control policies do."""
        asked = self.assumptions()
        for ground, named in self.naming_in_ceiling(authorization.action):
            if ground.statement.effect == "Deny" and self.counts(ground, named, authorization, asked):
                return AccessDecision("denied", call, ground, authorization)
        names = ", ".join(policy.policy for policy in self.ceiling) or "none is given"
        return AccessDecision(
            "denied", call, refused=f"no control policy allows {authorization.action} ({names})"
        )

    def _allowed(self, authorization: Authorization, asked: Assumptions) -> Truth:
        """Whether control policies and the principal's own policies allow it: both have to."""
        if authorization.only_if is not None:
            allowed = self._allowed(replace(authorization, only_if=None), asked)
            if allowed:
                return True
            needed = asked.lookup(authorization.only_if)
            return allowed if needed else _not(needed)
        by_ram = self._allowed_by_ram(authorization, asked)
        if by_ram is False or self.account.control_policies is None:
            return by_ram
        return all_of((by_ram, self._allowed_by_ceiling(authorization, asked)))

    def _allowed_by_ceiling(self, authorization: Authorization, asked: Assumptions) -> Truth:
        """Whether the control policies allow it: no Deny, and an Allow. They are evaluated before RAM's policies (RAM,
        policy evaluation)."""
        if self.account.control_policies == "unknown":
            return asked.lookup(CEILING)
        denies: Truth = False
        allows: Truth = False
        for ground, named in self.naming_in_ceiling(authorization.action):
            counts = self.counts(ground, named, authorization, asked)
            effect = ground.statement.effect
            allow = effect == "Allow" if effect else asked.lookup(_is_allow(ground))
            allows = any_of((allows, all_of((counts, allow))))
            denies = any_of((denies, all_of((counts, _not(allow)))))
        return all_of((_not(denies), allows))

    def _allowed_by_ram(self, authorization: Authorization, asked: Assumptions) -> Truth:
        by_bundle: dict[Hashable, tuple[_ByScope, _ByScope]] = {None: (_nothing(), _nothing())}
        unread: set[str | None] = set()
        for ground, named in self.naming(authorization.action):
            if ground.grant.cause is not None and ground.grant.bundle is None:
                # One unread policy may allow or deny anything in its scope: another of that scope adds nothing.
                if ground.grant.scope in unread:
                    continue
                unread.add(ground.grant.scope)
            counts = self.counts(ground, named, authorization, asked)
            if counts is False:
                continue
            denies, allows = by_bundle.setdefault(ground.grant.bundle, (_nothing(), _nothing()))
            effect, account = ground.statement.effect, ground.grant.scope is None
            allow = effect == "Allow" if effect else asked.lookup(_is_allow(ground))
            allows[account] = any_of((allows[account], all_of((counts, allow))))
            denies[account] = any_of((denies[account], all_of((counts, _not(allow)))))
        denies, allows = by_bundle.pop(None)
        for own_denies, own_allows in by_bundle.values():
            for account, own in own_allows.items():
                alone = {account: own, not account: False}
                allows[account] = any_of((allows[account], _in_order(own_denies, alone, asked)))
        self._count_gaps(authorization, denies, allows, asked)
        allowed = _in_order(denies, allows, asked)
        return allowed if authorization.shown or allowed is False else all_of((allowed, asked.lookup(SHOWN)))

    def counts(self, ground: Ground, named: Truth, authorization: Authorization, asked: Assumptions) -> Truth:
        """Whether a statement that names the action applies: its scope, its resource, its conditions."""
        statement = ground.statement
        parts = [in_scope(ground, authorization, asked), about(ground, authorization, asked)]
        if False in parts:
            return False
        context = authorization.context_for(statement)
        for condition in statement.conditions:
            matches = holds(condition, context, asked, self.values_of)
            if matches is False:
                return False
            parts.append(matches)
        if named is None or statement.problem:
            parts.append(asked.lookup(_understood(ground, authorization)))
        return all_of(parts)

    def _count_gaps(
        self,
        authorization: Authorization,
        denies: _ByScope,
        allows: _ByScope,
        asked: Assumptions,
    ) -> None:
        """What could not be read may hold an Allow or a Deny, in every scope that counts for this call."""
        # Gaps of the same scopes leave the same open.
        gaps = {(gap.account, gap.groups): gap for gap in reversed(self.gaps)}
        for gap in gaps.values():
            for account, (effect, truths) in product((True, False), (("Deny", denies), ("Allow", allows))):
                if gap.account if account else gap.groups and authorization.groups_for(effect) != (None,):
                    missing = Question(
                        ("gap", gap, account, effect, authorization.action, authorization.unless_on), gap.why
                    )
                    truths[account] = any_of((truths[account], asked.lookup(missing)))


_ByScope: TypeAlias = "dict[bool, Truth]"
"""Whether a statement counts: one on the whole account (True), one on a resource group (False)."""


def _nothing() -> _ByScope:
    return {True: False, False: False}


def _in_order(denies: _ByScope, allows: _ByScope, asked: Assumptions) -> Truth:
    """Deny over Allow. A Deny on a group (False) against an Allow on the account (True) comes out both
    ways."""
    deny_wins = all_of((_not(any_of(denies.values())), any_of(allows.values())))
    account_first = _account_first(denies, allows)
    if deny_wins is None or account_first is None or deny_wins == account_first:
        return deny_wins if deny_wins == account_first else None
    order = asked.lookup(ORDER)
    return None if order is None else (deny_wins if order else account_first)


def _account_first(denies: _ByScope, allows: _ByScope) -> Truth:
    """Account grants end the evaluation; grants on a group are consulted only where they say nothing."""
    on_group = all_of((_not(denies[False]), allows[False]))
    return all_of((_not(denies[True]), any_of((allows[True], on_group))))


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _understood(ground: Ground, authorization: Authorization | None = None) -> Question:
    """Whether a statement that cannot be understood applies to what is asked, by whatever path it is held."""
    problem = ground.statement.problem or "an action holds a policy variable, which is not documented"
    topic = (
        "statement",
        ground.grant.policy,
        ground.statement.index,
        authorization and (authorization.action, authorization.unless_on),
    )
    return Question(topic, problem)


def _is_allow(ground: Ground) -> Question:
    topic = ("effect", ground.grant.policy, ground.statement.index)
    return Question(topic, str(ground.statement.problem))
