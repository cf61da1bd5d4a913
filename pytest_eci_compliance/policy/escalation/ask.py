"""How steps ask the evaluator: may this identity, in this state, make that call?"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from ...inventory.facts import PolicyRef
from ..authorization import ECI, PASS_ROLE, Call, Refused, TagItems
from ..condition_values import values_by_key
from ..conditions import REQUEST_TAG
from ..decision import Principal
from ..ram_actions import RamResource
from ..required_authorizations import authorizations
from ..three_valued import Truth, all_of
from .account import AccountIndex
from .candidates import allowing_patterns
from .effort import Effort
from .name_classes import example_names
from .states import State

if TYPE_CHECKING:
    from ..public_decision import Decision

TRUTHS: dict[str, Truth] = {"allowed": True, "denied": False, "undecidable": None}
_MOST_BAGS = 64
_DECISION = 60
"""Units of work of a decision that is not remembered, beside those of looking at the statements."""
_REMEMBERED = 6
"""Units of work of a decision that is that on another resource, which the statements cannot tell apart."""


class Answer(NamedTuple):
    """Whether a call is allowed (None: undecidable), by which decisions, and who makes it."""

    truth: Truth
    decisions: tuple[Decision, ...] = ()
    actor: str = ""


NO = Answer(truth=False)


def both(*answers: Answer) -> Answer:
    """Several calls, all of them needed."""
    decisions = tuple(decision for answer in answers for decision in answer.decisions)
    actors = dict.fromkeys(answer.actor for answer in answers if answer.actor)
    return Answer(all_of(answer.truth for answer in answers), decisions, next(iter(actors), ""))


def best(answers: Iterable[Answer]) -> Answer:
    """The answer that allows most: the first that is allowed, else the first that is undecidable."""
    doubt: Answer | None = None
    for answer in answers:
        if answer.truth is True:
            return answer
        if answer.truth is None and doubt is None:
            doubt = answer
    return doubt or NO


@dataclass(frozen=True)
class Question:
    """A call, with the actions that it needs, the resource groups in which statements count for it (None where that is
    not known), and the answers by what principals are allowed about it."""

    actions: tuple[str, ...]
    groups: frozenset[str] | None
    answers: dict[Principal, Answer] = field(default_factory=dict)

    @classmethod
    def on(cls, call: Call, account: AccountIndex) -> Question:
        needed = authorizations(call, account.access.account)
        if isinstance(needed, Refused):
            return cls((call.action,), None)
        actions = tuple(dict.fromkeys((call.action, *(part.action for part in needed))))
        by_effect = [part.groups_for(effect) for part in needed for effect in ("Allow", "Deny")]
        named = frozenset(group for groups in by_effect for group in groups if group is not None)
        return cls(actions, named if all(by_effect) else None)


@dataclass(frozen=True)
class Ask:
    """The evaluator over one account, as steps use it."""

    account: AccountIndex
    effort: Effort
    _may: dict[tuple[Principal, str], bool] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    _questions: dict[Call, Question] = field(default_factory=dict, init=False, compare=False, repr=False)

    _creation_answers: dict[tuple[Principal, str], Answer] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    _able: dict[tuple[tuple[State, ...], str], tuple[State, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    _new_names: dict[Hashable, tuple[str, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    tags: dict[Hashable, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    """The tags that a crew can give to a resource, remembered by `resources`."""

    def may(self, actor: State, action: str) -> bool:
        """Whether anything that an identity has could allow an action at all."""
        principal = self.account.principal(actor)
        may = self._may.get((principal, action))
        if may is None:
            may = self._may[principal, action] = principal.may_allow(action)
        return may

    def users(self, actor: State, *actions: str) -> Sequence[tuple[str, ...]]:
        """The classes of users on which an identity may be allowed one of these actions."""
        return self.account.users.about(self._patterns(actor, actions, "user"))

    def roles(self, actor: State, *actions: str) -> Sequence[tuple[str, ...]]:
        """The classes of roles on which an identity may be allowed one of these actions."""
        return self.account.roles.about(self._patterns(actor, actions, "role"))

    def policies(self, actor: State, *actions: str) -> Sequence[tuple[PolicyRef, ...]]:
        """The classes of policies on which an identity may be allowed one of these actions."""
        return self.account.named_policies.about(self._patterns(actor, actions, "policy"))

    def _patterns(self, actor: State, actions: tuple[str, ...], kind: str) -> frozenset[str] | None:
        """The patterns that may fit the ARN of something on which an identity is allowed an action; None where they are
        not known."""
        return allowing_patterns(self.account.principal(actor), actions, kind)

    def actions_of(self, call: Call) -> tuple[str, ...]:
        """The actions that must be allowed for a call: its own, and `ram:PassRole` where it carries a role."""
        return self._question(call).actions

    def principal_for(self, actor: State, call: Call) -> Principal:
        """The evaluator's principal for a call: only the grants that may be about it, so that decisions are shared."""
        return self.account.narrowed(self.account.principal(actor), self.actions_of(call))

    def _question(self, call: Call) -> Question:
        question = self._questions.get(call)
        if question is None:
            question = self._questions[call] = Question.on(call, self.account)
        return question

    def call(self, actor: State, call: Call) -> Answer:
        """Whether an identity may make a call."""
        if not self.may(actor, call.action):
            return NO
        question = self._question(call)
        narrow = self.account.narrowed(self.account.principal(actor), question.actions)
        shared = self.account.alike_grants.representative(self.account.in_groups(narrow, question.groups))
        answer = question.answers.get(shared)
        if answer is None:
            remembered = self.account.access.remembers(shared, call)
            self.effort.spend(_REMEMBERED if remembered else _DECISION + 3 * shared.work(call.action))
            decision = self.account.access.decide_call(shared, call)
            answer = question.answers[shared] = Answer(TRUTHS[decision.outcome], (decision,))
        return answer if answer.truth is False else self._of_actor(answer, narrow, actor)

    def _of_actor(self, answer: Answer, principal: Principal, actor: State) -> Answer:
        """An answer on grants that say the same, as the answer on those of an actor."""
        decisions = (
            self.account.alike_grants.as_held_by(principal, decision) for decision in answer.decisions
        )
        return Answer(answer.truth, tuple(decisions), str(actor.identity))

    def able(self, crew: tuple[State, ...], action: str) -> tuple[State, ...]:
        """The first of a crew for each set of grants that may allow an action."""
        key = (crew, action)
        able = self._able.get(key)
        if able is None:
            by_grants: dict[Principal, State] = {}
            for state in crew:
                if self.may(state, action):
                    by_grants.setdefault(
                        self.account.narrowed(self.account.principal(state), (action,)), state
                    )
            able = self._able[key] = tuple(by_grants.values())
        return able

    def by_crew(self, crew: tuple[State, ...], call: Call) -> Answer:
        """The answer of the first of a crew who may make a call."""
        return best(self.call(state, call) for state in self.able(crew, call.action))

    def ram(self, actor: State, action: str, **named: object) -> Answer:
        """Whether an identity may make a call of RAM or STS on the named user, group, role and policy."""
        if not self.may(actor, action):
            return NO
        self.effort.spend()
        alike = {kind: self.account.alike(kind, name) for kind, name in named.items()}
        return self.call(actor, Call(action, ram=RamResource(**alike)))  # type: ignore[arg-type]

    def settled(self, assumption: str) -> Truth:
        """How the owner of the account settled an open question; None where it is open."""
        return self.account.access.account.settled.get(assumption)

    def pass_role(self, actor: State, role: str, service: str = "") -> Answer:
        """Whether an identity may pass a role to a service, or to any of them."""
        return self.call(actor, Call(PASS_ROLE, role=role, service=service))

    def create_instance(self, actor: State, role: str) -> Answer:
        """Whether an identity may create an instance with a role: for some tags and some resource group."""
        action = "eci:CreateContainerGroup"
        if not (self.may(actor, action) and self.may(actor, PASS_ROLE)):
            return NO
        passing = self.pass_role(actor, role, ECI)
        return NO if passing.truth is False else both(self._some_creation(actor, action), passing)

    def _some_creation(self, actor: State, action: str) -> Answer:
        """Whether an identity may create something without a role: the same for all whose grants about it say the
        same."""
        # In any resource group, unlike a call that names none.
        narrow = self.account.narrowed(self.account.principal(actor), (action,))
        shared = self.account.alike_grants.representative(narrow)
        answer = self._creation_answers.get((shared, action))
        if answer is None:
            answer = self._creation_answers[shared, action] = self._find_creation(actor, shared, action)
        return self._of_actor(answer, narrow, actor)

    def _find_creation(self, actor: State, principal: Principal, action: str) -> Answer:
        groups = (None, *self.account.scopes_and_another(principal))
        creations = _creations(principal, action, groups, self.account.regions)
        answer = best(self.call(actor, call) for call in creations)
        if answer.truth is True:
            return answer
        from ..choices import Free  # noqa: PLC0415 - access imports this package

        decision = self.account.access.decide_whatever(principal, Call(action), Free(request=True))
        truth = TRUTHS[decision.outcome]
        # What is allowed only for some caller (an address, MFA) is not certain for this one.
        return Answer(None if truth else truth, (decision,), str(actor.identity))

    def new_names(self, kind: str, existing: Iterable[str], *, system: bool = False) -> tuple[str, ...]:
        """A name that nobody has for every way in which policies can tell new names apart."""
        taken = tuple(existing)
        key = (kind, taken, system)
        names = self._new_names.get(key)
        if names is None:
            names = self._new_names[key] = self._invented(kind, taken, system=system)
        return names

    def _invented(self, kind: str, existing: Iterable[str], *, system: bool) -> tuple[str, ...]:
        account = self.account
        owner = "system" if system else account.account_id
        taken = {name.lower() for name in existing}
        head = f"acs:ram:*:{owner}:{kind}/"
        names = example_names(account.arns.patterns(kind), head, "new")
        return tuple(name for name in names if name.lower() not in taken)


