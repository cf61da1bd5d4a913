"""What no check depends on is named once; what the evidence has already is not made again in silence."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance.change.effect import marker_of_own_rows, planned
from pytest_eci_compliance.change.judging import load_changes
from pytest_eci_compliance.inventory.facts import (
    Attachments,
    Group,
    Inventory,
    Policy,
    PolicyAttachment,
    PolicyRef,
    Unreadable,
)
from pytest_eci_compliance.results import NEW_WITH_PLAN, Outcome, Resource, ResourceType, Row
from tests.change.plan_writer import change, plan
from tests.change.planned_rows import (
    ACCOUNT_ID,
    ALLOW,
    OTHER,
    TRUST,
    inventory,
    judged,
    kinds,
    laid,
    members,
)

P = PolicyRef("Custom", "P")
GRANT = "alicloud_ram_user_policy_attachment"
DENY = '{"Version":"1","Statement":[{"Effect":"Deny","Action":["eci:Delete*"],"Resource":["*"]}]}'
GUARD = {"policy_name": "Guard", "policy_type": "Custom", "user_name": "ann"}
CANNOT = [{"users": "ann", "cannot": ["eci:DeleteContainerGroup"], "resources": {}, "paths": "direct"}]


def create(type_: str, **after: Any) -> dict[str, Any]:
    return change(type_, "x", ("create",), after=after, unknown={"id": True})


def test_arguments_that_no_check_looks_at_are_one_note(tmp_path: Path) -> None:
    linked = create("alicloud_resource_manager_service_linked_role", service_name="ots.aliyuncs.com")
    role = create(
        "alicloud_ram_role", role_name="r", document=TRUST, max_session_duration=7200, description="s3cret"
    )
    old = {"name": "ann", "id": "2001", "comments": "s3cret", "email": None}
    user = change(
        "alicloud_ram_user",
        "x",
        ("update",),
        before=old,
        after={**old, "comments": "other", "email": "s3cret@example.com"},
    )
    after = laid(tmp_path, plan(linked, role, user))

    (note,) = after.notes
    assert note.kind == "not evaluated"
    assert note.message.endswith(
        "alicloud_ram_role.max_session_duration, alicloud_ram_user.email and"
        " the service-linked role of 'ots.aliyuncs.com'"
    )


def test_a_plan_of_which_everything_is_read_has_no_note(tmp_path: Path) -> None:
    policy = create(
        "alicloud_ram_policy", policy_name="New", policy_document=ALLOW, description=None, tags={}
    )

    assert kinds(laid(tmp_path, plan(policy))) == []


# What the account has already ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "creation",
    [
        create("alicloud_ram_user", name="Ann"),
        create("alicloud_ram_group", group_name="ops"),
        create("alicloud_ram_role", role_name="app", document=TRUST),
        create("alicloud_ram_policy", policy_name="p", policy_document=OTHER),
        create("alicloud_resource_manager_resource_group", resource_group_name="prod", display_name="p"),
    ],
)
def test_a_creation_that_will_fail_is_noted(tmp_path: Path, creation: dict[str, Any]) -> None:
    (note,) = laid(tmp_path, plan(creation)).notes

    assert note.kind == "already there"
    assert "its creation will fail (EntityAlreadyExists)" in note.message


@pytest.mark.parametrize(
    ("creation", "of"),
    [
        (create("alicloud_ram_policy", policy_name="P", policy_document=ALLOW), "policy"),
        (create("alicloud_ram_role", role_name="app", document=TRUST.replace("ecs", "fc")), "role"),
    ],
)
def test_what_is_there_with_other_content_is_unknown(
    tmp_path: Path, creation: dict[str, Any], of: str
) -> None:
    after = laid(tmp_path, plan(creation)).inventory

    if of == "policy":
        assert isinstance(after.policies[P].policy_document, Unreadable)
    else:
        assert isinstance(after.role_lookups["app"], Unreadable)


def test_what_depends_on_a_creation_that_will_fail_is_unknown(tmp_path: Path) -> None:
    """The attachment is made only after the user, whose creation fails: it fulfils no requirement for certain."""
    user = create("alicloud_ram_user", name="ben")
    grant = create(GRANT, user_name="ben", policy_name="AliyunECIFullAccess", policy_type="System")
    users = [{"match": "ben", "required_policies": ["AliyunECIFullAccess"]}]
    over = inventory(groups=(Group("dev"), Group("ops", members=("ann",))))

    alone = laid(tmp_path, plan(grant), over=over)
    both = laid(tmp_path, plan(user, grant), over=over)

    assert judged(alone, "user-required-policies", users=users)["ben"].outcome == "passed"
    assert judged(both, "user-required-policies", users=users)["ben"].outcome == "unknown"


def test_what_is_there_and_applied_already_is_as_recorded(tmp_path: Path) -> None:
    user = create("alicloud_ram_user", name="ann")
    grant = create(GRANT, user_name="ann", policy_name="P", policy_type="Custom")
    after = laid(tmp_path, plan(user, grant))

    assert kinds(after) == ["already there", "already there"]
    assert after.inventory == inventory()


def test_members_that_depend_on_a_group_that_is_there_are_unknown(tmp_path: Path) -> None:
    group = create("alicloud_ram_group", group_name="dev")
    member = create("alicloud_ram_user_group_attachment", group_name="dev", user_name="ann")

    assert members(laid(tmp_path, plan(member)).inventory, "dev") == ("ann",)
    assert isinstance(members(laid(tmp_path, plan(group, member)).inventory, "dev"), Unreadable)


def test_a_user_is_not_renamed_to_another_one(tmp_path: Path) -> None:
    old = {"id": "2002", "name": "ben"}
    rename = change("alicloud_ram_user", "x", ("update",), before=old, after={**old, "name": "ann"})
    after = laid(tmp_path, plan(rename))

    assert kinds(after) == ["contradiction"]
    assert {gap.principal_name for gap in after.inventory.attachments.gaps} == {"ben"}
    assert after.inventory.users == inventory().users


# Overlays --------------------------------------------------------------------------------------------------


def test_an_overlay_changes_what_is_there(tmp_path: Path) -> None:
    policy, role = (
        {"name": "P", "document": json.loads(ALLOW)},
        {"name": "app", "services": ["fc.aliyuncs.com"]},
    )
    after = laid(tmp_path, {"eci-change": 1, "policies": [policy], "roles": [role]})

    assert kinds(after) == []
    assert after.inventory.policies[P].policy_document != OTHER
    assert "fc.aliyuncs.com" in repr(after.inventory.role_lookups["app"])


def test_resources_of_one_name_are_told_apart(tmp_path: Path) -> None:
    text = """
