"""Recognising AccessKey ids in text, however the text is encoded (section 5 of the security chapters).

An AccessKey id is `LTAI` and at least 12 letters or digits; a temporary one is `STS.` or `TMP.` and at least 12.
What follows an id is of no account: people write the id and its secret without a separator between them.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from .compressed import Budget, inflated, is_compressed

_LAYERS = 5  # of encodings: a config file that holds a Secret that holds a registry login is three
_ACCESS_KEY_ID = re.compile(r"LTAI[A-Za-z0-9]{12}|(?:STS|TMP)\.[A-Za-z0-9]{12}")
_SHORTEST = 16  # characters of an AccessKey id; base64 makes 22 of them, hexadecimal digits 32
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{22,}")
_BASE32 = re.compile(r"[A-Z2-7]{26,}")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{32,}")
# How a shell and a quoted YAML text continue a line; how JSON and a shell write the end of a line.
# A run of backslashes is looked at once, from its beginning.
_CONTINUATION = re.compile(r"(?<!\\)\\+(?:\r?\n[ \t]*|[rn])")
# Everything that may stand between two lines of wrapped base64, and the escapes that JSON puts into it.
_WRAPPING = re.compile(r"\\+[rnt]?|%0[AaDd]|\s+")
# What stands between two literals that a shell or a program joins.
_JOINT = re.compile(r"\\?[\"'][\s+.\\]{0,16}[\"']")
# A character by its code, as JSON, YAML, programs and shells write it: in hexadecimal or octal digits.
_ESCAPE = re.compile(
    r"(?<!\\)\\+(?:u\{0{0,4}([0-9A-Fa-f]{1,4})\}|u([0-9A-Fa-f]{4})|U0{4}([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(?P<octal>0?[01][0-7]{2}))"
)
_QUOTED_PRINTABLE = re.compile(r"=([0-9A-F]{2})")
_FEWEST_QUOTED = 4  # characters: fewer are as good as `=AB` in a URL or a table
_INVISIBLE = "\0\u200b\u200c\u200d\u2060\ufeff"
_WITHOUT_INVISIBLE = dict.fromkeys(map(ord, _INVISIBLE))
_PRINTABLE = re.compile(r"[ -~\t\r\n]{16}")
# Bytes in hexadecimal digits, each by itself: 4c:54, 0x4c, 0x54, or `4c 54`.
_SEPARATE_BYTES = re.compile(
    r"(?<![0-9A-Fa-f])(?:(?:0x)?[0-9A-Fa-f]{2}[\s:,;-]{1,3}){15,}(?:0x)?[0-9A-Fa-f]{2}(?![0-9A-Fa-f])"
)
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_ENTITY = re.compile(r"&#[xX]?[0-9A-Fa-f]{2,7};")
SEARCH = 1
"""The number of the rules of this search. A recording holds the number of the rules that its text was searched by:
count it up with every encoding that is added."""


def find_access_key(text: str) -> bool | None:
    """Whether an AccessKey ID is in a text, in its joined lines and literals, or in what it encodes: in base64, in
    hexadecimal digits, as escapes of URLs, JSON, HTML, mail and shells, or compressed.

    None where none was found, and the text has more layers or bytes than are searched.

    >>> find_access_key("id=LTAI5tAbCdEfGhIj"), find_access_key("the prefix LTAI")
    (True, False)
    """
    if len(text) < _SHORTEST:
        return False
    search = _Search()
    return True if search.finds(text, _LAYERS) else None if search.is_cut_short else False


def mentions_access_key(text: str) -> bool:
    """Whether an AccessKey ID was found in a text (`find_access_key`)."""
    return find_access_key(text) is True


def masked(name: str) -> str:
    """A name for a message: of a name in which an AccessKey ID is, the first four characters.

    >>> masked("web"), masked("LTAI5tAbCdEfGhIj")
    ('web', 'LTAI…')
    """
    return f"{name[:4]}…" if mentions_access_key(name) else name


class _Search:
    """The search of one text. `is_cut_short` is whether something was left that may hold an AccessKey ID."""

    def __init__(self) -> None:
        self._budget = Budget()
        self._is_too_deep = False

    @property
    def is_cut_short(self) -> bool:
        """Whether layers or compressed bytes are left that were not searched."""
        return self._is_too_deep or self._budget.is_exceeded

    def finds(self, text: str, layers: int) -> bool:
        """Whether an AccessKey ID is in the text, or below at most so many layers of encodings."""
        if len(text) < _SHORTEST:
            return False
        if _ACCESS_KEY_ID.search(text):
            return True
        if "\\" in text and _ACCESS_KEY_ID.search(_CONTINUATION.sub("", text)):
            return True
        if ('"' in text or "'" in text) and _ACCESS_KEY_ID.search(_JOINT.sub("", text)):
            return True
        if layers > 0:
            return any(self.finds(inner, layers - 1) for inner in self._decoded(text))
        self._is_too_deep = self._is_too_deep or any(map(_may_hold_more, self._decoded(text)))
        return False

    def _decoded(self, text: str) -> Iterator[str]:
        """What a text encodes: its escapes as characters, and what its base64 and hexadecimal digits hold.

        Text in UTF-16 and UTF-32 is read without its zero bytes, whichever byte comes first.
        """
        plain = _unescaped(text)
        if plain != text:
            yield plain
        for data in _data_in(text):
            inner = data.decode("latin-1")
            yield inner
            if "\0" in inner:
                yield inner.replace("\0", "")
            yield from (content.decode("latin-1") for content in inflated(data, self._budget))


def _may_hold_more(text: str) -> bool:
    """Whether a text below the last layer that is searched is one that people write, or compressed: what is decoded
    by mistake has no long run of printable characters."""
    return _PRINTABLE.search(text) is not None or is_compressed(text[:8].encode("latin-1", "ignore"))


def _unescaped(text: str) -> str:
    """The text with the characters that it escapes."""
    if any(character in text for character in _INVISIBLE):
        text = text.translate(_WITHOUT_INVISIBLE)
    if "=" in text and len(_QUOTED_PRINTABLE.findall(text)) >= _FEWEST_QUOTED:
        text = _QUOTED_PRINTABLE.sub(lambda quoted: chr(int(quoted[1], 16)), text)
    if "%" in text and _PERCENT.search(text):
        text = unquote(text, "latin-1")
    if "&#" in text and _ENTITY.search(text):
        text = html.unescape(text)
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    octal = escape["octal"]
    digits = next(group for group in escape.groups() if group)
    return chr(int(digits, 8 if octal else 16))


def _data_in(text: str) -> Iterator[bytes]:
    """What the base64 in a text encodes (plain or URL-safe, padded or not, wrapped over lines or not), and its
    base32 and hexadecimal digits. Where a word stands right before base64, it does not begin where the token does:
    every offset is tried."""
    texts = tuple(dict.fromkeys([text, _WRAPPING.sub("", text)]))
    for token in _tokens(_BASE64, texts):
        plain = token.replace("-", "+").replace("_", "/")
        for start in range(4):
            part = plain[start:]
            part = part[:-1] if len(part) % 4 == 1 else part
            yield binascii.a2b_base64(part + "=" * (-len(part) % 4))
    for token in _tokens(_BASE32, texts):
        part = token[: len(token) - (len(token) % 8 in (1, 3, 6))]
        yield base64.b32decode(part + "=" * (-len(part) % 8))
    separate = () if len(text) < _SHORTEST * 3 - 1 else _SEPARATE_BYTES.findall(text)
    digits = (re.sub(r"0x|[^0-9A-Fa-f]", "", found) for found in separate)
    for token in dict.fromkeys([*_tokens(_HEXADECIMAL, texts), *digits]):
        for start in range(2):
            part = token[start:]
            yield binascii.unhexlify(part[: len(part) // 2 * 2])


def _tokens(pattern: re.Pattern[str], texts: Iterable[str]) -> Iterable[str]:
    """The tokens of a text, and of the text without what wraps its lines, each once."""
    return dict.fromkeys(token for text in texts for token in pattern.findall(text))
