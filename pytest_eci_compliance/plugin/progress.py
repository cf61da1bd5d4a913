"""The progress display while the accounts are read: on a terminal only, removed at the end."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..language import ENGLISH, Translator
from ..messages import one_line
from .arguments import translator_of

if TYPE_CHECKING:
    import pytest
    from rich.progress import TaskID

    from ..audit import Progress
    from ..evidence.counts import Counts
    from ..evidence.errors import ApiCall


def progress(config: pytest.Config) -> AbstractContextManager[Progress | None]:
    """Show the progress of the sweep, unless -q is given."""
    return show_progress(translator_of(config), quiet=config.get_verbosity() < 0)


@contextmanager
def show_progress(translator: Translator = ENGLISH, *, quiet: bool = False) -> Iterator[Progress | None]:
    """Show the progress of each account on one line, which is removed at the end.

    Gives a function to call once per answered call, from one thread; None without an interactive terminal.
    """
    if quiet or not _is_interactive():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.progress import Progress as Bars  # noqa: PLC0415
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415

    description = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1))
    bars = Bars(
        SpinnerColumn(),
        TimeElapsedColumn(),
        description,
        console=Console(stderr=True),
        transient=True,
        expand=True,
    )
    tasks: dict[str, TaskID] = {}
    accounts: dict[str, _Account] = {}

    def show(name: str, call: ApiCall, counts: Counts) -> None:
        account = accounts.setdefault(name, _Account(name))
        account.add(call)
        if name not in tasks:
            tasks[name] = bars.add_task("", total=None)
        bars.update(tasks[name], description=account.description(call, counts, translator))

    with bars:
        yield show


def _is_interactive() -> bool:
    """Whether stderr is a terminal that a person reads. Some CI systems pretend that their log is one."""
    return sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"


@dataclass
class _Account:
    """The progress of one account."""

    name: str
    services: Counter[str] = field(default_factory=Counter)
    regions: set[str] = field(default_factory=set)

    def add(self, call: ApiCall) -> None:
        """Count an answered call."""
        self.services[call.action.service] += 1
        if call.region:
            self.regions.add(call.region)

    def description(self, call: ApiCall, counts: Counts, translator: Translator = ENGLISH) -> str:
        """The services, regions, pages and retries so far, and the call that was answered last."""
        parts = [" ".join(f"{service} {count}" for service, count in sorted(self.services.items()))]
        if self.regions:
            parts.append(translator.plural(len(self.regions), "{number} region", "{number} regions"))
        parts.append(translator.plural(counts.pages, "{number} page", "{number} pages"))
        if counts.retries:
            parts.append(translator.text("{number} retried", number=counts.retries))
        parts += [f"{call.action.call}{f' {call.region}' if call.region else ''}"]
        return one_line(f"{self.name or translator.word('reading')}: {' · '.join(parts)}")
