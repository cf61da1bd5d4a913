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
            return self._distributed(own_process, *chosen, *args)
        plugins = ("-p", "tests.plugin.fake_audit", "-p", "no:syrupy", "-p", "no:hypothesispytest")
        return self.pytester.runpytest_inprocess(*plugins, *chosen, *args)

    def _distributed(self, own_process: bool, *args: str) -> pytest.RunResult:
        """Without the plugins that have no part in it: each process would import them anew."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
            plugins = ("-p", "xdist", "-p", "eci_compliance", "-p", "tests.plugin.fake_audit")
            if own_process:
                return self.pytester.runpytest_subprocess(*plugins, *args)
            return self.pytester.runpytest_inprocess(*plugins, *args)

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
