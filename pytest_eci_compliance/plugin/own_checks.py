"""The user's own tests as checks: the marker `eci_check` makes each test a row of every report."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from ..causes import cause_of
from ..inventory.guards import UnreadableError
from ..messages import one_line, visible
from ..results import SEVERITIES, Cause, Resource, Row, Severity, Waived
from .collection import NotJudgedError, RowItem, add_allure_labels, properties, waiver_reason, writes_allure
from .fixtures import SESSION, Absent, Fact, NotRead, Unread
from .own_rows import WORST_LAST, Collected, attach
from .packs import count_tests
from .session import WORKER_KEY

if TYPE_CHECKING:
    from ..checks.support.case import Case
    from .session import Session

MARKER = "eci_check"
COLLECTED: pytest.StashKey[Collected] = pytest.StashKey()
_RUN: pytest.StashKey[OwnRun] = pytest.StashKey()
_ID = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True)
class OwnCheck:
    """What the marker says of a test."""

    id: str
    severity: Severity = "medium"
    remediation: str = ""
    section: str = "own"


class MarkerError(ValueError):
    """A marker `eci_check` that cannot be used. The text says how to correct it."""


def check_of(mark: pytest.Mark) -> OwnCheck:
    """The check that a marker describes. Raises MarkerError."""
    from ..checks import KNOWN_CHECKS  # noqa: PLC0415 - only in runs with own checks

    try:
        check = OwnCheck(*mark.args, **mark.kwargs)
    except TypeError:
        raise MarkerError(
            "eci_check takes an id, and severity, remediation and section: write it like"
            ' @pytest.mark.eci_check("no-public-ip", severity="high")'
        ) from None
    if len(mark.args) != 1 or not all(isinstance(value, str) for value in vars(check).values()):
        raise MarkerError("eci_check takes the id as its only argument without a name, and texts only")
    if not _ID.fullmatch(check.id):
        raise MarkerError(f"eci_check({check.id!r}): an id has only a-z, 0-9 and `-`")
    if check.id in KNOWN_CHECKS:
        raise MarkerError(f"eci_check({check.id!r}) is the id of a built-in check: choose another id")
    if check.severity not in SEVERITIES:
        raise MarkerError(
            f"eci_check({check.id!r}): severity {check.severity!r} is not one of {', '.join(SEVERITIES)}"
        )
    return check


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
    if isinstance(error, _WaivedFailure) and hasattr(report, "wasxfail"):
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
    if report.when == "call" and _is_failure(error):
        return replace(row, outcome="failed", message=_text(error))
    return _unknown(row, error)


def _expected_failure(row: Row, report: pytest.TestReport, error: BaseException | None) -> Row:
    """The row of a test that pytest's xfail covers. It covers failures, never what could not be judged."""
    if isinstance(error, pytest.xfail.Exception) or (report.when == "call" and _is_failure(error)):
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


def _is_failure(error: BaseException | None) -> bool:
    return isinstance(error, AssertionError | pytest.fail.Exception) and not isinstance(error, NotRead)


def _text(error: BaseException | None) -> str:
    """The text of an assertion, on one line: the text of its author, or else what pytest says of the values."""
    text = str(error).partition("\nassert ")[0]
    return one_line(text) or f"the test failed with {type(error).__name__}"


class _WaivedFailure(pytest.xfail.Exception):  # type: ignore[misc, name-defined]
    """A failure that a waiver covers: pytest reports it as an expected failure."""

    def __init__(self, reason: str, waiver: Waived, failure: BaseException) -> None:
        super().__init__(reason)
        self.waiver = waiver
        self.failure = failure


