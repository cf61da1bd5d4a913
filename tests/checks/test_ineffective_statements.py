"""`ineffective-statement`: statements that certainly do nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_eci_compliance.inventory.facts import Unreadable
from pytest_eci_compliance.results import Row
from tests.checks.test_custom_policies import holding, policy

MISSPELT = policy({"Action": "eci:*"}, {"Effect": "Deny", "Action": "eci:DeleteContainerGrup"})
VOID = {"Action": "eci:CreateContainerGroup", "Condition": {"StringEquals": {"acs:ResourceTag/env": "x"}}}


@pytest.mark.parametrize("section", ["users: []", "roles: []"])
def test_a_deny_on_a_misspelt_action_fails(rows_of: Callable[..., list[Row]], section: str) -> None:
    (row,) = rows_of("ineffective-statement", section, **holding(App=MISSPELT))
    assert (row.outcome, row.severity, row.section) == ("failed", "medium", "2")
    assert row.resource.id == "Custom/App"
    assert row.message == (
        "Custom/App has no effect in part: statement 2 (Deny): eci:DeleteContainerGrup is not an action of ECI; did"
        " you mean eci:DeleteContainerGroup?"
    )


def test_what_tag_policy_fails_is_not_failed_twice(rows_of: Callable[..., list[Row]]) -> None:
    account = holding(App=policy(VOID))
    (row,) = rows_of("ineffective-statement", "users: []", **account)
    assert row.outcome == "passed"
    (row,) = rows_of("ineffective-statement", "roles: []", **account)  # where `tag-policy` is off
    assert (row.outcome, "no call can satisfy its tag conditions" in row.message) == ("failed", True)


@pytest.mark.parametrize("text", [Unreadable("ram:GetPolicy", "Throttling"), "no JSON"])
def test_what_is_not_known_is_unknown(rows_of: Callable[..., list[Row]], text: Unreadable | str) -> None:
    (row,) = rows_of("ineffective-statement", "users: []", **holding(App=text))
    assert row.outcome == "unknown"


def test_policies_that_do_not_concern_eci_are_left_out_where_the_configuration_says_so(
    rows_of: Callable[..., list[Row]],
) -> None:
    account = holding(Buckets=policy({"Action": ["oss:*", "ram:ListUsrs"]}))
    assert [item.outcome for item in rows_of("ineffective-statement", "users: []", **account)] == ["failed"]
    (row,) = rows_of("ineffective-statement", "users: []\ngrants: eci", **account)
    assert row.outcome == "skipped"


def test_under_grants_eci_a_deny_of_eci_is_judged(rows_of: Callable[..., list[Row]]) -> None:
    misspelt = policy({"Effect": "Deny", "Action": "eci:DeleteContainerGrup"})
    (row,) = rows_of("ineffective-statement", "users: []\ngrants: eci", **holding(App=misspelt))
    assert (row.outcome, row.resource.id) == ("failed", "Custom/App")
