"""Every resource type and every action, with the traps of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import (
    GIVEN_BY_SERVICE,
    ContainerGroup,
    Listing,
    PolicyRef,
    Role,
    Unreadable,
    User,
)
from tests.change.plan_writer import change, plan, resource
from tests.change.planned_rows import (
    ACCOUNT_ID,
    ALLOW,
    OTHER,
    TRUST,
    held,
    instances,
    inventory,
    kinds,
    laid,
    members,
)

GRANT = {"policy_name": "AliyunECIFullAccess", "policy_type": "System"}
UNKNOWN_ID = {"id": True}


def created(type_: str, after: dict[str, Any], **unknown: bool) -> dict[str, Any]:
    return change(type_, "x", ("create",), after=after, unknown={**UNKNOWN_ID, **unknown})


@pytest.mark.parametrize(
    ("type_", "principal"),
    [
        ("alicloud_ram_user_policy_attachment", {"user_name": "ben"}),
        ("alicloud_ram_group_policy_attachment", {"group_name": "dev"}),
        ("alicloud_ram_role_policy_attachment", {"role_name": "app"}),
    ],
)
def test_ram_attachments_are_on_the_whole_account(
    tmp_path: Path, type_: str, principal: dict[str, str]
) -> None:
    after = laid(tmp_path, plan(created(type_, {**GRANT, **principal})))

    ((kind, name),) = ((key.removesuffix("_name"), value) for key, value in principal.items())
    assert (f"{kind}:{name}", "AliyunECIFullAccess", None) in held(after.inventory)
    assert len(held(after.inventory)) == 4


def test_a_role_attachment_may_name_a_resource_group(tmp_path: Path) -> None:
    after = laid(
        tmp_path,
        plan(
            created(
                "alicloud_ram_role_policy_attachment",
                {**GRANT, "role_name": "app", "resource_group_id": "rg-1"},
            )
        ),
    )

    assert ("role:app", "AliyunECIFullAccess", "rg-1") in held(after.inventory)


@pytest.mark.parametrize(
    ("name", "type_", "scope", "grant"),
    [
        (f"ben@{ACCOUNT_ID}.onaliyun.com", "IMSUser", "rg-1", ("user:ben", "rg-1")),
        ("dev@group.lantern.onaliyun.com", "IMSGroup", "rg-1", ("group:dev", "rg-1")),
        ("app@role.lantern.onaliyunservice.com", "ServiceRole", "rg-1", ("role:app", "rg-1")),
        ("BEN@lantern.onaliyun.com", "IMSUser", ACCOUNT_ID, ("user:ben", None)),
    ],
)
def test_manager_attachments(
    tmp_path: Path, name: str, type_: str, scope: str, grant: tuple[str, str]
) -> None:
    """The account's id as the group is the whole account; names are compared without case."""
    after = laid(
        tmp_path,
        plan(
            created(
                "alicloud_resource_manager_policy_attachment",
                {**GRANT, "principal_name": name, "principal_type": type_, "resource_group_id": scope},
            )
        ),
    )

    assert (grant[0], "AliyunECIFullAccess", grant[1]) in held(after.inventory)


def test_a_grant_of_both_services_is_one_grant(tmp_path: Path) -> None:
    ram = created("alicloud_ram_user_policy_attachment", {**GRANT, "user_name": "ben"})
    manager = created(
        "alicloud_resource_manager_policy_attachment",
        {
            **GRANT,
            "principal_name": "ben@x.onaliyun.com",
            "principal_type": "IMSUser",
            "resource_group_id": ACCOUNT_ID,
        },
    )

    assert len(held(laid(tmp_path, plan(ram, manager)).inventory)) == 4


def test_a_deleted_grant_is_gone(tmp_path: Path) -> None:
    before = {"policy_name": "p", "policy_type": "Custom", "user_name": "ANN", "id": "user:p:Custom:ANN"}
    after = laid(
        tmp_path, plan(change("alicloud_ram_user_policy_attachment", "x", ("delete",), before=before))
    )

    assert ("user:ann", "Custom/P", None) not in held(after.inventory)
    assert kinds(after) == []


