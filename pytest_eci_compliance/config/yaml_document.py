"""A YAML file as plain data, with the line of every part: read safely, whatever is in it.

Refused: more than one document, duplicate keys, tags that create objects, and documents that nest too deeply or expand
too far through aliases. `<<` merges. Keys are always text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, TypeAlias

import yaml

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 50
MAX_NODES = 200_000

Path: TypeAlias = tuple[str | int, ...]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STANDARD = "tag:yaml.org,2002:"
_SCALARS = {f"{_STANDARD}{name}" for name in ("bool", "float", "int", "null", "str", "timestamp")}
_TAGS = {None, "!", f"{_STANDARD}map", f"{_STANDARD}seq"} | _SCALARS
_MERGE = f"{_STANDARD}merge"
_TEXT = f"{_STANDARD}str"


@dataclass(frozen=True)
class Problem:
    """An error in one part of the configuration, and how to correct it. `line` counts from 1."""

    path: Path
    message: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        key = f"{written(self.path)}: " if self.path else ""
        return f"{where}{key}{self.message}"


class UnusableDocument(Exception):  # noqa: N818 - it carries a Problem
    """The file has no document that can be read."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.problem = Problem((), message, line)


def shown(text: object, limit: int = 60) -> str:
    """A short printable form of a text from the file, safe for a terminal."""
    printable = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(text))
    return printable if len(printable) <= limit else f"{printable[: limit - 1]}…"


def written(path: Path) -> str:
    """A path as text: `accounts.prod.users[2].match`."""
    return "".join(_step(step) for step in path).removeprefix(".")


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return (
        f".{step}"
        if re.fullmatch(r"[\w-]{1,60}", step)
        else f"[{json.dumps(shown(step), ensure_ascii=False)}]"
    )


class _Step(NamedTuple):
    """One step of a path, its value, and the node whose line is shown: a key or a list entry."""

    step: str | int
    at: yaml.Node | None
    value: yaml.Node | None


@dataclass(frozen=True)
class Document:
    """The plain data of a file (mappings, lists, text, numbers, truth values, dates), and its lines."""

    root: yaml.MappingNode
    _keys: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = field(default_factory=dict, repr=False)

    def line_of(self, path: Path) -> int:
        """The line, from 1, of the deepest part of `path` that is written: its key, or its list entry.

        An index is ignored where the file has one value in place of a list.
        """
        nodes = [step.at for step in self._trace(path) if step.at is not None]
        return _line(nodes[-1] if nodes else self.root)

    def text_of(self, path: Path) -> str | None:
        """The text at `path`, where it is a scalar."""
        trace = self._trace(path)
        return str(trace[-1].value.value) if trace and isinstance(trace[-1].value, yaml.ScalarNode) else None

    def fitted(self, path: Path) -> Path:
        """`path` without the indices that the file does not have (one value in place of a list)."""
        return tuple(step.step for step in self._trace(path))

    def _trace(self, path: Path) -> list[_Step]:
        node: yaml.Node | None = self.root
        trace: list[_Step] = []
        for step in path:
            if isinstance(step, int) and node is not None and not isinstance(node, yaml.SequenceNode):
                continue
            at, node = self._child(node, step) or (None, None)
            trace.append(_Step(step, at, node))
        return trace

    def _child(self, node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            return (node.value[step], node.value[step]) if 0 <= step < len(node.value) else None
        if isinstance(node, yaml.MappingNode) and isinstance(step, str):
            if id(node) not in self._keys:
                # The first of two pairs with the same key counts, so the dictionary is filled from the last.
                pairs = [pair for pair in _pairs(node) if isinstance(pair[0], yaml.ScalarNode)]
                self._keys[id(node)] = {key.value: (key, value) for key, value in reversed(pairs)}
            return self._keys[id(node)].get(step)
        return None

    def data(self) -> tuple[dict[str, Any], list[Problem]]:
        """The plain data without the top-level keys `x-…`, and the problems.

        A malformed number or date is read as text, so that the rest of the file is validated too.
        """
        problems = list(_duplicates(self.root))
        return _mapping(self.root, (), problems), problems


def _plain(node: yaml.Node, path: Path, problems: list[Problem]) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, problems)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), problems) for index, item in enumerate(node.value)]
    try:
        value = _scalar(node)
    except ValueError:
        message = (
            f"{shown(node.value)} is not a valid number or date, but looks like one: correct it, or, for a text,"
            f" {quote(node.value)}"
        )
        problems.append(Problem(path, message, _line(node)))
        return str(node.value)
    if value is None:
        message = "has no value: write [] or {} for nothing, or leave the key out"
        problems.append(Problem(path, message, _line(node)))
    return value


