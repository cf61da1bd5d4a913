"""The row of a test that is a check: what its phases, as pytest reports them, make of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from ..causes import cause_of
from ..inventory.guards import UnreadableError
from ..messages import one_line
from ..results import Cause, Row, Waived
from .collection import NotJudgedError, properties
from .fixtures import NotRead
from .own_rows import WORST_LAST, attach

if TYPE_CHECKING:
    pass


@dataclass
class OwnRun:
    """A test that is a check, and the row of what has run of it."""

    row: Row
    worst: Row | None = None

    def add(self, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
        """Add a phase. The report gets the row, and, at the end, the properties for JUnit."""
        if report.when == "setup":
            self.worst = None  # the test may run again
        if report.when == "call" or not report.passed:
            row = _phase_row(self.row, report, call)
            if self.worst is None or _rank(row) > _rank(self.worst):
                self.worst = row
            attach(report, self.worst)
        if report.when == "teardown" and self.worst is not None:
            report.user_properties += properties(self.worst, self.worst.outcome)


def _rank(row: Row) -> int:
    return WORST_LAST.index(row.outcome)


def _phase_row(row: Row, report: pytest.TestReport, call: pytest.CallInfo[None]) -> Row:
    """The row of one phase of a test."""
    error = call.excinfo.value if call.excinfo is not None else None
    if isinstance(error, WaivedFailure) and hasattr(report, "wasxfail"):
        return replace(row, outcome="waived", message=_text(error.failure), waiver=error.waiver)
    if report.passed:
        return replace(row, outcome="passed", message="the test passed", remediation="")
    if report.skipped and hasattr(report, "wasxfail"):
        return _expected_failure(row, report, error)
    if report.skipped:
        reason = str(getattr(error, "msg", None) or report.longreprtext)
        return replace(row, outcome="skipped", message=one_line(reason), remediation="")
    if error is None:  # a strict xfail that passed
        return replace(row, outcome="failed", message=one_line(report.longreprtext))
    if report.when == "call" and is_failure(error):
        return replace(row, outcome="failed", message=_text(error))
    return _unknown(row, error)


def _expected_failure(row: Row, report: pytest.TestReport, error: BaseException | None) -> Row:
    """The row of a test that pytest's xfail covers. It covers failures, never what could not be judged."""
    if isinstance(error, pytest.xfail.Exception) or (report.when == "call" and is_failure(error)):
        message = f"expected to fail: {report.wasxfail}: {_text(error)}"
        return replace(row, outcome="waived", message=one_line(message))
    report.outcome = "failed"
    del report.wasxfail
    return _unknown(row, error)


def _unknown(row: Row, error: BaseException | None) -> Row:
    if isinstance(error, NotJudgedError):
        error = error.__cause__
    if isinstance(error, NotRead | UnreadableError):
        reason, _, fix = str(error).partition("\nFix: ")
        return replace(
            row,
            outcome="unknown",
            message=f"not judged: {one_line(reason)}",
            remediation=one_line(fix),
            causes=_causes(error),
        )
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return replace(row, outcome="unknown", message=f"not judged: {one_line(reason)}")


def _causes(error: NotRead | UnreadableError) -> tuple[Cause, ...]:
    """What the evidence of a test lacks."""
    if isinstance(error, NotRead):
        return error.causes
    return error.missing.causes if error.missing.cause is None else (cause_of(error.missing.cause),)


def is_failure(error: BaseException | None) -> bool:
    """Whether an error is a failed test: not one that could not be judged."""
    return isinstance(error, AssertionError | pytest.fail.Exception) and not isinstance(error, NotRead)


def _text(error: BaseException | None) -> str:
    """The text of an assertion, on one line: the text of its author, or else what pytest says of the values."""
    text = str(error).partition("\nassert ")[0]
    return one_line(text) or f"the test failed with {type(error).__name__}"


class WaivedFailure(pytest.xfail.Exception):  # type: ignore[misc, name-defined]
    """A failure that a waiver covers: pytest reports it as an expected failure."""

    def __init__(self, reason: str, waiver: Waived, failure: BaseException) -> None:
        super().__init__(reason)
        self.waiver = waiver
        self.failure = failure
