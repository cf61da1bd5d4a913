"""JSON whose objects have each key once.

The JSON of the standard library keeps the last value of a duplicate key. Other readers keep the first: what such an
object means is not known.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


class JsonObject(dict[str, Any]):
    """A JSON object that remembers its `duplicate_keys`. Of a duplicate key it has the last value."""

    def __init__(self, pairs: Iterable[tuple[str, Any]]) -> None:
        self.duplicate_keys: set[str] = set()
        for key, value in pairs:
            if key in self:
                self.duplicate_keys.add(key)
            self[key] = value


def duplicate_keys(value: object) -> set[str]:
    """The duplicate keys of an object that was read with `JsonObject`; none of anything else."""
    return value.duplicate_keys if isinstance(value, JsonObject) else set()


def loads(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError where a key comes twice, and RecursionError where it is too deep.

    >>> loads('{"a": [1]}')
    {'a': [1]}
    """
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError("a key comes twice")
    return unique