@pytest.mark.parametrize("actions", [("delete", "create"), ("create", "delete")])
def test_a_replaced_grant_moves(tmp_path: Path, actions: tuple[str, ...]) -> None:
    before = {"policy_name": "P", "policy_type": "Custom", "user_name": "ann"}
    after = laid(
        tmp_path,
        plan(
            change(
                "alicloud_ram_user_policy_attachment",
                "x",
                actions,
                before=before,
                after={**before, "user_name": "ben"},
                unknown=UNKNOWN_ID,
            )
        ),
    )

    grants = held(after.inventory)
    assert ("user:ben", "Custom/P", None) in grants
    assert ("user:ann", "Custom/P", None) not in grants


def test_membership_adds_on_creation(tmp_path: Path) -> None:
    base = inventory()
    assert isinstance(base.users, tuple)
    after = laid(
        tmp_path,
        plan(created("alicloud_ram_group_membership", {"group_name": "ops", "user_names": ["cleo"]})),
        over=inventory(users=(*base.users, User("cleo", "2003"))),
    )

    assert members(after.inventory, "ops") == ("ann", "ben", "cleo")
    assert kinds(after) == ["drift"], "the next plan will remove ann and ben"


def test_membership_is_authoritative_afterwards(tmp_path: Path) -> None:
    before = {"id": "ops", "group_name": "ops", "user_names": ["ann", "ben"]}
    update = change(
        "alicloud_ram_group_membership",
        "x",
        ("update",),
        before=before,
        after={**before, "user_names": ["ben"]},
    )
    delete = change("alicloud_ram_group_membership", "x", ("delete",), before=before)

    assert members(laid(tmp_path, plan(update)).inventory, "ops") == ("ben",)
    assert members(laid(tmp_path, plan(delete)).inventory, "ops") == ()


def test_members_that_the_state_does_not_name_stay_on_an_update(tmp_path: Path) -> None:
    """Without a refresh, the state has only its own."""
    before = {"id": "ops", "group_name": "ops", "user_names": ["ann"]}
    update = change(
        "alicloud_ram_group_membership",
        "x",
        ("update",),
        before=before,
        after={**before, "user_names": ["cleo"]},
    )

    assert members(laid(tmp_path, plan(update)).inventory, "ops") == ("ben", "cleo")


def test_a_user_joins_and_leaves_a_group(tmp_path: Path) -> None:
    join = created("alicloud_ram_user_group_attachment", {"group_name": "dev", "user_name": "ann"})
    leave = change(
        "alicloud_ram_user_group_attachment",
        "y",
        ("delete",),
        before={"group_name": "ops", "user_name": "ben", "id": "ops:ben"},
    )

    after = laid(tmp_path, plan(join, leave)).inventory
    assert members(after, "dev") == ("ann",)
    assert members(after, "ops") == ("ann",)


def test_a_renamed_user_keeps_grants_and_memberships(tmp_path: Path) -> None:
    update = change(
        "alicloud_ram_user",
        "x",
        ("update",),
        before={"id": "2001", "name": "ann"},
        after={"id": "2001", "name": "anna"},
    )
    after = laid(tmp_path, plan(update)).inventory

    assert isinstance(after.users, tuple)
    assert [user.user_name for user in after.users] == ["anna", "ben"]
    assert ("user:anna", "Custom/P", None) in held(after)
    assert members(after, "ops") == ("anna", "ben")


def test_a_forced_deletion_takes_grants_and_memberships_along(tmp_path: Path) -> None:
    delete = change(
        "alicloud_ram_user", "x", ("delete",), before={"id": "2001", "name": "ann", "force": True}
    )
    after = laid(tmp_path, plan(delete))

    assert after.inventory.users == (User("ben", "2002"),)
    assert members(after.inventory, "ops") == ("ben",)
    assert not any(who == "user:ann" for who, _, _ in held(after.inventory))


