"""Who reads the account: find credentials, assume the configured role, and ask for the identity."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..inventory.facts import CallerIdentity
from . import ram
from .api_actions import ASSUME_ROLE
from .caller import Caller
from .credentials import Keys, find, keys_of
from .errors import ApiCall, CallFailed, UnusableCredentials
from .event_loop import run
from .rate_limit import Limits
from .regions import EndpointsOfService
from .sdk import Clients
from .transport import Transport

_UNUSABLE = ("credentials", "expired")
_NO_SUCH_ROLE = ("EntityNotExist.Role", "EntityNotExists.Role")


def keys_finder(
    profile: str | None,
    role: str | None,
    endpoints: Mapping[str, EndpointsOfService],
    transport: Transport,
    limits: Limits,
) -> Callable[[], Keys]:
    """What gives the keys to sign with: blocking, and called again when they have expired.

    Raises (when called) `UnusableCredentials`, or `CallFailed` where AssumeRole was not answered.
    """
    provider = find(profile)
    if role is None:
        return lambda: keys_of(provider, profile)
    return lambda: run(_assume(keys_of(provider, profile), role, endpoints, transport, limits))


async def _assume(
    keys: Keys, role: str, endpoints: Mapping[str, EndpointsOfService], transport: Transport, limits: Limits
) -> Keys:
    own = Limits(limits.deadline, limits.rate, limits.timing)  # this runs in a loop of its own
    caller = Caller(Clients(lambda: keys, endpoints), transport, own, allowed=(ASSUME_ROLE,))
    call = ApiCall(ASSUME_ROLE, {"RoleArn": role, "RoleSessionName": "pytest-eci-compliance"}, subject=role)
    try:
        body = await caller(call, lambda body: None if _keys_in(body) else "the answer has no credentials")
    except CallFailed as failure:
        if failure.kind not in (*_UNUSABLE, "denied") and failure.unreadable.code not in _NO_SUCH_ROLE:
            raise
        raise UnusableCredentials(
            f"the role {role} cannot be assumed ({failure.unreadable.code}): the identity needs sts:AssumeRole on "
            "it, and the role must trust that identity"
        ) from None
    assumed = _keys_in(body)
    assert assumed is not None  # noqa: S101 - checked above
    return assumed


def _keys_in(body: Mapping[str, object]) -> Keys | None:
    credentials = body.get("Credentials")
    if not isinstance(credentials, dict):
        return None
    key, secret, token = (
        credentials.get(name) for name in ("AccessKeyId", "AccessKeySecret", "SecurityToken")
    )
    if not isinstance(key, str) or not isinstance(secret, str) or not isinstance(token, str):
        return None
    return Keys(key, secret, token) if key and secret and token else None


async def identity(caller: Caller) -> CallerIdentity:
    """The identity that makes the calls.

    Raises `UnusableCredentials` where the service does not accept the keys, else `CallFailed`.
    """
    try:
        return await ram.caller_identity(caller)
    except CallFailed as failure:
        if failure.kind not in _UNUSABLE:
            raise
        raise UnusableCredentials(
            f"the service does not accept the credentials ({failure.unreadable.code} from GetCallerIdentity): "
            "check that the AccessKey exists, is enabled and is not expired"
        ) from None
