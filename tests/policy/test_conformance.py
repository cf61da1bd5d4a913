"""Sections 3, 4 and 5 of the security chapters, row by row: each test quotes the words that it proves."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import ContainerGroup
from tests.policy.policy_world import (
    CACHE,
    DEFAULT,
    FULL,
    IN_PROD,
    IN_TEST,
    OTHER,
    PROD,
    READ_ONLY,
    TAGGED,
    TEST,
    UID,
    UNGROUPED,
    UNTAGGED,
    USER,
    access,
    allow,
    decide,
    deny,
    document,
    worked_policy,
)

ENV_TEST, ENV_PROD = {"env": "test"}, {"env": "prod"}

# The table of section 4, "How ECI authorises each kind of call", asked of the worked policy for env:test.
TABLE = [
    ("Create*: no id, no tags: denied", "eci:CreateContainerGroup", {}, "denied"),
    (
        "Create*: no id, not the granted tag: denied",
        "eci:CreateContainerGroup",
        {"request_tags": ENV_PROD},
        "denied",
    ),
    (
        "Create*: no id, another tag: denied",
        "eci:CreateContainerGroup",
        {"request_tags": {"team": "test"}},
        "denied",
    ),
    (
        "Create*: no id, contain the granted tag: allowed",
        "eci:CreateContainerGroup",
        {"request_tags": {**ENV_TEST, "team": "a"}},
        "allowed",
    ),
    (
        "Create*: no id, contain the granted tag: allowed",
        "eci:CreateImageCache",
        {"request_tags": ENV_TEST},
        "allowed",
    ),
    (
        "Create*: no id, contain the granted tag: allowed",
        "eci:CreateVirtualNode",
        {"request_tags": ENV_TEST},
        "allowed",
    ),
    (
        "Describe*: id and tags: allowed if the resource's tags satisfy ResourceTag",
        "eci:DescribeContainerGroups",
        {"resource": TAGGED, "request_tags": ENV_PROD},
        "allowed",
    ),
    (
        "Describe*: id and tags: or the request's tags satisfy RequestTag",
        "eci:DescribeContainerGroups",
        {"resource": OTHER, "request_tags": ENV_TEST},
        "allowed",
    ),
    (
        "Describe*: id and tags: neither",
        "eci:DescribeContainerGroups",
        {"resource": OTHER, "request_tags": ENV_PROD},
        "denied",
    ),
    (
        "Describe*: id, no tags: allowed if the resource's tags satisfy ResourceTag",
        "eci:DescribeContainerGroups",
        {"resource": TAGGED},
        "allowed",
    ),
    (
        "Describe*: id, no tags: not satisfied",
        "eci:DescribeContainerGroups",
        {"resource": UNTAGGED},
        "denied",
    ),
    (
        "Describe*: no id, tags: allowed if the request's tags satisfy RequestTag",
        "eci:DescribeContainerGroups",
        {"request_tags": ENV_TEST},
        "allowed",
    ),
    (
        "Describe*: no id, tags: not satisfied",
        "eci:DescribeContainerGroups",
        {"request_tags": ENV_PROD},
        "denied",
    ),
    ("Describe*: no id, no tags: denied", "eci:DescribeContainerGroups", {}, "denied"),
    ("Describe*: no id, no tags: denied", "eci:DescribeImageCaches", {}, "denied"),
    (
        "Update*: id, no tags: allowed if the resource's tags satisfy ResourceTag",
        "eci:UpdateContainerGroup",
        {"resource": TAGGED},
        "allowed",
    ),
    ("Update*: id, no tags: not satisfied", "eci:UpdateContainerGroup", {"resource": OTHER}, "denied"),
    (
        "Update*: id, new tags: the user holds the new tags as well",
        "eci:UpdateContainerGroup",
        {"resource": TAGGED, "request_tags": ENV_PROD},
        "denied",
    ),
    (
        "Update*: id, new tags: those before are not held",
        "eci:UpdateContainerGroup",
        {"resource": OTHER, "request_tags": ENV_TEST},
        "denied",
    ),
    (
        "Update*: id, new tags that are held",
        "eci:UpdateImageCache",
        {"resource": CACHE, "request_tags": ENV_TEST},
        "allowed",
    ),
    *(
        (f"{call}: id: allowed if the resource's tags satisfy ResourceTag", call, {"resource": item}, outcome)
        for call in (
            "eci:RestartContainerGroup",
            "eci:ExecContainerCommand",
            "eci:DeleteContainerGroup",
            "eci:DescribeContainerLog",
            "eci:ResizeContainerGroupVolume",
            "eci:UntagResources",
            "eci:CreateInstanceOpsTask",
        )
        for item, outcome in ((TAGGED, "allowed"), (OTHER, "denied"), (UNTAGGED, "denied"))
    ),
    (
        "delete of an instance tagged env:test works, whatever tags are said",
        "eci:DeleteContainerGroup",
        {"resource": OTHER, "request_tags": ENV_TEST},
        "denied",
    ),
]


@pytest.mark.parametrize(
    ("row", "action", "call", "outcome"),
    TABLE,
    ids=[f"{n}-{item[1][4:]}-{item[3]}" for n, item in enumerate(TABLE)],
)
def test_table_of_section_4(row: str, action: str, call: dict[str, Any], outcome: str) -> None:
    decision = decide(worked_policy(), action=action, **call)
    assert decision.outcome == outcome, f"{row}: {decision.why}"


def test_two_policies_one_for_the_tags_before_one_for_the_tags_after() -> None:
    held = (worked_policy("test"), worked_policy("prod"))
    for before, after in ((TAGGED, ENV_PROD), (OTHER, ENV_TEST)):
        decision = decide(*held, action="eci:UpdateContainerGroup", resource=before, request_tags=after)
        assert decision.outcome == "allowed", decision.why
    decision = decide(
        *held, action="eci:UpdateContainerGroup", resource=TAGGED, request_tags={"env": "staging"}
    )
    assert decision.outcome == "denied", decision.why


def test_the_new_tags_may_be_held_as_tags_of_the_request() -> None:
    new = document(allow("eci:Update*", Condition={"StringEquals": {"acs:RequestTag/env": "prod"}}))
    call: dict[str, Any] = {"action": "eci:UpdateContainerGroup", "request_tags": ENV_PROD}
    assert decide(worked_policy(), new, resource=TAGGED, **call).outcome == "allowed"
    assert decide(new, resource=TAGGED, **call).outcome == "denied", "the tags before are not held"


def test_full_access_updates_whatever_the_tags() -> None:
    call: dict[str, Any] = {"action": "eci:UpdateContainerGroup", "resource": OTHER, "request_tags": ENV_TEST}
    assert decide(FULL, **call).outcome == "allowed"
    no_prod = document(deny("eci:*", Condition={"StringEquals": {"acs:RequestTag/env": "test"}}))
    assert decide(FULL, no_prod, **call).outcome == "denied"


# Section 3, of users who are granted AliyunECIFullAccess on one group.
GROUPS = [
    ("CreateContainerGroup must name a group the user holds", {"resource_group": PROD}, "allowed"),
    ("CreateContainerGroup must name a group the user holds", {"resource_group": "production"}, "allowed"),
    ("CreateContainerGroup in another group is denied", {"resource_group": TEST}, "denied"),
    ("without one it is denied", {}, "denied"),
]


@pytest.mark.parametrize(("row", "call", "outcome"), GROUPS)
def test_creation_in_a_resource_group(row: str, call: dict[str, Any], outcome: str) -> None:
    decision = decide((FULL, PROD), action="eci:CreateContainerGroup", **call)
    assert decision.outcome == outcome, f"{row}: {decision.why}"


def test_without_one_it_is_denied_unless_the_user_holds_the_default_group() -> None:
    assert decide((FULL, DEFAULT), action="eci:CreateContainerGroup").outcome == "allowed"


@pytest.mark.parametrize(
    ("row", "call", "outcome"),
    [
        ("must name the right group", {"resource_group": PROD}, "allowed"),
        ("must name the right group", {"resource_group": PROD, "resource": IN_PROD}, "allowed"),
        ("must name the right group", {"resource_group": TEST}, "denied"),
        ("must name the right group", {}, "denied"),
        ("must name the right group", {"resource": IN_PROD}, "denied"),
        (
            "an instance that is not in the named group is not shown",
            {"resource_group": PROD, "resource": IN_TEST},
            "denied",
        ),
    ],
)
def test_describe_container_groups(row: str, call: dict[str, Any], outcome: str) -> None:
    decision = decide((FULL, PROD), action="eci:DescribeContainerGroups", **call)
    assert decision.outcome == outcome, f"{row}: {decision.why}"


@pytest.mark.parametrize(
    "action",
    [
        "eci:DescribeContainerLog",
        "eci:DeleteContainerGroup",
        "eci:RestartContainerGroup",
        "eci:ExecContainerCommand",
        "eci:UpdateContainerGroup",
    ],
)
@pytest.mark.parametrize(
    ("case", "outcome"), [(IN_PROD, "allowed"), (IN_TEST, "denied"), (UNGROUPED, "undecidable")]
)
def test_the_service_looks_up_the_instances_own_group_and_authorises_against_it(
    action: str, case: ContainerGroup, outcome: str
) -> None:
    assert decide((FULL, PROD), action=action, resource=case).outcome == outcome
    assert decide((FULL, PROD), action=action, resource=case, resource_group=PROD).outcome == outcome


@pytest.mark.parametrize("group", [PROD, DEFAULT])
@pytest.mark.parametrize("statement", [allow("eci:*"), deny("eci:*")])
@pytest.mark.parametrize(
    "action",
    ["eci:DeleteContainerGroup", "eci:UpdateContainerGroup", "eci:DescribeContainerLog", "eci:TagResources"],
)
def test_an_instance_whose_group_is_not_shown_may_be_in_any_group(
    action: str, statement: dict[str, str], group: str
) -> None:
    """An unnamed group means the default group where an instance is created, not where an answer shows none."""
    held = ((document(statement), group), (FULL, None) if statement["Effect"] == "Deny" else (FULL, TEST))
    decision = decide(*held, action=action, resource=UNGROUPED)
    assert decision.outcome == "undecidable"
    assert "resource group" in decision.why


def test_who_can_names_the_users_of_every_group_for_an_instance_whose_group_is_not_shown() -> None:
    (answer,) = access((FULL, PROD)).who_can("eci:DeleteContainerGroup", UNGROUPED)
    assert answer.decision.outcome == "undecidable"


@pytest.mark.parametrize("group", [None, PROD, TEST])
def test_a_user_with_an_account_wide_grant_acts_in_every_group(group: str | None) -> None:
    assert decide(FULL, action="eci:CreateContainerGroup", resource_group=group).outcome == "allowed"
    assert decide(FULL, action="eci:DescribeContainerGroups", resource_group=group).outcome == "allowed"
    for item in (IN_PROD, IN_TEST, UNGROUPED):
        assert decide(FULL, action="eci:DeleteContainerGroup", resource=item).outcome == "allowed"


def test_grants_on_a_group_do_not_reach_calls_without_a_group() -> None:
    for action in ("eci:DescribeRegions", "eci:ListUsage", "eci:DescribeAvailableResource"):
        assert decide((FULL, PROD), action=action).outcome == "denied"


# Section 2 and 5.
def test_read_only_looks_and_does_not_touch() -> None:
    assert decide(READ_ONLY, action="eci:DescribeContainerGroups").outcome == "allowed"
    assert decide(READ_ONLY, action="eci:ListUsage").outcome == "allowed"
    assert decide(READ_ONLY, action="eci:CreateContainerGroup").outcome == "denied"
    assert decide(READ_ONLY, action="eci:DeleteContainerGroup", resource=TAGGED).outcome == "denied"


@pytest.mark.parametrize(
    ("resource", "outcome"),
    [
        ("*", "allowed"),
        ("acs:ram:*:*:role/ECIRamRoleTest", "allowed"),
        (f"acs:ram:*:{UID}:role/ECIRamRoleTest", "allowed"),
        ("acs:ram:*:*:role/ECI*", "allowed"),
        ("acs:ram:*:*:role/other", "denied"),
        ("acs:ram:*:1:role/ECIRamRoleTest", "denied"),
        ("acs:ram:*:*:role/eciramroletest", "undecidable"),
        ("acs:ram:*:*:role/ecir*", "undecidable"),
    ],
)
def test_a_user_who_creates_an_instance_with_a_role_needs_pass_role_on_that_role(
    resource: str, outcome: str
) -> None:
    held = (FULL, document(allow("ram:PassRole", resource)))
    assert decide(*held, action="ram:PassRole", resource="ECIRamRoleTest").outcome == outcome
    with_role = decide(*held, action="eci:CreateContainerGroup", ram_role="ECIRamRoleTest")
    assert with_role.outcome == outcome, with_role.why
    assert decide(*held, action="eci:CreateContainerGroup").outcome == "allowed"


def test_full_access_does_not_pass_roles() -> None:
    decision = decide(FULL, action="eci:CreateContainerGroup", ram_role="ECIRamRoleTest")
    assert decision.outcome == "denied"
    assert "ram:PassRole" in decision.why


def test_explanations_name_the_statement_the_policy_the_scope_and_the_path() -> None:
    decision = access((FULL, PROD), through="dev").decide(USER, "eci:DeleteContainerGroup", IN_PROD)
    assert (decision.policy, decision.statement) == ("Custom/policy1", 1)
    assert (decision.scope, decision.path) == (PROD, "through group dev")
    assert (
        "statement 1 of Custom/policy1 (attached through group dev, on resource group rg-production)"
        in decision.why
    )
    denied = decide(worked_policy(), action="eci:DeleteContainerGroup", resource=OTHER)
    assert denied.policy is None
    assert "StringEquals acs:ResourceTag/env = test is asked for, it is 'prod'" in denied.why
