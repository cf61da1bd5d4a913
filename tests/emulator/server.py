"""The server: one port, four services, told apart by the x-acs-version header as behind the real gateway."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Protocol

from aiohttp import web

from . import authorize, signature, sts
from . import faults as fault_kinds
from .actions import KNOWN, SERVED, SERVICES, WRITES, Action, is_write
from .backend import Backend, Call
from .errors import ApiError, no_permission, throttled
from .faults import Fault
from .request import Request
from .world import Caller


class Http(Protocol):
    """What of an HTTP request the services look at."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> Mapping[str, str]: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def remote(self) -> str | None: ...


def answer_directly(backend: Backend, http: Http, body: bytes = b"") -> dict[str, Any]:
    """The body of the answer to a request that never was on the network: same signature, same authorisation.

    Raises ApiError. Latency, faults and the log of calls are left out.
    """
    answered: dict[str, Any] = _serve(backend, http, _call(http), body, [])
    return answered


async def answer(backend: Backend, http: web.BaseRequest) -> web.StreamResponse:
    """Answer one API request, and write it into the log."""
    call = _call(http)
    backend.calls.append(call)
    number = len(backend.calls)
    backend.in_flight += 1
    call.in_flight = backend.in_flight
    try:
        if backend.latency:
            await asyncio.sleep(backend.pause())
        for churn in backend.churn:
            churn(backend, number, call)
        return await _exchange(backend, http, call)
    finally:
        backend.in_flight -= 1
        call.seconds = time.time() - call.time


