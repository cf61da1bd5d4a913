"""Globs of the configuration: `*` and `?` only, case-sensitive, over the whole text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache


@lru_cache(maxsize=65536)
def _compiled(pattern: str) -> re.Pattern[str]:
    # fnmatch's translation does not backtrack over `*`; its third wildcard, `[`, is text here.
    return re.compile(translate(pattern.replace("[", "[[]")))


def glob_matches(pattern: str, text: str) -> bool:
    """Whether `pattern` fits the whole of `text`. `*` fits any text, the empty one and newlines included.

    >>> glob_matches("user00?0", "user0010"), glob_matches("?*", ""), glob_matches("ops-*", "Ops-1")
    (True, False, False)
    """
    return _compiled(pattern).match(text) is not None


def any_glob_matches(patterns: Iterable[str], text: str) -> bool:
    return any(glob_matches(pattern, text) for pattern in patterns)


def has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text