def _mapping(node: yaml.MappingNode, path: Path, problems: list[Problem]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in _pairs(node):
        if not isinstance(key, yaml.ScalarNode):
            problems.append(Problem(path, "has a key that is not text: write KEY: VALUE", _line(key)))
        elif key.value not in result and (path or not key.value.startswith("x-")):
            problems.extend(_key_problems(key, (*path, key.value)))
            result[key.value] = _plain(value, (*path, key.value), problems)
    return result


def _key_problems(key: yaml.ScalarNode, path: Path) -> Iterator[Problem]:
    try:
        value = _scalar(key)
    except ValueError:
        value = None
    if not isinstance(value, str):
        yield Problem(path, f"is a key that YAML reads as {kind_of(value)}: {quote(key.value)}", _line(key))


def _duplicates(root: yaml.Node) -> Iterator[Problem]:
    """Every duplicate key of a mapping, at any depth; and merges of values that are not mappings."""
    seen: set[int] = set()
    todo: list[tuple[Path, yaml.Node]] = [((), root)]
    while todo:
        path, node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            todo.extend(((*path, index), item) for index, item in enumerate(node.value))
        elif isinstance(node, yaml.MappingNode):
            yield from _duplicate_keys(path, node)
            todo.extend(((*path, shown(key.value)), value) for key, value in node.value)


def _duplicate_keys(path: Path, node: yaml.MappingNode) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for key, value in node.value:
        merges = key.tag == _MERGE
        if merges and not all(isinstance(node, yaml.MappingNode) for node in _merged(value)):
            yield Problem((*path, "<<"), "can only merge mappings: write <<: *NAME", _line(key))
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in first:
            fix = "write <<: [*ONE, *TWO]" if merges else "keep one of them"
            message = f"is a duplicate key, first written in line {first[key.value]}: {fix}"
            yield Problem((*path, key.value), message, _line(key))
        first.setdefault(key.value, _line(key))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def quote(text: str) -> str:
    """The correction for a text that YAML reads as another type."""
    return f'put it in quotes: "{text}"' if len(text) <= 40 and text.isprintable() else "put it in quotes"


def kind_of(value: object) -> str:
    """The type of a value, in words."""
    words = {
        bool: "a truth value",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "a mapping",
    }
    return "a date" if isinstance(value, date) else words.get(type(value), "nothing")


def _scalar(node: yaml.Node) -> Any:
    """The value of a scalar: text, number, truth value, date or None. Raises ValueError where it is malformed."""
    if node.tag not in _SCALARS or node.tag == _TEXT or len(node.value) > 100:
        return str(node.value)
    constructor = yaml.constructor.SafeConstructor()
    try:
        return constructor.construct_object(node)
    except (yaml.YAMLError, ArithmeticError, LookupError, AttributeError, TypeError) as error:
        raise ValueError(str(error)) from error


def _merged(value: yaml.Node) -> list[yaml.Node]:
    return list(value.value) if isinstance(value, yaml.SequenceNode) else [value]


def _pairs(node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """The keys and values of a mapping: its own first, then those of its merges in their order."""
    merges: list[yaml.Node] = []
    for key, value in node.value:
        if key.tag == _MERGE:
            merges.extend(_merged(value))
        else:
            yield key, value
    for merged in merges:
        if isinstance(merged, yaml.MappingNode):
            yield from _pairs(merged)


def parse(text: str) -> Document:
    """Parse a YAML text. Raises UnusableDocument."""
    try:
        _refuse_unsafe(text)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        reason = ": ".join(filter(None, (error.context, error.problem)))
        raise UnusableDocument(f"is not valid YAML: {shown(reason, 200)}", mark and mark.line + 1) from None
    except yaml.YAMLError as error:
        raise UnusableDocument(f"is not valid YAML: {shown(getattr(error, 'reason', error), 200)}") from None
    if root is None:
        raise UnusableDocument("is empty: it needs at least `version: 1` and `accounts:`")
    _refuse_expansion(root)
    if not isinstance(root, yaml.MappingNode):
        raise UnusableDocument("is not a mapping: it must begin with keys, `version: 1` and `accounts:`", 1)
    return Document(root)


def _refuse_unsafe(text: str) -> None:
    """Raise UnusableDocument for a document that is too deep, multiple, or tagged, before any node is built."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = int(event.start_mark.line) + 1 if event.start_mark else None
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        tag = getattr(event, "tag", None)
        if depth > MAX_DEPTH:
            raise UnusableDocument(f"nests more than {MAX_DEPTH} levels deep, the limit", line)
        if documents > 1:
            raise UnusableDocument("has more than one document: remove what follows `---`", line)
        if tag not in _TAGS:
            name = shown(str(tag).replace(_STANDARD, "!!"), 40)
            raise UnusableDocument(f"has the tag {name}: only plain YAML is supported, remove it", line)


def _refuse_expansion(root: yaml.Node) -> None:
    """Raise UnusableDocument where aliases make the document too large, too deep, or infinite."""
    known: dict[int, tuple[int, int]] = {}
    inside: set[int] = set()

    def extent(node: yaml.Node) -> tuple[int, int]:
        """The number of values, and of levels."""
        if id(node) in inside:
            raise UnusableDocument("has an alias that contains itself: remove it", _line(node))
        if id(node) not in known:
            inside.add(id(node))
            below = [extent(child) for child in _children(node)]
            inside.discard(id(node))
            known[id(node)] = (
                1 + sum(size for size, _ in below),
                1 + max((depth for _, depth in below), default=0),
            )
        return known[id(node)]

    size, depth = extent(root)
    if size > MAX_NODES or depth > 2 * MAX_DEPTH:
        raise UnusableDocument(
            f"expands to more than {MAX_NODES} values or {2 * MAX_DEPTH} levels: use fewer aliases"
        )


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value
