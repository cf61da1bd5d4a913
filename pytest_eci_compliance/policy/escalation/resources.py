"""The steps that change a resource: its tags, or its resource group.

They reach no identity. What a grant under a tag, or on a resource group, allows comes within reach by them.
Sources: the authorisation table of ECI, "Use tags to grant access", the pages of TagResources of the Tag service and
of MoveResources of ResourceManager, at help.aliyun.com.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from ..authorization import Call, TagItems, Target
from ..conditions import Condition, Conditions
from ..patterns import ANYTHING, UNKNOWN
from ..ram_actions import ram_action
from ..three_valued import Truth
from ..worst_case import FRESH_GROUP
from .ask import Answer, Ask, best
from .model import Step
from .new_grants import ADMINISTRATOR
from .retagging import UPDATES, Reachable, could_retag, reachable_tags, tag_sets
from .states import State

Judge: TypeAlias = "Callable[[State, Call], Answer]"

TRANSFERRING = (
    "resourcemanager:MoveResources",
    "resourcemanager:CreateAutoGroupingRule",
    "resourcemanager:UpdateAutoGroupingRule",
    "ram:EnableAssociatedTransfer",
)
"""The actions by which resources come into another group, by hand or by a rule, whatever group they are in."""
MOVING = (
    "eci:UpdateContainerGroup",
    "eci:UpdateContainerGroupByTemplate",
    "eci:UpdateImageCache",
    *TRANSFERRING,
)


_TRANSFERS = tuple(
    Call(action, arn=arn)
    for action in TRANSFERRING
    for arn in (
        (None,)
        if ram_action(action)
        else ("*", f"acs:resourcemanager:{ANYTHING}", f"acs:ram:{ANYTHING}resourcegroup/{UNKNOWN}")
    )
)
"""The calls of these actions. On what the rules are authorised is not documented: on all resources, or on an ARN of
ResourceManager or of a resource group."""


def moving_calls(target: Target, group: str | None = None) -> list[Call]:
    """The calls that may bring a resource into another resource group: `group`, where a call names one."""
    updates = (action for action in UPDATES.get(str(target.kind), ()) if action in MOVING)
    return [*_TRANSFERS, *(Call(update, target, group=group) for update in updates)]


@dataclass(frozen=True)
class Way:
    """A way to make a call on a resource: the answer, and the steps that change the resource before it."""

    answer: Answer
    steps: tuple[Step, ...] = ()

    @property
    def truth(self) -> Truth:
        certain = all(step.certain for step in self.steps)
        return self.answer.truth if certain or self.answer.truth is False else None


def ways(
    ask: Ask, actor: State, call: Call, crew: Sequence[State], name: str, judge: Judge | None = None
) -> Iterator[Way]:
    """Every way in which an actor may make a call on a resource: as it is, or changed by somebody of the crew, the
    identities that it acts as. `name` names the resource in the steps. The first certain way ends the list. `judge`
    decides the call itself, in place of the evaluator."""
    judge = judge or ask.call
    direct = judge(actor, call)
    if direct.truth is not False:
        yield Way(direct)
    if direct.truth is True or call.target is None or call.target.kind is None:
        return
    if not (ask.may(actor, call.action) or ask.may(actor, "ram:CreateResourceGroup")):
        return
    for way in _tagged(ask, actor, call, crew, name, judge):
        if way.truth is not False:
            yield way
        if way.truth is True:
            return
    yield from _moved(ask, actor, call, crew, name, judge)


def turns_on_changes(ask: Ask, actor: State, call: Call) -> bool:
    """Whether other tags of the resource, or another group, could open a call that is not open as the resource is.
    This looks at the actor alone: whether somebody can make the change is another question."""
    if ask.call(actor, call).truth is True or call.target is None or call.target.kind is None:
        return False
    if not (ask.may(actor, call.action) or ask.may(actor, "ram:CreateResourceGroup")):
        return False
    conditions = ask.account.principal(actor).tag_conditions(call.action)
    moved = after_moves(ask, actor, call)
    return any(
        _turns_on_tags(ask, mover, other, conditions)
        or (number and ask.call(mover, other).truth is not False)
        for number, (mover, other) in enumerate(((actor, call), *moved))
    )


def _turns_on_tags(ask: Ask, actor: State, call: Call, conditions: tuple[Condition, ...]) -> bool:
    """Whether the call may be allowed with other tags of the resource."""
    target = call.target
    if not conditions or target is None:
        return False
    ask.effort.spend(len(conditions))
    bags = tag_sets(conditions, target)
    return bags is None or any(
        ask.call(actor, replace(call, target=replace(target, tags=bag))).truth is not False
        for bag in bags
        if bag != target.tags
    )


def _tagged(
    ask: Ask, actor: State, call: Call, crew: Sequence[State], name: str, judge: Judge
) -> Iterator[Way]:
    """`eci:TagResources` or `eci:UntagResources` is allowed on the resource, with the tags that are needed."""
    target = call.target
    if target is None or not any(could_retag(ask, state, target) for state in crew):
        return
    conditions = ask.account.principal(actor).tag_conditions(call.action)
    if not conditions:
        return
    ask.effort.spend(len(conditions))
    bags = tag_sets(conditions, target)
    if bags is None:
        yield _too_many_tags(actor, judge(actor, call), name)
        return
    changed = (bag for bag in bags if bag != target.tags)
    if all(judge(actor, replace(call, target=replace(target, tags=bag))).truth is False for bag in changed):
        return
    for steps, tags in reachable_tags(ask, tuple(crew), target, conditions):
        answer = judge(actor, replace(call, target=replace(target, tags=tags)))
        if answer.truth is not False:
            yield Way(answer, tuple(replace(step, on=name) for step in steps))


def _too_many_tags(actor: State, direct: Answer, name: str) -> Way:
    """Where there are more tags than can be tried, some of them may open the call."""
    doubt = "there are more tags that could matter than can be tried"
    step = Step("tag-resource", str(actor.identity), str(actor.identity), name, False, (), doubt)
    return Way(Answer(None, direct.decisions, direct.actor), (step,))


def _moved(
    ask: Ask, actor: State, call: Call, crew: Sequence[State], name: str, judge: Judge
) -> Iterator[Way]:
    """The resource is moved into a group on which the actor holds more, or out of one with a Deny: never certain."""
    target = call.target
    if target is None or not _can(ask, crew, MOVING):
        return
    for before, tags in ((), target.tags), *retagged_before_a_move(ask, tuple(crew), target):
        retagged = replace(target, tags=tags)
        mover = mover_of(ask, tuple(crew), retagged)
        if mover.truth is False:
            continue
        doubt = (
            "whether the resource can be moved, and in which group the move is authorised, is not documented"
        )
        step = Step("move-resource", mover.actor, mover.actor, name, False, mover.decisions, doubt)
        steps = (*(replace(tagging, on=name) for tagging in before), step)
        for actor_then, moved in after_moves(ask, actor, replace(call, target=retagged)):
            answer = judge(actor_then, moved)
            if answer.truth is not False:
                yield Way(answer, steps)
                return
            for way in _tagged(ask, actor_then, moved, crew, name, judge):
                yield Way(way.answer, (*steps, *way.steps))
                return


def retagged_before_a_move(ask: Ask, crew: tuple[State, ...], target: Target) -> Reachable:
    """The tags under which somebody of a crew may move a resource that nobody of it moves as it is, each with the steps
    to them."""
    key = ("retagged before a move", crew, target)
    known: Reachable | None = ask.tags.get(key)
    if known is None:
        known = ask.tags[key] = tuple(_find_retagged(ask, crew, target))
    return known


def _find_retagged(
    ask: Ask, crew: tuple[State, ...], target: Target
) -> Iterator[tuple[tuple[Step, ...], TagItems]]:
    actions = [call.action for call in moving_calls(target) if call.target is not None]
    conditions = Conditions(
        dict.fromkeys(
            condition
            for action in actions
            for state in ask.able(crew, action)
            for condition in ask.account.principal(state).tag_conditions(action)
        )
    )
    if conditions and mover_of(ask, crew, target).truth is False:
        for steps, tags in reachable_tags(ask, crew, target, conditions):
            if mover_of(ask, crew, replace(target, tags=tags)).truth is not False:
                yield steps, tags


def after_moves(ask: Ask, actor: State, call: Call) -> list[tuple[State, Call]]:
    """The call after its resource was moved to every group that matters, by the actor as it is then."""
    target = call.target
    if target is None:
        return []
    if ask.ram(actor, "ram:CreateResourceGroup").truth is not False:
        # By default the creator of a resource group becomes its administrator.
        actor = actor.changed((), [ask.account.new_grants.attached(ADMINISTRATOR, FRESH_GROUP)])
    scopes = [held.grant.scope for held in actor.grants if held.grant.scope is not None]
    groups = (group for group in dict.fromkeys([*scopes, FRESH_GROUP]) if group != target.group)
    return [(actor, replace(call, target=replace(target, group=group))) for group in groups]


def mover_of(ask: Ask, crew: tuple[State, ...], target: Target) -> Answer:
    key = ("mover", crew, target)
    known = ask.tags.get(key)
    if known is None:
        known = ask.tags[key] = _find_mover(ask, crew, target)
    return known


def _find_mover(ask: Ask, crew: tuple[State, ...], target: Target) -> Answer:
    calls = moving_calls(target)
    # The first of the crew comes first, by whichever call.
    order = {state: number for number, state in enumerate(crew)}
    able = {state for call in calls for state in ask.able(crew, call.action)}
    return best(ask.call(state, call) for state in sorted(able, key=order.__getitem__) for call in calls)


def _can(ask: Ask, crew: Sequence[State], actions: Iterable[str]) -> bool:
    return any(ask.able(tuple(crew), action) for action in actions)