@pytest.mark.parametrize(
    ("type_", "before"),
    [
        ("alicloud_ram_user", {"id": "2001", "name": "ann", "force": False}),
        ("alicloud_ram_group", {"id": "ops", "group_name": "ops", "force": None}),
        ("alicloud_ram_role", {"id": "app", "role_name": "app", "force": True}),
        ("alicloud_ram_policy", {"id": "P", "policy_name": "P", "force": True}),
    ],
)
def test_what_is_in_use_blocks_its_deletion(tmp_path: Path, type_: str, before: dict[str, Any]) -> None:
    """`force` does not see grants on a resource group: they stay, and block the deletion."""
    after = laid(tmp_path, plan(change(type_, "x", ("delete",), before=before)))

    assert "blocked" in kinds(after)
    assert held(after.inventory) == held(inventory())
    assert after.inventory.attachments.gaps or isinstance(
        after.inventory.policies[PolicyRef("Custom", "P")].policy_document, Unreadable
    )


def test_grants_that_the_plan_deletes_too_block_nothing(tmp_path: Path) -> None:
    grant = {"policy_name": "AliyunECIFullAccess", "policy_type": "System", "group_name": "ops"}
    after = laid(
        tmp_path,
        plan(
            change("alicloud_ram_group", "g", ("delete",), before={"id": "ops", "group_name": "ops"}),
            change("alicloud_ram_group_policy_attachment", "a", ("delete",), before=grant),
            change(
                "alicloud_ram_group_membership",
                "m",
                ("delete",),
                before={"group_name": "ops", "user_names": ["ann", "ben"]},
            ),
        ),
    )

    assert isinstance(after.inventory.groups, tuple)
    assert [group.group_name for group in after.inventory.groups] == ["dev"]
    assert kinds(after) == []


@pytest.mark.parametrize("name", ["role_name", "name"])
@pytest.mark.parametrize("argument", ["assume_role_policy_document", "document"])
def test_a_new_role(tmp_path: Path, name: str, argument: str) -> None:
    """Of twins only the one that is configured is known."""
    twins = {"role_name", "name", "assume_role_policy_document", "document", "ram_users", "services"}
    after = laid(
        tmp_path,
        plan(
            created(
                "alicloud_ram_role",
                {name: "new", argument: TRUST},
                **dict.fromkeys(twins - {name, argument}, True),
            )
        ),
    ).inventory

    role = after.role_lookups["new"]
    assert isinstance(role, Role)
    assert role.assume_role_policy_document == TRUST


def test_a_role_of_services(tmp_path: Path) -> None:
    after = laid(
        tmp_path,
        plan(
            created(
                "alicloud_ram_role",
                {"name": "new", "services": ["ecs.aliyuncs.com"], "ram_users": []},
                assume_role_policy_document=True,
                document=True,
                role_name=True,
            )
        ),
    ).inventory

    role = after.role_lookups["new"]
    assert isinstance(role, Role)
    assert json.loads(str(role.assume_role_policy_document)) == json.loads(TRUST)


@pytest.mark.parametrize("argument", ["policy_document", "document"])
def test_after_an_update_the_twin_that_differs_counts(tmp_path: Path, argument: str) -> None:
    old: dict[str, Any] = {
        "id": "P",
        "policy_name": "P",
        "name": "P",
        "policy_document": OTHER,
        "document": OTHER,
    }
    old["statement"] = [{"effect": "Allow", "action": ["oss:Get*"], "resource": ["*"]}]
    after = laid(
        tmp_path,
        plan(change("alicloud_ram_policy", "x", ("update",), before=old, after={**old, argument: ALLOW})),
    ).inventory

    assert after.policies[PolicyRef("Custom", "P")].policy_document == ALLOW


def test_an_update_of_something_else_leaves_the_document(tmp_path: Path) -> None:
    old: dict[str, Any] = {
        "id": "P",
        "policy_name": "P",
        "policy_document": OTHER,
        "document": OTHER,
        "description": None,
    }
    after = laid(
        tmp_path,
        plan(
            change("alicloud_ram_policy", "x", ("update",), before=old, after={**old, "description": "new"})
        ),
    )

    assert after.inventory.policies == inventory().policies
    assert kinds(after) == []


