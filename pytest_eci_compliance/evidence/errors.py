"""Why a call did not give what was asked for: from what the network showed to an `Unreadable`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import requests

from ..inventory.facts import Unreadable

if TYPE_CHECKING:
    from .api_actions import Action
    from .exchange import Exchange

FailureKind: TypeAlias = Literal[
    "denied", "absent", "credentials", "expired", "throttled", "server", "transport", "timeout", "malformed",
    "incomplete", "deadline", "not-recorded", "refused", "hopeless",
]  # fmt: skip

_THROTTLED = ("Throttling", "FlowControl", "ServiceUnavailable.Throttl")
_EXPIRED = ("InvalidSecurityToken.Expired", "SecurityTokenExpired", "InvalidSecurityToken.Mismatch")
_CREDENTIALS = (
    "InvalidAccessKeyId", "InvalidSecurityToken", "MissingSecurityToken", "SignatureDoesNotMatch",
    "IncompleteSignature",
)  # fmt: skip
_ABSENT = ("EntityNotExist", "EntityNotExists")
_DENIED = ("NoPermission", "Forbidden", "Unauthorized", "AccessDenied", "NotAuthorized")
_OF_THE_ACCOUNT = (
    "Account.", "ServiceNotEnabled", "Forbidden.UserBussinessStatus", "Forbidden.UserNotRealNameAuthentication",
)  # fmt: skip
_FINE = ("", "200", "OK", "Success")  # what a `Code` says where nothing is wrong


@dataclass(frozen=True)
class Call:
    """An API call: its action, parameters, and what it is for (`region`, `subject`), for messages."""

    action: Action
    params: Mapping[str, str]
    region: str | None = None
    subject: str | None = None

    def failed(self, kind: FailureKind, code: str, detail: str = "", wait: float = 0.0) -> CallFailed:
        permission = self.action.permission if kind == "denied" else None
        unreadable = Unreadable(self.action.call, code, permission, self.region, self.subject, detail)
        return CallFailed(unreadable, kind, wait)


class CallFailed(Exception):  # noqa: N818 - it reads as the sentence it is
    """A call that failed. `kind` says how, `unreadable` says it for people, `wait` is the service's own (s)."""

    def __init__(self, unreadable: Unreadable, kind: FailureKind, wait: float = 0.0) -> None:
        super().__init__(f"{unreadable.call}: {unreadable.code}")
        self.unreadable, self.kind, self.wait = unreadable, kind, wait
        self.exchange: Exchange | None = None


class NotRecorded(requests.RequestException):
    """The recording has no answer (left) for this request."""


class Refused(requests.RequestException):
    """What we do not do: the text says what it was."""


class UnusableCredentials(Exception):  # noqa: N818
    """No credentials could be found, or the service does not accept them. The text says what to do."""


def failure_of(call: Call, exchange: Exchange) -> CallFailed | None:
    """What is wrong with what the network showed of a call, or None if it was answered with success."""
    if exchange.error is not None:
        return _of_error(call, exchange.error)
    if exchange.status is None or (exchange.status == 200 and not _is_error(exchange.parsed)):
        return None
    return _of_status(call, exchange, exchange.status)


def _is_error(body: object) -> bool:
    """Whether a body says that the call failed, whatever its status is."""
    if not isinstance(body, dict):
        return False
    code = body.get("Code")
    return body.get("Success") is False or (isinstance(code, str) and code not in _FINE)


def _of_error(call: Call, error: Exception) -> CallFailed:
    if isinstance(error, NotRecorded):
        return call.failed("not-recorded", "NotRecorded", "the recording has no answer for this call")
    if isinstance(error, Refused):
        return call.failed("refused", "Refused", str(error))
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return call.failed("refused", "Tls", "the server's TLS certificate could not be verified")
    if isinstance(error, requests.Timeout):
        return call.failed("timeout", "Timeout", "the service did not answer in time")
    return call.failed("transport", "Connection", f"the connection failed ({type(error).__name__})")


def _of_status(call: Call, exchange: Exchange, status: int) -> CallFailed:
    body = error_body(exchange)
    code = _code_in(body) or f"Http{status}"
    said = f"the service answered {status}"
    if status == 429 or code.startswith(_THROTTLED) or exchange.retry_after is not None:
        return call.failed("throttled", code, said, exchange.retry_after or 0.0)
    if code.startswith(_EXPIRED):
        return call.failed("expired", code, said)
    if code.startswith(_CREDENTIALS):
        return call.failed("credentials", code, said)
    if code.startswith(_ABSENT) and call.action.absence_is_an_answer:
        return call.failed("absent", code, said)
    if status >= 500:
        return call.failed("server", code, said)
    stated = _code_in(body) is not None and not code.startswith(_OF_THE_ACCOUNT)
    if stated and (status == 403 or code.startswith(_DENIED)):
        return _denied(call, code, body)
    if _code_in(body) is None:
        return call.failed("malformed", code, said)
    return call.failed("refused" if status >= 400 else "server", code, said)


def _code_in(body: Mapping[str, Any]) -> str | None:
    code = body.get("Code")
    return code if isinstance(code, str) and code else None


def _denied(call: Call, code: str, body: Mapping[str, Any]) -> CallFailed:
    """A denial names the permission that the service itself asks for, where it says so."""
    failed = call.failed("denied", code, "the service denied the call")
    detail = body.get("AccessDeniedDetail")
    asked = detail.get("AuthAction") if isinstance(detail, dict) else None
    if isinstance(asked, str) and asked and ":" in asked and asked.isascii() and asked.isprintable():
        one = failed.unreadable
        failed.unreadable = Unreadable(one.call, one.code, asked, one.region, one.subject, one.detail)
    return failed


def error_body(exchange: Exchange) -> Mapping[str, Any]:
    """The error body of an exchange, empty where it is not an object."""
    try:
        body = json.loads(exchange.body or b"")
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
