"""A connection that fails: the message names host, port and reason, and each reason has its own advice."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import requests

from pytest_eci_compliance.evidence.api_actions import READ_LIST
from pytest_eci_compliance.evidence.errors import ApiCall, failure_of
from pytest_eci_compliance.evidence.exchange import Exchange
from pytest_eci_compliance.inventory.facts import Unreadable
from pytest_eci_compliance.messages import describe_error, suggest_fix


@pytest.fixture
def closed_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cause_of(url: str, **options: Any) -> Unreadable:
    """What a failed GET of `url` is reported as."""
    with pytest.raises(requests.RequestException) as raised:
        requests.get(url, timeout=5, **options)
    failure = failure_of(ApiCall(READ_LIST[0], {}), Exchange("ListUsers", 0.0, error=raised.value))
    assert failure is not None
    assert failure.kind == "transport"
    return failure.unreadable


def test_a_refused_connection(closed_port: int) -> None:
    cause = cause_of(f"http://127.0.0.1:{closed_port}/")
    assert f"the connection was refused: 127.0.0.1:{closed_port}" in describe_error(cause)
    assert "host and port" in suggest_fix(cause)


def test_a_name_that_does_not_resolve() -> None:
    cause = cause_of("https://ram.invalid/", proxies={"http": "", "https": ""})
    assert "the host name does not resolve: ram.invalid:443" in describe_error(cause)
    assert "DNS" in suggest_fix(cause)


def test_a_proxy_that_refuses(closed_port: int) -> None:
    cause = cause_of("https://ram.invalid/", proxies={"https": f"http://127.0.0.1:{closed_port}"})
    assert "the proxy gave no connection" in describe_error(cause)
    assert "HTTPS_PROXY" in suggest_fix(cause)


def test_each_reason_has_its_own_advice() -> None:
    codes = (
        "ConnectionRefused", "ConnectionName", "ConnectionProxy", "ConnectionTls", "Connection", "Tls", "Timeout",
        "InvalidTimeStamp", "SignatureDoesNotMatch", "InvalidAccessKeyId", "Http404", "Malformed",
    )  # fmt: skip
    advice = [suggest_fix(Unreadable("ram:ListUsers", code)) for code in codes]
    assert len(set(advice)) == len(codes)
    regions = Unreadable("eci:DescribeRegions", "NoPermission", permission="eci:DescribeRegions")
    assert "list the regions in `regions`" in suggest_fix(regions)