eci-change: 1
resource_groups: [{name: web}]
instances:
  - {name: web, region: cn-hangzhou, tags: {env: a}}
  - {name: web, region: cn-beijing, tags: {env: b}}
image_caches: [{name: web, region: cn-hangzhou}]
virtual_nodes: [{name: web, region: cn-hangzhou}]
"""
    after = laid(tmp_path, text)

    assert kinds(after) == []
    ids = {
        kind: sorted(resource.id for resource in after.inventory.resources(kind))
        for kind in ("instance", "image_cache")
    }
    assert ids["instance"] == ["eci-1", "planned:instance.web", "planned:instance.web[2]"]
    assert ids["image_cache"] == ["imc-1", "planned:image_cache.web"]
    assert {key for key in after.touched if key[1].endswith(".web")} == {
        (kind, f"planned:{kind}.web") for kind in ("instance", "image_cache", "virtual_node")
    }


# A Deny in doubt -------------------------------------------------------------------------------------------


def guarded() -> Inventory:
    base = inventory(groups=(Group("dev"), Group("ops")))
    grants = (
        PolicyAttachment("Custom", "Guard", "IMSUser", "ann"),
        PolicyAttachment("System", "AliyunECIFullAccess", "IMSUser", "ann", "rg-1"),
    )
    guard = {PolicyRef("Custom", "Guard"): Policy("Custom", "Guard", policy_document=DENY)}
    return replace(
        base,
        attachments=Attachments(grants),
        policies={**base.policies, **guard},
        custom_policies=(P, *guard),
    )


DELETION = change(GRANT, "x", ("delete",), before=GUARD)


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (plan(), "passed"),
        (plan(DELETION), "failed"),
        (plan(deferred_changes=[{"reason": "r", "resource_change": DELETION}]), "unknown"),
        (plan(change(GRANT, "x", ("vanish",), before=GUARD)), "unknown"),
        (
            plan(change(GRANT, "x", ("delete",), before=GUARD, _before_sensitive={"policy_name": True})),
            "unknown",
        ),
        (
            plan(change(GRANT, "x", ("delete",), before=GUARD, _before_sensitive={"user_name": True})),
            "unknown",
        ),
        (plan(DELETION, change(GRANT, "y", ("create",), after=GUARD)), "unknown"),
        (plan(change(GRANT, "x", ("create", "delete"), before=GUARD, after=GUARD)), "unknown"),
        (
            plan(
                change(
                    "alicloud_ram_user", "x", ("delete",), before={"id": "2001", "name": "ann", "force": True}
                )
            ),
            "unknown",
        ),
    ],
)
def test_a_deny_that_may_go_protects_nobody(tmp_path: Path, data: dict[str, Any], outcome: str) -> None:
    after = laid(tmp_path, data, over=guarded())

    assert judged(after, "access", access=CANNOT)["ann"].outcome == outcome


# Own checks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "id_", "outcome", "expected"),
    [
        ("instance", "planned:instance.web", "failed", NEW_WITH_PLAN),
        ("instance", "planned:instance.web", "unknown", NEW_WITH_PLAN),
        ("instance", "planned:instance.web", "passed", None),
        ("instance", "eci-1", "failed", NEW_WITH_PLAN),
        ("image_cache", "imc-1", "failed", None),
        ("user", "ann", "failed", NEW_WITH_PLAN),
        ("user", "ben", "failed", None),
    ],
)
def test_own_rows_of_what_the_plan_touches_are_new(
    tmp_path: Path, kind: ResourceType, id_: str, outcome: Outcome, expected: str | None
) -> None:
    text = """
eci-change: 1
instances: [{name: web, region: cn-hangzhou}, {id: eci-1, tags: {a: b}}]
detach: [{policy: Custom/P, user: ann}]
"""
    over = inventory(groups=())
    after = laid(tmp_path, text, over=over)
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    sets = load_changes([tmp_path / "own.yaml"], {"prod": ACCOUNT_ID})["prod"]
    marked = marker_of_own_rows(planned(sets, after, over, ()), after.inventory)

    assert marked(Row("prod", "own", "high", "own", Resource(kind, id_), outcome, "m")).plan == expected
