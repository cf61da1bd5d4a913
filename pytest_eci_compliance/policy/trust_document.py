"""The grammar of a trust policy: what all of its readers take from the JSON of the document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..unique_json import loads

ASSUME_ROLE = "sts:AssumeRole"


def statements_of(document: object) -> list[Mapping[str, Any]]:
    """The statements of a trust policy, also where a single one stands without a list.

    Raises ValueError where there are none.
    """
    written = document.get("Statement") if isinstance(document, dict) else None
    statements = [written] if isinstance(written, dict) else written
    if not isinstance(statements, list) or not all(isinstance(statement, dict) for statement in statements):
        raise ValueError("there are no statements")
    return statements


def named_principals(principals: Mapping[str, object]) -> Iterator[tuple[str, str | None]]:
    """(kind, name) of every principal of a statement; the name is None where it is no text."""
    for kind, written in principals.items():
        for name in written if isinstance(written, list) else [written]:
            yield str(kind), name if isinstance(name, str) else None


def canonical(document: str) -> object:
    """A trust policy (JSON text) in a form that does not depend on the order of elements, on the case of actions, or on
    one text for a list of one; the text itself where it cannot be read."""
    try:
        return _canonical(loads(document))
    except (ValueError, RecursionError):
        return document


def _canonical(value: object, key: str = "") -> object:
    if isinstance(value, dict):
        return frozenset((name, _canonical(part, name)) for name, part in value.items())
    if isinstance(value, list):
        return frozenset(_single(part, key) for part in value)
    return frozenset((_single(value, key),))


def _single(value: object, key: str) -> object:
    if isinstance(value, (dict, list)):
        return _canonical(value, key)
    return type(value).__name__, value.lower() if key == "Action" and isinstance(value, str) else value
