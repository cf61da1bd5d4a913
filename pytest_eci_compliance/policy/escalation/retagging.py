"""The tags of a resource, and who can change them to what.

Sources: "Use tags to grant access", and the pages of TagResources of ECI and of the Tag service, at help.aliyun.com.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from typing import TypeAlias

from ..authorization import Call, TagItems, Target
from ..condition_values import values_by_key
from ..conditions import ABSENT, RESOURCE_TAG, Condition, Conditions, Context, holds
from ..decision import Principal
from ..held_policies import Ground
from ..three_valued import Assumptions, how_to_settle
from .ask import Answer, Ask, both
from .model import Step
from .states import State

_MOST_BAGS = 64
BY_TAG_SERVICE = ("tag:TagResources", "tag:UntagResources")
TAG_SERVICE_NEEDS_ECI = "tag-service-needs-eci-permission"
UPDATES = {
    "containergroup": ("eci:UpdateContainerGroup", "eci:UpdateContainerGroupByTemplate"),
    "imagecache": ("eci:UpdateImageCache",),
    "virtualnode": ("eci:UpdateVirtualNode",),
}
TAGGING = (
    "eci:TagResources",
    "eci:UntagResources",
    *BY_TAG_SERVICE,
    *(action for actions in UPDATES.values() for action in actions),
)


def could_retag(ask: Ask, state: State, target: Target) -> bool:
    """Whether some statement may allow an identity to change the tags of a resource as it is now, whatever the new
    tags are."""
    narrow = ask.account.narrowed(ask.account.principal(state), TAGGING)
    key = ("could retag", narrow, target)
    may = ask.tags.get(key)
    if may is None:
        may = ask.tags[key] = _has_tagging_statement(narrow, target)
    return bool(may)


def _has_tagging_statement(principal: Principal, target: Target) -> bool:
    # Which tags and which resource group the Tag service sees is not documented.
    if principal.gaps or any(principal.may_allow(action) for action in BY_TAG_SERVICE):
        return True
    return any(
        ground.grant.scope is None or target.group in (None, "", ground.grant.scope)
        for ground in grounds_for(principal, target)
    )


def grounds_for(principal: Principal, target: Target) -> Iterator[Ground]:
    """The statements that may allow to change the tags that a resource has now, on whichever group they are held."""
    context = Context(None, None if target.tags is None else dict(target.tags))
    grounds = dict.fromkeys(ground for action in TAGGING for ground, _ in principal.naming(action))
    for ground in grounds:
        conditions = (c for c in ground.statement.conditions if c.key.startswith(RESOURCE_TAG))
        if ground.statement.effect != "Deny" and all(
            holds(condition, context, Assumptions()) is not False for condition in conditions
        ):
            yield ground


Reachable: TypeAlias = "tuple[tuple[tuple[Step, ...], TagItems], ...]"


def reachable_tags(
    ask: Ask, crew: tuple[State, ...], target: Target, conditions: tuple[Condition, ...]
) -> Reachable:
    """The tags that the crew can give to a resource and that could matter, each with the steps to them."""
    key = (crew, target, conditions)
    tags = ask.tags.get(key)
    if tags is None:
        tags = ask.tags[key] = tuple(_search_tags(ask, crew, target, conditions))
    return tags


def _search_tags(
    ask: Ask, crew: tuple[State, ...], target: Target, conditions: tuple[Condition, ...]
) -> Iterator[tuple[tuple[Step, ...], TagItems]]:
    """Breadth first; the tags that are reached by certain steps come first."""
    bags = _sets_that_matter(ask, crew, target, conditions)
    reached: dict[TagItems, tuple[Step, ...]] = {_tags_of(target): ()}
    for only_certain in (True, False):
        frontier = list(reached)
        while frontier:
            following = []
            able = [tags for tags in frontier if _could_be_retagged(ask, crew, replace(target, tags=tags))]
            for tags, bag in product(able, bags):
                if bag in reached:
                    continue
                ask.effort.spend()
                answer, doubt = _known_retag(ask, crew, replace(target, tags=tags), bag)
                certain = answer.truth is True and not doubt
                if answer.truth is False or (only_certain and not certain):
                    continue
                step = Step("tag-resource", answer.actor, answer.actor, "", certain, answer.decisions, doubt)
                reached[bag] = (*reached[tags], step)
                following.append(bag)
                yield reached[bag], bag
            frontier = following


def _could_be_retagged(ask: Ask, crew: tuple[State, ...], target: Target) -> bool:
    ask.effort.spend()
    return any(could_retag(ask, state, target) for state in crew)


def _sets_that_matter(
    ask: Ask, crew: tuple[State, ...], target: Target, conditions: tuple[Condition, ...]
) -> list[TagItems]:
    """The sets of tags that the conditions, and those of the crew, tell apart; none where there are too many."""
    key = ("sets", crew, target, conditions)
    sets: list[TagItems] | None = ask.tags.get(key)
    if sets is None:
        every = (*conditions, *tagging_conditions(ask, crew))
        ask.effort.spend(len(every))
        sets = ask.tags[key] = tag_sets(every, target) or tag_sets(conditions, target) or []
    return sets


def needs_one_step(
    ask: Ask, crew: tuple[State, ...], target: Target, conditions: tuple[Condition, ...]
) -> bool:
    """Whether the crew gives a resource every set of tags that matters in one step, each as certainly as the others:
    who can change it only after others then makes no difference. Where several tags matter, this is not looked at."""
    steps = [steps for steps, _ in reachable_tags(ask, crew, target, conditions)]
    bags = _sets_that_matter(ask, crew, target, conditions)
    return (
        len({condition.key for condition in (*conditions, *tagging_conditions(ask, crew))}) <= 1
        and len(steps) == sum(bag != _tags_of(target) for bag in bags)
        and all(len(taken) == 1 for taken in steps)
        and len({taken[0].certain for taken in steps}) == 1
    )


def _tags_of(target: Target) -> TagItems:
    """The tags of a recorded resource, each with its value."""
    return tuple((key, value) for key, value in target.tags or () if isinstance(value, str))


def tagging_conditions(ask: Ask, crew: tuple[State, ...]) -> tuple[Condition, ...]:
    """The conditions on tags of a resource under which a crew changes its tags."""
    key = ("tagging conditions", crew)
    known: Conditions | None = ask.tags.get(key)
    if known is None:
        conditions = (
            condition
            for state in crew
            for action in ("eci:TagResources", "eci:UntagResources")
            for condition in ask.account.principal(state).tag_conditions(action)
        )
        known = ask.tags[key] = Conditions(dict.fromkeys(conditions))
        ask.effort.spend(len(known))
    return known


def tag_sets(conditions: Iterable[Condition], target: Target) -> list[TagItems] | None:
    """The sets of tags that the conditions tell apart, None where there are too many; the other tags stay."""
    values, current = values_by_key(conditions, _MOST_BAGS), dict(_tags_of(target))
    if values is None:
        return None
    bags = []
    for choice in product(*values.values()):
        tags = dict(current)
        for key, value in zip(values, choice, strict=True):
            tag = key.removeprefix(RESOURCE_TAG)
            tags.pop(tag, None)
            if value is not ABSENT:
                tags[tag] = str(value)
        bags.append(tuple(sorted(tags.items())))
    return bags


def _known_retag(ask: Ask, crew: tuple[State, ...], target: Target, tags: TagItems) -> tuple[Answer, str]:
    key = ("retag", crew, target, tags)
    known = ask.tags.get(key)
    if known is None:
        known = ask.tags[key] = _retag(ask, crew, target, tags)
    return known


def _retag(ask: Ask, crew: tuple[State, ...], target: Target, tags: TagItems) -> tuple[Answer, str]:
    """Whether somebody may change the tags of a resource, and why the change is only possible."""
    before, after = dict(_tags_of(target)), dict(tags)
    added = tuple(sorted((key, value) for key, value in after.items() if before.get(key) != value))
    removed = [key for key in before if key not in after]
    between = replace(target, tags=tuple(sorted({**before, **dict(added)}.items())))
    own = []
    if added:
        own.append(ask.by_crew(crew, Call("eci:TagResources", target, added)))
    if removed:
        own.append(ask.by_crew(crew, Call("eci:UntagResources", between)))
    answer = both(*own)
    if answer.truth is True:
        return answer, ""
    services = [f"tag:{verb}Resources" for verb, changes in (("Tag", added), ("Untag", removed)) if changes]
    by_service = both(*(ask.by_crew(crew, Call(action)) for action in services))
    needs_eci = ask.settled(TAG_SERVICE_NEEDS_ECI)
    if needs_eci is False and by_service.truth is True:
        return by_service, ""
    for update in UPDATES.get(str(target.kind), ()):
        by_update = ask.by_crew(crew, Call(update, target, tags))
        if by_update.truth is not False:
            return by_update, f"whether {update} changes the tags is not certain"
    if by_service.truth is not False and answer.truth is False and not needs_eci:
        if needs_eci is False:
            return by_service, ""
        doubt = "whether the Tag service asks for the permission of ECI too is not documented"
        return by_service, doubt + how_to_settle(TAG_SERVICE_NEEDS_ECI)
    return answer, ""
