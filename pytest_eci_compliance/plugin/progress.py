"""What people see while the accounts are read: on a terminal only, and nothing of it stays."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..messages import one_line, pluralize

if TYPE_CHECKING:
    import pytest
    from rich.progress import TaskID

    from ..audit import Progress
    from ..evidence.caller import Counts
    from ..evidence.errors import Call


def progress(config: pytest.Config) -> AbstractContextManager[Progress | None]:
    """Show how far the reading is, unless -q asks for silence."""
    return shown(quiet=config.get_verbosity() < 0)


@contextmanager
def shown(*, quiet: bool = False) -> Iterator[Progress | None]:
    """Show how far the reading of each account is, on one line each that vanishes at the end.

    Gives what is to be called once per answered call, from one thread; None where nobody looks.
    """
    if quiet or not _somebody_looks():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.progress import Progress as Bars  # noqa: PLC0415
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415

    words = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1))
    bars = Bars(
        SpinnerColumn(),
        TimeElapsedColumn(),
        words,
        console=Console(stderr=True),
        transient=True,
        expand=True,
    )
    tasks: dict[str, TaskID] = {}
    accounts: dict[str, _Account] = {}

    def show(name: str, call: Call, counts: Counts) -> None:
        account = accounts.setdefault(name, _Account(name))
        account.note(call)
        if name not in tasks:
            tasks[name] = bars.add_task("", total=None)
        bars.update(tasks[name], description=account.told(call, counts))

    with bars:
        yield show


def _somebody_looks() -> bool:
    """A log is no terminal, whatever it says of itself."""
    return sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"


@dataclass
class _Account:
    """How far the reading of one account is."""

    name: str
    services: Counter[str] = field(default_factory=Counter)
    regions: set[str] = field(default_factory=set)

    def note(self, call: Call) -> None:
        self.services[call.action.service] += 1
        if call.region:
            self.regions.add(call.region)

    def told(self, call: Call, counts: Counts) -> str:
        """Services, regions, pages, retries, and the call that was answered last."""
        parts = [" ".join(f"{service} {count}" for service, count in sorted(self.services.items()))]
        parts += [pluralize(len(self.regions), "region")] if self.regions else []
        parts += [pluralize(counts.pages, "page")]
        parts += [f"{counts.retries} retried"] if counts.retries else []
        parts += [f"{call.action.call}{f' {call.region}' if call.region else ''}"]
        return one_line(f"{self.name or 'reading'}: {' · '.join(parts)}")
