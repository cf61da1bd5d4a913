"""Plans with traps: what a plan contains is never left out without a word."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import (
    Attachments,
    Inventory,
    Listing,
    Policy,
    PolicyAttachment,
    PolicyRef,
    PolicyVersion,
    Role,
    Unreadable,
)
from tests.change.plan_writer import change, plan
from tests.change.planned_rows import (
    ALLOW,
    OTHER,
    ROLE,
    held,
    instances,
    inventory,
    judged,
    kinds,
    laid,
    members,
)

P = PolicyRef("Custom", "P")
WEB = "alicloud_eci_container_group"
SENSITIVE_DOCUMENT = {"policy_document": True}


def masked(type_: str, mask: Any, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """An update of which both sides have the same sensitive values."""
    return change(
        type_, "x", ("update",), before=before, after=after, _before_sensitive=mask, _after_sensitive=mask
    )


@pytest.mark.parametrize("mask", [SENSITIVE_DOCUMENT, True])
def test_a_sensitive_document_that_changes_is_unknown(tmp_path: Path, mask: Any) -> None:
    old = {"id": "P", "policy_name": "P", "policy_document": OTHER, "document": OTHER}
    update = masked("alicloud_ram_policy", mask, old, {**old, "policy_document": ALLOW})
    after = laid(tmp_path, plan(update)).inventory

    if mask is True:
        assert "ram:ListPolicies" in {cause.call for cause in after.incomplete}, "its name is hidden too"
    else:
        assert isinstance(after.policies[P].policy_document, Unreadable)


def test_a_sensitive_document_that_stays_is_the_one_that_was_read(tmp_path: Path) -> None:
    old = {"id": "P", "policy_name": "P", "policy_document": OTHER, "description": "a"}
    update = masked("alicloud_ram_policy", SENSITIVE_DOCUMENT, old, {**old, "description": "b"})

    assert laid(tmp_path, plan(update)).inventory.policies[P].policy_document == OTHER


def test_sensitive_members_that_change_are_unknown(tmp_path: Path) -> None:
    old = {"id": "ops", "group_name": "ops", "user_names": ["ann"]}
    update = masked(
        "alicloud_ram_group_membership", {"user_names": [True]}, old, {**old, "user_names": ["ben"]}
    )
    after = laid(tmp_path, plan(update))

    assert isinstance(members(after.inventory, "ops"), Unreadable)
    assert "drift" not in kinds(after)


def environment(value: str, **tags: str) -> dict[str, Any]:
    container = {"name": "a", "image": "i", "environment_vars": [{"key": "K", "value": value}]}
    known = {"id": "eci-1", "container_group_name": "web", "resource_group_id": "rg-1"}
    return {**known, "ram_role_name": "app", "tags": tags, "containers": [container]}


@pytest.mark.parametrize(("new", "not_shown"), [("secret", ()), ("other", ("containers",))])
def test_only_a_sensitive_value_that_changes_is_unknown(
    tmp_path: Path, new: str, not_shown: tuple[str, ...]
) -> None:
    mask = {"containers": [{"environment_vars": [{"value": True}]}]}
    update = masked(WEB, mask, environment("secret", env="prod"), environment(new, env="test"))
    web = instances(laid(tmp_path, plan(update)).inventory)["eci-1"]

    assert web.not_shown == not_shown
    assert [(tag.key, tag.value) for tag in web.tags] == [("env", "test")]


def test_the_default_version_of_a_new_policy_counts(tmp_path: Path) -> None:
    """The version is made after the policy, whatever their addresses are."""
    policy = change(
        "alicloud_resource_manager_policy",
        "z",
        ("create",),
        after={"policy_name": "New", "policy_document": OTHER},
        unknown={"id": True},
    )
    version = change(
        "alicloud_resource_manager_policy_version",
        "a",
        ("create",),
        after={"policy_name": "New", "policy_document": ALLOW, "is_default_version": True},
        unknown={"id": True},
    )
    after = laid(tmp_path, plan(policy, version))

    assert after.inventory.policies[PolicyRef("Custom", "New")].policy_document == ALLOW
    assert kinds(after) == []


@pytest.mark.parametrize(
    ("type_", "first", "other"),
    [
        (
            "alicloud_ram_policy",
            {"policy_name": "New", "policy_document": ALLOW},
            {"policy_name": "New", "policy_document": OTHER},
        ),
        (
            "alicloud_resource_manager_policy_version",
            {"policy_name": "P", "policy_document": ALLOW, "is_default_version": True},
            {"policy_name": "P", "policy_document": OTHER, "is_default_version": True},
        ),
    ],
)
def test_two_addresses_for_one_object_are_unknown(
    tmp_path: Path, type_: str, first: dict[str, Any], other: dict[str, Any]
) -> None:
    changes = [
        change(type_, name, ("create",), after=after, unknown={"id": True})
        for name, after in (("a", first), ("b", other))
    ]
    after = laid(tmp_path, plan(*changes))

    ref = PolicyRef("Custom", first["policy_name"])
    assert isinstance(after.inventory.policies[ref].policy_document, Unreadable)
    assert set(kinds(after)) == {"contradiction"}


MISSING: list[tuple[str, dict[str, str], str]] = [
    ("alicloud_ram_user_policy_attachment", {"user_name": "zoe"}, "ram:ListUsers"),
    ("alicloud_ram_group_policy_attachment", {"group_name": "zoe"}, "ram:ListGroups"),
    ("alicloud_ram_role_policy_attachment", {"role_name": "zoe"}, "ram:ListRoles"),
    ("alicloud_ram_user_group_attachment", {"user_name": "zoe", "group_name": "ops"}, "ram:ListUsers"),
    ("alicloud_ram_user_group_attachment", {"user_name": "ann", "group_name": "zoe"}, "ram:ListGroups"),
]


@pytest.mark.parametrize(("type_", "arguments", "call"), MISSING)
def test_what_a_change_refers_to_must_be_there(
    tmp_path: Path, type_: str, arguments: dict[str, str], call: str
) -> None:
    """A principal that neither the evidence nor the plan has may be newer than the evidence."""
    arguments = {"policy_name": "AliyunECIFullAccess", "policy_type": "System", **arguments}
    after = laid(tmp_path, plan(change(type_, "x", ("create",), after=arguments, unknown={"id": True})))

    assert call in {cause.call for cause in after.inventory.incomplete}
    assert [
        note.message for note in after.notes if "'zoe' is neither in the evidence nor planned" in str(note)
    ]
    if call == "ram:ListUsers":
        rows = judged(after, "user-intended-policies", users=[{"match": "*", "policies": ["Custom/P"]}])
        assert rows["*"].outcome == "unknown"


def test_a_policy_that_is_nowhere_is_unknown_where_it_is_attached(tmp_path: Path) -> None:
    arguments = {"policy_name": "Gone", "policy_type": "Custom", "user_name": "ben"}
    attached = change("alicloud_ram_user_policy_attachment", "x", ("create",), after=arguments)
    after = laid(tmp_path, plan(attached))

    assert isinstance(after.inventory.policies[PolicyRef("Custom", "Gone")].policy_document, Unreadable)
    assert kinds(after) == ["contradiction"]


def test_an_object_of_the_state_that_is_not_in_the_evidence_reaches_a_row(tmp_path: Path) -> None:
    old = {"id": "2009", "name": "zoe"}
    after = laid(tmp_path, plan(change("alicloud_ram_user", "x", ("no-op",), before=old, after=old)))
    rows = judged(after, "user-intended-policies", users=[{"match": "*", "policies": ["Custom/P"]}])

    assert rows["*"].outcome == "unknown"
    assert rows["ann"].outcome == "failed"


@pytest.mark.parametrize(
    ("type_", "state"),
    [
        ("alicloud_ram_group_membership", {"group_name": "ops", "user_names": ["ann", "ben"]}),
        ("alicloud_ram_user_group_attachment", {"group_name": "ops", "user_name": "ann"}),
    ],
)
def test_members_that_are_added_before_they_are_removed_are_unknown(
    tmp_path: Path, type_: str, state: dict[str, Any]
) -> None:
    """The removal of the old object comes last, and removes the users that the new one names too."""
    first = change(type_, "x", ("create", "delete"), before={"id": "ops", **state}, after=state)
    last = change(type_, "x", ("delete", "create"), before={"id": "ops", **state}, after=state)

    assert isinstance(members(laid(tmp_path, plan(first)).inventory, "ops"), Unreadable)
    assert members(laid(tmp_path, plan(last)).inventory, "ops") == ("ann", "ben")


@pytest.mark.parametrize("action", ["no-op", "delete", "forget"])
def test_a_version_that_is_not_the_default_one_contradicts_nothing(tmp_path: Path, action: str) -> None:
    version = {"id": "P:v1", "policy_name": "P", "policy_document": ALLOW, "is_default_version": False}
    kept = change(
        "alicloud_resource_manager_policy_version",
        "v",
        (action,),
        before=version,
        after=version if action == "no-op" else None,
    )
    after = laid(tmp_path, plan(kept))

    assert after.inventory.policies[P].policy_document == OTHER
    assert set(kinds(after)) <= {"kept"}


SWITCH = (
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:SetDefaultPolicyVersion",'
    '"Resource":"acs:ram:*:*:policy/P"}]}'
)
SWITCHING = PolicyAttachment("Custom", "Switch", "IMSUser", "ann")


def switchable(document: str) -> Inventory:
    """The small account, where `ann` has the policy P with that document, and may switch its default version."""
    base = inventory()
    switch = PolicyRef("Custom", "Switch")
    policies = {
        **base.policies,
        P: Policy(*P, policy_document=document),
        switch: Policy(*switch, policy_document=SWITCH),
    }
    return replace(
        base,
        groups=(),
        listings={"instance": (Listing("cn-hangzhou", ()),)},
        policies=policies,
        custom_policies=(P, switch),
        attachments=Attachments((*base.attachments.items, SWITCHING)),
        policy_versions={P: (PolicyVersion("v1", is_default_version=True, policy_document=document),)},
    )


def test_a_document_that_a_plan_replaces_stays_a_version(tmp_path: Path) -> None:
    """The policy can be switched back to what the plan takes away."""
    old = {"id": "P", "policy_name": "P", "policy_document": ALLOW}
    update = change(
        "alicloud_ram_policy", "p", ("update",), before=old, after={**old, "policy_document": OTHER}
    )
    users = [{"match": "*", "policies": ["Custom/P"]}]
    before = judged(laid(tmp_path, plan(), over=switchable(ALLOW)), "user-escalation", users=users)
    after = judged(laid(tmp_path, plan(update), over=switchable(ALLOW)), "user-escalation", users=users)

    assert (before["ann"].outcome, after["ann"].outcome) == ("passed", "failed")
    assert "switch-policy-version Custom/P v1" in after["ann"].message


def test_a_version_that_is_not_the_default_one_can_be_switched_to(tmp_path: Path) -> None:
    version = {"policy_name": "P", "policy_document": ALLOW, "is_default_version": False}
    creation = change(
        "alicloud_resource_manager_policy_version", "v", ("create",), after=version, unknown={"id": True}
    )
    after = laid(tmp_path, plan(creation), over=switchable(OTHER))
    rows = judged(after, "user-escalation", users=[{"match": "*", "policies": ["Custom/P"]}])

    assert after.inventory.policies[P].policy_document == OTHER
    assert rows["ann"].outcome == "failed"
    assert "switch-policy-version Custom/P planned" in rows["ann"].message


LINKED = "AliyunServiceRoleForECI"
DELETED = {"id": f"eci.aliyuncs.com:{LINKED}", "service_name": "eci.aliyuncs.com", "role_name": LINKED}


@pytest.mark.parametrize("remaining", [False, True])
def test_a_deleted_service_linked_role_takes_its_policy_along(tmp_path: Path, remaining: bool) -> None:
    base = inventory()
    listings = base.listings if remaining else {"instance": (Listing("cn-hangzhou", ()),)}
    grant = PolicyAttachment("System", "AliyunServiceRolePolicyForECI", "ServiceRole", LINKED)
    over = inventory(
        roles=(Role("app"), Role(LINKED)),
        role_lookups={"app": ROLE, LINKED: Role(LINKED)},
        attachments=Attachments((grant,)),
        listings=listings,
    )
    deletion = change(
        "alicloud_resource_manager_service_linked_role", "x", ("delete",), before=DELETED, after=None
    )
    after = laid(tmp_path, plan(deletion), over=over)
    row = judged(after, "slr-exists", service_linked_role={"expect": "absent"})[LINKED]

    assert (row.outcome, kinds(after)) == (("unknown", ["blocked"]) if remaining else ("passed", []))
    assert (held(after.inventory) == set()) is not remaining


def test_what_no_account_is_shown_for_is_unknown_where_several_are(tmp_path: Path) -> None:
    """A deleted resource has no configuration, so nothing shows by which of two aliases it was managed."""
    grant = {"policy_name": "P", "policy_type": "Custom", "user_name": "ann"}
    deleted = change("alicloud_ram_user_policy_attachment", "x", ("delete",), before=grant)
    user = change("alicloud_ram_user", "y", ("create",), after={"name": "other"}, unknown={"id": True})
    own = change("alicloud_ram_user", "z", ("create",), after={"name": "own"}, unknown={"id": True})
    data = plan(deleted, user, own)
    for alias, account in (("", "1098765432109876"), (".b", "1111111111111111")):
        data["configuration"]["provider_config"][f"alicloud{alias}"] = {
            "name": "alicloud",
            "expressions": {"account_id": {"constant_value": account}},
        }
    data["configuration"]["root_module"]["resources"] = [
        {"mode": "managed", "type": "alicloud_ram_user", "name": name, "provider_config_key": key}
        for name, key in (("y", "alicloud.b"), ("z", "alicloud"))
    ]
    after = laid(tmp_path, data)

    assert ("user:ann", "Custom/P", None) not in held(after.inventory), "a gap stands in its place"
    assert [gap.principal_name for gap in after.inventory.attachments.gaps] == ["ann"]
    assert any("several accounts" in note.message for note in after.notes)


def test_invoked_actions_are_named(tmp_path: Path) -> None:
    data = plan(action_invocations=[{"address": "action.alicloud_x.y", "config_values": {"token": "s3cret"}}])
    (note,) = laid(tmp_path, data).notes

    assert (note.kind, note.origin.address) == ("not evaluated", "action.alicloud_x.y")
    assert "s3cret" not in json.dumps(str(note))
