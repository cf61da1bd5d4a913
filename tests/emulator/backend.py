"""The state behind the port: accounts, settings, and the log of what was asked."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from .account import Account, Credential
from .errors import ApiError
from .faults import Faults
from .readings import Readings, Simplest
from .world import Quirks, World

Churn = Callable[["Backend", int, "Call"], None]
"""Called before each request is answered, with the number of the request (from 1): an account that moves."""


@dataclass
class Call:
    """One request, as it was and as it ended. `status` is 0 where no answer was given."""

    time: float
    service: str
    action: str
    version: str
    params: Mapping[str, str]
    access_key_id: str = ""
    status: int = 0
    code: str = ""
    fault: str = ""
    in_flight: int = 0
    seconds: float = 0.0
    retry: int = 0

    @property
    def id(self) -> str:
        return f"{self.service}:{self.action}"

    @property
    def region(self) -> str:
        return self.params.get("RegionId", "")


@dataclass
class RateLimit:
    """A token bucket for the calls that fit `action`, a glob of `service:Action`: `rate` calls a second,
    `burst` at once (default: what a second brings). Beyond it: Throttling.User."""

    rate: float
    burst: float = 0.0
    retry_after: int | None = None
    action: str = "*"
    _tokens: float = field(default=-1.0, repr=False)
    _filled: float = field(default=0.0, repr=False)

    def take(self) -> bool:
        now, size = time.monotonic(), self.burst or max(1.0, self.rate)
        if self._tokens < 0:
            self._tokens, self._filled = size, now
        self._tokens = min(size, self._tokens + (now - self._filled) * self.rate)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass
class Backend:
    """The state behind the port: the accounts, the settings, and the log of what was asked.

    `latency` is in seconds, `jitter` a share of it (0.5: between half and one and a half of it).
    `readings` makes the accounts writable: writing calls are executed, and these readings of the documents count.
    Without it a writing call is refused, and remembered in `violations`.
    """

    accounts: tuple[Account, ...] = ()
    latency: float = 0.0
    jitter: float = 0.0
    limits: tuple[RateLimit, ...] = ()
    quirks: Quirks = field(default_factory=Quirks)
    churn: tuple[Churn, ...] = ()
    check_nonces: bool = True
    readings: Readings | None = None
    faults: Faults = field(default_factory=Faults)
    calls: list[Call] = field(default_factory=list)
    violations: list[Call] = field(default_factory=list)
    worlds: dict[str, World] = field(default_factory=dict)
    in_flight: int = 0
    _nonces: set[str] = field(default_factory=set)
    _random: random.Random = field(default_factory=lambda: random.Random(1))

    def __post_init__(self) -> None:
        self.serve_accounts(self.accounts)

    def serve_accounts(self, accounts: tuple[Account, ...]) -> None:
        """Serve these from now on; who has assumed a role stays in it."""
        sessions = {account_id: world.sessions for account_id, world in self.worlds.items()}
        self.accounts = accounts
        readings = self.readings or Simplest()
        self.worlds = {
            account.account_id: World(account, sessions.get(account.account_id, {}), readings)
            for account in accounts
        }

    def reset(self) -> None:
        """Forget calls, violations, faults and sessions; the accounts are again as declared."""
        self.calls, self.violations = [], []
        self.faults.clear()
        self._nonces.clear()
        self.worlds.clear()
        self.serve_accounts(self.accounts)

    def find(self, access_key_id: str) -> tuple[World, Credential] | None:
        for world in self.worlds.values():
            credential = world.credential(access_key_id)
            if credential:
                return world, credential
        return None

    def pause(self) -> float:
        return self.latency * (1 + self.jitter * self._random.uniform(-1, 1))

    def throttle(self, action_id: str) -> RateLimit | None:
        """The limit that this call runs into, if any."""
        fitting = (limit for limit in self.limits if fnmatchcase(action_id, limit.action))
        return next((limit for limit in fitting if not limit.take()), None)

    def use_nonce(self, nonce: str) -> None:
        if self.check_nonces and nonce in self._nonces:
            raise ApiError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
        self._nonces.add(nonce)
