"""What all tests share."""

from __future__ import annotations

import gc

try:
    from hypothesis import settings
except ModuleNotFoundError:  # the demonstration runs in a clone without the packages that only tests need
    pass
else:
    # An example may take long on a machine that is busy: that says nothing about the code.
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over the modules and tests that were loaded, which live to the end.

    The models of the SDK and thousands of tests are most of the objects, and each full collection visited them all.
    """
    gc.collect()
    gc.freeze()
