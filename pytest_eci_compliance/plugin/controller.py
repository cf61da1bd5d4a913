"""The controller's part of a session, before anything is collected: the accounts are read once and judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .. import audit, report
from ..checks.waiver import is_of_own_check
from ..messages import one_line, visible
from ..report import former_report
from . import terminal_header
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
from .progress import progress
from .run import Run
from .selection import account_of, address_of
from .session import Session

if TYPE_CHECKING:
    from ..config.loader import Loaded
    from ..config.model import Account
    from ..snapshot import Snapshot


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
    header = terminal_header.header(config, session, loaded, request, translator_of(config))
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
