"""The state of a pytest session: the snapshot of the accounts, and, on the controller, the results of the run."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import pytest

from ..inventory.readable import UnreadableError
from ..results import Outcome, OwnTest, Result, Row
from .node_ids import NamedRow, rows_by_check
from .selection import Selection

if TYPE_CHECKING:
    from ..inventory.facts import Inventory
    from ..policy.evaluator import Access
    from ..snapshot import AccountSnapshot, Snapshot

WORKER_KEY = "eci_compliance"
_UNREADABLE = f"{UnreadableError.__module__}.{UnreadableError.__qualname__}"


@dataclass
class Session:
    """The state that every process of a run shares: the snapshot, the selected checks, and the paths.

    `tests` are the paths that the configuration, `addopts` and PYTEST_ADDOPTS name, relative to the rootdir; None
    where the command line gives paths.
    """

    snapshot: Snapshot
    selection: Selection
    tests: tuple[str, ...] | None = None
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
            account = next((one for one in self.accounts if one.inventory is inventory), None)
            self._access[id(inventory)] = (
                Access(inventory)
                if account is None
                else Access(inventory, account.default_resource_group, settings=account.settings)
            )
        return self._access[id(inventory)]

    def packed(self) -> bytes:
        """The session as bytes, for a worker that may run on another machine."""
        return pickle.dumps((self.snapshot, self.selection, self.tests), pickle.HIGHEST_PROTOCOL)

    @classmethod
    def unpacked(cls, packed: bytes) -> Session:
        """The session of `packed`."""
        return cls(*pickle.loads(packed))  # noqa: S301 - it comes from our own controller


class RunResults:
    """The outcomes of what ran, by node id: rows of the built-in checks, and the user's own tests."""

    _WORST_LAST: tuple[Outcome, ...] = ("passed", "skipped", "waived", "unknown", "failed")

    def __init__(self, checks: Mapping[str, tuple[NamedRow, ...]]) -> None:
        self._named = {named.nodeid: named for rows in checks.values() for named in rows}
        self._rows = {nodeid: named.row for nodeid, named in self._named.items()}
        self._outcomes: dict[str, Outcome] = {}
        self._messages: dict[str, str] = {}

    def add(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """Add a report of pytest, so that our reports and pytest's own counts agree."""
        when = getattr(report, "when", "collect")
        if report.passed and when != "call":
            return
        outcome = self._outcome(report, str(when))
        if outcome is None:
            return
        previous = self._outcomes.get(report.nodeid, "passed")
        self._outcomes[report.nodeid] = max(previous, outcome, key=self._WORST_LAST.index)
        row = self._rows.get(report.nodeid)
        if row is not None and row.outcome != outcome and outcome in ("failed", "unknown"):
            self._messages.setdefault(report.nodeid, report.longreprtext)

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
        """The rows that ran, in the order of the snapshot."""
        return tuple(
            Result(self._as_run(nodeid), nodeid) for nodeid in self._rows if nodeid in self._outcomes
        )

    def _as_run(self, nodeid: str) -> Row:
        row, outcome = self._rows[nodeid], self._outcomes[nodeid]
        if outcome == row.outcome:
            return row
        return replace(row, outcome=outcome, message=self._messages.get(nodeid) or row.message)

    @property
    def tests(self) -> tuple[OwnTest, ...]:
        """The user's own tests that ran, in their order."""
        return tuple(
            OwnTest(nodeid, outcome) for nodeid, outcome in self._outcomes.items() if nodeid not in self._rows
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
        return {account: tuple(sorted(checks)) for account, checks in missing.items()}


def _is_unreadable(report: pytest.TestReport | pytest.CollectReport) -> bool:
    """Whether a test failed on missing evidence. A report from a worker has the exception as text only."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(getattr(crash, "message", "")).startswith(_UNREADABLE)
