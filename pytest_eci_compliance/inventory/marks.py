"""What a fact class says of its fields beside their types: how they stand in answers, and what of them is kept.

A field of a fact class has the name of the field of the answer, in snake_case, and is kept as it is. Its type says
where that is otherwise:

    value: Secret = ""                                     # only a marker is kept
    commands: Annotated[tuple[Secret, ...], AlsoNamed("Command")] = ()
    members: Derived[tuple[str, ...]] = ()                 # not a field of the answer

`evidence.wire` reads the marks: it derives what redaction keeps of an answer, and how facts are parsed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import Enum
from typing import Annotated, Any, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from pydantic.alias_generators import to_pascal

T = TypeVar("T")


class Mark(Enum):
    """What is special about a field.

    SECRET: only a marker of the value is kept. OPTIONS: likewise, of a text or an object. NAME: it is kept unless it
    is itself an AccessKey id. FIELD_PATH: the path of a field of the API, which redaction adds. SERVICE_TEXT: it
    cannot carry text of the user's, and is not searched for AccessKeys. DERIVED: it is no field of the answer.
    """

    SECRET = "secret"  # noqa: S105 - the name of a mark
    OPTIONS = "options"
    NAME = "name"
    FIELD_PATH = "field path"
    SERVICE_TEXT = "service text"
    DERIVED = "derived"


@dataclass(frozen=True)
class AlsoNamed:
    """Another name under which answers have the field; the values of both are joined."""

    wire_name: str


Secret: TypeAlias = Annotated[str, Mark.SECRET]
Options: TypeAlias = Annotated[str, Mark.OPTIONS]
Name: TypeAlias = Annotated[str, Mark.NAME]
FieldPath: TypeAlias = Annotated[str, Mark.FIELD_PATH]
ServiceText: TypeAlias = Annotated[str, Mark.SERVICE_TEXT]
Derived: TypeAlias = Annotated[T, Mark.DERIVED]


@dataclass(frozen=True)
class FactField:
    """A field of a fact class that answers have.

    `type` is its type without marks, `mark` its mark (that of its items, where it is a tuple), `wire_names` its
    names in answers: the first is its own.
    """

    name: str
    type: Any
    mark: Mark | None
    wire_names: tuple[str, ...]


def fact_fields(fact: type) -> tuple[FactField, ...]:
    """The fields of a fact class that answers have, in their order."""
    hints = get_type_hints(fact, include_extras=True)
    described = (_described(field.name, hints[field.name]) for field in fields(fact) if field.init)
    return tuple(field for field in described if field.mark is not Mark.DERIVED)


def _described(name: str, hint: Any) -> FactField:
    marks = tuple(_marks_in(hint))
    mark = next((mark for mark in marks if isinstance(mark, Mark)), None)
    others = tuple(mark.wire_name for mark in marks if isinstance(mark, AlsoNamed))
    return FactField(name, _without_marks(hint), mark, (to_pascal(name), *others))


def _marks_in(hint: Any) -> Iterator[object]:
    """The marks of a type and of the types that it is made of, the outermost first."""
    if get_origin(hint) is Annotated:
        yield from hint.__metadata__
        yield from _marks_in(hint.__origin__)
    else:
        for part in get_args(hint):
            yield from _marks_in(part)


def _without_marks(hint: Any) -> Any:
    return hint.__origin__ if get_origin(hint) is Annotated else hint


def wire_names(fact: type, mark: Mark) -> frozenset[str]:
    """The names in answers of the fields of a fact class that have this mark."""
    return frozenset(name for field in fact_fields(fact) if field.mark is mark for name in field.wire_names)
