"""Which calls two policy documents decide differently: a comparison by meaning.

A document puts every call into one of three states: denied by one of its Deny statements, else allowed by one of
its Allow statements, else neither. Two documents mean the same where every call has the same state in both. Calls
are without number, so one call is tried for every way in which the patterns and condition values of the two
documents can tell calls apart. What the documentation leaves open (a negated operator on a missing key, for
example) is tried in every reading: documents that differ in some readings only cannot be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from .call_examples import action_examples, resource_examples
from .changed_contexts import Change, ChangedCall, Doubt, OpenChange, changed_contexts, doubt_about
from .document import Statement
from .patterns import TooManyPatterns, matches
from .readings import in_every_reading
from .statement_forms import conditions_of, understood
from .three_valued import Question

__all__ = ["ChangedCall", "Doubt", "changed_calls", "understood"]


def changed_calls(
    old: Sequence[Statement], new: Sequence[Statement], settled: Mapping[str, bool] | None = None
) -> Iterator[ChangedCall | Doubt]:
    """One call for each way in which two documents differ, and the statements that prevent a comparison.

    `old` and `new` are the statements that are understood (`understood`), `settled` the open questions, by the id of
    the assumption, that the owner of the account has settled.
    """
    some_readings: list[OpenChange] = []
    for change in _changes(old, new, settled or {}):
        if isinstance(change, OpenChange):
            some_readings.append(change)
        else:
            yield change
    yield from _together(some_readings)


def _changes(
    old: Sequence[Statement], new: Sequence[Statement], settled: Mapping[str, bool]
) -> Iterator[Change]:
    seen: dict[tuple[frozenset[int], frozenset[int]], list[Change]] = {}
    try:
        examples = action_examples(*old, *new)
    except TooManyPatterns:
        yield Doubt("new", new[0].index if new else 0, "its actions have too many wildcards to be compared")
        return
    for action in examples:
        before = [statement for statement in old if statement.names(action)]
        after = [statement for statement in new if statement.names(action)]
        key = (
            frozenset(statement.index for statement in before),
            frozenset(statement.index for statement in after),
        )
        if key not in seen:
            seen[key] = list(_changed(action, before, after, settled))
        for change in seen[key]:
            yield _with_action(change, action)


def _together(changes: Iterable[OpenChange]) -> Iterator[ChangedCall | Doubt]:
    """Changes in some readings, seen together: documents certainly differ where every reading has one of them."""
    by_questions: dict[frozenset[Question], list[OpenChange]] = {}
    for change in changes:
        questions = frozenset(question for reading in change.readings for question in reading)
        by_questions.setdefault(questions, []).append(change)
    apart: list[list[OpenChange]] = []
    for group in by_questions.values():
        if _are_certain(group):
            yield from (change.change for change in group)
        else:
            apart.append(group)
    rest = [change for group in apart for change in group]
    if len(apart) > 1 and _are_certain(rest):
        yield from (change.change for change in rest)
    else:
        yield from (group[0].doubt for group in apart)


def _are_certain(changes: Iterable[OpenChange]) -> bool:
    """Whether documents differ in every reading by one of these changes."""
    return in_every_reading(reading for change in changes for reading in change.readings)


def _with_action(change: Change, action: str) -> Change:
    if isinstance(change, Doubt):
        return change
    if isinstance(change, OpenChange):
        return replace(change, change=replace(change.change, action=action))
    return replace(change, action=action)


def _changed(
    action: str,
    before: Sequence[Statement],
    after: Sequence[Statement],
    settled: Mapping[str, bool],
) -> Iterator[Change]:
    """How statements that all name the action differ."""
    if {_meaning(statement) for statement in before} == {_meaning(statement) for statement in after}:
        return
    patterns = {pattern for statement in (*before, *after) for pattern in statement.resources or ()}
    try:
        resources = resource_examples(patterns)
    except TooManyPatterns:
        yield doubt_about(before, after, "its resources have too many wildcards to be compared")
        return
    for resource in resources:
        old, new = (
            [statement for statement in side if _is_about(statement, resource)] for side in (before, after)
        )
        if {(statement.effect, conditions_of(statement)) for statement in old} != {
            (statement.effect, conditions_of(statement)) for statement in new
        }:
            yield from changed_contexts(action, resource, old, new, settled)


def _meaning(statement: Statement) -> object:
    return (statement.effect, frozenset(statement.resources or ()), conditions_of(statement))


def _is_about(statement: Statement, resource: str) -> bool:
    return any(matches(pattern, resource) for pattern in statement.resources or ())
