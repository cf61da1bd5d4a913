"""RAM, STS and ResourceManager actions: every ARN that is checked, both spellings of the region, several readings."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import Group, Policy, PolicyRef, Role, User
from tests.policy.policy_world import USER, access, allow, deny, document

OPS = User("ops")
ADMIN = PolicyRef("System", "AdministratorAccess")
CUSTOM = PolicyRef("Custom", "debug")


def outcome(statements: dict[str, Any] | list[dict[str, Any]], action: str, resource: Any) -> str:
    held = document(*statements) if isinstance(statements, list) else document(statements)
    return access(held).decide(USER, action, resource).outcome


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", "allowed"),
        ("acs:ram:*:*:user/ops", "allowed"),
        ("acs:ram::1098765432109876:user/ops", "allowed"),
        ("acs:ram:*:1098765432109876:user/ops", "allowed"),
        ("acs:ram::*:*", "allowed"),
        ("acs:ram:cn-hangzhou:*:user/ops", "undecidable"),
        ("acs:ram:cn-*:*:user/ops", "undecidable"),
        ("acs:ram:cn-hangzhou:*:user/other", "denied"),
        ("acs:ram::1:user/ops", "denied"),
        ("acs:ram::*:user/OPS", "denied"),
        ("acs:ims:*:*:user/ops", "denied"),
    ],
)
def test_the_region_of_ram_arns_is_ignored_where_it_is_empty_or_a_wildcard(
    pattern: str, expected: str
) -> None:
    for resource in (OPS, "user/ops", "ops", (OPS,)):
        assert outcome(allow("ram:CreateAccessKey", pattern), "ram:CreateAccessKey", resource) == expected


@pytest.mark.parametrize(
    ("action", "both", "first", "second"),
    [
        ("ram:AttachPolicyToUser", (OPS, ADMIN), "user/ops", "system:policy/AdministratorAccess"),
        ("ram:AttachPolicyToUser", (OPS, CUSTOM), "user/ops", "policy/debug"),
        ("ram:DetachPolicyFromGroup", (Group("g"), CUSTOM), "group/g", "policy/debug"),
        ("ram:AttachPolicyToRole", (Role("r"), ADMIN), "role/r", "system:policy/AdministratorAccess"),
        ("ram:AddUserToGroup", (Group("g"), OPS), "group/g", "user/ops"),
        ("ram:RemoveUserFromGroup", (OPS, Group("g")), "group/g", "user/ops"),
    ],
)
def test_every_arn_is_checked(action: str, both: tuple[Any, ...], first: str, second: str) -> None:
    def arn(rest: str) -> str:
        return f"acs:ram:*:{rest}" if rest.startswith("system:") else f"acs:ram:*:*:{rest}"

    assert outcome(allow(action, [arn(first), arn(second)]), action, both) == "allowed"
    assert outcome([allow(action, arn(first)), allow(action, arn(second))], action, both) == "allowed"
    assert outcome(allow(action, arn(first)), action, both) == "denied"
    assert outcome(allow(action, arn(second)), action, both) == "denied"
    assert outcome([allow(action), deny(action, arn(second))], action, both) == "denied"


def test_system_policies_are_policies_of_the_account_named_system() -> None:
    action = "ram:AttachPolicyToUser"
    user = allow(action, "acs:ram:*:*:user/*")
    assert outcome([user, allow(action, "acs:ram:*:*:policy/*")], action, (OPS, ADMIN)) == "allowed"
    own = allow(action, "acs:ram:*:1098765432109876:policy/*")
    assert outcome([user, own], action, (OPS, ADMIN)) == "denied"
    assert outcome([user, own], action, (OPS, Policy("Custom", "x"))) == "allowed"


@pytest.mark.parametrize(
    ("action", "resource", "pattern", "expected"),
    [
        ("ram:CreateUser", None, "acs:ram:*:*:user/*", "allowed"),
        ("ram:CreateUser", None, "acs:ram:*:*:user/dev-*", "denied"),
        ("ram:CreateRole", Role("dev-1"), "acs:ram:*:*:role/*", "allowed"),
        ("ram:CreateRole", Role("dev-1"), "acs:ram:*:*:role/dev-*", "undecidable"),
        ("ram:CreateRole", Role("ops"), "acs:ram:*:*:role/dev-*", "denied"),
        ("ram:CreatePolicy", CUSTOM, "acs:ram:*:*:policy/debug", "undecidable"),
        ("resourcemanager:MoveResources", None, "*", "allowed"),
        ("resourcemanager:MoveResources", None, "acs:resourcemanager:*:*:*", "denied"),
    ],
)
def test_an_action_with_several_printed_arns_is_decided_where_all_readings_agree(
    action: str, resource: PolicyRef | Role | None, pattern: str, expected: str
) -> None:
    assert outcome(allow(action, pattern), action, resource) == expected


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["*"], "allowed"),
        (["acs:ram:*:*:*"], "undecidable"),
        (["acs:ims:*:*:user/*", "acs:ram:*:*:policy/*"], "undecidable"),
        (["acs:ram:*:*:policy/*"], "denied"),
        (["acs:ram:*:*:user/ops"], "denied"),
    ],
)
def test_the_principal_of_resource_managers_attach_policy_has_an_unknown_arn(
    patterns: list[str], expected: str
) -> None:
    assert outcome(allow("ram:AttachPolicy", patterns), "ram:AttachPolicy", (OPS, CUSTOM)) == expected


def test_a_role_name_in_another_case_is_undecidable() -> None:
    for action in ("sts:AssumeRole", "ram:UpdateRole"):
        assert outcome(allow(action, "acs:ram::*:role/admin"), action, Role("Admin")) == "undecidable"
        assert outcome(allow(action, "acs:ram::*:role/Admin"), action, Role("Admin")) == "allowed"


def test_conditions_on_keys_of_the_action_are_undecidable() -> None:
    limited = allow("ram:UpdateRole", Condition={"StringEquals": {"ram:TrustedPrincipalTypes": "Service"}})
    assert outcome(limited, "ram:UpdateRole", Role("Admin")) == "undecidable"


def test_a_grant_on_a_resource_group_is_undecidable() -> None:
    world = access((document(allow("sts:*")), "rg-test"))
    assert world.decide(USER, "sts:AssumeRole", Role("Admin")).outcome == "undecidable"


def test_what_is_not_stated_may_be_anything() -> None:
    named = allow("ram:CreateAccessKey", "acs:ram:*:*:user/ops")
    assert outcome(named, "ram:CreateAccessKey", None) == "undecidable"
    assert outcome(allow("ram:CreateAccessKey"), "ram:CreateAccessKey", None) == "allowed"


@pytest.mark.parametrize("resource", [Role("x"), Group("g"), CUSTOM, "role/x"])
def test_an_action_is_refused_for_a_resource_that_it_is_not_about(resource: Any) -> None:
    with pytest.raises(ValueError, match="is not about a"):
        access(document()).decide(USER, "ram:CreateAccessKey", resource)


def test_a_name_without_its_kind_is_refused_where_several_could_be_meant() -> None:
    with pytest.raises(ValueError, match="user/NAME"):
        access(document()).decide(USER, "ram:AttachPolicyToUser", "ops")
