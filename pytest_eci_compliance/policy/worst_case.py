"""Whatever a call may carry: is there a value that is allowed?

The values that are tried are one for every way in which the statements held can tell values apart, plus one
that nobody has written anywhere; so what is denied for all of them is denied for every value there is. They are
chosen key by key, and what is denied whatever the other keys are is not tried any further.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from .authorization import Call, TagItems
from .budget import TOO_MUCH, Budget, OutOfBudget
from .choices import CALLER_KEYS, Choice, Free, Part, Place, choices_of
from .condition_operators import kind_of_values
from .condition_values import values_that_matter
from .conditions import ABSENT, REQUEST_TAG, UNSTATED, Condition, Context, Seen, holds
from .decision import AccessDecision, Principal, out_of_budget
from .eci_actions import eci_action
from .patterns import TooManyPatterns
from .three_valued import Assumptions

_MOST_LIKELY = 64
_FREE = 32
"""Units of work of a first look at a usual number of statements, which grows with the account alone."""
_MORE_NODES = 256
"""How many more choices are tried for one that is allowed, once one is undecidable."""
FRESH_GROUP = "rg-of-no-record"


def decide_whatever(
    principal: Principal, call: Call, free: Free, groups: Iterable[str] = ()
) -> AccessDecision:
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


def _worst(principal: Principal, call: Call, free: Free, groups: tuple[str, ...]) -> AccessDecision:
    for likely in islice(_likely(principal, call, free), _MOST_LIKELY):
        if principal.bound(likely):
            return principal.judge(likely)
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
        choices = tuple(choices_of(principal, named, row, free))
        yield _Search(principal, named, choices)
        if row is not None and row.tags == "change" and any(choice.part == "request" for choice in choices):
            # Without tags it is another question: they are not changed.
            yield _Search(
                principal,
                replace(named, tags=()),
                tuple(choice for choice in choices if choice.part != "request"),
            )


class _Search:
    """Goes through the values of the choices, one choice after the other."""

    def __init__(self, principal: Principal, call: Call, choices: tuple[Choice, ...]) -> None:
        self._principal, self._call, self._choices = principal, call, choices
        self.doubt: AccessDecision | None = None

    def worst(self) -> AccessDecision:
        """The worst verdict of every combination of values. Raises `OutOfBudget`."""
        nodes, remaining = [()], _MORE_NODES  # type: list[tuple[Seen | Place, ...]], int
        while nodes and remaining:
            chosen = nodes.pop()
            remaining -= self.doubt is not None
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
            items = parts.setdefault(choice.part, [])
            if choice.part == "place":
                place = value if isinstance(value, tuple) else (None, None)
            elif not isinstance(value, tuple) and value is not ABSENT:
                items.append((choice.key, value))
            elif choice.part == "caller":
                items.append((choice.key, ABSENT))
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
            tags = tuple((key[len(REQUEST_TAG) :], value) for key, value in taken if key not in CALLER_KEYS)
            stated = tuple(pair for pair in taken if pair[0] in CALLER_KEYS)
            yield from (replace(call, tags=tags, group=group, caller=stated) for group in named)


def _satisfying(conditions: Iterable[Condition], budget: Budget) -> TagItems:
    """For each key of the request or the caller a value that every condition on it takes, where there is one."""
    by_key: dict[str, list[Condition]] = {}
    for condition in conditions:
        if condition.key in CALLER_KEYS or condition.key.startswith(REQUEST_TAG):
            by_key.setdefault(condition.key, []).append(condition)
    taken = {key: _taken(key, mine, budget) for key, mine in sorted(by_key.items())}
    return tuple((key, value) for key, value in taken.items() if value is not None)


def _taken(key: str, conditions: list[Condition], budget: Budget) -> str | None:
    kinds = dict.fromkeys(kind_of_values(condition.operator) for condition in conditions)
    alike = (
        [condition for condition in conditions if kind_of_values(condition.operator) == kind]
        for kind in kinds
    )
    values = (
        value
        for of_kind in alike
        for value in values_that_matter(key, of_kind, budget)
        if value is not ABSENT
    )
    return next((str(value) for value in values if _takes(conditions, key, str(value))), None)


def _takes(conditions: Iterable[Condition], key: str, value: str) -> bool:
    context = Context(stated={key: value}, request_tags={key.removeprefix(REQUEST_TAG): value})
    return all(holds(condition, context, Assumptions()) is True for condition in conditions)


def _named_groups(
    principal: Principal, free: Free, call: Call, groups: tuple[str, ...]
) -> Sequence[str | None]:
    """The groups that a call can name and that could matter: one on which nothing is held is like any other."""
    row = eci_action(call.action)
    if not free.group or row is None or row.group not in ("create", "query"):
        return (call.group,)
    scopes = dict.fromkeys(grant.scope for grant in principal.grants)
    return (*dict.fromkeys((None, *scopes, *groups, FRESH_GROUP)),)
