"""Calls that change the tags of a resource, and what the caller may do afterwards (section 4).

The search covers every sequence of calls that change tags, over every set of tags that the conditions of the
principal can tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from math import prod

from ...policy.authorization import Call, TagItems, Target
from ...policy.budget import Budget, OutOfBudget
from ...policy.conditions import (
    ABSENT,
    CURRENT_TIME,
    MFA_PRESENT,
    REQUEST_TAG,
    RESOURCE_TAG,
    SOURCE_IP,
    Condition,
    Seen,
    is_negated,
    values_that_matter,
)
from ...policy.decision import Outcome, Principal
from ...policy.document import Statement
from ...policy.eci_actions import ACTIONS, EciAction, ResourceKind
from ...policy.patterns import UNKNOWN, Pattern, TooManyPatterns, classes

TAG, UNTAG = "eci:TagResources", "eci:UntagResources"
_CALLER = (SOURCE_IP, MFA_PRESENT, CURRENT_TIME)


_DECISION = 8
"""Units of work of a decision, beyond those that the evaluator counts."""
_STEPS = 2
"""Steps of the search, without a decision, that are one unit of work."""
_MOST_COMBINATIONS = 20_000


class SearchTooLargeError(Exception):
    """More combinations of tags, callers and resources than the budget allows."""


@dataclass(frozen=True)
class Detour:
    """Changes of tags, in their order, after which a call is allowed that was denied before.

    `certain` is False where one of the decisions is undecidable.
    """

    retags: tuple[Call, ...]
    tags_after: TagItems
    act: Call
    certain: bool


def changes_tags(row: EciAction) -> bool:
    """Whether an action can change the tags of an existing resource."""
    return row.tags == "change" or row.action in (TAG, UNTAG)


def detours(
    principal: Principal, other: Principal, acts: Iterable[EciAction], group: str
) -> Iterator[Detour]:
    """Every detour that makes one of the actions allowed on a resource of a group.

    `other` is the principal without the tag conditions in question: a detour that makes the same difference to it
    does not concern them. The work is taken from the budget of the principal. Raises `SearchTooLargeError`.
    """
    try:
        yield from _detours(principal, other, acts, group)
    except OutOfBudget:
        raise SearchTooLargeError from None


def _detours(
    principal: Principal, other: Principal, acts: Iterable[EciAction], group: str
) -> Iterator[Detour]:
    rows = tuple(row for row in acts if row.id != "no" and principal.may_allow(row.action))
    for kind in dict.fromkeys(kind for row in rows for kind in row.kinds):
        of_kind = tuple(row for row in rows if kind in row.kinds)
        retags = tuple(
            row
            for row in ACTIONS.values()
            if changes_tags(row) and kind in row.kinds and principal.may_allow(row.action)
        )
        principal.spend_look(sum(principal.work(row.action) for row in dict.fromkeys((*of_kind, *retags))))
        if retags:
            yield from _Search(principal, other, kind, group, of_kind, retags).detours()


@dataclass(frozen=True)
class _Path:
    """Calls that change tags, the tags of the resource afterwards, and whether all of them are surely allowed."""

    retags: tuple[Call, ...]
    tags: TagItems
    certain: bool


@dataclass(frozen=True)
class _Search:
    """The search over one kind of resource in one resource group."""

    principal: Principal
    other: Principal
    kind: ResourceKind
    group: str
    acts: tuple[EciAction, ...]
    retags: tuple[EciAction, ...]
    _decided: dict[tuple[bool, Call], Outcome] = field(default_factory=dict, repr=False)
    _by_action: dict[str, list[Statement]] = field(default_factory=dict, repr=False)
    _keys_seen: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    _has_request_conditions: dict[str, bool] = field(default_factory=dict, repr=False)

    def detours(self) -> Iterator[Detour]:
        # Each action that changes tags is decided at least once for each set of tags, unless it looks at the request.
        rows = [row for row in self.retags if not self._looks_at_request(row)]
        if not self._budget.affords(len(self._states) * len(rows) * _DECISION):
            raise SearchTooLargeError
        for place in self._places:
            edges = {tags: self._edges(place, tags) for tags in self._states}
            for before in self._states:
                paths = list(_paths(edges, before))
                for act in self._act_calls(place, before) if paths else ():
                    yield from self._crossing(act, paths)

    def _crossing(self, act: Call, paths: Sequence[_Path]) -> Iterator[Detour]:
        """The paths before which `act` is not allowed and after which it is, because of the tag conditions."""
        before = self._decide(self.principal, act)
        self._budget.spend(len(paths) // _STEPS)
        for path in paths if before != "allowed" else ():
            later = replace(act, target=_tagged(act.target, path.tags))
            after = self._decide(self.principal, later)
            if after == "denied":
                continue
            others = self._decide(self.other, act), self._decide(self.other, later)
            if others != (before, after):
                certain = path.certain and (before, after) == ("denied", "allowed")
                yield Detour(path.retags, path.tags, act, certain)

    def _edges(self, place: tuple[str, str], before: TagItems) -> list[_Path]:
        """The changes of tags by one call that are allowed, or may be: one for every set of tags afterwards."""
        edges: dict[TagItems, _Path] = {}
        for row in self.retags:
            if self._is_denied_with_any_tags(row, place, before):
                continue
            self._budget.spend(len(self._states if row.action == UNTAG else self._requests) // _STEPS)
            decided: dict[TagItems, tuple[Call, Outcome]] = {}
            for request, after in self._changes(row, before):
                seen = self._seen(row, request)
                if seen not in decided:
                    decided[seen] = self._best(row, place, before, request)
                call, outcome = decided[seen]
                known = edges.get(after)
                if outcome == "allowed" and (known is None or not known.certain):
                    edges[after] = _Path((replace(call, tags=request),), after, certain=True)
                elif outcome == "undecidable" and known is None:
                    edges[after] = _Path((replace(call, tags=request),), after, certain=False)
        return list(edges.values())

    def _best(
        self, row: EciAction, place: tuple[str, str], before: TagItems, request: TagItems
    ) -> tuple[Call, Outcome]:
        """The call from the caller to whom most is allowed."""
        calls = (self._call(row, place, before, request, caller) for caller in self._callers)
        decided = ((call, self._decide(self.principal, call)) for call in calls)
        order: tuple[Outcome, ...] = ("allowed", "undecidable", "denied")
        return min(decided, key=lambda pair: order.index(pair[1]))

    def _is_denied_with_any_tags(self, row: EciAction, place: tuple[str, str], before: TagItems) -> bool:
        """Whether the tags of the resource alone have the call denied.

        A call without tags shows it, unless a statement looks at the tags of the resource and of the request.
        """
        if self._looks_at_request(row):
            return False
        return self._best(row, place, before, ())[1] == "denied"

    def _seen(self, row: EciAction, request: TagItems) -> TagItems:
        """As much of the tags of a call as a statement can look at."""
        if row.action not in self._keys_seen:
            prefixes = (REQUEST_TAG, RESOURCE_TAG) if row.tags == "change" else (REQUEST_TAG,)
            self._keys_seen[row.action] = frozenset(
                condition.key[len(prefix) :]
                for statement in self._statements(row)
                for condition in statement.conditions
                for prefix in prefixes
                if condition.key.startswith(prefix)
            )
        return tuple(pair for pair in request if pair[0] in self._keys_seen[row.action])

    def _looks_at_request(self, row: EciAction) -> bool:
        """Whether a statement about an action looks at the tags of the request."""
        if row.action not in self._has_request_conditions:
            self._has_request_conditions[row.action] = any(
                statement.turns_on(REQUEST_TAG) for statement in self._statements(row)
            )
        return self._has_request_conditions[row.action]

    def _changes(self, row: EciAction, before: TagItems) -> Iterator[tuple[TagItems, TagItems]]:
        """The tags that the call carries, and those of the resource afterwards.

        TagResources adds tags, UntagResources removes tags, Update* replaces them.
        """
        if row.action == UNTAG:
            yield from (((), tags) for tags in self._states if set(tags) < set(before))
            return
        for request in filter(None, self._requests):
            base = dict(before) if row.action == TAG else {}
            tags = {**base, **dict(request)}
            after = tuple(sorted((key, value) for key, value in tags.items() if key in self._resource_keys))
            if after != before:
                yield request, after

    def _act_calls(self, place: tuple[str, str], tags: TagItems) -> Iterator[Call]:
        for row, caller in product(self.acts, self._callers):
            plain = self._call(row, place, tags, (), caller)
            yield plain
            on_request = [statement for statement in self._statements(row) if statement.turns_on(REQUEST_TAG)]
            if row.tags == "no" or not on_request:
                continue
            more_allowed = _only_add(on_request) and row.tags != "change"
            if more_allowed and self._decide(self.principal, plain) == "allowed":
                continue
            for request in filter(None, self._requests):
                yield self._call(row, place, tags, request, caller)

    def _statements(self, row: EciAction) -> list[Statement]:
        if row.action not in self._by_action:
            grounds = self.principal.naming(row.action)
            self._by_action[row.action] = [ground.statement for ground, _ in grounds]
        return self._by_action[row.action]

    def _call(
        self, row: EciAction, place: tuple[str, str], tags: TagItems, request: TagItems, caller: TagItems
    ) -> Call:
        region, id_ = place
        target = Target(self.kind, id_, region, self.group, tags)
        return Call(row.action, target, request, self.group, caller=caller)

    def _decide(self, principal: Principal, call: Call) -> Outcome:
        key = principal is self.principal, call
        if key not in self._decided:
            self._budget.spend(_DECISION)
            verdict = principal.decide(call)
            if verdict.is_out_of_budget:
                raise SearchTooLargeError
            self._decided[key] = verdict.outcome
        return self._decided[key]

    @property
    def _budget(self) -> Budget:
        return self.principal.budget

    @cached_property
    def _conditions(self) -> tuple[Condition, ...]:
        rows = dict.fromkeys((*self.acts, *self.retags))
        return tuple(
            dict.fromkeys(
                condition
                for row in rows
                for statement in self._statements(row)
                for condition in statement.conditions
            )
        )

    @cached_property
    def _states(self) -> list[TagItems]:
        """Every set of tags of a resource that the conditions can tell apart."""
        return self._bags(self._resource_keys)

    @cached_property
    def _requests(self) -> list[TagItems]:
        """Every set of tags of a call that the conditions can tell apart."""
        return self._bags(self._by_tag)

    @cached_property
    def _resource_keys(self) -> frozenset[str]:
        prefix = RESOURCE_TAG
        return frozenset(
            condition.key[len(prefix) :] for condition in self._conditions if condition.key.startswith(prefix)
        )

    @cached_property
    def _by_tag(self) -> dict[str, list[Condition]]:
        """The conditions by tag key, whether on the request or on the resource."""
        by_tag: dict[str, list[Condition]] = {}
        for condition, prefix in product(self._conditions, (REQUEST_TAG, RESOURCE_TAG)):
            if condition.key.startswith(prefix):
                tag = condition.key[len(prefix) :]
                by_tag.setdefault(tag, []).append(replace(condition, key=tag))
        return by_tag

    def _bags(self, tags: Iterable[str]) -> list[TagItems]:
        return self._combinations(
            [(tag, values_that_matter(tag, self._by_tag[tag], self._budget)) for tag in sorted(tags)]
        )

    @cached_property
    def _callers(self) -> list[TagItems]:
        keys = {condition.key for condition in self._conditions}
        return self._combinations(
            [(key, values_that_matter(key, self._conditions, self._budget)) for key in _CALLER if key in keys]
        )

    def _combinations(self, choices: Sequence[tuple[str, Sequence[Seen]]]) -> list[TagItems]:
        number = prod(len(values) for _, values in choices)
        if number == 0 or number > _MOST_COMBINATIONS:
            raise SearchTooLargeError
        self._budget.spend(number // _STEPS)
        return [
            tuple(
                (key, str(value))
                for (key, _), value in zip(choices, values, strict=True)
                if value is not ABSENT
            )
            for values in product(*(values for _, values in choices))
        ]

    @cached_property
    def _places(self) -> list[tuple[str, str]]:
        """A region and an id for every way in which resource patterns can tell the ARNs apart."""
        patterns = {
            pattern
            for row in (*self.acts, *self.retags)
            for statement in self._statements(row)
            for pattern in statement.resources or ()
            if pattern != "*"
        }
        if not patterns:
            return [("cn-hangzhou", "x")]
        head, middle = "acs:eci:", f":{self.principal.account.id}:{self.kind}/"
        within = Pattern.partly_known(f"{head}{UNKNOWN}{middle}{UNKNOWN}")
        try:
            texts = classes(
                [Pattern.wild(pattern) for pattern in sorted(patterns)], within, self._budget
            ).values()
        except TooManyPatterns:
            raise SearchTooLargeError from None
        return [(region, id_) for text in texts for region, _, id_ in [text[len(head) :].partition(middle)]]


def _paths(edges: Mapping[TagItems, Sequence[_Path]], start: TagItems) -> Iterator[_Path]:
    """A shortest path from `start` to every other set of tags: one that is surely allowed where there is one."""
    reached = {start}
    for only_certain in (True, False):
        queue = [_Path((), start, certain=True)]
        visited = {start}
        while queue and len(visited) < len(edges):
            path = queue.pop(0)
            for edge in edges[path.tags]:
                if edge.tags in visited or (only_certain and not edge.certain):
                    continue
                visited.add(edge.tags)
                longer = _Path((*path.retags, *edge.retags), edge.tags, path.certain and edge.certain)
                queue.append(longer)
                if edge.tags not in reached:
                    reached.add(edge.tags)
                    yield longer


def _only_add(statements: Iterable[Statement]) -> bool:
    """Whether a further tag in a call can only add to what these statements allow."""
    return not any(
        statement.effect != "Allow"
        or any(is_negated(condition.operator) for condition in statement.conditions)
        for statement in statements
    )


def _tagged(target: Target | None, tags: TagItems) -> Target | None:
    return None if target is None else replace(target, tags=tags)