async def _exchange(backend: Backend, http: web.BaseRequest, call: Call) -> web.StreamResponse:
    due = backend.faults.due(call.id, call.params)
    call.fault = ",".join(fault.kind for fault, _ in due)
    body = await http.read()
    for fault, _ in due:
        if fault.kind in ("slow", "hang"):
            await asyncio.sleep(fault.seconds)
        if fault.kind in ("refused", "reset"):
            return _hang_up(http, hard=fault.kind == "reset")
    # The same for the same request, so that a recording can be made again, byte for byte.
    request_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{call.id} {sorted(call.params.items())}")).upper()
    try:
        status, answer_body, headers = 200, _serve(backend, http, call, body, due), {}
    except ApiError as error:
        status, headers = error.status, dict(error.headers)
        call.code = error.code
        answer_body = _error_body(http, call, error)
    if isinstance(answer_body, dict):
        answer_body["RequestId"] = request_id
    call.status = status
    headers["x-acs-request-id"] = request_id
    text = json.dumps(answer_body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    for fault, _ in due:
        if fault.kind in fault_kinds.TRANSPORT:
            return await _spoil_transport(fault, http, text, headers)
    return web.Response(
        status=status, body=text, headers=headers, content_type="application/json", charset="utf-8"
    )


def _call(http: Http) -> Call:
    params = dict(http.query)
    version = http.headers.get("x-acs-version") or params.get("Version", "")
    name = http.headers.get("x-acs-action") or params.get("Action", "")
    retry = http.headers.get("x-acs-retry-attempts", "")
    return Call(
        time=time.time(),
        service=SERVICES.get(version, ""),
        action=name,
        version=version,
        params={key: value for key, value in params.items() if key not in _SIGNING},
        access_key_id=_access_key_id(http, params),
        retry=int(retry) if retry.isdigit() else 0,
    )


_SIGNING = (
    "Signature",
    "SignatureNonce",
    "SignatureMethod",
    "SignatureVersion",
    "SecurityToken",
    "Timestamp",
    "Format",
)


def _access_key_id(http: Http, params: Mapping[str, str]) -> str:
    credential = re.search(r"Credential=([^,]*)", http.headers.get("Authorization", ""))
    return credential[1] if credential else params.get("AccessKeyId", "")


def _serve(backend: Backend, http: Http, call: Call, body: bytes, due: list[tuple[Fault, list[int]]]) -> Any:
    """The body of the answer; raises ApiError."""
    limit = backend.throttle(call.id)
    if limit:
        raise throttled("Throttling.User", retry_after=limit.retry_after)
    for fault, _ in due:
        account_id = backend.accounts[0].account_id if backend.accounts else ""
        error = fault_kinds.refuse(fault, SERVED.get(call.id), call.id, account_id)
        if error:
            raise error
    action = _action(backend, call)
    caller = _caller(backend, http, call, body)
    context = _context(http, caller)
    if backend.readings is not None:
        context[authorize.OPEN_KEYS] = authorize.ALL
    request = Request(action.name, call.params, caller, backend.quirks, context)
    _authorize(action, request)
    serve = _handler(backend, action)
    answered: Any = serve(request)
    for fault, counters in due:
        spoilt = fault_kinds.spoil(fault, fault_kinds.Answer(action, request, answered, serve, counters[1]))
        if spoilt is answered and fault.kind in fault_kinds.SPOILING:
            backend.faults.spare(counters)
        answered = spoilt
    return answered


def _handler(backend: Backend, action: Action) -> Callable[[Request], dict[str, Any]]:
    if action.handler is sts.assume_role:
        return lambda request: sts.assume_role(request, backend.worlds)
    return action.handler


def _action(backend: Backend, call: Call) -> Action:
    if not call.service:
        raise ApiError(400, "InvalidVersion", f"Specified parameter Version is not valid: {call.version!r}.")
    action = SERVED.get(call.id)
    if action is None and backend.readings is not None:
        action = WRITES.get(call.id)
    if action is not None:
        return action
    if call.id not in KNOWN:
        raise ApiError(
            404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method."
        )
    if is_write(call.id):
        backend.violations.append(call)
        raise ApiError(
            403, "Forbidden.ReadOnly", f"{call.id} changes the account; this server never does that."
        )
    raise ApiError(501, "NotImplemented", f"{call.id} is not served here.")


def _caller(backend: Backend, http: Http, call: Call, body: bytes) -> Caller:
    query = [(key, value) for key, value in http.query.items()]
    signed = signature.read(http.method, http.path, query, http.headers, body)
    signer = backend.find(signed.access_key_id)
    if signer is None:
        raise ApiError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    world, credential = signer
    if credential.token and not signed.token:
        raise ApiError(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.")
    if signed.token and signed.token != credential.token:
        raise ApiError(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
    signed.verify(credential.access_key_secret)
    if credential.expires is not None and credential.expires < time.time():
        raise ApiError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
    backend.use_nonce(signed.nonce)
    return world.caller(credential)


def _context(http: Http, caller: Caller) -> dict[str, Sequence[str]]:
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "acs:SourceIp": [http.remote or "127.0.0.1"],
        "acs:SecureTransport": ["false"],
        "acs:CurrentTime": [now],
        "acs:PrincipalArn": [caller.arn],
    }


def _authorize(action: Action, request: Request) -> None:
    if not action.permission:
        return
    account = request.world.account.account_id
    owner = (
        "system" if request.params.get("PolicyType") == "System" and "Policy" in action.resource else account
    )
    path = re.sub(r"\{(\w+)\}", lambda placeholder: request.params.get(placeholder[1], ""), action.resource)
    arn = f"acs:ram:*:{owner}:{path}"
    verdict = request.caller.verdict(action.permission, arn, request.context)
    if verdict != "Allow":
        kind = "SubUser" if request.caller.kind == "RAMUser" else "AssumedRoleUser"
        raise no_permission(
            action.permission,
            principal_type=kind,
            owner=account,
            principal=request.caller.name,
            denial=verdict,
            resource=arn,
        )


def _error_body(http: web.BaseRequest, call: Call, error: ApiError) -> dict[str, Any]:
    return {
        "Code": error.code,
        "Message": error.message,
        "HostId": f"{call.service or 'gateway'}.aliyuncs.com",
        "Recommend": f"https://api.aliyun.com/troubleshoot?q={error.code}&product={call.service}",
        **error.more,
    }


def _hang_up(http: web.BaseRequest, *, hard: bool) -> web.Response:
    transport = http.transport
    if transport is not None:
        if hard:
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        transport.abort()
    return web.Response()


async def _spoil_transport(
    fault: Fault, http: web.BaseRequest, text: bytes, headers: Mapping[str, str]
) -> web.StreamResponse:
    if fault.kind == "html":
        page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
        return web.Response(status=fault.status, text=page, content_type="text/html")
    if fault.kind in ("cut_json", "empty_body"):
        part = text[: len(text) // 2] if fault.kind == "cut_json" else b""
        return web.Response(body=part, headers=headers, content_type="application/json", charset="utf-8")
    if fault.kind in ("another_status", "keys_twice"):
        whole = text[:-1] + b"," + text[1:] if fault.kind == "keys_twice" else text
        return web.Response(
            status=fault.status, body=whole, headers=headers, content_type="application/json", charset="utf-8"
        )
    response = web.StreamResponse(headers=headers)
    response.content_type = "application/json"
    response.content_length = len(text)
    await response.prepare(http)
    if fault.kind == "dropped":
        await response.write(text[: len(text) // 2])
        if http.transport is not None:
            http.transport.close()
        return response
    for byte in text:
        await response.write(bytes((byte,)))
        await asyncio.sleep(fault.seconds)
    return response
