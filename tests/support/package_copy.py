"""A copy of the package, for tests that change its source."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest_eci_compliance

PACKAGE = Path(pytest_eci_compliance.__file__).parent


def copy_of_the_package(folder: Path) -> Path:
    """Copy the package into `folder`, with its bytecode: to compile it anew takes longer than most runs.

    Bytecode is beside the sources, or in folders of the same names below `sys.pycache_prefix`.
    """
    copy = folder / PACKAGE.name
    shutil.copytree(PACKAGE, copy)
    if sys.pycache_prefix is not None:
        bytecode = Path(sys.pycache_prefix, *PACKAGE.parts[1:])
        if bytecode.exists():
            shutil.copytree(bytecode, Path(sys.pycache_prefix, *copy.parts[1:]), dirs_exist_ok=True)
    return copy
