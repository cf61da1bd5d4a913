"""One API call, from the guard to the final answer: paced, retried, bounded in time, counted, recorded.

The SDK makes every call in every mode. Its own retries are off: they heed neither the deadline nor Ctrl-C.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeAlias, TypeVar

import tenacity

from .api_actions import ASSUME_ROLE, READ_LIST, Action
from .circuit_breaker import CircuitBreaker
from .counts import Counts, Observations
from .errors import ApiCall, CallFailed, FailureKind, UnusableCredentials, failure_of
from .exchange import Exchange
from .rate_limit import AdaptiveLimit, Limits
from .redact import misfit
from .responses import RESPONSES
from .threads import in_thread
from .transport import Transport, through

T = TypeVar("T")
Body: TypeAlias = "dict[str, Any]"
Validator: TypeAlias = Callable[[Body], "str | None"]
RecordExchange: TypeAlias = Callable[[ApiCall, Exchange], None]

_ATTEMPTS: Mapping[FailureKind, int] = {
    "throttled": 9,
    "server": 5,
    "transport": 5,
    "malformed": 5,
    "timeout": 4,
    "denied": 3,  # a spurious NoPermission has been seen to clear by itself
    "expired": 3,
}
_COUNTED_AS_DOWN: tuple[FailureKind, ...] = ("throttled", "server", "transport", "malformed", "timeout")


class NotOnReadList(Exception):  # noqa: N818
    """A bug of ours: an action that is not on the read list was asked for, and refused."""


class Sender(Protocol):
    """What makes a call through the SDK (`sdk.Clients`)."""

    def send(self, call: ApiCall, connect: float, read: float) -> Body:
        """Make the call in this thread; `connect` and `read` bound connecting and each read, in seconds."""

    @property
    def generation(self) -> int:
        """Which credentials are in use: counts their renewals."""

    def renew(self, generation: int) -> None:
        """Replace the credentials of that generation, where there are others. Raises as their provider does."""


class Caller:
    """Makes the calls of one account's sweep and keeps count.

    `replayed` answers are final and cost nothing: they are neither paced nor repeated. `recorder` is called with each
    call's final exchange, `progress` with each answered call. `allowed` are the actions that may be called.
    """

    def __init__(
        self,
        sender: Sender,
        transport: Transport,
        limits: Limits,
        *,
        replayed: bool = False,
        recorder: RecordExchange | None = None,
        progress: Callable[[ApiCall], None] | None = None,
        allowed: tuple[Action, ...] = READ_LIST,
    ) -> None:
        self.counts = Counts()
        self.observations = Observations()
        self._sender = sender
        self._transport = transport
        self._limits = limits
        self._replayed = replayed
        self._recorder = recorder
        self._progress = progress
        self._allowed = allowed
        self._breakers: dict[tuple[str, str | None], CircuitBreaker] = defaultdict(
            lambda: CircuitBreaker(limits.timing.patience)
        )
        self._denied: set[tuple[str, str | None]] = set()

    async def __call__(self, call: ApiCall, valid: Validator | None = None) -> Body:
        """The body of the answer, redacted.

        `valid` returns what is wrong with a body, None where it is valid. Raises `CallFailed` where bounded retries
        gave no valid answer, and (kind `absent`) where the service answers that the entity does not exist.
        """
        if call.action not in self._allowed:
            raise NotOnReadList(call.action.call)
        if not _is_text(call):
            raise self._record_failure(call.failed("malformed", "Malformed", "a name in the call is no text"))
        try:
            exchange = await self._repeated(call, valid)
        except CallFailed as failure:
            self._record_exchange(call, failure)
            raise self._record_failure(failure) from None
        self._answered(call, exchange)
        body: Body = exchange.parsed
        return body

    def incomplete_list(self, call: ApiCall, code: str, detail: str) -> CallFailed:
        """The failure of a call that was answered, and whose list is yet not whole. It is counted."""
        return self._record_failure(call.failed("incomplete", code, detail))

    def discard_failure(self, failure: CallFailed) -> None:
        """Do not count a failure: the same was read in another way."""
        with contextlib.suppress(ValueError):
            self.counts.failures.remove(failure)

    def _record_failure(self, failure: CallFailed) -> CallFailed:
        """Count a failure, and remember which actions were denied. Absence is an answer, not a failure."""
        if failure.kind != "absent":
            self.counts.failures.append(failure)
        if failure.kind == "denied":
            self._denied.add((failure.unreadable.call, failure.unreadable.region))
        return failure

    def _record_exchange(self, call: ApiCall, failure: CallFailed) -> None:
        """Record the answer to a call that failed, so that a replay fails in the same way.

        Denials and absences count as answered calls. A call without an answer leaves nothing to record.
        """
        exchange = failure.exchange
        if exchange is None:
            return
        if failure.kind in ("denied", "absent"):
            self._answered(call, exchange)
        elif self._recorder is not None and exchange.status is not None and exchange.error is None:
            self._recorder(call, exchange)

    def _answered(self, call: ApiCall, exchange: Exchange) -> None:
        self.counts.actions[call.action.call] += 1
        if self._recorder is not None:
            self._recorder(call, exchange)
        if self._progress is not None:
            self._progress(call)

    async def _repeated(self, call: ApiCall, valid: Validator | None) -> Exchange:
        if self._replayed:
            return _checked(call, self._send(call, self._exchange(call)), valid)
        timing = self._limits.timing
        attempts: Counter[FailureKind] = Counter()
        backoff = tenacity.wait_random_exponential(multiplier=timing.backoff, max=timing.longest_backoff)

        def should_give_up(state: tenacity.RetryCallState) -> bool:
            failure = _failure(state)
            attempts[failure.kind] += 1
            return (
                attempts[failure.kind] >= self._attempts(call, failure.kind)
                or state.upcoming_sleep >= self._limits.left
                or self._breakers[_circuit(call)].given_up is not None
            )

        def count(_: tenacity.RetryCallState) -> None:
            self.counts.retries += 1

        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(CallFailed),
            stop=should_give_up,
            wait=lambda state: _failure(state).wait + backoff(state),
            sleep=lambda seconds: self._in_time(call, asyncio.sleep(seconds)),
            before_sleep=count,
            reraise=True,
        )
        return await retrying(self._attempt, call, valid)

    def _attempts(self, call: ApiCall, kind: FailureKind) -> int:
        """How often to try; where an action was denied for good once, another denial is believed at once."""
        return 1 if kind == "denied" and _circuit(call) in self._denied else _ATTEMPTS.get(kind, 1)

    async def _attempt(self, call: ApiCall, valid: Validator | None) -> Exchange:
        began, generation = time.monotonic(), self._sender.generation
        limit, breaker = self._limits.adaptive(call.action), self._breakers[_circuit(call)]
        try:
            exchange = _checked(call, await self._in_time(call, self._paced(call, limit)), valid)
        except CallFailed as failure:
            timing = self._limits.timing
            if failure.kind == "throttled":
                limit.throttled(min(failure.wait or timing.pause, timing.longest_pause))
            if failure.kind in _COUNTED_AS_DOWN:
                breaker.failed(began, failure)
            if failure.kind == "expired":
                await self._renewed(generation)
            raise
        limit.succeeded()
        breaker.answered()
        return exchange

    async def _renewed(self, generation: int) -> None:
        """Renew the credentials where they can be renewed. The next attempt shows whether it helped."""
        with contextlib.suppress(UnusableCredentials, CallFailed):
            await in_thread(lambda: self._sender.renew(generation))

    async def _in_time(self, call: ApiCall, work: Awaitable[T]) -> T:
        """The result of `work`. Raises `CallFailed` where the deadline comes first."""
        try:
            return await asyncio.wait_for(work, self._limits.left)
        except (asyncio.TimeoutError, TimeoutError):
            raise call.failed("deadline", "Deadline", "the deadline of the sweep came first") from None

    async def _paced(self, call: ApiCall, limit: AdaptiveLimit) -> Exchange:
        async with self._limits.quota(call.action).place(), limit.passage():
            if former := self._breakers[_circuit(call)].given_up:
                raise call.failed("given-up", former.unreadable.code, former.unreadable.detail)
            exchange = self._exchange(call)
            work = in_thread(lambda: self._send(call, exchange), exchange.abandon)
            try:
                return await asyncio.wait_for(work, max(0.1, exchange.deadline - time.monotonic()))
            except (asyncio.TimeoutError, TimeoutError):
                raise call.failed("timeout", "Timeout", "the service did not answer in time") from None

    def _exchange(self, call: ApiCall) -> Exchange:
        latest = min(self._limits.deadline, time.monotonic() + self._limits.timing.answer)
        return Exchange(call.action.name, latest, secret=call.action is ASSUME_ROLE)

    def _send(self, call: ApiCall, exchange: Exchange) -> Exchange:
        timing, left = self._limits.timing, max(0.1, self._limits.left)
        with through(self._transport, exchange):
            try:
                exchange.parsed = self._sender.send(call, min(timing.connect, left), min(timing.read, left))
            except Exception:
                # The SDK raises on error answers, and the exchange has the answer itself.
                if exchange.request is None:
                    raise
        return exchange


def _is_text(call: ApiCall) -> bool:
    """Whether the parameters can be sent: half of a surrogate pair, which JSON can hold, is no text."""
    try:
        "".join(call.params.values()).encode()
    except UnicodeEncodeError:
        return False
    return True


def _circuit(call: ApiCall) -> tuple[str, str | None]:
    """What answers or fails together: an action, in its region."""
    return call.action.call, call.region


def _checked(call: ApiCall, exchange: Exchange, valid: Validator | None) -> Exchange:
    """The exchange where it is answered with success and a valid body. Raises `CallFailed` where it is not."""
    failure = failure_of(call, exchange)
    if failure is None:
        body = exchange.parsed
        complaint = _misfit(call, body) or (valid and valid(body))
        failure = call.failed("malformed", "Malformed", complaint) if complaint else None
    if failure is not None:
        failure.exchange = exchange
        raise failure
    return exchange


def _misfit(call: ApiCall, body: object) -> str | None:
    if not isinstance(body, dict):
        return "the answer is not a JSON object"
    return None if call.action is ASSUME_ROLE else misfit(body, RESPONSES[call.action.name])


def _failure(state: tenacity.RetryCallState) -> CallFailed:
    failure = state.outcome.exception() if state.outcome is not None else None
    assert isinstance(failure, CallFailed)  # noqa: S101 - nothing else is retried
    return failure
