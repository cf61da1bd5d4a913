"""Reads the tables of translations."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import yaml

_FOLDER = "data"


def read_table(name: str) -> Mapping[str, str]:
    """A table of translations by English text. `name` is a file in `data/`. Raises TypeError for anything but texts."""
    source = (files("pytest_eci_compliance") / _FOLDER / name).read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    table = yaml.load(source, Loader=loader)  # noqa: S506 - either loader is safe
    for english, chinese in table.items():
        if not isinstance(english, str) or not isinstance(chinese, str):
            raise TypeError(f"{name}: {english!r} and its translation must be texts")
    return dict(table)
