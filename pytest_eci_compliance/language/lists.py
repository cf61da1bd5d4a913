"""Lists in English sentences, "a, b and c", and how Chinese writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .outline import Outline
from .spacing import spaced

SEPARATORS = re.compile(r", and also |; and |; or |, | and also | and | or |; ")
"""What stands between the members of a list, as `join_words` writes it."""

MORE = re.compile(r"([\d,]+) more")
"""The end of a list that names only its first members."""
_CONJUNCTIONS = {"and": ("和", "以及"), "or": ("或", "或")}


class Piece(NamedTuple):
    """A piece of a list between two separators: its place, and the separator before it."""

    text: Outline
    start: int
    end: int
    separator: str


class ListMember(NamedTuple):
    """A member of a list in Chinese, and the English separator before it. `is_name` where it is as it was."""

    separator: str
    text: str
    is_name: bool


def pieces(text: Outline) -> list[Piece]:
    """The pieces of a list: its members, or parts of them."""
    parts, start, separator, balanced_to, depth = [], 0, "", 0, 0
    for match in SEPARATORS.finditer(text.shape):
        depth += text.shape.count("(", balanced_to, match.start()) - text.shape.count(
            ")", balanced_to, match.start()
        )
        balanced_to = match.start()
        if depth == 0 and match.start() > start:
            parts.append(Piece(text.part(start, match.start()), start, match.start(), separator))
            start, separator = match.end(), match[0]
    return [*parts, Piece(text.part(start, len(text.text)), start, len(text.text), separator)]


def joined(members: Sequence[ListMember]) -> str:
    """The members as Chinese writes them: names with 、 and long members with ；."""
    are_long = any(not member.is_name and re.search("[，：；。]", member.text) for member in members)
    text = ""
    for member in members:
        if more := MORE.fullmatch(member.text):
            text += f" 等，另有{more[1]}项"
        else:
            text = spaced(spaced(text, _between(member, are_long=are_long)), member.text.strip(" "))
    return text


def _between(member: ListMember, *, are_long: bool) -> str:
    if not member.separator:
        return ""
    comma = "；" if are_long or member.separator.startswith(";") else "、"
    words = member.separator.strip(",; ").split(" ")
    if not words[0]:
        return comma
    short, long = _CONJUNCTIONS[words[0]]
    return f"{comma}{long}" if are_long or len(words) > 1 or comma == "；" else f" {short} "
