"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# An example may take long on a machine that is busy: that says nothing about the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
