"""The hooks that `--eci-account` switches on."""

from __future__ import annotations

import os
from collections.abc import Generator
from functools import cached_property
from typing import TYPE_CHECKING

import pytest

from .collect import Address, CheckCollector, Selection, address_of
from .facts import Facts
from .fixtures import SESSION
from .names import ROOT
from .session import WORKER_KEY, Session

if TYPE_CHECKING:
    from .config.load import Loaded


def activate(config: pytest.Config) -> None:
    """Register what this process needs: a worker of pytest-xdist loads what its controller has read."""
    workerinput = getattr(config, "workerinput", None)
    if config.option.showfixtures or config.option.show_fixtures_per_test:
        return
    if workerinput is None:
        from .controller import Controller  # noqa: PLC0415 - workers sweep and report nothing

        config.pluginmanager.register(Controller(config), "eci_compliance_controller")
    else:
        session = Session.unpacked(workerinput[WORKER_KEY])
        config.stash[SESSION] = session
        set_paths(config, session)
    config.pluginmanager.register(Collection(config), "eci_compliance_collection")


class Collection:
    """Collects the built-in checks, and parametrises people's own tests."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @cached_property
    def _facts(self) -> Facts:
        return Facts(self._config.stash[SESSION].accounts)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            session = self._config.stash[SESSION]
            # First: once --lf has met a file with failures, it skips what comes behind it.
            report.result = [
                *(
                    CheckCollector.from_parent(
                        collector, name=f"{ROOT}/{check}", nodeid=f"{ROOT}/{check}", rows=rows
                    )
                    for check, rows in session.selection.of(session.checks)
                ),
                *report.result,
            ]
        return report

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        self._facts.parametrise(metafunc)


def addresses_of(config: pytest.Config) -> list[Address]:
    """The node ids of built-in checks among the arguments; what exists as a path is a path."""
    given = map(address_of, config.args) if _given_paths(config) else ()
    return [one for one in given if one is not None and not _exists(config, one.text)]


def _exists(config: pytest.Config, argument: str) -> bool:
    return os.path.exists(config.invocation_params.dir / argument.partition("::")[0])  # noqa: PTH110


def _given_paths(config: pytest.Config) -> bool:
    return config.args_source is pytest.Config.ArgsSource.ARGS


def selection_of(config: pytest.Config) -> Selection:
    """By --eci-checks; else the checks that are named; else all of them, where no paths are given."""
    addresses = tuple(addresses_of(config))
    how = config.getoption("eci_checks")
    if how == "never" and addresses:
        raise pytest.UsageError(
            f"{addresses[0].text} is a built-in check, which --eci-checks=never leaves out"
        )
    wanted = how == "always" or (how == "auto" and (bool(addresses) or not _given_paths(config)))
    return Selection(wanted, addresses)


def own_tests(config: pytest.Config, loaded: Loaded) -> tuple[str, ...] | None:
    """The paths that `tests` of the configuration names, from the rootdir; None where paths are given."""
    if _given_paths(config):
        return None
    paths = [loaded.path.parent / path for path in loaded.configuration.tests]
    for path in paths:
        if not path.exists():
            raise pytest.UsageError(
                f"{loaded.path}: tests: {path} does not exist: create it, or take it out of the list"
            )
    return tuple(os.path.relpath(path, config.rootpath) for path in paths)


def refuse_missing_paths(config: pytest.Config) -> None:
    """What pytest would say after the sweep, before it."""
    if not _given_paths(config) or config.option.pyargs:
        return
    for argument in config.args:
        if address_of(argument) is None and not _exists(config, argument):
            raise pytest.UsageError(f"file or directory not found: {argument}")


def set_paths(config: pytest.Config, session: Session) -> None:
    """Have pytest collect what was asked for, and never the current folder unasked."""
    if session.tests is None:
        named = {address.text for address in addresses_of(config)}
        config.args = [argument for argument in config.args if argument not in named]
    else:
        config.args = [os.path.normpath(config.rootpath / path) for path in session.tests]
        config.args_source = pytest.Config.ArgsSource.ARGS