class OwnCheckCollection:
    """Recognises own checks while pytest collects, and keeps the waivers of own checks for the end of the run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._severities: dict[str, Severity] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        for item in report.result or ():
            if isinstance(item, pytest.Item) and (mark := item.get_closest_marker(MARKER)) is not None:
                try:
                    self._recognise(item, mark)
                except MarkerError as problem:
                    report.outcome, report.result = "failed", []
                    report.longrepr = visible(f"{item.nodeid}: {problem}")
                    break
        return report

    def _recognise(self, item: pytest.Item, mark: pytest.Mark) -> None:
        check = check_of(mark)
        severity = self._severities.setdefault(check.id, check.severity)
        if severity != check.severity:
            raise MarkerError(
                f"eci_check({check.id!r}) has the severity {check.severity} here and {severity} on another test:"
                " give it one severity"
            )
        account, resource = _subject(item, self._config.stash[SESSION])
        row = Row(
            account,
            check.id,
            check.severity,
            check.section,
            resource,
            "unknown",
            "",
            check.remediation,
            test=_test_name(item),
        )
        item.stash[_RUN] = OwnRun(row)
        item.extra_keyword_matches |= {check.id, check.severity}
        add_allure_labels(item, row)
        if not self._config.pluginmanager.has_plugin(_RUNNER):
            runner = OwnCheckRuns(
                self._config.stash[SESSION], runxfail=self._config.getoption("runxfail", False)
            )
            self._config.pluginmanager.register(runner, _RUNNER)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None]:
        """Note every own check, and take the waivers that need their outcomes out of the items."""
        runs = {item.nodeid: run.row for item in items if (run := item.stash.get(_RUN, None)) is not None}
        session = self._config.stash[SESSION]
        packs = count_tests(session.tests or (), items)
        yield
        waivers = [item for item in items if isinstance(item, RowItem) and session.is_own_waiver(item.row)]
        if not self._config.option.collectonly:
            kept = set(map(id, waivers))
            items[:] = [item for item in items if id(item) not in kept]
        checks = {nodeid: (row.account, row.check) for nodeid, row in runs.items()}
        collected = Collected(checks, tuple(item.nodeid for item in waivers), packs)
        self._config.stash[COLLECTED] = collected
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[WORKER_KEY] = collected.packed()


def _subject(item: pytest.Item, session: Session) -> tuple[str, Resource]:
    """The account and the resource of a test: of its first fixture that is not `eci_account`, else the account."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    facts = {name: value for name, value in parameters.items() if isinstance(value, Fact | Absent | Unread)}
    names = sorted(facts, key=lambda name: (name == "eci_account", _position(item, name)))
    if names and (resource := facts[names[0]].resource) is not None:
        return facts[names[0]].account, resource
    if len(session.accounts) > 1:
        raise MarkerError(
            "a check of several accounts needs a fixture of an account: add eci_account to its arguments"
        )
    name = session.accounts[0].name
    return name, Resource("account", name, name)


def _test_name(item: pytest.Item) -> str:
    """The name of the function with the values of its own parameters: `test_port[80]`.

    Values of the plugin's fixtures are left out: the row has the resource. A value that is no plain text or number
    stands for itself by its place among the values of its parameter.
    """
    callspec = getattr(item, "callspec", None)
    name: str = getattr(item, "originalname", None) or item.name.partition("[")[0]
    parameters = getattr(callspec, "params", {})
    indices = getattr(callspec, "indices", {})
    own = [
        f"{parameter}={value if isinstance(value, str | int | float) else indices.get(parameter, 0)}"
        for parameter, value in sorted(parameters.items())
        if not isinstance(value, Fact | Absent | Unread)
    ]
    cls = getattr(item, "cls", None)
    scope = f"{cls.__qualname__}." if cls is not None else ""
    return f"{scope}{name}[{', '.join(own)}]" if own else f"{scope}{name}"


def _position(item: pytest.Item, name: str) -> int:
    names: list[str] = getattr(item, "fixturenames", [])
    return names.index(name) if name in names else len(names)


_RUNNER = "eci_compliance_own_checks"


class OwnCheckRuns:
    """Turns what pytest reports of own checks into rows, and applies waivers."""

    def __init__(self, session: Session, *, runxfail: bool) -> None:
        self._session = session
        self._runxfail = runxfail
        self._case = cache(session.case)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        try:
            return (yield)
        except BaseException as error:
            run = item.stash.get(_RUN, None)
            if run is None or not _is_failure(error):
                raise
            waiver = self._waiver(replace(run.row, outcome="failed"))
            if waiver is None or self._runxfail:
                raise
            waived = replace(run.row, waiver=waiver)
            raise _WaivedFailure(waiver_reason(waived), waiver, error) from error

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """For Allure, which takes every pytest.fail for a failure: missing evidence is another error."""
        try:
            return (yield)
        except pytest.fail.Exception as error:
            if writes_allure(item.config) and _RUN in item.stash:
                raise NotJudgedError(str(error)) from error
            raise

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        run = item.stash.get(_RUN, None)
        if run is not None:
            run.add(report, call)
        return report

    def _waiver(self, row: Row) -> Waived | None:
        """The waiver that covers a failure; None where there is none."""
        from .. import waivers  # noqa: PLC0415 - only where a check failed

        case: Case | None = self._case(row.account)
        if case is None:
            return None
        waiver = waivers.whole(waivers.by_check(case).get(row.check, ()), row, case)
        return None if waiver is None else waivers.as_waived(waiver)
