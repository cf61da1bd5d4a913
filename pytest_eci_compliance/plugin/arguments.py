"""The command line of a run: the accounts, the configuration and the paths that it names.

Pytest puts `addopts` and PYTEST_ADDOPTS in front of the command line. They are settings of a project or a machine, so
they do not count as the choice of the person who starts this run.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..language import Translator, language_of
from ..messages import visible_lines
from . import packs as packs_of
from .selection import NodeAddress, Selection, address_of

if TYPE_CHECKING:
    import argparse

    from ..audit import AuditRequest
    from ..config.loader import Loaded
    from ..report.model import Links


def audit_request(config: pytest.Config) -> AuditRequest:
    """The accounts, the mode and the absolute paths that the command line and the ini file name."""
    from ..audit import AuditRequest  # noqa: PLC0415 - the SDK comes with it, and a worker needs none

    path, source = _named_path(config, "eci_config")
    cassettes, _ = _named_path(config, "eci_cassettes")
    return AuditRequest(
        names=tuple(config.getoption("eci_account")),
        config=path,
        config_source=source,
        mode=config.getoption("eci_mode"),
        cassettes=cassettes,
        invocation_dir=config.invocation_params.dir,
        rootdir=config.rootpath,
        plans=tuple(
            absolute_path(config.invocation_params.dir, path) for path in config.getoption("eci_plan")
        ),
    )


def translator_of(config: pytest.Config) -> Translator:
    """The translator into the language that the command line or the locale asks for."""
    return Translator(language_of(config.getoption("eci_language"), os.environ))


def repeated_options(config: pytest.Config) -> list[str]:
    """The options that say where configuration and evidence are, for a command that runs a part of this run again."""
    options = {"--eci-config": "eci_config", "--eci-mode": "eci_mode", "--eci-cassettes": "eci_cassettes"}
    words = [f"{option}={value}" for option, name in options.items() if (value := config.getoption(name))]
    return words + [f"--eci-plan={path}" for path in config.getoption("eci_plan")]


def report_links(config: pytest.Config) -> Links:
    """The addresses that the HTML report links. Raises UsageProblem for what is no address."""
    from ..audit import UsageProblem  # noqa: PLC0415 - the SDK comes with it, and a worker needs none
    from ..report.links import is_address, own_documentation  # noqa: PLC0415
    from ..report.model import Links  # noqa: PLC0415

    folder = config.inipath.parent if config.inipath else config.rootpath
    addresses = {}
    for name in ("eci_docs", "eci_config_url"):
        value = addresses[name] = config.getini(name)
        if not is_address(value):
            raise UsageProblem(f"{name}: {value!r} is no address: name a web address (https://…) or a path")
        if value and "://" not in value:
            addresses[name] = str(absolute_path(folder, value))
    return Links(addresses["eci_docs"] or own_documentation(), addresses["eci_config_url"])


def _named_path(config: pytest.Config, name: str) -> tuple[Path | None, str]:
    """A path and its source. Options are relative to the current folder, ini values to the ini file."""
    if option := config.getoption(name):
        return absolute_path(config.invocation_params.dir, option), f"--{name.replace('_', '-')}"
    if value := config.getini(name):
        folder = config.inipath.parent if config.inipath else config.rootpath
        return absolute_path(folder, value), "ini"
    return None, "default"


def absolute_path(folder: Path, text: str) -> Path:
    """The absolute path of `text`, which is relative to `folder`. Symbolic links are kept."""
    return Path(os.path.abspath(folder / Path(text).expanduser()))  # noqa: PTH100 - resolve() follows links


def relative_path(config: pytest.Config, path: str | os.PathLike[str]) -> str:
    """A path as it is written for the user: from the directory in which pytest was started."""
    return os.path.relpath(path, config.invocation_params.dir)


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn the errors that a user can fix into pytest's usage errors: exit code 4, and no traceback."""
    from ..audit import UsageProblem  # noqa: PLC0415
    from ..config.loader import ConfigurationError  # noqa: PLC0415
    from ..report.former_report import FormerReportError  # noqa: PLC0415

    try:
        yield
    except (UsageProblem, ConfigurationError, FormerReportError) as problem:
        raise pytest.UsageError(visible_lines(str(problem))) from None


def command_line(config: pytest.Config) -> argparse.Namespace:
    """The options and arguments of the command line, without those of `addopts` and PYTEST_ADDOPTS."""
    return config._parser.parse_known_args(list(config.invocation_params.args))


def given_arguments(config: pytest.Config) -> list[str]:
    """The paths and node ids on the command line."""
    return list(command_line(config).file_or_dir)


