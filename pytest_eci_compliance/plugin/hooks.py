"""The hooks that pytest-eci-compliance adds to pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from ..report.model import Report


def pytest_eci_report(report: Report, config: pytest.Config) -> None:
    """Called once in the controller, after the reports are written; with `--eci-account` only.

    `report.results` are the results of all checks, built-in and own: each has `check`, `resource`, `outcome` and
    `message`. `report.tests` are the own tests without the marker `eci_check`. An exception is a warning, and makes
    the exit code 1.
    """
