"""The JSON Schema of the configuration, for editors, and the known keys by path.

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
    """The schema without `null`: pydantic writes an optional key as `X or null`, but a file can have X only."""
    if isinstance(part, list):
        return [_without_null(item) for item in part]
    if not isinstance(part, dict):
        return part
    result = {
        key: _without_null(value) for key, value in part.items() if not (key == "default" and value is None)
    }
    choices = [choice for choice in result.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        del result["anyOf"]
        return {**choices[0], **result}
    return {**result, "anyOf": choices} if choices else result


def keys_at(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys that the mapping at `path` may have; none where any key is allowed, or no mapping is expected."""
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
        child = part.get("items")
    else:
        child = part.get("properties", {}).get(step, part.get("additionalProperties"))
    if isinstance(child, dict):
        yield from _resolved(child, schema)


def _resolved(part: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A part of the schema with its references resolved, and each of its alternatives."""
    if "$ref" in part:
        yield from _resolved(schema["$defs"][part["$ref"].rpartition("/")[2]], schema)
    for choice in (*part.get("anyOf", ()), *part.get("oneOf", ())):
        yield from _resolved(choice, schema)
    yield part


if __name__ == "__main__":
    SCHEMA_FILE.write_text(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