def added_arguments(config: pytest.Config) -> list[str]:
    """The paths and node ids that come from `addopts` or PYTEST_ADDOPTS."""
    given = Counter(given_arguments(config))
    added: list[str] = []
    for text in reversed(config.option.file_or_dir):  # those of the command line come last
        if given[text] > 0:
            given[text] -= 1
        else:
            added.append(text)
    return added[::-1]


def selection_of(config: pytest.Config) -> Selection:
    """The selection by --eci-checks, by node ids, or of all built-in checks where no paths are given."""
    given = given_arguments(config)
    addresses = tuple(_addresses(config, given))
    option = config.getoption("eci_checks")
    if option == "never" and addresses:
        raise pytest.UsageError(
            f"{addresses[0].text} is a built-in check, which --eci-checks=never leaves out"
        )
    builtin = option == "always" or (option == "auto" and (bool(addresses) or not given))
    return Selection(builtin, addresses)


def _addresses(config: pytest.Config, arguments: Iterable[str]) -> list[NodeAddress]:
    """The arguments that are node ids of built-in checks. An existing path is never one."""
    addresses = map(address_of, arguments)
    return [address for address in addresses if address is not None and not _exists(config, address.text)]


def added_addresses(config: pytest.Config) -> list[str]:
    """The node ids of built-in checks in `addopts` or PYTEST_ADDOPTS: they do not narrow what runs."""
    return [address.text for address in _addresses(config, added_arguments(config))]


def added_paths(config: pytest.Config) -> list[str]:
    """The paths of the user's own tests in `addopts` or PYTEST_ADDOPTS, as they are written."""
    addresses = set(added_addresses(config))
    return [text for text in added_arguments(config) if text not in addresses]


def own_tests(config: pytest.Config, loaded: Loaded) -> tuple[str, ...] | None:
    """The paths of the user's own tests, from the rootdir; None where the command line gives paths.

    They come from `tests` of the configuration, from `addopts` and from PYTEST_ADDOPTS.
    """
    if given_arguments(config):
        return None
    packs = [text for text in loaded.configuration.tests if text.startswith(packs_of.PREFIX)]
    for text in packs:
        packs_of.path_of(text)
    paths = [loaded.path.parent / path for path in loaded.configuration.tests if path not in packs]
    for path in paths:
        if not path.exists():
            raise pytest.UsageError(
                f"{loaded.path}: tests: {path} does not exist: create it, or take it out of the list"
            )
    configured = (os.path.relpath(path, config.rootpath) for path in paths)
    added = (_from_rootdir(config, text) for text in added_paths(config))
    return tuple(dict.fromkeys((*configured, *packs, *added)))


def refuse_missing_paths(config: pytest.Config) -> None:
    """Raise pytest's own error for a missing path, but before the account is read."""
    if config.option.pyargs:
        return
    for argument in config.option.file_or_dir:
        if address_of(argument) is None and not _exists(config, argument):
            raise pytest.UsageError(f"file or directory not found: {argument}")


def set_paths(config: pytest.Config, tests: tuple[str, ...] | None) -> None:
    """Have pytest collect `tests`, or the paths of the command line where it is None.

    Without either, pytest would collect the current folder.
    """
    if tests is None:
        addresses = {address.text for address in _addresses(config, config.args)}
        config.args = [argument for argument in config.args if argument not in addresses]
    else:
        config.args = [_from_invocation_dir(config, path) for path in tests]
        config.args_source = pytest.Config.ArgsSource.ARGS


def _from_rootdir(config: pytest.Config, argument: str) -> str:
    """A path or node id relative to the rootdir; the name of a package (`--pyargs`) stays as it is."""
    if not _exists(config, argument):
        return argument
    path, separator, name = argument.partition("::")
    return f"{os.path.relpath(config.invocation_params.dir / path, config.rootpath)}{separator}{name}"


def _from_invocation_dir(config: pytest.Config, argument: str) -> str:
    """The absolute path of what is relative to the rootdir; the name of a package stays as it is."""
    if argument.startswith(packs_of.PREFIX):
        return str(packs_of.path_of(argument))
    path, separator, name = argument.partition("::")
    absolute = os.path.normpath(config.rootpath / path)
    return f"{absolute}{separator}{name}" if os.path.exists(absolute) else argument  # noqa: PTH110


def _exists(config: pytest.Config, argument: str) -> bool:
    return os.path.exists(config.invocation_params.dir / argument.partition("::")[0])  # noqa: PTH110
