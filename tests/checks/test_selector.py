"""A name in the configuration that the account lacks: failed with the nearest name, never silent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_eci_compliance.checks.support.expectations import expectation_id
from pytest_eci_compliance.config.model import Expectation
from pytest_eci_compliance.inventory.facts import (
    Attachments,
    ContainerGroup,
    Group,
    PolicyAttachment,
    PolicyRef,
    ResourceGroup,
    Role,
    Unreadable,
    User,
)
from pytest_eci_compliance.results import Row

ACCOUNT = {
    "users": (User("alice"), User("ops-1")),
    "groups": (Group("developers"),),
    "roles": (Role("ECIRamRoleShop"),),
    "resource_groups": (ResourceGroup("rg-prod", "production"),),
    "custom_policies": (PolicyRef("Custom", "AppRead"),),
    "system_policies": (PolicyRef("System", "AliyunECSReadOnlyAccess"),),
    "attachments": Attachments((PolicyAttachment("System", "AliyunOSSReadOnlyAccess", "IMSUser", "alice"),)),
    "instances": [ContainerGroup("eci-1", region_id="cn-hangzhou", resource_group_id="rg-prod")],
}
RIGHT = """
users:
  - match: [alice, group/developers, "ops-*"]
    policies: [AliyunECIFullAccess, AliyunOSSReadOnlyAccess, AliyunECSReadOnlyAccess, Custom/AppRead]
    resource_groups: {production: [], rg-prod: []}
    pass_roles: [ECIRamRoleShop]
    may_reach: [role/ECIRamRoleShop]
instances: {resource_groups: [production], ram_roles: [ECIRamRoleShop], resources: {ids: eci-1}}
access:
  - {users: alice, cannot: [eci:DeleteContainerGroup], resources: {ids: eci-1}}
