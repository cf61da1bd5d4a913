"""`user-resource-groups`: users who are confined to some resource groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import Unreadable
from pytest_eci_compliance.results import Row
from tests.checks.access_account import FULL, READ, account, allow, document, on, outcomes

INTENT = "users: [{match: ann, resource_groups: {production: [AliyunECIFullAccess]}}]"


@pytest.mark.parametrize(
    ("grants", "outcome"),
    [
        ([], "passed"),
        ([(FULL, "rg-prod")], "passed"),
        ([(FULL, "rg-prod"), (READ, None)], "passed"),
        ([(FULL, "rg-prod"), (READ, "rg-test")], "passed"),
        ([(FULL, "rg-test")], "failed"),
        ([(FULL, None)], "failed"),
        ([(document(allow("eci:Create*", Condition=on("acs:RequestTag/env", "x"))), None)], "failed"),
        ([(document(allow("eci:Delete*", Condition=on("acs:ResourceTag/env", "x"))), "rg-test")], "failed"),
        ([(document(allow("eci:Restart*", "acs:eci:*:*:containergroup/eci-9?")), None)], "failed"),
        ([(document(allow("eci:Restart*", "acs:eci:*:1:containergroup/*")), None)], "passed"),
        (
            [(document(allow("eci:Update*", Condition={"Bool": {"acs:MFAPresent": "true"}})), "rg-test")],
            "failed",
        ),
        ([(FULL, "rg-test"), (document(allow("eci:*", "*", "Deny")), None)], "passed"),
        ([(document(allow("eci:Delete*", Sid="x")), None)], "unknown"),
        ([(Unreadable("ram:GetPolicy", "NoPermission"), None)], "unknown"),
    ],
)
def test_nothing_is_changed_in_another_group(
    rows_of: Callable[..., list[Row]], grants: list[Any], outcome: str
) -> None:
    parts = account(*(("ann", text, scope) for text, scope in grants))
    rows = rows_of("user-resource-groups", INTENT, **parts)
    assert outcomes(rows) == {"ann": outcome}, rows[0].message


@pytest.mark.parametrize(
    ("action", "scope", "outcome"),
    [
        ("eci:CreateContainerGroupV2", None, "unknown"),
        ("eci:Stop*", "rg-test", "unknown"),
        ("eci:Stop*", "rg-prod", "passed"),
        ("eci:DescribeSomethingNew", None, "passed"),
        ("oss:Stop*", None, "passed"),
    ],
)
def test_an_action_that_nobody_has_heard_of_may_change_anything(
    rows_of: Callable[..., list[Row]], action: str, scope: str | None, outcome: str
) -> None:
    parts = account(("ann", document(allow(action)), scope))
    rows = rows_of("user-resource-groups", INTENT, **parts)
    assert outcomes(rows) == {"ann": outcome}, rows[0].message


def test_it_names_the_actions_the_group_and_the_path(rows_of: Callable[..., list[Row]]) -> None:
    rows = rows_of(
        "user-resource-groups", INTENT.replace("ann", "bob"), **account(("group/dev", FULL, "rg-test"))
    )
    assert "eci:CommitContainer" in rows[0].message
    assert "resource group rg-test ('test')" in rows[0].message
    assert "(attached through group dev, on resource group rg-test)" in rows[0].message


def test_groups_that_cannot_be_told_apart(rows_of: Callable[..., list[Row]]) -> None:
    parts = account(
        ("ann", FULL, "rg-prod"), resource_groups=Unreadable("ListResourceGroups", "NoPermission")
    )
    assert outcomes(rows_of("user-resource-groups", INTENT, **parts)) == {"ann": "unknown"}
    by_id = INTENT.replace("production", "rg-prod")
    assert outcomes(rows_of("user-resource-groups", by_id, **parts)) == {"ann": "passed"}


def test_nobody_is_meant(rows_of: Callable[..., list[Row]]) -> None:
    rows = rows_of("user-resource-groups", INTENT.replace("ann", "zoe"), **account())
    assert outcomes(rows) == {"*": "skipped"}
