"""Calls that change the tags of a resource, and what the caller may do afterwards (section 4).

The search covers every sequence of calls that change tags, over every set of tags that the conditions of the
principal can tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from ...policy.authorization import Call, TagItems, Target
from ...policy.budget import Budget, OutOfBudget
from ...policy.condition_operators import is_negated
from ...policy.conditions import REQUEST_TAG
from ...policy.decision import Outcome, Principal
from ...policy.document import Statement
from ...policy.eci_actions import ACTIONS, EciAction
from .tag_space import STEPS_PER_UNIT, SearchTooLargeError, TagSpace

TAG, UNTAG = "eci:TagResources", "eci:UntagResources"


_DECISION = 8
"""Units of work of a decision, beyond those that the evaluator counts."""


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
            space = TagSpace(principal, kind, of_kind, retags)
            yield from _Search(space, other, group).detours()


@dataclass(frozen=True)
class _Path:
    """Calls that change tags, the tags of the resource afterwards, and whether all of them are surely allowed."""

    retags: tuple[Call, ...]
    tags: TagItems
    certain: bool


@dataclass(frozen=True)
class _Search:
    """The search over one kind of resource in one resource group."""

    space: TagSpace
    other: Principal
    group: str
    _decided: dict[tuple[bool, Call], Outcome] = field(default_factory=dict, repr=False)

    @property
    def _principal(self) -> Principal:
        return self.space.principal

    @property
    def _budget(self) -> Budget:
        return self._principal.budget

    def detours(self) -> Iterator[Detour]:
        # Each action that changes tags is decided at least once for each set of tags, unless it looks at the request.
        rows = [row for row in self.space.retags if not self.space.looks_at_request(row)]
        if not self._budget.affords(len(self.space.states) * len(rows) * _DECISION):
            raise SearchTooLargeError
        for place in self.space.places:
            edges = {tags: self._edges(place, tags) for tags in self.space.states}
            for before in self.space.states:
                paths = list(_paths(edges, before))
                for act in self._act_calls(place, before) if paths else ():
                    yield from self._crossing(act, paths)

    def _crossing(self, act: Call, paths: Sequence[_Path]) -> Iterator[Detour]:
        """The paths before which `act` is not allowed and after which it is, because of the tag conditions."""
        before = self._decide(self._principal, act)
        self._budget.spend(len(paths) // STEPS_PER_UNIT)
        for path in paths if before != "allowed" else ():
            later = replace(act, target=_tagged(act.target, path.tags))
            after = self._decide(self._principal, later)
            if after == "denied":
                continue
            others = self._decide(self.other, act), self._decide(self.other, later)
            if others != (before, after):
                certain = path.certain and (before, after) == ("denied", "allowed")
                yield Detour(path.retags, path.tags, act, certain)

    def _edges(self, place: tuple[str, str], before: TagItems) -> list[_Path]:
        """The changes of tags by one call that are allowed, or may be: one for every set of tags afterwards."""
        edges: dict[TagItems, _Path] = {}
        for row in self.space.retags:
            if self._is_denied_with_any_tags(row, place, before):
                continue
            self._budget.spend(
                len(self.space.states if row.action == UNTAG else self.space.requests) // STEPS_PER_UNIT
            )
            decided: dict[TagItems, tuple[Call, Outcome]] = {}
            for request, after in self._changes(row, before):
                seen = self.space.seen(row, request)
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
        calls = (self._call(row, place, before, request, caller) for caller in self.space.callers)
        decided = ((call, self._decide(self._principal, call)) for call in calls)
        order: tuple[Outcome, ...] = ("allowed", "undecidable", "denied")
        return min(decided, key=lambda pair: order.index(pair[1]))

    def _is_denied_with_any_tags(self, row: EciAction, place: tuple[str, str], before: TagItems) -> bool:
        """Whether the tags of the resource alone have the call denied.

        A call without tags shows it, unless a statement looks at the tags of the resource and of the request.
        """
        if self.space.looks_at_request(row):
            return False
        return self._best(row, place, before, ())[1] == "denied"

    def _changes(self, row: EciAction, before: TagItems) -> Iterator[tuple[TagItems, TagItems]]:
        """The tags that the call carries, and those of the resource afterwards.

        TagResources adds tags, UntagResources removes tags, Update* replaces them.
        """
        if row.action == UNTAG:
            yield from (((), tags) for tags in self.space.states if set(tags) < set(before))
            return
        for request in filter(None, self.space.requests):
            base = dict(before) if row.action == TAG else {}
            tags = {**base, **dict(request)}
            after = tuple(
                sorted((key, value) for key, value in tags.items() if key in self.space.resource_keys)
            )
            if after != before:
                yield request, after

    def _act_calls(self, place: tuple[str, str], tags: TagItems) -> Iterator[Call]:
        for row, caller in product(self.space.acts, self.space.callers):
            plain = self._call(row, place, tags, (), caller)
            yield plain
            on_request = [
                statement for statement in self.space.statements(row) if statement.turns_on(REQUEST_TAG)
            ]
            if row.tags == "no" or not on_request:
                continue
            more_allowed = _only_add(on_request) and row.tags != "change"
            if more_allowed and self._decide(self._principal, plain) == "allowed":
                continue
            for request in filter(None, self.space.requests):
                yield self._call(row, place, tags, request, caller)

    def _call(
        self, row: EciAction, place: tuple[str, str], tags: TagItems, request: TagItems, caller: TagItems
    ) -> Call:
        region, id_ = place
        target = Target(self.space.kind, id_, region, self.group, tags)
        return Call(row.action, target, request, self.group, caller=caller)

    def _decide(self, principal: Principal, call: Call) -> Outcome:
        key = principal is self._principal, call
        if key not in self._decided:
            self._budget.spend(_DECISION)
            verdict = principal.decide(call)
            if verdict.is_out_of_budget:
                raise SearchTooLargeError
            self._decided[key] = verdict.outcome
        return self._decided[key]


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
