"""A name in the configuration that the account lacks: failed with the nearest name, never silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_eci_compliance.checks.support.expectations import expectation_id
from pytest_eci_compliance.config.model import Expectation
from pytest_eci_compliance.inventory.facts import (
    Attachments,
    ContainerGroup,
    Group,
    ImageCache,
    PolicyAttachment,
    PolicyRef,
    ResourceGroup,
    Role,
    Tag,
    Tags,
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


WEB = ContainerGroup(
    "eci-1", "web", region_id="cn-hangzhou", resource_group_id="rg-prod", tags=Tags([Tag("env", "prod")])
)
CACHE = ImageCache("imc-1", "base", region_id="cn-hangzhou", resource_group_id="rg-prod")


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ("names: wbe", "instances[0].resources.names names resource name 'wbe', which does not exist;"),
        ("names: [web, wbe]", "names resource name 'wbe', which does not exist; did you mean `web`?"),
        ("names: base", "names resource name 'base', which does not exist"),
        ("ids: imc-1", "names resource 'imc-1', which does not exist; did you mean `eci-1`?"),
        ("tags: {env: prdo}", "tag 'env=prdo', which no resource has; did you mean `env=prod`?"),
        ("tags: {enw: prod}", "tag 'enw=prod', which no resource has; did you mean `env=prod`?"),
        ("regions: cn-hangzhuo", "region 'cn-hangzhuo', which is not read; did you mean `cn-hangzhou`?"),
    ],
)
def test_a_misspelt_selection_of_a_rule_fails(
    rows_of: Callable[..., list[Row]], selection: str, message: str
) -> None:
    account = {**ACCOUNT, "instances": [WEB], "image_caches": [CACHE]}
    intent = f"instances: {{required_tags: {{env: '?*'}}, resources: {{{selection}}}}}"
    (row,) = rows_of("selector", intent, **account)
    assert (row.outcome, row.resource.id) == ("failed", "instances:0")
    assert message in row.message
    accepted = intent.replace("{required", "{may_be_empty: true, required", 1)
    assert [row.outcome for row in rows_of("selector", accepted, **account)] == ["passed"]


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ('names: "x*"', "instances[0].resources.names 'x*'"),
        ('ids: "eci-9*"', "instances[0].resources.ids 'eci-9*'"),
        ('tags: {env: "d*"}', "instances[0].resources.tags.env 'env=d*'"),
        ("names: web, tags: {env: test}", "no instance fits every key"),
    ],
)
def test_a_rule_that_selects_nothing_is_listed(
    rows_of: Callable[..., list[Row]], selection: str, message: str
) -> None:
    test = ContainerGroup("eci-2", "batch", region_id="cn-hangzhou", tags=Tags([Tag("env", "test")]))
    intent = f"instances: {{required_tags: {{env: '?*'}}, resources: {{{selection}}}}}"
    rows = {
        row.resource.id: row for row in rows_of("selector", intent, **{**ACCOUNT, "instances": [WEB, test]})
    }
    assert {name: row.outcome for name, row in rows.items()} == {"instances:0": "skipped", "*": "passed"}
    assert message in rows["instances:0"].message
    assert "everything" not in rows["*"].message


@pytest.mark.parametrize("selection", ["names: web", "tags: {env: prod}", 'names: "web*"', "names: [web]"])
def test_a_rule_that_selects_something_is_not_listed(
    rows_of: Callable[..., list[Row]], selection: str
) -> None:
    intent = f"instances: {{required_tags: {{env: '?*'}}, resources: {{{selection}}}}}"
    (row,) = rows_of("selector", intent, **{**ACCOUNT, "instances": [WEB]})
    assert (row.outcome, row.resource.id) == ("passed", "*")


@pytest.mark.parametrize("selection", ["names: web", "tags: {env: prod}"])
def test_a_name_is_no_mistake_while_there_are_no_instances(
    rows_of: Callable[..., list[Row]], selection: str
) -> None:
    intent = f"instances: {{required_tags: {{env: '?*'}}, resources: {{{selection}}}}}"
    rows = rows_of("selector", intent, **{**ACCOUNT, "instances": []})
    assert {row.outcome for row in rows} == {"skipped", "passed"}


def test_a_name_that_may_be_hidden_is_unknown(rows_of: Callable[..., list[Row]]) -> None:
    intent = "instances: {required_tags: {env: '?*'}, resources: {tags: {env: dev}}}"
    hidden = replace(WEB, tags=Tags(), not_shown=("tags",))
    (row,) = rows_of("selector", intent, **{**ACCOUNT, "instances": [hidden]})
    assert row.outcome == "unknown"


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ("{regions: cn-hangzhuo}", "region 'cn-hangzhuo', which is not read; did you mean `cn-hangzhou`?"),
        ("{names: [web, wbe]}", "resource name 'wbe', which does not exist; did you mean `web`?"),
    ],
)
def test_a_cannot_with_a_misspelt_selection_fails(
    rows_of: Callable[..., list[Row]], resources: str, message: str
) -> None:
    intent = f"access: [{{users: alice, cannot: [eci:CreateContainerGroup], request: any, resources: {resources}}}]"
    (row,) = rows_of("selector", intent, **{**ACCOUNT, "instances": [WEB]})
    assert row.outcome == "failed"
    assert message in row.message


def test_a_group_is_printed_as_it_is_written(rows_of: Callable[..., list[Row]]) -> None:
    rows = rows_of("selector", 'users: [{match: "group/dvs*"}]', **ACCOUNT)
    assert any("users[0].match 'group/dvs*'" in row.message for row in rows)


def test_no_name_is_offered_for_itself(rows_of: Callable[..., list[Row]]) -> None:
    groups = (ResourceGroup("rg-1", "rg-want"),)
    intent = "instances: {resource_groups: [rg-want]}"
    (row,) = rows_of("selector", intent, **{**ACCOUNT, "resource_groups": groups})
    assert row.outcome == "failed"
    assert "did you mean `rg-want`" not in row.message


@pytest.mark.parametrize(
    ("intent", "message"),
    [
        (
            "default_resource_group: rg-typo",
            "default_resource_group names resource group 'rg-typo', which does not",
        ),
        ("default_resource_group: prodution", "did you mean `production`?"),
        ("custom_policies: {AppRaed: any}", "did you mean `Custom/AppRead`?"),
        ("system_policies: {AliyunECIFulAccess: f}", "did you mean `AliyunECIFullAccess`?"),
    ],
)
def test_a_misspelt_name_of_the_account_fails(
    rows_of: Callable[..., list[Row]], intent: str, message: str
) -> None:
    (row,) = rows_of("selector", f"users: []\n{intent}", **ACCOUNT)
    assert row.outcome == "failed"
    assert message in row.message


@pytest.mark.parametrize(
    "intent",
    [
        "default_resource_group: production",
        "default_resource_group: rg-prod",
        "custom_policies: {AppRead: any}",
        "system_policies: {AliyunECIFullAccess: f, AliyunOSSReadOnlyAccess: f, AliyunECSReadOnlyAccess: f}",
    ],
)
def test_names_of_the_account_that_exist(rows_of: Callable[..., list[Row]], intent: str) -> None:
    (row,) = rows_of("selector", f"users: []\n{intent}", **ACCOUNT)
    assert (row.outcome, row.resource.id) == ("passed", "*")


def test_a_reviewed_system_policy_that_nobody_has_is_listed(rows_of: Callable[..., list[Row]]) -> None:
    account = {**ACCOUNT, "system_policies": None}
    rows = rows_of("selector", "system_policies: {AliyunOSSReadOnlyAcess: f}", **account)
    assert {row.resource.id: row.outcome for row in rows} == {"system_policies": "skipped", "*": "passed"}
    (listed,) = (row for row in rows if row.outcome == "skipped")
    assert "did you mean `AliyunOSSReadOnlyAccess`?" in listed.message


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
