"""Globs of the configuration."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pytest_eci_compliance.config.model import UserIntent
from pytest_eci_compliance.globs import glob_matches


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*", "", True),
        ("*", "a\nb", True),
        ("?", "\n", True),
        ("?*", "", False),
        ("?*", "x", True),
        ("user00?0", "user0010", True),
        ("user00?0", "user00110", False),
        ("user", "user1", False),
        ("ser*", "user", False),
        ("Ops-*", "ops-1", False),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("[!a]*", "[!a]x", True),
        ("a.b", "axb", False),
        ("a\\*", "a\\b", True),
        ("a\n", "a", False),
        ("a", "a\n", False),
        ("", "", True),
        ("", "a", False),
    ],
)
def test_glob(pattern: str, text: str, fits: bool) -> None:
    assert glob_matches(pattern, text) is fits


@given(st.text("ab*?[]!.\n", max_size=8), st.text("ab[]!.\n", max_size=8))
def test_agrees_with_a_plain_regular_expression(pattern: str, text: str) -> None:
    plain = "".join({"*": "(.|\n)*", "?": "(.|\n)"}.get(char, re.escape(char)) for char in pattern)
    assert glob_matches(pattern, text) == bool(re.fullmatch(plain, text))


def test_many_stars_take_no_time() -> None:
    started = time.monotonic()
    assert not glob_matches("*a" * 60 + "b", "a" * 5000)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("glob", ["^ops-.*", "ops$", "ops-[0-9]", "(ops|dev)-*", "ops\\d"])
def test_characters_of_regular_expressions_are_refused(glob: str) -> None:
    with pytest.raises(ValidationError, match=r"globs know \* and \? only"):
        UserIntent(match=glob)
