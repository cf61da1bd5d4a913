"""Redaction: what may stay of a response is listed here, field by field; everything else goes.

It runs on every response, in every mode, before the SDK sees it, so that no secret reaches the inventory, a
recording, a report or a log. It is deterministic and idempotent, and keeps the fact that checks need: that a
value looked like an AccessKey id, and where it stood (section 5).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

REDACTED = "[redacted]"
ACCESS_KEY = "[redacted: looks like an AccessKey id]"

_ACCESS_KEY_ID = re.compile(r"(?:LTAI[A-Za-z0-9]{12,36}|(?:STS|TMP)\.[A-Za-z0-9]{12,64})(?![A-Za-z0-9])")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,59}")  # shorter than any signature
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}")

Shape: TypeAlias = "Mapping[str, Any] | list[Any] | Callable[[Any], Any] | None"


def has_access_key(marker: str) -> bool:
    """Whether a redacted value stood for something that looked like an AccessKey id."""
    return marker == ACCESS_KEY


def marker(value: object) -> str:
    """The marker that stands for a secret value; an empty value stays empty.

    >>> marker("s3cret"), marker(""), marker(marker("AK=LTAI5tAbCdEfGhIjKlMn"))
    ('[redacted]', '', '[redacted: looks like an AccessKey id]')
    """
    text = value if isinstance(value, str) else "" if value is None else str(value)
    if text in ("", REDACTED, ACCESS_KEY):
        return text
    return ACCESS_KEY if _mentions_access_key(text) else REDACTED


def _mentions_access_key(text: str, depth: int = 2) -> bool:
    """Whether an AccessKey id stands in a text, or in what its base64 encodes (a file in a secret in a file)."""
    if _ACCESS_KEY_ID.search(text):
        return True
    return depth > 0 and any(_mentions_access_key(one, depth - 1) for one in _decoded(text))


def _decoded(text: str) -> Iterator[str]:
    """What the base64 in a text encodes (plain or URL-safe, padded or not, wrapped over lines or not).

    Where a word stands right before it, it does not begin where the token does: every offset is tried.
    """
    for token in dict.fromkeys([*_BASE64.findall(text), *_BASE64.findall("".join(text.split()))]):
        plain = token.replace("-", "+").replace("_", "/")
        for start in range(4):
            part = plain[start:]
            part = part[:-1] if len(part) % 4 == 1 else part
            raw = base64.b64decode(part + "=" * (-len(part) % 4))
            yield raw.decode("latin-1")
            yield raw.decode("utf-16-le", "replace")


def _name(value: object) -> object:
    """A name stays, unless it is itself an AccessKey id."""
    return ACCESS_KEY if isinstance(value, str) and _ACCESS_KEY_ID.search(value) else value


def _word(value: object) -> object:
    """A word of the API stays; it has no reason to hold anything but letters, digits and dots."""
    if value is None or value == "":
        return value
    plain = isinstance(value, str) and _WORD.fullmatch(value) and not _ACCESS_KEY_ID.search(value)
    return value if plain else REDACTED


def _keep(value: Any) -> Any:
    """A scalar stays; of a structure that is not listed only its type, so that a reader sees that it is wrong."""
    return type(value)() if isinstance(value, (dict, list)) else value


def _misfit(value: Any) -> Any:
    """What stands where a structure should: only its type and whether it looked like an AccessKey id stay."""
    return value if value is None else _keep(value) if isinstance(value, (dict, list)) else marker(value)


def project(value: Any, shape: Shape) -> Any:
    """`value` cut down to `shape`: listed keys of objects, every item of lists, leaves as the shape says.

    Of a value of another type than the shape expects nothing stays but its type; `null` stays.
    """
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            return _misfit(value)
        return {key: project(value[key], inner) for key, inner in shape.items() if key in value}
    if isinstance(shape, list):
        return [project(one, shape[0]) for one in value] if isinstance(value, list) else _misfit(value)
    return _keep(value) if shape is None else shape(value)


def misfit(value: Any, shape: Shape, path: str = "the answer") -> str | None:
    """Where a value has another type than the shape expects, in words; None where it fits. `null` fits anywhere."""
    if value is None:
        return None
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            return f"{path} is not an object"
        inner = ((value[key], one, f"{path}.{key}") for key, one in shape.items() if key in value)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            return f"{path} is not a list"
        inner = ((one, shape[0], path) for one in value)
    else:
        return f"{path} is not a plain value" if isinstance(value, (dict, list)) else None
    return next((found for one, kind, where in inner if (found := misfit(one, kind, where))), None)


def _fields(*names: str, **inner: Shape) -> dict[str, Shape]:
    return {**dict.fromkeys(names), **inner}


_TAGS: Shape = [_fields("Key", "Value", "TagKey", "TagValue")]
_ENVIRONMENT: Shape = [{"Key": _name, "Value": marker}]
_CONTAINER: Shape = _fields(
    "Name",
    "Image",
    EnvironmentVars=_ENVIRONMENT,
    Command=[marker],
    Commands=[marker],
    Args=[marker],
    Arg=[marker],
)
_VOLUME: Shape = _fields(
    "Name", "Type", ConfigFileVolumeConfigFileToPaths=[{"Path": None, "Content": marker}]
)
_CONTAINER_GROUP: Shape = _fields(
    "ContainerGroupId", "ContainerGroupName", "RegionId", "ZoneId", "Status", "CreationTime", "SucceededTime",
    "FailedTime", "ExpiredTime", "ResourceGroupId", "RamRoleName", "VpcId", "VSwitchId", "SecurityGroupId",
    "InstanceType", "Cpu", "Memory", "RestartPolicy", "SpotStrategy", "InternetIp", "IntranetIp",
    Tags=_TAGS, Containers=[_CONTAINER], InitContainers=[_CONTAINER], Volumes=[_VOLUME],
)  # fmt: skip
_IMAGE_CACHE: Shape = _fields(
    "ImageCacheId", "ImageCacheName", "RegionId", "Status", "CreationTime", "ExpireDateTime", "ResourceGroupId",
    "ContainerGroupId", "SnapshotId", Tags=_TAGS, Images=[None],
)  # fmt: skip
_VIRTUAL_NODE: Shape = _fields(
    "VirtualNodeId", "VirtualNodeName", "RegionId", "Status", "CreationTime", "ResourceGroupId", "RamRoleName",
    Tags=_TAGS,
)  # fmt: skip
_USER: Shape = _fields("UserName", "UserId", "DisplayName", "CreateDate", "UpdateDate")
_GROUP: Shape = _fields("GroupName", "GroupId", "CreateDate", "UpdateDate")
_ROLE: Shape = _fields(
    "RoleName", "RoleId", "Arn", "CreateDate", "UpdateDate", "MaxSessionDuration", "AssumeRolePolicyDocument"
)
_POLICY: Shape = _fields(
    "PolicyName", "PolicyType", "DefaultVersion", "CreateDate", "UpdateDate", "AttachDate", "AttachmentCount"
)
_ATTACHMENT: Shape = _fields(
    "PolicyName", "PolicyType", "PrincipalName", "PrincipalType", "ResourceGroupId", "AttachDate"
)
_RESOURCE_GROUP: Shape = _fields("Id", "Name", "DisplayName", "AccountId", "Status", "CreateDate")
_PAGE = ("NextToken", "TotalCount", "PageNumber", "PageSize", "IsTruncated", "Marker")

_OUTCOME: Mapping[str, Any] = {
    "Code": _word,
    "Success": None,
}  # some services say in the body of a 200 that they failed

ERROR: Shape = {
    "Code": _word,
    "AccessDeniedDetail": dict.fromkeys(
        ("AuthAction", "AuthPrincipalType", "NoPermissionType", "PolicyType"), _word
    ),
}

RESPONSES: Mapping[str, Mapping[str, Any]] = {
    "GetCallerIdentity": _fields("AccountId", "Arn", "IdentityType", "PrincipalId", "UserId", "RoleId"),
    "ListUsers": _fields(*_PAGE, Users={"User": [_USER]}),
    "GetUser": {"User": _USER},
    "ListGroups": _fields(*_PAGE, Groups={"Group": [_GROUP]}),
    "ListUsersForGroup": _fields(*_PAGE, Users={"User": [_fields("UserName", "DisplayName", "JoinDate")]}),
    "ListRoles": _fields(*_PAGE, Roles={"Role": [_ROLE]}),
    "GetRole": {"Role": _ROLE},
    "ListPolicies": _fields(*_PAGE, Policies={"Policy": [_POLICY]}),
    "ListPoliciesForUser": _fields(*_PAGE, Policies={"Policy": [_POLICY]}),
    "ListPoliciesForGroup": _fields(*_PAGE, Policies={"Policy": [_POLICY]}),
    "ListPoliciesForRole": _fields(*_PAGE, Policies={"Policy": [_POLICY]}),
    "GetPolicy": _fields(
        Policy=_POLICY,
        DefaultPolicyVersion=_fields("VersionId", "IsDefaultVersion", "PolicyDocument", "CreateDate"),
    ),
    "ListPolicyAttachments": _fields(*_PAGE, PolicyAttachments={"PolicyAttachment": [_ATTACHMENT]}),
    "ListResourceGroups": _fields(*_PAGE, ResourceGroups={"ResourceGroup": [_RESOURCE_GROUP]}),
    "DescribeRegions": {"Regions": [_fields("RegionId", "RegionEndpoint")]},
    "DescribeContainerGroups": _fields(*_PAGE, ContainerGroups=[_CONTAINER_GROUP]),
    "DescribeContainerGroupStatus": _fields(*_PAGE, Data=[_fields("ContainerGroupId", "Name", "Status")]),
    "DescribeImageCaches": _fields(*_PAGE, ImageCaches=[_IMAGE_CACHE]),
    "DescribeVirtualNodes": _fields(*_PAGE, VirtualNodes=[_VIRTUAL_NODE]),
}


def redact(action: str, status: int, body: object) -> object:
    """A response body with only what may stay. `action` is the API action, `status` the HTTP status."""
    return project(body, ERROR if status >= 400 else {**RESPONSES[action], **_OUTCOME})
