"""The JSON Schema of the configuration, for editors, and what it knows of keys.

`python -m pytest_eci_compliance.config.json_schema` writes `schema.json` anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from .model import Configuration

SCHEMA_FILE = Path(__file__).with_name("schema.json")


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of the whole file. Null is allowed nowhere; top-level `x-…` keys are."""
    schema: dict[str, Any] = _without_null(Configuration.model_json_schema(by_alias=True))
    schema["patternProperties"] = {"^x-": {"description": "Ignored: a home for anchors."}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _without_null(part: Any) -> Any:
    """`X or null, default null` is what a key that may be left out looks like: only X can be written."""
    if isinstance(part, list):
        return [_without_null(one) for one in part]
    if not isinstance(part, dict):
        return part
    made = {
        key: _without_null(value) for key, value in part.items() if not (key == "default" and value is None)
    }
    choices = [one for one in made.get("anyOf", ()) if one != {"type": "null"}]
    if len(choices) == 1:
        del made["anyOf"]
        return {**choices[0], **made}
    return {**made, "anyOf": choices} if choices else made


def keys_at(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys that the mapping at `path` may have; none where any key will do, or no mapping is wanted."""
    schema = _shipped_shape()
    parts = [schema]
    for step in path:
        parts = [below for part in parts for below in _below(part, step, schema)]
    return tuple(dict.fromkeys(key for part in parts for key in part.get("properties", ())))


@lru_cache(maxsize=1)
def _shipped_shape() -> dict[str, Any]:
    shape: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return shape


def _below(part: dict[str, Any], step: str | int, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if isinstance(step, int):
        found = part.get("items")
    else:
        found = part.get("properties", {}).get(step, part.get("additionalProperties"))
    if isinstance(found, dict):
        yield from _resolved(found, schema)


def _resolved(part: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A part of the schema behind its references, or each of its alternatives (and of a list its entries)."""
    if "$ref" in part:
        yield from _resolved(schema["$defs"][part["$ref"].rpartition("/")[2]], schema)
    for choice in (*part.get("anyOf", ()), *part.get("oneOf", ())):
        yield from _resolved(choice, schema)
    yield part


if __name__ == "__main__":
    SCHEMA_FILE.write_text(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
