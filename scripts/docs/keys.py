"""The keys of the configuration, from its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pytest_eci_compliance.config.json_schema import json_schema

_PLAIN = {"string": "text", "boolean": "`true` or `false`", "number": "number", "integer": "whole number"}
_FORMATS = {"date": "day (`2026-12-31`)", "date-time": "moment (`2026-12-31T08:00:00Z`)"}
_NAMED = {"accounts": "accounts.NAME"}


@dataclass(frozen=True)
class Key:
    name: str
    type: str
    default: str
    meaning: str


@dataclass(frozen=True)
class Section:
    """A mapping of the configuration: how it is headed, where it stands, what it is, its keys."""

    title: str
    anchor: str
    places: tuple[str, ...]
    meaning: str
    keys: tuple[Key, ...]


def sections() -> list[Section]:
    """Every mapping of the configuration, in the order in which a reader meets it."""
    schema = json_schema()
    places: dict[str, list[str]] = {}
    for name, place in _places(schema, schema, ""):
        places.setdefault(name, []).append(place)
    parts = {"": schema, **{name: schema["$defs"][name] for name in places}}
    return [_section(name, part, places) for name, part in parts.items()]


def _places(part: dict[str, Any], schema: dict[str, Any], at: str) -> Iterator[tuple[str, str]]:
    """Every section below a part of the schema, with the path of keys at which it stands."""
    for key, value in part.get("properties", {}).items():
        path = f"{at}.{_NAMED.get(key, key)}".lstrip(".")
        for name, suffix in dict.fromkeys(_references(value, "")):
            place = path + suffix if key not in _NAMED else path
            yield name, place
            yield from _places(schema["$defs"][name], schema, place)


def _references(part: Any, suffix: str) -> Iterator[tuple[str, str]]:
    if "$ref" in part:
        yield part["$ref"].rpartition("/")[2], suffix
    for choice in (*part.get("anyOf", ()), *part.get("oneOf", ())):
        # A list of rules, or one rule in its place: it is the same section.
        many = any(
            choice.get("type") == "array" for choice in (*part.get("anyOf", ()), *part.get("oneOf", ()))
        )
        yield from _references(choice, "[]" if many and "$ref" in choice else suffix)
    if part.get("type") == "array":
        yield from _references(part["items"], f"{suffix}[]")
    if isinstance(part.get("additionalProperties"), dict):
        yield from _references(part["additionalProperties"], suffix)


def _section(name: str, part: dict[str, Any], places: dict[str, list[str]]) -> Section:
    where = tuple(dict.fromkeys(places.get(name, ())))
    title = _title(name, places)
    required = part.get("required", ())
    keys = tuple(
        Key(key, _type(value, places), _default(key, value, required), _meaning(value))
        for key, value in part["properties"].items()
    )
    return Section(title, _anchor(title), where, part.get("description", ""), keys)


def _title(name: str, places: dict[str, list[str]]) -> str:
    if not name:
        return "The file"
    first = places[name][0]
    return first if name == "Account" else first.rpartition(".")[2]


def _anchor(title: str) -> str:
    return title.lower().replace("[]", "").replace(".", "-").replace(" ", "-")


def _default(key: str, value: dict[str, Any], required: tuple[str, ...]) -> str:
    if key in required:
        return "**required**"
    default = value.get("default")
    if default is None or default == {}:
        return ""
    return f"`{default}`" if isinstance(default, str) else f"`{json.dumps(default)}`"


def _meaning(value: dict[str, Any]) -> str:
    if "description" in value:
        return str(value["description"])
    reference = next((name for name, _ in _references(value, "")), None)
    return str(json_schema()["$defs"][reference].get("description", "")) if reference else ""


def _type(part: dict[str, Any], places: dict[str, list[str]]) -> str:
    if "$ref" in part:
        title = _title(part["$ref"].rpartition("/")[2], places)
        return f"[mapping](#{_anchor(title)})"
    if "enum" in part or "const" in part:
        return " or ".join(f"`{value}`" for value in part.get("enum", [part.get("const")]))
    choices = (*part.get("anyOf", ()), *part.get("oneOf", ()))
    if choices:
        return " or ".join(dict.fromkeys(_type(choice, places) for choice in choices))
    if part.get("type") == "array":
        return f"list of {_type(part['items'], places)}"
    if isinstance(part.get("additionalProperties"), dict):
        return f"mapping of names to {_type(part['additionalProperties'], places)}"
    return _FORMATS.get(part.get("format", ""), _PLAIN.get(part.get("type", ""), "text"))
