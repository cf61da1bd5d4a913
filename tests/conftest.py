"""What all tests share."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import Scheduling

if sys.dont_write_bytecode:
    # Thousands of tests, and each process that they start, would compile the SDK and the tests anew. The bytecode goes
    # where pytest has its cache, so that none is written beside the sources.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix


def pytest_configure(config: pytest.Config) -> None:
    """Make the tests read English, whatever the locale of the machine is; the demonstration follows the locale."""
    if not config.getoption("eci_account", default=None):
        os.environ["LC_ALL"] = "C.UTF-8"


try:
    from hypothesis import settings
except ModuleNotFoundError:  # the demonstration runs in a clone without the packages that only tests need
    pass
else:
    # An example may take long on a machine that is busy: that says nothing about the code.
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over the modules and tests that were loaded, which live to the end, and run less.

    The models of the SDK and thousands of tests are most of the objects, and each full collection visited them all.
    """
    # A run that a test starts in this process leaves objects behind that are to be collected.
    if gc.get_freeze_count() == 0:
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 10, 10)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    """Give each worker neighbouring tests, which share servers, recordings and runs, and let idle workers take over.

    Only where the command line asks for no other distribution: `load` is what `-n` alone means.
    """
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import WorkStealingScheduling  # noqa: PLC0415 - the demonstration runs without it

    return WorkStealingScheduling(config, log)
