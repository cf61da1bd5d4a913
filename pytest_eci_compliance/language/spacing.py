"""Blanks between Chinese characters and names."""

from __future__ import annotations

import re

_CHINESE_TERM = re.compile("(?:RAM|ECI|Init|Deny|Action|Resource|[0-9][0-9,]*)(?=[\u4e00-\u9fff])")


def spaced(left: str, right: str) -> str:
    """Two texts one after the other, with a blank between a Chinese character and a name, and none between Chinese
    characters, nor before a number and its measure word.

    >>> spaced("由 ", "管控策略"), spaced("由", "Custom/p"), spaced("由", "RAM用户"), spaced("经由", "2步")
    ('由管控策略', '由 Custom/p', '由RAM用户', '经由2步')
    """
    if not left.strip(" ") or not right.strip(" "):
        return left + right
    before, after = left.rstrip(" "), right.lstrip(" ")
    if _is_chinese(before[-1]) and (_CHINESE_TERM.match(after) or _is_chinese(after[0])):
        return before + after
    if _is_wide_mark(before[-1]) or _is_wide_mark(after[0]):
        return before + after
    if _is_chinese(before[-1]) != _is_chinese(after[0]):
        return f"{before} {after}"
    return left + right


def _is_chinese(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _is_wide_mark(character: str) -> bool:
    return character in "，。：；？（）、“”"
