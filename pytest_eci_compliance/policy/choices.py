"""What may be anything in a call, with one value for each way in which statements can tell its values apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from .authorization import Authorization, Call, Refused
from .budget import Budget
from .condition_values import values_to_try
from .conditions import (
    ABSENT,
    CURRENT_TIME,
    MFA_PRESENT,
    REQUEST_TAG,
    RESOURCE_TAG,
    SOURCE_IP,
    UNSTATED,
    Condition,
    Context,
    Seen,
    condition_work,
    holds,
)
from .decision import Principal
from .eci_actions import EciAction
from .patterns import UNKNOWN, Pattern, classes
from .required_authorizations import authorizations
from .statement_fits import in_scope
from .three_valued import Assumptions

Part: TypeAlias = Literal["request", "caller", "resource", "place"]
Place: TypeAlias = "tuple[str | None, str | None]"
"""The region and the id of a resource."""
CALLER_KEYS = {SOURCE_IP, MFA_PRESENT, CURRENT_TIME}
_FREE = 32
"""Units of work of telling values apart that are not counted."""


@dataclass(frozen=True)
class Free:
    """What may be anything: what the call carries, the group that it names with it, and what the resource is
    like (its group apart)."""

    request: bool = False
    resource: bool = False
    group: bool = True


@dataclass(frozen=True)
class Choice:
    """One thing that may be anything: a tag or another key of a part of the call, with one value for each way in
    which statements can tell its values apart; or the region and id of the resource."""

    part: Part
    key: str
    values: tuple[Seen | Place, ...]


def choices_of(principal: Principal, call: Call, row: EciAction | None, free: Free) -> Iterator[Choice]:
    """Everything that may be anything in the call, as far as a statement that counts for it can see it."""
    budget = principal.budget
    own, lent = _conditions(principal, call)
    if free.request:
        if row is not None and row.tags != "no":
            # New tags of an update are held as tags of the resource too.
            prefixes = (REQUEST_TAG, RESOURCE_TAG) if row.tags == "change" else (REQUEST_TAG,)
            yield from _tags("request", own, budget, *prefixes)
        stated = {key for key, _ in call.caller}
        everything = (*own, *lent)
        for key in sorted({condition.key for condition in everything} & CALLER_KEYS - stated):
            about = [condition for condition in everything if condition.key == key]
            yield Choice("caller", key, _told_apart(key, about, values_to_try(key, about, budget), budget))
    if free.resource and row is not None:
        if call.target is not None and row.id != "no":
            yield from _resource_tags(own, budget)
        yield Choice("place", "", tuple(_places(principal, call, row, named=row.id != "no")))


def _resource_tags(conditions: tuple[Condition, ...], budget: Budget) -> Iterator[Choice]:
    choices = tuple(_tags("resource", conditions, budget, RESOURCE_TAG))
    # A resource without any tag is what is left where no statement looks at one.
    yield from choices or (Choice("resource", RESOURCE_TAG, (ABSENT,)),)


def _conditions(principal: Principal, call: Call) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """The conditions of the statements that may count for the call: those about its action, and those about the
    other actions that it needs."""
    needed = authorizations(call, principal.account)
    own: dict[Condition, None] = {}
    lent: dict[Condition, None] = {}
    for authorization in () if isinstance(needed, Refused) else needed:
        target = own if authorization.action.lower() == call.action.lower() else lent
        target |= dict.fromkeys(_that_count(principal, authorization))
    return tuple(own), tuple(lent)


def _that_count(principal: Principal, authorization: Authorization) -> Iterator[Condition]:
    for ground, _ in principal.naming(authorization.action):
        if in_scope(ground, authorization, Assumptions()) is not False:
            yield from ground.statement.conditions
    for ground, _ in principal.naming_in_ceiling(authorization.action):
        yield from ground.statement.conditions


def _tags(part: Part, conditions: Iterable[Condition], budget: Budget, *prefixes: str) -> Iterator[Choice]:
    """Every tag that a condition looks at."""
    by_tag: dict[str, list[Condition]] = {}
    for condition in conditions:
        for prefix in prefixes:
            if condition.key.startswith(prefix):
                tag = condition.key[len(prefix) :]
                by_tag.setdefault(tag, []).append(replace(condition, key=REQUEST_TAG + tag))
                break
    folded = [tag.casefold() for tag in by_tag]
    for tag, about in sorted(by_tag.items()):
        values = values_to_try(REQUEST_TAG + tag, about, budget)
        # Where a key is there in another case too, what is absent is not known to be.
        alone = folded.count(tag.casefold()) == 1
        yield Choice(part, tag, _told_apart(REQUEST_TAG + tag, about, values, budget) if alone else values)


def _told_apart(
    key: str, conditions: Sequence[Condition], values: Sequence[Seen], budget: Budget
) -> tuple[Seen, ...]:
    """The first of the values that come out the same under every condition. Raises `OutOfBudget`."""
    budget.spend(max(0, len(values) * sum(map(condition_work, conditions)) - _FREE))
    first: dict[object, Seen] = {}
    for value in values:
        tag = key.removeprefix(REQUEST_TAG)
        context = Context(request_tags={} if value is ABSENT else {tag: value}, stated={key: value})
        assumptions = Assumptions()
        results = tuple(holds(condition, context, assumptions) for condition in conditions)
        first.setdefault(UNSTATED if value is UNSTATED else (results, tuple(assumptions.open)), value)
    return tuple(first.values())


def _places(principal: Principal, call: Call, row: EciAction, *, named: bool) -> Iterable[Place]:
    """A region and an id for every way in which resource patterns can tell ARNs apart."""
    patterns = {
        pattern
        for ground, _ in (*principal.naming(row.action), *principal.naming_in_ceiling(row.action))
        for pattern in ground.statement.resources or ()
        if pattern != "*"
    }
    if not patterns:
        return [("cn-hangzhou", "x")]
    kind = call.target.kind if call.target is not None else row.kind
    head, middle = "acs:eci:", f":{principal.account.id}:{kind}/"
    within = Pattern.partly_known(f"{head}{UNKNOWN}{middle}{UNKNOWN if named and row.each else '*'}")
    texts = classes(
        [Pattern.wild(pattern) for pattern in sorted(patterns)], within, principal.budget
    ).values()
    return [(region, id_) for text in texts for region, _, id_ in [text[len(head) :].partition(middle)]]
