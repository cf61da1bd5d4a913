"""Plans laid over an inventory in this process: no request, no server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from pytest_eci_compliance.change.apply import Laid, LayContext, lay
from pytest_eci_compliance.change.judging import load_changes
from pytest_eci_compliance.change.overlay_fitting import fitted
from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.checks.support.case import Case
from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.inventory.facts import (
    Attachments,
    CallerIdentity,
    ContainerGroup,
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
from pytest_eci_compliance.judge import judge
from pytest_eci_compliance.results import Row

ACCOUNT_ID = "1098765432109876"
HERE = Path(__file__).parent
ALLOW = '{"Version":"1","Statement":[{"Effect":"Allow","Action":["eci:*"],"Resource":["*"]}]}'
OTHER = '{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:Get*"],"Resource":["*"]}]}'
TRUST = (
    '{"Version":"1","Statement":[{"Action":"sts:AssumeRole","Effect":"Allow",'
    '"Principal":{"Service":["ecs.aliyuncs.com"]}}]}'
)
ROLE = Role("app", assume_role_policy_document=TRUST)


def inventory(**more: Any) -> Inventory:
    """A small account: two users, two groups, a role, a policy, three grants, and one resource of each kind."""
    grants = (
        PolicyAttachment("Custom", "P", "IMSUser", "ann"),
        PolicyAttachment("System", "AliyunECIFullAccess", "IMSGroup", "ops"),
        PolicyAttachment("Custom", "P", "ServiceRole", "app", "rg-1"),
    )
    instance = ContainerGroup(
        "eci-1",
        "web",
        "cn-hangzhou",
        resource_group_id="rg-1",
        ram_role_name="app",
        tags=Tags([Tag("env", "prod")]),
    )
    facts: dict[str, Any] = {
        "account_id": ACCOUNT_ID,
        "identity": CallerIdentity(ACCOUNT_ID, "RAMUser", f"acs:ram::{ACCOUNT_ID}:user/auditor"),
        "regions": ("cn-hangzhou", "cn-beijing"),
        "users": (User("ann", "2001"), User("ben", "2002")),
        "groups": (Group("dev"), Group("ops", members=("ann", "ben"))),
        "roles": (Role("app"),),
        "role_lookups": {"app": ROLE},
        "attachments": Attachments(grants),
        "policies": {
            PolicyRef("Custom", "P"): Policy("Custom", "P", policy_document=OTHER),
            PolicyRef("System", "AliyunECIFullAccess"): Policy(
                "System", "AliyunECIFullAccess", policy_document=ALLOW
            ),
        },
        "custom_policies": (PolicyRef("Custom", "P"),),
        "resource_groups": (ResourceGroup("rg-1", "prod"), ResourceGroup("rg-default", "default")),
        "listings": {
            "instance": (Listing("cn-beijing", ()), Listing("cn-hangzhou", (instance,))),
            "image_cache": (
                Listing("cn-beijing", ()),
                Listing("cn-hangzhou", (ImageCache("imc-1", "c", "cn-hangzhou", resource_group_id="rg-1"),)),
            ),
            "virtual_node": (
                Listing("cn-beijing", ()),
                Listing("cn-hangzhou", (VirtualNode("vnd-1", "n", "cn-hangzhou", resource_group_id="rg-1"),)),
            ),
        },
    }
    return replace(Inventory(**facts), **more)


def laid(
    folder: Path, *plans: Mapping[str, Any] | str, over: Inventory | None = None, **context: Any
) -> Laid:
    """Plans (mappings) and overlays (YAML texts), laid over an inventory one after the other."""
    paths = []
    for number, plan in enumerate(plans):
        path = folder / f"plan{number}.{'yaml' if isinstance(plan, str) else 'json'}"
        path.write_text(plan if isinstance(plan, str) else json.dumps(plan), encoding="utf-8")
        paths.append(path)
    base = over if over is not None else inventory()
    sets = load_changes(paths, {"prod": ACCOUNT_ID})["prod"]
    return lay(
        base, [fitted(change_set, base) for change_set in sets], LayContext("2026-03-02T02:00:00Z", **context)
    )


def held(inventory: Inventory) -> set[tuple[str, str, str | None]]:
    """Who has which policy where: `user:ann`, `Custom/P`, the group's id."""
    kinds = {"IMSUser": "user", "IMSGroup": "group", "ServiceRole": "role"}
    return {
        (
            f"{kinds[attachment.principal_type]}:{attachment.principal_name}",
            str(attachment.ref),
            attachment.resource_group_id,
        )
        for attachment in inventory.attachments.items
    }


def members(inventory: Inventory, group: str) -> tuple[str, ...] | Unreadable:
    assert isinstance(inventory.groups, tuple)
    return next(listed.members for listed in inventory.groups if listed.group_name == group)


def instances(inventory: Inventory) -> dict[str, ContainerGroup]:
    return {
        instance.id: instance
        for instance in inventory.resources("instance")
        if isinstance(instance, ContainerGroup)
    }


def kinds(laid: Laid) -> list[str]:
    """The kinds of notes, in their order."""
    return [note.kind for note in laid.notes]


def judged(laid: Laid, check: str, **intent: Any) -> dict[str, Row]:
    """The rows of a check on a planned account, by the id of their resource."""
    account = Account.model_validate({"account_id": ACCOUNT_ID, **intent})
    case = Case("prod", account, laid.inventory, date(2026, 3, 2))
    rows = judge(case, [rule for rule in CHECKS if rule.id in (check, "waiver")])
    return {row.resource.id: row for row in rows if row.check == check}
