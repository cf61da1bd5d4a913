"""The permission matrix of the HTML report."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import (
    Attachments,
    GrantGap,
    Inventory,
    Policy,
    PolicyAttachment,
    PolicyRef,
    Role,
    Unreadable,
    User,
)
from pytest_eci_compliance.report import as_html
from pytest_eci_compliance.report.permission_answers import PERMISSIONS, AnswerKind, PermissionCell
from pytest_eci_compliance.report.permission_matrix import permission_matrix
from tests.report import report_samples
from tests.report.report_samples import inventory

ANY = {"Effect": "Allow", "Action": "eci:*", "Resource": "*"}


def holding(*statements: Any, group: str | None = None, **more: Any) -> Inventory:
    """An account with one user, `u`, who holds the custom policy `P`."""
    ref = PolicyRef("Custom", "P")
    document = json.dumps({"Version": "1", "Statement": statements})
    return replace(
        inventory(0),
        users=(User("u"),),
        groups=(),
        attachments=Attachments((PolicyAttachment("Custom", "P", "IMSUser", "u", group),)),
        policies={ref: Policy("Custom", "P", "v1", policy_document=document)},
        custom_policies=(ref,),
        **more,
    )


def cells(account: Inventory) -> dict[str, PermissionCell]:
    matrix = permission_matrix(account)
    if matrix.without:
        return dict.fromkeys(matrix.permissions, PermissionCell("no", "no"))
    return dict(zip(matrix.permissions, matrix.rows[0].cells, strict=True))


def test_what_is_allowed_on_everything_is_allowed_everywhere() -> None:
    by_permission = cells(holding(ANY))
    assert {by_permission[permission] for permission in PERMISSIONS} == {
        PermissionCell("yes", "everywhere", ("Custom/P",))
    }
    assert by_permission["pass roles"].kind == "no"


def test_a_grant_on_a_group_reaches_that_group() -> None:
    by_permission = cells(holding(ANY, group="rg-test"))
    assert {by_permission[permission] for permission in PERMISSIONS} == {
        PermissionCell("partly", "in test", ("Custom/P on test",))
    }


def test_what_turns_on_tags_is_allowed_under_conditions_that_are_named() -> None:
    by_tag = {"StringEquals": {"acs:ResourceTag/env": "test"}}
    by_permission = cells(holding({**ANY, "Condition": by_tag}))
    assert by_permission["create"].kind == "no"
    assert by_permission["delete"].kind == "partly"
    assert by_permission["delete"].words == "under conditions"
    assert "acs:ResourceTag/env = test" in by_permission["delete"].via[0]


@pytest.mark.parametrize(
    ("resource", "limit"),
    [
        ("acs:eci:cn-*:*:*", ", only acs:eci:cn-*:*:*"),
        (["acs:eci:cn-a:*:*", "acs:eci:cn-b:*:*"], ", only acs:eci:cn-a:*:* and acs:eci:cn-b:*:*"),
        (
            [f"acs:eci:cn-{item}:*:*" for item in "abcd"],
            ", only acs:eci:cn-a:*:*, acs:eci:cn-b:*:* and 2 more",
        ),
        (["acs:eci:cn-*:*:*", "acs:eci:*:*:*"], ""),
        ("*", ""),
    ],
)
def test_what_turns_on_the_resource_names_it(resource: Any, limit: str) -> None:
    """A pattern that fits every instance of the account is no limit, so only the condition is told."""
    by_tag = {"StringEquals": {"acs:ResourceTag/env": "test"}}
    cell = cells(holding({**ANY, "Resource": resource, "Condition": by_tag}))["delete"]
    assert cell.words == "under conditions"
    assert cell.via == (f"Custom/P{limit}, where StringEquals acs:ResourceTag/env = test",)


@pytest.mark.parametrize(
    ("denied", "creates", "deletes"),
    [
        ({"Condition": {"StringEquals": {"acs:ResourceTag/env": "prod"}}}, "yes", "partly"),
        ({"Condition": {"StringNotEquals": {"acs:ResourceTag/env": "test"}}}, "undecidable", "partly"),
        ({"Condition": {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}}, "partly", "partly"),
        ({"Resource": "acs:eci:*:*:containergroup/eci-1"}, "yes", "partly"),
        ({"Resource": "acs:eci:*:*:imagecache/*"}, "yes", "yes"),
    ],
)
def test_a_deny_that_may_apply_leaves_it_to_conditions_and_is_named(
    denied: dict[str, Any], creates: AnswerKind, deletes: AnswerKind
) -> None:
    by_permission = cells(holding(ANY, {**ANY, "Effect": "Deny", **denied}))
    assert (by_permission["create"].kind, by_permission["delete"].kind) == (creates, deletes)
    cell = by_permission["delete"]
    if deletes == "partly":
        assert cell.words == "under conditions"
        assert cell.via[0] == "Custom/P"
        assert cell.via[1].startswith("denied by Custom/P, ")
    else:
        assert cell == PermissionCell("yes", "everywhere", ("Custom/P",))


def test_a_grant_in_some_regions_says_in_which() -> None:
    by_permission = cells(holding({**ANY, "Resource": "acs:eci:cn-*:*:*"}))
    assert by_permission["look"] == PermissionCell(
        "partly", "under conditions", ("Custom/P, only acs:eci:cn-*:*:*",)
    )


@pytest.mark.parametrize(
    ("resource", "kind", "words"),
    [
        ("*", "yes", "any role"),
        ("acs:ram:*:*:role/*", "yes", "any role"),
        ("acs:ram:*:*:role/ECIRamRoleTest", "partly", "ECIRamRoleTest"),
        ("acs:ram:*:*:role/None", "no", "no role that exists"),
    ],
)
def test_the_roles_that_can_be_passed_are_named(resource: str, kind: str, words: str) -> None:
    pass_role = {"Effect": "Allow", "Action": "ram:PassRole", "Resource": resource}
    cell = cells(holding(ANY, pass_role))["pass roles"]
    assert (cell.kind, cell.words) == (kind, words)


def test_many_roles_are_counted() -> None:
    roles = tuple(Role(f"App{number}") for number in range(9))
    pass_role = {"Effect": "Allow", "Action": "ram:PassRole", "Resource": "acs:ram:*:*:role/App*"}
    assert (
        cells(holding(pass_role, roles=roles))["pass roles"].words
        == "App0, App1, App2, App3, App4 and 4 more"
    )


def test_who_is_denied_can_do_nothing() -> None:
    assert permission_matrix(holding(ANY, {**ANY, "Effect": "Deny"})).without == ("u",)


def test_what_could_not_be_read_is_undecidable_and_never_no() -> None:
    account = holding({**ANY, "Action": "eci:Describe*"})
    gap = GrantGap(Unreadable("resourcemanager:ListPolicyAttachments", "Forbidden"), "resource_group")
    by_permission = cells(replace(account, attachments=replace(account.attachments, gaps=(gap,))))
    assert by_permission["look"] == PermissionCell(
        "yes", "everywhere, by the policies that were read", ("Custom/P",)
    )
    assert by_permission["delete"] == PermissionCell("undecidable", "undecidable")
    gap = GrantGap(Unreadable("ram:ListPoliciesForUser", "Forbidden"), "any")
    by_permission = cells(replace(account, attachments=replace(account.attachments, gaps=(gap,))))
    assert {value.kind for value in by_permission.values()} == {"undecidable"}


def test_users_who_could_not_be_listed_are_reported() -> None:
    matrix = permission_matrix(replace(inventory(0), users=Unreadable("ram:ListUsers", "Forbidden.RAM")))
    assert matrix.unreadable == "ram:ListUsers: Forbidden.RAM"
    text = as_html.render(
        replace(
            report_samples.report(1),
            inventories={"prod": replace(inventory(0), users=Unreadable("ram:ListUsers", "Forbidden.RAM"))},
        )
    )
    assert "Could not be read: ram:ListUsers: Forbidden.RAM" in text


def test_users_with_the_same_permissions_share_a_row() -> None:
    users = tuple(User(f"u{number}") for number in range(3))
    grants = tuple(PolicyAttachment("Custom", "P", "IMSUser", user.user_name) for user in users)
    account = replace(holding(ANY), users=users, attachments=Attachments(grants))
    assert [row.users for row in permission_matrix(account).rows] == [("u0", "u1", "u2")]


def test_the_policy_of_several_cells_is_named_once() -> None:
    by_tag = {"StringEquals": {"acs:ResourceTag/env": "test"}}
    account = holding({**ANY, "Action": ["eci:Update*", "eci:Delete*"], "Condition": by_tag})
    matrix = permission_matrix(account)
    (source,) = matrix.rows[0].sources(matrix.permissions)
    assert source.words == "Custom/P, where StringEquals acs:ResourceTag/env = test"
    assert source.permissions == ()
    page = as_html.render(replace(report_samples.report(1), inventories={"prod": account}))
    powers = page[page.index('id="powers"') : page.index('id="reach"')].replace("<wbr>", "")
    assert powers.count("ResourceTag/env") == 1


def test_policies_of_different_cells_name_their_permissions() -> None:
    pass_role = {"Effect": "Allow", "Action": "ram:PassRole", "Resource": "acs:ram:*:*:role/ECI*"}
    delete = {"Effect": "Allow", "Action": "eci:Delete*", "Resource": "acs:eci:cn-*:*:*"}
    matrix = permission_matrix(holding(pass_role, delete))
    assert [(source.words, source.permissions) for source in matrix.rows[0].sources(matrix.permissions)] == [
        ("Custom/P, only acs:eci:cn-*:*:*", ("delete",)),
        ("Custom/P", ("pass roles",)),
    ]
