"""Where calls that are decided differently apply: the account, resource groups, roles or resources, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from ..inventory.kinds import KINDS
from ..messages import join_words
from .authorization import PASS_ROLE, TagItems, Target
from .call_cells import OTHER_GROUP, Cell
from .conditions import RESOURCE_TAG, Condition, Context, holds
from .decision import Ground
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
        seen = {self._view(cell.call.target, cell.group) for cell in changed if cell.call.target is not None}
        names: list[str] = []
        for target, ids in self._recorded.classes.items():
            group = target.group if target.group in groups or None in groups else OTHER_GROUP
            if self._view(target, group) in seen or (None in groups and self._view(target, None) in seen):
                names += ids
        return sorted(names)

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
