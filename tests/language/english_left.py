"""What is still English in a Chinese text, apart from names, identifiers and commands."""

from __future__ import annotations

import re

_VERBATIM = (
    re.compile(r"`[^`]*`"),
    re.compile(r"""(?<![\w\\])'(?:[^'\\]|\\.)*'|(?<![\w\\])"(?:[^"\\]|\\.)*\""""),
    re.compile(r"(?:aliyun|pytest) [A-Za-z-]+(?: [A-Za-z-]+)*"),
    re.compile(r"\b(?:Deny|Allow) "),
)
_PHRASE = re.compile(r"(?<![\w./:@*-])[a-z]+(?:'s)?(?: [a-z]+)+(?![\w./:@*-])")
_WORD = re.compile(
    r"(?<![\w./:@*-])(?:is|are|not|no|the|of|to|and|or|with|by|in|on|has|can|cannot|expected|could|which|whether|it|its"
    r"|does|allowed|denied|attached|held|directly|statement|lacks|nothing|none)(?![\w./:@*-])"
)
_MARK = re.compile("[,;:] (?=[\u4e00-\u9fff])")


def english_left(text: str) -> list[str]:
    """The English phrases, words and punctuation that a text has outside of names, identifiers and commands."""
    for verbatim in _VERBATIM:
        text = verbatim.sub(" . ", text)
    return [*_MARK.findall(text), *_PHRASE.findall(text), *_WORD.findall(text)]
