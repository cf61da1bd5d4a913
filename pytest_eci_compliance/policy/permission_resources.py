"""Resources of both sides that have other tags, or are in another group, than before.

Which statements tell such a resource from what it was is worked out once per condition and per scope, as a bit mask
over the changed resources: identities and resources are then not tried with each other one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from .authorization import TagItems, Target
from .conditions import RESOURCE_TAG, Condition, Context, holds
from .eci_actions import EciAction
from .held_policies import Ground
from .patterns import matches
from .permission_sides import Side
from .three_valued import Assumptions, Truth

Name = tuple[str, str]
"""A resource in words, and what changed about it."""


@dataclass(frozen=True)
class ChangedResource:
    """A resource as it was and as it is. `names` are those of all resources that no document tells from it."""

    old: Target
    new: Target
    names: tuple[Name, ...]


class ChangedResources:
    """The resources that changed from one side to the other."""

    def __init__(self, then: Side, now: Side) -> None:
        self._account_id = now.inventory.account_id
        self.items = tuple(_changed(then, now))
        self._apart: dict[Condition, int] = {}
        self._moved: dict[str | None, int] = {}

    @cached_property
    def _by_kind(self) -> dict[str, int]:
        kinds: dict[str, int] = defaultdict(int)
        for place, item in enumerate(self.items):
            kinds[str(item.old.kind)] |= 1 << place
        return kinds

    def told_apart(self, row: EciAction, grounds: Sequence[Ground]) -> Iterator[list[ChangedResource]]:
        """The resources that statements about an action may tell from what they were: those together that these
        statements do not tell apart."""
        conditions = _tag_conditions(grounds)
        scopes = {ground.grant.scope for ground in grounds}
        mask = 0
        for condition in conditions:
            mask |= self._apart_by(condition)
        for scope in scopes:
            mask |= self._moved_into(scope)
        mask &= sum(self._by_kind.get(kind, 0) for kind in row.kinds)
        if not mask:
            return
        patterns = sorted({pattern for ground in grounds for pattern in ground.statement.resources or ()})
        together: dict[object, list[ChangedResource]] = defaultdict(list)
        while mask:
            place = (mask & -mask).bit_length() - 1
            mask &= mask - 1
            item = self.items[place]
            together[self._view(item, conditions, patterns)].append(item)
        yield from together.values()

    def _apart_by(self, condition: Condition) -> int:
        """The resources for which a condition on tags may come out differently."""
        if condition not in self._apart:
            self._apart[condition] = sum(
                1 << place
                for place, item in enumerate(self.items)
                if _tells_apart(condition, item.old.tags, item.new.tags)
            )
        return self._apart[condition]

    def _moved_into(self, scope: str | None) -> int:
        """The resources that came into a resource group, or left it."""
        if scope not in self._moved:
            self._moved[scope] = sum(
                1 << place
                for place, item in enumerate(self.items)
                if item.old.group != item.new.group and scope in (item.old.group, item.new.group)
            )
        return self._moved[scope]

    def _view(
        self, item: ChangedResource, conditions: Iterable[Condition], patterns: Iterable[str]
    ) -> object:
        """What statements see of a resource, as it was and as it is."""
        old, new = item.old, item.new
        truths = tuple(_truth(condition, target.tags) for condition in conditions for target in (old, new))
        arn = f"acs:eci:{new.region}:{self._account_id}:{new.kind}/{new.id}"
        fits = tuple(matches(pattern, arn) for pattern in patterns)
        # Where a truth is open, the very tags may matter.
        tags = (old.tags, new.tags) if None in truths else None
        return (old.kind, old.group, new.group, truths, fits, tags)


def _changed(then: Side, now: Side) -> Iterator[ChangedResource]:
    keys, patterns = now.tag_keys | then.tag_keys, sorted(now.patterns | then.patterns)
    names: dict[tuple[Target, Target], list[Name]] = defaultdict(list)
    first: dict[object, tuple[Target, Target]] = {}
    for key, resource in now.resources.items():
        former = then.resources.get(key)
        if former is None:
            continue
        old, new = then.target(former, keys), now.target(resource, keys)
        if old == new:
            continue
        arn = f"acs:eci:{new.region}:{now.inventory.account_id}:{new.kind}/{new.id}"
        fits = tuple(matches(pattern, arn) for pattern in patterns)
        alike = (old.kind, old.group, old.tags, new.group, new.tags, fits)
        name = f"{resource.kind.replace('_', ' ')} {resource.id}"
        attribute = "tag" if old.tags != new.tags else "resource group"
        names[first.setdefault(alike, (old, new))].append(
            (name, f"{attribute}: the {attribute}s of {name} changed")
        )
    for (old, new), alike_names in names.items():
        yield ChangedResource(old, new, tuple(alike_names))


def _tag_conditions(grounds: Iterable[Ground]) -> tuple[Condition, ...]:
    """The conditions of statements on the tags of a resource."""
    return tuple(
        dict.fromkeys(
            condition
            for ground in grounds
            for condition in ground.statement.conditions
            if condition.key.startswith(RESOURCE_TAG)
        )
    )


@lru_cache(maxsize=65536)
def _tells_apart(condition: Condition, old: TagItems | None, new: TagItems | None) -> bool:
    """Whether a condition on a resource's tags may come out differently."""
    if old is None or new is None:
        return old != new
    truths = [_truth(condition, tags) for tags in (old, new)]
    return truths[0] != truths[1] or (None in truths and dict(old) != dict(new))


@lru_cache(maxsize=65536)
def _truth(condition: Condition, tags: TagItems | None) -> Truth:
    return holds(condition, Context({}, None if tags is None else dict(tags)), Assumptions())
