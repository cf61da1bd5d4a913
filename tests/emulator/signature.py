"""Who signed a request: ACS3-HMAC-SHA256 (headers), and signature version 1.0 (query) as the credential
providers use it for AssumeRole. Written from the published algorithm, not from the SDK."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import NamedTuple
from urllib.parse import quote

from .errors import ApiError

ALGORITHM = "ACS3-HMAC-SHA256"
MAX_SKEW = timedelta(minutes=15)
_AUTHORIZATION = re.compile(
    r"(?P<algorithm>\S+) Credential=(?P<key>[^,]*),\s*SignedHeaders=(?P<headers>[^,]*),"
    r"\s*Signature=(?P<signature>\S*)"
)

MISMATCH = "Specified signature is not matched with our calculation."


class Signed(NamedTuple):
    """A request that says who signed it; `verify(secret)` raises unless that is true."""

    access_key_id: str
    token: str
    nonce: str
    string_to_sign: str
    signature: str
    version: int

    def verify(self, secret: str) -> None:
        if self.version == 3:
            expected = hmac.new(secret.encode(), self.string_to_sign.encode(), hashlib.sha256).hexdigest()
        else:
            mac = hmac.new(f"{secret}&".encode(), self.string_to_sign.encode(), hashlib.sha1)
            expected = base64.b64encode(mac.digest()).decode()
        if not hmac.compare_digest(expected, self.signature):
            raise ApiError(
                400, "SignatureDoesNotMatch", f"{MISMATCH} server string to sign is:{self.string_to_sign}"
            )


def read(
    method: str, path: str, query: Sequence[tuple[str, str]], headers: Mapping[str, str], body: bytes
) -> Signed:
    """The signature that a request carries. `headers` looks names up without regard to case."""
    if "Authorization" in headers:
        return _read_v3(method, path, query, headers, body)
    if dict(query).get("SignatureVersion") == "1.0":
        return _read_v1(method, query)
    raise ApiError(400, "MissingAccessKeyId", "AccessKeyId is mandatory for this action.")


def _read_v3(
    method: str, path: str, query: Sequence[tuple[str, str]], headers: Mapping[str, str], body: bytes
) -> Signed:
    match = _AUTHORIZATION.fullmatch(headers["Authorization"])
    if match is None or match["algorithm"] != ALGORITHM:
        raise ApiError(400, "IncompleteSignature", "The request signature does not conform to the standards.")
    signed = match["headers"].split(";")
    _check_payload(signed, headers, body)
    _check_date(headers.get("x-acs-date", ""), "%Y-%m-%dT%H:%M:%SZ")
    canonical = "\n".join(
        (
            method,
            path,
            "&".join(f"{_encode(key)}={_encode(value)}" for key, value in sorted(query)),
            "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in signed),
            match["headers"],
            headers["x-acs-content-sha256"],
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return Signed(
        match["key"],
        headers.get("x-acs-security-token", ""),
        headers.get("x-acs-signature-nonce", ""),
        f"{ALGORITHM}\n{digest}",
        match["signature"],
        3,
    )


def _check_payload(signed: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    required = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-version"}
    if not required <= set(signed) or list(signed) != sorted(signed):
        raise ApiError(400, "IncompleteSignature", "The request signature does not cover what it must.")
    if headers.get("x-acs-content-sha256") != hashlib.sha256(body).hexdigest():
        raise ApiError(400, "SignatureDoesNotMatch", f"{MISMATCH} The payload has another digest.")


def _read_v1(method: str, query: Sequence[tuple[str, str]]) -> Signed:
    given = dict(query)
    _check_date(given.get("Timestamp", ""), "%Y-%m-%dT%H:%M:%SZ")
    canonical = "&".join(
        f"{_encode(key)}={_encode(value)}" for key, value in sorted(query) if key != "Signature"
    )
    return Signed(
        given.get("AccessKeyId", ""),
        given.get("SecurityToken", ""),
        given.get("SignatureNonce", ""),
        f"{method}&%2F&{_encode(canonical)}",
        given.get("Signature", ""),
        1,
    )


def _check_date(text: str, form: str) -> None:
    try:
        when = datetime.strptime(text, form).replace(tzinfo=timezone.utc)
    except ValueError:
        raise ApiError(
            400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."
        ) from None
    if abs(datetime.now(timezone.utc) - when) > MAX_SKEW:
        raise ApiError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")


def _encode(text: str) -> str:
    return quote(text, safe="~")
