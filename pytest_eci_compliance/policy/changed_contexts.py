"""Which values of condition keys make two documents decide a call differently.

One value of each key is tried for every way in which the conditions of the two documents can tell values apart, and
every reading of what the documentation leaves open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Literal, TypeAlias

from ..messages import join_words
from .condition_operators import OPERATORS
from .condition_values import values_that_matter
from .conditions import ABSENT, REQUEST_TAG, RESOURCE_TAG, VARIABLE, Condition, Context, NoValue, holds
from .document import Statement
from .readings import Reading
from .statement_forms import conditions_of
from .three_valued import Assumptions, Question, how_to_settle

State: TypeAlias = Literal["denied", "allowed", "neither"]
ContextItems: TypeAlias = "tuple[tuple[str, str | NoValue], ...]"

_MOST_CONTEXTS = 4096
_MOST_READINGS = 256


@dataclass(frozen=True)
class ChangedCall:
    """A call that two documents decide differently: `before` and `after` are its states.

    `old` and `new` are the statements of each document that apply to the call. `context` holds the value of each
    condition key that the statements look at.
    """

    action: str
    resource: str
    context: ContextItems
    before: State
    after: State
    old: tuple[Statement, ...]
    new: tuple[Statement, ...]


@dataclass(frozen=True)
class OpenChange:
    """A change of a call in some readings of what the documentation leaves open, and not in others.

    `doubt` is what to report where the documents do not differ in every reading.
    """

    change: ChangedCall
    readings: tuple[Reading, ...]
    doubt: Doubt


@dataclass(frozen=True)
class Doubt:
    """A statement whose meaning cannot be compared: of the `old` document or the `new` one, and why not."""

    side: Literal["old", "new"]
    index: int
    why: str


Change: TypeAlias = "ChangedCall | OpenChange | Doubt"


def doubt_about(old: Sequence[Statement], new: Sequence[Statement], why: str) -> Doubt:
    """The doubt about the first statement that only one of the documents has."""
    known = {(statement.effect, conditions_of(statement)) for statement in old}
    added = next(
        (statement for statement in new if (statement.effect, conditions_of(statement)) not in known), None
    )
    if added is not None or not old:
        return Doubt("new", added.index if added else 0, why)
    return Doubt("old", old[0].index, why)


def changed_contexts(
    action: str,
    resource: str,
    old: Sequence[Statement],
    new: Sequence[Statement],
    settled: Mapping[str, bool],
) -> Iterator[Change]:
    """How the statements about one action and one resource decide differently, context by context."""
    conditions = [condition for statement in (*old, *new) for condition in statement.conditions]
    keys = sorted({condition.key for condition in conditions})
    values = [_values(key, conditions) for key in keys]
    if not all(values) or prod(map(len, values)) > _MOST_CONTEXTS:
        odd = next((key for key, key_values in zip(keys, values, strict=True) if not key_values), None)
        subject = f"its conditions on {odd}" if odd else "its conditions"
        witness = None if odd else _witness(action, resource, keys, values, old, new, settled)
        yield witness or doubt_about(old, new, f"{subject} cannot be compared value by value")
        return
    doubt: Doubt | None = None
    for context in product(*values):
        change = _change_in(action, resource, tuple(zip(keys, context, strict=True)), old, new, settled)
        if isinstance(change, Doubt):
            doubt = doubt or change
        elif change is not None:
            yield change
    if doubt is not None:
        yield doubt


def _witness(
    action: str,
    resource: str,
    keys: Sequence[str],
    values: Sequence[tuple[str | NoValue, ...]],
    old: Sequence[Statement],
    new: Sequence[Statement],
    settled: Mapping[str, bool],
) -> ChangedCall | None:
    """A call that certainly differs, among those that a statement is about but for the value of one key."""
    for statement in (*old, *new):
        base = [
            next((value for value in choices if _fits(statement, key, value)), choices[0])
            for key, choices in zip(keys, values, strict=True)
        ]
        for place, choices in enumerate(values):
            for value in choices:
                context = tuple(zip(keys, [*base[:place], value, *base[place + 1 :]], strict=True))
                change = _change_in(action, resource, context, old, new, settled)
                if isinstance(change, ChangedCall):
                    return change
    return None


def _fits(statement: Statement, key: str, value: str | NoValue) -> bool:
    """Whether a value certainly satisfies the conditions of a statement on one key."""
    mine = [condition for condition in statement.conditions if condition.key == key]
    assumptions = Assumptions()
    # A list: every question is asked.
    truths = [_holds(condition, {key: value}, assumptions) for condition in mine]
    return all(truths) and not assumptions.open


def _values(key: str, conditions: Iterable[Condition]) -> tuple[str | NoValue, ...]:
    """The values of a key that matter; one is enough where no condition on it has a documented meaning."""
    mine = [condition for condition in conditions if condition.key == key]
    if not any(condition.operator in OPERATORS for condition in mine):
        return ("",)
    return values_that_matter(key, mine)


def _change_in(
    action: str,
    resource: str,
    context: ContextItems,
    old: Sequence[Statement],
    new: Sequence[Statement],
    settled: Mapping[str, bool],
) -> Change | None:
    """What becomes of one call, in every reading of what the documentation leaves open."""
    changed: list[tuple[dict[Question, object], ChangedCall]] = []
    same, questions = False, dict[Question, None]()
    todo: list[dict[Question, object]] = [{}]
    for count, answers in enumerate(todo):
        if count > _MOST_READINGS:
            return doubt_about(old, new, "its conditions have too many readings to be compared")
        assumptions = Assumptions(answers, settled)
        applying = [
            [statement for statement in side if _applies(statement, context, assumptions)]
            for side in (old, new)
        ]
        if assumptions.open:
            question = next(iter(assumptions.open))
            questions[question] = None
            todo += [{**answers, question: answer} for answer in question.answers]
            continue
        states = [_state(side_statements) for side_statements in applying]
        if states[0] == states[1]:
            same = True
        else:
            parts = (states[0], states[1], tuple(applying[0]), tuple(applying[1]))
            changed.append((answers, ChangedCall(action, resource, context, *parts)))
    if not changed:
        return None
    if not same:
        return changed[0][1]
    # A condition of no documented meaning may mean something else for every call.
    if odd := _odd_statement(old, new):
        return odd
    doubt = doubt_about(old, new, _open_words(questions))
    return OpenChange(changed[0][1], tuple(reading for reading, _ in changed), doubt)


def _open_words(questions: Iterable[Question]) -> str:
    """Why documents that differ in some readings only cannot be compared, and how their owner settles it."""
    text = join_words((question.text for question in questions), most=2)
    return f"it is not documented {text}{how_to_settle(*(question.assumption for question in questions))}"


def _applies(statement: Statement, context: ContextItems, assumptions: Assumptions) -> bool:
    values = dict(context)
    # A list: every question is asked.
    truths = [_holds(condition, values, assumptions) for condition in statement.conditions]
    return all(truths)


def _holds(condition: Condition, context: dict[str, str | NoValue], assumptions: Assumptions) -> bool:
    seen = context[condition.key]
    for prefix in (REQUEST_TAG, RESOURCE_TAG):
        if condition.key.startswith(prefix):
            tags = {} if seen is ABSENT else {condition.key[len(prefix) :]: str(seen)}
            return holds(condition, Context(tags, tags), assumptions) is True
    stated: dict[str, str] = {condition.key: seen}  # type: ignore[dict-item] # a key that is absent is looked up too
    return holds(condition, Context(stated=stated), assumptions) is True


def _state(applying: Sequence[Statement]) -> State:
    effects = {statement.effect for statement in applying}
    return "denied" if "Deny" in effects else "allowed" if "Allow" in effects else "neither"


def _odd_statement(old: Sequence[Statement], new: Sequence[Statement]) -> Doubt | None:
    """A statement with a condition of no documented meaning that the other document does not have."""
    sides: tuple[tuple[Literal["old", "new"], Sequence[Statement], Sequence[Statement]], ...]
    sides = (("new", new, old), ("old", old, new))
    for side, mine, others in sides:
        known = {part for other in others for part in conditions_of(other)}
        for statement in mine:
            for condition in statement.conditions:
                part = (condition.operator, condition.key, frozenset(condition.values))
                if part not in known and _is_odd(condition):
                    return Doubt(
                        side, statement.index, f"the condition {condition} has no documented meaning"
                    )
    return None


def _is_odd(condition: Condition) -> bool:
    texts = (condition.key, *condition.values)
    return condition.operator not in OPERATORS or any(VARIABLE in text for text in texts)
