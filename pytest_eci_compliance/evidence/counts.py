"""What a sweep counts: calls, failures, and what the answers say of assumptions about the cloud."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..inventory.facts import Observed
from .errors import CallFailed


@dataclass
class Counts:
    """What was done: `actions` counts answered calls by `service:Action`, `retries` the repeated attempts."""

    actions: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    retries: int = 0
    failures: list[CallFailed] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """The number of answered calls."""
        return sum(self.actions.values())


@dataclass
class Observations:
    """Counts, by the id of an assumption, how often answers agreed with it and how often they did not."""

    _counts: Counter[tuple[str, bool]] = field(default_factory=Counter)

    def note(self, assumption: str, held: bool) -> None:
        """Count one observation."""
        self._counts[assumption, held] += 1

    def totals(self) -> dict[str, Observed]:
        """The observations by the id of the assumption."""
        ids = sorted({assumption for assumption, _ in self._counts})
        return {id_: Observed(self._counts[id_, True], self._counts[id_, False]) for id_ in ids}
