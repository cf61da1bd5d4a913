"""Who can make a call, directly or in the end: every user and role of an account, for one action.

Without a resource the question is asked for every recorded resource that the action can be about. An action whose
request carries tags, a resource group or a RAM role is asked with any request.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Literal, TypeAlias

from ..inventory.facts import EciResource, Inventory, PolicyRef, read_or_empty
from ..inventory.kinds import KINDS
from ..spelling import nearest
from .action_lists import SERVICES, action_list
from .authorization import PASS_ROLE, Call
from .choices import Free
from .decision import Principal
from .eci_actions import ACTIONS, EciAction
from .escalation import Identity, Path, Reach
from .evaluator import Access, Decision, NotRecorded
from .ram_actions import RAM_ACTIONS, RamAction, RamKind, RamResource
from .trust_document import ASSUME_ROLE

MOST_CALLS = 50_000
"""The most combinations of resources that one question is asked for."""

_TRUST = (
    "this is the permission of the identity; whether the trust policy of the role names it is judged by reach"
)

Answer: TypeAlias = Literal["allowed", "undecidable"]


class UnknownAction(ValueError):  # noqa: N818 - it is shown to people as it is
    """The action does not exist, or is none that the evaluator knows the resources of."""


@dataclass(frozen=True)
class Question:
    """`ACTION[@RESOURCE]`: `action` as policies name it; `resource` is empty where none is named."""

    action: str
    resource: str = ""

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}" if self.resource else self.action


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


def parsed(text: str) -> Question:
    """The question that `ACTION[@RESOURCE]` asks. Raises `UnknownAction` where the action does not exist."""
    action, _, resource = (part.strip() for part in text.partition("@"))
    row = _row(action)
    if row is None:
        raise UnknownAction(_why_unknown(action))
    return Question(row if isinstance(row, str) else row.action, resource)


def _row(action: str) -> EciAction | RamAction | str | None:
    """The row of an action that is known; `PASS_ROLE` for itself."""
    folded = action.lower()
    if folded == PASS_ROLE.lower():
        return PASS_ROLE
    eci: EciAction | None = ACTIONS.get(folded)
    return eci or RAM_ACTIONS.get(folded)


def _why_unknown(action: str) -> str:
    known = [
        *(row.action for row in ACTIONS.values()),
        *(row.action for row in RAM_ACTIONS.values()),
        PASS_ROLE,
    ]
    service, colon, name = action.partition(":")
    if {"*", "?"} & set(action) or not (service and colon and name):
        return f"{action!r} is not one action: write it as policies name it, for example eci:DeleteContainerGroup"
    if service.lower() in SERVICES and name.lower() in action_list(service.lower()).names:
        return (
            f"{action!r} exists, but on which resources it is authorized is not known: ask for an action of ECI, or"
            " for one of RAM, STS or ResourceManager that changes grants"
        )
    return (
        f"{action!r} is no action of ECI, nor one of RAM, STS or ResourceManager that changes grants"
        f"{_did_you_mean(action, known)}"
    )


def who_can(inventory: Inventory, access: Access, question: Question) -> Answers:
    """Everybody who can make the call in the end, and those of whom it cannot be decided.

    Raises `NotRecorded` for a resource that the account is not shown to have, and ValueError for one of a kind that
    the action is not about, or where too many combinations of resources would have to be asked for.
    """
    named, noun = _Calls(inventory, access).named(question)
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


class _Calls:
    """The calls that a question is about, each with the name of what it is about."""

    def __init__(self, inventory: Inventory, access: Access) -> None:
        self._inventory, self._access = inventory, access

    def named(self, question: Question) -> tuple[list[tuple[str, Call]], str]:
        """The calls, and the noun for what they are about (empty where they name nothing)."""
        row = _row(question.action)
        if row == PASS_ROLE:
            names = self._existing("role", question.resource)
            return [(f"role/{name}", Call(PASS_ROLE, role=str(name))) for name in names], "role"
        if isinstance(row, EciAction):
            return self._of_eci(row, question)
        assert isinstance(row, RamAction)  # noqa: S101 - `parsed` has refused everything else
        return self._of_ram(row, question)

    def _of_eci(self, row: EciAction, question: Question) -> tuple[list[tuple[str, Call]], str]:
        kinds = [kind for kind in KINDS.values() if kind.arn_kind in row.kinds]
        if question.resource:
            if row.id == "no":
                raise ValueError(f"{row.action} names no resource: leave out @{question.resource}")
            return [self._on(self._recorded(question.resource, kinds), row)], "resource"
        if row.id == "no" or not kinds:
            return [("", Call(row.action))], ""
        resources = [resource for kind in kinds for resource in self._resources(kind.name)]
        noun = kinds[0].noun if len(kinds) == 1 else "resource"
        return [self._on(resource, row) for resource in resources], noun

    def _on(self, resource: EciResource, row: EciAction) -> tuple[str, Call]:
        return resource.id, Call(row.action, self._access.target(resource))

    def _resources(self, kind: str) -> Iterator[EciResource]:
        for listing in self._inventory.listings.get(kind, ()):  # type: ignore[call-overload]
            yield from (*listing.read_items, *listing.later)

    def _recorded(self, id_: str, kinds: Sequence[object]) -> EciResource:
        every = {recorded.id: recorded for kind in KINDS for recorded in self._resources(kind)}
        if id_ not in every:
            raise NotRecorded(
                f"no instance, image cache or virtual node {id_!r} is recorded{_did_you_mean(id_, every)}"
            )
        resource = every[id_]
        if KINDS[resource.kind] not in kinds:
            raise ValueError(f"{id_} is of the kind {KINDS[resource.kind].noun}: the action is not about it")
        return resource

    def _of_ram(self, row: RamAction, question: Question) -> tuple[list[tuple[str, Call]], str]:
        if not row.kinds:
            if question.resource:
                raise ValueError(f"{row.action} is not about one resource: leave out @{question.resource}")
            return [("", Call(row.action, ram=RamResource()))], ""
        stated = self._stated(row, question.resource)
        if set(row.kinds) == {"user", "group", "role", "policy"}:
            kinds = [kind for kind in row.kinds if kind in stated or kind == "policy"]
            if len(kinds) == 1:
                raise ValueError(
                    f"{row.action} is about a user, group or role: name it, {row.action}@user/NAME"
                )
        else:
            kinds = list(row.kinds)
        names = [self._existing(kind, stated.get(kind, "")) for kind in kinds]
        if prod(map(len, names)) > MOST_CALLS:
            raise ValueError(
                f"{row.action} on every {' and '.join(kinds)} are too many combinations: name one,"
                f" {row.action}@{kinds[0]}/NAME"
            )
        calls = []
        for parts in product(*names):
            resource = RamResource(**dict(zip(kinds, parts, strict=True)))  # type: ignore[arg-type]
            name = ",".join(f"{kind}/{part}" for kind, part in zip(kinds, parts, strict=True))
            calls.append((name, Call(row.action, ram=resource)))
        return calls, kinds[0] if len(kinds) == 1 else "combination"

    @staticmethod
    def _stated(row: RamAction, text: str) -> dict[str, str]:
        """The parts of the resource by their kind: `user/dev,policy/AdministratorAccess`, or a name alone."""
        stated: dict[str, str] = {}
        for part in filter(None, (written.strip() for written in text.split(","))):
            kind, slash, name = part.partition("/")
            if slash and kind in row.kinds:
                stated[kind] = name
            elif len(row.kinds) == 1 and (row.kinds == ("policy",) or not slash):
                stated[row.kinds[0]] = part
            else:
                wanted = " or ".join(f"{kind_name}/NAME" for kind_name in row.kinds)
                raise ValueError(f"{row.action} is about {wanted}: not about {part!r}")
        return stated

    def _existing(self, kind: RamKind, name: str) -> Sequence[str | PolicyRef]:
        """The recorded user, group, role or policy of that name, or all of them. Raises `NotRecorded`."""
        every = self._every(kind)
        if not name:
            return list(every.values())
        name = name.removeprefix(f"{kind}/")
        if name not in every:
            raise NotRecorded(f"no {kind} {name!r} is recorded{_did_you_mean(name, every)}")
        return [every[name]]

    def _every(self, kind: RamKind) -> dict[str, str | PolicyRef]:
        inventory = self._inventory
        if kind == "policy":
            refs = {*inventory.policies, *read_or_empty(inventory.custom_policies)}
            refs |= set(read_or_empty(inventory.system_policies or ()))
            return {str(ref): ref for ref in sorted(refs)}
        if kind == "user":
            return {user.user_name: user.user_name for user in read_or_empty(inventory.users)}
        if kind == "group":
            return {group.group_name: group.group_name for group in read_or_empty(inventory.groups)}
        return {role.role_name: role.role_name for role in read_or_empty(inventory.roles)}


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f": did you mean {near}?" if near else ""
