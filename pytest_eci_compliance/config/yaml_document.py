"""A YAML file as plain data, with the line of every part: read safely, whatever is in it.

Refused: more than one document, duplicate keys, tags that create objects, and documents that nest too deeply or expand
too far through aliases. `<<` merges. Keys are always text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from .problems import KeyPath, Problem, UnusableDocument, advise_quotes, kind_of, shown, written
from .yaml_guard import LOADER, SCALARS, STANDARD, line_of, refuse_expansion, refuse_unsafe

__all__ = ["MAX_BYTES", "UnusableDocument", "YamlDocument", "parse", "written"]

MAX_BYTES = 4 * 1024 * 1024

_MERGE = f"{STANDARD}merge"
_TEXT = f"{STANDARD}str"


class _Step(NamedTuple):
    """One step of a path, its value, and the node whose line is shown: a key or a list entry."""

    step: str | int
    at: yaml.Node | None
    value: yaml.Node | None


@dataclass(frozen=True)
class YamlDocument:
    """The plain data of a file (mappings, lists, text, numbers, truth values, dates), and its lines."""

    root: yaml.MappingNode
    _keys: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = field(default_factory=dict, repr=False)

    def line_of(self, path: KeyPath) -> int:
        """The line, from 1, of the deepest part of `path` that is written: its key, or its list entry.

        An index is ignored where the file has one value in place of a list.
        """
        nodes = [step.at for step in self._trace(path) if step.at is not None]
        return line_of(nodes[-1] if nodes else self.root)

    def text_of(self, path: KeyPath) -> str | None:
        """The text at `path`, where it is a scalar."""
        trace = self._trace(path)
        return str(trace[-1].value.value) if trace and isinstance(trace[-1].value, yaml.ScalarNode) else None

    def fitted(self, path: KeyPath) -> KeyPath:
        """`path` without the indices that the file does not have (one value in place of a list)."""
        return tuple(step.step for step in self._trace(path))

    def _trace(self, path: KeyPath) -> list[_Step]:
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


def _plain(node: yaml.Node, path: KeyPath, problems: list[Problem]) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, problems)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), problems) for index, item in enumerate(node.value)]
    try:
        value = _scalar(node)
    except ValueError:
        message = (
            f"{shown(node.value)} is not a valid number or date, but looks like one: correct it, or, for a text,"
            f" {advise_quotes(node.value)}"
        )
        problems.append(Problem(path, message, line_of(node)))
        return str(node.value)
    if value is None:
        message = "has no value: write [] or {} for nothing, or leave the key out"
        problems.append(Problem(path, message, line_of(node)))
    return value


def _mapping(node: yaml.MappingNode, path: KeyPath, problems: list[Problem]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in _pairs(node):
        if not isinstance(key, yaml.ScalarNode):
            problems.append(Problem(path, "has a key that is not text: write KEY: VALUE", line_of(key)))
        elif key.value not in result and (path or not key.value.startswith("x-")):
            problems.extend(_key_problems(key, (*path, key.value)))
            result[key.value] = _plain(value, (*path, key.value), problems)
    return result


def _key_problems(key: yaml.ScalarNode, path: KeyPath) -> Iterator[Problem]:
    try:
        value = _scalar(key)
    except ValueError:
        value = None
    if not isinstance(value, str):
        yield Problem(
            path, f"is a key that YAML reads as {kind_of(value)}: {advise_quotes(key.value)}", line_of(key)
        )


def _duplicates(root: yaml.Node) -> Iterator[Problem]:
    """Every duplicate key of a mapping, at any depth; and merges of values that are not mappings."""
    seen: set[int] = set()
    todo: list[tuple[KeyPath, yaml.Node]] = [((), root)]
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


def _duplicate_keys(path: KeyPath, node: yaml.MappingNode) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for key, value in node.value:
        merges = key.tag == _MERGE
        if merges and not all(isinstance(node, yaml.MappingNode) for node in _merged(value)):
            yield Problem((*path, "<<"), "can only merge mappings: write <<: *NAME", line_of(key))
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in first:
            fix = "write <<: [*ONE, *TWO]" if merges else "keep one of them"
            message = f"is a duplicate key, first written in line {first[key.value]}: {fix}"
            yield Problem((*path, key.value), message, line_of(key))
        first.setdefault(key.value, line_of(key))


def _scalar(node: yaml.Node) -> Any:
    """The value of a scalar: text, number, truth value, date or None. Raises ValueError where it is malformed."""
    if node.tag not in SCALARS or node.tag == _TEXT or len(node.value) > 100:
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


def parse(text: str) -> YamlDocument:
    """Parse a YAML text. Raises UnusableDocument."""
    try:
        refuse_unsafe(text)
        root = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        reason = ": ".join(filter(None, (error.context, error.problem)))
        raise UnusableDocument(f"is not valid YAML: {shown(reason, 200)}", mark and mark.line + 1) from None
    except yaml.YAMLError as error:
        raise UnusableDocument(f"is not valid YAML: {shown(getattr(error, 'reason', error), 200)}") from None
    if root is None:
        raise UnusableDocument("is empty: it needs at least `version: 1` and `accounts:`")
    refuse_expansion(root)
    if not isinstance(root, yaml.MappingNode):
        raise UnusableDocument("is not a mapping: it must begin with keys, `version: 1` and `accounts:`", 1)
    return YamlDocument(root)
