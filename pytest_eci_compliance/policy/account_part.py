"""ARNs in a Resource that leave out the part of the account: `acs:eci:*:containergroup/*`.

An ARN has five parts, `acs:SERVICE:REGION:ACCOUNT:RESOURCE` ("Policy elements", RAM). Whether a `*` in place of the
region also stands for the account is not documented.
"""

from __future__ import annotations

from functools import lru_cache

from .conditions import VARIABLE

ECI_TYPES = ("containergroup", "imagecache", "virtualnode", "datacache")
_RAM_TYPES = ("user", "group", "role", "policy", "mfa", "saml-provider", "oidc-provider")
_TYPES = {"eci": ECI_TYPES, "ram": _RAM_TYPES}
PARTS_OF_ARN = 5


@lru_cache(maxsize=4096)
def with_account(resource: str) -> str:
    """An ARN that names a type of ECI or RAM where the account belongs, with the account; empty for any other.

    >>> with_account("acs:eci:*:containergroup/eci-1"), with_account("acs:eci:*:*:containergroup/eci-1")
    ('acs:eci:*:*:containergroup/eci-1', '')
    """
    parts = resource.split(":")
    if len(parts) != PARTS_OF_ARN - 1 or parts[0].lower() != "acs" or VARIABLE in resource:
        return ""
    type_, slash, name = parts[3].partition("/")
    if type_.lower() not in _TYPES.get(parts[1].lower(), ()):
        return ""
    return ":".join([*parts[:2], parts[2] or "*", "*", f"{type_}/{name}" if slash else f"{type_}/*"])
