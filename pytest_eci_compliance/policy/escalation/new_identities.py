"""The step `create-identity`: a new user or role that gets grants which its creator has not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..three_valued import Truth, all_of
from .ask import NO, Answer, Ask, best, both
from .model import ANY_PERMISSION, Identity, Step
from .attaching import attach_policy
from .move import Move
from .moves import join_group
from .states import State


@dataclass(frozen=True)
class Creation:
    """A new identity with grants: its state, the step that makes it, and what is reached by it."""

    state: State
    step: Step
    reaches: str


def create_identity(ask: Ask, crew: Sequence[State]) -> Iterator[Creation]:
    """Making the new identity, getting into it, and giving it the grant are all allowed, on one new name.

    A user needs `ram:CreateUser` and `ram:CreateAccessKey` (a login profile is possible), a role `ram:CreateRole` and
    `sts:AssumeRole` (an instance that carries it is possible); then any policy that may be attached to it, or, for a
    user, any group that it may be added to. The crew are the identities that the caller acts as.
    """
    creations = list(_creations(ask, crew))
    free = next((one for one in creations if one.reaches == ANY_PERMISSION and one.step.certain), None)
    # An identity with every permission includes all others.
    yield from creations if free is None else [free]


def _creations(ask: Ask, crew: Sequence[State]) -> Iterator[Creation]:
    if _anybody(ask, crew, "ram:CreateUser"):
        for name in ask.new_names("user", ask.account.users):
            access, truth = _into_user(ask, crew, name)
            yield from _with_grants(ask, crew, Identity("user", name, new=True), access, truth)
    if _anybody(ask, crew, "ram:CreateRole"):
        for name in ask.new_names("role", ask.account.roles):
            access, truth = _into_role(ask, crew, name)
            yield from _with_grants(ask, crew, Identity("role", name, new=True), access, truth)


def _anybody(ask: Ask, crew: Sequence[State], action: str) -> bool:
    return any(ask.may(one, action) for one in crew)


def _into_user(ask: Ask, crew: Sequence[State], name: str) -> tuple[Answer, Truth]:
    create = best(ask.ram(one, "ram:CreateUser") for one in crew)
    key = best(ask.ram(one, "ram:CreateAccessKey", user=name) for one in crew)
    if key.truth is not False:
        return both(create, key), True
    login = best(ask.ram(one, "ram:CreateLoginProfile", user=name) for one in crew)
    return both(create, login), None


def _into_role(ask: Ask, crew: Sequence[State], name: str) -> tuple[Answer, Truth]:
    create = best(ask.ram(one, "ram:CreateRole", role=name) for one in crew)
    if create.truth is False:
        return NO, False
    assume = best(ask.ram(one, "sts:AssumeRole", role=name) for one in crew)
    if assume.truth is not False:
        return both(create, assume), True
    return both(create, best(ask.create_instance(one, name) for one in crew)), None


def _with_grants(
    ask: Ask, crew: Sequence[State], identity: Identity, access: Answer, truth: Truth
) -> Iterator[Creation]:
    if access.truth is False or truth is False:
        return
    empty = State(identity)
    gains = [
        move
        for actor in crew
        for move in (*attach_policy(ask, actor, empty), *join_group(ask, actor, empty))
        if move.reaches is not None
    ]
    gains = _distinct(gains)
    for move in gains:
        state = State(identity, move.add, move.gaps, (move.joins,) if move.joins else ())
        yield _creation(access, truth, [move], state)
    allowing = [move for move in gains if move.only_gains and move.step.certain]
    if len(allowing) > 1:
        add = tuple(dict.fromkeys(one for move in allowing for one in move.add))
        groups = tuple(move.joins for move in allowing if move.joins)
        yield _creation(access, truth, allowing, State(identity, add, groups=groups))


def _distinct(gains: list[Move]) -> list[Move]:
    """One move for each grant, a certain one first."""
    ordered = sorted(gains, key=lambda move: not move.step.certain)
    return list({(move.add, move.joins): move for move in reversed(ordered)}.values())[::-1]


def _creation(access: Answer, truth: Truth, gains: list[Move], state: State) -> Creation:
    """`to` names what is given to the new identity: that is what is reached."""
    kind, name, _ = state.identity
    certain = all_of([access.truth, truth, *(move.step.certain or None for move in gains)]) is True
    decisions = (*access.decisions, *(one for move in gains for one in move.step.decisions))
    reaches = gains[0].reaches or ANY_PERMISSION
    doubts = [move.step.doubt for move in gains if move.step.doubt]
    doubts += [] if truth else ["whether the new identity can be used is not known"]
    step = Step(
        "create-identity", access.actor, reaches, f"new {kind} {name}", certain, decisions, "; ".join(doubts)
    )
    suffix = "+".join(dict.fromkeys(str(one.held.policy) for one in state.grants))
    return Creation(replace(state, identity=Identity(kind, f"{name} with {suffix}", new=True)), step, reaches)
