"""One request and its answer, seen from below the SDK."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests


@dataclass
class Exchange:
    """One request and its answer, or the error in its place.

    `deadline` is a time of `time.monotonic()`; `retry_after` is in seconds. A `secret` exchange (AssumeRole) is
    neither redacted nor recorded. `parsed` is the body as the SDK returned it. `socket` is the connection that the
    answer is awaited on.
    """

    action: str
    deadline: float
    secret: bool = False
    request: requests.PreparedRequest | None = field(default=None, repr=False)
    status: int | None = None
    body: bytes | None = field(default=None, repr=False)
    retry_after: float | None = None
    error: Exception | None = None
    parsed: Any = field(default=None, repr=False)
    socket: socket.socket | None = field(default=None, repr=False)

    def abandon(self) -> None:
        """Close the connection, which ends the thread that waits for the answer."""
        if self.socket is not None:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)