def test_a_policy_of_blocks(tmp_path: Path) -> None:
    block = {"effect": "Deny", "action": ["eci:*"], "resource": ["*"]}
    after = laid(
        tmp_path,
        plan(
            created(
                "alicloud_ram_policy",
                {"name": "Q", "statement": [block], "version": "1"},
                policy_document=True,
                document=True,
                policy_name=True,
            )
        ),
    ).inventory

    written = after.policies[PolicyRef("Custom", "Q")].policy_document
    assert json.loads(str(written))["Statement"] == [
        {"Effect": "Deny", "Action": ["eci:*"], "Resource": ["*"]}
    ]
    assert isinstance(after.custom_policies, tuple)
    assert PolicyRef("Custom", "Q") in after.custom_policies


def test_a_replaced_manager_policy_keeps_its_grants_in_doubt(tmp_path: Path) -> None:
    """A change of the document replaces the policy; who else has it blocks that."""
    old: dict[str, Any] = {"id": "P", "policy_name": "P", "policy_document": OTHER}
    after = laid(
        tmp_path,
        plan(
            change(
                "alicloud_resource_manager_policy",
                "x",
                ("delete", "create"),
                before=old,
                after={"policy_name": "P", "policy_document": ALLOW},
                unknown=UNKNOWN_ID,
            )
        ),
    )

    assert "blocked" in kinds(after)
    assert isinstance(after.inventory.policies[PolicyRef("Custom", "P")].policy_document, Unreadable)


@pytest.mark.parametrize(("default", "document"), [(True, ALLOW), (False, OTHER)])
def test_a_policy_version_counts_as_the_default_one(tmp_path: Path, default: bool, document: str) -> None:
    after = laid(
        tmp_path,
        plan(
            created(
                "alicloud_resource_manager_policy_version",
                {"policy_name": "P", "policy_document": ALLOW, "is_default_version": default},
            )
        ),
    ).inventory

    assert after.policies[PolicyRef("Custom", "P")].policy_document == document


def test_another_default_version_has_an_unknown_document(tmp_path: Path) -> None:
    old: dict[str, Any] = {"id": "P", "policy_name": "P", "policy_document": OTHER, "default_version": "v2"}
    after = laid(
        tmp_path,
        plan(
            change(
                "alicloud_resource_manager_policy",
                "x",
                ("update",),
                before=old,
                after={**old, "default_version": "v1"},
            )
        ),
    ).inventory

    assert isinstance(after.policies[PolicyRef("Custom", "P")].policy_document, Unreadable)


def test_a_manager_role(tmp_path: Path) -> None:
    after = laid(
        tmp_path,
        plan(
            created(
                "alicloud_resource_manager_role",
                {"role_name": "new", "assume_role_policy_document": TRUST},
                arn=True,
            )
        ),
    ).inventory

    role = after.role_lookups["new"]
    assert isinstance(role, Role)
    assert role.assume_role_policy_document == TRUST


def test_a_service_linked_role_comes_with_trust_and_policy(tmp_path: Path) -> None:
    after = laid(
        tmp_path,
        plan(
            created(
                "alicloud_resource_manager_service_linked_role",
                {"service_name": "eci.aliyuncs.com"},
                role_name=True,
                role_id=True,
                arn=True,
            )
        ),
    ).inventory

    role = after.role_lookups["AliyunServiceRoleForECI"]
    assert isinstance(role, Role)
    assert "eci.aliyuncs.com" in str(role.assume_role_policy_document)
    assert ("role:AliyunServiceRoleForECI", "AliyunServiceRolePolicyForECI", None) in held(after)


