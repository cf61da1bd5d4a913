"""Rows of accounts that are made from the demonstrations: as recorded, and with a part that could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import yaml

from pytest_eci_compliance.audit import AuditRequest, audit, load_configuration
from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.checks.support.case import Case
from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.inventory.facts import GrantGap, Inventory, Unreadable
from pytest_eci_compliance.judge import judge
from pytest_eci_compliance.results import Row
from tests.demo.record import CONFIGURATION, ROOT

DEMONSTRATIONS = ("demo", "demo-drift")
TODAY = date(2026, 4, 2)

_DENIED = Unreadable("ram:ListUsers", "NoPermission", permission="ram:ListUsers")
_BY_CONTROL_POLICY = Unreadable(
    "ram:ListRoles",
    "NoPermission",
    permission="ram:ListRoles",
    denied_by="a control policy of the resource directory",
)
_THROTTLED = Unreadable(
    "ram:GetPolicy", "Throttling.User", subject="ECIAudit", detail="the service answered 429"
)
_PLANNED = Unreadable(
    "resourcemanager:ListPolicyAttachments",
    "NotPlanned",
    subject="alicloud_ram_user.ann",
    detail="name is not in the plan (known after apply)",
)
_NO_REGION = Unreadable(
    "eci:DescribeRegions", "Connection", detail="the connection was refused: example.com:443"
)


@cache
def demonstrations() -> Mapping[str, tuple[Account, Inventory, tuple[Row, ...]]]:
    """The configuration, inventory and rows of each demonstration."""
    request = AuditRequest(DEMONSTRATIONS, CONFIGURATION, "default", "replay", None, ROOT, ROOT)
    loaded = load_configuration(request)
    snapshot = audit(request, loaded)
    return {
        account.name: (loaded.configuration.accounts[account.name], account.inventory, account.rows)
        for account in snapshot.accounts
        if account.inventory is not None
    }


_CONTRADICTING = """
grants: all
service_linked_role: {expect: absent}
virtual_node_role: {expect: present, policy: "1999-01-01"}
default_resource_group: prodution
users:
  - match: ["*", group/platforms]
    policies: [AliyunECIReadOnlyAcces]
    required_policies: [AdministratorAccess]
    required_resource_groups: {production: [AliyunECIFullAccess], nowhere: [ReadOnlyAccess]}
    resource_groups: {test: []}
    console: true
roles:
  - {match: "*", pass_roles: [Other], may_reach: [role/Other], required_policies: [AliyunLogFullAccess]}
instances:
  - {required_tags: {team: "web-*", env: [stage]}, resource_groups: [tets], ram_roles: [Shop]}
  - {resources: {tags: {env: prd}, names: [wbe]}, required_tags: {owner: "?*"}}
image_caches:
  - {required_tags: {team: "?*"}, resource_groups: [nowhere], automatic: ignore}
virtual_nodes:
  - {required_tags: {team: "?*"}, resource_groups: [nowhere]}
system_policies: {AliyunECIFullAccess: "2022-05-11"}
access:
  - {users: "*", cannot: [eci:DeleteContainerGroup, ram:PassRole], name: nobody deletes}
  - {users: "*", cannot: ["eci:Delete*"], paths: direct, name: nobody deletes by itself}
  - {roles: "*", can: [eci:CreateContainerGroup], request: {resource_group: nowhere}, name: roles create}
  - {users: [no.one], cannot: [sts:AssumeRole], name: about nobody}
  - {users: "*", can: [eci:DeleteContainerGroup, eci:UpdateContainerGroup], resources: {tags: {env: test}}, name: all}
waivers:
  - {check: user-console, resource: "a*", reason: old, owner: ann, expires: 2020-01-01}
  - {check: instance-required-tags, resource: "*", reason: new, owner: bob, expires: 2099-01-01}
  - {check: auditor-visibility, resource: "*", reason: x, owner: bob, expires: 2099-01-01}
  - {check: slr-exists, resource: none, reason: x, owner: bob, expires: 2099-01-01}
  - {check: my-own, resource: "*", reason: x, owner: bob, expires: 2099-01-01}
"""

_SLOW = ("access", "role-escalation", "user-escalation", "tag-policy")
"""Checks that take long where much is not known: `sentences.txt` has what they say of it."""


def rows_of_built_accounts() -> Iterator[Row]:
    """The rows of the demonstrations as recorded, with other intents, and with parts that could not be read."""
    for intent, inventory, rows in demonstrations().values():
        yield from rows
        contradicting = {
            "account_id": intent.account_id,
            "regions": intent.regions,
            **yaml.safe_load(_CONTRADICTING),
        }
        yield from judge(Case("built", Account.model_validate(contradicting), inventory, TODAY))
    intent, inventory, _ = demonstrations()["demo-drift"]
    quick = [check for check in CHECKS if check.id not in _SLOW]
    for parts in _unread_parts(inventory):
        yield from judge(Case("built", intent, replace(inventory, **parts), TODAY), quick)


def _unread_parts(inventory: Inventory) -> Iterator[dict[str, Any]]:
    """Parts of an inventory that could not be read, in place of those that were."""
    for part, cause in (
        ("users", _DENIED),
        ("groups", _PLANNED),
        ("roles", _BY_CONTROL_POLICY),
        ("custom_policies", _THROTTLED),
        ("resource_groups", _DENIED),
        ("regions", _NO_REGION),
        ("all_regions", _NO_REGION),
    ):
        yield {part: cause}
    yield {
        "attachments": replace(
            inventory.attachments, gaps=(GrantGap(_PLANNED), GrantGap(_THROTTLED, "account"))
        )
    }
    yield {"role_lookups": dict.fromkeys(inventory.role_lookups, _BY_CONTROL_POLICY)}
    yield {
        "policies": {
            ref: replace(policy, policy_document=_THROTTLED) for ref, policy in inventory.policies.items()
        }
    }
    yield {
        "listings": {
            kind: (replace(listings[0], items=_NO_REGION), *listings[1:])
            for kind, listings in inventory.listings.items()
        }
    }
    yield {"incomplete": (_THROTTLED, _NO_REGION)}
