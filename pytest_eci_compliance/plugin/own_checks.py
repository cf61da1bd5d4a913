"""The user's own tests as checks: the marker `eci_check` makes each test a row of every report."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from ..messages import visible
from ..results import SEVERITIES, Resource, Row, Severity, Waived
from ..spelling import did_you_mean
from .collection import NotJudgedError, RowItem, add_allure_labels, waiver_reason, writes_allure
from .fixtures import SESSION, Absent, Fact, Unread
from .own_check_phases import OwnRun, WaivedFailure, is_failure
from .own_rows import Collected
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
    except TypeError as error:
        raise MarkerError(
            f"eci_check takes an id, and severity, remediation and section{_unknown_argument(mark)}: write it like"
            ' @pytest.mark.eci_check("no-public-ip", severity="high")'
        ) from error
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


def _unknown_argument(mark: pytest.Mark) -> str:
    known = [field.name for field in fields(OwnCheck)]
    unknown = next((name for name in mark.kwargs if name not in known), None)
    return "" if unknown is None else f", not `{unknown}`{did_you_mean(unknown, known)}"


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
            if run is None or not is_failure(error):
                raise
            waiver = self._waiver(replace(run.row, outcome="failed"))
            if waiver is None or self._runxfail:
                raise
            waived = replace(run.row, waiver=waiver)
            raise WaivedFailure(waiver_reason(waived), waiver, error) from error

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
