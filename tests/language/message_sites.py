"""The sentences that stand in the source of the package, so that a template of the table has one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pytest_eci_compliance.language.templates import Template

PACKAGE = Path(__file__).parents[2] / "pytest_eci_compliance"
_EDGES = " .,;:()→?`'\"[]"
_MOST_FRAGMENTS = 4


def is_in_source(template: Template) -> bool:
    """Whether all words that a template fixes stand in the source: each run of words in one text, or in a few."""
    return all(_is_made_of_fragments(piece.strip(_EDGES).split()) for piece in template.words)


def _is_made_of_fragments(words: list[str]) -> bool:
    """Whether words are the end of one text of the source, the next text, and so on."""
    source = _source()
    for _ in range(_MOST_FRAGMENTS):
        if not words:
            return True
        longest = next((size for size in range(len(words), 0, -1) if _plain(words[:size]) in source), 0)
        words = words[longest:]
    return not words


def _plain(words: list[str]) -> str:
    return f" {_normal(' '.join(words))} "


def _normal(text: str) -> str:
    """Lower case, without punctuation, every word in the singular."""
    words = re.findall("[a-z0-9]+", text.lower())
    return " ".join(word.removesuffix("s") if len(word) > 3 else word for word in words)


@cache
def _source() -> str:
    """All texts of the source, each on a line."""
    files = (file for file in PACKAGE.rglob("*.py") if file.parent.name != "language")
    return "\n".join(f" {_normal(text)} " for file in files for text in _texts(file))


def _texts(file: Path) -> Iterator[str]:
    """The constant texts of a module, the parts of f-strings included, docstrings left out."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
