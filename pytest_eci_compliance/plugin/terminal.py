"""The terminal output: the header, and the summary with the failed and unknown results, check by check."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from ..messages import join_words, label, one_line, pluralize, sections, visible
from ..report import comparison, permissions, unmatched
from ..report import waivers as accepted
from ..report.missing_evidence import MissingEvidence, is_unidentified, missing_evidence, reference
from ..report.model import Report, count
from ..report.planned import lines as planned_lines
from ..report.remediation import parts
from ..results import (
    NOTABLE_OUTCOMES,
    OPEN_OUTCOMES,
    OUTCOMES,
    SEVERITIES,
    VISIBILITY,
    Outcome,
    Result,
    Row,
)
from .arguments import added_addresses, added_paths, repeated_options
from .closing_lines import closing_lines
from .not_run import NotRun

if TYPE_CHECKING:
    from pathlib import Path

    from ..audit import Request
    from ..config.loader import Loaded
    from ..snapshot import AccountSnapshot
    from .session import Session

_COLOURS: dict[Outcome, str] = {
    "failed": "red",
    "unknown": "red",
    "waived": "yellow",
    "skipped": "yellow",
    "passed": "green",
}
_HEADING = len("required by: ")
_MAX_ROWS = 3  # of a check, without -v
_MAX_NOTES = 20  # of a plan


def header(config: pytest.Config, session: Session, loaded: Loaded, request: Request) -> list[str]:
    """The lines of the header: accounts, evidence, configuration, and what is collected."""
    lines = [
        line
        for account in session.accounts
        for line in (_account(account, loaded, request), *_planned(account))
    ]
    lines.append(f"eci configuration: {_configuration(config, loaded, request)}")
    lines.append(f"eci collects: {_collected(config, session)}")
    lines += [
        f"eci note: {address} comes from addopts or PYTEST_ADDOPTS, so it does not narrow the built-in checks:"
        " name it on the command line"
        for address in added_addresses(config)
    ]
    lines += [
        f"eci note: the configuration of {account.name} has no section that enables a check: only {VISIBILITY} is"
        " on (--eci-list-checks says why)"
        for account in session.accounts
        if {row.check for row in account.rows} == {VISIBILITY}
    ]
    return [visible(line) for line in lines]


def _configuration(config: pytest.Config, loaded: Loaded, request: Request) -> str:
    from .. import audit  # noqa: PLC0415 - the SDK comes with it

    if audit.is_demonstration(request, loaded):
        return f"{audit.DEMONSTRATION} ({loaded.path})"
    return f"{_relative(config, loaded.path)} ({request.config_source})"


def _account(account: AccountSnapshot, loaded: Loaded, request: Request) -> str:
    evidence = account.evidence
    regions = join_words(evidence.regions, most=6) if evidence.regions else "no region"
    recorded = f", recorded {evidence.recorded} ({_age(evidence.recorded)})" if evidence.recorded else ""
    recorded += ", synthetic: not from the real cloud" if evidence.synthetic else ""
    mode = f"{evidence.mode} ({_mode_source(account.name, loaded, request)}){recorded}"
    return f"eci account: {account.name} ({evidence.account_id}), {mode}, {regions}"


def _planned(account: AccountSnapshot) -> Iterator[str]:
    """That the account is a planned one, and where plan and evidence do not agree."""
    if account.plan is None:
        return
    yield f"eci planned: {account.name}: {account.plan.sentence}"
    notes = account.plan.contradictions
    for note in notes[:_MAX_NOTES]:
        yield f"eci planned: {account.name}: {one_line(str(note))}"
    if len(notes) > _MAX_NOTES:
        yield f"eci planned: {account.name}: and {len(notes) - _MAX_NOTES} more (reports list all of them)"


def _mode_source(name: str, loaded: Loaded, request: Request) -> str:
    if request.mode:
        return "--eci-mode"
    keys = loaded.configuration.accounts[name].model_fields_set
    return "configuration" if "mode" in keys else "default"


def _age(recorded: str) -> str:
    """The age of a recording in words; a recording from the future is marked as such."""
    age = datetime.now(timezone.utc) - datetime.fromisoformat(recorded.replace("Z", "+00:00"))
    if age.total_seconds() < 0:
        return "in the future: check the clock"
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if age.total_seconds() >= seconds:
            return f"{pluralize(int(age.total_seconds() // seconds), unit)} ago"
    return "just now"


def _collected(config: pytest.Config, session: Session) -> str:
    rows = sum(len(rows) for _, rows in session.selection.of(session.checks))
    parts = [f"{pluralize(rows, 'built-in test')}" if rows else "no built-in check"]
    if session.tests is None:
        parts += [f"{visible(path)} (given)" for path in config.args]
    else:
        added = {os.path.normpath(config.invocation_params.dir / path): path for path in added_paths(config)}
        parts += [
            f"{visible(added[path])} (addopts or PYTEST_ADDOPTS)"
            if path in added
            else f"{_relative(config, path)} (tests: of the configuration)"
            for path in config.args
        ]
        parts += [] if config.args else ["nothing else (the configuration has no tests:)"]
    return ", ".join(parts)


def _relative(config: pytest.Config, path: str | os.PathLike[str]) -> str:
    return os.path.relpath(path, config.invocation_params.dir)


class Summary:
    """Writes the summary of a finished run."""

    def __init__(self, reporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        self._reporter = reporter
        self._config = config
        self._width = config.get_terminal_writer().fullwidth
        self._verbosity = config.get_verbosity()

    def write(
        self,
        report: Report,
        accounts: Iterable[AccountSnapshot],
        problems: Sequence[str],
        not_run: NotRun = NotRun(),  # noqa: B008 - it is frozen
        written: Iterable[Path] = (),
    ) -> None:
        """Write the results of each account, what changed, what was read, what did not run, and what was written."""
        if report.results and self._verbosity > -2:
            self._reporter.write_sep("=", "ECI compliance")
            self._missing_evidence(missing_evidence(report))
            for name in report.accounts:
                # An account that could not be identified is one line, above.
                of_account = [result for result in report.results if result.row.account == name]
                self._verdicts(name, [item for item in of_account if not is_unidentified(item.row)])
            self._own_tests(report)
        for name, plan in report.plans.items():
            self._lines(planned_lines(name, plan, report))
        if report.since is not None:
            self._lines(comparison.lines(report.since))
        self._lines(permissions.lines(report))
        self._lines([f"waiver: {line}" for line in accepted.lines(report)])
        self._lines(unmatched.lines(report))
        for account in accounts:
            self._coverage(account)
        self._left_out(not_run)
        self._lines(f"wrote {_relative(self._config, path)}" for path in written)
        for problem in problems:
            self._line(problem, "red")
        if self._verbosity > -2:
            for line in closing_lines(report, repeated_options(self._config)):
                self._closing(line)

    def _closing(self, line: str) -> None:
        """Write one of the last lines, wrapped under its heading; a command stays on one line, to be copied."""
        heading, text = line[:_HEADING], line[_HEADING:]
        if line.startswith("$ ") or not text:
            self._line(line)
        else:
            self._wrapped(heading, text)

    def _missing_evidence(self, entries: Sequence[MissingEvidence]) -> None:
        """Write each cause of unknown results on one line: rows refer to it."""
        if not entries:
            return
        self._line("evidence is missing:", "red")
        self._lines(f"  {entry.account}: {entry.named_sentence}" for entry in entries)

    def write_without_summary(self, accounts: Iterable[AccountSnapshot], not_run: NotRun) -> None:
        """Write what --no-summary must not hide: recordings that were not written, rows that did not run."""
        self._reporter.ensure_newline()
        for account in accounts:
            if account.evidence.mode == "record":
                self._notes(account)
        self._left_out(not_run)

    def _left_out(self, not_run: NotRun) -> None:
        if not_run.line:
            self._line(not_run.line, "red" if not_run.is_red else None)

    def _verdicts(self, name: str, results: Sequence[Result]) -> None:
        """Write failed and unknown checks, the most severe first; then waived or skipped ones; then passed ones."""
        if not results:
            return
        self._line(f"{name}: {_counts(results)}", _colour(results))
        checks: dict[str, list[Result]] = {}
        for result in results:
            checks.setdefault(result.row.check, []).append(result)
        passed = []
        for group in sorted(checks.values(), key=_urgency):
            if self._verbosity == 0 and _colour(group) == "green":
                passed.append(f"{group[0].row.check} ({len(group)})")
            else:
                self._check(group)
        if passed:
            self._wrapped("  passed: ", ", ".join(passed))

    def _check(self, results: Sequence[Result]) -> None:
        open_rows = [
            result.row for outcome in OPEN_OUTCOMES for result in results if result.row.outcome == outcome
        ]
        if not open_rows and self._verbosity < 0:
            return
        row = results[0].row
        details = ", ".join(filter(None, (row.severity, sections(row.section))))
        self._line(f"  {row.check} ({details}): {_counts(results)}", _colour(results))
        if self._verbosity >= 0:
            self._open(open_rows)

    def _open(self, rows: Sequence[Row]) -> None:
        """Write rows in full; those that lack evidence name their cause, which is described above."""
        referring = [] if self._verbosity > 0 else [row for row in rows if reference(row)]
        described = [row for row in rows if row not in referring]
        most = len(described) if self._verbosity > 0 else _MAX_ROWS
        told: set[str] = set()
        for row in described[:most]:
            self._wrapped(f"    {row.outcome:<8}", f"{label(row)}: {one_line(row.message)}")
            self._remediation(row, told)
        if len(described) > most:
            self._line(f"    {'':<8}and {len(described) - most} more (-v shows all)")
        for words in dict.fromkeys(map(reference, referring)):
            same = [_subject(row) for row in referring if reference(row) == words]
            self._wrapped("    ", f"unknown: {words} ({join_words(same, most=_MAX_ROWS)})")

    def _remediation(self, row: Row, told: set[str]) -> None:
        """Write what to do, once per check, and the commands for this row, each on a line of its own."""
        remediation = parts(row.remediation)
        if remediation.text and remediation.text not in told:
            self._wrapped(f"    {'Fix:':<8}", remediation.text)
            told.add(remediation.text)
        self._lines(f"    $ {command}" for command in remediation.commands)

    def _own_tests(self, report: Report) -> None:
        if report.tests:
            counts = Counter(test.outcome for test in report.tests)
            parts = (f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts[outcome])
            self._line(f"own tests: {', '.join(parts)}")

    def _coverage(self, account: AccountSnapshot) -> None:
        evidence, name = account.evidence, account.name
        if account.inventory is None:  # it could not be identified, which is said above
            self._notes(account)
            return
        read = f"{pluralize(evidence.calls, 'call')}, {pluralize(evidence.pages, 'page')}"
        retries = f", {evidence.retries} retried" if evidence.retries else ""
        state = "complete" if evidence.complete else "incomplete: what could not be read is unknown"
        if evidence.complete and any(_is_blind(row) for row in account.rows):
            state = f"every call answered, but there may be more than was shown ({VISIBILITY})"
        seconds = f" in {evidence.seconds:.1f}s" if evidence.seconds else ""
        self._line(
            f"ECI coverage: {name}: {read}{retries}{seconds}, {state}", None if state == "complete" else "red"
        )
        self._notes(account)

    def _notes(self, account: AccountSnapshot) -> None:
        """Write where the account was recorded, and the notes of the sweep."""
        if account.evidence.directory:
            directory = _relative(self._config, account.evidence.directory)
            self._line(f"recorded {directory}{os.sep} ({pluralize(account.evidence.files, 'file')})")
        for note in account.evidence.notes:
            self._wrapped("  ", f"{account.name}: {one_line(note)}")

    def _wrapped(self, prefix: str, text: str) -> None:
        """Write a whole text after its prefix, wrapped."""
        lines = textwrap.wrap(
            visible(text),
            max(self._width, 40),
            initial_indent=prefix,
            subsequent_indent=" " * len(prefix),
            break_on_hyphens=False,
            break_long_words=False,  # an address or a name that is broken cannot be copied
        )
        self._lines(lines)

    def _lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._line(line)

    def _line(self, line: str, colour: str | None = None) -> None:
        self._reporter.write_line(visible(line), **({colour: True} if colour else {}))


def _urgency(results: Sequence[Result]) -> tuple[int, int, str]:
    """The sort key: failed or unknown checks by severity; then waived or skipped ones; then passed ones, by name.

    The visibility of the auditing identity comes first: other verdicts are unknown because of it.
    """
    row = results[0].row
    state = ("red", "yellow", "green").index(_colour(results))
    severity = -1 if row.check == VISIBILITY else SEVERITIES.index(row.severity)
    return state, severity if state == 0 else 0, row.check


def _subject(row: Row) -> str:
    """The resource of a row for people; in words where it stands for all resources of its type."""
    resource = row.resource
    if resource.id != "*":
        return label(row)
    where = f" in {resource.region}" if resource.region else ""
    expectation = f" [{row.expectation}]" if row.expectation else ""
    return one_line(f"every {resource.type.replace('_', ' ')}{where}{expectation}")


def _is_blind(row: Row) -> bool:
    return row.check == VISIBILITY and row.outcome in OPEN_OUTCOMES


def _counts(results: Iterable[Result]) -> str:
    return ", ".join(_count_words(count(results)))


def _count_words(counts: dict[Outcome, int]) -> Iterator[str]:
    """Failed and unknown come first."""
    for outcome in (*NOTABLE_OUTCOMES, "skipped", "passed"):
        if counts[outcome]:
            yield f"{counts[outcome]} {outcome}"


def _colour(results: Iterable[Result]) -> str:
    outcomes = {result.row.outcome for result in results}
    return next(colour for outcome, colour in _COLOURS.items() if outcome in outcomes)
