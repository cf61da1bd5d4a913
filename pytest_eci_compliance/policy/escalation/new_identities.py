"""The step `create-identity`: a new user or role that gets grants which its creator has not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..three_valued import Truth, all_of
from .ask import NO, Answer, Ask, best, both
from .attaching import attach_policy
from .model import ANY_PERMISSION, GRANTS, Identity, Path, Step
from .move import Move
from .moves import join_group
from .states import State
from .steps import by_new_trust


@dataclass(frozen=True)
class Creation:
    """A new identity with grants: its state, the step that makes it, and what is reached by it."""

    state: State
    step: Step
    reaches: str


def create_identity(ask: Ask, crew: Sequence[State], *, at_best: bool) -> Iterator[Creation]:
    """Making the new identity, getting into it, and giving it the grant are all allowed, on one new name.

    A user needs `ram:CreateUser` and `ram:CreateAccessKey` (a login profile is possible), a role `ram:CreateRole` and
    `sts:AssumeRole` (an instance that carries it is possible); then any policy that may be attached to it, or, for a
    user, any group that it may be added to. The crew are the identities that the caller acts as.
    """
    for creation in _creations(ask, crew, at_best=at_best):
        if at_best or creation.step.certain:
            yield creation
            if creation.reaches == ANY_PERMISSION:
                return  # an identity with every permission includes all others


def _creations(ask: Ask, crew: Sequence[State], *, at_best: bool) -> Iterator[Creation]:
    for kind, action, taken, access_to in (
        ("user", "ram:CreateUser", ask.account.identities.taken_user_names, _into_user),
        ("role", "ram:CreateRole", ask.account.identities.taken_role_names, _into_role),
    ):
        if any(ask.may(state, action) for state in crew):
            named = ask.account.trusts.missing(kind)
            for name in dict.fromkeys((*ask.new_names(kind, taken), *named)):
                access, truth = access_to(ask, crew, name)
                possible = access.truth is not False and truth is not False
                if possible if at_best else access.truth is True and truth is True:
                    identity = Identity("user" if kind == "user" else "role", name, new=True)
                    yield from _with_grants(ask, crew, identity, access, truth)


def _into_user(ask: Ask, crew: Sequence[State], name: str) -> tuple[Answer, Truth]:
    create = best(ask.ram(actor, "ram:CreateUser") for actor in crew)
    key = best(ask.ram(actor, "ram:CreateAccessKey", user=name) for actor in crew)
    if key.truth is not False:
        return both(create, key), True
    login = best(ask.ram(actor, "ram:CreateLoginProfile", user=name) for actor in crew)
    return both(create, login), None


def _into_role(ask: Ask, crew: Sequence[State], name: str) -> tuple[Answer, Truth]:
    create = best(ask.ram(actor, "ram:CreateRole", role=name) for actor in crew)
    if create.truth is False:
        return NO, False
    assume = best(ask.ram(actor, "sts:AssumeRole", role=name) for actor in crew)
    if assume.truth is not False:
        return both(create, assume), True
    # The trust of a new role may name any service, and any identity provider.
    return both(create, best(by_new_trust(ask, actor, name) for actor in crew)), None


def _with_grants(
    ask: Ask, crew: Sequence[State], identity: Identity, access: Answer, truth: Truth
) -> Iterator[Creation]:
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
        add = tuple(dict.fromkeys(held for move in allowing for held in move.add))
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
    decisions = (*access.decisions, *(decision for move in gains for decision in move.step.decisions))
    reaches = gains[0].reaches or ANY_PERMISSION
    doubts = [move.step.doubt for move in gains if move.step.doubt]
    doubts += [] if truth else ["whether the new identity can be used is not known"]
    step = Step(
        "create-identity", access.actor, reaches, f"new {kind} {name}", certain, decisions, "; ".join(doubts)
    )
    suffix = "+".join(dict.fromkeys([*state.groups, *(str(grant.held.policy) for grant in state.grants)]))
    return Creation(
        replace(state, identity=Identity(kind, f"{name}{GRANTS}{suffix}", new=True)), step, reaches
    )


def by_its_name(path: Path) -> Path:
    """The path with the new identities under the names that they are created by."""
    steps = tuple(
        replace(step, actor=_plain(step.actor), to=_plain(step.to))
        if GRANTS in step.actor or GRANTS in step.to
        else step
        for step in path.steps
    )
    return path if steps == path.steps else replace(path, reaches=_plain(path.reaches), steps=steps)


def _plain(name: str) -> str:
    return name.partition(GRANTS)[0]
