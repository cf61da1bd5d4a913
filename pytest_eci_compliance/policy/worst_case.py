"""Whatever a call may carry: is there a value that is allowed?

The values that are tried are one for every way in which the statements held can tell values apart, plus one
that nobody has written anywhere; so what is denied for all of them is denied for every value there is. They are
chosen key by key, and what is denied whatever the other keys are is not tried any further.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, TypeAlias

from .authorization import Authorization, Call, Refused, TagItems, authorizations
from .budget import TOO_MUCH, Budget, OutOfBudget
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
    kind_of_values,
    values_that_matter,
    values_to_try,
)
from .decision import Principal, Verdict, in_scope, out_of_budget
from .eci_actions import EciAction, eci_action
from .patterns import UNKNOWN, Pattern, TooManyPatterns, classes
from .three_valued import Assumptions

_CALLER = {SOURCE_IP, MFA_PRESENT, CURRENT_TIME}
_MOST_LIKELY = 64
_FREE = 32
"""Units of work of a first look at a usual number of statements, which grows with the account alone."""
_MORE_NODES = 256
"""How many more choices are tried for one that is allowed, once one is undecidable."""
FRESH_GROUP = "rg-of-no-record"

Part: TypeAlias = Literal["request", "caller", "resource", "place"]
Place: TypeAlias = "tuple[str | None, str | None]"


@dataclass(frozen=True)
class Free:
    """What may be anything: what the call carries, the group that it names with it, and what the resource is
    like (its group apart)."""

    request: bool = False
    resource: bool = False
    group: bool = True


@dataclass(frozen=True)
class _Choice:
    """One thing that may be anything: a tag or another key of a part of the call, with one value for each way in
    which statements can tell its values apart; or the region and id of the resource."""

    part: Part
    key: str
    values: tuple[Seen | Place, ...]


def decide_whatever(principal: Principal, call: Call, free: Free, groups: Iterable[str] = ()) -> Verdict:
    """The worst of every call that could matter: allowed if one is, else undecidable if one is, else denied.

    `groups` are resource groups that a call may name beside those on which something is held, and one on which
    nothing is. Undecidable where that takes more work than the principal's budget has.
    """
    try:
        principal.budget.start_decision()
        if not principal.may_allow(call.action) or principal.denies_outright(call.action):
            return principal.judge(call)
        principal.spend_look(principal.work(call.action))
        return _worst(principal, call, free, tuple(groups))
    except OutOfBudget as spent:
        return out_of_budget(call, spent)
    except TooManyPatterns:
        return out_of_budget(call, OutOfBudget(TOO_MUCH))


def _worst(principal: Principal, call: Call, free: Free, groups: tuple[str, ...]) -> Verdict:
    for one in islice(_likely(principal, call, free), _MOST_LIKELY):
        if principal.bound(one):
            return principal.judge(one)
    doubt, denied = None, None
    for search in _searches(principal, call, free, groups):
        try:
            verdict = search.worst()
        except OutOfBudget:
            # What is undecidable anyway needs no better reason.
            if search.doubt or doubt:
                return search.doubt or doubt or verdict
            raise
        if verdict.outcome == "allowed":
            return verdict
        doubt = doubt or (verdict if verdict.outcome == "undecidable" else None)
        denied = denied or verdict
    return doubt or denied or principal.judge(call)


def _searches(principal: Principal, call: Call, free: Free, groups: tuple[str, ...]) -> Iterator[_Search]:
    """One search for each group that the call can name."""
    row = eci_action(call.action)
    for group in _named_groups(principal, free, call, groups) if free.request else (call.group,):
        named = replace(call, group=group)
        choices = tuple(_choices(principal, named, row, free))
        yield _Search(principal, named, choices)
        if row is not None and row.tags == "change" and any(one.part == "request" for one in choices):
            # Without tags it is another question: they are not changed.
            yield _Search(
                principal, replace(named, tags=()), tuple(one for one in choices if one.part != "request")
            )


class _Search:
    """Goes through the values of the choices, one choice after the other."""

    def __init__(self, principal: Principal, call: Call, choices: tuple[_Choice, ...]) -> None:
        self._principal, self._call, self._choices = principal, call, choices
        self.doubt: Verdict | None = None

    def worst(self) -> Verdict:
        """The worst verdict of every combination of values. Raises `OutOfBudget`."""
        nodes, left = [()], _MORE_NODES  # type: list[tuple[Seen | Place, ...]], int
        while nodes and left:
            chosen = nodes.pop()
            left -= self.doubt is not None
            call = self._with(chosen)
            if self._principal.bound(call, 0 if chosen else _FREE) is False:
                continue
            if len(chosen) < len(self._choices):
                values = self._choices[len(chosen)].values
                nodes.extend((*chosen, value) for value in reversed(values))
                continue
            verdict = self._principal.judge(call)
            if verdict.outcome == "allowed":
                return verdict
            if verdict.outcome == "undecidable":
                self.doubt = self.doubt or verdict
        return self.doubt or self._principal.judge(self._with(()) if self._choices else self._call)

    def _with(self, chosen: tuple[Seen | Place, ...]) -> Call:
        """The call with the values that are chosen; the other choices are open."""
        parts: dict[Part, list[tuple[str, Seen]]] = {}
        place: Place | None = None
        for number, choice in enumerate(self._choices):
            value = chosen[number] if number < len(chosen) else UNSTATED
            some = parts.setdefault(choice.part, [])
            if choice.part == "place":
                place = value if isinstance(value, tuple) else (None, None)
            elif not isinstance(value, tuple) and value is not ABSENT:
                some.append((choice.key, value))
            elif choice.part == "caller":
                some.append((choice.key, ABSENT))
        call = self._call
        call = replace(
            call,
            tags=tuple(parts["request"]) if "request" in parts else call.tags,
            caller=(*call.caller, *parts.get("caller", ())),
        )
        if call.target is None:
            return call if place is None else replace(call, region=place[0])
        region, id_ = (call.target.region, call.target.id) if place is None else place
        tags = tuple(parts["resource"]) if "resource" in parts else call.target.tags
        return replace(call, target=replace(call.target, region=region, id=id_, tags=tags))


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
            taken = _satisfying(conditions, principal.budget)
            tags = tuple((key[len(REQUEST_TAG) :], value) for key, value in taken if key not in _CALLER)
            stated = tuple(pair for pair in taken if pair[0] in _CALLER)
            yield from (replace(call, tags=tags, group=group, caller=stated) for group in named)


def _satisfying(conditions: Iterable[Condition], budget: Budget) -> TagItems:
    """For each key of the request or the caller a value that every condition on it takes, where there is one."""
    by_key: dict[str, list[Condition]] = {}
    for one in conditions:
        if one.key in _CALLER or one.key.startswith(REQUEST_TAG):
            by_key.setdefault(one.key, []).append(one)
    found = {key: _taken(key, mine, budget) for key, mine in sorted(by_key.items())}
    return tuple((key, value) for key, value in found.items() if value is not None)


def _taken(key: str, conditions: list[Condition], budget: Budget) -> str | None:
    kinds = dict.fromkeys(kind_of_values(one.operator) for one in conditions)
    alike = ([one for one in conditions if kind_of_values(one.operator) == kind] for kind in kinds)
    values = (
        value for some in alike for value in values_that_matter(key, some, budget) if value is not ABSENT
    )
    return next((str(value) for value in values if _takes(conditions, key, str(value))), None)


def _takes(conditions: Iterable[Condition], key: str, value: str) -> bool:
    context = Context(stated={key: value}, request_tags={key.removeprefix(REQUEST_TAG): value})
    return all(holds(one, context, Assumptions()) is True for one in conditions)


def _named_groups(
    principal: Principal, free: Free, call: Call, groups: tuple[str, ...]
) -> Sequence[str | None]:
    """The groups that a call can name and that could matter: one on which nothing is held is like any other."""
    row = eci_action(call.action)
    if not free.group or row is None or row.group not in ("create", "query"):
        return (call.group,)
    scopes = dict.fromkeys(one.scope for one in principal.grants)
    return (*dict.fromkeys((None, *scopes, *groups, FRESH_GROUP)),)


def _choices(principal: Principal, call: Call, row: EciAction | None, free: Free) -> Iterator[_Choice]:
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
        for key in sorted({one.key for one in everything} & _CALLER - stated):
            about = [one for one in everything if one.key == key]
            yield _Choice("caller", key, _told_apart(key, about, values_to_try(key, about, budget), budget))
    if free.resource and row is not None:
        if call.target is not None and row.id != "no":
            yield from _resource_tags(own, budget)
        yield _Choice("place", "", tuple(_places(principal, call, row, named=row.id != "no")))


def _resource_tags(conditions: tuple[Condition, ...], budget: Budget) -> Iterator[_Choice]:
    choices = tuple(_tags("resource", conditions, budget, RESOURCE_TAG))
    # A resource without any tag is what is left where no statement looks at one.
    yield from choices or (_Choice("resource", RESOURCE_TAG, (ABSENT,)),)


def _conditions(principal: Principal, call: Call) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """The conditions of the statements that may count for the call: those about its action, and those about the
    other actions that it needs."""
    needed = authorizations(call, principal.account)
    own: dict[Condition, None] = {}
    lent: dict[Condition, None] = {}
    for one in () if isinstance(needed, Refused) else needed:
        some = own if one.action.lower() == call.action.lower() else lent
        some |= dict.fromkeys(_that_count(principal, one))
    return tuple(own), tuple(lent)


def _that_count(principal: Principal, one: Authorization) -> Iterator[Condition]:
    for ground, _ in principal.naming(one.action):
        if in_scope(ground, one, Assumptions()) is not False:
            yield from ground.statement.conditions
    for ground, _ in principal.naming_in_ceiling(one.action):
        yield from ground.statement.conditions


def _tags(part: Part, conditions: Iterable[Condition], budget: Budget, *prefixes: str) -> Iterator[_Choice]:
    """Every tag that a condition looks at."""
    by_tag: dict[str, list[Condition]] = {}
    for one in conditions:
        for prefix in prefixes:
            if one.key.startswith(prefix):
                tag = one.key[len(prefix) :]
                by_tag.setdefault(tag, []).append(replace(one, key=REQUEST_TAG + tag))
                break
    folded = [tag.casefold() for tag in by_tag]
    for tag, about in sorted(by_tag.items()):
        values = values_to_try(REQUEST_TAG + tag, about, budget)
        # Where a key is there in another case too, what is absent is not known to be.
        alone = folded.count(tag.casefold()) == 1
        yield _Choice(part, tag, _told_apart(REQUEST_TAG + tag, about, values, budget) if alone else values)


def _told_apart(
    key: str, conditions: Sequence[Condition], values: Sequence[Seen], budget: Budget
) -> tuple[Seen, ...]:
    """The first of the values that come out the same under every condition. Raises `OutOfBudget`."""
    budget.spend(max(0, len(values) * sum(map(condition_work, conditions)) - _FREE))
    first: dict[object, Seen] = {}
    for value in values:
        tag = key.removeprefix(REQUEST_TAG)
        context = Context(request_tags={} if value is ABSENT else {tag: value}, stated={key: value})
        asked = Assumptions()
        results = tuple(holds(one, context, asked) for one in conditions)
        first.setdefault(UNSTATED if value is UNSTATED else (results, tuple(asked.open)), value)
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
    texts = classes([Pattern.wild(one) for one in sorted(patterns)], within, principal.budget).values()
    return [(region, id_) for text in texts for region, _, id_ in [text[len(head) :].partition(middle)]]
