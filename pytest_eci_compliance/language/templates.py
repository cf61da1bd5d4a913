"""Templates of sentences: an English one with placeholders, and its Chinese one.

A placeholder takes what stands between the words around it. Its last character says what it may be:

- `{name}`: one name, value, quoted text or command, as it is;
- `{name~}`: any text of one clause, as it is;
- `{name^}`: a quoted text, as it is;
- `{name@}`: the code of an action, or a pattern of such codes;
- `{name#}`: a number;
- `{name!}`: a word of the table of words, which has its translation;
- `{name&}`: a list of names and words, "a, b and c";
- `{name+}`: a list whose members may be sentences of the table too;
- `{name*}`: another sentence of the table, or several.

Only the last four are translated: a name in an account may read like a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

from .outline import Outline
from .spacing import spaced

_MOST_WORDS = 4
_NEVER_IN = {"~": ("; ", ". "), "&": ("; ", ": ")}
_PLACEHOLDER = re.compile(r"\{(\w+)([~^@#!&+*]?)\}")


_ACTION = re.compile(r"[\w*?.-]+:[\w*?:.$-]*[\w*?$-]|\*")


def is_action(text: str) -> bool:
    """Whether a text is the code of an action, or a pattern of such codes: `eci:Describe*`."""
    return _ACTION.fullmatch(text) is not None


@dataclass(frozen=True)
class Placeholder:
    """A placeholder of a template. `kind` is the character that says what it may be; empty for one name."""

    name: str
    kind: str

    @property
    def is_translated(self) -> bool:
        """Whether what stands in its place may be translated."""
        return self.kind in ("!", "&", "+", "*")

    def accepts(self, part: Outline, words: Mapping[str, str]) -> bool:
        """Whether a part of a text may stand in its place."""
        if self.kind == "#":
            return part.text.replace(",", "").isdecimal()
        if self.kind == "!":
            return part.text in words
        if self.kind == "^":
            return part.is_quoted
        if self.kind == "@":
            return is_action(part.text)
        if self.kind in _NEVER_IN:
            return bool(part.text) and not any(words in part.shape for words in _NEVER_IN[self.kind])
        return bool(part.text) if self.kind else part.is_atom

    def end(self, text: Outline, start: int, following: str, end: int, words: Mapping[str, str]) -> int:
        """Where what stands in its place ends: before the next of the following words. -1 where it cannot end.

        A word of the table ends as late as it can: "resource group" is no "resource".
        """
        place = text.find(following, start, end)
        if self.kind != "!":
            return place
        longest = -1
        for _ in range(_MOST_WORDS):
            if place > start and text.text[start:place] in words:
                longest = place
            place = text.find(following, place + 1, end) if place >= 0 else -1
        return longest


@dataclass(frozen=True)
class Template:
    """A template: `words[0]`, `placeholders[0]`, `words[1]` and so on; `chinese` has the same placeholders."""

    english: str
    chinese: str
    words: tuple[str, ...]
    placeholders: tuple[Placeholder, ...]
    chinese_pieces: tuple[str, ...]

    @cached_property
    def weight(self) -> int:
        """How many characters of a text it fixes: the most specific template has the most."""
        return sum(map(len, self.words))

    @cached_property
    def letters(self) -> int:
        """How many letters of a text it fixes."""
        return sum(letter.isalpha() for words in self.words for letter in words)

    @cached_property
    def whole_words(self) -> frozenset[str]:
        """The words of a text that it fixes: those that no placeholder touches."""
        whole: set[str] = set()
        for number, piece in enumerate(self.words):
            parts = piece.split(" ")
            first = 0 if number == 0 else 1
            last = len(parts) if number == len(self.words) - 1 else len(parts) - 1
            whole.update(parts[first:last])
        return frozenset(whole - {""})

    def match(self, text: Outline, words: Mapping[str, str]) -> dict[Placeholder, Outline] | None:
        """What stands in each placeholder; None where the template does not fit the whole text.

        Takes time in proportion to the length of the text: each placeholder ends where its next words first stand.
        """
        whole = text.text
        if not self.placeholders:
            return {} if whole == self.words[0] else None
        start, end = len(self.words[0]), len(whole) - len(self.words[-1])
        if end <= start or not (whole.startswith(self.words[0]) and whole.endswith(self.words[-1])):
            return None
        if not (text.is_outside(start) and text.is_outside(end)):
            return None
        parts: dict[Placeholder, Outline] = {}
        for number, placeholder in enumerate(self.placeholders):
            last = number == len(self.placeholders) - 1
            following = self.words[number + 1]
            place = end if last else placeholder.end(text, start, following, end, words)
            if place <= start or (last and not text.is_balanced(start, end)):
                return None
            part = text.part(start, place)
            if not placeholder.accepts(part, words):
                return None
            parts[placeholder] = part
            start = place + len(following)
        return parts

    def filled(self, values: Mapping[str, str], translated: Collection[str]) -> str:
        """The Chinese sentence. Where a translated value begins or ends, Chinese characters stand without a blank
        between them, and with one before or after a name."""
        text = self.chinese_pieces[0]
        for name, words in zip(self.chinese_pieces[1::2], self.chinese_pieces[2::2], strict=True):
            is_loose = name in translated
            text = spaced(text, values[name]) if is_loose else text + values[name]
            text = spaced(text, words) if is_loose else text + words
        return text


def template(english: str, chinese: str) -> Template:
    """The template of an English sentence and its Chinese one."""
    pieces = _PLACEHOLDER.split(english)
    placeholders = tuple(
        Placeholder(name, kind) for name, kind in zip(pieces[1::3], pieces[2::3], strict=True)
    )
    chinese_pieces = tuple(re.split(r"\{(\w+)\}", chinese))
    return Template(english, chinese, tuple(pieces[::3]), placeholders, chinese_pieces)


class Templates:
    """The templates of a table, found by a word that only few of them have, the most specific one first."""

    def __init__(self, table: Mapping[str, str], words: Mapping[str, str]) -> None:
        self.words = words
        self.exact = frozenset(table)
        templates = sorted((template(*row) for row in table.items()), key=lambda entry: -entry.weight)
        numbers = Counter(word for entry in templates for word in entry.whole_words)
        self._by_word: dict[str, list[tuple[int, Template]]] = {}
        for rank, entry in enumerate(templates):
            rarest = min(entry.whole_words, key=lambda word: (numbers[word], word), default="")
            self._by_word.setdefault(rarest, []).append((rank, entry))

    def matches(self, text: Outline) -> Iterator[tuple[Template, dict[Placeholder, Outline]]]:
        """The templates that fit a text, each with what stands in its placeholders."""
        candidates: list[tuple[int, Template]] = []
        for word in {"", *text.text.split(" ")}:
            candidates += self._by_word.get(word, ())
        for _, entry in sorted(candidates, key=itemgetter(0)):
            parts = entry.match(text, self.words)
            if parts is not None:
                yield entry, parts
