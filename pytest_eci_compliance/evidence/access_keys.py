"""Recognising AccessKey ids in text, however the text is encoded (section 5 of the security chapters).

An AccessKey id is `LTAI` and at least 12 letters or digits; a temporary one is `STS.` or `TMP.` and at least 12.
What follows an id is of no account: people write the id and its secret without a separator between them.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

_LAYERS = 4  # of base64: a config file that holds a Secret that holds a registry login is three
_ACCESS_KEY_ID = re.compile(r"LTAI[A-Za-z0-9]{12}|(?:STS|TMP)\.[A-Za-z0-9]{12}")
_SHORTEST = 16  # characters of an AccessKey id; base64 makes 22 of them
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{22,}")
# How a shell and a quoted YAML text continue a line; how JSON and a shell write the end of a line.
_CONTINUATION = re.compile(r"\\+\r?\n[ \t]*|(?:\\+[rn])+")
# Everything that may stand between two lines of wrapped base64, and the escapes that JSON puts into it.
_WRAPPING = re.compile(r"\\+[rnt]?|%0[AaDd]|\s+")


def mentions_access_key(text: str, layers: int = _LAYERS) -> bool:
    """Whether an AccessKey ID is in a text, in its joined lines, or in what its base64 encodes.

    >>> mentions_access_key("id=LTAI5tAbCdEfGhIj"), mentions_access_key("the prefix LTAI")
    (True, False)
    """
    if len(text) < _SHORTEST:
        return False
    if _ACCESS_KEY_ID.search(text):
        return True
    if "\\" in text and _ACCESS_KEY_ID.search(_CONTINUATION.sub("", text)):
        return True
    return layers > 0 and any(mentions_access_key(inner, layers - 1) for inner in _decoded(text))


def masked(name: str) -> str:
    """A name for a message: of a name in which an AccessKey ID is, the first four characters.

    >>> masked("web"), masked("LTAI5tAbCdEfGhIj")
    ('web', 'LTAI…')
    """
    return f"{name[:4]}…" if mentions_access_key(name) else name


def _decoded(text: str) -> Iterator[str]:
    """What the base64 in a text encodes (plain or URL-safe, padded or not, wrapped over lines or not).

    Where a word stands right before it, it does not begin where the token does: every offset is tried. Text in
    UTF-16 is read without its zero bytes, whichever byte comes first.
    """
    for token in dict.fromkeys([*_BASE64.findall(text), *_BASE64.findall(_WRAPPING.sub("", text))]):
        plain = token.replace("-", "+").replace("_", "/")
        for start in range(4):
            part = plain[start:]
            part = part[:-1] if len(part) % 4 == 1 else part
            data = binascii.a2b_base64(part + "=" * (-len(part) % 4)).decode("latin-1")
            yield data
            if "\0" in data:
                yield data.replace("\0", "")
