"""Why a call failed: from what the network showed to an `Unreadable`."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import urlsplit

import requests
import urllib3

from ..inventory.facts import Unreadable
from . import regions

if TYPE_CHECKING:
    from .api_actions import Action
    from .exchange import Exchange

FailureKind: TypeAlias = Literal[
    "denied", "absent", "credentials", "expired", "throttled", "server", "transport", "timeout", "malformed",
    "incomplete", "deadline", "not-recorded", "refused", "given-up",
]  # fmt: skip

# ECI, error codes (2025-12-30) has Degrade.Api; Rejected.Throttling and others have Throttling anywhere.
_THROTTLED = ("FlowControl", "Degrade.", "ServiceUnavailable.Throttl")
_EXPIRED = ("InvalidSecurityToken.Expired", "SecurityTokenExpired", "InvalidSecurityToken.Mismatch")
_CREDENTIALS = (
    "InvalidAccessKeyId", "InvalidSecurityToken", "MissingSecurityToken", "SignatureDoesNotMatch",
    "IncompleteSignature",
)  # fmt: skip
_ABSENT = ("EntityNotExist", "EntityNotExists")
_DENIED = ("NoPermission", "Forbidden", "Unauthorized", "AccessDenied", "NotAuthorized")
# ECI, error codes (2025-12-30): 403 without a missing permission.
_OF_THE_ACCOUNT = (
    "Account.", "ServiceNotEnabled", "Forbidden.UserBussinessStatus", "Forbidden.UserNotRealNameAuthentication",
    "Forbidden.SubUser", "Forbidden.AccountClosed", "Forbidden.RiskControl", "Forbidden.AccessKeyDisabled",
    "Forbidden.NotSupportRAM", "Forbidden.OnlyForInvitedTest", "FeatureAccessRestricted",
)  # fmt: skip
_PERMISSIONS: Mapping[str, str] = {"InvalidUser.PassRoleForbidden": "ram:PassRole"}
"""The permission that a code asks for, where it is not that of the action."""
_POLICY_TYPES: Mapping[str, str] = {
    "ControlPolicy": "a control policy of the resource directory",
    "SessionPolicy": "the session policy of the assumed role",
    "AssumeRolePolicy": "the trust policy of the role",
}
"""`PolicyType` of AccessDeniedDetail, where granting a permission does not help."""
CODES = ("Code", "code", "ErrorCode", "errorCode")
"""The fields in which services name an error, also in answers with the status 200."""
SUCCESS = ("Success", "success")
"""The fields in which services say whether a call succeeded."""
_FINE = ("", "0", "200", "ok", "success")  # values of `Code` in answers with success, in lower case


@dataclass(frozen=True)
class ApiCall:
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


class NotInRecording(requests.RequestException):
    """The recording has no answer (left) for this request."""


class RequestRefused(requests.RequestException):
    """A request that is refused before it is sent, or whose server cannot be trusted. The text says why."""


class UnusableCredentials(Exception):  # noqa: N818
    """No credentials could be found, or the service does not accept them. The text says what to do."""


def failure_of(call: ApiCall, exchange: Exchange) -> CallFailed | None:
    """The failure that an exchange shows, None where the call was answered with success."""
    if exchange.error is not None:
        return _of_error(call, exchange.error, exchange.request)
    if exchange.status is None or (exchange.status == 200 and not _is_error(exchange.parsed)):
        return None
    return _of_status(call, exchange, exchange.status)


def _is_error(body: object) -> bool:
    """Whether a body says that the call failed, whatever its status is."""
    if not isinstance(body, dict):
        return False
    has_failed = any(str(body.get(name, True)).casefold() in ("false", "0") for name in SUCCESS)
    return has_failed or any(str(code).casefold() not in _FINE for code in _codes_in(body))


def _of_error(call: ApiCall, error: Exception, request: requests.PreparedRequest | None) -> CallFailed:
    if isinstance(error, NotInRecording):
        return call.failed("not-recorded", "NotRecorded", "the recording has no answer for this call")
    if isinstance(error, RequestRefused):
        return call.failed("refused", "Refused", str(error))
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        detail = f"the TLS certificate of {_server(error, request)} could not be verified"
        return call.failed("refused", "Tls", detail)
    if isinstance(error, requests.ConnectTimeout):
        return call.failed("timeout", "Timeout", f"no connection to {_server(error, request)} in time")
    if isinstance(error, requests.Timeout):
        return call.failed("timeout", "Timeout", _with_remark("the service did not answer in time", call))
    code, reason = _connection_failure(error)
    return call.failed("transport", code, _with_remark(f"{reason}: {_server(error, request)}", call))


def _connection_failure(error: Exception) -> tuple[str, str]:
    """The code and the reason of a connection that failed, without the texts of other software."""
    causes = tuple(_causes(error))
    if any(
        isinstance(cause, requests.exceptions.ProxyError | urllib3.exceptions.ProxyError) for cause in causes
    ):
        return "ConnectionProxy", "the proxy gave no connection"
    if any(isinstance(cause, socket.gaierror | urllib3.exceptions.NameResolutionError) for cause in causes):
        return "ConnectionName", "the host name does not resolve"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "ConnectionRefused", "the connection was refused"
    if any(isinstance(cause, requests.exceptions.SSLError | ssl.SSLError) for cause in causes):
        return "ConnectionTls", "the server does not speak TLS as expected"
    return "Connection", f"the connection failed ({type(error).__name__})"


def _server(error: Exception, request: requests.PreparedRequest | None) -> str:
    """The host and port that a failed connection was to, else words for it."""
    for cause in _causes(error):
        pool = getattr(cause, "pool", None)
        if pool is not None and getattr(pool, "host", None):
            return f"{pool.host}:{pool.port or 443}"
    sent = getattr(error, "request", None) or request
    url = urlsplit(str(getattr(sent, "url", "") or ""))
    if url.hostname:
        return f"{url.hostname}:{url.port or (80 if url.scheme == 'http' else 443)}"
    return "the service"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and everything that it wraps: its cause, its context, and the reasons of urllib3."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        wrapped = (cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args)
        waiting += [part for part in wrapped if isinstance(part, BaseException)]


def _with_remark(text: str, call: ApiCall) -> str:
    """A text, and what is published of the region where it may be why it does not answer."""
    remark = regions.remark(call.region)
    return f"{text}; {remark}" if remark else text


def is_throttled(code: str) -> bool:
    """Whether an error code says that calls come too fast."""
    return "Throttling" in code or code.startswith(_THROTTLED)


def _of_status(call: ApiCall, exchange: Exchange, status: int) -> CallFailed:
    body = error_body(exchange)
    code = _code_in(body) or f"Http{status}"
    answer = f"the service answered {status}"
    if status == 429 or is_throttled(code) or exchange.retry_after is not None:
        return call.failed("throttled", code, answer, exchange.retry_after or 0.0)
    if code.startswith(_EXPIRED):
        return call.failed("expired", code, answer)
    if code.startswith(_CREDENTIALS):
        return call.failed("credentials", code, answer)
    if code.startswith(_ABSENT):  # STS answers 403 where the role to assume does not exist
        return call.failed("absent" if call.action.absence_is_an_answer else "refused", code, answer)
    if status >= 500:
        return call.failed("server", code, answer)
    stated = _code_in(body) is not None and not code.startswith(_OF_THE_ACCOUNT)
    if stated and (status == 403 or code.startswith(_DENIED)):
        return _denied(call, code, body)
    if _code_in(body) is None:
        return call.failed("malformed", code, answer)
    return call.failed("refused" if status >= 400 else "server", code, answer)


def _codes_in(body: Mapping[str, Any]) -> list[object]:
    """What stands in the fields of a body that name an error."""
    return [body[name] for name in CODES if body.get(name) is not None]


def _code_in(body: Mapping[str, Any]) -> str | None:
    return next((code for code in _codes_in(body) if isinstance(code, str) and code), None)


def _denied(call: ApiCall, code: str, body: Mapping[str, Any]) -> CallFailed:
    """A denial, with the permission that the service itself asks for where the answer names it."""
    failed = call.failed("denied", code, "the service denied the call")
    if code in _PERMISSIONS:
        failed.unreadable = replace(failed.unreadable, permission=_PERMISSIONS[code])
    answered = body.get("AccessDeniedDetail")
    detail = answered if isinstance(answered, dict) else {}
    permission = detail.get("AuthAction")
    denied_by = _POLICY_TYPES.get(str(detail.get("PolicyType")), "")
    if denied_by:
        failed.unreadable = replace(
            failed.unreadable, denied_by=denied_by, detail=f"{denied_by} denies the call"
        )
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
