"""Who can make a call, directly or in the end: every user and role of an account, for one action.

Without a resource the question is asked for every recorded resource that the action can be about. An action whose
request carries tags, a resource group or a RAM role is asked with any request.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ..inventory.facts import Inventory, read_or_empty
from .access_question import AccessQuestion
from .authorization import Call
from .choices import Free
from .decision import Principal
from .eci_actions import ACTIONS
from .escalation import Identity, Path, Reach
from .evaluator import Access
from .public_decision import Decision
from .question_calls import QuestionCalls
from .trust_document import ASSUME_ROLE

_TRUST = (
    "this is the permission of the identity; whether the trust policy of the role names it is judged by reach"
)

Answer: TypeAlias = Literal["allowed", "undecidable"]


@dataclass(frozen=True)
class Way:
    """How one identity can make the call, or may be able to, on some of the resources.

    `identity` is `user/NAME` or `role/NAME`; `resources` are what the call names (empty where it names nothing);
    `path` is the shortest chain of steps (no step where the identity itself is allowed); `how` is the path and the
    statement that decides, in words.
    """

    identity: str
    outcome: Answer
    resources: tuple[str, ...]
    path: Path
    how: str
    decision: Decision

    @property
    def is_direct(self) -> bool:
        """Whether what the identity holds is enough."""
        return not self.path.steps


@dataclass(frozen=True)
class Answers:
    """Who can: `ways` sorted by outcome and identity. `resources` are all that were asked about; `nouns` names their
    kind; `users` and `roles` count who was asked about. With `any_request` the call carries whatever serves the caller
    best. `note` says what the answer leaves out."""

    ways: tuple[Way, ...]
    resources: tuple[str, ...]
    noun: str
    users: int
    roles: int
    any_request: bool = False
    note: str = ""

    def of(self, outcome: Answer) -> list[Way]:
        """The ways of one outcome."""
        return [way for way in self.ways if way.outcome == outcome]


def who_can(inventory: Inventory, access: Access, question: AccessQuestion) -> Answers:
    """Everybody who can make the call in the end, and those of whom it cannot be decided.

    Raises `NotRecorded` for a resource that the account is not shown to have, and ValueError for one of a kind that
    the action is not about, or where too many combinations of resources would have to be asked for.
    """
    named, noun = QuestionCalls(inventory, access).named(question)
    names: dict[Call, list[str]] = defaultdict(list)
    for name, call in named:
        names[call] += [name] if name else []
    calls = {call: tuple(ids) for call, ids in names.items()}
    carries = _carries_a_request(question.action)
    decide = _AnyRequest(access) if carries else None
    identities = [
        *(Identity("user", user.user_name) for user in read_or_empty(inventory.users)),
        *(Identity("role", role.role_name) for role in read_or_empty(inventory.roles)),
    ]
    ways = [way for identity in identities for way in _ways(access, identity, calls, decide)]
    return Answers(
        tuple(sorted(ways, key=_place)),
        tuple(name for name, _ in named if name),
        noun,
        sum(identity.kind == "user" for identity in identities),
        sum(identity.kind == "role" for identity in identities),
        carries,
        _TRUST if question.action == ASSUME_ROLE else "",
    )


def _place(way: Way) -> tuple[object, ...]:
    return (way.outcome, way.identity.startswith("role/"), way.identity, len(way.path.steps), way.how)


def _carries_a_request(action: str) -> bool:
    row = ACTIONS.get(action.lower())
    return row is not None and (row.tags != "no" or row.group in ("create", "query") or row.role)


@dataclass(frozen=True)
class _AnyRequest:
    """Decides a call with whatever tags, resource group and RAM role serve the caller best."""

    access: Access

    def __call__(self, principal: Principal, call: Call) -> Decision:
        return self.access.decide_whatever(principal, call, Free(request=True))


def _ways(
    access: Access,
    identity: Identity,
    calls: Mapping[Call, tuple[str, ...]],
    decide: _AnyRequest | None,
) -> Iterator[Way]:
    """The ways of one identity: the resources of the calls that it can make in the same way stand together."""
    ways: dict[tuple[str, Path, str], Way] = {}
    for call, names in calls.items():
        reach = access.escalation.reaches(identity, call, decide)
        if reach.outcome == "no":
            continue
        path, decision, how = reach.paths[0], reach.decisions[0], _how(reach)
        outcome: Answer = "allowed" if reach.outcome == "yes" else "undecidable"
        key = (outcome, path, how)
        known = ways.get(key) or Way(str(identity), outcome, (), path, how, decision)
        ways[key] = replace(known, resources=known.resources + names)
    yield from ways.values()


def _how(reach: Reach) -> str:
    """The shortest path and the statement that decides at its end, in words."""
    path, end = reach.paths[0], reach.decisions[0]
    words = end.reason
    if end.outcome == "allowed" and end.policy is not None:
        scope = "" if end.scope is None else f" on resource group {end.scope}"
        words = f"allowed by statement {end.statement} of {end.policy}, held {end.path}{scope}"
    return f"{path} → {words}" if path.steps else words
