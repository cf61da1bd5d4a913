"""Every API action of the four services: what is served, and what a read-only tool must never call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

from . import computing, eci, eci_writes, policy_writes, ram, ram_writes, resourcemanager, sts
from .request import Request

Paging = Literal["marker", "token", "pages", "none"]

VERSIONS = {"ram": "2015-05-01", "eci": "2018-08-08", "resourcemanager": "2020-03-31", "sts": "2015-04-01"}
OTHER_VERSIONS = {
    "ecs": "2014-05-26",
    "tag": "2018-08-28",
    "fc": "2023-03-30",
    "ros": "2019-09-10",
    "oos": "2019-06-01",
}
"""Services that only a writable emulator serves."""
SERVICES = {version: service for service, version in {**VERSIONS, **OTHER_VERSIONS}.items()}


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
        _ram(
            "ListPolicyVersions",
            ram.list_policy_versions,
            "PolicyVersions.PolicyVersion",
            resource="policy/{PolicyName}",
        ),
        _ram("GetPolicyVersion", ram.get_policy_version, "PolicyVersion", resource="policy/{PolicyName}"),
        _ram(
            "ListPolicyVersions",
            ram.list_policy_versions,
            "PolicyVersions.PolicyVersion",
            resource="policy/{PolicyName}",
        ),
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


def _writes(
    service: str, *handlers: Callable[[Request], dict[str, Any]], prefix: str = ""
) -> Iterator[tuple[str, Action]]:
    """Writing actions by their ids. The name of an action is that of its handler, in CamelCase."""
    for handler in handlers:
        words = handler.__name__.removeprefix(prefix).split("_")
        name = "".join(word.capitalize() for word in words)
        yield f"{service}:{name}", Action(service, name, handler, ())


WRITES: Mapping[str, Action] = dict(
    chain(
        _writes(
            "ram",
            ram_writes.create_access_key,
            ram_writes.create_login_profile,
            ram_writes.update_login_profile,
            ram_writes.create_user,
            ram_writes.create_role,
            ram_writes.update_role,
            ram_writes.add_user_to_group,
            ram_writes.remove_user_from_group,
            policy_writes.create_policy,
            policy_writes.create_policy_version,
            policy_writes.set_default_policy_version,
            policy_writes.attach_policy_to_user,
            policy_writes.attach_policy_to_group,
            policy_writes.attach_policy_to_role,
            policy_writes.detach_policy_from_user,
            policy_writes.detach_policy_from_group,
            policy_writes.detach_policy_from_role,
        ),
        _writes(
            "resourcemanager",
            policy_writes.manager_attach_policy,
            policy_writes.manager_detach_policy,
            eci_writes.move_resources,
            prefix="manager_",
        ),
        _writes(
            "eci",
            eci_writes.create_container_group,
            eci_writes.update_container_group,
            eci_writes.delete_container_group,
            eci_writes.restart_container_group,
            eci_writes.exec_container_command,
            eci_writes.run_command,
            eci_writes.tag_resources,
            eci_writes.untag_resources,
        ),
        _writes(
            "tag", eci_writes.service_tag_resources, eci_writes.service_untag_resources, prefix="service_"
        ),
        _writes("ecs", computing.run_instances, computing.attach_instance_ram_role, computing.run_command),
        _writes("fc", computing.create_function, computing.update_function),
        _writes("ros", computing.create_stack, computing.update_stack),
        _writes("oos", computing.start_execution),
    )
)
"""What a writable emulator executes; a plain one refuses all of it. Each handler authorises the call itself."""

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
        GetServiceLinkedRoleTemplate GetUserMFAInfo ListAccessKeys
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
