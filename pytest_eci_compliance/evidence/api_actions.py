"""The read list: every API action that may leave the process, as data.

`caller.Caller` refuses any other action; `--eci-audit-policy` prints the permissions of this list.
Quotas are the published ones (ECI, RAM and STS quota pages); where none is published, a modest one is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ..inventory.facts import Kind
from ..inventory.kinds import KINDS

Service: TypeAlias = Literal["sts", "ram", "resourcemanager", "eci"]

VERSIONS: dict[Service, str] = {
    "sts": "2015-04-01",
    "ram": "2015-05-01",
    "resourcemanager": "2020-03-31",
    "eci": "2018-08-08",
}


@dataclass(frozen=True)
class Action:
    """An API action of the read list.

    `permission` is the RAM action that allows it (RAM's code for ResourceManager's resource-group APIs is
    `ram`), `items` the path to the list in the response body, `key` the field that identifies an item, `quota`
    the published flow control as (calls, seconds), `fallback` marks actions that the sweep needs only where
    others fail, `on_request` one that is made only where the configuration asks for it. Where
    `absence_is_an_answer`, "there is no such entity" is one. `as_needed` marks one that is made only where the grants
    of the account ask for it, and of which a denial is told apart from an empty answer.
    """

    service: Service
    name: str
    permission: str
    items: tuple[str, ...] = ()
    key: str = ""
    quota: tuple[int, float] = (100, 1.0)
    fallback: bool = False
    on_request: bool = False
    absence_is_an_answer: bool = False
    as_needed: bool = False

    @property
    def call(self) -> str:
        """The action as `service:Action`."""
        return f"{self.service}:{self.name}"


def _ram(name: str, items: tuple[str, ...] = (), key: str = "", *, fallback: bool = False) -> Action:
    return Action("ram", name, f"ram:{name}", items, key, fallback=fallback)


def _of_one(name: str, items: tuple[str, ...] = (), key: str = "", *, fallback: bool = False) -> Action:
    """An action on one user, group, role or policy, which may be gone by now."""
    return replace(_ram(name, items, key, fallback=fallback), absence_is_an_answer=True)


def _eci(name: str, items: str, key: str, quota: int = 2000) -> Action:
    return Action("eci", name, f"eci:{name}", (items,), key, quota=(quota, 60.0))


GET_CALLER_IDENTITY = Action("sts", "GetCallerIdentity", "sts:GetCallerIdentity")
ASSUME_ROLE = Action("sts", "AssumeRole", "sts:AssumeRole", on_request=True)

LIST_USERS = _ram("ListUsers", ("Users", "User"), "UserName")
LIST_GROUPS = _ram("ListGroups", ("Groups", "Group"), "GroupName")
LIST_USERS_FOR_GROUP = _of_one("ListUsersForGroup", ("Users", "User"), "UserName")
LIST_ROLES = _ram("ListRoles", ("Roles", "Role"), "RoleName")
GET_ROLE = _of_one("GetRole")
LIST_POLICIES = _ram("ListPolicies", ("Policies", "Policy"), "PolicyName")
GET_POLICY = _of_one("GetPolicy")
LIST_POLICY_VERSIONS = replace(
    _of_one("ListPolicyVersions", ("PolicyVersions", "PolicyVersion"), "VersionId"), as_needed=True
)
GET_USER = _of_one("GetUser", fallback=True)
LIST_POLICIES_FOR_USER = _of_one("ListPoliciesForUser", ("Policies", "Policy"), "PolicyName", fallback=True)
LIST_POLICIES_FOR_GROUP = _of_one("ListPoliciesForGroup", ("Policies", "Policy"), "PolicyName", fallback=True)
LIST_POLICIES_FOR_ROLE = _of_one("ListPoliciesForRole", ("Policies", "Policy"), "PolicyName", fallback=True)

LIST_POLICY_ATTACHMENTS = Action(
    "resourcemanager",
    "ListPolicyAttachments",
    "ram:ListPolicyAttachments",
    ("PolicyAttachments", "PolicyAttachment"),
    "PrincipalName",
)
LIST_RESOURCE_GROUPS = Action(
    "resourcemanager",
    "ListResourceGroups",
    "ram:ListResourceGroups",
    ("ResourceGroups", "ResourceGroup"),
    "Id",
)

DESCRIBE_REGIONS = _eci("DescribeRegions", "Regions", "RegionId", 10000)
LISTS: dict[Kind, Action] = {
    name: _eci(kind.list_action, kind.items, kind.key) for name, kind in KINDS.items()
}
"""The action that describes the resources of each kind."""
DESCRIBE_CONTAINER_GROUPS = LISTS["instance"]
DESCRIBE_CONTAINER_GROUP_STATUS = _eci("DescribeContainerGroupStatus", "Data", "ContainerGroupId", 10000)

READ_LIST: tuple[Action, ...] = (
    GET_CALLER_IDENTITY,
    LIST_USERS,
    LIST_GROUPS,
    LIST_USERS_FOR_GROUP,
    LIST_ROLES,
    GET_ROLE,
    LIST_POLICIES,
    GET_POLICY,
    LIST_POLICY_VERSIONS,
    LIST_POLICY_ATTACHMENTS,
    LIST_RESOURCE_GROUPS,
    DESCRIBE_REGIONS,
    DESCRIBE_CONTAINER_GROUPS,
    DESCRIBE_CONTAINER_GROUP_STATUS,
    *(action for kind, action in LISTS.items() if kind != "instance"),
    GET_USER,
    LIST_POLICIES_FOR_USER,
    LIST_POLICIES_FOR_GROUP,
    LIST_POLICIES_FOR_ROLE,
)
