"""Ways around the tag conditions of a policy that change no tags: an action of the same effect, a Deny that its
principal can lift, a resource that its principal can move to another resource group (section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import permutations
from typing import TypeAlias

from ...messages import join_words
from ...policy.authorization import Call, TagItems, Target
from ...policy.budget import Budget
from ...policy.condition_values import values_that_matter
from ...policy.conditions import ABSENT, REQUEST_TAG, RESOURCE_TAG, Condition, Context, holds
from ...policy.decision import Principal
from ...policy.document import Statement
from ...policy.eci_actions import GROUP_KINDS, SAME_EFFECT, EciAction, eci_action
from ...policy.escalation.ask import Ask
from ...policy.escalation.move import Move
from ...policy.escalation.moves import lift_deny
from ...policy.escalation.resources import MOVING, moving_calls
from ...policy.escalation.states import State
from ...policy.evaluator import Access, Decision
from ...policy.three_valued import Assumptions
from .tagged_statements import named_actions

LIFTING = (
    "ram:DetachPolicyFromUser",
    "ram:DetachPolicyFromGroup",
    "ram:DetachPolicyFromRole",
    "ram:DetachPolicy",
    "ram:RemoveUserFromGroup",
)
"""The actions that take a Deny from its principal."""


@dataclass(frozen=True)
class Opening:
    """A call that tag conditions deny and that is allowed another way. `certain` is False where it may be allowed."""

    call: Call
    decision: Decision
    certain: bool


def same_effect(action: str) -> tuple[str, ...]:
    """The other actions that do what an action does, in both directions.

    >>> same_effect("eci:DeleteContainerGroups"), same_effect("eci:ExecContainerCommand")
    (('eci:DeleteContainerGroup',), ('eci:RunCommand',))
    """
    reverse = (
        row.action
        for name, others in SAME_EFFECT.items()
        if action in others and (row := eci_action(name)) is not None
    )
    return (*SAME_EFFECT.get(action.lower(), ()), *reverse)


def denied_by_tags(
    holder: Principal, statements: Iterable[Statement], groups: Sequence[str]
) -> tuple[Call, ...]:
    """For each Deny by tags and each action that it names the calls that the Deny applies to: with the tags that it
    asks for, and with those that an Allow asks for besides. Raises `OutOfBudget`."""
    return tuple(
        dict.fromkeys(
            call
            for statement in statements
            if statement.effect == "Deny" and statement.turns_on_tags
            for row in named_actions(statement)
            # A call that carries no tags meets no condition on tags of the request.
            if row.tags != "no" or not statement.turns_on(REQUEST_TAG)
            for tags in _tags_denied(holder, statement, row)
            for call in _calls(row, place_of(statement), tags, groups)
        )
    )


_Tags: TypeAlias = "tuple[TagItems, TagItems]"
"""The tags of a resource, and those of a request."""


def _tags_denied(holder: Principal, deny: Statement, row: EciAction) -> Iterator[_Tags]:
    within = _tags_of(deny, holder.budget)
    if within is None:
        return
    yield within
    actions = (row.action, *same_effect(row.action))
    for allow in dict.fromkeys(ground.statement for action in actions for ground, _ in holder.naming(action)):
        if allow.effect == "Allow" and allow.turns_on_tags:
            others = _tags_of(allow, holder.budget)
            if others is not None:
                yield _merged(others[0], within[0]), _merged(others[1], within[1])


def _tags_of(statement: Statement, budget: Budget) -> _Tags | None:
    on_resource = tags_within(statement, RESOURCE_TAG, budget)
    on_request = tags_within(statement, REQUEST_TAG, budget)
    return None if on_resource is None or on_request is None else (on_resource, on_request)


def _merged(tags: TagItems, over: TagItems) -> TagItems:
    return tuple(sorted({**dict(tags), **dict(over)}.items()))


def _calls(row: EciAction, place: tuple[str, str], tags: _Tags, groups: Sequence[str]) -> Iterator[Call]:
    region, id_ = place
    on_resource, on_request = tags
    on_request = on_request if row.tags != "no" else ()
    for group in groups:
        if row.id == "no":
            yield Call(row.action, None, on_request, group, region=region)
            continue
        for kind in row.kinds:
            yield Call(row.action, Target(kind, id_, region, group, on_resource), on_request)


def tags_within(statement: Statement, prefix: str, budget: Budget) -> TagItems | None:
    """Tags that satisfy the conditions of a statement on tags of the resource, or of the request; None where the
    documents decide of none that they do."""
    by_key: dict[str, list[Condition]] = {}
    for condition in statement.conditions:
        if condition.key.startswith(prefix):
            by_key.setdefault(condition.key, []).append(condition)
    tags = []
    for key, conditions in sorted(by_key.items()):
        tag = key.removeprefix(prefix)
        values = tuple(
            str(value) for value in values_that_matter(key, conditions, budget) if value is not ABSENT
        )
        budget.spend(1 + len(values) // 16)
        value = _satisfying(tuple(conditions), tag, values)
        if value is None:
            return None
        tags.append((tag, value))
    return tuple(tags)


@lru_cache(maxsize=16384)
def _satisfying(conditions: tuple[Condition, ...], tag: str, values: tuple[str, ...]) -> str | None:
    """The first value of a tag that satisfies conditions on it; None where there is none."""
    return next((value for value in values if _satisfies(conditions, tag, value)), None)


def _satisfies(conditions: Iterable[Condition], tag: str, value: str) -> bool:
    context = Context({tag: value}, {tag: value})
    return all(holds(condition, context, Assumptions()) is True for condition in conditions)


def place_of(statement: Statement) -> tuple[str, str]:
    """A region and an id that the Resource of a statement fits."""
    pattern = next((pattern for pattern in statement.resources or () if pattern != "*"), "")
    parts = pattern.replace("*", "x").replace("?", "x").split(":", 4)
    if len(parts) < 5:
        return "cn-hangzhou", "x"
    region = "cn-hangzhou" if parts[2] == "x" else parts[2]
    return region, parts[4].partition("/")[2] or "x"


def by_same_effect(access: Access, holder: Principal, denied: Iterable[Call]) -> Iterator[Opening]:
    """The calls that a Deny by tags forbids and that an action of the same effect makes nevertheless."""
    for call in denied:
        for action in same_effect(call.action):
            if holder.may_allow(action):
                yield from _opening(access, (holder, call), (holder, replace(call, action=action)))


def opened(access: Access, before: Principal, after: Principal, denied: Iterable[Call]) -> Iterator[Opening]:
    """The calls that are denied before and are allowed after a change of what a principal holds."""
    for call in denied:
        yield from _opening(access, (before, call), (after, call))


def _opening(
    access: Access, before: tuple[Principal, Call], after: tuple[Principal, Call]
) -> Iterator[Opening]:
    """An opening where the first call is not allowed and the second one is, or may be."""
    first = access.decide_call(*before)
    if first.outcome == "allowed":
        return
    second = access.decide_call(*after)
    if second.outcome not in ("denied", first.outcome):
        certain = (first.outcome, second.outcome) == ("denied", "allowed")
        yield Opening(after[1], second, certain)


@dataclass(frozen=True)
class Lifted:
    """What a principal holds after it took Denies from itself: `words` say how, `certain` whether it surely can."""

    after: Principal
    words: str
    certain: bool


def lifted(ask: Ask, state: State, holder: Principal) -> Iterator[Lifted]:
    """What a principal holds once it lifted one Deny, every Deny that it surely can lift, or every Deny that it may."""
    if not any(holding.has_deny for holding in state.grants) or not any(map(holder.may_allow, LIFTING)):
        return
    moves = list(lift_deny(ask, state, state))
    certain = [move for move in moves if move.step.certain]
    chosen = [[move] for move in moves]
    chosen += [several for several in (certain, moves) if len(several) > 1]
    for lifting in chosen:
        dropped = {holding for move in lifting for holding in move.drop}
        grants = [holding.grant for holding in state.grants if holding not in dropped]
        after = Principal(grants, holder.account, holder.gaps, holder.budget)
        yield Lifted(after, _lift_words(lifting), all(move.step.certain for move in lifting))


def _lift_words(moves: Iterable[Move]) -> str:
    return join_words(f"the Deny that comes by {move.step.on} is lifted: {move.step.by}" for move in moves)


def by_moving(
    access: Access, holder: Principal, statements: Iterable[Statement], groups: Sequence[str]
) -> Iterator[Opening]:
    """The calls on a resource that may be allowed once its principal moved it to another resource group.

    Whether a resource can be moved, and in which group that is authorised, is not documented: none is certain.
    """
    if len(groups) < 2 or not any(map(holder.may_allow, MOVING)):
        return
    for statement in statements:
        region, id_ = place_of(statement)
        within = tags_within(statement, RESOURCE_TAG, holder.budget)
        for row in (
            named_actions(statement) if statement.turns_on(RESOURCE_TAG) and within is not None else ()
        ):
            for kind in GROUP_KINDS.intersection(row.kinds) if row.id != "no" and row.tag_key else ():
                for tags in dict.fromkeys(((), within)):
                    call = Call(row.action, Target(kind, id_, region, None, tags))
                    yield from _moved(access, holder, call, groups)


def _moved(access: Access, holder: Principal, call: Call, groups: Sequence[str]) -> Iterator[Opening]:
    places = {group: _in_group(call, group) for group in groups}
    outcomes = {group: access.decide_call(holder, place) for group, place in places.items()}
    for old, new in permutations(groups, 2):
        before, after = outcomes[old].outcome, outcomes[new].outcome
        more = before != "allowed" and after not in ("denied", before)
        if more and _may_move(access, holder, places[old], new):
            yield Opening(places[new], outcomes[new], certain=False)


def _in_group(call: Call, group: str) -> Call:
    return call if call.target is None else replace(call, target=replace(call.target, group=group))


def _may_move(access: Access, holder: Principal, call: Call, group: str) -> bool:
    moves = () if call.target is None else moving_calls(call.target, group)
    return any(access.decide_call(holder, move).outcome != "denied" for move in moves)
