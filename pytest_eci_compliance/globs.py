"""Globs: `*` is any text, the empty one and newlines included; `?` is exactly one character; case counts.

The names of a configuration and the patterns of RAM's policy language have these two wildcards, and no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache

_LONG = 20_000  # characters of a pattern times those of a text


@lru_cache(maxsize=65536)
def glob_matches(pattern: str, text: str) -> bool:
    """Whether `pattern` fits the whole of `text`.

    >>> glob_matches("user00?0", "user0010"), glob_matches("?*", ""), glob_matches("ops-*", "Ops-1")
    (True, False, False)
    """
    return _matches_long(pattern, text) if is_long(pattern, text) else walk(pattern, text)


def is_long(pattern: str, text: str) -> bool:
    """Whether `walk` may take too long: its time grows with the product of both lengths."""
    return len(pattern) * len(text) > _LONG


def walk(pattern: str, text: str) -> bool:
    """Whether `pattern` fits the whole of `text`: part by part, and character by character where there is a `?`. Both
    are faster than a regular expression where pattern and text are short."""
    if "?" not in pattern:
        return _has_parts(pattern.split("*"), text)
    at = mark = 0
    star = -1
    while at < len(text):
        if mark < len(pattern) and pattern[mark] == "*":
            star, resume, mark = mark, at, mark + 1
        elif mark < len(pattern) and pattern[mark] in ("?", text[at]):
            at, mark = at + 1, mark + 1
        elif star >= 0:
            resume += 1
            at, mark = resume, star + 1
        else:
            return False
    return all(rest == "*" for rest in pattern[mark:])


def _has_parts(parts: list[str], text: str) -> bool:
    """Whether a text consists of these parts, in their order, with any text between two of them."""
    head, tail = parts[0], parts[-1]
    if len(parts) == 1:
        return text == head
    at, end = len(head), len(text) - len(tail)
    if at > end or not text.startswith(head) or not text.endswith(tail):
        return False
    for part in parts[1:-1]:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _matches_long(pattern: str, text: str) -> bool:
    # fnmatch's translation does not backtrack over `*`; its third wildcard, `[`, is text here.
    return re.fullmatch(translate(pattern.replace("[", "[[]")), text) is not None


def any_glob_matches(patterns: Iterable[str], text: str) -> bool:
    """Whether one of `patterns` fits the whole of `text`."""
    return any(glob_matches(pattern, text) for pattern in patterns)


def has_wildcard(text: str) -> bool:
    """Whether `text` is more than a plain name."""
    return "*" in text or "?" in text
