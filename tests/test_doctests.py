"""Every example in the docstrings of the package runs, and prints what it says."""

from __future__ import annotations

import doctest
from importlib import import_module
from pkgutil import walk_packages

import pytest

import pytest_eci_compliance

MODULES = sorted(
    module.name
    for module in walk_packages(pytest_eci_compliance.__path__, f"{pytest_eci_compliance.__name__}.")
)


def examples_of(module: str) -> list[doctest.DocTest]:
    find = doctest.DocTestFinder(exclude_empty=True).find(import_module(module))
    return [test for test in find if test.examples]


WITH_EXAMPLES = [module for module in MODULES if examples_of(module)]


def test_there_are_examples() -> None:
    assert len(WITH_EXAMPLES) >= 10


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples(module: str) -> None:
    assert doctest.testmod(import_module(module)).failed == 0
