"""A small account to ask the evaluator about: one user, some policies, a few resources."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_eci_compliance.inventory.facts import (
    Attachments,
    CallerIdentity,
    ContainerGroup,
    GrantGap,
    Group,
    ImageCache,
    Inventory,
    Listing,
    Policy,
    PolicyAttachment,
    PolicyRef,
    ResourceGroup,
    Role,
    Tag,
    Tags,
    Unreadable,
    User,
    VirtualNode,
)
from pytest_eci_compliance.policy.evaluator import Access, Decision

UID = "1098765432109876"
REGION = "cn-hangzhou"
PROD, TEST, DEFAULT = "rg-production", "rg-test", "rg-default"
USER = "user0010"

READ_ONLY = {
    "Version": "1",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "eci:Describe*",
                "eci:List*",
                "ecs:DescribeSecurityGroups",
                "vpc:DescribeVSwitches",
                "vpc:DescribeVpcs",
            ],
            "Resource": "*",
        }
    ],
}
SLR = {
    "Effect": "Allow",
    "Action": "ram:CreateServiceLinkedRole",
    "Resource": "*",
    "Condition": {"StringEquals": {"ram:ServiceName": ["eci.aliyuncs.com", "vnode.eci.aliyuncs.com"]}},
}
NETWORK = {
    "Effect": "Allow",
    "Action": [
        "ecs:DescribeSecurityGroups",
        "vpc:DescribeVSwitches",
        "vpc:DescribeVpcs",
        "vpc:DescribeEipAddresses",
    ],
    "Resource": "*",
}
FULL = {
    "Version": "1",
    "Statement": [{"Effect": "Allow", "Action": "eci:*", "Resource": "*"}, NETWORK, SLR],
}


def worked_policy(value: str = "test") -> dict[str, Any]:
    """The worked policy of section 4, for env:<value>."""

    def on(key: str) -> dict[str, Any]:
        return {"StringEquals": {f"acs:{key}/env": value}}

    return {
        "Version": "1",
        "Statement": [
            allow("eci:Create*", Condition=on("RequestTag")),
            allow("eci:*", Condition=on("ResourceTag")),
            allow("eci:Describe*", Condition=on("RequestTag")),
            NETWORK,
            SLR,
        ],
    }


def statement(effect: str, action: object, resource: object = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def allow(action: object, resource: object = "*", **more: Any) -> dict[str, Any]:
    return statement("Allow", action, resource, **more)


def deny(action: object, resource: object = "*", **more: Any) -> dict[str, Any]:
    return statement("Deny", action, resource, **more)


def document(*statements: object) -> dict[str, Any]:
    return {"Version": "1", "Statement": list(statements)}


def instance(id_: str, group: str = DEFAULT, region: str = REGION, **tags: str) -> ContainerGroup:
    return ContainerGroup(
        id_,
        region_id=region,
        resource_group_id=group,
        tags=Tags(Tag(key, value) for key, value in tags.items()),
    )


def image_cache(id_: str, group: str = DEFAULT, **tags: str) -> ImageCache:
    return ImageCache(
        id_,
        region_id=REGION,
        resource_group_id=group,
        tags=Tags(Tag(key, value) for key, value in tags.items()),
    )


TAGGED = instance("eci-test", env="test")
OTHER = instance("eci-prod", env="prod")
UNTAGGED = instance("eci-none")
IN_PROD = instance("eci-in-production", PROD)
IN_TEST = instance("eci-in-test", TEST)
UNGROUPED = instance("eci-ungrouped", "")
CACHE = image_cache("imc-test", env="test")

Document = Mapping[str, object] | str | Unreadable
Held = tuple[Document, str | None] | Document


def account(
    *held: Held,
    gaps: Iterable[GrantGap] = (),
    resource_groups: tuple[ResourceGroup, ...] | Unreadable | None = None,
    through: str | None = None,
    users: tuple[str, ...] = (USER,),
    roles: tuple[str, ...] = ("ECIRamRoleTest",),
) -> Inventory:
    """An account whose first user holds these documents: alone, or as (document, resource group).

    With `through`, the user holds them as a member of the group of that name.
    """
    policies, attached = {}, []
    for number, item in enumerate(held, 1):
        text, scope = item if isinstance(item, tuple) else (item, None)
        ref = PolicyRef("Custom", f"policy{number}")
        if not isinstance(text, (str, Unreadable)):
            text = json.dumps(text)
        policies[ref] = Policy(*ref, policy_document=text)
        kind, name = ("IMSGroup", through) if through else ("IMSUser", users[0])
        attached.append(PolicyAttachment(*ref, kind, name, scope))  # type: ignore[arg-type]
    groups = (Group(through, members=(users[0],)),) if through else ()
    instances = (TAGGED, OTHER, UNTAGGED, IN_PROD, IN_TEST, UNGROUPED)
    return Inventory(
        account_id=UID,
        identity=CallerIdentity(UID, "Account", f"acs:ram::{UID}:root"),
        regions=(REGION, "cn-beijing"),
        users=tuple(User(user) for user in users),
        groups=groups,
        roles=tuple(Role(role) for role in roles),
        attachments=Attachments(tuple(attached), tuple(gaps)),
        policies=policies,
        resource_groups=resource_groups
        if resource_groups is not None
        else (
            ResourceGroup(DEFAULT, "default"),
            ResourceGroup(PROD, "production"),
            ResourceGroup(TEST, "test"),
        ),
        listings={
            "instance": (Listing(REGION, instances, 1), Listing("cn-beijing", (), 1)),
            "image_cache": (Listing(REGION, (CACHE,), 1),),
            "virtual_node": (Listing(REGION, (VirtualNode("vnd-1", region_id=REGION),), 1),),
        },
    )


def access(*held: Held, **more: Any) -> Access:
    return Access(account(*held, **more))


def decide(*held: Held, action: str, **call: Any) -> Decision:
    """What the user who holds these documents is told."""
    return access(*held).decide(USER, action, **call)
