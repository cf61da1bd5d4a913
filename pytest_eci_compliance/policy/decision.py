"""May a principal make a call? Deny over Allow over implicit deny, over everything the principal holds.

Three-valued: a decision is `allowed` or `denied` only where every reading of what the documents leave open
agrees. A statement held on a resource group counts only where the call is authorised in that group. Whether
a Deny on a resource group stands against an Allow on the whole account is documented both ways: an open
question too.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import chain, product
from typing import Literal, NamedTuple, TypeAlias

from ..inventory.facts import Unreadable
from .authorization import PASS_ROLE, Account, Authorization, Call, Refused, authorizations
from .budget import Budget, OutOfBudget
from .conditions import (
    VARIABLE,
    Condition,
    Seen,
    condition_work,
    holds,
    values_that_matter,
)
from .document import Document, Effect, Statement
from .patterns import UNKNOWN, Pattern, TooManyPatterns, classes, match_work, matches_partly_known
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
ROLE_CASE = Question(
    "role case",
    "whether a pattern matches a role name that is written in another case",
    assumption="pass-role-ignores-case",
)


@dataclass(frozen=True, eq=False)
class HeldPolicy:
    """A policy as a principal holds it: `scope` is the resource group, None for the whole account; `path`
    says how it came (`directly`, `through group x`). `cause` is why its document could not be read, if so.

    `bundle` marks policies that are held together, and only at times: their Deny statements deny what the Allow
    statements of the same bundle allow, and nothing else. None stands for a policy that is held at all times."""

    policy: str
    document: Document = field(repr=False)
    scope: str | None = None
    path: str = "directly"
    cause: Unreadable | None = None
    bundle: Hashable = None
    _about: dict[str, AboutAction] = field(default_factory=dict, init=False, repr=False)

    def about(self, action: str) -> AboutAction:
        """What the policy says about an action."""
        known = self._about.get(action)
        if known is None:
            known = self._about[action] = _about_action(self, action)
        return known

    @cached_property
    def grounds(self) -> Mapping[int, Ground]:
        """The statements as they are held, by their index."""
        return {statement.index: Ground(self, statement) for statement in self.document.statements}

    def with_statements(self, statements: tuple[Statement, ...]) -> HeldPolicy:
        """The policy as if its document had these statements."""
        return replace(self, document=replace(self.document, statements=statements))

    @cached_property
    def without_tag_allows(self) -> HeldPolicy:
        """The policy without the statements that allow something by tags."""
        statements = self.document.statements
        kept = tuple(
            statement
            for statement in statements
            if not (statement.effect == "Allow" and statement.turns_on_tags)
        )
        return self if kept == statements else self.with_statements(kept)

    @property
    def attachment(self) -> str:
        """How the policy is attached: `attached directly, account-wide`."""
        scope = "account-wide" if self.scope is None else f"on resource group {self.scope}"
        return f"attached {self.path}, {scope}"


@dataclass(frozen=True)
class Gap:
    """Grants that could not be read, and the `cause`. `account` and `groups` say which scopes they may have."""

    why: str
    account: bool = True
    groups: bool = True
    cause: Unreadable | None = None


@dataclass(frozen=True, eq=False)
class Ground:
    """A statement that decides, and how its principal came to hold it."""

    grant: HeldPolicy
    statement: Statement

    def __str__(self) -> str:
        return f"statement {self.statement.index} of {self.grant.policy} ({self.grant.attachment})"


NamedGround: TypeAlias = "tuple[Ground, Truth]"
"""A statement as it is held, and whether it names an action: True, or None where that is not known."""


class AboutAction(NamedTuple):
    """What a policy says about one action: the statements that name it, the units of work that looking at them once
    takes, whether one could allow it, and whether one denies it whatever the call is like."""

    grounds: tuple[NamedGround, ...]
    work: int
    may_allow: bool
    denies_outright: bool


def _about_action(held: HeldPolicy, action: str) -> AboutAction:
    naming = held.document.naming(action)
    return AboutAction(
        tuple((held.grounds[statement.index], named) for statement, named in naming),
        sum(_statement_work(statement) for statement, _ in naming),
        any(statement.effect != "Deny" for statement, _ in naming),
        held.scope is None
        and held.bundle is None
        and any(named is True and _denies_outright(statement) for statement, named in naming),
    )


def _statement_work(statement: Statement) -> int:
    resources = sum(match_work(pattern) for pattern in statement.resources or () if pattern != "*")
    return 1 + resources // 16 + sum(map(condition_work, statement.conditions))


def _denies_outright(statement: Statement) -> bool:
    return (
        statement.effect == "Deny"
        and statement.problem is None
        and not statement.conditions
        and "*" in (statement.resources or ())
    )


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


def in_scope(ground: Ground, authorization: Authorization, asked: Assumptions) -> Truth:
    """Whether the call is authorised in the scope on which a statement is held."""
    scope = ground.grant.scope
    if scope is None:
        return True
    inside = {group == scope for group in authorization.groups_for(ground.statement.effect)}
    if len(inside) == 1:
        return inside.pop()
    why = f" ({authorization.group_unknown})" if authorization.group_unknown and not inside else ""
    what = f"whether {authorization.action} is authorised in resource group {scope}{why}"
    return asked.lookup(
        Question(("group", authorization.action, scope), what, assumption=_settled_by(authorization))
    )


def _settled_by(authorization: Authorization) -> str:
    """The assumption that settles whether a statement on a resource group counts; empty where none does."""
    if authorization.action.lower() == PASS_ROLE.lower():
        return "pass-role-on-resource-group"
    if not authorization.action.lower().startswith("eci:"):
        return "other-services-on-resource-group"
    return "deny-on-own-group-binds-queries-by-id" if authorization.deny_groups else ""


def about(ground: Ground, authorization: Authorization, asked: Assumptions) -> Truth:
    """Whether the Resource of a statement fits the resource of the call."""
    patterns = ground.statement.resources
    if patterns is None:  # the statement has a problem, which is asked about as a whole
        return True
    if "*" in patterns:
        return True
    if authorization.all_resources:
        return any_of(_fits_all(pattern, authorization, asked) for pattern in patterns)
    if not authorization.readings:
        return any_of(_fits(pattern, authorization, authorization.resource, asked) for pattern in patterns)
    by_reading = {
        arn: any_of(_fits(pattern, authorization, arn, asked) for pattern in patterns)
        for arn in authorization.readings
    }
    if len(set(by_reading.values())) == 1:
        return by_reading[authorization.resource]
    what = f"on which ARN {authorization.action} is authorised (the documents print several)"
    assumption = authorization.settled_by.assumption if authorization.settled_by else ""
    reading = asked(
        Question(
            ("reading", authorization.action, authorization.readings),
            what,
            authorization.readings,
            assumption,
        )
    )
    if isinstance(reading, bool) and authorization.settled_by is not None:
        return by_reading[authorization.settled_by.if_true if reading else authorization.settled_by.if_false]
    return None if reading is None else by_reading[str(reading)]


def _fits_all(pattern: str, authorization: Authorization, asked: Assumptions) -> Truth:
    """Whether a pattern other than `*` fits an action that is authorised on all resources: at most the widest ARN of
    the service does."""
    fits = _fits(pattern, authorization, authorization.resource, asked)
    if fits is False:
        return False
    text = f"whether {authorization.action}, which is authorised on all resources, is allowed on {pattern}"
    wide = asked.lookup(
        Question(("all resources", pattern), text, assumption="all-resources-have-an-eci-arn")
    )
    return all_of((fits, wide))


def _fits(pattern: str, authorization: Authorization, arn: str, asked: Assumptions) -> Truth:
    if VARIABLE in pattern:
        if matches_partly_known(pattern.partition(VARIABLE)[0] + "*", arn) is False:
            return False
        what = f"what the policy variable in {pattern} means"
        return asked.lookup(Question(("variable", pattern, arn), what))
    if arn.startswith(_REGIONLESS):
        return _fits_ram(pattern, arn, asked, role_name=authorization.role_name)
    fits = matches_partly_known(pattern, arn)
    if fits is not None:
        return fits
    what = f"whether the resource of {authorization.action} fits {pattern}"
    return asked.lookup(Question(("resource", pattern, arn), what))


_REGIONLESS = ("acs:ram:*:", "acs:ims:*:", f"acs:{UNKNOWN}:*:")


def _fits_ram(pattern: str, arn: str, asked: Assumptions, *, role_name: bool) -> Truth:
    """ARNs of RAM have no region: the documents print it as `*` or leave it empty, and mean the same.

    What a concrete region in a pattern means is not documented.
    """
    spellings = (arn, arn.replace(":*:", "::", 1))
    region, any_region = _region(pattern)
    same = any_region if region in ("", "*") else pattern
    exact = {matches_partly_known(same, text) for text in spellings}
    if exact == {True}:
        return True
    if exact != {False}:
        return asked.lookup(_spelling(pattern, arn))
    if region not in ("", "*", None) and matches_partly_known(any_region, arn) is not False:
        return asked.lookup(_spelling(pattern, arn))
    may_fit = role_name and any(_fits_in_another_case(any_region, text) for text in spellings)
    return asked.lookup(ROLE_CASE) if may_fit else False


@lru_cache(maxsize=65536)
def may_fit_role(pattern: str, arn: str) -> bool:
    """Whether a pattern may fit the ARN of a role (`acs:ram:*:ACCOUNT:role/NAME`); False only where it certainly does
    not, whatever the documents leave open: regions, the case of letters, policy variables."""
    if VARIABLE in pattern:
        return True
    folded, any_region = arn.lower(), _region(pattern)[1].lower()
    spellings = (folded, folded.replace(":*:", "::", 1))
    return any(
        matches_partly_known(written, text) is not False
        for written in {pattern.lower(), any_region}
        for text in spellings
    )


@lru_cache(maxsize=4096)
def _region(pattern: str) -> tuple[str | None, str]:
    """The region that a pattern names (None where it cannot be told apart), and the pattern for any region."""
    parts = pattern.split(":", 3)
    if len(parts) < 4 or "*" in parts[0] + parts[1]:
        return None, pattern
    return parts[2], ":".join((*parts[:2], "*", parts[3]))


@lru_cache(maxsize=4096)
def _fits_in_another_case(pattern: str, arn: str) -> bool:
    """Whether the pattern fits a role's ARN with some letters of the role's name, and of nothing else, in another
    case."""
    if matches_partly_known(pattern.lower(), arn.lower()) is False:
        return False
    head, slash, name = arn.rpartition("/")
    if UNKNOWN in arn:
        return matches_partly_known(pattern.lower(), arn.lower()) is not False
    any_case = Pattern((*Pattern.literal(head + slash).steps, *Pattern.literal(name, ignore_case=True).steps))
    try:
        return any(fits for (fits,) in classes([Pattern.wild(pattern)], any_case))
    except TooManyPatterns:
        return True


def _spelling(pattern: str, arn: str) -> Question:
    return Question(("role", pattern, arn), f"whether {pattern} fits the ARN {arn.replace(UNKNOWN, '…')}")
