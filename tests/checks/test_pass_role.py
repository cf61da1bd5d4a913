"""`user-pass-role` and `role-pass-role`: which roles a principal can pass, against those intended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import Role, Unreadable
from pytest_eci_compliance.results import Row
from tests.checks.access_account import ACCOUNT, account, allow, document, outcomes

ECI = "acs:ram:*:*:role/ECI*"


def judged(
    rows_of: Callable[..., list[Row]],
    *statements: dict[str, Any],
    globs: str = "[]",
    scope: str | None = None,
    **parts: Any,
) -> Row:
    intent = f"users: [{{match: ann, pass_roles: {globs}}}]"
    rows = rows_of("user-pass-role", intent, **account(("ann", document(*statements), scope), **parts))
    return next(row for row in rows if row.resource.id == "ann")


def deny(action: object, resource: object = "*", **more: Any) -> dict[str, Any]:
    return allow(action, resource, "Deny", **more)


@pytest.mark.parametrize(
    ("statements", "globs", "outcome"),
    [
        ([], "[]", "passed"),
        ([allow("eci:*")], "[]", "passed"),
        ([allow("ram:PassRole")], "[]", "failed"),
        ([allow("ram:PassRole")], "['*']", "passed"),
        ([allow("*")], "[ECIRamRoleTest]", "failed"),
        ([allow("ram:passrole", "acs:ram:*:*:role/ECIRamRoleTest")], "[ECIRamRoleTest]", "passed"),
        ([allow("ram:Pass*", f"acs:ram:*:{ACCOUNT}:role/ECIRamRoleTest")], "[ECIRamRoleTest]", "passed"),
        ([allow("ram:PassRole", "acs:ram::*:role/ECIRamRoleTest")], "[]", "failed"),
        ([allow("ram:PassRole", "acs:ram:*:1:role/Other")], "[]", "passed"),
        ([allow("ram:PassRole", ECI)], "[ECIRamRoleTest]", "failed"),
        ([allow("ram:PassRole", ECI)], "['ECI*']", "passed"),
        ([allow("ram:PassRole", ECI)], "['ECI?*']", "failed"),
        ([allow("ram:PassRole", ECI), deny("ram:PassRole", "acs:ram:*:*:role/ECI")], "['ECI?*']", "passed"),
        ([allow("ram:PassRole"), deny("ram:PassRole")], "[]", "passed"),
        ([allow("ram:PassRole"), deny("ram:*")], "[]", "passed"),
        (
            [allow("ram:PassRole"), deny("ram:PassRole", Condition={"Bool": {"acs:MFAPresent": "false"}})],
            "[]",
            "failed",
        ),
        ([allow("ram:PassRole", Condition={"StringEquals": {"acs:Service": "x"}})], "[]", "failed"),
        ([allow("ram:PassRole", Sid="x")], "[]", "unknown"),
        ([allow("ram:PassRole", "acs:ram:*:*:role/${x}")], "[]", "unknown"),
        ([allow("ram:PassRole"), deny("ram:PassRole", Sid="x")], "[]", "failed"),
        ([{"Effect": "Allow", "NotAction": "eci:*", "Resource": "*"}], "[]", "failed"),
        ([{"Effect": "Allow", "NotAction": "ram:*", "Resource": "*"}], "[]", "passed"),
    ],
)
def test_what_may_be_passed_is_covered(
    rows_of: Callable[..., list[Row]], statements: list[dict[str, Any]], globs: str, outcome: str
) -> None:
    row = judged(rows_of, *statements, globs=globs)
    assert row.outcome == outcome, row.message


def test_a_failure_names_a_role_the_statement_and_the_path(rows_of: Callable[..., list[Row]]) -> None:
    row = judged(rows_of, allow("ram:PassRole", ECI), globs="[ECIRamRoleTest]")
    assert "statement 1 of Custom/p0 (attached directly, account-wide)" in row.message
    assert "intended: only 'ECIRamRoleTest'" in row.message


def test_whether_a_resource_group_limits_passing_is_not_documented(rows_of: Callable[..., list[Row]]) -> None:
    assert judged(rows_of, allow("ram:PassRole"), scope="rg-prod").outcome == "unknown"


def test_what_could_not_be_read_does_not_pass(rows_of: Callable[..., list[Row]]) -> None:
    parts = account(("ann", Unreadable("ram:GetPolicy", "NoPermission"), None))
    rows = rows_of("user-pass-role", "users: []", **parts)
    assert outcomes(rows)["ann"] == "unknown"


def test_roles_that_an_entry_fits(rows_of: Callable[..., list[Row]]) -> None:
    parts = account(("role/ECIRamRoleTest", document(allow("ram:PassRole")), None))
    rows = rows_of("role-pass-role", "roles: [{match: 'ECI*'}]", **parts)
    assert outcomes(rows) == {"ECIRamRoleTest": "failed"}


def settled_row(
    rows_of: Callable[..., list[Row]], settings: str, globs: str, *grants: tuple[dict[str, Any], str | None]
) -> Row:
    held = [("ann", document(statement), scope) for statement, scope in grants]
    parts = account(*held, roles=(Role("App"),))
    intent = f"{{users: [{{match: ann, pass_roles: {globs}}}], assumptions: {settings}}}"
    rows = rows_of("user-pass-role", intent, **parts)
    return next(row for row in rows if row.resource.id == "ann")


@pytest.mark.parametrize(
    ("settings", "denied", "outcome"),
    [
        ("{}", None, "unknown"),
        ("{pass-role-on-resource-group: true}", None, "failed"),
        ("{pass-role-on-resource-group: false}", None, "passed"),
        ("{pass-role-on-resource-group: true}", "rg-prod", "unknown"),
        ("{pass-role-on-resource-group: true, deny-on-resource-group-wins: true}", "rg-prod", "passed"),
        ("{pass-role-on-resource-group: true}", "account", "passed"),
    ],
)
def test_the_owner_settles_whether_a_resource_group_limits_passing(
    rows_of: Callable[..., list[Row]], settings: str, denied: str | None, outcome: str
) -> None:
    grants: list[tuple[dict[str, Any], str | None]] = [(allow("ram:PassRole"), "rg-prod")]
    if denied is not None:
        grants.append((deny("ram:PassRole"), None if denied == "account" else denied))
    row = settled_row(rows_of, settings, "[]", *grants)
    assert row.outcome == outcome, row.message
    if settings == "{}":
        assert "assumptions: {pass-role-on-resource-group: true or false}" in row.message


@pytest.mark.parametrize(
    ("granted", "globs", "outcomes_by_setting"),
    [
        ("app", "[App]", ("unknown", "passed", "failed")),
        ("app", "[app]", ("unknown", "failed", "passed")),
        ("App", "[App]", ("passed", "passed", "passed")),
        ("app", "[]", ("failed", "failed", "failed")),
    ],
)
def test_the_owner_settles_whether_passing_ignores_case(
    rows_of: Callable[..., list[Row]], granted: str, globs: str, outcomes_by_setting: tuple[str, str, str]
) -> None:
    settings = ("{}", "{pass-role-ignores-case: true}", "{pass-role-ignores-case: false}")
    for setting, outcome in zip(settings, outcomes_by_setting, strict=True):
        grant = allow("ram:PassRole", f"acs:ram:*:*:role/{granted}")
        row = settled_row(rows_of, setting, globs, (grant, None))
        assert row.outcome == outcome, (setting, row.message)
        if outcome == "unknown":
            assert "assumptions: {pass-role-ignores-case: true or false}" in row.message


@pytest.mark.parametrize("written", ["cn-hangzhou", "cn-*"])
@pytest.mark.parametrize(
    ("settings", "globs", "outcome"),
    [
        ("{}", "[]", "unknown"),
        ("{}", "[App]", "passed"),
        ("{region-in-ram-arns-is-ignored: true}", "[]", "failed"),
        ("{region-in-ram-arns-is-ignored: false}", "[]", "passed"),
    ],
)
def test_an_arn_with_a_region_may_pass_the_role(
    rows_of: Callable[..., list[Row]], written: str, settings: str, globs: str, outcome: str
) -> None:
    grant = allow("ram:PassRole", f"acs:ram:{written}:*:role/App")
    row = settled_row(rows_of, settings, globs, (grant, None))
    assert row.outcome == outcome, row.message
    if outcome == "unknown":
        assert "'App': statement 1 of Custom/p0" in row.message
        assert "assumptions: {region-in-ram-arns-is-ignored: true or false}" in row.message


@pytest.mark.parametrize(
    ("settings", "outcome"), [("{}", "failed"), ("{region-in-ram-arns-is-ignored: true}", "passed")]
)
def test_a_deny_with_a_region_denies_plainly_where_regions_are_ignored(
    rows_of: Callable[..., list[Row]], settings: str, outcome: str
) -> None:
    grants = [(allow("ram:PassRole"), None), (deny("ram:PassRole", "acs:ram:cn-hangzhou:*:role/*"), None)]
    assert settled_row(rows_of, settings, "[]", *grants).outcome == outcome
