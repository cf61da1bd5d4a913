"""The emulator, and audits of it in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Account, Emulator
from tests.evidence.sandbox import ROOT, SMALL_PAGES, Sandbox, account
from tests.support.credentials import use


@pytest.fixture
def sandbox_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Sandbox]]:
    """Makes sandboxes: of these accounts (the small one), with these settings of the emulator."""
    use(ROOT, monkeypatch)
    with ExitStack() as stack:
        count = 0

        def make(*accounts: Account, **settings: Any) -> Sandbox:
            nonlocal count
            count += 1
            cloud = stack.enter_context(
                Emulator(*(accounts or (account(),)), **{"quirks": SMALL_PAGES, **settings})
            )
            folder = tmp_path / f"sandbox{count}"
            folder.mkdir()
            return Sandbox(cloud, folder).configure()

        yield make


@pytest.fixture
def sandbox(sandbox_of: Callable[..., Sandbox]) -> Sandbox:
    return sandbox_of()
