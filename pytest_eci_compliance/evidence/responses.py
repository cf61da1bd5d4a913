"""What stays of the answer to each action of the read list. Everything else of an answer goes.

The items of lists are the facts of the inventory: what stays of them follows from the fact classes (`wire`). What the
sweep reads beside facts is listed here, field by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..inventory.facts import (
    CallerIdentity,
    ContainerGroup,
    EnvironmentVar,
    Group,
    Policy,
    PolicyAttachment,
    ResourceGroup,
    Role,
    User,
    VirtualNode,
)
from ..inventory.kinds import KINDS
from .errors import CODES, SUCCESS
from .redact import NOT_KEPT, Shape, code, project, word
from .wire import shape_of


def _fields(*names: str, **inner: Shape) -> dict[str, Shape]:
    return {**dict.fromkeys(names), **inner}


_BESIDE_FACTS: Mapping[type, Mapping[str, Shape]] = {
    CallerIdentity: _fields("UserId", "RoleId"),
    # A variable that takes its value from a field of the instance has no value of its own.
    EnvironmentVar: {"ValueFrom": {"FieldRef": {"FieldPath": word}}},
    ContainerGroup: _fields(NOT_KEPT),
    VirtualNode: _fields("RamRoleName"),
    # ListPoliciesForUser and its like describe attachments as policies.
    Policy: _fields("AttachDate"),
    ResourceGroup: _fields("AccountId"),
}
"""Fields that stay and belong to no fact."""


def _item(fact: type) -> dict[str, Shape]:
    return shape_of(fact, _BESIDE_FACTS)


def _page(**items: Shape) -> dict[str, Shape]:
    """A page of a list: what counts and continues it, and its items."""
    return _fields("NextToken", "TotalCount", "PageNumber", "PageSize", "IsTruncated", "Marker", **items)


_POLICIES = _page(Policies={"Policy": [_item(Policy)]})
_VERSION = _fields("VersionId", "IsDefaultVersion", "PolicyDocument", "CreateDate")

# Some services say in the body of a 200 that they failed.
_STATUS: Mapping[str, Shape] = {**dict.fromkeys(CODES, code), **dict.fromkeys(SUCCESS)}

ERROR: Shape = {
    **dict.fromkeys(CODES, word),
    "AccessDeniedDetail": dict.fromkeys(
        ("AuthAction", "AuthPrincipalType", "NoPermissionType", "PolicyType"), word
    ),
}

RESPONSES: Mapping[str, Mapping[str, Any]] = {
    "GetCallerIdentity": _item(CallerIdentity),
    "ListUsers": _page(Users={"User": [_item(User)]}),
    "GetUser": {"User": _item(User)},
    "ListGroups": _page(Groups={"Group": [_item(Group)]}),
    "ListUsersForGroup": _page(Users={"User": [_fields("UserName", "DisplayName", "JoinDate")]}),
    "ListRoles": _page(Roles={"Role": [_item(Role)]}),
    "GetRole": {"Role": _item(Role)},
    "ListPolicies": _POLICIES,
    "ListPoliciesForUser": _POLICIES,
    "ListPoliciesForGroup": _POLICIES,
    "ListPoliciesForRole": _POLICIES,
    "GetPolicy": {"Policy": _item(Policy), "DefaultPolicyVersion": _VERSION},
    "ListPolicyVersions": {"PolicyVersions": {"PolicyVersion": [_VERSION]}},
    "ListPolicyAttachments": _page(PolicyAttachments={"PolicyAttachment": [_item(PolicyAttachment)]}),
    "ListResourceGroups": _page(ResourceGroups={"ResourceGroup": [_item(ResourceGroup)]}),
    "DescribeRegions": {"Regions": [_fields("RegionId", "RegionEndpoint")]},
    "DescribeContainerGroupStatus": _page(Data=[_fields("ContainerGroupId", "Name", "Status")]),
    **{kind.list_action: _page(**{kind.items: [_item(kind.fact)]}) for kind in KINDS.values()},
}
"""What stays of the body of an answer with success, by the action's name."""


def redact(action: str, status: int, body: object) -> object:
    """A response body with only what may stay. `action` is the API action, `status` the HTTP status."""
    return project(body, ERROR if status >= 400 else {**RESPONSES[action], **_STATUS})
