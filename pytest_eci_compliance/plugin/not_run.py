"""The rows that were judged and did not run, and those among them that the command line did not leave out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..language import ENGLISH, Translator
from ..results import OPEN_OUTCOMES
from .arguments import command_line
from .collection import CheckCollector
from .node_ids import ROOT, NamedRow
from .selection import Selection

if TYPE_CHECKING:
    import argparse

    import pytest


@dataclass(frozen=True)
class NotRun:
    """The rows that were judged and did not run.

    `unselected` are the failed and unknown rows among them that the command line did not leave out: a plugin, `--lf`,
    `addopts` or PYTEST_ADDOPTS did.
    """

    rows: tuple[NamedRow, ...] = ()
    unselected: tuple[NamedRow, ...] = ()

    def line(self, translator: Translator = ENGLISH) -> str:
        """The sentence for people; empty where every row ran."""
        if not self.rows:
            return ""
        outcomes: Counter[str] = Counter(named.row.outcome for named in self.rows)
        red = translator.comma.join(
            translator.counted(outcomes[name], name) for name in OPEN_OUTCOMES if outcomes[name]
        )
        line = translator.plural(
            len(self.rows),
            "{number} row was judged and not run: {outcomes}",
            "{number} rows were judged and not run: {outcomes}",
            outcomes=red or translator.text("none failed or unknown"),
        )
        if self.unselected:
            return translator.text(
                "{line}. The command line did not leave out {number} of the failed or unknown rows:"
                " --lf, addopts, PYTEST_ADDOPTS or a plugin did, so the run fails."
                " Run again without them, or choose the rows on the command line with -k, -m or their node ids.",
                line=line,
                number=len(self.unselected),
            )
        if not red:
            return line
        return translator.text("{line}. The command line left them out, so they do not count.", line=line)

    @property
    def is_red(self) -> bool:
        """Whether a failed or unknown row did not run."""
        return any(named.row.outcome in OPEN_OUTCOMES for named in self.rows)


def not_run(session: pytest.Session, selection: Selection, rows: Iterable[NamedRow]) -> NotRun:
    """Sort the rows that did not run by whether the command line left them out."""
    missing = tuple(rows)
    red = [named for named in missing if named.row.outcome in OPEN_OUTCOMES]
    return NotRun(missing, tuple(_selected(session, selection, red)))


def _selected(session: pytest.Session, selection: Selection, rows: Sequence[NamedRow]) -> list[NamedRow]:
    """The rows that the command line selects, by its arguments, --eci-checks, -k, -m and --deselect."""
    options = command_line(session.config)
    deselected = tuple(options.deselect or ())
    checks: dict[str, list[NamedRow]] = {}
    for named in rows:
        checks.setdefault(named.row.check, []).append(named)
    items = [
        item
        for check, selected in selection.of(checks)
        for item in CheckCollector.from_parent(
            session, name=f"{ROOT}/{check}", nodeid=f"{ROOT}/{check}", rows=selected
        ).collect()
        if not item.nodeid.startswith(deselected)
    ]
    _apply_expressions(session.config, options, items)
    nodeids = {item.nodeid for item in items}
    return [named for named in rows if named.nodeid in nodeids]


def _apply_expressions(config: pytest.Config, options: argparse.Namespace, items: list[Any]) -> None:
    """Remove from `items` what -k and -m of the command line deselect, with pytest's own code."""
    marks: Any = config.pluginmanager.get_plugin("mark")
    if marks is not None:
        marks.pytest_collection_modifyitems(items=items, config=_SilentConfig(config, options))


class _NoHooks:
    def pytest_deselected(self, items: Sequence[Any]) -> None:
        """Report nothing: these items are not those of the run."""


class _SilentConfig:
    """A `pytest.Config` with other options, which reports no deselected items to plugins."""

    def __init__(self, config: pytest.Config, options: argparse.Namespace) -> None:
        self._config = config
        self.option = options
        self.hook = _NoHooks()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._config, name)
