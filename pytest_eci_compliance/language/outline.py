"""The outline of a text: where a name, a value or a command stands, which is nobody's sentence.

The outline is as long as the text. In it, what stands in quotes or backticks is filled, so that separators and words
are only found outside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FILL = "\x01"
# A quote opens where no word ends: "the call's" has none. Names are quoted as by repr, so a backslash escapes.
_QUOTED = re.compile(r"""`[^`]*`|(?<![\w\\])'(?:[^'\\]|\\.)*'|(?<![\w\\])"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_BRACKETS = re.compile("[()]")


@dataclass(frozen=True)
class Outline:
    """A text, and its outline: `shape` has a fill in the place of every character in quotes but the opening one."""

    text: str
    shape: str

    def part(self, start: int, end: int) -> Outline:
        """The part between two places, neither of which is inside quotes."""
        return Outline(self.text[start:end], self.shape[start:end])

    def is_outside(self, place: int) -> bool:
        """Whether a place is not inside quotes."""
        return place == len(self.shape) or self.shape[place] != _FILL

    def is_balanced(self, start: int, end: int) -> bool:
        """Whether as many brackets close as open between two places."""
        return self._depth(start, end) == 0

    def _depth(self, start: int, end: int, depth: int = 0) -> int:
        """How many brackets are open after a part, `depth` of them before it; -1 where more close than are open."""
        for bracket in _BRACKETS.finditer(self.shape, start, end):
            depth += 1 if bracket[0] == "(" else -1
            if depth < 0:
                break
        return depth

    @property
    def is_atom(self) -> bool:
        """Whether it is one name, value or command: without blanks outside of quotes, and no end of a clause."""
        return bool(self.shape) and " " not in self.shape and self.shape[-1] not in ":;,"

    @property
    def is_quoted(self) -> bool:
        """Whether all of it stands in one pair of quotes or backticks."""
        return len(self.shape) > 1 and self.shape.count(_FILL) == len(self.shape) - 1

    def find(self, words: str, start: int, end: int) -> int:
        """The first place of the words, outside of quotes, with balanced brackets before it; -1 where there is none."""
        place, counted_to, depth = self.text.find(words, start, end), start, 0
        while place >= 0:
            depth = self._depth(counted_to, place, depth)
            if depth < 0:
                return -1
            if depth == 0 and self.is_outside(place) and self.is_outside(place + len(words)):
                return place
            counted_to = place
            place = self.text.find(words, place + 1, end)
        return -1

    def split(self, separator: str) -> list[Outline]:
        """The parts between the separators that stand outside of quotes and brackets."""
        parts, start, size = [], 0, len(self.text)
        while (place := self.find(separator, start, size)) >= 0:
            parts.append(self.part(start, place))
            start = place + len(separator)
        return [*parts, self.part(start, size)]


def outline(text: str) -> Outline:
    """The outline of a text."""
    text = text.replace(_FILL, "\ufffd") if _FILL in text else text
    return Outline(text, _QUOTED.sub(lambda match: match[0][0] + _FILL * (len(match[0]) - 1), text))
