"""What is refused of a YAML text before it becomes data: what is too deep, too large, multiple, or tagged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from .problems import UnusableDocument, shown

MAX_DEPTH = 50
MAX_NODES = 200_000

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
STANDARD = "tag:yaml.org,2002:"
"""How the tags of standard YAML begin."""
SCALARS = {f"{STANDARD}{name}" for name in ("bool", "float", "int", "null", "str", "timestamp")}
_TAGS = {None, "!", f"{STANDARD}map", f"{STANDARD}seq"} | SCALARS


def line_of(node: yaml.Node) -> int:
    """The line of a node, from 1."""
    return int(node.start_mark.line) + 1


def refuse_unsafe(text: str) -> None:
    """Raise UnusableDocument for a document that is too deep, multiple, or tagged, before any node is built."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=LOADER):
        line = int(event.start_mark.line) + 1 if event.start_mark else None
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        tag = getattr(event, "tag", None)
        if depth > MAX_DEPTH:
            raise UnusableDocument(f"nests more than {MAX_DEPTH} levels deep, the limit", line)
        if documents > 1:
            raise UnusableDocument("has more than one document: remove what follows `---`", line)
        if tag not in _TAGS:
            name = shown(str(tag).replace(STANDARD, "!!"), 40)
            raise UnusableDocument(f"has the tag {name}: only plain YAML is supported, remove it", line)


def refuse_expansion(root: yaml.Node) -> None:
    """Raise UnusableDocument where aliases make the document too large, too deep, or infinite."""
    known: dict[int, tuple[int, int]] = {}
    inside: set[int] = set()

    def extent(node: yaml.Node) -> tuple[int, int]:
        """The number of values, and of levels."""
        if id(node) in inside:
            raise UnusableDocument("has an alias that contains itself: remove it", line_of(node))
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
