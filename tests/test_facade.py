"""The public names of the package: loaded on first use, all of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pytest_eci_compliance


@pytest.mark.parametrize("name", [name for name in pytest_eci_compliance.__all__ if name != "__version__"])
def test_every_public_name_is_a_documented_class(name: str) -> None:
    public = getattr(pytest_eci_compliance, name)
    assert public.__module__.startswith("pytest_eci_compliance.")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = pytest_eci_compliance.Nonsense


def test_dir_lists_the_public_names() -> None:
    assert set(pytest_eci_compliance.__all__) == set(dir(pytest_eci_compliance))


def test_importing_the_package_imports_none_of_its_modules() -> None:
    script = (
        "import sys, pytest_eci_compliance;"
        "print([name for name in sys.modules if name.startswith('pytest_eci_compliance.')])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "[]"