"""


def test_names_that_exist_are_one_passed_row(rows_of: Callable[..., list[Row]]) -> None:
    (row,) = rows_of("selector", RIGHT, **ACCOUNT)
    assert (row.outcome, row.resource.id, row.severity) == ("passed", "*", "medium")


@pytest.mark.parametrize(
    ("right", "wrong", "noun", "near"),
    [
        ("[alice,", "[alise,", "user 'alise'", "`alice`"),
        ("group/developers", "group/developer", "group 'developer'", "`developers`"),
        ("{production: []", "{prodution: []", "resource group 'prodution'", "`production`"),
        ("rg-prod: []", "rg-prd: []", "resource group 'rg-prd'", "`rg-prod`"),
        (
            "AliyunECIFullAccess,",
            "AliyunECIFulAccess,",
            "policy 'AliyunECIFulAccess'",
            "`AliyunECIFullAccess`",
        ),
        ("Custom/AppRead", "Custom/AppRaed", "policy 'Custom/AppRaed'", "`Custom/AppRead`"),
        (
            "pass_roles: [ECIRamRoleShop]",
            "pass_roles: [ECIRamRoleShp]",
            "role 'ECIRamRoleShp'",
            "`ECIRamRoleShop`",
        ),
        ("role/ECIRamRoleShop", "role/ECIRamRoleShip", "role 'ECIRamRoleShip'", "`ECIRamRoleShop`"),
        (
            "ram_roles: [ECIRamRoleShop]",
            "ram_roles: [ECIRamRoleShip]",
            "role 'ECIRamRoleShip'",
            "`ECIRamRoleShop`",
        ),
        ("resource_groups: [production]", "resource_groups: [prod]", "resource group 'prod'", "`rg-prod`"),
        ("users: alice", "users: alicia", "user 'alicia'", "`alice`"),
        ("{ids: eci-1}}\naccess", "{ids: eci-2}}\naccess", "resource 'eci-2'", "`eci-1`"),
    ],
)
def test_a_misspelt_name_fails_with_the_nearest_name(
    rows_of: Callable[..., list[Row]], right: str, wrong: str, noun: str, near: str
) -> None:
    assert right in RIGHT
    (row,) = rows_of("selector", RIGHT.replace(right, wrong, 1), **ACCOUNT)
    assert row.outcome == "failed"
    assert f"{noun}, which does not exist; did you mean {near}?" in row.message
    assert "severity" in row.message
    assert "may_be_empty: true" in row.remediation


def test_may_be_empty_accepts_it(rows_of: Callable[..., list[Row]]) -> None:
    intent = "users: [{match: nobody, may_be_empty: true}]"
    assert [row.outcome for row in rows_of("selector", intent, **ACCOUNT)] == ["passed"]


def test_a_glob_beside_a_misspelt_name_is_listed_too(rows_of: Callable[..., list[Row]]) -> None:
    intent = RIGHT.replace("[alice,", "[alise,").replace('"ops-*"', '"web-*"')
    failed, glob = sorted(rows_of("selector", intent, **ACCOUNT), key=lambda row: row.outcome)
    assert (failed.outcome, glob.outcome) == ("failed", "skipped")
    assert "users[0].match 'web-*'" in glob.message


def test_a_glob_that_matches_nothing_is_listed(rows_of: Callable[..., list[Row]]) -> None:
    (glob, whole) = sorted(
        rows_of("selector", 'users: [{match: "web-*"}]', **ACCOUNT), key=lambda row: row.outcome, reverse=True
    )
    assert (glob.outcome, whole.outcome) == ("skipped", "passed")
    assert "users[0].match 'web-*'" in glob.message
    assert glob.config_path == ("users", 0, "match")


@pytest.mark.parametrize(
    "expectation",
    [
        '{users: "web-*", cannot: [eci:DeleteContainerGroup]}',
        '{users: alice, except: "*", cannot: [eci:DeleteContainerGroup]}',
        "{users: alice, cannot: [eci:DeleteContainerGroup], resources: {tags: {env: prod}}}",
    ],
)
def test_a_cannot_about_nobody_or_nothing_fails(rows_of: Callable[..., list[Row]], expectation: str) -> None:
    (row,) = rows_of("selector", f"access: [{expectation}]", **ACCOUNT)
    assert row.outcome == "failed"
    assert "proves nothing" in row.message
    accepted = expectation.replace("{users", "{may_be_empty: true, users", 1)
    assert [row.outcome for row in rows_of("selector", f"access: [{accepted}]", **ACCOUNT)] == ["passed"]


def test_a_can_about_nobody_is_no_mistake(rows_of: Callable[..., list[Row]]) -> None:
    rows = rows_of("selector", 'access: [{users: "web-*", can: [eci:DeleteContainerGroup]}]', **ACCOUNT)
    assert {row.outcome for row in rows} == {"skipped", "passed"}


@pytest.mark.parametrize(
    ("part", "intent", "call"),
    [
        ("users", "users: [{match: alice}]", "ram:ListUsers"),
        ("groups", "users: [{match: group/developers}]", "ram:ListGroups"),
        ("roles", "roles: [{match: ECIRamRoleShop}]", "ram:ListRoles"),
        (
            "resource_groups",
            "instances: {resource_groups: [production]}",
            "resourcemanager:ListResourceGroups",
        ),
        ("custom_policies", 'users: [{match: "*", policies: [Custom/AppRead]}]', "ram:ListPolicies"),
    ],
)
def test_a_list_that_could_not_be_read_is_unknown(
    rows_of: Callable[..., list[Row]], part: str, intent: str, call: str
) -> None:
    parts = {**ACCOUNT, part: Unreadable(call, "NoPermission", permission=call)}
    rows = rows_of("selector", intent, **parts)
    assert "unknown" in {row.outcome for row in rows}
    assert "failed" not in {row.outcome for row in rows}


def test_may_be_empty_does_not_change_the_id_of_an_expectation() -> None:
    written = {"users": ["alice"], "can": ["eci:DeleteContainerGroup"]}
    plain, accepting = Expectation(**written), Expectation(**written, may_be_empty=True)
    assert expectation_id(plain) == expectation_id(accepting)


@pytest.mark.parametrize(
    ("check", "key"),
    [
        ("user-pass-role", "pass_roles: []"),
        ("user-console", "console: true"),
        ("user-resource-groups", "resource_groups: {}"),
    ],
)
def test_the_place_in_the_configuration_is_the_first_entry_that_has_the_key(
    rows_of: Callable[..., list[Row]], check: str, key: str
) -> None:
    intent = f'users: [{{match: "*"}}, {{match: "alice", {key}}}]'
    row = next(row for row in rows_of(check, intent, **ACCOUNT) if row.resource.id == "alice")
    assert row.config_path == ("users", 1, key.partition(":")[0])
