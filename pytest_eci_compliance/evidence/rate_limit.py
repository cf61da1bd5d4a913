"""How fast we may call, and how long we wait: quotas that are never exceeded, concurrency that adapts.

Production shares the account's quotas, so the default is half of what is published; bursts stay within the
published window.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """How long we wait for what, in seconds."""

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
    """How many calls may be in flight: starts modest, grows with success, halves when throttled.

    A throttled service is also left alone for a moment, so that one refusal is not followed by a dozen.
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
        """A call was answered: one place more, or a share of one after the service has once refused."""
        step = 1.0 if self._growing_fast else 1.0 / self._limit
        before, self._limit = int(self._limit), min(float(self._most), self._limit + step)
        for _ in range(int(self._limit) - before):
            self._give_back()

    def throttled(self, pause: float) -> None:
        """The service refused: halve, once per pause, and wait `pause` seconds before the next call."""
        now = time.monotonic()
        if now >= self._closed_until:
            self._growing_fast = False
            before, self._limit = int(self._limit), max(1.0, self._limit / 2)
            self._owed += before - int(self._limit)
        self._closed_until = max(self._closed_until, now + pause)
