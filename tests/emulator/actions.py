"""Every API action of the four services: what is served, and what a read-only tool must never call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from . import eci, ram, resourcemanager, sts
from .request import Request

Paging = Literal["marker", "token", "pages", "none"]

VERSIONS = {"ram": "2015-05-01", "eci": "2018-08-08", "resourcemanager": "2020-03-31", "sts": "2015-04-01"}
SERVICES = {version: service for service, version in VERSIONS.items()}


@dataclass(frozen=True)
class Action:
    """An action that is served.

    `permission` is the RAM action that the caller needs on `resource`, the path of an ARN (parameters are
    filled in); ECI's handlers ask for themselves, since a denied ECI query answers with an empty result.
    `payload` is the path to the list, or the object, that is asked for; `paging` says how a list goes on.
    """

    service: str
    name: str
    handler: Callable[..., dict[str, Any]]
    payload: tuple[str, ...]
    paging: Paging = "none"
    permission: str = ""
    resource: str = "*"

    @property
    def id(self) -> str:
        return f"{self.service}:{self.name}"

    @property
    def parameter(self) -> str:
        """The request parameter that names the next page."""
        return {"marker": "Marker", "token": "NextToken", "pages": "PageNumber", "none": ""}[self.paging]

    @property
    def counted(self) -> bool:
        """Whether answers carry a TotalCount."""
        return self.paging == "pages" or (self.paging == "token" and self.name != "ListTagResources")


def _ram(
    name: str,
    handler: Callable[[Request], dict[str, Any]],
    payload: str,
    paging: Paging = "none",
    resource: str = "*",
) -> Action:
    return Action("ram", name, handler, tuple(payload.split(".")), paging, f"ram:{name}", resource)


def _eci(
    name: str, handler: Callable[[Request], dict[str, Any]], payload: str, paging: Paging = "token"
) -> Action:
    return Action("eci", name, handler, (payload,), paging)


def _rm(
    name: str, handler: Callable[[Request], dict[str, Any]], payload: str, paging: Paging, resource: str
) -> Action:
    return Action(
        "resourcemanager", name, handler, tuple(payload.split(".")), paging, f"ram:{name}", resource
    )


SERVED: Mapping[str, Action] = {
    action.id: action
    for action in (
        Action("sts", "GetCallerIdentity", sts.get_caller_identity, ("AccountId",)),
        Action("sts", "AssumeRole", sts.assume_role, ("Credentials",)),
        _ram("ListUsers", ram.list_users, "Users.User", "marker", "user/*"),
        _ram("GetUser", ram.get_user, "User", resource="user/{UserName}"),
        _ram("ListGroups", ram.list_groups, "Groups.Group", "marker", "group/*"),
        _ram("ListUsersForGroup", ram.list_users_for_group, "Users.User", "marker", "group/{GroupName}"),
        _ram("ListGroupsForUser", ram.list_groups_for_user, "Groups.Group", resource="user/{UserName}"),
        _ram("ListRoles", ram.list_roles, "Roles.Role", "marker", "role/*"),
        _ram("GetRole", ram.get_role, "Role", resource="role/{RoleName}"),
        _ram("ListPolicies", ram.list_policies, "Policies.Policy", "marker", "policy/*"),
        _ram("GetPolicy", ram.get_policy, "DefaultPolicyVersion", resource="policy/{PolicyName}"),
        _ram("GetPolicyVersion", ram.get_policy_version, "PolicyVersion", resource="policy/{PolicyName}"),
        _ram(
            "ListPoliciesForUser", ram.list_policies_for_user, "Policies.Policy", resource="user/{UserName}"
        ),
        _ram(
            "ListPoliciesForGroup",
            ram.list_policies_for_group,
            "Policies.Policy",
            resource="group/{GroupName}",
        ),
        _ram(
            "ListPoliciesForRole", ram.list_policies_for_role, "Policies.Policy", resource="role/{RoleName}"
        ),
        _ram(
            "ListEntitiesForPolicy",
            ram.list_entities_for_policy,
            "Users.User",
            resource="policy/{PolicyName}",
        ),
        _ram("ListAccessKeys", ram.list_access_keys, "AccessKeys.AccessKey", resource="user/{UserName}"),
        _ram("GetLoginProfile", ram.get_login_profile, "LoginProfile", resource="user/{UserName}"),
        _ram("GetPasswordPolicy", ram.get_password_policy, "PasswordPolicy"),
        _ram("ListVirtualMFADevices", ram.list_virtual_mfa_devices, "VirtualMFADevices.VirtualMFADevice"),
        _ram("GetAccountAlias", ram.get_account_alias, "AccountAlias"),
        _rm(
            "ListPolicyAttachments",
            resourcemanager.list_policy_attachments,
            "PolicyAttachments.PolicyAttachment",
            "pages",
            "*",
        ),
        _rm(
            "ListResourceGroups",
            resourcemanager.list_resource_groups,
            "ResourceGroups.ResourceGroup",
            "pages",
            "resourcegroup/*",
        ),
        _rm(
            "GetServiceLinkedRoleDeletionStatus",
            resourcemanager.get_service_linked_role_deletion_status,
            "Status",
            "none",
            "role/*",
        ),
        _eci("DescribeRegions", eci.describe_regions, "Regions", "none"),
        _eci("DescribeContainerGroups", eci.describe_container_groups, "ContainerGroups"),
        _eci("DescribeContainerGroupStatus", eci.describe_container_group_status, "Data"),
        _eci("DescribeImageCaches", eci.describe_image_caches, "ImageCaches"),
        _eci("DescribeVirtualNodes", eci.describe_virtual_nodes, "VirtualNodes"),
        _eci("ListTagResources", eci.list_tag_resources, "TagResources"),
        _eci("ListUsage", eci.list_usage, "Attributes", "none"),
    )
}

# The other actions of the services' published APIs: known, not served.
_KNOWN = {
    "ram": """
        AddUserToGroup AttachPolicyToGroup AttachPolicyToRole AttachPolicyToUser BindMFADevice
        ChangePassword ClearAccountAlias CreateAccessKey CreateGroup CreateLoginProfile CreatePolicy
        CreatePolicyVersion CreateRole CreateServiceLinkedRole CreateUser CreateVirtualMFADevice
        DecodeDiagnosticMessage DeleteAccessKey DeleteGroup DeleteLoginProfile DeletePolicy
        DeletePolicyVersion DeleteRole DeleteServiceLinkedRole DeleteUser DeleteVirtualMFADevice
        DetachPolicyFromGroup DetachPolicyFromRole DetachPolicyFromUser GetAccessKeyLastUsed
        GetGroup GetLoginProfile GetPasswordPolicy GetSecurityPreference
        GetServiceLinkedRoleTemplate GetUserMFAInfo ListAccessKeys ListPolicyVersions
        ListTagResources ListVirtualMFADevices RemoveUserFromGroup SetAccountAlias
        SetDefaultPolicyVersion SetPasswordPolicy SetSecurityPreference TagResources UnbindMFADevice
        UntagResources UpdateAccessKey UpdateGroup UpdateLoginProfile UpdatePolicyDescription
        UpdateRole UpdateUser""",
    "eci": """
        CommitContainer CopyDataCache CreateContainerGroup CreateDataCache CreateImageCache
        CreateInstanceOpsTask CreateVirtualNode DeleteContainerGroup DeleteDataCache
        DeleteImageCache DeleteVirtualNode DescribeAvailableResource DescribeCommitContainerTask
        DescribeContainerGroupEvents DescribeContainerGroupMetric DescribeContainerGroupPrice
        DescribeContainerLog DescribeDataCaches DescribeInstanceOpsRecords
        DescribeMultiContainerGroupMetric ExecContainerCommand ResizeContainerGroupVolume
        RestartContainerGroup TagResources UntagResources UpdateContainerGroup UpdateDataCache
        UpdateImageCache UpdateVirtualNode""",
    "resourcemanager": """
        AttachPolicy CreatePolicy CreatePolicyVersion CreateResourceGroup CreateRole
        CreateServiceLinkedRole DeletePolicy DeletePolicyVersion DeleteResourceGroup DeleteRole
        DeleteServiceLinkedRole DetachPolicy GetControlPolicy GetControlPolicyEnablementStatus
        GetPolicy GetPolicyVersion GetResourceDirectory GetResourceGroup GetRole ListAccounts
        ListControlPolicies ListPolicies ListPolicyVersions ListResources ListRoles ListTagResources
        MoveResources SetDefaultPolicyVersion TagResources UntagResources UpdateResourceGroup
        UpdateRole""",
    "sts": "AssumeRoleWithOIDC AssumeRoleWithSAML",
}
KNOWN = {f"{service}:{name}" for service, names in _KNOWN.items() for name in names.split()} | set(SERVED)

READ_PREFIXES = ("Get", "List", "Describe", "Decode", "AssumeRole")


def is_write(action_id: str) -> bool:
    """Whether a known action changes something (or runs a command)."""
    return not action_id.partition(":")[2].startswith(READ_PREFIXES)
