"""When to stop calling an action that does not answer."""

from __future__ import annotations

import time

from .errors import CallFailed


class CircuitBreaker:
    """A circuit breaker: it opens for an action that has not answered for `patience` seconds.

    Without it, every call of an action that is down would use up all its attempts until the deadline.
    """

    _ATTEMPTS = 5  # failed attempts, at least, before it opens

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: float | None = None
        self._failures: list[CallFailed] = []

    def failed(self, began: float, failure: CallFailed) -> None:
        """Count a failed attempt. `began` is when it was made, on `time.monotonic()`'s clock."""
        self._since = began if self._since is None else self._since
        self._failures.append(failure)

    def answered(self) -> None:
        """Close the circuit: the action answers."""
        self._since = None
        self._failures.clear()

    @property
    def given_up(self) -> CallFailed | None:
        """The last failure where the circuit is open, None where it is closed."""
        if self._since is None or len(self._failures) < self._ATTEMPTS:
            return None
        return self._failures[-1] if time.monotonic() - self._since > self._patience else None
