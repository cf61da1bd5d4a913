"""Which known words a misspelt one is near to."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LIKELY = 0.6
"""How alike a known word has to be to be suggested: from 0 to 1, as `difflib` measures it."""


def near_words(word: str, known: Iterable[str], alike: float = LIKELY, most: int = 3) -> list[str]:
    """The known words that are spelled most alike, whatever the case of their letters: the nearest first."""
    by_folded = {name.lower(): name for name in known}
    return [by_folded[near] for near in get_close_matches(word.lower(), list(by_folded), most, alike)]


def nearest(word: str, known: Iterable[str], alike: float = LIKELY) -> str | None:
    """The known word that is spelled most alike; None where none is near.

    >>> nearest("eci:deletecontainergruop", ["eci:DeleteContainerGroup", "eci:RunCommand"])
    'eci:DeleteContainerGroup'
    """
    return next(iter(near_words(word, known, alike, most=1)), None)


def did_you_mean(word: str, known: Iterable[str], alike: float = LIKELY) -> str:
    """`; did you mean …?`, the end of a message; empty where no known word is near.

    >>> did_you_mean("waver", ["access", "waiver"]), did_you_mean("x", ["access"])
    ('; did you mean `waiver`?', '')
    """
    name = nearest(word, known, alike)
    return f"; did you mean `{name}`?" if name else ""
