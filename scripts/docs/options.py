"""The command line, as the plugin adds it to pytest's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_eci_compliance.plugin import pytest_addoption


@dataclass(frozen=True)
class Option:
    """An option of the command line, or (`form` is its name) a setting of the ini file."""

    form: str
    help: str


class _Noted:
    """Stands in for pytest's parser, and notes what is added."""

    def __init__(self) -> None:
        self.flags: list[Option] = []
        self.ini: list[Option] = []

    def getgroup(self, *_: object) -> _Noted:
        return self

    def addoption(self, name: str, **options: Any) -> None:
        choices = options.get("choices")
        value = options.get("metavar") or ("|".join(choices) if choices else "")
        self.flags.append(Option(f"{name} {value}".strip(), options["help"]))

    def addini(self, name: str, help: str, **_: object) -> None:  # noqa: A002
        self.ini.append(Option(name, help))


def options() -> tuple[list[Option], list[Option]]:
    """The settings of the ini file, and the options of the command line."""
    noted = _Noted()
    pytest_addoption(noted)  # type: ignore[arg-type]
    return noted.ini, noted.flags
