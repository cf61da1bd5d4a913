"""What pytest does instead of running tests: list the checks, print the audit policy, write a baseline."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from . import listings
from .session import absolute, mistakes, request_of

if TYPE_CHECKING:
    import pytest

    from ..config.model import Account


def of_tests(config: pytest.Config) -> int:
    """Do what the command line asks for; the exit code. UsageError for what cannot be done."""
    if config.getoption("eci_list_checks"):
        sys.stdout.writelines(f"{line}\n" for line in listings.checks(_accounts(config)))
        return 0
    if config.getoption("eci_list_assumptions"):
        sys.stdout.writelines(f"{line}\n" for line in listings.all_assumptions(_accounts(config)))
        return 0
    if config.getoption("eci_audit_policy"):
        # Apart, so that the policy alone can be sent to a file.
        sys.stderr.write(f"{listings.fallbacks()}\n")
        sys.stdout.write(f"{listings.audit_policy()}\n")
        return 0
    return _baseline(config)


def _accounts(config: pytest.Config) -> dict[str, Account]:
    names = tuple(config.getoption("eci_account"))
    if not names:
        return {}
    from .. import audit  # noqa: PLC0415 - the SDK comes with it

    with mistakes():
        loaded = audit.load_configuration(request_of(config))
    return listings.chosen(loaded.configuration.accounts, names)


def _baseline(config: pytest.Config) -> int:
    from .. import baseline  # noqa: PLC0415 - the SDK comes with it

    with mistakes():
        path = absolute(config.invocation_params.dir, config.getoption("eci_baseline"))
        return baseline.write(request_of(config), path)
