"""Which hosts are this machine."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address, in brackets or not, is this machine.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("ram.aliyuncs.com")
    (True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address((host or "").strip("[]")).is_loopback
    except ValueError:
        return False
