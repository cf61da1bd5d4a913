"""From fact classes to the wire: what redaction keeps of an item of an answer, and how it becomes a fact.

Both follow from the fields of the class, their types and their marks (`inventory.marks`). What an answer has beside
them, and what is read in another way, is listed in `responses` and `parse`.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from functools import cache
from typing import Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

from ..inventory.facts import Tag, Tags, Unreadable
from ..inventory.marks import FactField, Mark, fact_fields
from .redact import Shape, field_path, options, secret, unless_access_key

T = TypeVar("T")
Item: TypeAlias = "Mapping[str, Any]"
Reader: TypeAlias = Callable[[Item], Any]

TAGS: Shape = [dict.fromkeys(("Key", "Value", "TagKey", "TagValue"))]
"""Tags are `Key` and `Value` or, in answers of tag services, `TagKey` and `TagValue`."""

_LEAVES: Mapping[Mark | None, Shape] = {
    None: None,
    Mark.SERVICE_TEXT: None,
    Mark.SECRET: secret,
    Mark.OPTIONS: options,
    Mark.NAME: unless_access_key,
    Mark.FIELD_PATH: field_path,
}


def shape_of(fact: type, extra: Mapping[type, Mapping[str, Shape]]) -> dict[str, Shape]:
    """What redaction keeps of an item: the fields of its fact class, and those that `extra` adds to a class."""
    shape = {name: _field_shape(field, extra) for field in fact_fields(fact) for name in field.wire_names}
    return {**shape, **extra.get(fact, {})}


def _field_shape(field: FactField, extra: Mapping[type, Mapping[str, Shape]]) -> Shape:
    kind = _kind(field.type)
    if kind is Tags:
        return TAGS
    item = _item_type(kind)
    inner: Shape = _LEAVES[field.mark]
    if is_dataclass(item or kind):
        inner = shape_of(item or kind, extra)
    return inner if item is None else [inner]


def parse_fact(fact: Callable[..., T], item: Item, **known: Any) -> T:
    """The fact of an item of an answer. `known` are fields that are known from elsewhere.

    A value of a type that it should not have becomes an empty one; what identifies an item was checked before.
    """
    values = {name: read(item) for name, read in _readers(fact) if name not in known}
    return fact(**values, **known)


@cache
def _readers(fact: Any) -> tuple[tuple[str, Reader], ...]:
    return tuple((field.name, _reader(field)) for field in fact_fields(fact))


def _reader(field: FactField) -> Reader:
    """How the field is read from an item."""
    kind, (name, *_) = _kind(field.type), field.wire_names
    item = _item_type(kind)
    if kind is Tags:
        return tags
    if item is not None and is_dataclass(item):
        fact: Any = item
        return lambda answer: tuple(parse_fact(fact, inner) for inner in objects(answer, name))
    if item is not None:
        return lambda answer: texts(answer, *field.wire_names)
    if is_dataclass(kind):
        fact = kind
        return lambda answer: (
            parse_fact(fact, inner) if (inner := mapping(answer, name)) is not None else None
        )
    return _scalar_reader(kind, name, optional=type(None) in get_args(field.type))


def _scalar_reader(kind: Any, name: str, *, optional: bool) -> Reader:
    if kind is bool:
        return lambda answer: _truth(answer, name, None if optional else False)
    if kind is int:
        return lambda answer: _integer(answer, name, None if optional else 0)
    if kind is float:
        return lambda answer: number(answer, name)
    if kind is not str and get_origin(kind) is not Literal:
        raise TypeError(f"a field of the type {kind} cannot be read from an answer")
    if optional:
        return lambda answer: value if isinstance(value := answer.get(name), str) else None
    return lambda answer: text(answer, name)


def _kind(hint: Any) -> Any:
    """The type of a field beside `None` and `Unreadable`."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint
    kinds = [part for part in get_args(hint) if part not in (type(None), Unreadable)]
    kind = kinds[0]
    return getattr(kind, "__origin__", kind) if hasattr(kind, "__metadata__") else kind


def _item_type(kind: Any) -> Any:
    """The type of the items of a tuple, None for any other type."""
    if get_origin(kind) is not tuple:
        return None
    item = get_args(kind)[0]
    return item.__origin__ if hasattr(item, "__metadata__") else item


def text(item: Item, name: str) -> str:
    """The text of a field; of a number its digits, and of anything else an empty text."""
    value = item.get(name)
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def number(item: Item, name: str) -> float | None:
    """The number of a field, None where it has none."""
    value = item.get(name)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _integer(item: Item, name: str, default: int | None) -> int | None:
    value = number(item, name)
    return int(value) if value is not None and math.isfinite(value) else default


def _truth(item: Item, name: str, default: bool | None) -> bool | None:
    value = item.get(name)
    return value if isinstance(value, bool) else default


def mapping(item: Item, name: str) -> Item | None:
    """The object of a field, None where it has none."""
    value = item.get(name)
    return value if isinstance(value, dict) else None


def objects(item: Item, name: str) -> list[Item]:
    """The objects in the list of a field."""
    value = item.get(name)
    return [inner for inner in value if isinstance(inner, dict)] if isinstance(value, list) else []


def texts(item: Item, *names: str) -> tuple[str, ...]:
    """The texts in the lists of these fields, joined."""
    lists = (value for name in names if isinstance(value := item.get(name), list))
    return tuple(word for words in lists for word in words if isinstance(word, str))


def tags(item: Item) -> Tags:
    """The tags of a resource."""
    return Tags(
        Tag(text(tag, "Key") or text(tag, "TagKey"), text(tag, "Value") or text(tag, "TagValue"))
        for tag in objects(item, "Tags")
    )
