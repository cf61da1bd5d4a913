"""How much work judging may take, so that no policy, however it is written, can stop an audit.

Work is counted in conditions and patterns that are looked at, and not in seconds: the same evidence gives the same
verdicts on every machine. Each row may use a fixed amount; what it needs beyond that it takes from a pool that all
rows share. Time counts only as the last resort: after the account's `deadline` no further question is judged.
"""

from __future__ import annotations

import time
from collections.abc import Callable

ROW = 200
"""Units of work that every row may use (some milliseconds)."""
MOST_OF_A_ROW = 50_000
"""Units of work that one row may use at most (some tenths of a second)."""
POOL = 2_500_000
"""Units of work that all rows together may use beyond `ROW` (some twenty-five seconds)."""
_CHECK = 4096
"""Units of work between two looks at the clock."""
STEPS = 16
"""Steps of a comparison of patterns that are one unit of work."""

TOO_MUCH = "too many combinations of tags, callers, resources and groups to try: narrow the policy"
TOO_LATE = (
    "judging took longer than `deadline`: narrow the policies, or raise `deadline` in the configuration"
)


class OutOfBudget(Exception):  # noqa: N818 - says what is the matter
    """A decision needs more work than judging may take; its text says what can be done."""


class Budget:
    """The work that is left, for the row that is being judged and for all rows.

    Where nobody starts rows, each decision is a row of its own. `deadline` is a time of `clock`, in seconds.
    """

    def __init__(
        self,
        row: int = ROW,
        most: int = MOST_OF_A_ROW,
        pool: int = POOL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._row, self._most, self._pool, self._clock = row, most, pool, clock
        self._used = self._since_check = 0
        self._by_row = False
        self.deadline: float | None = None

    def start_row(self) -> None:
        """What follows is for another row."""
        self._by_row = True
        self._close()

    def start_decision(self) -> None:
        """What follows is another decision: of the row, where rows are started, else of its own."""
        if not self._by_row:
            self._close()
        self.look_at_the_clock()

    def look_at_the_clock(self) -> None:
        """Raises `OutOfBudget` where the deadline has passed."""
        self._since_check = 0
        if self.is_too_late:
            raise OutOfBudget(TOO_LATE)

    @property
    def is_too_late(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline is not None and self._clock() > self.deadline

    def spend(self, work: int) -> None:
        """Use some of the budget. Raises `OutOfBudget` where that is more than is left, or where it is too late."""
        self._used += work
        if self._used > self._limit:
            raise OutOfBudget(TOO_MUCH)
        self._since_check += work
        if self._since_check >= _CHECK:
            self.look_at_the_clock()

    def affords(self, work: int) -> bool:
        """Whether the row may still use that much."""
        return self._used + work <= self._limit

    @property
    def _limit(self) -> int:
        return min(self._row + self._pool, self._most)

    def _close(self) -> None:
        self._pool -= max(0, min(self._used, self._most) - self._row)
        self._pool = max(0, self._pool)
        self._used = 0
