"""Reads the tables of translations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_FOLDER = "data"


def read_table(name: str, section: str | None = None) -> Mapping[str, str]:
    """A table of translations by English text, or a section of it. `name` is a file in `pytest_eci_compliance/data`.

    Raises TypeError for anything but texts.
    """
    data = read_data(name)
    table: Mapping[str, str] = data if section is None else data[section]
    for english, chinese in table.items():
        if not isinstance(english, str) or not isinstance(chinese, str):
            raise TypeError(f"{name}: {english!r} and its translation must be texts")
    return dict(table)


@cache
def read_data(name: str) -> Mapping[str, Any]:
    """The content of a YAML file in `pytest_eci_compliance/data`."""
    source = (files("pytest_eci_compliance") / _FOLDER / name).read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data: Mapping[str, Any] = yaml.load(source, Loader=loader)  # noqa: S506 - either loader is safe
    return data


def paragraph(text: str) -> str:
    r"""A Chinese text as one paragraph. Lines are joined without a blank, except beside code and between Latin words.

    >>> paragraph("不算\n成立，也不算 `can`\n成立")
    '不算成立，也不算 `can` 成立'
    """
    joined = "\n".join(line.strip() for line in text.splitlines() if line.strip())
    latin = r"(?<=[!-~])\n(?=[!-~])"
    return re.sub(rf"(?<=`)\n|\n(?=`)|{latin}", " ", joined).replace("\n", "")
