"""The hooks of a run whose accounts are read: results are collected, reports written, exit codes set."""

from __future__ import annotations

import os
import traceback
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .. import audit, report
from ..messages import one_line
from ..report import former_report, permissions
from ..report.model import Links, Report
from ..results import OPEN_OUTCOMES
from . import github, own_waivers, terminal
from .arguments import (
    translator_of,
)
from .not_run import NotRun, not_run
from .own_checks import COLLECTED
from .own_rows import Collected
from .packs import refuse_empty_packs
from .run_report import ReportedRun, build_report
from .session import WORKER_KEY, RunResults, Session

if TYPE_CHECKING:
    from ..config.loader import Loaded

_GREEN = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


@dataclass(eq=False)
class Run:
    """The hooks of a run whose accounts are read."""

    _config: pytest.Config
    _session: Session
    _loaded: Loaded
    _former: former_report.FormerReport | None
    _paths: list[Path]
    _header: list[str]
    _recording: audit.FormerAccount | None = None
    _links: Links = field(default_factory=Links)
    _report: Report | None = None
    _problems: list[str] = field(default_factory=list)
    _written: list[Path] = field(default_factory=list)
    _packed: bytes | None = None
    _not_run: NotRun = field(default_factory=NotRun)

    def __post_init__(self) -> None:
        self._translator = translator_of(self._config)
        self._results = RunResults(self._session.checks)

    def pytest_report_header(self) -> list[str]:
        return self._header

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Ship the snapshot to a worker of pytest-xdist."""
        if self._packed is None:
            self._packed = self._session.packed()
        node.workerinput[WORKER_KEY] = self._packed

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._results.add(report)
        if report.failed:
            is_quiet = self._config.get_verbosity() <= 0
            self._results.set_representation(report, self._translator, refer_to_cause=is_quiet)
        if report.passed and report.when != "call" and self._results.is_row(report.nodeid):
            _drop_empty_phase(self._config, report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._results.add(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker of pytest-xdist has collected: all of them collect the same."""
        packed = getattr(node, "workeroutput", {}).get(WORKER_KEY)
        if packed is not None:
            self._results.collected = Collected.unpacked(packed)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Judge the waivers of own checks once all tests have run."""
        self._results.collected = self._config.stash.get(COLLECTED, self._results.collected)
        if session.testsfailed == 0:
            refuse_empty_packs(self._results.collected)
        result = yield
        refuse_empty_packs(self._results.collected)  # with pytest-xdist, the workers have collected meanwhile
        if not (self._config.option.collectonly or session.shouldfail or session.shouldstop):
            own_waivers.run(session, self._session, self._results.collected, self._results)
        return result

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports. Pytest's own sessionfinish, which prints the summary, wraps this hook."""
        self._report = self._build_report()
        nothing_ran = (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR)
        if exitstatus in nothing_ran:
            return
        if not self._config.option.collectonly:
            self._not_run = not_run(session, self._session.selection, self._results.not_run)
        if (self._not_run.unselected or self._recordings_missing) and exitstatus in _GREEN:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter: pytest.TerminalReporter | None = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and self._config.getoption("no_summary", False):
            summary = terminal.Summary(reporter, self._config, self._translator)
            summary.write_without_summary(self._session.accounts, self._not_run)
        if self._config.option.collectonly:
            return
        self._write_reports(session, exitstatus, self._report)

    def _write_reports(self, session: pytest.Session, exitstatus: int, report: Report) -> None:
        """Write the reports, call the hook, and set the exit code by what they show."""
        if exitstatus == pytest.ExitCode.TESTS_FAILED and self._only_old_rows(session):
            session.exitstatus = pytest.ExitCode.OK
        problems = {path: _write(path, report) for path in self._paths}
        self._problems = [problem for problem in problems.values() if problem]
        self._written = [path for path, problem in problems.items() if not problem]
        if self._problems:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        elif self._fails_on_gain() and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if (problem := self._call_hook()) is not None:
            self._problems.append(problem)
            if session.exitstatus in _GREEN:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _call_hook(self) -> str | None:
        """Call `pytest_eci_report`. Returns its exception as a sentence, which is a warning of pytest too."""
        try:
            self._config.hook.pytest_eci_report(report=self._report, config=self._config)
        except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:  # noqa: BLE001 - of the user
            at = traceback.extract_tb(error.__traceback__)[-1]
            problem = one_line(
                f"pytest_eci_report: {type(error).__name__}: {error} ({at.filename}, line {at.lineno})"
            )
            with suppress(pytest.PytestWarning):  # under `-W error` the exit code and the summary show it
                self._config.issue_config_time_warning(pytest.PytestWarning(problem), stacklevel=2)
            return problem
        return None

    @property
    def _recordings_missing(self) -> bool:
        """Whether a recording was requested and not written."""
        accounts = [account.evidence for account in self._session.accounts]
        return any(evidence.mode == "record" and evidence.recorded is None for evidence in accounts)

    def _only_old_rows(self, session: pytest.Session) -> bool:
        """Whether, with --eci-plan-only-new, everything that failed fails in the account as it is too.

        A run that was stopped has not shown that.
        """
        stopped = bool(session.shouldfail or session.shouldstop)
        if not self._config.getoption("eci_plan_only_new") or stopped or session.testsfailed == 0:
            return False
        results, tests = self._results.results, self._results.tests
        is_open = [result.row for result in results if result.row.outcome in OPEN_OUTCOMES]
        outcomes = [test.outcome for test in tests] + [row.outcome for row in self._results.own_rows.values()]
        own = any(outcome in OPEN_OUTCOMES for outcome in outcomes)
        return bool(is_open) and not own and not any(row.plan for row in is_open)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, object, object]:
        """Print the summary last, below pytest's list of failures."""
        result = yield
        if self._report is not None:
            summary = terminal.Summary(terminalreporter, self._config, self._translator)
            written = () if self._config.option.collectonly else self._written
            summary.write(self._report, self._session.accounts, self._problems, self._not_run, written)
            if not self._config.option.collectonly:
                github.emit(self._report, os.environ, terminalreporter.write_line)
        return result

    def _build_report(self) -> Report:
        run = ReportedRun(
            self._session, self._results, self._loaded, self._former, self._recording, self._links
        )
        return build_report(run, self._translator.language)

    def _fails_on_gain(self) -> bool:
        wanted = self._config.getoption("eci_fail_on_gain")
        return bool(wanted) and self._report is not None and permissions.has_gain(self._report)


def _drop_empty_phase(config: pytest.Config, report: pytest.TestReport) -> None:
    """Remove the report of a set-up or teardown of a row from those that the terminal keeps.

    For each failure, pytest searches all of them for output. Built-in checks print nothing.
    """
    reporter: pytest.TerminalReporter | None = config.pluginmanager.get_plugin("terminalreporter")
    kept = reporter.stats.get("") if reporter is not None else None
    if kept and kept[-1] is report:
        kept.pop()


def _write(path: Path, content: Report) -> str | None:
    """Write a report. Returns the error as a sentence, or None."""
    try:
        report.write(path, content)
    except OSError as error:
        return f"{path}: the report could not be written: {error.strerror or error}"
    return None
