"""The summary in the terminal, with the failed and unknown results, check by check."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from ..language import ENGLISH, Translator
from ..language.columns import pad, wrap
from ..messages import label, one_line, visible
from ..report import comparison, permissions, unmatched
from ..report import waivers as accepted
from ..report.missing_evidence import MissingEvidence, is_unidentified, missing_evidence, reference
from ..report.model import Report, count
from ..report.planned import lines as planned_lines
from ..report.remediation import parts
from ..report.shared_steps import MOST_SHARED_STEPS, SharedStep, shared_steps
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
from .arguments import relative_path, repeated_options
from .closing_lines import COMMAND, closing_lines
from .coverage_words import amount_read, completeness_words, is_blind
from .not_run import NotRun

if TYPE_CHECKING:
    from pathlib import Path

    from ..snapshot import AccountSnapshot

_COLOURS: dict[Outcome, str] = {
    "failed": "red",
    "unknown": "red",
    "waived": "yellow",
    "skipped": "yellow",
    "passed": "green",
}
_MAX_ROWS = 3  # of a check, without -v


class Summary:
    """Writes the summary of a finished run."""

    def __init__(
        self, reporter: pytest.TerminalReporter, config: pytest.Config, translator: Translator = ENGLISH
    ) -> None:
        self._reporter = reporter
        self._config = config
        self._translator, self._text = translator, translator.text
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
            self._reporter.write_sep("=", self._text("ECI compliance"))
            self._missing_evidence(missing_evidence(report))
            self._shared_steps(shared_steps(report.results)[:MOST_SHARED_STEPS])
            for name in report.accounts:
                # An account that could not be identified is one line, above.
                of_account = [result for result in report.results if result.row.account == name]
                self._verdicts(name, [item for item in of_account if not is_unidentified(item.row)])
            self._own_tests(report)
        for name, plan in report.plans.items():
            self._lines(planned_lines(name, plan, report, translator=self._translator))
        if report.since is not None:
            self._lines(comparison.lines(report.since, translator=self._translator))
        self._lines(permissions.lines(report, translator=self._translator))
        expiring = accepted.lines(report, self._translator)
        self._lines([self._text("waiver: {waiver}", waiver=line) for line in expiring])
        self._lines(unmatched.lines(report, self._translator))
        for account in accounts:
            self._coverage(account)
        self._left_out(not_run)
        self._lines(self._text("wrote {path}", path=relative_path(self._config, path)) for path in written)
        for problem in problems:
            self._line(problem, "red")
        if self._verbosity > -2:
            for heading, text in closing_lines(report, repeated_options(self._config), self._translator):
                self._closing(heading, text)

    def _closing(self, heading: str, text: str) -> None:
        """Write one of the last lines, wrapped under its heading; a command stays on one line, to be copied."""
        if heading == COMMAND or not text:
            self._line(f"{heading}{text}")
        else:
            self._wrapped(heading, text)

    def _missing_evidence(self, entries: Sequence[MissingEvidence]) -> None:
        """Write each cause of unknown results on one line: rows refer to it."""
        if not entries:
            return
        self._line(self._text("evidence is missing:"), "red")
        self._lines(f"  {entry.account}: {entry.named_sentence_in(self._translator)}" for entry in entries)

    def _shared_steps(self, steps: Sequence[SharedStep]) -> None:
        """Write each escalation step that several failures share, with their number."""
        if not steps:
            return
        self._line(self._text("escalation steps that several failures share:"), "red")
        for step in steps:
            self._wrapped("  ", f"{step.account}: {step.sentence(self._translator)}")

    def write_without_summary(self, accounts: Iterable[AccountSnapshot], not_run: NotRun) -> None:
        """Write what --no-summary must not hide: recordings that were not written, rows that did not run."""
        self._reporter.ensure_newline()
        for account in accounts:
            if account.evidence.mode == "record":
                self._notes(account)
        self._left_out(not_run)

    def _left_out(self, not_run: NotRun) -> None:
        if line := not_run.line(self._translator):
            self._line(line, "red" if not_run.is_red else None)

    def _verdicts(self, name: str, results: Sequence[Result]) -> None:
        """Write failed and unknown checks, the most severe first; then waived or skipped ones; then passed ones."""
        if not results:
            return
        self._line(f"{name}: {self._counts(results)}", _colour(results))
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
            self._wrapped(self._text("  passed: "), ", ".join(passed))

    def _check(self, results: Sequence[Result]) -> None:
        open_rows = [
            result.row for outcome in OPEN_OUTCOMES for result in results if result.row.outcome == outcome
        ]
        if not open_rows and self._verbosity < 0:
            return
        row = results[0].row
        severity = self._translator.word(row.severity)
        details = self._translator.comma.join(
            filter(None, (severity, self._translator.sections(row.section)))
        )
        self._line(f"  {row.check} ({details}): {self._counts(results)}", _colour(results))
        if self._verbosity >= 0:
            self._open(open_rows)

    def _counts(self, results: Iterable[Result]) -> str:
        """The number of each outcome. Failed and unknown come first."""
        counts = count(results)
        return self._translator.comma.join(
            self._translator.counted(counts[outcome], outcome)
            for outcome in (*NOTABLE_OUTCOMES, "skipped", "passed")
            if counts[outcome]
        )

    def _open(self, rows: Sequence[Row]) -> None:
        """Write rows in full; those that lack evidence name their cause, which is described above."""
        referring = [] if self._verbosity > 0 else [row for row in rows if reference(row)]
        described = [row for row in rows if row not in referring]
        most = len(described) if self._verbosity > 0 else _MAX_ROWS
        written: set[str] = set()
        for row in described[:most]:
            outcome = pad(self._translator.word(row.outcome), 8)
            self._wrapped(f"    {outcome}", f"{label(row)}: {self._translator.row(one_line(row.message))}")
            self._remediation(row, written)
        if len(described) > most:
            more = self._text("and {number} more (-v shows all)", number=len(described) - most)
            self._line(f"    {'':<8}{more}")
        for words in dict.fromkeys(map(self._reference, referring)):
            same = [self._subject(row) for row in referring if self._reference(row) == words]
            rows_in_words = self._translator.join(same, most=_MAX_ROWS)
            self._wrapped("    ", self._text("unknown: {cause} ({rows})", cause=words, rows=rows_in_words))

    def _subject(self, row: Row) -> str:
        """The resource of a row for people; in words where it stands for all resources of its type."""
        resource = row.resource
        if resource.id != "*":
            return label(row)
        subject = self._text("every {kind}", kind=self._translator.word(resource.type.replace("_", " ")))
        where = (
            self._text("{subject} in {region}", subject=subject, region=resource.region)
            if resource.region
            else subject
        )
        return one_line(f"{where} [{row.expectation}]" if row.expectation else where)

    def _reference(self, row: Row) -> str:
        return reference(row, self._translator)

    def _remediation(self, row: Row, written: set[str]) -> None:
        """Write what to do, once per check, and the commands for this row, each on a line of its own."""
        remediation = parts(row.remediation, self._translator)
        if remediation.text and remediation.text not in written:
            self._wrapped(f"    {pad(self._text('Fix:'), 8)}", remediation.text)
            written.add(remediation.text)
        self._lines(f"    $ {command}" for command in remediation.commands)

    def _own_tests(self, report: Report) -> None:
        if report.tests:
            counts = Counter(test.outcome for test in report.tests)
            parts = (
                self._translator.counted(counts[outcome], outcome) for outcome in OUTCOMES if counts[outcome]
            )
            self._line(self._text("own tests: {numbers}", numbers=self._translator.comma.join(parts)))

    def _coverage(self, account: AccountSnapshot) -> None:
        evidence, name = account.evidence, account.name
        if account.inventory is None:  # it could not be identified, which is said above
            self._notes(account)
            return
        blind = any(is_blind(row) for row in account.rows)
        self._line(
            self._text(
                "ECI coverage: {account}: {read}, {state}",
                account=name,
                read=amount_read(evidence, self._translator),
                state=completeness_words(evidence, self._translator, is_blind=blind),
            ),
            None if evidence.complete and not blind else "red",
        )
        self._notes(account)

    def _notes(self, account: AccountSnapshot) -> None:
        """Write where the account was recorded, and the notes of the sweep."""
        if account.evidence.directory:
            directory = relative_path(self._config, account.evidence.directory)
            files = self._translator.plural(account.evidence.files, "{number} file", "{number} files")
            self._line(
                self._text("recorded {directory} ({files})", directory=directory + os.sep, files=files)
            )
        for note in account.evidence.notes:
            self._wrapped("  ", f"{account.name}: {self._translator.row(one_line(note))}")

    def _wrapped(self, prefix: str, text: str) -> None:
        """Write a whole text after its prefix, wrapped."""
        if self._translator.language != "en":
            others = " " * cell_len(prefix)
            self._lines(wrap(visible(text), max(self._width, 40), prefix, others))
            return
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


def _colour(results: Iterable[Result]) -> str:
    outcomes = {result.row.outcome for result in results}
    return next(colour for outcome, colour in _COLOURS.items() if outcome in outcomes)
