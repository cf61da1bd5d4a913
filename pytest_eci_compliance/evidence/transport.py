"""The seam between the SDK and the network.

The SDK keeps one `requests.Session` per host in a class-level table and mounts the adapter that
`DaraCore.get_adapter` returns. For the length of a sweep that adapter is ours: a call made inside
`through(transport)` goes to that transport (live or replay), any other call goes where it would have gone.
Nothing else of the process is patched, so threads are safe and other tests keep their network.
"""

from __future__ import annotations

import json
import logging
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import DEFAULT_POOLSIZE, BaseAdapter, HTTPAdapter
from requests.utils import should_bypass_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ..hosts import is_loopback
from ..unique_json import loads
from .errors import RequestRefused
from .exchange import Exchange
from .responses import redact

_MOST_BYTES = 32 * 1024 * 1024  # of a body; the largest page seen is under 2 MiB
_SDK_LOGGERS = ("darabonba-core", "alibabacloud-tea", "credentials")
_HTTP_LOGGERS = (
    "urllib3", "urllib3.connection", "urllib3.connectionpool", "urllib3.poolmanager", "urllib3.response",
    "urllib3.util.retry", "requests",
)  # fmt: skip


class Transport(Protocol):
    """Where the requests of the SDK end: in the network, or in a recording."""

    def send(self, real: HTTPAdapter, exchange: Exchange, **options: Any) -> requests.Response: ...


@dataclass(frozen=True)
class _Passage:
    transport: Transport
    exchange: Exchange


_passage: ContextVar[_Passage | None] = ContextVar("eci_compliance_passage", default=None)


class _Watched:
    """A connection that tells its exchange which socket it waits on."""

    sock: socket.socket | None

    def getresponse(self) -> Any:
        if passage := _passage.get():
            passage.exchange.socket = self.sock
        return super().getresponse()  # type: ignore[misc]


class _Connection(_Watched, HTTPConnection):
    pass


class _TlsConnection(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(BaseAdapter):
    def __init__(self, real: HTTPAdapter) -> None:
        super().__init__()
        self._real = real
        real.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        passage = _passage.get()
        if passage is None:
            return self._real.send(request, **options)
        exchange = passage.exchange
        exchange.request = request
        try:
            response = passage.transport.send(self._real, exchange, **options)
        except Exception as error:
            exchange.error = error
            raise
        exchange.status, exchange.body = response.status_code, response.content
        return response

    def close(self) -> None:
        self._real.close()


def _adapters(original: Callable[..., HTTPAdapter]) -> Callable[..., _Adapter]:
    """What makes the adapter of each host: as the SDK does, but one TLS context for all, and none for http."""
    secure: list[HTTPAdapter] = []

    def adapter(prefix: str, tls_min_version: str | None = None, pool_size: int | None = None) -> _Adapter:
        connections = pool_size or DEFAULT_POOLSIZE
        if prefix.lower() == "http":
            return _Adapter(HTTPAdapter(pool_maxsize=connections))
        if secure:
            first: Any = secure[0]
            return _Adapter(type(first)(ssl_context=first.ssl_context, pool_maxsize=connections))
        secure.append(original(prefix, tls_min_version, pool_size))
        return _Adapter(secure[0])

    return adapter


@contextmanager
def through(transport: Transport, exchange: Exchange) -> Iterator[None]:
    """Send what the SDK sends in this thread through `transport`, and keep it in `exchange`."""
    token = _passage.set(_Passage(transport, exchange))
    try:
        yield
    finally:
        _passage.reset(token)


@contextmanager
def seam() -> Iterator[None]:
    """Stand between the SDK and the network for as long as the context lasts.

    The SDK's loggers are silenced meanwhile: with `DEBUG=sdk` they print every header, Authorization included.
    So are those of HTTP: the SDK's credential providers put signatures into the address.
    Its deprecation warnings (naive UTC in signatures) are not the user's, and are not shown.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from darabonba.core import DaraCore  # noqa: PLC0415 - the SDK is imported only when it is used

        original, sessions = DaraCore.get_adapter, DaraCore._sessions
        loggers = [logging.getLogger(name) for name in (*_SDK_LOGGERS, *_HTTP_LOGGERS)]
        before = [logger.disabled for logger in loggers]
        DaraCore.get_adapter = staticmethod(_adapters(original))
        DaraCore._sessions = {}
        try:
            for logger in loggers:
                logger.disabled = True
            yield
        finally:
            for session in DaraCore._sessions.values():
                session.close()
            DaraCore.get_adapter, DaraCore._sessions = staticmethod(original), sessions
            for logger, disabled in zip(loggers, before, strict=True):
                logger.disabled = disabled


class Live:
    """The network: TLS verified, no redirects, bodies read under a deadline and redacted before anyone sees them."""

    def send(self, real: HTTPAdapter, exchange: Exchange, **options: Any) -> requests.Response:
        """Send a request to the network."""
        request = exchange.request
        assert request is not None  # noqa: S101 - set by the adapter
        url = request.url or ""
        parts = urlsplit(url)
        here = is_loopback(parts.hostname)
        if parts.scheme != "https" and not here:
            raise RequestRefused("http is for this machine only; elsewhere endpoints need https")
        if here or should_bypass_proxies(url, no_proxy=None):
            options["proxies"] = {}  # the SDK does not honour NO_PROXY
        response = real.send(request, **{**options, "stream": True, "verify": True})
        if response.is_redirect:
            response.close()
            raise RequestRefused("the endpoint answered with a redirect, which is not followed")
        body = _read(response, exchange.deadline)
        exchange.retry_after = _retry_after(response)
        return answer(
            request, response.status_code, body if exchange.secret else clean(exchange, response, body)
        )


def _read(response: requests.Response, deadline: float) -> bytes:
    """The whole body, or an error: never longer than the deadline, never cut short."""
    parts: list[bytes] = []
    size = 0
    try:
        while part := response.raw.read1(65536, decode_content=True):
            parts.append(part)
            size += len(part)
            if time.monotonic() > deadline:
                raise requests.ReadTimeout("the body did not arrive in time")
            if size > _MOST_BYTES:
                raise requests.ConnectionError("the body is larger than any page can be")
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.ReadTimeout("the body did not arrive in time") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise requests.ConnectionError("the body was cut short") from error
    finally:
        response.close()
    return b"".join(parts)


def _retry_after(response: requests.Response) -> float | None:
    """The service's own wait, in seconds: `x-acs-retry-after` is in milliseconds."""
    text = response.headers.get("x-acs-retry-after", "")
    return int(text) / 1000 if text.isascii() and text.isdigit() else None


def clean(exchange: Exchange, response: requests.Response, body: bytes) -> bytes:
    """The body redacted. What is not JSON, or has a duplicate key, is dropped whole: it may hold anything."""
    try:
        value = loads(body)
    except (ValueError, RecursionError):
        return b""
    return json.dumps(redact(exchange.action, response.status_code, value)).encode()


def answer(request: requests.PreparedRequest, status: int, body: bytes) -> requests.Response:
    """A response with only what the SDK needs: status and body."""
    response = requests.Response()
    response.request, response.status_code, response.url = request, status, request.url or ""
    response.headers["content-type"] = "application/json"
    response._content = body
    return response
