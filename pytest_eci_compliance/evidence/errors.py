"""Why a call failed: from what the network showed to an `Unreadable`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import requests

from ..inventory.facts import Unreadable

if TYPE_CHECKING:
    from .api_actions import Action
    from .exchange import Exchange

FailureKind: TypeAlias = Literal[
    "denied", "absent", "credentials", "expired", "throttled", "server", "transport", "timeout", "malformed",
    "incomplete", "deadline", "not-recorded", "refused", "given-up",
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
_FINE = ("", "200", "OK", "Success")  # values of `Code` in answers with success


@dataclass(frozen=True)
class Call:
    """An API call: its action, parameters, and what it is for (`region`, `subject`), for messages."""

    action: Action
    params: Mapping[str, str]
    region: str | None = None
    subject: str | None = None

    def failed(self, kind: FailureKind, code: str, detail: str = "", wait: float = 0.0) -> CallFailed:
        """The failure of this call. `wait` is how long the service asks to wait, in seconds."""
        permission = self.action.permission if kind == "denied" else None
        unreadable = Unreadable(self.action.call, code, permission, self.region, self.subject, detail)
        return CallFailed(unreadable, kind, wait)


class CallFailed(Exception):  # noqa: N818 - it reads as the sentence it is
    """A call that failed.

    `kind` decides what is done about it, `unreadable` is the value in the inventory, `wait` is how long the service
    asks to wait, in seconds. `exchange` is the answer, where there was one.
    """

    def __init__(self, unreadable: Unreadable, kind: FailureKind, wait: float = 0.0) -> None:
        super().__init__(f"{unreadable.call}: {unreadable.code}")
        self.unreadable, self.kind, self.wait = unreadable, kind, wait
        self.exchange: Exchange | None = None


class NotRecorded(requests.RequestException):
    """The recording has no answer (left) for this request."""


class Refused(requests.RequestException):
    """A request that is refused before it is sent, or whose server cannot be trusted. The text says why."""


class UnusableCredentials(Exception):  # noqa: N818
    """No credentials could be found, or the service does not accept them. The text says what to do."""


def failure_of(call: Call, exchange: Exchange) -> CallFailed | None:
    """The failure that an exchange shows, None where the call was answered with success."""
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
    answer = f"the service answered {status}"
    if status == 429 or code.startswith(_THROTTLED) or exchange.retry_after is not None:
        return call.failed("throttled", code, answer, exchange.retry_after or 0.0)
    if code.startswith(_EXPIRED):
        return call.failed("expired", code, answer)
    if code.startswith(_CREDENTIALS):
        return call.failed("credentials", code, answer)
    if code.startswith(_ABSENT) and call.action.absence_is_an_answer:
        return call.failed("absent", code, answer)
    if status >= 500:
        return call.failed("server", code, answer)
    stated = _code_in(body) is not None and not code.startswith(_OF_THE_ACCOUNT)
    if stated and (status == 403 or code.startswith(_DENIED)):
        return _denied(call, code, body)
    if _code_in(body) is None:
        return call.failed("malformed", code, answer)
    return call.failed("refused" if status >= 400 else "server", code, answer)


def _code_in(body: Mapping[str, Any]) -> str | None:
    code = body.get("Code")
    return code if isinstance(code, str) and code else None


def _denied(call: Call, code: str, body: Mapping[str, Any]) -> CallFailed:
    """A denial, with the permission that the service itself asks for where the answer names it."""
    failed = call.failed("denied", code, "the service denied the call")
    detail = body.get("AccessDeniedDetail")
    permission = detail.get("AuthAction") if isinstance(detail, dict) else None
    if (
        isinstance(permission, str)
        and ":" in permission
        and permission.isascii()
        and permission.isprintable()
    ):
        failed.unreadable = replace(failed.unreadable, permission=permission)
    return failed


def error_body(exchange: Exchange) -> Mapping[str, Any]:
    """The error body of an exchange, empty where it is not an object."""
    try:
        body = json.loads(exchange.body or b"")
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
