"""A failure for a further reason is new with the plan, also where the message leaves the reason out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pytest_eci_compliance.change.apply import LayContext, lay
from pytest_eci_compliance.change.effect import compare_rows
from pytest_eci_compliance.change.judging import verdicts
from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.checks.support.case import Case
from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.inventory.facts import (
    Attachments,
    ContainerGroup,
    Inventory,
    Listing,
    Policy,
    PolicyAttachment,
    PolicyRef,
    Role,
    Tag,
    Tags,
)
from pytest_eci_compliance.judge import judge
from pytest_eci_compliance.results import NEW_WITH_PLAN as NEW
from pytest_eci_compliance.results import Cause, EscalationPath, PathStep, Reason, Resource, Row
from tests.change.planned_rows import ACCOUNT_ID, ALLOW, inventory

FULL = PolicyRef("System", "AliyunECIFullAccess")


def marks(check: str, before: Inventory, after: Inventory, **intent: Any) -> dict[str, str | None]:
    """The effect on each open row of a check, where nothing of the plan is known but the two inventories."""
    account = Account.model_validate({"account_id": ACCOUNT_ID, **intent})
    checks = [known for known in CHECKS if known.id == check]
    was, now = (
        judge(Case("prod", account, inventory, date(2026, 3, 2)), checks) for inventory in (before, after)
    )
    marked, _ = compare_rows(was, now, lay(before, (), LayContext()), before)
    rows = (row for row in marked if row.outcome in ("failed", "unknown") and row.resource.id != "*")
    return {row.resource.id: row.plan for row in rows}


def with_instances(*ids: str, **of_all: Any) -> Inventory:
    instances = tuple(
        ContainerGroup(id_, id_, "cn-hangzhou", resource_group_id="rg-1", tags=Tags([Tag("env", "prod")]))
        for id_ in ids
    )
    base = inventory()
    listings = {**base.listings, "instance": (Listing("cn-hangzhou", instances),)}
    return replace(base, listings=listings, **of_all)


def document(*statements: str) -> str:
    return '{"Version":"1","Statement":[' + ",".join(statements) + "]}"


def statement(actions: str, resources: str = "*") -> str:
    return f'{{"Effect":"Allow","Action":{actions},"Resource":"{resources}"}}'


@pytest.mark.parametrize("paths", ["any", "direct"])
def test_another_resource_of_the_same_call(paths: str) -> None:
    access = [{"users": "*", "cannot": ["eci:DeleteContainerGroup"], "resources": {}, "paths": paths}]
    three = with_instances("eci-a", "eci-b", "eci-c", "eci-d")
    other = with_instances("eci-a", "eci-b", "eci-c", "eci-e")
    fewer = with_instances("eci-a", "eci-b", "eci-d")

    assert set(marks("access", three, other, access=access).values()) == {NEW}
    assert set(marks("access", three, three, access=access).values()) == {None}
    assert set(marks("access", three, fewer, access=access).values()) == {None}


@pytest.mark.parametrize("paths", ["any", "direct"])
def test_another_call_that_is_not_named(paths: str) -> None:
    """Three calls are named; which the fourth is shows in the reasons alone."""
    names = [f"eci:{name}ContainerGroup" for name in ("Create", "Delete", "Restart", "Update", "Resize")]
    access = [{"users": "ann", "cannot": names, "resources": {}, "request": {}, "paths": paths}]

    def allowing(*chosen: str) -> Inventory:
        text = document(statement(str(list(chosen)).replace("'", '"')))
        policies = {PolicyRef("Custom", "P"): Policy("Custom", "P", policy_document=text)}
        grants = Attachments((PolicyAttachment("Custom", "P", "IMSUser", "ann"),))
        return replace(inventory(), policies=policies, attachments=grants)

    before, after = allowing(*names[:4]), allowing(*names[:3], names[4])

    assert marks("access", before, after, access=access) == {"ann": NEW}
    assert marks("access", before, allowing(*names[:3]), access=access) == {"ann": None}


def test_another_pattern_of_roles() -> None:
    def passing(*roles: str) -> Inventory:
        resources = ",".join(f'"acs:ram::{ACCOUNT_ID}:role/{role}"' for role in roles)
        text = document(f'{{"Effect":"Allow","Action":"ram:PassRole","Resource":[{resources}]}}')
        policies = {PolicyRef("Custom", "P"): Policy("Custom", "P", policy_document=text)}
        grants = Attachments((PolicyAttachment("Custom", "P", "IMSUser", "ann"),))
        return replace(inventory(), policies=policies, attachments=grants)

    users = [{"match": "*", "policies": ["Custom/P"]}]
    many = [f"role-{letter}" for letter in "abcdefghijklmnop"]
    before, after = passing(*many), passing(*many[:-1], "root")

    assert marks("user-pass-role", before, after, users=users) == {"ann": NEW}
    assert marks("user-pass-role", before, passing(*many[:-1]), users=users) == {"ann": None}


def test_a_policy_on_another_scope() -> None:
    def held(*scopes: str) -> Inventory:
        grants = [PolicyAttachment("Custom", "P", "IMSUser", "ann", scope) for scope in scopes]
        return replace(inventory(), attachments=Attachments(tuple(grants)))

    users = [{"match": "*", "policies": []}]

    assert marks("user-intended-policies", held("rg-1", "rg-2"), held("rg-2"), users=users) == {"ann": None}
    assert marks("user-intended-policies", held("rg-1"), held("rg-2"), users=users) == {"ann": NEW}


def test_another_action_in_a_foreign_resource_group() -> None:
    def allowing(*names: str) -> Inventory:
        text = document(statement(str([f"eci:{name}" for name in names]).replace("'", '"')))
        policies = {PolicyRef("Custom", "P"): Policy("Custom", "P", policy_document=text)}
        grants = Attachments((PolicyAttachment("Custom", "P", "IMSUser", "ann"),))
        return replace(inventory(), policies=policies, attachments=grants)

    users = [{"match": "*", "resource_groups": {"rg-1": []}}]
    names = ("CreateContainerGroup", "CreateImageCache", "CreateVirtualNode", "DeleteImageCache")
    before = allowing(*names, "DeleteVirtualNode", "RestartContainerGroup")
    after = allowing(*names, "DeleteVirtualNode", "DeleteContainerGroup")

    assert marks("user-resource-groups", before, after, users=users) == {"ann": NEW}
    assert marks("user-resource-groups", before, allowing(*names), users=users) == {"ann": None}


def test_another_grant_that_undoes_a_tag_policy() -> None:
    tagged = document(
        '{"Effect":"Allow","Action":"eci:*","Resource":"*","Condition":{"StringEquals":{"acs:ResourceTag/env":"test"}}}'
    )

    def held(*others: str) -> Inventory:
        policies = {
            PolicyRef("Custom", name): Policy("Custom", name, policy_document=text)
            for name, text in {"P": tagged, "Q": ALLOW, "R": ALLOW}.items()
        }
        grants = [PolicyAttachment("Custom", name, "IMSUser", "ann") for name in ("P", *others)]
        return replace(
            inventory(),
            policies=policies,
            custom_policies=tuple(policies),
            attachments=Attachments(tuple(grants)),
        )

    users = [{"match": "*", "policies": []}]
    of_policy = "tag-policy"

    assert marks(of_policy, held("Q"), held("Q", "R"), users=users)["Custom/P"] == NEW
    assert marks(of_policy, held("Q", "R"), held("Q"), users=users)["Custom/P"] is None


def test_another_holder_of_a_policy_that_is_not_reviewed() -> None:
    def held(*names: str) -> Inventory:
        grants = [PolicyAttachment("Custom", "P", "ServiceRole", name) for name in names]
        return replace(inventory(), roles=tuple(map(Role, names)), attachments=Attachments(tuple(grants)))

    names = list("abcdefgh")
    before, after = held(*names), held(*names[:-1], "z")

    assert marks("custom-policy", before, after, custom_policies={}) == {"Custom/P": NEW}
    assert marks("custom-policy", before, held(*names[:-1]), custom_policies={}) == {"Custom/P": None}


def row(**more: Any) -> Row:
    return Row("prod", "x", "high", "5", Resource("user", "ann"), "failed", "it fails", **more)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"reasons": (Reason("a"), Reason("b"))}, {"reasons": (Reason("b"),)}, None),
        ({"reasons": (Reason("a"),)}, {"reasons": (Reason("b"),)}, NEW),
        ({"reasons": (Reason("a", ("x", "y")),)}, {"reasons": (Reason("a", ("y",)),)}, None),
        ({"reasons": (Reason("a", ("x", "y")),)}, {"reasons": (Reason("a", ("z",)),)}, NEW),
        ({"causes": ()}, {"causes": (Cause("plan", "k", "s", "p", "r"),)}, NEW),
        (
            {"paths": (EscalationPath("role/a", certain=True),)},
            {"paths": (EscalationPath("role/a", True, (PathStep("s", "a", "b", "c", "d"),)),)},
            NEW,
        ),
    ],
)
def test_reasons_paths_and_causes_count(
    before: dict[str, Any], after: dict[str, Any], expected: str | None
) -> None:
    base = inventory()
    (marked,), _ = compare_rows((row(**before),), (row(**after),), lay(base, (), LayContext()), base)

    assert marked.plan == expected


def test_rows_are_sent_on_without_their_reasons() -> None:
    account = Account.model_validate({"account_id": ACCOUNT_ID, "users": [{"match": "*", "policies": []}]})
    case = Case("prod", account, inventory(), date(2026, 3, 2))

    for is_planned in (True, False):
        rows = verdicts(case, (), LayContext(), is_planned=is_planned).rows
        assert any(row.outcome == "failed" for row in rows)
        assert not any(row.reasons for row in rows)
