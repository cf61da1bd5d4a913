"""System policies and service-linked roles, with the content that the documents give."""

from __future__ import annotations

from typing import Any

from .account import Attachment, Policy, Role


def allow(*actions: str, **condition: dict[str, Any]) -> dict[str, Any]:
    """One Allow statement on every resource; `condition` maps operators to keys."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {**statement, "Condition": condition} if condition else statement


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "1", "Statement": list(statements)}


def trust(service: str) -> dict[str, Any]:
    """The trust policy of a role that only `service` may assume."""
    return document({"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [service]}})


def _prefixed(service: str, names: str) -> list[str]:
    return [f"{service}:{name}" for name in names.split()]


# The service-linked roles' policies as documented on 2024-02-06.
_ECS = (
    "CreateNetworkInterfacePermission DeleteNetworkInterfacePermission DescribeNetworkInterfacePermissions"
    " CreateNetworkInterface DescribeNetworkInterfaces AttachNetworkInterface DetachNetworkInterface"
    " DeleteNetworkInterface DescribeSecurityGroups TagResources"
)
_VPC = (
    "DescribeVSwitches DescribeVSwitchAttributes DescribeVpcs AssociateEipAddress UnassociateEipAddress"
    " DescribeEipAddresses AllocateEipAddress ReleaseEipAddress AddCommonBandwidthPackageIp"
    " RemoveCommonBandwidthPackageIp DescribeIpv6Addresses DescribeIpv6Gateways AllocateIpv6InternetBandwidth"
    " TagResources"
)
_CR = (
    "PullRepository GetAuthorizationToken GetRepositoryLayers GetRepositoryManifest GetRepositoryTag"
    " GetRepository ListInstance ListInstanceEndpoint"
)
_LOG = (
    "CreateProject GetProject CreateLogStore GetLogStore CreateMachineGroup CreateConfig GetConfig"
    " ApplyConfigToGroup GetAppliedConfigs CreateIndex TagResources"
)
_VNODE = (
    "CreateContainerGroup CreateContainerGroupFromTemplate UpdateContainerGroup UpdateContainerGroupByTemplate"
    " RestartContainerGroup DeleteContainerGroup DescribeContainerGroups ExportContainerGroupTemplate"
    " ExecContainerCommand CreateImageCache DeleteImageCache UpdateImageCache DescribeImageCaches"
    " DescribeContainerGroupMetric DescribeMultiContainerGroupMetric DescribeContainerLog"
    " DescribeContainerGroupPrice DescribeRegions"
)
_VNODE_ECS = (
    "CreateNetworkInterfacePermission DeleteNetworkInterfacePermission CreateNetworkInterface"
    " DescribeNetworkInterfaces DescribeSecurityGroups"
)

ECI_ROLE_POLICY = document(
    allow(*_prefixed("ecs", _ECS)),
    allow(*_prefixed("vpc", _VPC)),
    allow(*_prefixed("cr", _CR)),
    allow(*_prefixed("log", _LOG)),
    allow("slb:DescribeLoadBalancers", "slb:RemoveBackendServers"),
    allow("ram:DeleteServiceLinkedRole", StringEquals={"ram:ServiceName": "eci.aliyuncs.com"}),
)
VNODE_ROLE_POLICY = document(
    allow(*_prefixed("eci", _VNODE)),
    allow("vpc:DescribeVSwitches", "vpc:DescribeVpcs", "vpc:DescribeEipAddresses"),
    allow(*_prefixed("ecs", _VNODE_ECS)),
    allow("ram:DeleteServiceLinkedRole", StringEquals={"ram:ServiceName": "vnode.eci.aliyuncs.com"}),
)

FULL_ACCESS = document(
    allow("eci:*"),
    allow("ecs:DescribeSecurityGroups"),
    allow("vpc:DescribeVSwitches", "vpc:DescribeVpcs", "vpc:DescribeEipAddresses"),
    allow(
        "ram:CreateServiceLinkedRole",
        StringEquals={"ram:ServiceName": ["eci.aliyuncs.com", "vnode.eci.aliyuncs.com"]},
    ),
)
READ_ONLY_ACCESS = document(
    allow("eci:Describe*", "eci:List*"),
    allow("ecs:DescribeSecurityGroups"),
    allow("vpc:DescribeVSwitches", "vpc:DescribeVpcs"),
)

SYSTEM_POLICIES = tuple(
    Policy(name=name, type="System", document=content, description=description)
    for name, content, description in (
        ("AdministratorAccess", document(allow("*")), "Manages all Alibaba Cloud resources"),
        ("AliyunECIFullAccess", FULL_ACCESS, "Full access to Elastic Container Instance"),
        ("AliyunECIReadOnlyAccess", READ_ONLY_ACCESS, "Read-only access to Elastic Container Instance"),
        ("AliyunRAMReadOnlyAccess", document(allow("ram:Get*", "ram:List*")), "Read-only access to RAM"),
        (
            "AliyunServiceRolePolicyForECI",
            ECI_ROLE_POLICY,
            "The policy of the service-linked role of Elastic Container Instance",
        ),
        (
            "AliyunServiceRolePolicyForECIVnode",
            VNODE_ROLE_POLICY,
            "The policy of the service-linked role of virtual nodes",
        ),
    )
)

ECI_ROLE = Role(
    name="AliyunServiceRoleForECI",
    trust=trust("eci.aliyuncs.com"),
    service_linked="eci.aliyuncs.com",
    description="The service-linked role of Elastic Container Instance",
)
ECI_ROLE_GRANT = Attachment(policy="AliyunServiceRolePolicyForECI", role=ECI_ROLE.name)
VNODE_ROLE = Role(
    name="AliyunServiceRoleForECIVnode",
    trust=trust("vnode.eci.aliyuncs.com"),
    service_linked="vnode.eci.aliyuncs.com",
    description="The service-linked role of virtual nodes",
)
VNODE_ROLE_GRANT = Attachment(policy="AliyunServiceRolePolicyForECIVnode", role=VNODE_ROLE.name)
