"""Where plan and evidence, or plans, do not agree: it is listed, and what they touch is unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import Listing, PolicyRef, Tag, Tags, Unreadable
from tests.change.plan_writer import change, plan
from tests.change.planned_rows import ALLOW, OTHER, TRUST, held, instances, inventory, kinds, laid, members

P = PolicyRef("Custom", "P")
GRANT = {"policy_name": "P", "policy_type": "Custom", "user_name": "ann"}
ABSENT_GRANT = {**GRANT, "user_name": "ben"}


def no_op(type_: str, before: dict[str, Any]) -> dict[str, Any]:
    return change(type_, "x", ("no-op",), before=before, after=before)


def test_a_deletion_of_what_is_not_there_is_listed(tmp_path: Path) -> None:
    """Both say that it is not there afterwards, so nothing is unknown."""
    after = laid(
        tmp_path, plan(change("alicloud_ram_user_policy_attachment", "x", ("delete",), before=ABSENT_GRANT))
    )

    assert kinds(after) == ["not there"]
    assert "the plan is newer" in after.notes[0].message
    assert after.inventory == inventory()


@pytest.mark.parametrize("actions", [("no-op",), ("update",)])
def test_what_the_evidence_does_not_have(tmp_path: Path, actions: tuple[str, ...]) -> None:
    after = laid(
        tmp_path,
        plan(
            change(
                "alicloud_ram_user_policy_attachment", "x", actions, before=ABSENT_GRANT, after=ABSENT_GRANT
            )
        ),
    )

    assert kinds(after) == ["contradiction"]
    assert [(gap.principal_name, gap.cause.code) for gap in after.inventory.attachments.gaps] == [
        ("ben", "Contradiction")
    ]


def test_another_document_before_is_unknown_where_the_plan_leaves_it(tmp_path: Path) -> None:
    state = {"id": "P", "policy_name": "P", "policy_document": ALLOW, "document": ALLOW}
    after = laid(tmp_path, plan(no_op("alicloud_ram_policy", state)))

    assert kinds(after) == ["contradiction"]
    assert isinstance(after.inventory.policies[P].policy_document, Unreadable)


def test_another_document_before_does_not_matter_where_the_plan_sets_it(tmp_path: Path) -> None:
    """On both bases the document is the planned one."""
    state = {"id": "P", "policy_name": "P", "policy_document": ALLOW, "document": ALLOW}
    planned = ALLOW.replace("eci:*", "eci:Describe*")
    after = laid(
        tmp_path,
        plan(
            change(
                "alicloud_ram_policy",
                "x",
                ("update",),
                before=state,
                after={**state, "policy_document": planned},
            )
        ),
    )

    assert kinds(after) == ["contradiction"]
    assert after.inventory.policies[P].policy_document == planned


def test_what_is_applied_already(tmp_path: Path) -> None:
    state = {"id": "P", "policy_name": "P", "policy_document": ALLOW, "document": ALLOW}
    after = laid(
        tmp_path,
        plan(
            change(
                "alicloud_ram_policy",
                "x",
                ("update",),
                before=state,
                after={**state, "policy_document": OTHER},
            )
        ),
    )

    assert kinds(after) == ["already there"]
    assert after.inventory.policies == inventory().policies


@pytest.mark.parametrize(
    ("type_", "state"),
    [
        ("alicloud_ram_user", {"id": "2001", "name": "anna"}),
        ("alicloud_ram_user", {"id": "9", "name": "zoe"}),
        ("alicloud_ram_group", {"id": "gone", "group_name": "gone"}),
        ("alicloud_ram_role", {"id": "app", "role_name": "app", "document": TRUST.replace("ecs", "fc")}),
        ("alicloud_ram_group_membership", {"id": "ops", "group_name": "ops", "user_names": ["zoe"]}),
        ("alicloud_ram_user_group_attachment", {"id": "ops:zoe", "group_name": "ops", "user_name": "zoe"}),
        ("alicloud_resource_manager_resource_group", {"id": "rg-gone", "name": "gone"}),
        ("alicloud_resource_manager_resource_group", {"id": "rg-1", "resource_group_name": "other"}),
        ("alicloud_eci_container_group", {"id": "eci-gone", "container_group_name": "gone"}),
        ("alicloud_eci_container_group", {"id": "eci-1", "tags": {"env": "test"}}),
        ("alicloud_eci_container_group", {"id": "eci-1", "resource_group_id": "rg-2"}),
        ("alicloud_eci_container_group", {"id": "eci-1", "ram_role_name": "boss"}),
        ("alicloud_eci_image_cache", {"id": "imc-gone", "image_cache_name": "gone"}),
        ("alicloud_eci_virtual_node", {"id": "vnd-1", "tags": {"env": "x"}}),
    ],
)
def test_every_kind_of_object_is_compared(tmp_path: Path, type_: str, state: dict[str, Any]) -> None:
    after = laid(tmp_path, plan(no_op(type_, state)))

    assert kinds(after) == ["contradiction"]
    assert after.inventory != inventory()
    assert (
        "Contradiction" in repr(after.inventory)
        or "tags" in repr(after.inventory).partition("not_shown=('")[2]
    )


def test_what_could_not_be_read_is_not_contradicted(tmp_path: Path) -> None:
    denied = Unreadable("ram:ListUsers", "NoPermission")
    after = laid(
        tmp_path, plan(no_op("alicloud_ram_user", {"id": "9", "name": "zoe"})), over=inventory(users=denied)
    )

    assert kinds(after) == []
    assert after.inventory.users == denied


def test_a_creation_of_what_is_there_is_listed(tmp_path: Path) -> None:
    after = laid(
        tmp_path,
        plan(
            change("alicloud_ram_user_policy_attachment", "x", ("create",), after=GRANT, unknown={"id": True})
        ),
    )

    assert kinds(after) == ["already there"]
    assert held(after.inventory) == held(inventory())


def test_what_was_deleted_outside_terraform(tmp_path: Path) -> None:
    """It is in `resource_drift` alone; the evidence that still has it is older."""
    drift = change("alicloud_ram_user_policy_attachment", "x", ("delete",), before=GRANT)
    after = laid(tmp_path, plan(resource_drift=[drift]))

    assert kinds(after) == ["drift", "contradiction"]
    assert [gap.principal_name for gap in after.inventory.attachments.gaps] == ["ann"]


def test_what_was_deleted_outside_terraform_and_is_made_again(tmp_path: Path) -> None:
    drift = change("alicloud_ram_user_policy_attachment", "x", ("delete",), before=GRANT)
    again = change("alicloud_ram_user_policy_attachment", "x", ("create",), after=GRANT, unknown={"id": True})
    after = laid(tmp_path, plan(again, resource_drift=[drift]))

    assert after.inventory == inventory()


def test_a_grant_deleted_and_made_under_two_addresses_is_undetermined(tmp_path: Path) -> None:
    old = change("alicloud_ram_user_policy_attachment", "old", ("delete",), before=GRANT)
    new = change("alicloud_ram_user_policy_attachment", "new", ("create",), after=GRANT, unknown={"id": True})
    after = laid(tmp_path, plan(old, new))

    assert "contradiction" in kinds(after)
    assert [gap.principal_name for gap in after.inventory.attachments.gaps] == ["ann"]


def test_a_grant_created_before_the_same_grant_is_deleted(tmp_path: Path) -> None:
    after = laid(
        tmp_path,
        plan(
            change(
                "alicloud_ram_user_policy_attachment", "x", ("create", "delete"), before=GRANT, after=GRANT
            )
        ),
    )

    assert [gap.principal_name for gap in after.inventory.attachments.gaps] == ["ann"]


def test_two_resources_for_the_members_of_one_group(tmp_path: Path) -> None:
    whole = change(
        "alicloud_ram_group_membership", "x", ("create",), after={"group_name": "dev", "user_names": ["ann"]}
    )
    single = change(
        "alicloud_ram_user_group_attachment",
        "y",
        ("create",),
        after={"group_name": "dev", "user_name": "ben"},
    )
    after = laid(tmp_path, plan(whole, single))

    assert "contradiction" in kinds(after)
    assert isinstance(members(after.inventory, "dev"), Unreadable)


def test_plans_are_laid_one_after_the_other(tmp_path: Path) -> None:
    user = change("alicloud_ram_user", "x", ("create",), after={"name": "new"}, unknown={"id": True})
    attached = change(
        "alicloud_ram_user_policy_attachment",
        "x",
        ("create",),
        after={**GRANT, "user_name": "new"},
        unknown={"id": True},
    )
    after = laid(tmp_path, plan(user), plan(attached))

    assert ("user:new", "Custom/P", None) in held(after.inventory)
    assert (kinds(after), after.count) == ([], 2)


def test_two_plans_that_change_one_object_contradict_each_other(tmp_path: Path) -> None:
    state = {"id": "P", "policy_name": "P", "policy_document": OTHER, "document": OTHER}
    update = change(
        "alicloud_ram_policy", "x", ("update",), before=state, after={**state, "policy_document": ALLOW}
    )
    other = change("alicloud_ram_policy", "y", ("update",), before=state, after={**state, "document": ALLOW})
    after = laid(tmp_path, plan(update), plan(other))

    assert "contradiction" in kinds(after)
    assert isinstance(after.inventory.policies[P].policy_document, Unreadable)


def test_a_partial_plan_says_so(tmp_path: Path) -> None:
    assert kinds(laid(tmp_path, plan(complete=False))) == ["partial"]


def test_tags_that_the_cloud_sets_are_no_contradiction(tmp_path: Path) -> None:
    over = inventory()
    instance = replace(
        instances(over)["eci-1"], tags=Tags([Tag("env", "prod"), Tag("acs:autoscaling:id", "x")])
    )
    listings = {**over.listings, "instance": (Listing("cn-beijing", ()), Listing("cn-hangzhou", (instance,)))}
    after = laid(
        tmp_path,
        plan(no_op("alicloud_eci_container_group", {"id": "eci-1", "tags": {"env": "prod"}})),
        over=inventory(listings=listings),
    )

    assert kinds(after) == []
