"""Wildcards in Action, Resource and condition values."""

from __future__ import annotations

import doctest
import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_eci_compliance.policy import patterns as wildcards
from pytest_eci_compliance.policy.document import parse
from pytest_eci_compliance.policy.patterns import (
    UNKNOWN,
    Pattern,
    TooManyPatterns,
    classes,
    fold,
    matches,
    matches_partly_known,
    residues,
    uncovered,
)
from tests.policy import naive


def document(resource: str) -> dict[str, Any]:
    return {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "eci:*", "Resource": resource}]}


PATTERNS = st.text("ab*?", max_size=6)
TEXTS = st.text("abc:", max_size=6)
SHORT = ["".join(combination) for n in range(5) for combination in itertools.product("abc", repeat=n)]


def test_the_examples_in_the_documentation() -> None:
    assert doctest.testmod(wildcards).failed == 0


@given(PATTERNS, TEXTS)
@settings(deadline=None)
def test_matching_agrees_with_regular_expressions(pattern: str, text: str) -> None:
    assert matches(pattern, text) == naive.fits(pattern, text)


@given(st.lists(PATTERNS, min_size=1, max_size=3))
@settings(deadline=None, max_examples=150)
def test_classes_are_all_that_there_are_each_with_an_example(patterns: list[str]) -> None:
    results = classes([Pattern.wild(pattern) for pattern in patterns])
    for fits, text in results.items():
        assert fits == tuple(matches(pattern, text) for pattern in patterns)
    assert {tuple(matches(pattern, text) for pattern in patterns) for text in SHORT} <= results.keys()


@given(st.lists(PATTERNS, max_size=3), st.lists(PATTERNS, max_size=3))
@settings(deadline=None, max_examples=150)
def test_uncovered_finds_a_text_where_there_is_one(inside: list[str], outside: list[str]) -> None:
    results = uncovered(inside, outside)
    beyond = [
        text
        for text in SHORT
        if any(matches(pattern, text) for pattern in inside)
        and not any(matches(pattern, text) for pattern in outside)
    ]
    if results is None:
        assert beyond == []
    else:
        assert any(matches(pattern, results) for pattern in inside)
        assert not any(matches(pattern, results) for pattern in outside)
        assert all(len(results) <= len(text) for text in beyond)


@given(PATTERNS, st.text("ab", max_size=4), st.text("abc", max_size=4))
@settings(deadline=None)
def test_residues_take_in_the_beginning(pattern: str, prefix: str, rest: str) -> None:
    left = residues(pattern, prefix)
    assert any(matches(item, rest) for item in left) == matches(pattern, prefix + rest)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*", f"acs:eci:{UNKNOWN}:1:{UNKNOWN}", True),
        ("acs:eci:*:*:*", f"acs:eci:{UNKNOWN}:1:{UNKNOWN}", True),
        ("acs:eci:*:2:*", f"acs:eci:{UNKNOWN}:1:{UNKNOWN}", False),
        ("acs:eci:cn-*:1:*", f"acs:eci:{UNKNOWN}:1:{UNKNOWN}", None),
        ("acs:eci:*:1:containergroup/*", f"acs:eci:{UNKNOWN}:1:containergroup/*", True),
        ("acs:eci:*:1:containergroup/x", f"acs:eci:{UNKNOWN}:1:containergroup/*", False),
        ("acs:eci:*:1:containergroup/x*", f"acs:eci:{UNKNOWN}:1:containergroup/{UNKNOWN}", None),
    ],
)
def test_what_is_not_known_of_an_arn_is_not_assumed(pattern: str, text: str, fits: bool | None) -> None:
    assert matches_partly_known(pattern, text) is fits


def test_what_is_too_complex_is_named() -> None:
    with pytest.raises(TooManyPatterns):
        classes([Pattern.wild(f"*{a}{b}*{c}{a}*") for a, b, c in itertools.permutations("abcdef", 3)])


@pytest.mark.parametrize("pattern", ["*" * 6000, "*" * 3000 + "role/app-?" + "*" * 2000, "*?" * 2000])
def test_a_run_of_stars_is_one_star(pattern: str) -> None:
    """Time must not grow with the square of their number: a policy may have 6,144 characters."""
    assert len(residues(pattern, "acs:ram:*:1098765432109876:role/")) <= 70
    assert matches(pattern, "acs:ram:*:1:role/app-1" + "x" * 6000)
    assert parse(document(pattern)).statements[0].resources == (fold(pattern),)


def test_a_long_pattern_and_a_long_text_are_matched_in_one_pass() -> None:
    pattern = "*" + "a" * 3000 + "b"
    assert not matches(pattern, "a" * 6000)
    assert matches(pattern, "a" * 6000 + "b")
    assert matches("a" * 200 + "?" + "*a" * 60, "a" * 300)
    assert not matches("a" * 200 + "?" + "*a" * 60, "a" * 250)


@given(st.text("ab*?", max_size=40), st.text("ab", max_size=40))
@settings(deadline=None)
def test_both_ways_of_matching_agree(pattern: str, text: str) -> None:
    assert wildcards._matches_long(fold(pattern), text) == matches(pattern, text)
    assert matches(fold(pattern), text) == matches(pattern, text)


def test_ignoring_case_and_characters_that_only_patterns_name() -> None:
    results = classes([Pattern.literal("Ab", ignore_case=True), Pattern.literal("ab")])
    assert set(results) == {(False, False), (True, False), (True, True)}
