"""The hooks that `--eci-account` switches on."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import pytest

from .collection import Address, CheckCollector, Selection, address_of
from .fixtures import SESSION
from .node_ids import ROOT
from .parametrize import Facts
from .selection import added_arguments, given_arguments
from .session import WORKER_KEY, Session

if TYPE_CHECKING:
    from ..config.loader import Loaded


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
    """The node ids of built-in checks on the command line; what exists as a path is a path."""
    return _addresses(config, given_arguments(config))


def _addresses(config: pytest.Config, arguments: Iterable[str]) -> list[Address]:
    addresses = map(address_of, arguments)
    return [one for one in addresses if one is not None and not _exists(config, one.text)]


def added_addresses(config: pytest.Config) -> list[str]:
    """The node ids of built-in checks in `addopts` or PYTEST_ADDOPTS: they do not narrow what runs."""
    return [address.text for address in _addresses(config, added_arguments(config))]


def added_paths(config: pytest.Config) -> list[str]:
    """The paths of people's own tests in `addopts` or PYTEST_ADDOPTS, as they are written."""
    addresses = set(added_addresses(config))
    return [text for text in added_arguments(config) if text not in addresses]


def _exists(config: pytest.Config, argument: str) -> bool:
    return os.path.exists(config.invocation_params.dir / argument.partition("::")[0])  # noqa: PTH110


def _given_paths(config: pytest.Config) -> bool:
    """Whether the command line itself names paths: those of `addopts` and PYTEST_ADDOPTS are not given."""
    return bool(given_arguments(config))


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
    """The paths of people's own tests, from the rootdir; None where the command line gives paths.

    They are those that `tests` of the configuration names, and those of `addopts` and PYTEST_ADDOPTS.
    """
    if _given_paths(config):
        return None
    paths = [loaded.path.parent / path for path in loaded.configuration.tests]
    for path in paths:
        if not path.exists():
            raise pytest.UsageError(
                f"{loaded.path}: tests: {path} does not exist: create it, or take it out of the list"
            )
    named = (os.path.relpath(path, config.rootpath) for path in paths)
    added = (_from_rootdir(config, text) for text in added_paths(config))
    return tuple(dict.fromkeys((*named, *added)))


def _from_rootdir(config: pytest.Config, argument: str) -> str:
    """A path or node id relative to the rootdir; the name of a package (`--pyargs`) stays as it is."""
    if not _exists(config, argument):
        return argument
    path, separator, name = argument.partition("::")
    return f"{os.path.relpath(config.invocation_params.dir / path, config.rootpath)}{separator}{name}"


def refuse_missing_paths(config: pytest.Config) -> None:
    """What pytest would say after the sweep, before it."""
    if config.option.pyargs:
        return
    for argument in config.option.file_or_dir:
        if address_of(argument) is None and not _exists(config, argument):
            raise pytest.UsageError(f"file or directory not found: {argument}")


def set_paths(config: pytest.Config, session: Session) -> None:
    """Have pytest collect what was asked for, and never the current folder unasked."""
    if session.tests is None:
        named = {address.text for address in _addresses(config, config.args)}
        config.args = [argument for argument in config.args if argument not in named]
    else:
        config.args = [_from_here(config, path) for path in session.tests]
        config.args_source = pytest.Config.ArgsSource.ARGS


def _from_here(config: pytest.Config, argument: str) -> str:
    """The absolute path of what is relative to the rootdir; the name of a package stays as it is."""
    path, separator, name = argument.partition("::")
    absolute = os.path.normpath(config.rootpath / path)
    return f"{absolute}{separator}{name}" if os.path.exists(absolute) else argument  # noqa: PTH110
