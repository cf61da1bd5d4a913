"""The controller's part of a session: read the accounts once, collect the results, write the reports."""

from __future__ import annotations

import os
import traceback
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .. import __version__, audit, report
from ..change.effect import marker_of_own_rows
from ..checks.waiver import is_of_own_check
from ..messages import one_line, visible
from ..policy.permissions import Permission, PermissionChanges, compare_permissions, reach_of
from ..report import comparison, former_report, permissions
from ..report.model import Links, Report
from ..results import OPEN_OUTCOMES, Result
from . import github, own_waivers, terminal
from .arguments import (
    audit_request,
    given_arguments,
    own_tests,
    refuse_missing_paths,
    report_links,
    selection_of,
    set_paths,
    translator_of,
    usage_errors,
)
from .fixtures import SESSION
from .not_run import NotRun, not_run
from .own_checks import COLLECTED
from .own_rows import Collected
from .packs import refuse_empty_packs
from .progress import progress
from .selection import account_of, address_of
from .session import WORKER_KEY, RunResults, Session

if TYPE_CHECKING:
    from ..config.loader import Loaded
    from ..config.model import Account
    from ..inventory.facts import Inventory
    from ..snapshot import AccountSnapshot, Snapshot


_GREEN = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


class Controller:
    """Prepares the run before anything is collected, and before pytest-xdist starts its workers."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        _refuse_dry_runs(self._config)
        with usage_errors():
            run = _prepare(self._config)
        self._config.pluginmanager.register(run, "eci_compliance_run")


def _prepare(config: pytest.Config) -> Run:
    """Read the accounts. Every mistake that can be found earlier is reported earlier."""
    paths = _report_paths(config)
    selection = selection_of(config)
    refuse_missing_paths(config)
    links = report_links(config)
    since = config.getoption("eci_since")
    path = config.invocation_params.dir / since if since else None
    is_recording = path is not None and path.is_dir()
    _refuse_gain_without_recording(config, is_recording=is_recording)
    former = former_report.read(path) if path is not None and not is_recording else None
    request = audit_request(config)
    loaded = audit.load_configuration(request)
    recording = audit.read_former(request, loaded, path) if path is not None and is_recording else None
    if recording is not None:
        former = former_report.of_recording(
            str(since), recording.name, recording.recorded, recording.regions, recording.rows
        )
    if former is not None:
        former_report.require_common_account(former, audit.account_names(request, loaded))
    tests = own_tests(config, loaded)
    try:
        with progress(config) as show_progress:
            snapshot = audit.audit(request, loaded, show_progress)
    except KeyboardInterrupt as stop:
        _say_what_was_recorded(config, stop)
        raise
    _refuse_unidentified(snapshot)
    session = Session(
        snapshot, selection, tests, _intents(loaded, snapshot), _collects_all_own_tests(config, loaded)
    )
    _refuse_unmatched(session)
    config.stash[SESSION] = session
    set_paths(config, session.tests)
    header = terminal.header(config, session, loaded, request, translator_of(config))
    return Run(config, session, loaded, former, paths, header, recording, links)


def _say_what_was_recorded(config: pytest.Config, stop: KeyboardInterrupt) -> None:
    """Write what became of the recordings that were requested, as the interruption says it."""
    reporter: pytest.TerminalReporter | None = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and stop.args:
        reporter.ensure_newline()
        for note in stop.args:
            title = translator_of(config).text("ECI compliance")
            reporter.write_line(visible(f"{title}: {translator_of(config).row(str(note))}"))


def _intents(loaded: Loaded, snapshot: Snapshot) -> dict[str, Account]:
    """The accounts of the run that have waivers of own checks."""
    names = (account.name for account in snapshot.accounts)
    accounts = {name: loaded.configuration.accounts[name] for name in names}
    return {name: intent for name, intent in accounts.items() if any(map(is_of_own_check, intent.waivers))}


def _collects_all_own_tests(config: pytest.Config, loaded: Loaded) -> bool:
    """Whether every own test is collected: those of the configuration, or, where it names none, those given."""
    given = [text for text in given_arguments(config) if address_of(text) is None]
    if loaded.configuration.tests:
        return not given_arguments(config)
    return bool(given) and not any("::" in text for text in given)


def _refuse_gain_without_recording(config: pytest.Config, *, is_recording: bool) -> None:
    if config.getoption("eci_fail_on_gain") and not is_recording:
        raise audit.UsageProblem(
            "--eci-fail-on-gain needs a former recording to compare with: name the directory that holds its"
            " manifest.json with --eci-since"
        )


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
        is_open = [result.row for result in results if result.row.outcome in ("failed", "unknown")]
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
        accounts = self._session.accounts
        report = Report(
            plugin=__version__,
            started=self._session.snapshot.started,
            accounts={account.name: account.evidence for account in accounts},
            results=self._marked_results(),
            tests=self._results.tests,
            loaded=self._loaded,
            inventories={
                account.name: account.inventory for account in accounts if account.inventory is not None
            },
            partial=self._results.partial,
            plans={account.name: account.plan for account in accounts if account.plan is not None},
            links=self._links,
            language=self._translator.language,
        )
        if self._recording is not None:
            report = replace(report, permissions=self._permissions_since(self._recording))
        elif report.plans:
            report = replace(report, permissions=self._permissions_of_plans(), permissions_of_plan=True)
        if self._former is None:
            return report
        return replace(report, since=comparison.compare(self._former, report))

    def _marked_results(self) -> tuple[Result, ...]:
        """The results, with the effect of the plan on those of own checks, which only ran on the planned account."""
        planned = {
            account.name: marker_of_own_rows(account.plan, account.inventory)
            for account in self._session.accounts
            if account.plan is not None and account.inventory is not None
        }
        own = self._results.own_rows if planned else {}
        return tuple(
            replace(result, row=planned[result.row.account](result.row))
            if result.nodeid in own and result.row.account in planned
            else result
            for result in self._results.results
        )

    def _permissions_of_plans(self) -> dict[str, PermissionChanges]:
        """What the planned changes give and take, by account."""
        return {
            account.name: _compare(account, account.plan.before, account.inventory, one_reading=True)
            for account in self._session.accounts
            if account.plan is not None and account.plan.before is not None and account.inventory is not None
        }

    def _permissions_since(self, former: audit.FormerAccount) -> dict[str, PermissionChanges]:
        """What changed since the former recording, of the account that it is of."""
        account = next(snapshot for snapshot in self._session.accounts if snapshot.name == former.name)
        if account.inventory is None:
            why = "now: the account could not be identified"
            return {former.name: PermissionChanges(not_compared=(Permission("*", None, "account", why),))}
        return {former.name: _compare(account, former.inventory, account.inventory)}

    def _fails_on_gain(self) -> bool:
        wanted = self._config.getoption("eci_fail_on_gain")
        return bool(wanted) and self._report is not None and permissions.has_gain(self._report)


def _compare(
    account: AccountSnapshot, then: Inventory, now: Inventory, *, one_reading: bool = False
) -> PermissionChanges:
    default, settings = account.default_resource_group, account.settings
    reach = reach_of(default, settings)
    return compare_permissions(then, now, default, default, reach, settings=settings, one_reading=one_reading)


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


def _refuse_dry_runs(config: pytest.Config) -> None:
    for option, name in (("setupplan", "--setup-plan"), ("setuponly", "--setup-only")):
        if config.getoption(option, False):
            raise pytest.UsageError(
                f"{name} runs no test, so it would prove nothing: leave it out, or leave out --eci-account"
            )


def _report_paths(config: pytest.Config) -> list[Path]:
    paths = [config.invocation_params.dir / path for path in config.getoption("eci_report")]
    for path in paths:
        if problem := report.check_path(path):
            raise pytest.UsageError(f"--eci-report: {problem}")
    return paths


def _refuse_unidentified(snapshot: Snapshot) -> None:
    """Refuse a run whose only account could not be identified: nothing was read, so nothing can be judged."""
    if len(snapshot.accounts) > 1:
        return
    for account in snapshot.accounts:
        causes = dict.fromkeys(cause for row in account.rows for cause in row.causes)
        if account.inventory is None and causes:
            cause = next(iter(causes))
            notes = account.evidence.notes or (f"{cause.problem}. {cause.remediation}",)
            raise pytest.UsageError(visible(one_line(f"account {account.name}: {' '.join(notes)}")))


def _refuse_unmatched(session: Session) -> None:
    if missing := session.selection.unmatched(session.checks):
        nodeids = ", ".join(address.text for address in missing)
        requested = {account.name for account in session.accounts}
        others = [
            name for name in (account_of(address) for address in missing) if name and name not in requested
        ]
        if others:
            options = " ".join(f"--eci-account={name}" for name in dict.fromkeys(others))
            raise pytest.UsageError(
                f"these node ids are of an account that was not asked for: {nodeids}\nAdd {options}"
            )
        raise pytest.UsageError(
            f"no built-in check has this node id: {nodeids}\n"
            "The resource may not exist any more, or its check may be off: `--co -q` prints all node ids,"
            " `--eci-list-checks` prints which checks are on."
        )
