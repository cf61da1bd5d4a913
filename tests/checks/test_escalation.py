"""`user-escalation`, `role-escalation`, and `cannot` in the end: what fails, what is unknown, what is intended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.inventory.facts import Role, Unreadable
from pytest_eci_compliance.results import Row
from tests.checks.access_account import ACCOUNT, DENIED, account, allow, document, instance, outcomes

EXEC = document(allow("eci:ExecContainerCommand"))
DELETE = document(allow("eci:DeleteContainerGroup"))
ASSUME = document(allow("sts:AssumeRole"))


def trust(*names: str) -> str:
    principals = {"RAM": [f"acs:ram::{ACCOUNT}:{name}" for name in names]}
    return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principals})


ECS = document(
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["ecs.aliyuncs.com"]}}
)


def world(*grants: tuple[str, str, str | None], **more: Any) -> dict[str, Any]:
    """Ann and whoever is named; the role Admin may delete instances, and eci-t carries it."""
    parts = account(("role/Admin", DELETE, None), *grants)
    carried = replace(instance("eci-t"), ram_role_name="Admin", status="Running")
    parts["instances"] = (carried, instance("eci-p"))
    parts["roles"] = (Role("Admin", assume_role_policy_document=ECS),)
    return {**parts, **more}


def test_what_a_user_reaches_must_be_named(rows_of: Callable[..., list[Row]]) -> None:
    parts = world(("ann", EXEC, None))
    rows = rows_of("user-escalation", "users: [{match: '*'}]", **parts)
    assert outcomes(rows) == {"ann": "failed", "bob": "passed", "ops-1": "passed"}
    row = next(row for row in rows if row.resource.id == "ann")
    assert row.message == (
        "ann reaches role/Admin in 1 step: exec-in-instance eci-t (statement 1 of Custom/p1, held directly)"
        " → acts as role Admin; intended: nothing"
    )
    (path,) = row.paths
    assert (path.reaches, path.certain) == ("role/Admin", True)
    assert [(step.step, step.actor, step.to, step.on) for step in path.steps] == [
        ("exec-in-instance", "user/ann", "role/Admin", "eci-t")
    ]
    assert row.config_path == ("users", 0)
    assert (row.severity, row.section) == ("critical", "2 and 5")


@pytest.mark.parametrize(
    ("may_reach", "outcome"),
    [
        ("[role/Admin]", "passed"),
        ("'role/*'", "passed"),
        ("'*'", "passed"),
        ("[any-permission]", "passed"),
        ("[role/Other]", "failed"),
        ("[user/Admin]", "failed"),
        ("[]", "failed"),
    ],
)
def test_may_reach_is_a_list_of_globs(
    rows_of: Callable[..., list[Row]], may_reach: str, outcome: str
) -> None:
    rows = rows_of(
        "user-escalation", f"users: [{{match: ann, may_reach: {may_reach}}}]", **world(("ann", EXEC, None))
    )
    assert outcomes(rows)["ann"] == outcome


def test_a_possible_step_to_something_unintended_is_unknown(rows_of: Callable[..., list[Row]]) -> None:
    parts = world(("ann", document(allow("eci:RunCommand")), None))
    rows = rows_of("user-escalation", "users: [{match: ann}]", **parts)
    assert outcomes(rows)["ann"] == "unknown"
    assert "ann may reach role/Admin" in rows[0].message
    rows = rows_of("user-escalation", "users: [{match: ann, may_reach: 'role/*'}]", **parts)
    assert outcomes(rows)["ann"] == "passed"


@pytest.mark.parametrize(("passes", "outcome"), [("[Admin]", "passed"), ("[Other]", "failed")])
def test_a_role_that_may_be_passed_is_intended_where_it_is_passed(
    rows_of: Callable[..., list[Row]], passes: str, outcome: str
) -> None:
    creator = document(allow(["eci:CreateContainerGroup", "ram:PassRole"]))
    parts = world(("ann", creator, None))
    rows = rows_of("user-escalation", f"users: [{{match: ann, pass_roles: {passes}}}]", **parts)
    assert outcomes(rows)["ann"] == outcome


def test_a_role_that_may_be_passed_is_not_intended_where_it_is_reached_otherwise(
    rows_of: Callable[..., list[Row]],
) -> None:
    parts = world(("ann", EXEC, None))
    rows = rows_of("user-escalation", "users: [{match: ann, pass_roles: [Admin]}]", **parts)
    assert outcomes(rows)["ann"] == "failed"


@pytest.mark.parametrize(
    ("action", "outcome"), [("eci:ExecContainerCommand", "failed"), ("eci:RunCommand", "unknown")]
)
def test_a_role_that_may_be_passed_is_judged_by_its_other_paths_too(
    rows_of: Callable[..., list[Row]], action: str, outcome: str
) -> None:
    both = document(allow(["eci:CreateContainerGroup", "ram:PassRole", action]))
    parts = world(("ann", both, None))
    (row,) = rows_of("user-escalation", "users: [{match: ann, pass_roles: [Admin]}]", **parts)[:1]
    assert row.outcome == outcome
    assert [path.steps[-1].step for path in row.paths] == ["exec-in-instance"]
    rows = rows_of(
        "user-escalation", "users: [{match: ann, pass_roles: [Admin], may_reach: [role/Admin]}]", **parts
    )
    assert outcomes(rows)["ann"] == "passed"


def test_roles_that_an_entry_fits_are_judged(rows_of: Callable[..., list[Row]]) -> None:
    parts = world(("role/Build", ASSUME, None))
    roles = (Role("Admin", assume_role_policy_document=trust("role/Build")), Role("Build"))
    rows = rows_of("role-escalation", "roles: [{match: '*'}]", **{**parts, "roles": roles})
    assert outcomes(rows) == {"Admin": "passed", "Build": "failed"}
    rows = rows_of("role-escalation", "roles: [{match: Admin}]", **{**parts, "roles": roles})
    assert outcomes(rows) == {"Admin": "passed"}


def test_a_user_whose_entry_is_not_known_is_unknown(rows_of: Callable[..., list[Row]]) -> None:
    parts = world(("ann", EXEC, None), groups=DENIED)
    rows = rows_of("user-escalation", "users: [{match: group/dev, may_reach: '*'}]", **parts)
    assert outcomes(rows)["ann"] == "unknown"


# access


@pytest.mark.parametrize(
    ("paths", "outcome"), [("", "failed"), (", paths: any", "failed"), (", paths: direct", "passed")]
)
def test_cannot_is_decided_in_the_end(rows_of: Callable[..., list[Row]], paths: str, outcome: str) -> None:
    intent = f"access: [{{users: ann, cannot: [eci:DeleteContainerGroup]{paths}}}]"
    rows = rows_of("access", intent, **world(("ann", EXEC, None)))
    assert outcomes(rows) == {"ann": outcome}
    if outcome == "failed":
        assert rows[0].message.startswith(
            "ann can eci:DeleteContainerGroup on 'eci-t', 'eci-p' in 1 step: exec-in-instance eci-t"
            " (statement 1 of Custom/p1, held directly) → acts as role Admin"
            " → allowed by statement 1 of Custom/p0"
        )
        assert [path.reaches for path in rows[0].paths] == ["role/Admin"]
    else:
        assert rows[0].paths == ()


def test_can_is_always_direct(rows_of: Callable[..., list[Row]]) -> None:
    intent = "access: [{users: ann, can: [eci:DeleteContainerGroup]}]"
    assert outcomes(rows_of("access", intent, **world(("ann", EXEC, None)))) == {"ann": "failed"}


def test_what_is_held_directly_is_a_path_without_steps(rows_of: Callable[..., list[Row]]) -> None:
    intent = "access: [{users: ann, cannot: [eci:DeleteContainerGroup]}]"
    (row,) = rows_of("access", intent, **world(("ann", DELETE, None)))
    assert row.outcome == "failed"
    assert [(path.reaches, path.steps) for path in row.paths] == [("user/ann", ())]
    assert "in 0 steps" not in row.message


def test_a_path_that_may_exist_is_unknown(rows_of: Callable[..., list[Row]]) -> None:
    intent = "access: [{users: ann, cannot: [eci:DeleteContainerGroup]}]"
    (row,) = rows_of("access", intent, **world(("ann", document(allow("eci:UpdateContainerGroup")), None)))
    assert row.outcome == "unknown"
    assert "ann may be able to eci:DeleteContainerGroup" in row.message
    assert "whether an update needs ram:PassRole is not documented" in row.message


def test_no_path_passes(rows_of: Callable[..., list[Row]]) -> None:
    intent = "access: [{users: '*', cannot: [eci:DeleteContainerGroup]}]"
    rows = rows_of("access", intent, **world())
    assert outcomes(rows) == {"ann": "passed", "bob": "passed", "ops-1": "passed"}


def test_any_request_is_asked_of_each_identity_that_is_reached(rows_of: Callable[..., list[Row]]) -> None:
    parts = world(("ann", EXEC, None), ("role/Admin", document(allow("eci:CreateImageCache")), "rg-prod"))
    plain = "access: [{users: ann, cannot: [eci:CreateImageCache], request: {}}]"
    anything = "access: [{users: ann, cannot: [eci:CreateImageCache], request: any}]"
    assert outcomes(rows_of("access", plain, **parts)) == {"ann": "passed"}
    assert outcomes(rows_of("access", anything, **parts)) == {"ann": "failed"}


def test_a_role_is_judged_in_the_end_too(rows_of: Callable[..., list[Row]]) -> None:
    roles = (Role("Admin", assume_role_policy_document=trust("role/Build")), Role("Build"))
    parts = {**world(("role/Build", ASSUME, None)), "roles": roles}
    rows = rows_of("access", "access: [{roles: Build, cannot: [eci:DeleteContainerGroup]}]", **parts)
    assert outcomes(rows) == {"Build": "failed"}


def test_the_checks_rest_on_the_trust_and_the_versions() -> None:
    for check in CHECKS:
        if check.id in ("access", "user-escalation", "role-escalation"):
            assert {"ram:GetRole", "ram:ListPolicyVersions", "eci:DescribeContainerGroups"} <= set(
                check.calls
            )


def test_users_who_create_alike_and_pass_different_roles_are_judged_apart(
    rows_of: Callable[..., list[Row]],
) -> None:
    create, passing = document(allow("eci:CreateContainerGroup")), document(allow("ram:PassRole"))
    parts = world(("ann", create, None), ("bob", create, None), ("bob", passing, None))
    intent = "access: [{users: '*', cannot: [eci:CreateContainerGroup], request: {ram_role: Admin}}]"
    assert outcomes(rows_of("access", intent, **parts)) == {
        "ann": "passed",
        "bob": "failed",
        "ops-1": "passed",
    }


@pytest.mark.parametrize(
    ("may_reach", "outcome"), [("[]", "failed"), ("[policy/*]", "failed"), ("[any-permission]", "passed")]
)
def test_a_policy_that_is_rewritten_on_a_resource_group_fails(
    rows_of: Callable[..., list[Row]], may_reach: str, outcome: str
) -> None:
    """Any permission of ECI there is certain; that it is any permission at all is not."""
    rewrite = document(allow("ram:CreatePolicyVersion", f"acs:ram:*:{ACCOUNT}:policy/p1"))
    parts = world(("ann", DELETE, "rg-prod"), ("ann", rewrite, None))
    rows = rows_of("user-escalation", f"users: [{{match: ann, may_reach: {may_reach}}}]", **parts)
    row = next(row for row in rows if row.resource.id == "ann")
    assert row.outcome == outcome
    if outcome == "failed":
        assert row.message.startswith(
            "ann reaches any-permission in 1 step: rewrite-policy Custom/p1 on resource group rg-prod (statement 1"
            " of Custom/p2, held directly) → has any ECI permission there; intended:"
        )


def test_a_trust_policy_that_could_not_be_read_is_named_with_the_permission_for_it(
    rows_of: Callable[..., list[Row]],
) -> None:
    unread = Unreadable("ram:GetRole", "NoPermission", permission="ram:GetRole", subject="Admin")
    parts = world(("ann", ASSUME, None), roles=(Role("Admin"),), role_lookups={"Admin": unread})
    for check, intent in (
        ("user-escalation", "users: [{match: ann}]"),
        ("access", "access: [{users: ann, cannot: [eci:DeleteContainerGroup]}]"),
    ):
        row = next(row for row in rows_of(check, intent, **parts) if row.resource.id == "ann")
        assert row.outcome == "unknown"
        assert (
            "ram:GetRole for 'Admin' could not be read: NoPermission, ram:GetRole is not granted"
            in row.message
        )
