"""How fast calls are made, and how long they may take: quotas that are never exceeded, concurrency that adapts.

Production shares the account's quotas, so the default is half of what is published; bursts stay within the
published window.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from .api_actions import Action


@dataclass(frozen=True)
class Timing:
    """How long is waited for what, in seconds."""

    connect: float = 5.0  # for a connection
    read: float = 10.0  # for the next byte
    answer: float = 45.0  # from the request to the last byte of its answer
    backoff: float = 0.25  # before the second attempt, at most; doubled before each further one
    longest_backoff: float = 6.0
    pause: float = 0.25  # that an action is left alone after it was throttled
    longest_pause: float = 10.0  # the same, where the service asks for more
    patience: float = 30.0  # without one answer of an action, before it is given up


USUAL = Timing()


class Quota:
    """At most `calls` calls in any `seconds`, measured where they arrive.

    A place is taken when a call starts and is free again `seconds` after it has ended: whatever the network
    does to a call in between, the service never sees more.
    """

    def __init__(self, calls: int, seconds: float) -> None:
        self._seconds = seconds
        self._places = asyncio.Semaphore(max(1, calls))

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """One call's place in the window."""
        await self._places.acquire()
        loop = asyncio.get_running_loop()
        try:
            yield
        finally:
            if not loop.is_closed():  # after Ctrl-C nobody waits
                loop.call_later(self._seconds, self._places.release)


class AdaptiveLimit:
    """How many calls may be in flight: additive increase, multiplicative decrease (AIMD), as in TCP.

    The limit starts at `start` and never exceeds `most`. Until the service throttles for the first time, each answer
    raises it by one (slow start); later, by one over the limit. Each throttling halves it. A throttled service is
    also left alone for a moment, so that one refusal is not followed by a dozen.
    """

    def __init__(self, start: int = 4, most: int = 24) -> None:
        self._places = asyncio.Semaphore(start)
        self._limit = float(start)
        self._most = most
        self._owed = 0  # places to be taken away when they are next taken, or given back
        self._growing_fast = True
        self._closed_until = 0.0

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """One call's place in flight."""
        await self._places.acquire()
        loop = asyncio.get_running_loop()
        while self._owed:
            self._owed -= 1
            await self._places.acquire()
        try:
            while (pause := self._closed_until - time.monotonic()) > 0:  # noqa: ASYNC110 - it is a time
                await asyncio.sleep(pause)
            yield
        finally:
            if not loop.is_closed():
                self._give_back()

    def _give_back(self) -> None:
        if self._owed:
            self._owed -= 1
        else:
            self._places.release()

    def succeeded(self) -> None:
        """Answered: raise the limit by one, or by one over the limit once the service has throttled."""
        step = 1.0 if self._growing_fast else 1.0 / self._limit
        before, self._limit = int(self._limit), min(float(self._most), self._limit + step)
        for _ in range(int(self._limit) - before):
            self._give_back()

    def throttled(self, pause: float) -> None:
        """Throttled: halve the limit, once per pause, and make no call for `pause` seconds."""
        now = time.monotonic()
        if now >= self._closed_until:
            self._growing_fast = False
            before, self._limit = int(self._limit), max(1.0, self._limit / 2)
            self._owed += before - int(self._limit)
        self._closed_until = max(self._closed_until, now + pause)


@dataclass
class Limits:
    """How long and how fast: `deadline` on `time.monotonic()`'s clock, `rate` in calls per second by service."""

    deadline: float
    rate: Mapping[str, float] = field(default_factory=dict)
    timing: Timing = USUAL
    _quotas: dict[str, Quota] = field(default_factory=dict)
    _adaptive: dict[str, AdaptiveLimit] = field(default_factory=lambda: defaultdict(AdaptiveLimit))

    @property
    def left(self) -> float:
        """The seconds until the deadline, never negative."""
        return max(0.0, self.deadline - time.monotonic())

    def adaptive(self, action: Action) -> AdaptiveLimit:
        """How many calls of the action may be in flight."""
        return self._adaptive[action.call]

    def quota(self, action: Action) -> Quota:
        """Half of the published quota of the action, or the configured rate of its service as a whole."""
        rate = self.rate.get(action.service)
        name = action.call if rate is None else action.service
        if name not in self._quotas:
            calls, seconds = action.quota
            self._quotas[name] = Quota(calls // 2, seconds) if rate is None else _quota_of(rate)
        return self._quotas[name]


def _quota_of(rate: float) -> Quota:
    """`rate` calls a second; a rate below one is one call in 1/rate seconds."""
    return Quota(int(rate), int(rate) / rate) if rate >= 1 else Quota(1, 1 / rate)
