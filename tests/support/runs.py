"""Runs of pytest in this process.

A process of its own imports the SDK anew, which takes longer than the run of a small account. `pytester` has runs in
the same process, too, but only for one test and in a folder of its own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.capture import MultiCapture, SysCapture

from tests.emulator import Credential
from tests.support.credentials import use

OF_CI = ("BUILD_NUMBER", "CI", "GITHUB_", "PYTEST_")
"""Beginnings of the environment variables that a run must not inherit: CI and pytest change what is printed."""


@dataclass(frozen=True)
class Ended:
    """A run that has ended: its exit code, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def run_pytest(
    folder: Path,
    *options: str,
    environment: Mapping[str, str] | None = None,
    credential: Credential | None = None,
) -> Ended:
    """Run pytest from `folder`, without colours and without writing a cache, as a shell there would.

    `environment` is added to the variables of this process, without those of pytest and of CI services. Calls are
    signed with `credential`. No installed plugin is loaded but ours: `-p xdist` is an option like others.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in [name for name in os.environ if name.startswith(OF_CI)]:
            patch.delenv(name)
        # To look for installed plugins takes as long as the run.
        for name, value in {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **(environment or {})}.items():
            patch.setenv(name, value)
        if credential is not None:
            use(credential, patch)
        capture = MultiCapture(in_=SysCapture(0), out=SysCapture(1), err=SysCapture(2))
        capture.start_capturing()
        try:
            # The last three belong to the run around this one.
            unused = ("cacheprovider", "faulthandler", "threadexception", "unraisableexception")
            plugins = ("-ppytest_eci_compliance.plugin", *(f"-pno:{name}" for name in unused))
            returncode = int(pytest.main([*plugins, "--color=no", *options]))
        finally:
            out, err = capture.readouterr()
            capture.stop_capturing()
    return Ended(returncode, out, err)
