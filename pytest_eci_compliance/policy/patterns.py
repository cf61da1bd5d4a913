"""Wildcards of the RAM policy language: `*` is any text, empty included; `?` is exactly one character.

Beside matching a text, this module compares the languages of patterns exactly: which texts one set of
patterns covers and another does not. Each pattern is run as a small automaton whose states are the bits of
an integer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..globs import is_long, walk
from .budget import ROW, STEPS, Budget
from .three_valued import Truth

UNKNOWN = "\0"
"""Stands in an ARN for a part that is not known: it may be any text without a colon."""

ANYTHING = "\1"
"""Stands in an ARN for what may be any text at all, colons included."""

_MOST_STATES = 20_000
MOST_STEPS = 500_000
"""Bounds of one comparison: states that are reached, and steps from them, weighed by the length of the patterns."""
_FEW_STEPS = ROW * STEPS
"""The bound of a comparison for which the budget has no more than what every row may use."""
_FREE = 16
"""Units of work of one comparison that are not counted: those of a usual number of patterns."""
_FEW_QUESTIONS = 4
MOST_STEPS_OF_A_MATCH = 20_000
"""The bound of matching one pattern with a text that is partly known (some milliseconds)."""


def fold(pattern: str) -> str:
    """The pattern with each run of `*` as one: they match the same texts.

    >>> fold("eci:**x***")
    'eci:*x*'
    """
    while "**" in pattern:
        pattern = pattern.replace("**", "*")
    return pattern


class TooManyPatterns(Exception):  # noqa: N818 - says what is the matter
    """The patterns are too entangled to be compared within reason."""


@lru_cache(maxsize=65536)
def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern, upper and lower case told apart.

    >>> matches("eci:Create*", "eci:CreateImageCache"), matches("a?", "a"), matches("*", "")
    (True, False, True)
    """
    return _matches_long(fold(pattern), text) if is_long(pattern, text) else walk(pattern, text)


def _matches_long(pattern: str, text: str) -> bool:
    """The same for long patterns and texts, whose product would take seconds character by character."""
    automaton = _Automaton((Pattern.wild(pattern),))
    state = automaton.start
    for char in text:
        state = automaton.step(state, char)
        if not state:
            return False
    return bool(state & automaton.accepts)


@dataclass(frozen=True)
class Pattern:
    """A pattern as steps: each step is a set of characters, `None` for any one, `...` for any text, or
    `UNKNOWN` for any text without a colon."""

    steps: tuple[object, ...]

    @classmethod
    def wild(cls, text: str) -> Pattern:
        """`*` and `?` are wildcards."""
        return cls(tuple(... if c == "*" else None if c == "?" else frozenset(c) for c in fold(text)))

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


ANY_TEXT = Pattern((...,))


