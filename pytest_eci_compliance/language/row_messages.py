"""The messages and remediations of rows in the language of the reader.

The checks write English. Their sentences are looked up in a table of templates, the most specific one first; what no
template fits is looked up sentence by sentence. What is not found stays as it is, and so do names, codes and commands.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

from . import Language
from .lists import MORE, ListMember, joined, pieces
from .outline import Outline, outline
from .tables import read_table
from .templates import Placeholder, Template, Templates, is_action

_DEEPEST = 16
"""How deep sentences may stand in sentences."""
_FEWEST_LOOKUPS, _LOOKUPS_PER_CHARACTER = 200, 1
"""The work for a text is bounded, whatever it holds."""
_LONGEST_MIXED_LIST = 16
"""In a list of at most so many pieces a member may have commas itself."""
_FEWEST_LETTERS = 8
"""A template with fewer letters says little: somebody's own message may fit it."""
_END = "。"
_PARTS = (("; ", "；"), (". ", _END), (" → ", " → "))
"""What separates clauses, sentences and steps in English, and in Chinese."""


def row_text(text: str, language: Language) -> str:
    """The message or remediation of a row in a language; the English text where it has no translation."""
    return text if language == "en" else _in_chinese(text)


@lru_cache(maxsize=8192)
def _in_chinese(text: str) -> str:
    templates = _templates()
    if " " in text and text in templates.words:
        return templates.words[text]
    chinese = _translation(text).of(outline(text))
    # An own check may say what a small part of a sentence says.
    known = chinese is not None and (chinese.letters >= _FEWEST_LETTERS or text in templates.exact)
    return chinese.text.strip() if chinese is not None and known else text


def _translation(text: str) -> _Translation:
    return _Translation(_templates(), _FEWEST_LOOKUPS + _LOOKUPS_PER_CHARACTER * len(text))


@cache
def _templates() -> Templates:
    return Templates(read_table("messages.rows.zh.yaml"), read_table("messages.words.zh.yaml"))


@lru_cache(maxsize=1024)
def scope_text(text: str, language: Language) -> str:
    """Where a permission applies, which may also be a list of names, in a language."""
    if language == "en":
        return text
    translation = _translation(text)
    scope = outline(text)
    chinese = translation.of(scope)
    if chinese is None or not chinese.whole:
        chinese = translation.list_of(scope)
    return text if chinese is None else chinese.text.strip()


class _Chinese(NamedTuple):
    """A translated text. `whole` is False where a part of it had no translation; `letters` is how many of the English
    letters are of templates."""

    text: str
    whole: bool = True
    letters: int = 0