def test_resource_groups(tmp_path: Path) -> None:
    """A new group has an id of its own; a grant and an instance that refer to it are in it."""
    group = change(
        "alicloud_resource_manager_resource_group",
        "new",
        ("create",),
        after={"resource_group_name": "night", "display_name": "Night"},
        unknown={"id": True, "name": True, "status": True, "account_id": True},
    )
    grant = created(
        "alicloud_resource_manager_policy_attachment",
        {**GRANT, "principal_name": "ben@x.onaliyun.com", "principal_type": "IMSUser"},
        resource_group_id=True,
    )
    instance = created(
        "alicloud_eci_container_group",
        {"container_group_name": "n", "containers": []},
        resource_group_id=True,
    )
    ref = "=alicloud_resource_manager_resource_group.new.id"
    after = laid(
        tmp_path,
        plan(
            group,
            grant,
            instance,
            resources=(
                resource("alicloud_resource_manager_policy_attachment", "x", resource_group_id=ref),
                resource("alicloud_eci_container_group", "x", resource_group_id=ref),
            ),
        ),
    )

    group_id = "planned:alicloud_resource_manager_resource_group.new"
    assert ("user:ben", "AliyunECIFullAccess", group_id) in held(after.inventory)
    assert instances(after.inventory)["planned:alicloud_eci_container_group.x"].resource_group_id == group_id
    assert kinds(after).count("inferred") == 2


@pytest.mark.parametrize("type_", ["alicloud_eci_image_cache", "alicloud_eci_openapi_image_cache"])
def test_image_caches(tmp_path: Path, type_: str) -> None:
    """They have no tags; without a resource group they are in the default one."""
    after = laid(
        tmp_path,
        plan(
            created(type_, {"image_cache_name": "c", "images": ["a:1"], "resource_group_id": None}),
            change(type_, "y", ("delete",), before={"id": "imc-1", "image_cache_name": "c"}),
        ),
    ).inventory

    (cache,) = after.resources("image_cache")
    assert (cache.name, cache.tags, cache.resource_group_id) == ("c", (), "rg-default")
    assert set(cache.not_shown) < GIVEN_BY_SERVICE


def test_virtual_nodes_are_replaced(tmp_path: Path) -> None:
    old = {
        "id": "vnd-1",
        "virtual_node_name": "n",
        "resource_group_id": "rg-1",
        "tags": None,
        "kube_config": "secret",
    }
    after = laid(
        tmp_path,
        plan(
            change(
                "alicloud_eci_virtual_node",
                "x",
                ("delete", "create"),
                before=old,
                after={**old, "id": None, "tags": {"env": "prod"}},
                unknown=UNKNOWN_ID,
            )
        ),
    ).inventory

    (node,) = after.resources("virtual_node")
    assert node.id == "planned:alicloud_eci_virtual_node.x"
    assert node.tags["env"] == "prod"
    assert "secret" not in repr(after)


def test_a_changed_instance_keeps_what_is_not_managed(tmp_path: Path) -> None:
    old = {"id": "eci-1", "container_group_name": "web", "tags": {"env": "prod"}, "resource_group_id": "rg-1"}
    after = laid(
        tmp_path,
        plan(
            change(
                "alicloud_eci_container_group",
                "x",
                ("update",),
                before=old,
                after={**old, "tags": {"env": "test"}, "resource_group_id": "rg-default"},
            )
        ),
    ).inventory

    instance = instances(after)["eci-1"]
    assert (instance.tags["env"], instance.resource_group_id, instance.ram_role_name) == (
        "test",
        "rg-default",
        "app",
    )


def test_emptied_tags_may_stay(tmp_path: Path) -> None:
    """An emptied map sends no tags."""
    old = {"id": "eci-1", "tags": {"env": "prod"}}
    after = laid(
        tmp_path,
        plan(change("alicloud_eci_container_group", "x", ("update",), before=old, after={**old, "tags": {}})),
    ).inventory

    assert "tags" in instances(after)["eci-1"].not_shown


