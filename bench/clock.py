"""A pytest plugin for `-p bench.clock`: the CPU seconds from the end of `pytest_sessionstart` to the end of the
run, so that tests are compared without imports and without the sweep."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

WHERE = "BENCH_CLOCK"
_BEGAN = pytest.StashKey[float]()


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[_BEGAN] = time.process_time()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if _BEGAN in config.stash:
        Path(os.environ[WHERE]).write_text(str(time.process_time() - config.stash[_BEGAN]))
