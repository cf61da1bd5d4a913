"""What pytest's terminal keeps of a row: pytest looks through all of it for each failure that it prints."""

from __future__ import annotations

from tests.plugin.conftest import Runs

COUNT = """
def pytest_sessionfinish(session):
    kept = session.config.pluginmanager.get_plugin("terminalreporter").stats.get("", [])
    print("kept:", *sorted({report.nodeid for report in kept}))
"""
OWN = """
import pytest

@pytest.fixture
def torn():
    yield
    print("torn down")

def test_own(torn):
    assert 0
"""


def test_passed_phases_of_rows_are_let_go(runs: Runs) -> None:
    runs.write("conftest.py", COUNT)
    runs.write("test_own.py", OWN)
    result = runs("--eci-checks=always", "test_own.py", "-s")
    result.assert_outcomes(passed=2, failed=2, errors=1, xfailed=1, skipped=1)
    assert "kept: test_own.py::test_own\n" in result.stdout.str()


def test_what_own_tests_print_when_torn_down_is_shown(runs: Runs) -> None:
    runs.write("test_own.py", OWN)
    text = runs("--eci-checks=always", "test_own.py").stdout.str()
    assert "Captured stdout teardown" in text
    assert "torn down" in text
