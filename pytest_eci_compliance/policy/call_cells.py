"""Every call of one action that a set of statements can decide differently from another call.

Calls are told apart by the resource group, the tags and the ARN of the resource, the tags that the call carries, and
the condition keys of the caller. One call stands for all that no statement tells apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod

from .authorization import PASS_ROLE, Call, TagItems, Target
from .condition_values import values_that_matter
from .conditions import ABSENT, REQUEST_TAG, RESOURCE_TAG, Condition, Context, holds
from .document import Statement
from .eci_actions import EciAction, ResourceKind
from .held_policies import Ground
from .patterns import UNKNOWN, Pattern, classes, matches
from .three_valued import Assumptions, Truth

OTHER_GROUP = "rg-without-grants"
"""Stands for every resource group on which nothing is held."""

_MOST_CALLS = 4096
_ANYWHERE = ("cn-hangzhou", "resource")


class TooManyCells(Exception):  # noqa: N818 - says what is the matter
    """More calls are told apart than can be tried, or it is not known which."""


@dataclass(frozen=True)
class Cell:
    """Calls that are decided alike. `group` is the resource group that counts, None for a call that names none;
    `tags` and `place` (region and id) are those of the resource, `roles` the known roles that the call stands for."""

    call: Call
    group: str | None
    tags: TagItems = ()
    place: tuple[str, str] = ("", "")
    roles: tuple[str, ...] = ()


def eci_cells(
    row: EciAction, statements: Sequence[Statement], scopes: Iterable[str | None], account_id: str
) -> list[Cell]:
    """The cells of an ECI action. `scopes` are the resource groups on which something is held.

    Raises `TooManyCells` and `TooManyPatterns`.
    """
    conditions = [condition for statement in statements for condition in statement.conditions]
    groups = [*sorted(scope for scope in set(scopes) if scope is not None), OTHER_GROUP]
    requests = _request_tags(row, conditions)
    callers = _callers(conditions)
    resources = list(_resources(row, statements, conditions, account_id))
    if len(groups) * len(requests) * len(callers) * len(resources) * 2 > _MOST_CALLS:
        raise TooManyCells
    return [
        Cell(Call(row.action, target, tags, named, caller=caller, region=place[0] or None), group, own, place)
        for kind, own, place in resources
        for group, named, target in _addressed(row, kind, own, place, groups)
        for tags, caller in product(requests, callers)
    ]


def _addressed(
    row: EciAction,
    kind: ResourceKind | None,
    tags: TagItems,
    place: tuple[str, str],
    groups: Sequence[str],
) -> Iterator[tuple[str | None, str | None, Target | None]]:
    """The groups that count, with the group that the call names and the resource."""
    region, id_ = place
    if row.group == "none":
        yield None, None, None if kind is None else Target(kind, id_, region, OTHER_GROUP, tags)
        return
    if row.group == "query" and kind is None:
        yield None, None, None
    for group in groups:
        target = None if kind is None else Target(kind, id_, region, group, tags)
        if row.group == "own" and target is None:
            yield None, None, None
            return
        if row.group == "query" and target is not None:
            yield group, None, target
        yield group, group if row.group in ("create", "query") else None, target


def _resources(
    row: EciAction, statements: Sequence[Statement], conditions: Iterable[Condition], account_id: str
) -> Iterator[tuple[ResourceKind | None, TagItems, tuple[str, str]]]:
    """The kinds, tags and places of the resources that the action can name; None where it names none."""
    patterns = sorted(
        {resource for statement in statements for resource in statement.resources or ()} - {"*"}
    )
    if row.id != "must":
        for place in _places(row.kind if row.kind != "any" else None, patterns, account_id, "*"):
            yield None, (), (place[0], "")
    if row.id == "no":
        return
    bags = _bags(conditions, RESOURCE_TAG)
    for kind in row.kinds or (None,):
        for place in _places(kind, patterns, account_id, UNKNOWN if row.each else "*"):
            yield from ((kind, tags, place) for tags in bags)


def _places(kind: str | None, patterns: Sequence[str], account_id: str, ending: str) -> list[tuple[str, str]]:
    """A region and an id for every way in which patterns tell ARNs of a kind apart."""
    if not patterns:
        return [_ANYWHERE]
    head, middle = "acs:eci:", f":{account_id}:" + (f"{kind}/" if kind else "")
    within = Pattern.partly_known(f"{head}{UNKNOWN}{middle}{ending if kind else UNKNOWN}")
    texts = classes([Pattern.wild(pattern) for pattern in patterns], within).values()
    parts = [text[len(head) :].partition(middle) for text in sorted(texts)]
    return list(dict.fromkeys((region or _ANYWHERE[0], id_ or _ANYWHERE[1]) for region, _, id_ in parts))


def _request_tags(row: EciAction, conditions: Iterable[Condition]) -> list[TagItems]:
    if row.tags == "no":
        return [()]
    # New tags of an update are judged as tags of the resource too.
    return _bags(conditions, REQUEST_TAG, *([RESOURCE_TAG] if row.tags == "change" else []))


def _bags(conditions: Iterable[Condition], *prefixes: str) -> list[TagItems]:
    """Every set of tags that matters."""
    by_tag: dict[str, list[Condition]] = {}
    for condition in conditions:
        for prefix in prefixes:
            if condition.key.startswith(prefix):
                tag = condition.key[len(prefix) :]
                by_tag.setdefault(tag, []).append(Condition(condition.operator, tag, condition.values))
    return _combinations(by_tag)


def _callers(conditions: Iterable[Condition]) -> list[TagItems]:
    by_key: dict[str, list[Condition]] = {}
    for condition in conditions:
        if not condition.key.startswith((REQUEST_TAG, RESOURCE_TAG)):
            by_key.setdefault(condition.key, []).append(condition)
    return _combinations(by_key, unless_unknown=True)


def _combinations(by_key: dict[str, list[Condition]], *, unless_unknown: bool = False) -> list[TagItems]:
    choices = []
    for key, conditions in sorted(by_key.items()):
        values = values_that_matter(key, conditions)
        if not values and not unless_unknown:
            raise TooManyCells
        if unless_unknown:
            # A caller's key that is left out is not stated, so its absence cannot be tried.
            values = tuple(value for value in values if value is not ABSENT)
        if values:
            choices.append([(key, value) for value in values])
    if prod(map(len, choices)) > _MOST_CALLS:
        raise TooManyCells
    return [
        tuple((key, str(value)) for key, value in combination if value is not ABSENT)
        for combination in product(*choices)
    ]


def role_cells(statements: Sequence[Statement], known: Collection[str], account_id: str) -> list[Cell]:
    """The cells of ram:PassRole: every known role, and a role for every way in which patterns tell names apart.

    Known roles that no pattern tells apart stand together. Raises `TooManyCells` and `TooManyPatterns`.
    """
    conditions = [condition for statement in statements for condition in statement.conditions]
    patterns = {
        resource.replace("acs:ram::", "acs:ram:*:", 1)
        for statement in statements
        for resource in statement.resources or ()
        if resource != "*"
    }
    stem = f"acs:ram:*:{account_id}:role/"
    names = ["role-of-no-record"]
    if patterns:
        within = Pattern.partly_known(f"{stem}{UNKNOWN}")
        texts = classes([Pattern.wild(pattern) for pattern in sorted(patterns)], within).values()
        names = [text[len(stem) :] or "role-of-no-record" for text in sorted(texts)]
    together: dict[object, list[str]] = {}
    for role in sorted(known):
        arn = f"{stem}{role}"
        # RAM may not tell names apart by case, so both readings count.
        fits = tuple(
            (matches(pattern, arn), matches(pattern.lower(), arn.lower())) for pattern in sorted(patterns)
        )
        together.setdefault(fits, []).append(role)
    roles = {alike[0]: tuple(alike) for alike in together.values()}
    roles |= {name: () for name in names if name not in known}
    callers = _callers(conditions)
    if len(roles) * len(callers) > _MOST_CALLS:
        raise TooManyCells
    return [
        Cell(Call(PASS_ROLE, role=role, caller=caller), None, place=("", role), roles=alike_roles)
        for role, alike_roles in roles.items()
        for caller in callers
    ]


def touched_by(grounds: Sequence[Ground], cells: Iterable[Cell]) -> list[Cell]:
    """The cells to which one of these statements may apply: the others are decided without them."""
    return [cell for cell in cells if any(_may_apply(ground, cell) for ground in grounds)]


def _may_apply(ground: Ground, cell: Cell) -> bool:
    scope = ground.grant.scope
    if scope is not None and cell.group is not None and scope != cell.group:
        return False
    # New tags of an update are judged as tags of the request and of the resource.
    views = [(cell.call.tags, cell.tags), (cell.call.tags, cell.call.tags), ((), cell.tags)]
    return all(
        any(_holds(condition, *view) is not False for view in views)
        for condition in ground.statement.conditions
        if condition.key.startswith((REQUEST_TAG, RESOURCE_TAG))
    )


@lru_cache(maxsize=65536)
def _holds(condition: Condition, request: TagItems, resource: TagItems) -> Truth:
    return holds(condition, Context(dict(request), dict(resource)), Assumptions())