class _Translation:
    """The translation of one text, within a number of lookups."""

    def __init__(self, templates: Templates, lookups: int) -> None:
        self._templates = templates
        self._left = lookups
        self._depth = 0
        self._known: dict[str, _Chinese | None] = {}

    def of(self, text: Outline) -> _Chinese | None:
        """The translation of one or several sentences; None where they have none."""
        if text.text not in self._known:
            self._left -= 1
            self._depth += 1
            spent = self._left < 0 or self._depth > _DEEPEST
            self._known[text.text] = None if spent else self._looked_up(text)
            self._depth -= 1
        return self._known[text.text]

    def _looked_up(self, text: Outline) -> _Chinese | None:
        parts = self._by_parts(text)
        if parts is not None and parts.whole:
            return parts
        for template, fillings in self._templates.matches(text):
            chinese = self._filled(template, fillings)
            if chinese.whole:
                return chinese
            parts = parts or (chinese if template.letters >= _FEWEST_LETTERS else None)
        return parts

    def _filled(self, template: Template, fillings: dict[Placeholder, Outline]) -> _Chinese:
        values = {placeholder.name: self._value(placeholder, part) for placeholder, part in fillings.items()}
        translated = [placeholder.name for placeholder in fillings if placeholder.is_translated]
        text = template.filled({name: value.text for name, value in values.items()}, translated)
        letters = template.letters + sum(value.letters for value in values.values())
        return _Chinese(text, all(value.whole for value in values.values()), letters)

    def _value(self, placeholder: Placeholder, part: Outline) -> _Chinese:
        """What stands in a placeholder, in Chinese where it may be translated."""
        if placeholder.kind == "!":
            return _Chinese(self._templates.words[part.text])
        chinese: _Chinese | None = _Chinese(part.text)
        if placeholder.kind in ("&", "+"):
            chinese = self.list_of(part)
        elif placeholder.kind == "*":
            chinese = self._code_or_word(part) or self.of(part)
        return chinese or _Chinese(part.text, whole=False)

    def _code_or_word(self, part: Outline) -> _Chinese | None:
        """The code of an action, a quoted text or a word of the table, which are whole by themselves."""
        if part.text in self._templates.words:
            return _Chinese(self._templates.words[part.text])
        return _Chinese(part.text) if part.is_quoted or is_action(part.text) else None

    def _by_parts(self, text: Outline) -> _Chinese | None:
        """The translation of several clauses or sentences, all of which have one."""
        for separator, between in _PARTS:
            parts = text.split(separator)
            if len(parts) > 1:
                chinese = [self._part(part, separator) for part in parts]
                known = [sentence for sentence in chinese if sentence is not None]
                if len(known) == len(chinese):
                    words = between.join(sentence.text for sentence in known).replace("？；", "？")
                    end = _END if separator == ". " and text.text.endswith(".") else ""
                    letters = sum(sentence.letters for sentence in known)
                    return _Chinese(words + end, all(sentence.whole for sentence in known), letters)
        return None

    def _part(self, part: Outline, separator: str) -> _Chinese | None:
        """The translation of one of several parts: a clause, or a sentence, both without its full stop."""
        if separator == "; ":
            part = _without(part, ("and ", "or "))
        elif separator == ". ":
            part = part.part(0, len(part.text) - part.text.endswith("."))
            sentence = self.of(Outline(f"{part.text}.", f"{part.shape}."))
            if sentence is not None and sentence.whole:
                return sentence._replace(text=sentence.text.removesuffix(_END))
        return self._code_or_word(part) or self.of(part)

    def list_of(self, text: Outline) -> _Chinese | None:
        """The translation of a list: its members are names, numbers of further ones, or sentences of the table.

        A member may have commas and conjunctions itself: it ends where what follows is a list again.
        """
        parts = pieces(text)
        longest = len(parts) if len(parts) <= _LONGEST_MIXED_LIST else 1
        # From each piece on: the member that begins there, and the piece after it.
        members: dict[int, tuple[ListMember, int]] = {}
        for first in reversed(range(len(parts))):
            for after in range(first + 1, min(first + longest, len(parts)) + 1):
                if after < len(parts) and after not in members:
                    continue
                part = text.part(parts[first].start, parts[after - 1].end)
                member = self._member(part, parts[first].separator)
                if member is not None:
                    members[first] = member, after
                    break
        if 0 not in members:
            return None
        return _Chinese(joined(_in_order(members)))

    def _member(self, part: Outline, separator: str) -> ListMember | None:
        if part.text in self._templates.words:
            return ListMember(separator, self._templates.words[part.text], is_name=False)
        if part.is_atom or MORE.fullmatch(part.text):
            return ListMember(separator, part.text, is_name=True)
        chinese = self.of(part)
        return (
            ListMember(separator, chinese.text, is_name=False)
            if chinese is not None and chinese.whole
            else None
        )


def _in_order(members: dict[int, tuple[ListMember, int]]) -> list[ListMember]:
    """The members of a list, from its first piece on."""
    ordered, place = [], 0
    while place in members:
        member, place = members[place]
        ordered.append(member)
    return ordered


def _without(part: Outline, beginnings: tuple[str, ...]) -> Outline:
    for beginning in beginnings:
        if part.text.startswith(beginning):
            return part.part(len(beginning), len(part.text))
    return part
