"""Runs pytest with accounts whose snapshots are written by hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_eci_compliance.plugin import controller, progress  # noqa: F401 - once, not in every run

ROOT = Path(__file__).parents[2]

CONFIGURATION = """
version: 1
accounts:
  prod:
    account_id: "1098765432109876"
    mode: replay
  dev:
    account_id: "1098765432109877"
"""


class Runs:
    """Runs of pytest in a folder of their own, with the sweep stood in for."""

    installed_plugins = False
    """Whether all installed plugins are loaded, not only ours: to look for them takes as long as a run."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.folder = pytester.path
        self.write("eci-compliance.yaml", CONFIGURATION)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def __call__(
        self, *args: str, account: str | None = "prod", own_process: bool = False
    ) -> pytest.RunResult:
        """In this process, but for workers: these are processes, whose modules come from PYTHONPATH.

        A controller whose own modules are those of its workers needs a process of its own, too.
        """
        chosen = [f"--eci-account={account}"] if account else []
        if any(arg.startswith(("-n", "--tx")) for arg in args):
            chosen += ["-p", "xdist"]
        run = self.pytester.runpytest_subprocess if own_process else self.pytester.runpytest_inprocess
        with pytest.MonkeyPatch.context() as patch:
            if not self.installed_plugins:
                patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
                chosen += ["-p", "pytest_eci_compliance.plugin"]
            return run("-p", "tests.plugin.fake_audit", *chosen, *args)

    def ids(self, *args: str, account: str = "prod") -> list[str]:
        """The node ids that are collected."""
        result = self(*args, "--co", "-q", account=account)
        return [line for line in result.outlines if "::" in line and not line.startswith("ECI")]

    @property
    def sweeps(self) -> int:
        path = self.folder / "sweeps.txt"
        return len(path.read_text().splitlines()) if path.exists() else 0


@pytest.fixture
def runs(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.setenv("ECI_FAKE_FOLDER", str(pytester.path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return Runs(pytester)
