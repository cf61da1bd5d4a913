"""Packs: installed packages whose tests `tests: [package:NAME]` of the configuration runs."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest

from .own_rows import Collected

PREFIX = "package:"
ENTRY_POINT_GROUP = "pytest_eci_compliance.checks"
"""The group of entry points that name packs."""


def path_of(text: str) -> Path:
    """The folder or the module of `package:NAME`: the name of an entry point, or else of an importable package.

    Raises pytest.UsageError where neither is installed.
    """
    name = text.removeprefix(PREFIX)
    named = [entry.module for entry in entry_points(group=ENTRY_POINT_GROUP) if entry.name == name]
    module = named[0] if named else name
    if len(set(named)) > 1:
        raise pytest.UsageError(
            f"tests: {text}: several installed packages have this name in the entry points of {ENTRY_POINT_GROUP}:"
            f" {', '.join(sorted(set(named)))}. Write package:MODULE to choose one of them"
        )
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        spec = None
    locations = list(spec.submodule_search_locations or ()) if spec is not None else []
    path = locations[0] if locations else spec.origin if spec is not None else None
    if path is None or not Path(path).exists():
        raise pytest.UsageError(
            f"tests: {text}: no package and no entry point of {ENTRY_POINT_GROUP} has the name {name}: install the pack"
            " into the environment of pytest, or take it out of the list"
        )
    return Path(path)


def count_tests(tests: Iterable[str], items: Iterable[pytest.Item]) -> dict[str, int]:
    """The number of items of each pack among `tests`."""
    packs = {text: path_of(text).resolve() for text in tests if text.startswith(PREFIX)}
    paths = [item.path.resolve() for item in items] if packs else []
    return {text: sum(pack == path or pack in path.parents for path in paths) for text, pack in packs.items()}


def refuse_empty_packs(collected: Collected) -> None:
    """Raise pytest.UsageError for a pack without a test: it would pass without having proved anything."""
    for text, number in collected.packs.items():
        if not number:
            raise pytest.UsageError(
                f"tests: {text}: the package has no test: name its test modules test_*.py, or take it out of the list"
            )
