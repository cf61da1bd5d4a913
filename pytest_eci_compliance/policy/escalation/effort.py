"""How much work one account's escalation may take: what it does not afford is undecidable, and says so.

Work is counted in steps and decisions that are looked at (some ten microseconds each), and not in seconds: the same
evidence gives the same verdicts on every machine. Time counts as the last resort, as in `policy/budget.py`.
"""

from __future__ import annotations

from ..budget import TOO_LATE, Budget, OutOfBudget
from .model import Identity

ENOUGH = 500
"""Units of work that every identity may use (some milliseconds)."""
MOST = 700_000
"""Units of work that one identity may use at most (some seconds)."""
POOL = 1_500_000
"""Units of work that all identities together may use beyond `ENOUGH` (some ten seconds)."""
EACH = 2_000
"""Units of work by which each identity of the account enlarges the pool: large accounts take longer, in proportion."""
_CHECK = 4096

TOO_MUCH = (
    "there are more escalation steps to follow than judging may: detach the policies that let many identities change"
    " others, or narrow them"
)


class Effort:
    """The work that is left. `access` is the budget of the account's decisions: its deadline holds here too."""

    def __init__(self, access: Budget, enough: int = ENOUGH, most: int = MOST, pool: int = POOL) -> None:
        self.used = 0
        """Units of work that were used so far: the measure of how work grows with the account."""
        self._access = access
        self._budget = Budget(enough, most, pool)
        self._since_check = 0
        self._is_too_late = False
        self._identity: Identity | None = None

    def start(self, identity: Identity) -> None:
        """What follows is for an identity."""
        if identity != self._identity:
            self._identity = identity
            self._budget.start_row()
            self._look_at_the_clock()

    def spend(self, work: int = 1) -> None:
        """Use some of the work. Raises `OutOfBudget`, whose text says why."""
        self.used += work
        try:
            self._budget.spend(work)
        except OutOfBudget:
            raise OutOfBudget(TOO_MUCH) from None
        self._since_check += work
        if self._since_check >= _CHECK:
            self._look_at_the_clock()
        if self._is_too_late:
            raise OutOfBudget(TOO_LATE)

    def _look_at_the_clock(self) -> None:
        """Once the deadline has passed, nothing is followed any more: for no identity."""
        self._since_check = 0
        self._is_too_late = self._is_too_late or self._access.is_too_late
