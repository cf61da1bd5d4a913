"""Plans that would open something, or do nothing, without a word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance.change.model import PlanError
from pytest_eci_compliance.inventory.facts import (
    Attachments,
    Group,
    Inventory,
    Policy,
    PolicyAttachment,
    PolicyRef,
    PolicyVersion,
    Unreadable,
)
from tests.change.plan_writer import change, plan, resource
from tests.change.planned_rows import ALLOW, OTHER, TRUST, inventory, judged, kinds, laid, members

DENY = '{"Version":"1","Statement":[{"Effect":"Deny","Action":["eci:Delete*"],"Resource":["*"]}]}'
CANNOT = [{"users": "ann", "cannot": ["eci:DeleteContainerGroup"], "resources": {}, "paths": "direct"}]
GUARD = {"policy_name": "Guard", "id": "Guard", "policy_document": DENY, "force": True}
POLICY, GROUP, MEMBERS = "alicloud_ram_policy", "alicloud_ram_group", "alicloud_ram_group_membership"
ONE_MEMBER = "alicloud_ram_user_group_attachment"
NAMED = {"policy_name": True}
IN_OPS = {"group_name": "ops", "user_name": "ann"}


def guarded() -> Inventory:
    """The user may do everything, and a Deny of a group keeps it from deleting."""
    base = inventory(groups=(Group("dev"), Group("ops", members=("ann",))))
    grants = (
        PolicyAttachment("Custom", "Guard", "IMSGroup", "ops"),
        PolicyAttachment("System", "AliyunECIFullAccess", "IMSUser", "ann"),
    )
    guard = Policy("Custom", "Guard", policy_document=DENY)
    policies = {**base.policies, PolicyRef("Custom", "Guard"): guard}
    custom = (PolicyRef("Custom", "Guard"), PolicyRef("Custom", "P"))
    return replace(base, attachments=Attachments(grants), policies=policies, custom_policies=custom)


@pytest.mark.parametrize(
    ("planned", "outcome"),
    [
        (change(POLICY, "x", ("delete",), before=GUARD), "failed"),
        (change(POLICY, "x", ("delete",), before=GUARD, _before_sensitive=NAMED), "failed"),
        (change(POLICY, "x", ("delete",), before=GUARD, _before_sensitive=True), "unknown"),
        (
            change(
                POLICY,
                "x",
                ("update",),
                before=GUARD,
                after={"id": "Guard", "policy_name": "Guard"},
                unknown={"policy_document": True},
            ),
            "unknown",
        ),
        (change(GROUP, "x", ("delete",), before={"group_name": "ops", "force": True}), "failed"),
        (
            change(
                GROUP, "x", ("delete",), before={"group_name": "ops", "force": True}, _before_sensitive=True
            ),
            "unknown",
        ),
        (change(ONE_MEMBER, "x", ("delete",), before=IN_OPS), "failed"),
        (
            change(ONE_MEMBER, "x", ("delete",), before=IN_OPS, _before_sensitive={"user_name": True}),
            "unknown",
        ),
        (
            change(ONE_MEMBER, "x", ("delete",), before=IN_OPS, _before_sensitive={"group_name": True}),
            "unknown",
        ),
        (change(MEMBERS, "x", ("delete",), before={"group_name": "ops", "user_names": ["ann"]}), "failed"),
        (
            change(
                "alicloud_resource_manager_policy_version",
                "x",
                ("update",),
                before={"policy_name": "Guard", "policy_document": OTHER, "is_default_version": False},
                after={"policy_name": "Guard", "policy_document": OTHER, "is_default_version": True},
            ),
            "failed",
        ),
        (
            change(
                "alicloud_ram_group_policy_attachment",
                "x",
                ("delete",),
                before={"policy_name": "Guard", "policy_type": "Custom", "group_name": "ops"},
                deposed="00000001",
            ),
            "failed",
        ),
    ],
)
def test_a_plan_that_takes_a_deny_away(tmp_path: Path, planned: dict[str, Any], outcome: str) -> None:
    before, after = laid(tmp_path, plan(), over=guarded()), laid(tmp_path, plan(planned), over=guarded())

    assert judged(before, "access", access=CANNOT)["ann"].outcome == "passed"
    assert judged(after, "access", access=CANNOT)["ann"].outcome == outcome


def test_a_user_of_an_unknown_name_is_not_listed(tmp_path: Path) -> None:
    old = {"id": "2001", "name": "ann"}
    rename = change(
        "alicloud_ram_user", "x", ("update",), before=old, after={"id": "2001"}, unknown={"name": True}
    )

    assert "ram:ListUsers" in {cause.call for cause in laid(tmp_path, plan(rename)).inventory.incomplete}


def test_two_plans_that_change_one_membership(tmp_path: Path) -> None:
    """Each manages the group in its own way: which of them comes last is not known."""
    of_all = change(
        MEMBERS,
        "m",
        ("update",),
        before={"group_name": "ops", "user_names": ["ann", "ben"]},
        after={"group_name": "ops", "user_names": ["ben"]},
    )
    single = change(ONE_MEMBER, "u", ("create",), after=IN_OPS)
    after = laid(tmp_path, plan(of_all), plan(single))

    assert kinds(after) == ["contradiction"]
    assert isinstance(members(after.inventory, "ops"), Unreadable)


def test_a_name_within_a_document_is_not_the_document(tmp_path: Path) -> None:
    """`jsonencode` around a reference looks like the reference."""
    role = change(
        "alicloud_ram_role",
        "r",
        ("create",),
        after={"role_name": "new", "assume_role_policy_document": TRUST},
        unknown={"name": True},
    )
    policy = change(POLICY, "p", ("create",), after={"policy_name": "New"}, unknown={"policy_document": True})
    configuration = (
        resource("alicloud_ram_role", "r", role_name="new"),
        resource(POLICY, "p", policy_name="New", policy_document="=alicloud_ram_role.r.name"),
    )
    after = laid(tmp_path, plan(role, policy, resources=configuration))

    assert isinstance(after.inventory.policies[PolicyRef("Custom", "New")].policy_document, Unreadable)
    assert kinds(after) == []


@pytest.mark.parametrize(
    ("number", "rotate", "expected"),
    [(4, None, []), (5, None, ["blocked"]), (5, "DeleteOldestNonDefaultVersionWhenLimitExceeded", [])],
)
def test_a_policy_without_room_for_a_version(
    tmp_path: Path, number: int, rotate: str | None, expected: list[str]
) -> None:
    ref = PolicyRef("Custom", "P")
    versions = tuple(
        PolicyVersion(f"v{version}", is_default_version=version == 0, policy_document=OTHER)
        for version in range(number)
    )
    old = {"id": "P", "policy_name": "P", "policy_document": OTHER, "rotate_strategy": rotate}
    update = change(POLICY, "x", ("update",), before=old, after={**old, "policy_document": ALLOW})
    after = laid(tmp_path, plan(update), over=inventory(policy_versions={ref: versions}))

    assert kinds(after) == expected
    assert isinstance(after.inventory.policies[ref].policy_document, Unreadable) is bool(expected)


@pytest.mark.parametrize(
    "entry",
    [
        "policies: [{name: P}]",
        "policies: [{name: P, delete: true, document: {Version: '1'}}]",
        "users: [{name: ann, rename: anna, delete: true}]",
        "roles: [{name: app, services: [fc.aliyuncs.com], trust: {Version: '1'}}]",
        "resource_groups: [{id: rg-1, name: other}]",
        "instances: [{name: web, delete: true}]",
        "image_caches: [{name: c, delete: true}]",
        "members: [{group: ops}]",
    ],
)
def test_an_entry_of_which_a_part_has_no_effect_is_refused(tmp_path: Path, entry: str) -> None:
    with pytest.raises(PlanError, match=rf"plan0\.yaml: {entry.partition(':')[0]}: .*: write "):
        laid(tmp_path, f"eci-change: 1\n{entry}\n")


@pytest.mark.parametrize("region", ["", ", region: cn-hangzhou"])
def test_an_instance_that_is_not_there_is_not_changed_in_silence(tmp_path: Path, region: str) -> None:
    after = laid(tmp_path, f"eci-change: 1\ninstances: [{{id: eci-2, tags: {{env: prod}}{region}}}]\n")
    rows = judged(after, "instance-required-tags", instances={"required_tags": {"env": "prod"}})

    assert kinds(after) == ["contradiction"]
    assert "unknown" in {row.outcome for row in rows.values()}


@pytest.mark.parametrize(
    ("after", "unknown"), [({}, {"resource_group_id": True}), ({"resource_group_id": None}, {})]
)
def test_an_instance_may_move_to_a_group_that_the_plan_does_not_name(
    tmp_path: Path, after: dict[str, Any], unknown: dict[str, Any]
) -> None:
    """Only a new instance that names no group is created in the default one."""
    type_, kept = "alicloud_eci_container_group", {"id": "eci-1", "container_group_name": "web"}
    before = {**kept, "resource_group_id": "rg-1"}
    moved = change(type_, "x", ("update",), before=before, after={**kept, **after}, unknown=unknown)
    planned = laid(tmp_path, plan(moved, resources=(resource(type_, "x", container_group_name="web"),)))

    rows = judged(planned, "instance-resource-group", instances={"resource_groups": ["rg-1"]})
    assert rows["eci-1"].outcome == "unknown"


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ({"operator": "StringEquals", "variable": "acs:ResourceTag/env", "values": ["prod"]}, "failed"),
        ({"operator": "StringEquals", "variable": "acs:ResourceTag/env", "values": ["test"]}, "passed"),
        (
            {"operator": "StringEquals", "variable": "acs:ResourceTag/env", "values": ["test", None]},
            "unknown",
        ),
        ({"operator": "StringEquals", "variable": "acs:ResourceTag/env", "values": [None, None]}, "unknown"),
    ],
)
def test_an_unknown_value_of_a_condition_may_satisfy_it(
    tmp_path: Path, condition: dict[str, Any], outcome: str
) -> None:
    block = {"effect": None, "action": ["eci:Delete*"], "resource": ["*"], "condition": [condition]}
    mask = {"condition": [{"values": [value is None for value in condition["values"]]}]}
    data = change(
        "alicloud_ram_policy_document",
        "d",
        ("read",),
        after={"statement": [block]},
        unknown={"document": True, "statement": [mask]},
        mode="data",
    )
    policy = change(POLICY, "p", ("create",), after={"policy_name": "New"}, unknown={"policy_document": True})
    grant = {"policy_name": "New", "policy_type": "Custom", "user_name": "ben"}
    attachment = change(
        "alicloud_ram_user_policy_attachment", "g", ("create",), after=grant, unknown={"id": True}
    )
    reference = "=data.alicloud_ram_policy_document.d.document"
    configuration = (resource(POLICY, "p", policy_name="New", policy_document=reference),)
    over = inventory(groups=(Group("dev"), Group("ops")))
    after = laid(tmp_path, plan(data, policy, attachment, resources=configuration), over=over)

    access = [{**CANNOT[0], "users": "ben"}]
    assert judged(after, "access", access=access)["ben"].outcome == outcome


def test_a_trust_policy_with_an_unknown_principal_is_unknown(tmp_path: Path) -> None:
    block = {
        "effect": "Allow",
        "action": ["sts:AssumeRole"],
        "principal": [{"entity": "RAM", "identifiers": [None]}],
    }
    data = change(
        "alicloud_ram_policy_document",
        "d",
        ("read",),
        after={"statement": [block]},
        unknown={"document": True, "statement": [{"principal": [{"identifiers": [True]}]}]},
        mode="data",
    )
    unknown = {"assume_role_policy_document": True}
    role = change("alicloud_ram_role", "r", ("create",), after={"role_name": "new"}, unknown=unknown)
    reference = "=data.alicloud_ram_policy_document.d.document"
    written = resource("alicloud_ram_role", "r", role_name="new", assume_role_policy_document=reference)
    after = laid(tmp_path, plan(data, role, resources=(written,))).inventory.role_lookups["new"]

    assert after is not None
    assert isinstance(getattr(after, "assume_role_policy_document", after), Unreadable)


def test_what_a_plan_leaves_open_is_not_called_an_incomplete_answer(tmp_path: Path) -> None:
    after = laid(tmp_path, "eci-change: 1\ninstances: [{name: web, region: cn-hangzhou}]\n")
    row = judged(after, "instance-no-access-keys", instances={})["planned:instance.web"]

    assert row.outcome == "unknown"
    assert (
        "not known before the plan is applied: the change 'instance.web': the plan does not have its"
        in row.message
    )
    assert "run again once the plan is applied" in row.remediation
    assert "pages were missing" not in row.remediation
