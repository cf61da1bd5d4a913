"""Forms of statements in which equal ones mean the same, and whether the documents say what a statement means."""

from __future__ import annotations

import json

from .conditions import VARIABLE
from .document import Document, Statement


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
