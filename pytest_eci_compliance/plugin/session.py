"""The state of a pytest session: the snapshot of the accounts, and, on the controller, the results of the run."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import pytest

from ..inventory.readable import UnreadableError
from ..messages import visible, visible_lines
from ..results import OPEN_OUTCOMES, Outcome, OwnTest, Result, Row
from .node_ids import NamedRow, rows_by_check
from .own_rows import WORST_LAST, Collected, row_of
from .selection import Selection

if TYPE_CHECKING:
    from _pytest._io import TerminalWriter

    from ..checks.support.case import Case
    from ..config.model import Account
    from ..inventory.facts import Inventory
    from ..language import Translator
    from ..policy.evaluator import Access
    from ..snapshot import AccountSnapshot, Snapshot

WORKER_KEY = "eci_compliance"
_UNREADABLE = f"{UnreadableError.__module__}.{UnreadableError.__qualname__}"


@dataclass
class Session:
    """The state that every process of a run shares: the snapshot, the selected checks, and the paths.

    `tests` are the paths that the configuration, `addopts` and PYTEST_ADDOPTS name, relative to the rootdir; None
    where the command line gives paths. `intents` are the configured accounts that have waivers of own checks.
    `all_own_tests`: every test that the configuration names is collected.
    """

    snapshot: Snapshot
    selection: Selection
    tests: tuple[str, ...] | None = None
    intents: Mapping[str, Account] = field(default_factory=dict)
    all_own_tests: bool = False
    _access: dict[int, Access] = field(default_factory=dict, repr=False)

    @cached_property
    def checks(self) -> Mapping[str, tuple[NamedRow, ...]]:
        """The named rows of all accounts, by check."""
        return rows_by_check(row for account in self.snapshot.accounts for row in account.rows)

    @property
    def accounts(self) -> tuple[AccountSnapshot, ...]:
        """The accounts of the snapshot."""
        return self.snapshot.accounts

    def access(self, inventory: Inventory) -> Access:
        """The evaluator over an inventory of the snapshot: built once per process."""
        from ..policy.evaluator import Access  # noqa: PLC0415 - only for tests that ask for it

        if id(inventory) not in self._access:
            # None for an inventory that a test has made itself
            account = next((snapshot for snapshot in self.accounts if snapshot.inventory is inventory), None)
            self._access[id(inventory)] = (
                Access(inventory)
                if account is None
                else Access(inventory, account.default_resource_group, settings=account.settings)
            )
        return self._access[id(inventory)]

    def case(self, account: str) -> Case | None:
        """The case of an account for its waivers of own checks; None where it has none, or was not identified."""
        from ..checks.support.case import Case  # noqa: PLC0415 - only for waivers of own checks

        intent = self.intents.get(account)
        inventory = next(known.inventory for known in self.accounts if known.name == account)
        if intent is None or inventory is None:
            return None
        return Case(account, intent, inventory, date.fromisoformat(self.snapshot.started[:10]))

    def is_own_waiver(self, row: Row) -> bool:
        """Whether this is the row of a waiver of an own check."""
        if row.check != "waiver" or row.account not in self.intents:
            return False
        from ..checks.waiver import is_row_of_own_waiver  # noqa: PLC0415 - only for waivers of own checks

        return is_row_of_own_waiver(row)

    def packed(self) -> bytes:
        """The session as bytes, for a worker that may run on another machine."""
        content = (self.snapshot, self.selection, self.tests, dict(self.intents), self.all_own_tests)
        return pickle.dumps(content, pickle.HIGHEST_PROTOCOL)

    @classmethod
    def unpacked(cls, packed: bytes) -> Session:
        """The session of `packed`."""
        return cls(*pickle.loads(packed))  # noqa: S301 - it comes from our own controller


class RunResults:
    """The outcomes of what ran, by node id: rows of the built-in checks, and the user's own tests."""

    def __init__(self, checks: Mapping[str, tuple[NamedRow, ...]]) -> None:
        self._named = {named.nodeid: named for rows in checks.values() for named in rows}
        self._rows = {nodeid: named.row for nodeid, named in self._named.items()}
        self._outcomes: dict[str, Outcome] = {}
        self._messages: dict[str, str] = {}
        self._own: dict[str, Row] = {}
        self.collected = Collected()

    def add(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """Add a report of pytest, so that our reports and pytest's own counts agree."""
        when = getattr(report, "when", "collect")
        if report.passed and when != "call":
            return
        outcome = self._outcome(report, str(when))
        if outcome is None:
            return
        if (own := row_of(report)) is not None:
            self._own[report.nodeid], outcome = own, own.outcome
        previous = self._outcomes.get(report.nodeid, "passed")
        self._outcomes[report.nodeid] = max(previous, outcome, key=WORST_LAST.index)
        row = self._rows.get(report.nodeid)
        if outcome in OPEN_OUTCOMES and (row is None or row.outcome != outcome):
            text = report.longreprtext if row is not None else _crash_message(report)
            self._messages.setdefault(report.nodeid, text)

    def set_representation(
        self, report: pytest.TestReport, translator: Translator, *, refer_to_cause: bool
    ) -> None:
        """Show a row in the terminal in its language; with `refer_to_cause`, of a row that lacks evidence, only the
        name of the cause.

        The summary describes the cause once. Other readers of the report (JUnit, Allure) still get the whole text, in
        English.
        """
        from ..report.missing_evidence import reference  # noqa: PLC0415 - workers write no summary
        from .collection import explanation  # noqa: PLC0415

        row = self._rows.get(report.nodeid)
        if row is None:
            return
        words = reference(row, translator) if refer_to_cause else ""
        if words:
            text = translator.text("unknown: {cause}", cause=words)
        elif translator.language == "en" or report.longreprtext != explanation(row):
            return
        else:
            text = explanation(row, translator)
        report.longrepr = _TerminalText(text, report.longreprtext)  # type: ignore[assignment]

    @property
    def own_rows(self) -> Mapping[str, Row]:
        """The rows of the own checks that ran, by node id."""
        return self._own

    def replace_row(self, named: NamedRow) -> None:
        """Replace a row that could be judged only after the tests."""
        self._named[named.nodeid], self._rows[named.nodeid] = named, named.row

    def is_row(self, nodeid: str) -> bool:
        """Whether this is a row of a built-in check."""
        return nodeid in self._rows

    def _outcome(self, report: pytest.TestReport | pytest.CollectReport, when: str) -> Outcome | None:
        if report.skipped:
            return "waived" if hasattr(report, "wasxfail") else "skipped"
        if report.passed:
            return "passed"
        if not report.failed:
            return None
        row = self._rows.get(report.nodeid)
        if row is not None:
            return "failed" if row.outcome in ("failed", "waived") else "unknown"
        return "unknown" if when in ("setup", "collect") or _is_unreadable(report) else "failed"

    @property
    def results(self) -> tuple[Result, ...]:
        """The rows that ran, in the order of the snapshot, then those of own checks."""
        built_in = (Result(self._as_run(nodeid), nodeid) for nodeid in self._rows if nodeid in self._outcomes)
        return (*built_in, *(Result(row, nodeid) for nodeid, row in self._own.items()))

    def _as_run(self, nodeid: str) -> Row:
        row, outcome = self._rows[nodeid], self._outcomes[nodeid]
        if outcome == row.outcome:
            return row
        return replace(row, outcome=outcome, message=self._messages.get(nodeid) or row.message)

    @property
    def tests(self) -> tuple[OwnTest, ...]:
        """The user's own tests that ran and are no checks, in their order."""
        return tuple(
            OwnTest(nodeid, outcome, self._messages.get(nodeid, ""))
            for nodeid, outcome in self._outcomes.items()
            if nodeid not in self._rows and nodeid not in self._own
        )

    @property
    def not_run(self) -> tuple[NamedRow, ...]:
        """The rows that were judged and did not run."""
        return tuple(named for nodeid, named in self._named.items() if nodeid not in self._outcomes)

    @property
    def partial(self) -> dict[str, tuple[str, ...]]:
        """By account, the checks of which some rows did not run."""
        missing: dict[str, set[str]] = {}
        for _, row in self.not_run:
            missing.setdefault(row.account, set()).add(row.check)
        for nodeid, (account, check) in self.collected.checks.items():
            if nodeid not in self._own:
                missing.setdefault(account, set()).add(check)
        return {account: tuple(sorted(checks)) for account, checks in missing.items()}


class _TerminalText:
    """The representation of a row: `shown` in a terminal, `text` for every other reader."""

    def __init__(self, shown: str, text: str) -> None:
        self._shown, self._text = shown, text

    def __str__(self) -> str:
        return self._text

    def toterminal(self, tw: TerminalWriter) -> None:
        """Pytest calls this method of a representation to show it in the terminal."""
        for line in self._shown.splitlines():
            tw.line(line)


def _crash_message(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test failed, without its traceback."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return visible_lines(str(crash.message))
    lines = report.longreprtext.strip().splitlines()
    return visible(lines[-1].removeprefix("E").strip()) if lines else ""


def _is_unreadable(report: pytest.TestReport | pytest.CollectReport) -> bool:
    """Whether a test failed on missing evidence. A report from a worker has the exception as text only."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(getattr(crash, "message", "")).startswith(_UNREADABLE)