def test_a_forgotten_object_stays(tmp_path: Path) -> None:
    before = {"id": "eci-1", "container_group_name": "web"}
    after = laid(tmp_path, plan(change("alicloud_eci_container_group", "x", ("forget",), before=before)))

    assert after.inventory.listings == inventory().listings
    assert kinds(after) == ["kept"]


@pytest.mark.parametrize("actions", [("create", "forget"), ("forget", "create")])
def test_a_replacement_that_forgets_keeps_the_old_object(tmp_path: Path, actions: tuple[str, ...]) -> None:
    before = {"id": "eci-1", "container_group_name": "web", "containers": []}
    after = laid(
        tmp_path,
        plan(
            change(
                "alicloud_eci_container_group",
                "x",
                actions,
                before=before,
                after={"container_group_name": "web", "containers": []},
                unknown=UNKNOWN_ID,
            )
        ),
    ).inventory

    assert set(instances(after)) == {"eci-1", "planned:alicloud_eci_container_group.x"}


def test_moves_and_imports_change_nothing(tmp_path: Path) -> None:
    before = {"id": "P", "policy_name": "P", "policy_document": OTHER}
    moved = change(
        "alicloud_ram_policy",
        "new",
        ("no-op",),
        before=before,
        after=before,
        previous_address="alicloud_ram_policy.old",
    )
    user = {"id": "2001", "name": "ann"}
    imported = change(
        "alicloud_ram_user", "x", ("no-op",), before=user, after=user, _importing={"id": "2001"}
    )
    after = laid(tmp_path, plan(moved, imported))

    assert after.inventory == inventory()
    assert (after.notes, after.count) == ((), 0)


def test_a_deposed_object_is_its_own(tmp_path: Path) -> None:
    """Two entries of one address: the current object and the one that is left over."""
    current = {"id": "eci-1", "tags": {"env": "prod"}}
    left = {"id": "eci-old"}
    over = inventory()
    old = ContainerGroup("eci-old", "web", "cn-hangzhou", resource_group_id="rg-1")
    listings = dict(over.listings)
    listings["instance"] = tuple(
        listing
        if listing.region != "cn-hangzhou" or isinstance(listing.items, Unreadable)
        else Listing(listing.region, (*listing.items, old))
        for listing in listings["instance"]
    )
    after = laid(
        tmp_path,
        plan(
            change("alicloud_eci_container_group", "x", ("no-op",), before=current, after=current),
            change("alicloud_eci_container_group", "x", ("delete",), before=left, deposed="a1b2c3"),
        ),
        over=inventory(listings=listings),
    )

    assert set(instances(after.inventory)) == {"eci-1"}
    assert kinds(after) == []


def test_unlisted_actions_are_unknown(tmp_path: Path) -> None:
    before = {"policy_name": "P", "policy_type": "Custom", "user_name": "ann"}
    after = laid(
        tmp_path,
        plan(change("alicloud_ram_user_policy_attachment", "x", ("teleport",), before=before, after=before)),
    )

    (gap,) = after.inventory.attachments.gaps
    assert (gap.principal_name, gap.scope) == ("ann", "account")
    assert kinds(after) == ["contradiction"]


def test_deferred_changes_are_unknown(tmp_path: Path) -> None:
    grant = created("alicloud_ram_user_policy_attachment", {**GRANT, "user_name": "ben"})
    after = laid(
        tmp_path, plan(deferred_changes=[{"reason": "provider_config_unknown", "resource_change": grant}])
    )

    (gap,) = after.inventory.attachments.gaps
    assert gap.principal_name == "ben"


def test_other_types_are_counted_or_named(tmp_path: Path) -> None:
    after = laid(
        tmp_path,
        plan(
            created("alicloud_vpc", {"vpc_name": "x"}),
            created("alicloud_ram_saml_provider", {"saml_provider_name": "x"}),
            created("alicloud_ram_role_attachment", {"role_name": "app", "instance_ids": ["i-1"]}),
            created("st-alicloud_ram_policy", {"name": "x"}),
        ),
    )

    assert after.inventory == inventory()
    assert kinds(after) == ["not evaluated", "not evaluated"]
