"""Where each service is called: published hosts, the exceptions among them, and what the configuration says."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_eci_compliance.evidence.sdk import Endpoint

MAPPED = {"eci": {"cn-hangzhou": "https://one.example", "default": "https://eci-vpc.{region}.aliyuncs.com"}}


@pytest.mark.parametrize(
    ("region", "configured", "host"),
    [
        ("cn-hangzhou", {}, "eci.cn-hangzhou.aliyuncs.com"),
        ("cn-shanghai-finance-1", {}, "eci.cn-shanghai-finance.aliyuncs.com"),
        ("cn-shenzhen-finance-1", {}, "eci.cn-shenzhen-finance.aliyuncs.com"),
        (
            "cn-shenzhen-finance-1",
            {"eci": "https://eci-{region}.example"},
            "eci-cn-shenzhen-finance-1.example",
        ),
        ("cn-hangzhou", MAPPED, "one.example"),
        ("cn-beijing", MAPPED, "eci-vpc.cn-beijing.aliyuncs.com"),
        ("cn-beijing", {"eci": {"cn-hangzhou": "https://one.example"}}, "eci.cn-beijing.aliyuncs.com"),
        ("cn-shanghai-finance-1", {"eci": {"cn-hangzhou": "x"}}, "eci.cn-shanghai-finance.aliyuncs.com"),
        (None, MAPPED, "one.example"),
    ],
)
def test_eci_is_called_in_its_region(region: str | None, configured: dict[str, Any], host: str) -> None:
    assert Endpoint.of("eci", region, configured) == Endpoint("https", host)


def test_the_other_services_are_central() -> None:
    assert Endpoint.of("ram", "cn-hangzhou", MAPPED) == Endpoint("https", "ram.aliyuncs.com")
    assert Endpoint.of("sts", None, {"sts": "http://127.0.0.1:1"}) == Endpoint("http", "127.0.0.1:1")
