"""What a decision says for itself: the statement, its policy, scope and path, and what kept others from matching."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import Unreadable
from tests.policy.policy_world import (
    FULL,
    IN_PROD,
    OTHER,
    PROD,
    TAGGED,
    TEST,
    allow,
    decide,
    deny,
    document,
    worked_policy,
)

DELETE, CREATE = "eci:DeleteContainerGroup", "eci:CreateContainerGroup"
FIRST = "statement 1 of Custom/policy1 (attached directly, account-wide)"


def where(operator: str, key: str, value: object) -> dict[str, Any]:
    return {operator: {key: value}}


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            allow("eci:*", Condition=where("IpAddress", "acs:SourceIp", "10.0.0.0/8")),
            "the value of acs:SourceIp, which is not stated",
        ),
        (
            allow("eci:*", Condition=where("Null", "acs:RequestTag/env", "true")),
            "what the operator Null means",
        ),
        (
            allow("eci:*", Condition=where("StringNotEquals", "acs:RequestTag/env", "x")),
            "what StringNotEquals means where the key (acs:RequestTag/env) is missing",
        ),
        ({**allow("eci:*"), "Sid": "x"}, "the element Sid is not documented"),
        (allow("eci:*", "acs:eci:*:*:${x}"), "what the policy variable in acs:eci:*:*:${x} means"),
    ],
)
def test_what_cannot_be_decided_names_the_statement_that_it_turns_on(
    statement: dict[str, Any], message: str
) -> None:
    why = decide(document(statement), action=DELETE, resource=TAGGED).why
    assert f"{DELETE} turns on {FIRST}: " in why
    assert message in why


def test_a_deny_on_a_group_against_an_allow_on_the_account_names_both() -> None:
    decision = decide(FULL, (document(deny("eci:*")), PROD), action=DELETE, resource=IN_PROD)
    assert decision.outcome == "undecidable"
    assert decision.why.endswith(
        f"statement 1 of Custom/policy2 (attached directly, on resource group {PROD}) against {FIRST}"
        "; settle it with `assumptions: {deny-on-resource-group-wins: true or false}`"
    )


def test_it_is_the_action_that_turns_which_is_named() -> None:
    lend = document(allow("ram:PassRole", Condition=where("StringEquals", "acs:Service", "eci.aliyuncs.com")))
    decision = decide(FULL, lend, action=CREATE, ram_role="ECIRamRoleTest")
    assert decision.outcome == "undecidable"
    assert decision.why.startswith("ram:PassRole turns on statement 1 of Custom/policy2")


def test_the_nearest_statements_come_first() -> None:
    far = [(FULL, f"rg-{number}") for number in range(4)]
    why = decide(*far, worked_policy(), action=DELETE, resource=OTHER).why
    assert why.index("policy5") < why.index("policy1")
    assert "StringEquals acs:ResourceTag/env = test is asked for, it is 'prod'" in why
    assert why.endswith("nor do 2 more")


def test_the_new_tags_of_an_update_are_called_so() -> None:
    why = decide(
        worked_policy(), action="eci:UpdateContainerGroup", resource=TAGGED, request_tags={"env": "prod"}
    ).why
    assert why.startswith("eci:UpdateContainerGroup for the new tags is denied")
    assert "it is 'prod'" in why


def test_a_long_condition_is_cut() -> None:
    policy = document(allow("eci:*", Condition=where("StringEquals", "acs:ResourceTag/env", "x" * 5000)))
    assert len(decide(policy, action=DELETE, resource=TAGGED).why) < 600


def test_a_document_that_could_not_be_read_counts_where_it_is_held() -> None:
    unread = Unreadable("ram:GetPolicy", "NoPermission")
    assert decide(FULL, (unread, PROD), action=DELETE, resource=TAGGED).outcome == "allowed"
    assert decide((unread, PROD), action=DELETE, resource=TAGGED).outcome == "denied"
    assert decide((unread, PROD), action=CREATE).outcome == "denied"
    assert decide((unread, PROD), action=CREATE, resource_group=TEST).outcome == "denied"
    inside = decide((unread, PROD), action=DELETE, resource=IN_PROD)
    assert inside.outcome == "undecidable"
    assert (
        f"policy1 (attached directly, on resource group {PROD}): its document could not be read" in inside.why
    )
