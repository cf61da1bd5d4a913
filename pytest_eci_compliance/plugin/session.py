"""What one pytest session knows of the accounts: the snapshot, and, on the controller, what ran."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..messages import visible_lines
from ..results import Outcome, OwnTest, Result
from .collection import Named, Selection, by_check

if TYPE_CHECKING:
    from ..audit import Request
    from ..inventory.facts import Inventory
    from ..policy.evaluator import Access
    from ..snapshot import AccountSnapshot, Snapshot

WORKER_KEY = "eci_compliance"
_UNREADABLE = f"{__package__}.readable.UnreadableError"


@dataclass
class Session:
    """What every process of a run shares: the snapshot, which checks are collected, which paths.

    `tests` are the paths that the configuration, `addopts` and PYTEST_ADDOPTS name, relative to the rootdir; None
    where the command line gives paths.
    """

    snapshot: Snapshot
    selection: Selection
    tests: tuple[str, ...] | None = None
    _access: dict[int, Access] = field(default_factory=dict, repr=False)

    @cached_property
    def checks(self) -> Mapping[str, tuple[Named, ...]]:
        return by_check(row for account in self.snapshot.accounts for row in account.rows)

    @property
    def accounts(self) -> tuple[AccountSnapshot, ...]:
        return self.snapshot.accounts

    def access(self, inventory: Inventory) -> Access:
        """The evaluator over an inventory of the snapshot: built once per process."""
        from ..policy.evaluator import Access  # noqa: PLC0415 - only for tests that ask for it

        if id(inventory) not in self._access:
            known = (one.default_resource_group for one in self.accounts if one.inventory is inventory)
            default = next(known, None)  # people may give an inventory of their own
            self._access[id(inventory)] = Access(inventory, default)
        return self._access[id(inventory)]

    def packed(self) -> bytes:
        """For a worker, which may be on another machine."""
        return pickle.dumps((self.snapshot, self.selection, self.tests), pickle.HIGHEST_PROTOCOL)

    @classmethod
    def unpacked(cls, packed: bytes) -> Session:
        return cls(*pickle.loads(packed))  # noqa: S301 - it comes from our own controller


class Findings:
    """What ran, by node id: the rows of the built-in checks, and people's own tests."""

    _WORST: tuple[Outcome, ...] = ("passed", "skipped", "waived", "unknown", "failed")

    def __init__(self, checks: Mapping[str, tuple[Named, ...]]) -> None:
        self._named = {one.nodeid: one for named in checks.values() for one in named}
        self._rows = {nodeid: one.row for nodeid, one in self._named.items()}
        self._outcomes: dict[str, Outcome] = {}
        self._said: dict[str, str] = {}

    def note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """Take a report of pytest's: what pytest counts is what is reported."""
        when = getattr(report, "when", "collect")
        if report.passed and when != "call":
            return
        outcome = self._outcome(report, str(when))
        if outcome is None:
            return
        before = self._outcomes.get(report.nodeid, "passed")
        self._outcomes[report.nodeid] = max(before, outcome, key=self._WORST.index)
        row = self._rows.get(report.nodeid)
        if row is not None and row.outcome != outcome and outcome in ("failed", "unknown"):
            self._said.setdefault(report.nodeid, report.longreprtext)

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

    def _as_run(self, nodeid: str) -> Any:
        row, outcome = self._rows[nodeid], self._outcomes[nodeid]
        if outcome == row.outcome:
            return row
        return replace(row, outcome=outcome, message=self._said.get(nodeid) or row.message)

    @property
    def tests(self) -> tuple[OwnTest, ...]:
        """People's own tests that ran, in their order."""
        return tuple(
            OwnTest(nodeid, outcome) for nodeid, outcome in self._outcomes.items() if nodeid not in self._rows
        )

    @property
    def not_run(self) -> tuple[Named, ...]:
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
    """Whether a test failed on evidence that is missing. A report that a worker sent holds the exception as text."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(getattr(crash, "message", "")).startswith(_UNREADABLE)


def request_of(config: pytest.Config) -> Request:
    """What the command line and the ini file ask for; paths are absolute, None where nobody names one."""
    from ..audit import Request  # noqa: PLC0415

    here = config.invocation_params.dir
    path, source = _path(config, "eci_config")
    cassettes, _ = _path(config, "eci_cassettes")
    return Request(
        names=tuple(config.getoption("eci_account")),
        config=path,
        config_source=source,
        mode=config.getoption("eci_mode"),
        cassettes=cassettes,
        invocation_dir=here,
        rootdir=config.rootpath,
        plans=tuple(absolute(here, one) for one in config.getoption("eci_plan")),
    )


def _path(config: pytest.Config, name: str) -> tuple[Path | None, str]:
    """A path and where it was named: options are relative to the current folder, ini values to their file."""
    if given := config.getoption(name):
        return absolute(config.invocation_params.dir, given), f"--{name.replace('_', '-')}"
    if written := config.getini(name):
        beside = config.inipath.parent if config.inipath else config.rootpath
        return absolute(beside, written), "ini"
    return None, "default"


def absolute(folder: Path, given: str) -> Path:
    return Path(os.path.abspath(folder / Path(given).expanduser()))  # noqa: PTH100 - links are kept


@contextmanager
def mistakes() -> Iterator[None]:
    """People's mistakes end pytest with exit code 4 and the mend, and no traceback."""
    from ..audit import UsageProblem  # noqa: PLC0415
    from ..config.loader import ConfigurationError  # noqa: PLC0415
    from ..report.former_report import FormerReportError  # noqa: PLC0415

    try:
        yield
    except (UsageProblem, ConfigurationError, FormerReportError) as problem:
        raise pytest.UsageError(visible_lines(str(problem))) from None
