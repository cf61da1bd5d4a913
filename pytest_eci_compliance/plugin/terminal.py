"""What people read in the terminal: the header, and what does not hold, check by check."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from itertools import zip_longest
from typing import TYPE_CHECKING

import pytest

from ..messages import join_words, label, one_line, pluralize, sections, visible
from ..report import comparison, permissions
from ..report import waivers as accepted
from ..report.model import Report, count
from ..report.planned import lines as plan_lines
from ..results import (
    BLIND,
    NOTABLE_OUTCOMES,
    OPEN_OUTCOMES,
    OUTCOMES,
    SEVERITIES,
    VISIBILITY,
    Outcome,
    Result,
    Row,
)
from .activation import added_addresses, added_paths
from .selection import NotRun

if TYPE_CHECKING:
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
_FIRST = 3
_NOTES = 20


def header(config: pytest.Config, session: Session, loaded: Loaded, request: Request) -> list[str]:
    """Which accounts, on what evidence, by which configuration, and what is collected."""
    lines = [line for one in session.accounts for line in (_account(one, loaded, request), *_planned(one))]
    lines.append(f"eci configuration: {_from(config, loaded.path)} ({request.config_source})")
    lines.append(f"eci collects: {_collected(config, session)}")
    lines += [
        f"eci note: {address} comes from addopts or PYTEST_ADDOPTS, so it does not narrow the built-in checks:"
        " name it on the command line"
        for address in added_addresses(config)
    ]
    lines += [
        f"eci note: of {one.name} the configuration says nothing that is intended: only {VISIBILITY} is on"
        " (--eci-list-checks says why)"
        for one in session.accounts
        if {row.check for row in one.rows} == {VISIBILITY}
    ]
    return [visible(line) for line in lines]


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
    for note in notes[:_NOTES]:
        yield f"eci planned: {account.name}: {one_line(str(note))}"
    if len(notes) > _NOTES:
        yield f"eci planned: {account.name}: and {len(notes) - _NOTES} more (reports list all of them)"


def _mode_source(name: str, loaded: Loaded, request: Request) -> str:
    if request.mode:
        return "--eci-mode"
    written = loaded.configuration.accounts[name].model_fields_set
    return "configuration" if "mode" in written else "default"


def _age(recorded: str) -> str:
    """How long ago that was; a recording from the future is said to be one."""
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
            else f"{_from(config, path)} (tests: of the configuration)"
            for path in config.args
        ]
        parts += [] if config.args else ["nothing else (the configuration has no tests:)"]
    return ", ".join(parts)


def _from(config: pytest.Config, path: str | os.PathLike[str]) -> str:
    return os.path.relpath(path, config.invocation_params.dir)


class Summary:
    """Writes the summary of a finished run."""

    def __init__(self, reporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        self._reporter = reporter
        self._width = config.get_terminal_writer().fullwidth
        self._verbosity = config.get_verbosity()

    def write(
        self,
        report: Report,
        accounts: Iterable[AccountSnapshot],
        problems: Sequence[str],
        not_run: NotRun = NotRun(),  # noqa: B008 - it is frozen
    ) -> None:
        """What was found in each account, what changed, what was read, what did not run, what could not be
        written."""
        if report.results and self._verbosity > -2:
            self._reporter.write_sep("=", "ECI compliance")
            for name in report.accounts:
                self._verdicts(name, [one for one in report.results if one.row.account == name])
            self._own_tests(report)
        for name, plan in report.plans.items():
            self._lines(plan_lines(name, plan, report))
        if report.since is not None:
            self._lines(comparison.lines(report.since))
        self._lines(permissions.lines(report))
        self._lines([f"waiver: {line}" for line in accepted.lines(report)])
        for account in accounts:
            self._coverage(account)
        self._left_out(not_run)
        for problem in problems:
            self._line(problem, "red")

    def write_without_summary(self, accounts: Iterable[AccountSnapshot], not_run: NotRun) -> None:
        """What has to be said under --no-summary too: recordings that were not made, rows that did not run."""
        self._reporter.ensure_newline()
        for account in accounts:
            if account.evidence.mode == "record":
                self._notes(account)
        self._left_out(not_run)

    def _left_out(self, not_run: NotRun) -> None:
        if not_run.line:
            self._line(not_run.line, "red" if not_run.is_red else None)

    def _verdicts(self, name: str, results: Sequence[Result]) -> None:
        """What does not hold, the most severe first; then what is waived or skipped; then what holds."""
        if not results:
            return
        self._line(f"{name}: {_counts(results)}", _colour(results))
        checks: dict[str, list[Result]] = {}
        for result in results:
            checks.setdefault(result.row.check, []).append(result)
        holding = []
        for some in sorted(checks.values(), key=_urgency):
            if self._verbosity == 0 and _colour(some) == "green":
                holding.append(f"{some[0].row.check} ({len(some)})")
            else:
                self._check(some)
        if holding:
            self._wrapped("  hold: ", ", ".join(holding), most=None)

    def _check(self, results: Sequence[Result]) -> None:
        open_ = [one.row for outcome in OPEN_OUTCOMES for one in results if one.row.outcome == outcome]
        if not open_ and self._verbosity < 0:
            return
        row = results[0].row
        what = ", ".join(filter(None, (row.severity, sections(row.section))))
        self._line(f"  {row.check} ({what}): {_counts(results)}", _colour(results))
        if self._verbosity >= 0:
            self._open(open_)

    def _open(self, rows: Sequence[Row]) -> None:
        most = len(rows) if self._verbosity > 0 else _FIRST
        shown = rows[:most]
        for row, after in zip_longest(shown, shown[1:]):
            if BLIND in row.message and self._verbosity == 0:
                self._wrapped(f"    {row.outcome:<8}", f"{label(row)}: {BLIND} ({VISIBILITY}, above)")
                continue
            self._wrapped(f"    {row.outcome:<8}", f"{label(row)}: {one_line(row.message)}")
            if row.remediation and (after is None or after.remediation != row.remediation):
                self._wrapped(f"    {'mend':<8}", one_line(row.remediation), most=None)
        if len(rows) > most:
            self._line(f"    {'':<8}and {len(rows) - most} more (-v tells all)")

    def _own_tests(self, report: Report) -> None:
        if report.tests:
            found = Counter(one.outcome for one in report.tests)
            self._line(f"own tests: {', '.join(f'{found[one]} {one}' for one in OUTCOMES if found[one])}")

    def _coverage(self, account: AccountSnapshot) -> None:
        evidence, name = account.evidence, account.name
        read = f"{pluralize(evidence.calls, 'call')}, {pluralize(evidence.pages, 'page')}"
        retries = f", {evidence.retries} retried" if evidence.retries else ""
        whole = "complete" if evidence.complete else "incomplete: what could not be read is unknown"
        if evidence.complete and any(_is_blindness(row) for row in account.rows):
            whole = f"every call answered, but there may be more than was shown ({VISIBILITY})"
        self._line(f"ECI coverage: {name}: {read}{retries}, {whole}", None if whole == "complete" else "red")
        self._notes(account)

    def _notes(self, account: AccountSnapshot) -> None:
        for note in account.evidence.notes:
            self._wrapped("  ", f"{account.name}: {one_line(note)}", most=None)

    def _wrapped(self, prefix: str, text: str, most: int | None = 2) -> None:
        """A text behind its prefix; without -v, its first lines."""
        lines = textwrap.wrap(
            visible(text),
            max(self._width, 40),
            initial_indent=prefix,
            subsequent_indent=" " * len(prefix),
            break_on_hyphens=False,
            max_lines=None if self._verbosity > 0 else most,
            placeholder=" …",
        )
        self._lines(lines)

    def _lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._line(line)

    def _line(self, line: str, colour: str | None = None) -> None:
        self._reporter.write_line(visible(line), **({colour: True} if colour else {}))


def _urgency(results: Sequence[Result]) -> tuple[int, int, str]:
    """What does not hold first, by severity; then what is waived or skipped; then what holds, by name.

    Before all else what the auditing identity does not see: other verdicts are unknown because of it.
    """
    row = results[0].row
    state = ("red", "yellow", "green").index(_colour(results))
    severity = -1 if row.check == VISIBILITY else SEVERITIES.index(row.severity)
    return state, severity if state == 0 else 0, row.check


def _is_blindness(row: Row) -> bool:
    return row.check == VISIBILITY and row.outcome in OPEN_OUTCOMES


def _counts(results: Iterable[Result]) -> str:
    return ", ".join(_told(count(results)))


def _told(counts: dict[Outcome, int]) -> Iterator[str]:
    """What does not hold comes first."""
    for outcome in (*NOTABLE_OUTCOMES, "skipped", "passed"):
        if counts[outcome]:
            yield f"{counts[outcome]} {outcome}"


def _colour(results: Iterable[Result]) -> str:
    found = {one.row.outcome for one in results}
    return next(colour for outcome, colour in _COLOURS.items() if outcome in found)
