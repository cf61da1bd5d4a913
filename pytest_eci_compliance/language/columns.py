"""Texts in columns of a terminal, where a Chinese character is two columns wide."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len

_WIDE = "\u2e80-\u303f\u3040-\u9fff\uf900-\ufaff\uff00-\uffef\u2014\u2018-\u201d\u2026"
_CLOSING = "，。；：、！？）」』》】”’…"
_OPENING = "（「『《【“‘"
# What is kept on one line: a Chinese character with the punctuation around it, a word, or blanks.
_PIECE = re.compile(rf"[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[{_CLOSING}]*|[{_OPENING}{_CLOSING}]+|\s+")


def pad(text: str, columns: int) -> str:
    """The text, with blanks after it up to a number of columns.

    >>> pad("失败", 6), pad("failed", 4)
    ('失败  ', 'failed')
    """
    return text + " " * max(0, columns - cell_len(text))


def wrap(text: str, columns: int, first: str, others: str) -> list[str]:
    """Lines of at most `columns` columns. Lines begin with `first`, then with `others`.

    A line may end after any Chinese character, but not before closing punctuation. A longer word is not broken.

    >>> wrap("失败：abc 未知。", 8, "", "  ")
    ['失败：', '  abc 未', '  知。']
    """
    lines, line = [], first
    is_empty = True
    for piece in _pieces(text):
        if not is_empty and cell_len(line) + cell_len(piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line, is_empty = others, True
        if not (is_empty and piece.isspace()):
            line += piece
            is_empty = False
    return [*lines, line.rstrip()] if not is_empty or not lines else lines


def _pieces(text: str) -> Iterator[str]:
    yield from _PIECE.findall(text)
