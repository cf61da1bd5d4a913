"""Baselines of accounts that the emulator serves, and runs with what was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance import audit, baseline
from pytest_eci_compliance.checks import KNOWN_CHECKS
from pytest_eci_compliance.config.loader import Loaded, load
from pytest_eci_compliance.results import Row
from tests.emulator import Account, Emulator, config_yaml
from tests.emulator.account import Credential
from tests.support.credentials import use


@dataclass
class Desk:
    """A folder with a configuration that says only how accounts are read."""

    cloud: Emulator
    folder: Path
    monkeypatch: pytest.MonkeyPatch

    @property
    def written(self) -> Path:
        return self.folder / "eci-compliance.yaml"

    @property
    def text(self) -> str:
        return self.written.read_text("utf-8")

    def serve(self, *accounts: Account, credential: Credential | None = None, **settings: Any) -> None:
        self.cloud.backend.serve_accounts(accounts)
        use(credential or accounts[0].credentials[0], self.monkeypatch)
        text = config_yaml(self.cloud.url, *accounts, **settings)
        (self.folder / "reading.yaml").write_text(text, "utf-8")

    def request(
        self, *names: str, mode: str | None = None, config: str | None = "reading.yaml"
    ) -> audit.AuditRequest:
        path = None if config is None else self.folder / config
        return audit.AuditRequest(names, path, "default", mode, None, self.folder, self.folder)  # type: ignore[arg-type]

    def baseline(self, *names: str, mode: str | None = None, config: str | None = "reading.yaml") -> int:
        return baseline.write(self.request(*names, mode=mode, config=config), self.written)

    def loaded(self) -> Loaded:
        return load(self.written, KNOWN_CHECKS)

    def audit(self, *names: str, mode: str | None = None) -> list[Row]:
        """The rows of a run with the configuration that was written."""
        loaded = self.loaded()
        names = names or tuple(loaded.configuration.accounts)
        snapshot = audit.audit(self.request(*names, mode=mode, config="eci-compliance.yaml"), loaded)
        return [row for account in snapshot.accounts for row in account.rows]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Emulator]:
    with Emulator() as cloud:
        yield cloud


@pytest.fixture
def desk(cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    cloud.reset()
    return Desk(cloud, tmp_path, monkeypatch)
