"""The RAM policy language: a document becomes frozen statements.

Reading never fails. What is not valid, or has no documented meaning, stays as a statement that says what is
the matter, and what it could influence: an effect, a list of patterns that may be anything is None.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from ..unique_json import JsonObject, duplicate_keys
from .conditions import REQUEST_TAG, RESOURCE_TAG, VARIABLE, Condition
from .patterns import fold, matches
from .three_valued import Truth, any_of

Effect: TypeAlias = Literal["Allow", "Deny"]

_ELEMENTS = {"Effect", "Action", "NotAction", "Resource", "Condition"}


@dataclass(frozen=True)
class Statement:
    """One statement. `index` counts from 1. None stands for what cannot be told: an `effect` that may be
    either, `actions` or `resources` that may be anything. `problem` says why nothing can be decided from
    it."""

    index: int
    effect: Effect | None
    actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    conditions: tuple[Condition, ...] = ()
    not_action: bool = False
    problem: str | None = None

    def names(self, action: str) -> Truth:
        """Whether the statement is about an action (`service:Name`), whatever the case of the letters."""
        if self.actions is None:
            return None
        named = _some_names(self.actions, action)
        return named if not self.not_action or named is None else not named

    def turns_on(self, prefix: str) -> bool:
        """Whether a condition key starts with the prefix, for example `acs:ResourceTag/`."""
        return any(condition.key.startswith(prefix) for condition in self.conditions)

    @property
    def turns_on_tags(self) -> bool:
        return self.turns_on(REQUEST_TAG) or self.turns_on(RESOURCE_TAG)


@lru_cache(maxsize=16384)
def _some_names(patterns: tuple[str, ...], action: str) -> Truth:
    return any_of(_names(pattern, action) for pattern in patterns)


@lru_cache(maxsize=65536)
def _names(pattern: str, action: str) -> Truth:
    folded = action.lower()
    if VARIABLE in pattern:
        return None if _could_be(pattern.lower(), folded) else False
    return matches(pattern.lower(), folded)


def _could_be(pattern: str, text: str) -> bool:
    """Whether a pattern with policy variables could match: each variable may stand for any text."""
    return matches(pattern.partition(VARIABLE)[0] + "*", text)


Naming: TypeAlias = "tuple[tuple[Statement, Truth], ...]"
"""Statements, each with whether it names an action: True, or None where that is not known."""


@dataclass(frozen=True)
class Document:
    """A policy document. `problem` says why the document as a whole is not what is documented."""

    statements: tuple[Statement, ...]
    problem: str | None = None
    _naming: dict[str, Naming] = field(default_factory=dict, init=False, repr=False, compare=False)
    _alike: dict[tuple[tuple[int, Truth], ...], Naming] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def naming(self, action: str) -> Naming:
        """The statements that are, or could be, about an action, each with which of both: the same object for all
        actions that the same statements are about."""
        if action not in self._naming:
            by_element: dict[tuple[bool, tuple[str, ...] | None], Truth] = {}
            naming = []
            for statement in self.statements:
                element = (statement.not_action, statement.actions)
                if element not in by_element:
                    by_element[element] = statement.names(action)
                if by_element[element] is not False:
                    naming.append((statement, by_element[element]))
            key = tuple((statement.index, truth) for statement, truth in naming)
            self._naming[action] = self._alike.setdefault(key, tuple(naming))
        return self._naming[action]


def undecidable(problem: str) -> Document:
    """A document of which nothing is known but the problem: it could influence every decision."""
    return Document((Statement(1, None, None, None, problem=problem),), problem)


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def parse(document: object) -> Document:
    """The statements of a document, given as JSON text or as a mapping. Never raises."""
    if isinstance(document, (str, bytes)):
        try:
            document = json.loads(document, object_pairs_hook=JsonObject, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            return undecidable(f"the document is not JSON ({type(error).__name__})")
    if not isinstance(document, Mapping):
        return undecidable("the document is not a JSON object")
    if "Statement" in duplicate_keys(document) or "Statement" not in document:
        return undecidable("the document does not have exactly one Statement")
    parts, problem = document["Statement"], _document_problem(document)
    if isinstance(parts, Mapping):
        parts, problem = [parts], problem or "Statement is not a list"
    if not isinstance(parts, (list, tuple)):
        return undecidable("Statement is not a list")
    return Document(tuple(_statement(i, part, problem) for i, part in enumerate(parts, 1)), problem)


def _document_problem(document: Mapping[object, object]) -> str | None:
    if doubled := duplicate_keys(document):
        return f"{_listed(doubled)} occurs twice in the document"
    if document.get("Version") != "1":
        return 'the Version of the document is not "1"'
    if unknown := set(document) - {"Version", "Statement"}:
        return f"the element {_listed(unknown)} of the document is not documented"
    return None


def _listed(names: Iterable[object]) -> str:
    return ", ".join(sorted(str(name)[:60] for name in names))


def _statement(index: int, part: object, problem: str | None) -> Statement:
    if not isinstance(part, Mapping):
        return Statement(index, None, None, None, problem="the statement is not a JSON object")
    doubled, problems = duplicate_keys(part), [problem]
    if doubled:
        problems.append(f"{_listed(doubled)} occurs twice")
    if unknown := set(part) - _ELEMENTS:
        problems.append(f"the element {_listed(unknown)} is not documented in a policy of this kind")
    effect = _effect(part, doubled, problems)
    actions, not_action = _actions(part, doubled, problems)
    resources = _patterns(part, "Resource", doubled, problems)
    if "NotResource" in part:
        resources = None
    conditions = _conditions(part, doubled, problems)
    problem_text = "; ".join(text for text in problems if text)
    return Statement(index, effect, actions, resources, conditions, not_action, problem_text or None)


def _effect(part: Mapping[object, object], doubled: set[str], problems: list[str | None]) -> Effect | None:
    effect = part.get("Effect")
    if effect == "Allow" and "Effect" not in doubled:
        return "Allow"
    if effect == "Deny" and "Effect" not in doubled:
        return "Deny"
    problems.append("Effect is neither Allow nor Deny")
    return None


def _actions(
    part: Mapping[object, object], doubled: set[str], problems: list[str | None]
) -> tuple[tuple[str, ...] | None, bool]:
    if ("Action" in part) == ("NotAction" in part):
        problems.append("there is not exactly one of Action and NotAction")
        return None, False
    element = "Action" if "Action" in part else "NotAction"
    actions = _patterns(part, element, doubled, problems)
    if actions and (odd := [action for action in actions if action != "*" and ":" not in action]):
        problems.append(f"{element} {_listed(odd)} names no service")
    return actions, element == "NotAction"


def _patterns(
    part: Mapping[object, object], element: str, doubled: set[str], problems: list[str | None]
) -> tuple[str, ...] | None:
    texts = _texts(part.get(element))
    if not texts or element in doubled:
        problems.append(f"{element} is not a text or a list of texts")
        return None
    return tuple(map(fold, texts))


def _texts(value: object) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, (list, tuple)) and all(isinstance(text, str) for text in value):
        return tuple(value)
    return None


def _conditions(
    part: Mapping[object, object], doubled: set[str], problems: list[str | None]
) -> tuple[Condition, ...]:
    if "Condition" not in part:
        return ()
    block = part["Condition"]
    if not isinstance(block, Mapping) or "Condition" in doubled:
        problems.append("Condition is not a JSON object")
        return ()
    conditions = []
    for operator, keys in block.items():
        if not isinstance(keys, Mapping) or not keys:
            problems.append(f"the condition {str(operator)[:60]} names no key")
            continue
        for key, value in keys.items():
            values = _values(str(operator), value)
            twice = str(operator) in duplicate_keys(block) or key in duplicate_keys(keys)
            if not values or twice or not isinstance(key, str):
                problems.append(f"the values of {str(operator)[:60]} {str(key)[:60]} are not valid")
                continue
            conditions.append(Condition(str(operator), key, values))
    return tuple(conditions)


def conditions_in(part: Mapping[Any, object]) -> tuple[Condition, ...] | None:
    """The conditions of a statement, of a trust policy too; None where some of them are not valid."""
    problems: list[str | None] = []
    conditions = _conditions(part, duplicate_keys(part), problems)
    return None if problems else conditions


def _values(operator: str, value: object) -> tuple[str, ...] | None:
    """Condition values as texts. JSON numbers and truth values are understood where the operator is about
    them."""
    several = list(value) if isinstance(value, (list, tuple)) else [value]
    texts = []
    for entry in several:
        if isinstance(entry, str):
            texts.append(fold(entry) if "Like" in operator else entry)
        elif isinstance(entry, bool):
            if operator != "Bool":
                return None
            texts.append(str(entry).lower())
        elif isinstance(entry, (int, float)) and operator.startswith("Numeric"):
            texts.append(str(Decimal(entry)) if isinstance(entry, int) else repr(entry))
        else:
            return None
    return tuple(texts)