def _creations(
    principal: Principal, action: str, groups: Sequence[str | None], read: Iterable[str]
) -> Iterator[Call]:
    """Creations that may be allowed: in each of the groups, with the tags that the statements tell apart."""
    regions = dict.fromkeys((None, *_regions(principal, action), *read))
    bags = dict.fromkeys(((), *_asked_tags(principal, action), *_all_tags(principal, action)))
    for tags, group, region in product(bags, groups, regions):
        yield Call(action, tags=tags, group=group, region=region)


def _asked_tags(principal: Principal, action: str) -> Iterator[TagItems]:
    """The tags that each Allow asks for, the first value of each key."""
    for ground, _ in (*principal.naming(action), *principal.naming_in_ceiling(action)):
        if ground.statement.effect == "Allow":
            yield tuple(
                (condition.key.removeprefix(REQUEST_TAG), condition.values[0])
                for condition in ground.statement.conditions
                if condition.key.startswith(REQUEST_TAG) and condition.values
            )


def _all_tags(principal: Principal, action: str) -> Iterator[TagItems]:
    """The tags of a request that the conditions of an action tell apart; none where there are too many."""
    conditions = (
        condition
        for ground, _ in (*principal.naming(action), *principal.naming_in_ceiling(action))
        for condition in ground.statement.conditions
        if condition.key.startswith(REQUEST_TAG)
    )
    values = values_by_key(conditions, _MOST_BAGS)
    if not values:
        return
    for choice in product(*values.values()):
        yield tuple(
            (key.removeprefix(REQUEST_TAG), value)
            for key, value in zip(values, choice, strict=True)
            if isinstance(value, str)
        )


def _regions(principal: Principal, action: str) -> Iterator[str]:
    """The regions that the statements about an action name."""
    for ground, _ in (*principal.naming(action), *principal.naming_in_ceiling(action)):
        for pattern in ground.statement.resources or ():
            parts = pattern.split(":", 3)
            if len(parts) == 4 and parts[2] and not {"*", "?", "$"} & set(parts[2]):
                yield parts[2]


def unknown_policy(kind: str) -> PolicyRef:
    """A policy of a kind (`System`, `Custom`) whose name may be anything."""
    return PolicyRef("System" if kind == "System" else "Custom", "")
