"""The condition keys that are known, and which of them a misspelt key is near to.

Sources: "Policy elements" and the RAM authorization pages at help.aliyun.com. Keys that services document on their
own pages are many: a key that is not listed here is no mistake, only one that is nearly spelled as a listed key is.
"""

from __future__ import annotations

from ..spelling import nearest

_KEYS = (
    "acs:AccountRDId",
    "acs:CurrentTime",
    "acs:MFAPresent",
    "acs:PrincipalARN",
    "acs:PrincipalRDId",
    "acs:PrincipalRDPath",
    "acs:ResourceRDId",
    "acs:ResourceRDPath",
    "acs:SecureTransport",
    "acs:Service",
    "acs:SourceAccount",
    "acs:SourceArn",
    "acs:SourceIp",
    "acs:SourceVpc",
    "acs:SourceVpce",
    "acs:SourceVpcId",
    "acs:UserAgent",
    "acs:VpcSourceIp",
    "ram:MFAOperationForLogin",
    "ram:OidcIssuerUrl",
    "ram:ServiceName",
    "ram:ServiceNames",
    "ram:TrustedPrincipalTypes",
    "sts:ExternalId",
    "sts:RoleSessionName",
    "sts:SourceIdentity",
)
_TAG_KEYS = ("acs:RequestTag", "acs:ResourceTag", "eci:tag")
"""Keys that end in a slash and the key of a tag."""

_ALIKE = 0.9
_FOLDED = {name.lower() for name in (*_KEYS, *_TAG_KEYS)}


def nearest_key(key: str) -> str | None:
    """The known condition key that a misspelt one is near to; None where the key is known, or near to none.

    >>> nearest_key("acs:MFAPresnt"), nearest_key("acs:ResourceTags/env"), nearest_key("acs:ResourceTag:env")
    ('acs:MFAPresent', 'acs:ResourceTag/env', 'acs:ResourceTag/env')
    >>> nearest_key("acs:resourcetag/env"), nearest_key("oss:Prefix"), nearest_key("eci:tag")
    (None, None, None)
    """
    stem, slash, tag = key.partition("/")
    folded = stem.lower()
    if folded in _FOLDED:
        return None  # the case rules of keys, and a tag key without a tag, are not documented
    for name in _TAG_KEYS:
        if folded.startswith(f"{name.lower()}:") and not slash:
            return f"{name}/{stem[len(name) + 1 :]}"
    near = nearest(stem, (*_KEYS, *_TAG_KEYS), _ALIKE)
    return f"{near}/{tag}" if near in _TAG_KEYS and slash else near
