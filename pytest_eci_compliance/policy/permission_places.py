"""Where calls that are decided differently apply: the account, resource groups, roles or resources, in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache

from ..inventory.kinds import KINDS
from ..messages import join_words
from .authorization import PASS_ROLE, TagItems, Target
from .call_cells import OTHER_GROUP, Cell
from .conditions import RESOURCE_TAG, Condition, Context, holds
from .held_policies import Ground
from .patterns import matches
from .permission_sides import Side
from .three_valued import Assumptions, Truth

_MOST_NAMED = 20
_KIND_NAMES: dict[str, str] = {kind.arn_kind: kind.noun for kind in KINDS.values()}


class Recorded:
    """The resources of both sides, those that no document tells apart standing together."""

    def __init__(self, then: Side, now: Side) -> None:
        keys, patterns = then.tag_keys | now.tag_keys, sorted(then.patterns | now.patterns)
        self.classes: dict[Target, list[str]] = {}
        first: dict[object, Target] = {}
        gone = then.resources.keys() - now.resources.keys()
        resources = [(now, recorded) for recorded in now.resources.values()]
        resources += [(then, then.resources[key]) for key in sorted(gone)]
        for side, resource in resources:
            target = side.target(resource, keys)
            arn = _arn(target, now.inventory.account_id)
            alike = (
                target.kind,
                target.group,
                target.tags,
                tuple(matches(pattern, arn) for pattern in patterns),
            )
            names = self.classes.setdefault(first.setdefault(alike, target), [])
            names.append(f"{_KIND_NAMES[str(target.kind)]} {target.id}")
        self._account_id = now.inventory.account_id
        self._masks: dict[object, int] = {}

    def at(self, mask: int) -> Iterator[list[str]]:
        """The names of the resources of a bit mask."""
        for place, names in enumerate(self.classes.values()):
            if mask >> place & 1:
                yield names

    def of_kind(self, kind: str | None) -> int:
        """The resources of a kind, as a bit mask over the classes."""
        return self._mask(("kind", kind), lambda target: target.kind == kind)

    def in_groups(self, groups: Iterable[str]) -> int:
        """The resources in one of some resource groups, as a bit mask."""
        wanted = frozenset(groups)
        return self._mask(("groups", wanted), lambda target: target.group in wanted)

    def fitting(self, pattern: str) -> int:
        """The resources whose ARN fits a pattern, as a bit mask."""
        return self._mask(
            ("pattern", pattern), lambda target: matches(pattern, _arn(target, self._account_id))
        )

    def with_truth(self, condition: Condition, truth: Truth) -> int:
        """The resources on whose tags a condition comes out so, as a bit mask."""
        return self._mask((condition, truth), lambda target: _truth(condition, target.tags) is truth)

    def _mask(self, key: object, fits: Callable[[Target], bool]) -> int:
        if key not in self._masks:
            self._masks[key] = sum(1 << place for place, target in enumerate(self.classes) if fits(target))
        return self._masks[key]


def _arn(target: Target, account_id: str) -> str:
    return f"acs:eci:{target.region}:{account_id}:{target.kind}/{target.id}"


class Places:
    """The cells of one action, and the resources of both sides that fall into them."""

    def __init__(
        self, recorded: Recorded, grounds: Iterable[Ground], cells: Sequence[Cell], account_id: str
    ) -> None:
        self._recorded = recorded
        self._cells = cells
        self._account_id = account_id
        statements = [ground.statement for ground in grounds]
        self._patterns = sorted(
            {resource for statement in statements for resource in statement.resources or ()}
        )
        self._conditions = list(
            dict.fromkeys(
                condition
                for statement in statements
                for condition in statement.conditions
                if condition.key.startswith(RESOURCE_TAG)
            )
        )

    def words(self, changed: Sequence[Cell]) -> str:
        """Where these cells apply."""
        if changed[0].call.action == PASS_ROLE:
            return self._roles(changed)
        whole = _by_group(self._cells)
        parts = _by_group(changed)
        complete = [group for group, cells in parts.items() if len(cells) == len(whole[group])]
        if len(complete) == len(parts):
            return _groups(parts, whole)
        return self._resources(changed, parts)

    def _roles(self, changed: Sequence[Cell]) -> str:
        names = dict.fromkeys(cell.place[1] for cell in changed)
        if len(names) == len({cell.place for cell in self._cells}):
            return "account"
        roles = list(dict.fromkeys(role for cell in changed for role in cell.roles))
        if not roles:
            roles = [f"{name} (no such role is recorded)" for name in names]
        return join_words((f"role/{name}" for name in roles), most=_MOST_NAMED)

    def _resources(
        self, changed: Sequence[Cell], parts: dict[str | None, set[tuple[object, object, object]]]
    ) -> str:
        """The recorded resources that are decided differently; else what tells them apart."""
        groups = {group for group in parts if group is not None}
        names = self._names(changed)
        if names:
            return join_words(names, most=_MOST_NAMED)
        tags = dict.fromkeys(f"{key} = {value}" for cell in changed for key, value in cell.tags)
        where = (
            "account"
            if OTHER_GROUP in groups or not groups
            else f"resource group {join_words(sorted(groups))}"
        )
        which = f" tagged {join_words(tags, last='or', most=4)}" if tags else " that the statement names"
        return f"{where}: resources{which}, of which none is recorded"

    def _names(self, changed: Sequence[Cell]) -> list[str]:
        """The recorded resources that fall into these cells."""
        groups = {cell.group for cell in self._cells}
        views = {
            self._view(cell.call.target, cell.group): cell for cell in changed if cell.call.target is not None
        }
        mask = 0
        for cell in views.values():
            mask |= self._recorded_like(cell, groups)
        return sorted(name for names in self._recorded.at(mask) for name in names)

    def _recorded_like(self, cell: Cell, groups: Collection[str | None]) -> int:
        """The recorded resources that the statements see as the resource of a cell, as a bit mask."""
        target, recorded = cell.call.target, self._recorded
        assert target is not None  # noqa: S101 - cells without a resource are left out
        mask = recorded.of_kind(target.kind)
        if None not in groups and cell.group == OTHER_GROUP:
            mask &= ~recorded.in_groups(group for group in groups if group is not None)
        elif cell.group is not None:
            mask &= recorded.in_groups([cell.group])
        arn = _arn(target, self._account_id)
        for pattern in self._patterns:
            fitting = recorded.fitting(pattern)
            mask &= fitting if matches(pattern, arn) else ~fitting
        for condition in self._conditions:
            mask &= recorded.with_truth(condition, _truth(condition, target.tags))
        return mask

    def _view(self, target: Target, group: str | None) -> object:
        """What the statements see of a resource."""
        arn = _arn(target, self._account_id)
        fits = tuple(matches(pattern, arn) for pattern in self._patterns)
        truths = tuple(_truth(condition, target.tags) for condition in self._conditions)
        return (target.kind, group, fits, truths)


@lru_cache(maxsize=65536)
def _truth(condition: Condition, tags: TagItems | None) -> Truth:
    return holds(condition, Context({}, None if tags is None else dict(tags)), Assumptions())


def _by_group(cells: Iterable[Cell]) -> dict[str | None, set[tuple[object, object, object]]]:
    """The resources that cells are about, by resource group."""
    by_group: dict[str | None, set[tuple[object, object, object]]] = {}
    for cell in cells:
        kind = cell.call.target.kind if cell.call.target is not None else None
        by_group.setdefault(cell.group, set()).add((kind, cell.tags, cell.place))
    return by_group


def _groups(parts: Iterable[str | None], whole: Iterable[str | None]) -> str:
    named = sorted(group for group in parts if group is not None and group != OTHER_GROUP)
    if OTHER_GROUP not in parts and None not in parts:
        return f"resource group{'s' if len(named) > 1 else ''} {join_words(named, most=_MOST_NAMED)}"
    others = sorted(group for group in whole if group is not None and group not in {*parts, OTHER_GROUP})
    return f"account, except resource group {join_words(others)}" if others else "account"
