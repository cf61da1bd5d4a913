"""How much of a long test every run plays, and how much only a nightly run."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest
from _pytest.mark.structures import ParameterSet
from hypothesis import settings

NIGHTLY = "nightly"
"""The value of HYPOTHESIS_PROFILE with which properties try all their examples."""


def is_nightly() -> bool:
    """Whether properties try everything in this run."""
    return os.environ.get("HYPOTHESIS_PROFILE") == NIGHTLY


def examples(number: int) -> settings:
    """Settings of a property: `number` examples in a nightly run, a quarter of them in any other."""
    return settings(max_examples=number if is_nightly() else max(3, number // 4), deadline=None)


def sample(values: Iterable[object], every: int) -> list[ParameterSet]:
    """Parameters of a test; a tuple has a value for each. One in `every` is played in every run, the others nightly."""
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)),
            marks=() if number % every == 0 else pytest.mark.nightly,
        )
        for number, value in enumerate(values)
    ]
