"""What all tests share."""

from __future__ import annotations

import os

# The tests read English, whatever the locale of the machine is.
os.environ["LC_ALL"] = "C.UTF-8"

try:
    from hypothesis import settings
except ModuleNotFoundError:  # the demonstration runs in a clone without the packages that only tests need
    pass
else:
    # An example may take long on a machine that is busy: that says nothing about the code.
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")
