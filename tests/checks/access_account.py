"""An account to ask about: grants as (user or group/NAME or role/NAME, document, resource group)."""

from __future__ import annotations

import json
from typing import Any

from pytest_eci_compliance.inventory.facts import (
    Attachments,
    ContainerGroup,
    Group,
    Policy,
    PolicyAttachment,
    PolicyRef,
    PrincipalType,
    ResourceGroup,
    Role,
    Tag,
    Tags,
    Unreadable,
    User,
)
from pytest_eci_compliance.results import Row

ACCOUNT = "1098765432109876"
REGION = "cn-hangzhou"
DENIED = Unreadable("ram:GetPolicy", "NoPermission", permission="ram:GetPolicy")


def document(*statements: object) -> str:
    return json.dumps({"Version": "1", "Statement": statements})


def allow(action: object, resource: object = "*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def on(key: str, value: object) -> dict[str, Any]:
    return {"StringEquals": {key: value}}


WORKED = document(
    allow("eci:Create*", Condition=on("acs:RequestTag/env", "test")),
    allow("eci:*", Condition=on("acs:ResourceTag/env", "test")),
    allow("eci:Describe*", Condition=on("acs:RequestTag/env", "test")),
)
FULL = document(allow("eci:*"))
READ = document(allow(["eci:Describe*", "eci:List*"]))


def instance(id_: str, group: str = "rg-default", **tags: str) -> ContainerGroup:
    return ContainerGroup(
        id_, region_id=REGION, resource_group_id=group, tags=Tags(Tag(*tag) for tag in tags.items())
    )


def account(*grants: tuple[str, str | Unreadable, str | None], **more: Any) -> dict[str, Any]:
    """Grants as (user or group/NAME or role/NAME, document, resource group)."""
    policies, attached = {}, []
    for n, (principal, text, scope) in enumerate(grants):
        ref = PolicyRef("Custom", f"p{n}")
        policies[ref] = Policy(*ref, policy_document=text)
        kind, _, name = principal.rpartition("/")
        types: dict[str, PrincipalType] = {"": "IMSUser", "group": "IMSGroup", "role": "ServiceRole"}
        attached.append(PolicyAttachment(*ref, types[kind], name, scope))
    return {
        "users": (User("ann"), User("bob"), User("ops-1")),
        "groups": (Group("dev", members=("bob",)),),
        "roles": (Role("ECIRamRoleTest"), Role("Admin")),
        "resource_groups": (
            ResourceGroup("rg-default", "default"),
            ResourceGroup("rg-prod", "production"),
            ResourceGroup("rg-test", "test"),
        ),
        "attachments": Attachments(tuple(attached)),
        "policies": policies,
        "instances": (
            instance("eci-t", env="test"),
            instance("eci-p", env="prod"),
            instance("eci-g", "rg-prod", env="stage"),
        ),
        **more,
    }


def outcomes(rows: list[Row]) -> dict[str, str]:
    return {row.resource.id: row.outcome for row in rows}
