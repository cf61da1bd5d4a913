"""Errors of the configuration, and how its parts are written in messages."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""Where a part of the configuration stands: keys, and indices of lists."""


@dataclass(frozen=True)
class Problem:
    """An error in one part of the configuration, and how to correct it. `line` counts from 1."""

    path: KeyPath
    message: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        key = f"{written(self.path)}: " if self.path else ""
        return f"{where}{key}{self.message}"


class UnusableDocument(Exception):  # noqa: N818 - it carries a Problem
    """The file has no document that can be read."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.problem = Problem((), message, line)


def shown(text: object, limit: int = 60) -> str:
    """A short printable form of a text from the file, safe for a terminal."""
    printable = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(text))
    return printable if len(printable) <= limit else f"{printable[: limit - 1]}…"


def written(path: KeyPath) -> str:
    """A path as text: `accounts.prod.users[2].match`."""
    return "".join(_step(step) for step in path).removeprefix(".")


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return (
        f".{step}"
        if re.fullmatch(r"[\w-]{1,60}", step)
        else f"[{json.dumps(shown(step), ensure_ascii=False)}]"
    )


def advise_quotes(text: str) -> str:
    """The correction for a text that YAML reads as another type."""
    return f'put it in quotes: "{text}"' if len(text) <= 40 and text.isprintable() else "put it in quotes"


def kind_of(value: object) -> str:
    """The type of a value, in words."""
    words = {
        bool: "a truth value",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "a mapping",
    }
    return "a date" if isinstance(value, date) else words.get(type(value), "nothing")
