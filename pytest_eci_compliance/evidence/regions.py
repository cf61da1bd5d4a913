"""What is published of ECI's regions: their endpoints, and which of them are closing.

Sources: ECI, endpoints (2025-10-10); ECI, regions and zones (2025-12-19).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

EndpointsOfService: TypeAlias = "str | Mapping[str, str]"
"""The configured endpoint of a service, or its endpoints by region, in which `default` is for every other region."""

ECI_ENDPOINT = "https://eci.{region}.aliyuncs.com"
"""The endpoint of a region, but for those in `OTHER_ENDPOINTS`."""

OTHER_ENDPOINTS: Mapping[str, str] = {
    "cn-shanghai-finance-1": "https://eci.cn-shanghai-finance.aliyuncs.com",
    "cn-shenzhen-finance-1": "https://eci.cn-shenzhen-finance.aliyuncs.com",
}

CLOSING = frozenset({"cn-nanjing", "cn-fuzhou"})
"""Regions that are published as closing: no new resources, and in the end no endpoint."""

WITHOUT_ENDPOINT = frozenset({"na-south-1"})
"""Regions that are published without an endpoint."""


def remark(region: str | None) -> str:
    """What is published of a region that does not answer; empty where nothing is."""
    if region in CLOSING:
        return f"{region} is published as closing"
    if region in WITHOUT_ENDPOINT:
        return f"{region} is published without an endpoint"
    return ""


def endpoint_for(region: str, configured: EndpointsOfService | None) -> str:
    """The endpoint of ECI in a region: the configured one, else the published one."""
    if isinstance(configured, Mapping):
        configured = configured.get(region) or configured.get("default")
    published = OTHER_ENDPOINTS.get(region, ECI_ENDPOINT)
    return (configured or published).replace("{region}", region)