class _Automaton:
    """Several patterns, run over all texts at once: a state is the set of positions reached, as the bits of one
    integer, in which the patterns stand one behind the other."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._letters: dict[str, int] = {}
        self._any = self._stars = self._parts = self.start = 0
        self.accept: list[int] = []
        at = 0
        for pattern in patterns:
            self.start |= 1 << at
            for offset, step in enumerate(pattern.steps):
                self._add(1 << at + offset, step)
            at += len(pattern.steps)
            self.accept.append(1 << at)
            at += 1
        self.length = at
        self.accepts = sum(self.accept)
        self.start = self._skip_stars(self.start)
        self.alphabet = sorted(self._letters.keys() | ({":"} if self._parts else set()))

    def _add(self, bit: int, step: object) -> None:
        if step is None:
            self._any |= bit
        elif isinstance(step, frozenset):
            for char in step:
                self._letters[char] = self._letters.get(char, 0) | bit
        else:
            self._stars |= bit
            self._parts |= bit if step == UNKNOWN else 0

    def _skip_stars(self, state: int) -> int:
        while (wider := state | (state & self._stars) << 1) != state:
            state = wider
        return state

    def told_apart(self, state: int) -> list[str]:
        """The characters that this state tells from a character that no pattern names."""
        colon = state & self._parts
        return [
            char for char in self.alphabet if state & self._letters.get(char, 0) or (colon and char == ":")
        ]

    def step(self, state: int, char: str) -> int:
        stars = self._stars & ~self._parts if char == ":" else self._stars
        taken = state & (self._any | self._letters.get(char, 0))
        return self._skip_stars(taken << 1 | (state & stars))


def classes(
    patterns: Sequence[Pattern], within: Pattern | None = None, budget: Budget | None = None
) -> dict[tuple[bool, ...], str]:
    """Every way in which a text can fit some patterns and not others, each with a shortest example.

    With `within`, only texts that fit that pattern count. Raises `TooManyPatterns` rather than run for ever. The
    work is taken from `budget`, also where the result is remembered: raises `OutOfBudget`.

    >>> sorted(classes([Pattern.wild("a*"), Pattern.wild("ab")]).items())
    [((False, False), ''), ((True, False), 'a'), ((True, True), 'ab')]
    """
    most = most_steps(budget)
    examples, steps = explore(tuple(patterns), within or ANY_TEXT, most)
    spend_steps(budget, steps)
    if examples is None:
        raise TooManyPatterns
    return dict(examples)


def most_steps(budget: Budget | None) -> int:
    """The bound of one comparison: one of two, so that its result can be remembered."""
    return MOST_STEPS if budget is None or budget.affords(MOST_STEPS // STEPS) else _FEW_STEPS


def spend_steps(budget: Budget | None, steps: int) -> None:
    """Take the steps of one comparison from the budget. Raises `OutOfBudget`."""
    if budget is not None:
        budget.spend(max(0, steps // STEPS - _FREE))


@lru_cache(maxsize=4096)
def explore(
    patterns: tuple[Pattern, ...], within: Pattern, most: int, most_examples: int | None = None
) -> tuple[dict[tuple[bool, ...], str] | None, int]:
    """What `classes` gives, and the number of steps; None where more than `most` steps would be needed, or where there
    are more than `most_examples`.

    Both are remembered.
    """
    automaton = _Automaton((*patterns, within))
    *accept, inside = automaton.accept
    # Where no position of `within` is reached, no longer text can fit it.
    alive = (1 << automaton.length) - (1 << automaton.length - len(within.steps) - 1)
    fresh, remaining = _fresh(set(automaton.alphabet)), most
    reached, queue = {automaton.start}, [(automaton.start, "")]
    examples: dict[int, str] = {}
    for state, text in queue:
        if state & inside:
            examples.setdefault(state & automaton.accepts, text)
        remaining -= (1 + len(automaton.alphabet) // 4) * (1 + automaton.length // 4096)
        for char in (*automaton.told_apart(state), fresh):
            remaining -= 1 + automaton.length // 1024
            after = automaton.step(state, char)
            if after & alive and after not in reached:
                reached.add(after)
                queue.append((after, text + char))
        if remaining < 0 or len(reached) > _MOST_STATES:
            return None, most
        if most_examples is not None and len(examples) > most_examples:
            return None, most - remaining
    by_fit = {tuple(bool(fits & bit) for bit in accept): text for fits, text in examples.items()}
    return by_fit, most - remaining


def _fresh(letters: set[str]) -> str:
    """A character that no pattern names: one stands for all of them."""
    plain = "xzqjkvwyabcdefghilmnoprstu0123456789XZQ"
    return next((c for c in plain if c not in letters), None) or next(
        chr(n) for n in range(0xE000, 0x110000) if chr(n) not in letters
    )


def uncovered(inside: Iterable[str], outside: Iterable[str], budget: Budget | None = None) -> str | None:
    """A shortest text that fits one of the patterns `inside` and none of `outside`; None where there is none.

    Raises `TooManyPatterns`, and `OutOfBudget` where a `budget` is given.

    >>> uncovered(["app-*"], ["app-?*"]), uncovered(["app-1"], ["app-*"])
    ('app-', None)
    """
    most = most_steps(budget)
    text, steps = _uncovered(tuple(inside), tuple(outside), most)
    spend_steps(budget, steps)
    if steps >= most:
        raise TooManyPatterns
    return text


@lru_cache(maxsize=16384)
def _uncovered(inside: tuple[str, ...], outside: tuple[str, ...], most: int) -> tuple[str | None, int]:
    """The same, and the number of steps: `most` where it would be more."""
    patterns = tuple(Pattern.wild(pattern) for pattern in (*inside, *outside))
    examples, steps = explore(patterns, ANY_TEXT, most)
    texts = [
        text
        for fits, text in (examples or {}).items()
        if any(fits[: len(inside)]) and not any(fits[len(inside) :])
    ]
    return min(texts, key=lambda text: (len(text), text), default=None), most if examples is None else steps


@lru_cache(maxsize=4096)
def matches_partly_known(pattern: str, text: str) -> Truth:
    """Whether a text with `UNKNOWN` or `ANYTHING` in it fits: True whatever they are, False whatever they are,
    else None."""
    if UNKNOWN not in text and ANYTHING not in text:
        return matches(pattern, text)
    examples, _ = explore((Pattern.wild(pattern),), Pattern.partly_known(text), MOST_STEPS_OF_A_MATCH)
    outcomes = {fits[0] for fits in examples or {}}
    return outcomes.pop() if len(outcomes) == 1 else None


def match_work(pattern: str) -> int:
    """The units of work that matching the pattern with a text may take.

    Each `?` behind a `*` can double the states of a match with a text that is partly known.
    """
    questions = pattern[pattern.find("*") :].count("?") if "*" in pattern else 0
    doubled = len(pattern) << min(questions, 12) if questions > _FEW_QUESTIONS else 0
    return 4 + len(pattern) // 16 + min(doubled, MOST_STEPS_OF_A_MATCH)


@lru_cache(maxsize=4096)
def residues(pattern: str, prefix: str) -> tuple[str, ...]:
    """The patterns that are left for the rest of a text once `pattern` has taken in `prefix`.

    >>> residues("acs:?am:role/app-*", "acs:ram:role/"), residues("*", "acs:"), residues("x", "acs:")
    (('app-*',), ('*',), ())
    """
    pattern, positions = fold(pattern), {0}
    for char in prefix:
        positions = {
            after
            for at in _past_stars(pattern, positions)
            if at < len(pattern) and pattern[at] in ("*", "?", char)
            for after in (at if pattern[at] == "*" else at + 1,)
        }
    rests = {pattern[at:] for at in positions}
    return tuple(sorted(rests))


def _past_stars(pattern: str, positions: set[int]) -> set[int]:
    reached = set(positions)
    for at in positions:
        while at < len(pattern) and pattern[at] == "*":
            at += 1  # noqa: PLW2901 - walks on
            reached.add(at)
    return reached
