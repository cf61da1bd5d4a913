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


_ECS = (
    "CreateNetworkInterfacePermission DeleteNetworkInterfacePermission CreateNetworkInterface"
    " DescribeNetworkInterfaces AttachNetworkInterface DetachNetworkInterface DeleteNetworkInterface"
    " DescribeSecurityGroups"
)
_VPC = (
    "DescribeVSwitches DescribeVpcs AssociateEipAddress UnassociateEipAddress DescribeEipAddresses"
    " AllocateEipAddress ReleaseEipAddress AddCommonBandwidthPackageIp RemoveCommonBandwidthPackageIp"
    " TagResources"
)
_LOG = (
    "CreateProject GetProject CreateLogStore GetLogStore CreateMachineGroup CreateConfig GetConfig"
    " ApplyConfigToGroup GetAppliedConfigs CreateIndex TagResources"
)


def _service_linked(service: str) -> dict[str, Any]:
    return document(
        allow(*_prefixed("ecs", _ECS)),
        allow(*_prefixed("vpc", _VPC)),
        allow("cr:Get*", "cr:List*", "cr:PullRepository"),
        allow(*_prefixed("log", _LOG)),
        allow("slb:DescribeLoadBalancers", "slb:RemoveBackendServers"),
        allow("ram:DeleteServiceLinkedRole", StringEquals={"ram:ServiceName": service}),
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
            _service_linked("eci.aliyuncs.com"),
            "The policy of the service-linked role of Elastic Container Instance",
        ),
        (
            "AliyunServiceRolePolicyForECIVnode",
            _service_linked("vnode.eci.aliyuncs.com"),
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
