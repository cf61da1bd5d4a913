"""A8, where the documents are silent: nothing that turns on it is decided, all that comes out the same is."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from pytest_eci_compliance.inventory.facts import GrantGap, ResourceGroup, Unreadable
from pytest_eci_compliance.policy.choices import Free
from pytest_eci_compliance.policy.evaluator import Access, NotRecorded
from tests.policy.policy_world import (
    FULL,
    IN_PROD,
    IN_TEST,
    PROD,
    TAGGED,
    USER,
    Held,
    access,
    account,
    allow,
    decide,
    deny,
    document,
    instance,
)

DELETE, CREATE, USAGE = "eci:DeleteContainerGroup", "eci:CreateContainerGroup", "eci:ListUsage"


def when(operator: str, key: str, value: object) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


def outcome(*held: Held, action: str = DELETE, **call: Any) -> str:
    if action == DELETE:
        call.setdefault("resource", TAGGED)
    return decide(*held, action=action, **call).outcome


NEGATED = [
    ("StringNotEquals", "prod"),
    ("StringNotLike", "pr*"),
    ("StringNotEqualsIgnoreCase", "PROD"),
    ("NumericNotEquals", "1"),
    ("DateNotEquals", "2026-01-01T00:00:00Z"),
    ("NotIpAddress", "10.0.0.0/8"),
]


@pytest.mark.parametrize(("operator", "value"), NEGATED)
def test_a_negated_operator_on_a_missing_key(operator: str, value: str) -> None:
    by_tag = when(operator, "acs:ResourceTag/none", value)
    assert outcome(document(allow("eci:*", **by_tag))) == "undecidable"
    assert outcome(FULL, document(deny("eci:*", **by_tag))) == "undecidable"
    assert outcome(FULL, document(allow("eci:*", **by_tag))) == "allowed", "the same either way"
    assert outcome(document(deny("eci:*", **by_tag))) == "denied", "the same either way"
    both = document(allow("eci:*", **by_tag), deny("eci:*", **by_tag))
    assert outcome(both) == "denied", "in both readings"


@pytest.mark.parametrize("values", [["test", "prod"], ["prod", "test"], ["t*", "test"]])
def test_a_negated_operator_with_several_values_of_which_some_match(values: list[str]) -> None:
    by_tag = when("StringNotEquals", "acs:ResourceTag/env", values)
    assert outcome(document(allow("eci:*", **by_tag))) == "undecidable"
    assert outcome(document(allow("eci:*", **by_tag), deny("eci:*", **by_tag))) == "denied"


@pytest.mark.parametrize(
    ("values", "expected"),
    [(["prod", "dev"], "allowed"), ("prod", "allowed"), (["test"], "denied"), (["test", "test"], "denied")],
)
def test_a_negated_operator_with_several_values_of_which_all_or_none_match(
    values: list[str] | str, expected: str
) -> None:
    assert (
        outcome(document(allow("eci:*", **when("StringNotEquals", "acs:ResourceTag/env", values))))
        == expected
    )


@pytest.mark.parametrize(
    "odd",
    [
        when("StringEqualsIfExists", "acs:ResourceTag/env", "test"),
        when("Null", "acs:ResourceTag/env", "true"),
        when("ForAnyValue:StringEquals", "acs:ResourceTag/env", "test"),
        when("stringequals", "acs:ResourceTag/env", "test"),
        when("StringEquals", "acs:ResourceTag/env", "${acs:PrincipalName}"),
        when("StringEquals", "acs:ResourceTag/${acs:PrincipalName}", "test"),
        {"Sid": "x"},
        {"NotResource": "*"},
        {"Principal": {"RAM": "*"}},
        {"Unheard": 1},
    ],
    ids=str,
)
def test_an_unknown_operator_element_or_policy_variable_in_a_statement(odd: dict[str, Any]) -> None:
    assert outcome(document(allow("eci:*", **odd))) == "undecidable"
    assert outcome(FULL, document(deny("eci:*", **odd))) == "undecidable"
    assert outcome(FULL, document(allow("eci:*", **odd))) == "allowed"
    assert outcome(document(deny("eci:*", **odd))) == "denied"
    assert outcome(document(allow("oss:*", **odd))) == "denied", "it is not about this action"
    elsewhere = {**odd, **when("StringEquals", "acs:ResourceTag/env", "prod")}
    if "Condition" not in odd:
        assert outcome(document(allow("eci:*", **elsewhere))) == "denied", "it does not match anyhow"


def test_a_policy_variable_in_a_resource() -> None:
    assert outcome(document(allow("eci:*", "acs:eci:*:*:containergroup/${x}"))) == "undecidable"
    assert outcome(document(allow("eci:*", ["acs:eci:*:*:${x}", "*"]))) == "allowed"
    assert outcome(document(allow("eci:*", "acs:oss:*:*:${x}"))) == "denied"


@pytest.mark.parametrize(
    "condition",
    [
        when("IpAddress", "acs:SourceIp", "10.0.0.0/8"),
        when("NotIpAddress", "acs:SourceIp", "10.0.0.0/8"),
        when("Bool", "acs:MFAPresent", "true"),
        when("Bool", "acs:SecureTransport", "true"),
        when("DateLessThan", "acs:CurrentTime", "2027-01-01T00:00:00Z"),
        when("StringEquals", "acs:PrincipalArn", "x"),
        when("StringEquals", "eci:tag", "env"),
        when("StringEquals", "acs:resourcetag/env", "test"),
    ],
    ids=str,
)
def test_a_condition_on_the_caller_that_is_not_stated(
    condition: dict[str, dict[str, dict[str, str]]],
) -> None:
    assert outcome(document(allow("eci:*", **condition))) == "undecidable"
    assert outcome(FULL, document(deny("eci:*", **condition))) == "undecidable"
    assert outcome(FULL, document(allow("eci:*", **condition))) == "allowed"


def test_one_condition_and_its_contrary_come_out_the_same_either_way() -> None:
    inside = allow("eci:*", **when("IpAddress", "acs:SourceIp", "10.0.0.0/8"))
    outside = allow("eci:*", **when("NotIpAddress", "acs:SourceIp", "10.0.0.0/8"))
    assert outcome(document(inside, outside)) == "allowed"
    secure = [allow("eci:*", **when("Bool", "acs:SecureTransport", text)) for text in ("true", "false")]
    assert outcome(document(*secure)) == "allowed"
    mfa = [allow("eci:*", **when("Bool", "acs:MFAPresent", text)) for text in ("true", "false")]
    assert outcome(document(*mfa)) == "undecidable", "an AccessKey call lacks the key"


@pytest.mark.parametrize(
    ("condition", "stated", "expected"),
    [
        (
            when("IpAddress", "acs:SourceIp", ["10.0.0.0/8", "192.0.2.7"]),
            {"source_ip": "10.9.9.9"},
            "allowed",
        ),
        (
            when("IpAddress", "acs:SourceIp", ["10.0.0.0/8", "192.0.2.7"]),
            {"source_ip": "192.0.2.8"},
            "denied",
        ),
        (when("NotIpAddress", "acs:SourceIp", "10.0.0.0/8"), {"source_ip": "192.0.2.8"}, "allowed"),
        (when("Bool", "acs:MFAPresent", "true"), {"mfa": True}, "allowed"),
        (when("Bool", "acs:MFAPresent", "true"), {"mfa": False}, "denied"),
        (
            when("DateGreaterThan", "acs:CurrentTime", "2026-01-01T08:00:00+08:00"),
            {"time": "2026-01-01T00:00:01Z"},
            "allowed",
        ),
        (
            when("DateGreaterThanEquals", "acs:CurrentTime", "2026-01-01T08:00:00+08:00"),
            {"time": "2026-01-01T00:00:00Z"},
            "allowed",
        ),
        (
            when("DateLessThan", "acs:CurrentTime", "2026-01-01T08:00:00+08:00"),
            {"time": "2026-01-01T00:00:00Z"},
            "denied",
        ),
        (
            when("DateLessThan", "acs:CurrentTime", "tomorrow"),
            {"time": "2026-01-01T00:00:00Z"},
            "undecidable",
        ),
    ],
)
def test_what_is_stated_of_the_caller_is_decided(
    condition: dict[str, Any], stated: dict[str, Any], expected: str
) -> None:
    assert outcome(document(allow("eci:*", **condition)), action=USAGE, **stated) == expected


def test_a_deny_on_a_resource_group_against_an_account_wide_allow() -> None:
    never = (document(deny("eci:*")), PROD)
    decision = decide(FULL, never, action=DELETE, resource=IN_PROD)
    assert decision.outcome == "undecidable"
    assert "Deny on a resource group" in decision.why
    assert outcome(FULL, never, resource=IN_TEST) == "allowed", "another group"
    assert outcome((FULL, PROD), never, resource=IN_PROD) == "denied", "no account-wide Allow"
    assert outcome(FULL, never, document(deny("eci:*")), resource=IN_PROD) == "denied", "an account-wide Deny"
    assert outcome((FULL, PROD), document(deny("eci:*")), resource=IN_PROD) == "denied"


def test_a_deny_on_the_group_of_an_instance_whose_group_a_query_does_not_name() -> None:
    """DescribeContainerGroups has to name the group to be allowed in it; whether a Deny counts is not documented."""
    never, query = (document(deny("eci:Describe*")), PROD), "eci:DescribeContainerGroups"
    decision = decide(FULL, never, action=query, resource=IN_PROD)
    assert decision.outcome == "undecidable"
    assert f"attached directly, on resource group {PROD}): whether {query} is authorised" in decision.why
    assert outcome(FULL, never, action=query, resource=IN_TEST) == "allowed", "another group"
    assert outcome(FULL, never, action=query) == "allowed", "no instance is named"
    assert outcome((FULL, PROD), action=query, resource=IN_PROD) == "denied", "the group is not named"
    assert outcome((FULL, PROD), never, action=query, resource=IN_PROD) == "denied"


def test_whether_a_pass_role_pattern_matches_a_role_name_in_another_case() -> None:
    pattern = document(allow("ram:PassRole", "acs:ram:*:*:role/eciramroletest"))
    assert outcome(pattern, action="ram:PassRole", resource="ECIRamRoleTest") == "undecidable"
    assert outcome(pattern, action="ram:PassRole", resource="eciramroletest") == "allowed"
    assert outcome(pattern, action="ram:PassRole", resource="other") == "denied"
    shouted = document(allow("ram:PassRole", "ACS:RAM:*:*:ROLE/ECIRamRoleTest"))
    assert outcome(shouted, action="ram:PassRole", resource="ECIRamRoleTest") == "denied", (
        "not the name's case"
    )


@pytest.mark.parametrize(
    "number", ["1e9999999", "-1e9999999", "1e-9999999", "1_000", " 5 ", "５", "nan", "inf", ""]
)
def test_a_number_that_is_none_is_not_guessed(number: str) -> None:
    few = document(allow("eci:Create*", **when("NumericLessThan", "acs:RequestTag/n", number)))
    assert outcome(few, action=CREATE, request_tags={"n": "5"}) == "undecidable"
    five = document(allow("eci:Create*", **when("NumericLessThan", "acs:RequestTag/n", "5")))
    assert outcome(five, action=CREATE, request_tags={"n": number}) == "undecidable"


@pytest.mark.parametrize("scope", ["account", "any"])
def test_missing_grants_decide_nothing_but_what_is_denied_anyway(scope: Literal["account", "any"]) -> None:
    gap = GrantGap(Unreadable("resourcemanager:ListPolicyAttachments", "NoPermission"), scope)
    for held in ((), (FULL,)):
        assert access(*held, gaps=[gap]).decide(USER, USAGE).outcome == "undecidable"
    never = document(deny("eci:*"))
    assert access(never, gaps=[gap]).decide(USER, USAGE).outcome == "denied"


def test_missing_group_grants_leave_calls_without_a_group_decided() -> None:
    gap = GrantGap(Unreadable("resourcemanager:ListPolicyAttachments", "NoPermission"), "resource_group")
    world = access(FULL, gaps=[gap])
    assert world.decide(USER, USAGE).outcome == "allowed"
    assert world.decide(USER, DELETE, IN_PROD).outcome == "undecidable"


def test_the_default_group_that_cannot_be_known() -> None:
    groups = Unreadable("resourcemanager:ListResourceGroups", "NoPermission")
    unknown = access((FULL, PROD), resource_groups=groups)
    assert unknown.decide(USER, CREATE).outcome == "undecidable"
    assert unknown.decide(USER, CREATE, resource_group=PROD).outcome == "allowed"


@pytest.mark.parametrize(
    "listed",
    [
        (),
        (ResourceGroup(PROD, "production"),),
        (ResourceGroup(PROD, "Default"), ResourceGroup("rg-2", "test")),
        (ResourceGroup(PROD, "default"), ResourceGroup("rg-2", "default")),
    ],
)
def test_no_group_or_several_named_default(listed: tuple[ResourceGroup, ...]) -> None:
    """Every account has a default group: where no name shows which one it is, it may be any."""
    create = access((FULL, PROD), resource_groups=listed).decide(USER, CREATE)
    assert create.outcome == "undecidable"
    assert "default_resource_group" in create.why
    denied = access(FULL, (document(deny("eci:*")), PROD), resource_groups=listed)
    assert denied.decide(USER, CREATE).outcome == "undecidable"
    configured = Access(account((FULL, PROD), resource_groups=listed), PROD)
    assert configured.decide(USER, CREATE).outcome == ("allowed" if listed else "undecidable")


def test_a_configured_default_group_that_the_complete_list_lacks_is_not_known() -> None:
    assert Access(account((FULL, PROD)), "rg-prodution").decide(USER, CREATE).outcome == "undecidable"


@pytest.mark.parametrize("written", ["production", "prodution"])
def test_the_name_of_a_default_group_that_means_none(written: str) -> None:
    """A name is no id: where it cannot be told which group it means, no group is ruled out."""
    listed = (ResourceGroup(PROD, "production"), ResourceGroup("rg-2", "production"))
    for groups in (listed, Unreadable("resourcemanager:ListResourceGroups", "NoPermission")):
        inventory = account((FULL, PROD), resource_groups=groups)
        assert Access(inventory, written).decide(USER, CREATE).outcome == "undecidable"
        assert Access(inventory, PROD).decide(USER, CREATE).outcome == "allowed"


def test_an_id_is_no_name() -> None:
    """A group that is named like an id that is gone is another group."""
    lookalike = account(
        (FULL, "rg-2"), resource_groups=(ResourceGroup("rg-2", PROD), ResourceGroup("rg-1", "a"))
    )
    assert Access(lookalike, PROD).decide(USER, CREATE).outcome == "undecidable"
    with pytest.raises(NotRecorded, match=PROD):
        Access(lookalike).decide(USER, CREATE, resource_group=PROD)


def test_a_tag_key_in_another_case() -> None:
    by_tag = document(allow("eci:*", **when("StringEquals", "acs:ResourceTag/Env", "test")))
    assert outcome(by_tag) == "undecidable"
    assert outcome(by_tag, resource=instance("eci-x", team="a")) == "denied"


def test_a_value_may_have_to_fit_operators_of_several_types() -> None:
    sized = {"StringLike": {"acs:RequestTag/size": "1*"}, "NumericGreaterThan": {"acs:RequestTag/size": "5"}}
    world = access(document(allow("eci:Create*", Condition=sized)))
    create = world.call("eci:CreateContainerGroup")
    assert world.decide(USER, "eci:CreateContainerGroup", request_tags={"size": "10"}).outcome == "allowed"
    worst = world.decide_whatever(world.principal(USER), create, Free(request=True)).outcome
    assert worst != "denied"


@pytest.mark.parametrize("resource", ["acs:eci:*:containergroup/*", "acs:eci:*:containergroup/eci-test"])
def test_a_star_that_would_have_to_stand_for_the_account_too(resource: str) -> None:
    """`ineffective-statement` names such a Resource as one without effect: no verdict may rest on its effect."""
    mine = {"Resource": resource}
    call: dict[str, Any] = {"action": DELETE, "resource": TAGGED}
    assert decide(document(allow(DELETE, **mine)), **call).outcome == "undecidable"
    assert decide(FULL, document(deny(DELETE, **mine)), **call).outcome == "undecidable"
    assert decide(document(deny(DELETE, **mine)), **call).outcome == "denied", "the same either way"
    other = {"Resource": "acs:eci:*:imagecache/*"}
    assert decide(document(allow(DELETE, **other)), **call).outcome == "denied", "it fits in no reading"
