"""The resources that the statements of a principal may be about, found without a look at the others.

An account may have a policy for each of its users, under a tag that names the user or on an instance of its own: most
statements are looked up by the values of a tag, by the resource group or by the id. What is found may still be denied:
the evaluator decides. What is not found is denied as it is now, because no Allow fits it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from ..authorization import Target
from ..conditions import ABSENT, RESOURCE_TAG, UNSTATED, VARIABLE, Condition, Context, Seen, holds
from ..decision import Principal
from ..eci_actions import EciAction, eci_action
from ..held_policies import Ground, HeldPolicy, NamedGround
from ..three_valued import Assumptions
from .candidates import Tail

Numbers = frozenset[int]
Key = TypeVar("Key", bound=Hashable)


class ResourceCandidates:
    """Some resources, each by its number in their order; `targets` are what policies can see of them."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self._targets = tuple(targets)
        self._numbers = {id(target): number for number, target in enumerate(self._targets)}
        self._contexts = [
            Context(resource_tags=None if target.tags is None else dict(target.tags)) for target in targets
        ]
        self.all = frozenset(range(len(targets)))
        self._by_group = _numbers_by(target.group or None for target in targets)
        self._by_id = _numbers_by(None if target.id is None else target.id.lower() for target in targets)
        self._by_value: dict[str, Mapping[Seen, Numbers]] = {}
        self._fitting: dict[Condition, Numbers] = {}
        self._certainly_fitting: dict[Condition, Numbers] = {}
        self._by_grant: dict[tuple[HeldPolicy, str], tuple[Numbers, Numbers]] = {}
        self._known: dict[tuple[Principal, tuple[str, ...]], Numbers] = {}

    def number(self, target: Target) -> int | None:
        """The number of a resource; None where it is not one of these objects."""
        return self._numbers.get(id(target))

    def about(self, principal: Principal, actions: tuple[str, ...]) -> Numbers:
        """The resources on which one of some actions may be allowed to a principal."""
        numbers = self._known.get((principal, actions))
        if numbers is None:
            numbers = self._known[principal, actions] = self._find(principal, actions)
        return numbers

    def _find(self, principal: Principal, actions: tuple[str, ...]) -> Numbers:
        if principal.gaps:
            return self.all
        numbers: set[int] = set()
        for action in actions:
            row = eci_action(action)
            if row is not None and row.id != "no":
                numbers |= self._about(principal, row)
            elif principal.may_allow(action):
                return self.all
        return frozenset(numbers)

    def _about(self, principal: Principal, action: EciAction) -> Numbers:
        allowed, denied = set[int](), set[int]()
        for grant in principal.grants:
            known = self._by_grant.get((grant, action.action))
            if known is None:
                grounds = grant.about(action.action).grounds
                known = self._by_grant[grant, action.action] = self._of_grounds(grounds, action)
            allowed |= known[0]
            denied |= known[1]
        return frozenset(allowed - denied)

    def _of_grounds(self, grounds: Iterable[NamedGround], action: EciAction) -> tuple[Numbers, Numbers]:
        """The resources that one of some statements may allow, and those that one certainly denies."""
        allowed, denied = set[int](), set[int]()
        for ground, named in grounds:
            if ground.statement.effect != "Deny":
                allowed |= self._may_allow(ground, action)
            elif named is True and action.tag_key:
                denied |= self._denied(ground)
        return frozenset(allowed), frozenset(denied)

    def _denied(self, ground: Ground) -> Numbers:
        """The resources that a Deny is certainly about, as far as it turns on nothing but their tags."""
        grant, statement = ground.grant, ground.statement
        everywhere = grant.scope is None and grant.bundle is None and "*" in (statement.resources or ())
        if not everywhere or statement.problem:
            return frozenset()
        numbers = self.all
        for condition in statement.conditions:
            numbers &= self._certainly_fit(condition)
        return numbers

    def _certainly_fit(self, condition: Condition) -> Numbers:
        """The resources with tags that a condition certainly takes."""
        if not condition.key.startswith(RESOURCE_TAG):
            return frozenset()
        numbers = self._certainly_fitting.get(condition)
        if numbers is None:
            by_value = self._values(condition.key)
            if condition.operator == "StringNotEquals" and not _has_variable(condition):
                seen: set[Seen] = {*condition.values, ABSENT, UNSTATED}
                numbers = self.all.difference(*(by_value[value] for value in seen if value in by_value))
            else:
                fitting = (by_value[seen] for seen in by_value if _takes(condition, seen, for_certain=True))
                numbers = frozenset[int]().union(*fitting)
            self._certainly_fitting[condition] = numbers
        return numbers

    def _may_allow(self, ground: Ground, action: EciAction) -> Numbers:
        numbers = self._of_ids(ground.statement.resources)
        if ground.grant.scope is not None and action.group == "own":
            numbers &= self._of(self._by_group, [ground.grant.scope])
        for condition in ground.statement.conditions:
            if condition.key.startswith(RESOURCE_TAG) and action.tag_key:
                numbers &= self._fit(condition)
        return numbers

    def _of_ids(self, patterns: Iterable[str] | None) -> Numbers:
        tails = list(map(Tail, patterns or ("*",)))
        if any(tail.kind is None or tail.is_prefix for tail in tails):
            return self.all
        return self._of(self._by_id, [tail.text for tail in tails])

    @staticmethod
    def _of(index: Mapping[str | None, Numbers], keys: Iterable[str]) -> Numbers:
        """The resources of some keys, and those whose key is not known."""
        return frozenset[int]().union(*(index.get(key, frozenset()) for key in (None, *keys)))

    def _fit(self, condition: Condition) -> Numbers:
        """The resources with tags that a condition may take."""
        numbers = self._fitting.get(condition)
        if numbers is None:
            by_value = self._values(condition.key)
            fitting = (by_value[seen] for seen in _seen_by(condition, by_value) if _takes(condition, seen))
            numbers = self._fitting[condition] = frozenset[int]().union(*fitting)
        return numbers

    def _values(self, key: str) -> Mapping[Seen, Numbers]:
        by_value = self._by_value.get(key)
        if by_value is None:
            by_value = self._by_value[key] = _numbers_by(context.look(key) for context in self._contexts)
        return by_value


def _numbers_by(keys: Iterable[Key]) -> dict[Key, Numbers]:
    numbers = defaultdict[Key, list[int]](list)
    for number, key in enumerate(keys):
        numbers[key].append(number)
    return {key: frozenset(of_key) for key, of_key in numbers.items()}


def _seen_by(condition: Condition, by_value: Mapping[Seen, Numbers]) -> Iterator[Seen]:
    """The values of a key that a condition may take: its own, where it compares whole texts."""
    is_exact = condition.operator == "StringEquals" and not _has_variable(condition)
    seen: Iterable[Seen] = {*condition.values, ABSENT, UNSTATED} if is_exact else by_value
    return (value for value in seen if value in by_value)


def _has_variable(condition: Condition) -> bool:
    return any(VARIABLE in text for text in (condition.key, *condition.values))


def _takes(condition: Condition, seen: Seen, *, for_certain: bool = False) -> bool:
    """Whether a condition on a tag may take a value of it, or takes it for certain."""
    if seen is UNSTATED:
        return not for_certain
    context = Context(resource_tags={condition.key.removeprefix(RESOURCE_TAG): seen})
    truth = holds(condition, context, Assumptions())
    return truth is True if for_certain else truth is not False
