"""What the command line itself selects, and which judged rows did not run although it did not leave them out.

Pytest puts `addopts` and PYTEST_ADDOPTS in front of the command line. They are settings of a project or a machine,
so they do not count as the choice of the person who starts this run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..messages import pluralize
from .collection import CheckCollector, Named, Selection
from .node_ids import ROOT

if TYPE_CHECKING:
    import argparse

    import pytest

RED = ("failed", "unknown")


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


@dataclass(frozen=True)
class NotRun:
    """The rows that were judged and did not run. `unselected` are the failed and unknown ones among them that the
    command line did not leave out: a plugin, `--lf`, `addopts` or PYTEST_ADDOPTS did."""

    rows: tuple[Named, ...] = ()
    unselected: tuple[Named, ...] = ()

    @property
    def line(self) -> str:
        """The sentence for people; empty where every row ran."""
        if not self.rows:
            return ""
        outcomes: Counter[str] = Counter(named.row.outcome for named in self.rows)
        verb = "was" if len(self.rows) == 1 else "were"
        red = ", ".join(f"{outcomes[name]} {name}" for name in RED if outcomes[name])
        line = (
            f"{pluralize(len(self.rows), 'row')} {verb} judged and not run: {red or 'none failed or unknown'}"
        )
        if self.unselected:
            return (
                f"{line}. The command line did not leave out {len(self.unselected)} of the failed or unknown rows:"
                " --lf, addopts, PYTEST_ADDOPTS or a plugin did, so the run fails."
                " Run again without them, or choose the rows on the command line with -k, -m or their node ids."
            )
        return f"{line}. The command line left them out, so they do not count." if red else line

    @property
    def is_red(self) -> bool:
        return any(named.row.outcome in RED for named in self.rows)


def not_run(session: pytest.Session, selection: Selection, rows: Iterable[Named]) -> NotRun:
    """Sort the rows that did not run by whether the command line left them out."""
    missing = tuple(rows)
    red = [named for named in missing if named.row.outcome in RED]
    return NotRun(missing, tuple(_selected(session, selection, red)))


def _selected(session: pytest.Session, selection: Selection, rows: Sequence[Named]) -> list[Named]:
    """The rows that the command line selects, by its arguments, --eci-checks, -k, -m and --deselect."""
    options = command_line(session.config)
    deselected = tuple(options.deselect or ())
    checks: dict[str, list[Named]] = {}
    for named in rows:
        checks.setdefault(named.row.check, []).append(named)
    items = [
        item
        for check, chosen in selection.of(checks)
        for item in CheckCollector.from_parent(
            session, name=f"{ROOT}/{check}", nodeid=f"{ROOT}/{check}", rows=chosen
        ).collect()
        if not item.nodeid.startswith(deselected)
    ]
    _apply_expressions(session.config, options, items)
    selected = {item.nodeid for item in items}
    return [named for named in rows if named.nodeid in selected]


def _apply_expressions(config: pytest.Config, options: argparse.Namespace, items: list[Any]) -> None:
    """Take out of `items` what -k and -m of the command line deselect, as pytest itself does it."""
    marks: Any = config.pluginmanager.get_plugin("mark")
    if marks is not None:
        marks.pytest_collection_modifyitems(items=items, config=_Quiet(config, options))


class _NoHooks:
    def pytest_deselected(self, items: Sequence[Any]) -> None:
        """Nobody is told: these items are not those of the run."""


class _Quiet:
    """A `pytest.Config` with other options, which tells no plugin what is deselected."""

    def __init__(self, config: pytest.Config, options: argparse.Namespace) -> None:
        self._config = config
        self.option = options
        self.hook = _NoHooks()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._config, name)
