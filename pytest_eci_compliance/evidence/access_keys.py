"""Recognising AccessKey ids in text, however the text is encoded (section 5 of the security chapters).

An AccessKey id is `LTAI` and at least 12 letters or digits; a temporary one is `STS.` or `TMP.` and at least 12.
What follows an id is of no account: people write the id and its secret without a separator between them.
"""

from __future__ import annotations

import binascii
import html
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import unquote

_LAYERS = 5  # of encodings: a config file that holds a Secret that holds a registry login is three
_ACCESS_KEY_ID = re.compile(r"LTAI[A-Za-z0-9]{12}|(?:STS|TMP)\.[A-Za-z0-9]{12}")
_SHORTEST = 16  # characters of an AccessKey id; base64 makes 22 of them, hexadecimal digits 32
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{22,}")
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
    r"(?<!\\)\\+(?:u\{0{0,4}([0-9A-Fa-f]{1,4})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(?P<octal>0?[01][0-7]{2}))"
)
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_ENTITY = re.compile(r"&#[xX]?[0-9A-Fa-f]{2,7};")
_MOST = 1 << 22
"""Bytes that are searched in all the compressed files of a text together."""
_COMPRESSED_BY: Mapping[bytes, str] = {
    b"\x1f\x8b": "zlib",
    **{bytes((0x78, level)): "zlib" for level in (0x01, 0x5E, 0x9C, 0xDA)},
    b"BZ": "bz2",
    b"\xfd7": "lzma",
}
"""The module of the standard library that reads a compressed file, by its first two bytes."""
_DECOMPRESSORS: Mapping[str, Callable[[ModuleType], Any]] = {
    "zlib": lambda module: module.decompressobj(
        wbits=zlib.MAX_WBITS | 32
    ),  # with the header of gzip or of zlib
    "bz2": lambda module: module.BZ2Decompressor(),
    "lzma": lambda module: module.LZMADecompressor(),
}


def mentions_access_key(text: str) -> bool:
    """Whether an AccessKey ID is in a text, in its joined lines and literals, or in what it encodes: in base64, in
    hexadecimal digits, as escapes of URLs, JSON, HTML and shells, or compressed.

    >>> mentions_access_key("id=LTAI5tAbCdEfGhIj"), mentions_access_key("the prefix LTAI")
    (True, False)
    """
    return len(text) >= _SHORTEST and _Search().finds(text, _LAYERS)


def masked(name: str) -> str:
    """A name for a message: of a name in which an AccessKey ID is, the first four characters.

    >>> masked("web"), masked("LTAI5tAbCdEfGhIj")
    ('web', 'LTAI…')
    """
    return f"{name[:4]}…" if mentions_access_key(name) else name


class _Search:
    """The search of one text. `most` is how many bytes of compressed files it may still read."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most

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
        return layers > 0 and any(self.finds(inner, layers - 1) for inner in self._decoded(text))

    def _decoded(self, text: str) -> Iterator[str]:
        """What a text encodes: its escapes as characters, and what its base64 and hexadecimal digits hold.

        Text in UTF-16 is read without its zero bytes, whichever byte comes first.
        """
        plain = _unescaped(text)
        if plain != text:
            yield plain
        for data in _data_in(text):
            inner = data.decode("latin-1")
            yield inner
            if "\0" in inner:
                yield inner.replace("\0", "")
            if data[:2] in _COMPRESSED_BY and self._most > 0:
                inflated = _inflated(data, self._most)
                self._most -= len(inflated)
                yield inflated.decode("latin-1")


def _unescaped(text: str) -> str:
    """The text with the characters that it escapes."""
    if "\0" in text:
        text = text.replace("\0", "")
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
    hexadecimal digits. Where a word stands right before it, it does not begin where the token does: every offset is
    tried."""
    joined = _WRAPPING.sub("", text)
    for token in dict.fromkeys([*_BASE64.findall(text), *_BASE64.findall(joined)]):
        plain = token.replace("-", "+").replace("_", "/")
        for start in range(4):
            part = plain[start:]
            part = part[:-1] if len(part) % 4 == 1 else part
            yield binascii.a2b_base64(part + "=" * (-len(part) % 4))
    for token in dict.fromkeys([*_HEXADECIMAL.findall(text), *_HEXADECIMAL.findall(joined)]):
        for start in range(2):
            part = token[start:]
            yield binascii.unhexlify(part[: len(part) // 2 * 2])


def _inflated(data: bytes, most: int) -> bytes:
    """The beginning of a compressed file, of at most so many bytes; nothing where it is none."""
    name = _COMPRESSED_BY[data[:2]]
    try:
        module = import_module(name)
    except ImportError:  # a Python that was built without the library
        return b""
    damaged = (getattr(module, error) for error in ("error", "LZMAError") if hasattr(module, error))
    try:
        inflated: bytes = _DECOMPRESSORS[name](module).decompress(data, most)
    except (OSError, EOFError, ValueError, *damaged):
        return b""
    return inflated
