"""Names and messages as they may be shown: what would steer a terminal or a reader's eye is made visible."""

from __future__ import annotations

import re
import unicodedata

_STEERING = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    r"""The text with control, format (bidi, zero-width) and surrogate characters escaped: `\u202e`."""
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def whole(text: str) -> str:
    r"""The text with lone surrogates, which UTF-8 has no bytes for, written out: `\ud800`."""
    return text.encode("utf-8", "backslashreplace").decode()


def visible_lines(text: str) -> str:
    """The same, but line breaks stay."""
    return "\n".join(visible(line) for line in re.split(r"\r\n|\n", text))


def one_line(text: str) -> str:
    """The same on one line: each line break, with the blanks around it, becomes ` / `."""
    return visible(re.sub(r"\s*\r?\n\s*", " / ", text.strip()))


def _shown(char: str) -> str:
    return char.encode("unicode_escape").decode() if unicodedata.category(char) in _STEERING else char
