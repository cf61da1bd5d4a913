"""Wildcards of the RAM policy language: `*` is any text, empty included; `?` is exactly one character.

Beside matching a text, this module compares the languages of patterns exactly: which texts one set of
patterns covers and another does not. Each pattern is run as a small automaton whose states are the bits of
an integer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from .logic import Truth

UNKNOWN = "\0"
"""Stands in an ARN for a part that is not known: it may be any text without a colon."""

ANYTHING = "\1"
"""Stands in an ARN for what may be any text at all, colons included."""

_LIMIT = 20_000


class TooManyPatterns(Exception):  # noqa: N818 - says what is the matter
    """The patterns are too entangled to be compared within reason."""


@lru_cache(maxsize=65536)
def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern, upper and lower case told apart. Time is bounded by their
    product.

    >>> matches("eci:Create*", "eci:CreateImageCache"), matches("a?", "a"), matches("*", "")
    (True, False, True)
    """
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


@dataclass(frozen=True)
class Pattern:
    """A pattern as steps: each step is a set of characters, `None` for any one, `...` for any text, or
    `UNKNOWN` for any text without a colon."""

    steps: tuple[object, ...]

    @classmethod
    def wild(cls, text: str) -> Pattern:
        """`*` and `?` are wildcards."""
        return cls(tuple(... if c == "*" else None if c == "?" else frozenset(c) for c in text))

    @classmethod
    def literal(cls, text: str, *, ignore_case: bool = False) -> Pattern:
        """No wildcards; with `ignore_case` each letter stands for both its cases."""
        if ignore_case:
            return cls(tuple(frozenset({c, c.lower(), c.upper()}) for c in text))
        return cls(tuple(frozenset(c) for c in text))

    @classmethod
    def partly_known(cls, text: str) -> Pattern:
        """An ARN in which `UNKNOWN` and `ANYTHING` stand for what is not known; nothing else is a wildcard."""
        open_parts: dict[str, object] = {UNKNOWN: UNKNOWN, ANYTHING: ...}
        return cls(tuple(open_parts.get(c) or frozenset(c) for c in text))


class _Automaton:
    """One pattern, run over all texts at once: a state is the set of positions reached, as bits."""

    def __init__(self, pattern: Pattern) -> None:
        self._steps = pattern.steps
        parts = sum(1 << i for i, step in enumerate(self._steps) if step == UNKNOWN)
        self._stars = parts | sum(1 << i for i, step in enumerate(self._steps) if step is ...)
        self._past_colons = self._stars & ~parts
        self._parts = bool(parts)
        self._accept = 1 << len(self._steps)
        self._takes: dict[str, int] = {}
        self.start = self._skip_stars(1)

    @property
    def alphabet(self) -> set[str]:
        named = {c for step in self._steps if isinstance(step, frozenset) for c in step}
        return named | {":"} if self._parts else named

    def _skip_stars(self, state: int) -> int:
        while (wider := state | (state & self._stars) << 1) != state:
            state = wider
        return state

    def step(self, state: int, char: str) -> int:
        takes = self._takes.get(char)
        if takes is None:
            takes = self._takes[char] = sum(
                1 << i
                for i, step in enumerate(self._steps)
                if step is None or (isinstance(step, frozenset) and char in step)
            )
        stars = self._past_colons if char == ":" else self._stars
        return self._skip_stars((state & takes) << 1 | (state & stars))

    def accepts(self, state: int) -> bool:
        return bool(state & self._accept)


def classes(patterns: Sequence[Pattern], within: Pattern | None = None) -> dict[tuple[bool, ...], str]:
    """Every way in which a text can fit some patterns and not others, each with a shortest example.

    With `within`, only texts that fit that pattern count. Raises `TooManyPatterns` rather than run for ever.

    >>> sorted(classes([Pattern.wild("a*"), Pattern.wild("ab")]).items())
    [((False, False), ''), ((True, False), 'a'), ((True, True), 'ab')]
    """
    found = _classes(tuple(patterns), within or Pattern((...,)))
    if found is None:
        raise TooManyPatterns
    return dict(found)


@lru_cache(maxsize=4096)
def _classes(patterns: tuple[Pattern, ...], within: Pattern) -> dict[tuple[bool, ...], str] | None:
    """The same; None where there is too much to try, which is remembered too."""
    automata = [_Automaton(one) for one in (*patterns, within)]
    letters = set[str]().union(*(one.alphabet for one in automata))
    alphabet = [*sorted(letters), _fresh(letters)]
    start = tuple(one.start for one in automata)
    reached, queue, found = {start}, [(start, "")], dict[tuple[bool, ...], str]()
    for state, text in queue:
        *fits, inside = (one.accepts(at) for one, at in zip(automata, state, strict=True))
        if inside:
            found.setdefault(tuple(fits), text)
        for char in alphabet:
            after = tuple(one.step(at, char) for one, at in zip(automata, state, strict=True))
            if after not in reached and after[-1]:
                reached.add(after)
                queue.append((after, text + char))
        if len(reached) > _LIMIT:
            return None
    return found


def _fresh(letters: set[str]) -> str:
    """A character that no pattern names: one stands for all of them."""
    plain = "xzqjkvwyabcdefghilmnoprstu0123456789XZQ"
    return next((c for c in plain if c not in letters), None) or next(
        chr(n) for n in range(0xE000, 0x110000) if chr(n) not in letters
    )


def uncovered(inside: Iterable[str], outside: Iterable[str]) -> str | None:
    """A shortest text that fits one of the patterns `inside` and none of `outside`; None where there is none.

    >>> uncovered(["app-*"], ["app-?*"]), uncovered(["app-1"], ["app-*"])
    ('app-', None)
    """
    inside, outside = tuple(inside), tuple(outside)
    found = classes([Pattern.wild(one) for one in (*inside, *outside)])
    texts = [
        text for fits, text in found.items() if any(fits[: len(inside)]) and not any(fits[len(inside) :])
    ]
    return min(texts, key=lambda text: (len(text), text), default=None)


@lru_cache(maxsize=4096)
def matches_partly_known(pattern: str, text: str) -> Truth:
    """Whether a text with `UNKNOWN` or `ANYTHING` in it fits: True whatever they are, False whatever they are,
    else None."""
    if UNKNOWN not in text and ANYTHING not in text:
        return matches(pattern, text)
    try:
        outcomes = {fits[0] for fits in classes([Pattern.wild(pattern)], Pattern.partly_known(text))}
    except TooManyPatterns:
        return None
    return outcomes.pop() if len(outcomes) == 1 else None


def residues(pattern: str, prefix: str) -> tuple[str, ...]:
    """The patterns that are left for the rest of a text once `pattern` has taken in `prefix`.

    >>> residues("acs:?am:role/app-*", "acs:ram:role/"), residues("*", "acs:"), residues("x", "acs:")
    (('app-*',), ('*',), ())
    """
    positions = {0}
    for char in prefix:
        positions = {
            after
            for at in _past_stars(pattern, positions)
            if at < len(pattern) and pattern[at] in ("*", "?", char)
            for after in (at if pattern[at] == "*" else at + 1,)
        }
    left = {pattern[at:] for at in positions}
    return tuple(sorted(left))


def _past_stars(pattern: str, positions: set[int]) -> set[int]:
    reached = set(positions)
    for at in positions:
        while at < len(pattern) and pattern[at] == "*":
            at += 1  # noqa: PLW2901 - walks on
            reached.add(at)
    return reached
