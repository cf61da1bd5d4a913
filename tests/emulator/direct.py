"""A client that speaks to the emulator without a network: it signs, and the server verifies and authorises.

A test that makes thousands of calls is fast with it. What it may do is what the same call may do over HTTP.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from .account import Credential
from .actions import OTHER_VERSIONS, VERSIONS
from .backend import Backend
from .server import answer_directly
from .signature import ALGORITHM

_EMPTY = hashlib.sha256(b"").hexdigest()
_SIGNED = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"


@dataclass(frozen=True)
class DirectRequest:
    """An HTTP request as the server looks at it."""

    query: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    path: str = "/"
    remote: str | None = "127.0.0.1"


def call(
    backend: Backend, credential: Credential, action_id: str, params: Mapping[str, str]
) -> dict[str, Any]:
    """The body of the answer to `service:Action`, signed with `credential`. Raises ApiError."""
    service, _, action = action_id.partition(":")
    headers = {
        "host": "emulator",
        "x-acs-action": action,
        "x-acs-content-sha256": _EMPTY,
        "x-acs-date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": uuid.uuid4().hex,
        "x-acs-version": {**VERSIONS, **OTHER_VERSIONS}[service],
    }
    if credential.token:
        headers["x-acs-security-token"] = credential.token
    signature = _sign(credential, params, headers)
    headers["Authorization"] = (
        f"{ALGORITHM} Credential={credential.access_key_id},SignedHeaders={_SIGNED},Signature={signature}"
    )
    return answer_directly(backend, DirectRequest(params, headers))


def _sign(credential: Credential, params: Mapping[str, str], headers: Mapping[str, str]) -> str:
    query = "&".join(
        f"{quote(key, safe='~')}={quote(value, safe='~')}" for key, value in sorted(params.items())
    )
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in _SIGNED.split(";"))
    canonical = f"POST\n/\n{query}\n{lines}\n{_SIGNED}\n{_EMPTY}"
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(credential.access_key_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
