"""Which calls two policy documents decide differently: a comparison by meaning.

A document puts every call into one of three states: denied by one of its Deny statements, else allowed by one of
its Allow statements, else neither. Two documents mean the same where every call has the same state in both. Calls
are without number, so one call is tried for every way in which the patterns and condition values of the two
documents can tell calls apart. What the documentation leaves open (a negated operator on a missing key, for
example) is tried in every reading.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Literal, TypeAlias

from .conditions import (
    ABSENT,
    OPERATORS,
    REQUEST_TAG,
    RESOURCE_TAG,
    VARIABLE,
    Condition,
    Context,
    NoValue,
    holds,
    values_that_matter,
)
from .document import Document, Statement
from .patterns import Pattern, TooManyPatterns, classes, matches
from .three_valued import Assumptions, Question

State: TypeAlias = Literal["denied", "allowed", "neither"]
ContextItems: TypeAlias = "tuple[tuple[str, str | NoValue], ...]"

_MOST_CONTEXTS = 4096
_MOST_READINGS = 256
_ANY_ACTION, _ANY_RESOURCE = "?*:?*", "?*"
_NO_ACTION = "*:*:*"  # an action has one colon: between its service and its name


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
class Doubt:
    """A statement whose meaning cannot be compared: of the `old` document or the `new` one, and why not."""

    side: Literal["old", "new"]
    index: int
    why: str


def changed_calls(old: Sequence[Statement], new: Sequence[Statement]) -> Iterator[ChangedCall | Doubt]:
    """One call for each way in which two documents differ, and the statements that prevent a comparison.

    `old` and `new` are the statements that are understood (`understood`).
    """
    seen: dict[tuple[frozenset[int], frozenset[int]], list[ChangedCall | Doubt]] = {}
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
            seen[key] = list(_changed(action, before, after))
        for change in seen[key]:
            yield change if isinstance(change, Doubt) else _with_action(change, action)


def _with_action(change: ChangedCall, action: str) -> ChangedCall:
    parts = (change.resource, change.context, change.before, change.after, change.old, change.new)
    return ChangedCall(action, *parts)


def understood(statement: Statement) -> bool:
    """Whether the effect, the actions and the resources of a statement have a documented meaning."""
    patterns = (*(statement.actions or ()), *(statement.resources or ()))
    return statement.problem is None and not any(VARIABLE in pattern for pattern in patterns)


def canonical(text: str, document: Document) -> dict[int, object]:
    """Each statement that is not understood, by its index, in a form that its spelling alone decides.

    Equal forms mean the same, whatever they mean. The order of elements makes no difference.
    """
    try:
        raw = json.loads(text, object_pairs_hook=lambda pairs: tuple(sorted(pairs, key=repr)))
        parts = dict(raw)["Statement"] if isinstance(raw, tuple) else None
    except (ValueError, TypeError, KeyError, RecursionError):
        parts = None
    if parts is not None and not isinstance(parts, list):
        parts = [parts]
    return {
        statement.index: _form(statement, parts, text, document.problem)
        for statement in document.statements
        if not understood(statement)
    }


def _form(statement: Statement, parts: list[object] | None, text: str, problem: str | None) -> object:
    if statement.problem is None:
        actions = frozenset(action.lower() for action in statement.actions or ())
        resources = frozenset(statement.resources or ())
        return (statement.effect, statement.not_action, actions, resources, conditions_of(statement))
    if parts is None or not 0 < statement.index <= len(parts):
        return text
    return (repr(parts[statement.index - 1]), problem)


def conditions_of(statement: Statement) -> frozenset[tuple[str, str, frozenset[str]]]:
    """The conditions of a statement, whatever their order."""
    return frozenset(
        (condition.operator, condition.key, frozenset(condition.values)) for condition in statement.conditions
    )


def action_examples(*statements: Statement) -> list[str]:
    """One action for every way in which these statements can tell actions apart, in lower case.

    Raises `TooManyPatterns` where there are too many ways to try.
    """
    patterns = {action.lower() for statement in statements for action in statement.actions or ()}
    services = {pattern.partition(":")[0] for pattern in patterns} - {"*"}
    named = {service for service in services if not _is_wild(service)}
    examples: dict[str, None] = {}
    for service in sorted(named):
        mine = {
            pattern for pattern in patterns if pattern == "*" or matches(pattern.partition(":")[0], service)
        }
        examples |= dict.fromkeys(_examples(mine, f"{service}:?*", _NO_ACTION))
    others = {pattern for pattern in patterns if _is_wild(pattern.partition(":")[0])}
    known = {f"{service}:*" for service in named}
    for text in _examples(others | known, _ANY_ACTION, _NO_ACTION):
        if text.partition(":")[0] not in named:
            examples.setdefault(text)
    return list(examples)


def _is_wild(text: str) -> bool:
    return "*" in text or "?" in text


def _examples(patterns: set[str], within: str, never: str = "") -> Iterator[str]:
    """A text within `within` for every way in which texts can fit some of the patterns and not others.

    Texts that fit the pattern `never` are left out.
    """
    literals = {pattern for pattern in patterns if not _is_wild(pattern)}
    yield from sorted(text for text in literals if matches(within, text) and not matches(never, text))
    wild = [Pattern.wild(pattern) for pattern in sorted(patterns - literals)]
    taken: set[str] = set()
    while True:
        # A text that is a literal itself is no example of the texts that fit the wildcards alone.
        apart = [Pattern.literal(text) for text in sorted(taken)]
        apart += [Pattern.wild(never)] if never else []
        examples = classes([*wild, *apart], Pattern.wild(within))
        texts = {text for fits, text in examples.items() if not any(fits[len(wild) :])}
        if not texts & (literals - taken):
            yield from sorted(texts)
            return
        taken |= texts & literals


def _changed(
    action: str, before: Sequence[Statement], after: Sequence[Statement]
) -> Iterator[ChangedCall | Doubt]:
    """How statements that all name the action differ."""
    if {_meaning(statement) for statement in before} == {_meaning(statement) for statement in after}:
        return
    patterns = {pattern for statement in (*before, *after) for pattern in statement.resources or ()}
    try:
        resources = ["*"] if patterns == {"*"} else list(_examples(patterns, _ANY_RESOURCE))
    except TooManyPatterns:
        yield _doubt(before, after, "its resources have too many wildcards to be compared")
        return
    for resource in resources:
        old, new = (
            [statement for statement in side if _is_about(statement, resource)] for side in (before, after)
        )
        if {(statement.effect, conditions_of(statement)) for statement in old} != {
            (statement.effect, conditions_of(statement)) for statement in new
        }:
            yield from _changed_contexts(action, resource, old, new)


def _meaning(statement: Statement) -> object:
    return (statement.effect, frozenset(statement.resources or ()), conditions_of(statement))


def _is_about(statement: Statement, resource: str) -> bool:
    return any(matches(pattern, resource) for pattern in statement.resources or ())


def _doubt(old: Sequence[Statement], new: Sequence[Statement], why: str) -> Doubt:
    """The doubt about the first statement that only one of the documents has."""
    known = {(statement.effect, conditions_of(statement)) for statement in old}
    added = next(
        (statement for statement in new if (statement.effect, conditions_of(statement)) not in known), None
    )
    if added is not None or not old:
        return Doubt("new", added.index if added else 0, why)
    return Doubt("old", old[0].index, why)


def _changed_contexts(
    action: str, resource: str, old: Sequence[Statement], new: Sequence[Statement]
) -> Iterator[ChangedCall | Doubt]:
    conditions = [condition for statement in (*old, *new) for condition in statement.conditions]
    keys = sorted({condition.key for condition in conditions})
    values = [_values(key, conditions) for key in keys]
    if not all(values) or prod(map(len, values)) > _MOST_CONTEXTS:
        odd = next((key for key, key_values in zip(keys, values, strict=True) if not key_values), None)
        what = f"its conditions on {odd}" if odd else "its conditions"
        witness = None if odd else _witness(action, resource, keys, values, old, new)
        yield witness or _doubt(old, new, f"{what} cannot be compared value by value")
        return
    doubt: Doubt | None = None
    for context in product(*values):
        change = _change_in(action, resource, tuple(zip(keys, context, strict=True)), old, new)
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
) -> ChangedCall | None:
    """A call that certainly differs, among those that a statement is about but for the value of one key."""
    for statement in (*old, *new):
        base = [
            next((value for value in some if _fits(statement, key, value)), some[0])
            for key, some in zip(keys, values, strict=True)
        ]
        for place, some in enumerate(values):
            for value in some:
                context = tuple(zip(keys, [*base[:place], value, *base[place + 1 :]], strict=True))
                change = _change_in(action, resource, context, old, new, only_certain=True)
                if isinstance(change, ChangedCall):
                    return change
    return None


def _fits(statement: Statement, key: str, value: str | NoValue) -> bool:
    """Whether a value certainly satisfies the conditions of a statement on one key."""
    mine = [condition for condition in statement.conditions if condition.key == key]
    asked = Assumptions()
    truths = [_holds(condition, {key: value}, asked) for condition in mine]  # asks every question
    return all(truths) and not asked.open


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
    *,
    only_certain: bool = False,
) -> ChangedCall | Doubt | None:
    """What becomes of one call, in every reading of what the documentation leaves open.

    With `only_certain`, None also where some reading decides it alike in both documents.
    """
    changed: list[ChangedCall] = []
    same, questions = False, dict[Question, None]()
    todo: list[dict[Question, object]] = [{}]
    for count, answers in enumerate(todo):
        if count > _MOST_READINGS:
            return _doubt(old, new, "its conditions have too many readings to be compared")
        asked = Assumptions(answers)
        applying = [
            [statement for statement in side if _applies(statement, context, asked)] for side in (old, new)
        ]
        if asked.open:
            question = next(iter(asked.open))
            questions[question] = None
            todo += [{**answers, question: answer} for answer in question.answers]
            continue
        states = [_state(side_statements) for side_statements in applying]
        if states[0] == states[1]:
            same = True
        else:
            parts = (states[0], states[1], tuple(applying[0]), tuple(applying[1]))
            changed.append(ChangedCall(action, resource, context, *parts))
    if not changed or (same and only_certain):
        return None
    odd = _odd_statement(old, new) if same else None
    return odd or changed[0]


def _applies(statement: Statement, context: ContextItems, asked: Assumptions) -> bool:
    values = dict(context)
    truths = [_holds(condition, values, asked) for condition in statement.conditions]  # asks every question
    return all(truths)


def _holds(condition: Condition, context: dict[str, str | NoValue], asked: Assumptions) -> bool:
    seen = context[condition.key]
    for prefix in (REQUEST_TAG, RESOURCE_TAG):
        if condition.key.startswith(prefix):
            tags = {} if seen is ABSENT else {condition.key[len(prefix) :]: str(seen)}
            return holds(condition, Context(tags, tags), asked) is True
    stated: dict[str, str] = {condition.key: seen}  # type: ignore[dict-item] # a key that is absent is looked up too
    return holds(condition, Context(stated=stated), asked) is True


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
