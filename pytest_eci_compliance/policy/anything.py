"""Whatever a call may carry: is there a value that is allowed?

The values that are tried are one for every way in which the statements held can tell values apart, plus one
that nobody has written anywhere; so what is denied for all of them is denied for every value there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from .conditions import (
    ABSENT,
    CURRENT_TIME,
    MFA_PRESENT,
    REQUEST_TAG,
    RESOURCE_TAG,
    SOURCE_IP,
    Condition,
    Context,
    Seen,
    holds,
    kind_of_values,
    values_that_matter,
)
from .eci_actions import EciAction, eci_action
from .evaluate import Principal, Verdict
from .logic import Asked, Question
from .request import Call, TagItems, Target
from .wildcards import UNKNOWN, Pattern, TooManyPatterns, classes

_MOST_CALLS = 4096
_CALLER = {SOURCE_IP, MFA_PRESENT, CURRENT_TIME}
FRESH_GROUP = "rg-of-no-record"

Choice = tuple[str, Sequence[Seen]]


class TooManyCalls(Exception):  # noqa: N818 - says what is the matter
    """There are more values that could matter than can be tried."""


@dataclass(frozen=True)
class Free:
    """What may be anything: what the call carries, the group that it names with it, and what the resource is
    like (its group apart)."""

    request: bool = False
    resource: bool = False
    group: bool = True


def decide_whatever(principal: Principal, call: Call, free: Free, groups: Iterable[str] = ()) -> Verdict:
    """The worst of every call that could matter: allowed if one is, else undecidable if one is, else denied.

    `groups` are resource groups that a call may name beside those on which something is held, and one on which
    nothing is.
    """
    if not principal.may_allow(call.action) or _is_denied_outright(principal, call.action):
        return principal.decide(call)
    likely = (principal.decide(one) for one in _likely(principal, call, free))
    if found := next((verdict for verdict in likely if verdict.outcome == "allowed"), None):
        return found
    doubt, denied = None, None
    try:
        for one in _calls(principal, call, free, tuple(groups)):
            verdict = principal.decide(one)
            if verdict.outcome == "allowed":
                return verdict
            doubt = doubt or (verdict if verdict.outcome == "undecidable" else None)
            denied = denied or verdict
    except (TooManyCalls, TooManyPatterns):
        what = Question("too many", "more values of tags, groups and callers than can be tried")
        return Verdict("undecidable", call, questions=(what,))
    return doubt or denied or principal.decide(call)


def _is_denied_outright(principal: Principal, action: str) -> bool:
    """Whether a Deny on the whole account asks for nothing: it applies whatever the call is like."""
    return any(
        named is True
        and ground.statement.effect == "Deny"
        and ground.grant.scope is None
        and ground.statement.problem is None
        and not ground.statement.conditions
        and "*" in (ground.statement.resources or ())
        for ground, named in principal.naming(action)
    )


def _likely(principal: Principal, call: Call, free: Free) -> Iterator[Call]:
    """The calls that come first to mind: the plain one, and for each Allow one that satisfies it.

    Where one of them is allowed, the others need not be tried, however many there are.
    """
    if not free.request:
        return
    named = _named_groups(principal, free, call, ())
    yield from (replace(call, group=group) for group in named)
    for ground, _ in principal.naming(call.action):
        conditions = ground.statement.conditions
        if ground.statement.effect == "Allow" and conditions:
            taken = _satisfying(conditions)
            tags = tuple((key[len(REQUEST_TAG) :], value) for key, value in taken if key not in _CALLER)
            stated = tuple(pair for pair in taken if pair[0] in _CALLER)
            yield from (replace(call, tags=tags, group=group, caller=stated) for group in named)


def _satisfying(conditions: Iterable[Condition]) -> TagItems:
    """For each key of the request or the caller a value that every condition on it takes, where there is one."""
    by_key: dict[str, list[Condition]] = {}
    for one in conditions:
        if one.key in _CALLER or one.key.startswith(REQUEST_TAG):
            by_key.setdefault(one.key, []).append(one)
    found = {key: _taken(key, mine) for key, mine in sorted(by_key.items())}
    return tuple((key, value) for key, value in found.items() if value is not None)


def _taken(key: str, conditions: list[Condition]) -> str | None:
    kinds = dict.fromkeys(kind_of_values(one.operator) for one in conditions)
    alike = ([one for one in conditions if kind_of_values(one.operator) == kind] for kind in kinds)
    values = (value for some in alike for value in values_that_matter(key, some) if value is not ABSENT)
    return next((str(value) for value in values if _takes(conditions, key, str(value))), None)


def _takes(conditions: Iterable[Condition], key: str, value: str) -> bool:
    context = Context(stated={key: value}, request_tags={key.removeprefix(REQUEST_TAG): value})
    return all(holds(one, context, Asked()) is True for one in conditions)


def _named_groups(
    principal: Principal, free: Free, call: Call, groups: tuple[str, ...]
) -> Sequence[str | None]:
    """The groups that a call can name and that could matter: one on which nothing is held is like any other."""
    row = eci_action(call.action)
    if not free.group or row is None or row.group not in ("create", "query"):
        return (call.group,)
    scopes = dict.fromkeys(one.scope for one in principal.grants)
    return (*dict.fromkeys((None, *scopes, *groups, FRESH_GROUP)),)


def _calls(principal: Principal, call: Call, free: Free, groups: tuple[str, ...]) -> Iterator[Call]:
    row = eci_action(call.action)
    conditions = _conditions(principal, call.action)
    named = _named_groups(principal, free, call, groups)
    request = _requests(call, row, conditions, named) if free.request else [call]
    targets = _targets(principal, call, row, conditions) if free.resource else [call.target]
    for one in request:
        for target in targets:
            region = target.region if target is not None and call.target is None else one.region
            yield replace(one, target=target if call.target is not None else None, region=region)


def _conditions(principal: Principal, action: str) -> tuple[Condition, ...]:
    return tuple(one for ground, _ in principal.naming(action) for one in ground.statement.conditions)


def _requests(
    call: Call,
    row: EciAction | None,
    conditions: tuple[Condition, ...],
    groups: Sequence[str | None],
) -> list[Call]:
    bags = [call.tags]
    if row is not None and row.tags != "no":
        # New tags of an update are held as tags of the resource too.
        also = RESOURCE_TAG if row.tags == "change" else REQUEST_TAG
        bags = _tag_bags(conditions, REQUEST_TAG, also)
    callers = _callers(conditions)
    if len(bags) * len(groups) * len(callers) > _MOST_CALLS:
        raise TooManyCalls
    return [
        replace(call, tags=tags, group=group, caller=caller)
        for tags, group, caller in product(bags, groups, callers)
    ]


def _tag_bags(conditions: Iterable[Condition], *prefixes: str) -> list[TagItems]:
    """Every set of tags that could matter."""
    by_tag: dict[str, list[Condition]] = {}
    for one in conditions:
        for prefix in prefixes:
            if one.key.startswith(prefix):
                tag = one.key[len(prefix) :]
                by_tag.setdefault(tag, []).append(replace(one, key=tag))
                break
    return _combinations([(tag, _values(tag, some)) for tag, some in sorted(by_tag.items())])


def _callers(conditions: Iterable[Condition]) -> list[TagItems]:
    conditions = tuple(conditions)
    keys = {one.key for one in conditions} & _CALLER
    return _combinations([(key, _values(key, conditions)) for key in sorted(keys)])


def _values(key: str, conditions: Iterable[Condition]) -> tuple[Seen, ...]:
    found = values_that_matter(key, conditions)
    if not found:
        raise TooManyCalls
    return found


def _combinations(choices: Sequence[Choice]) -> list[TagItems]:
    if prod(len(values) for _, values in choices) > _MOST_CALLS:
        raise TooManyCalls
    return [
        tuple((key, str(value)) for (key, _), value in zip(choices, some, strict=True) if value is not ABSENT)
        for some in product(*(values for _, values in choices))
    ]


def _targets(
    principal: Principal, call: Call, row: EciAction | None, conditions: tuple[Condition, ...]
) -> list[Target | None]:
    """Every resource of the group that could matter: by its tags, its id and its region."""
    if row is None:
        return [call.target]
    named = row.id != "no"
    bags = _tag_bags(conditions, RESOURCE_TAG) if named else [()]
    places = _places(principal, call, row, named=named)
    if len(bags) * len(places) > _MOST_CALLS:
        raise TooManyCalls
    group = call.target.group if call.target is not None else None
    kind = call.target.kind if call.target is not None else None
    return [Target(kind, id_, region, group, tags) for tags in bags for region, id_ in places]


def _places(principal: Principal, call: Call, row: EciAction, *, named: bool) -> list[tuple[str, str]]:
    """A region and an id for every way in which resource patterns can tell ARNs apart."""
    patterns = {
        pattern
        for ground, _ in principal.naming(row.action)
        for pattern in ground.statement.resources or ()
        if pattern != "*"
    }
    if not patterns:
        return [("cn-hangzhou", "x")]
    kind = call.target.kind if call.target is not None else row.kind
    head, middle = "acs:eci:", f":{principal.account.id}:{kind}/"
    within = Pattern.partly_known(f"{head}{UNKNOWN}{middle}{UNKNOWN if named and row.each else '*'}")
    texts = classes([Pattern.wild(one) for one in sorted(patterns)], within).values()
    return [(region, id_) for text in texts for region, _, id_ in [text[len(head) :].partition(middle)]]
