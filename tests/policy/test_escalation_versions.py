"""Another version of a policy: what it gives is compared by meaning, and switching back is a step too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import PolicyVersion
from tests.policy.escalation_world import DEV, World, arn, trust
from tests.policy.policy_world import allow, deny, document

DELETE = "eci:DeleteContainerGroup"
SWITCH = allow("ram:SetDefaultPolicyVersion", arn("policy/own"))


def tagged(*values: str) -> dict[str, Any]:
    return {"StringEquals": {"acs:ResourceTag/env": list(values)}}


def world(default: list[dict[str, Any]], other: list[dict[str, Any]], *also: object) -> World:
    """A user `dev` who may switch between two versions of its policy `own`."""
    account = World()
    own = account.hold("user/dev", *default, name="Custom/own")
    account.hold("user/dev", SWITCH, *also, name="Custom/also")
    texts = (json.dumps(document(*statements)) for statements in (default, other))
    account.versions[own] = tuple(
        PolicyVersion(f"v{number}", is_default_version=number == 1, policy_document=text)
        for number, text in enumerate(texts, 1)
    )
    account.instance("eci-1", env="prod")
    return account


@pytest.mark.parametrize(
    ("default", "other"),
    [
        ([{"Effect": "Allow", "NotAction": "ram:*", "Resource": "*"}], [allow("eci:Delete*")]),
        (
            [allow("eci:Delete*", Condition=tagged("a", "b"))],
            [allow("eci:Delete*", Condition=tagged("b", "a"))],
        ),
        ([allow("eci:Delete*", Condition=tagged("a", "b"))], [allow("eci:Delete*", Condition=tagged("b"))]),
        ([allow("eci:*", "acs:eci:*:*:containergroup/*"), allow("eci:*")], [allow("eci:*", "acs:eci:*:*:*")]),
        ([allow("eci:Describe*")], [allow("eci:Delete*"), deny("eci:*")]),
        ([deny("oss:*"), allow("eci:Describe*")], [allow("eci:Describe*")]),
    ],
)
def test_a_version_that_allows_no_more_is_not_reached(
    default: list[dict[str, Any]], other: list[dict[str, Any]]
) -> None:
    assert world(default, other).reach() == {}


@pytest.mark.parametrize(
    ("default", "other"),
    [
        ([allow("eci:Describe*")], [allow("eci:*"), deny("eci:Create*")]),
        ([allow("eci:*"), deny("eci:Delete*")], [allow("eci:*")]),
        ([allow("eci:*"), deny("eci:*")], [allow("eci:*"), deny("eci:Create*")]),
    ],
)
def test_a_version_that_allows_more_is_certain(
    default: list[dict[str, Any]], other: list[dict[str, Any]]
) -> None:
    account = world(default, other)
    assert account.reach() == {"policy/Custom/own": True}
    assert account.can(DELETE, "eci-1") == "yes"


def test_a_version_without_the_deny_lets_another_policy_allow() -> None:
    account = world([deny("eci:Delete*")], [allow("oss:*")], allow("eci:Delete*"))
    assert account.can(DELETE, "eci-1") == "yes"
    account = world([deny("eci:Delete*")], [deny("eci:*")], allow("eci:Delete*"))
    assert account.can(DELETE, "eci-1") == "no"


def test_a_version_may_be_switched_back() -> None:
    detaching = allow("ram:DetachPolicyFromUser", arn("policy/no", "user/dev"))
    account = world([allow("eci:Delete*")], [detaching])
    account.hold("user/dev", deny("eci:Delete*"), name="Custom/no")
    assert account.can(DELETE, "eci-1") == "yes"


def test_versions_that_deny_are_followed_to_the_end() -> None:
    """Each version is held at a time of its own. Bundles of all versions, each with the Denies of the others, never
    ended."""
    account = World(users=["dev", "ops"])
    account.role("Admin", trust("root"))
    texts = (
        [
            allow(["fc:CreateFunction", "ram:PassRole"]),
            allow("ram:SetDefaultPolicyVersion", Condition=tagged("x")),
        ],
        [
            deny("eci:*", Condition=tagged("y")),
            allow("ram:AttachPolicyToUser", arn("user/dev", "policy/more")),
        ],
        [deny("oss:*"), allow("sts:AssumeRole", arn("role/Admin"))],
        [deny("vpc:*"), allow("ram:CreateAccessKey", arn("user/ops"))],
    )
    own = account.hold("user/dev", *texts[0], name="Custom/own")
    more = account.policy("Custom/more", allow("oss:*"), deny("eci:*"))
    account.versions[own] = tuple(
        PolicyVersion(f"v{number}", number == 1, json.dumps(document(*statements)))
        for number, statements in enumerate(texts, 1)
    )
    account.versions[more] = ()
    escalation = account.escalation()
    reached = {target.name: target.certain for target in escalation.reach(DEV)}
    assert reached == dict.fromkeys(
        ("policy/Custom/own", "policy/Custom/more", "role/Admin", "user/ops"), False
    )
    assert escalation.work < 5_000
    assert account.steps("role/Admin") == ["switch-policy-version", "assume-role"]


# Where every step is certain, what a Deny forbids is no


def test_a_group_that_also_denies_is_decided() -> None:
    account = World(groups={"team": ()})
    account.hold("group/team", allow("eci:*"), deny("eci:Delete*"))
    account.hold("user/dev", allow("ram:AddUserToGroup"))
    account.instance("eci-1")
    assert account.can(DELETE, "eci-1") == "no"
    assert account.can("eci:RestartContainerGroup", "eci-1") == "yes"


def test_a_policy_that_is_detached_with_its_allow_is_decided() -> None:
    account = World()
    account.hold("user/dev", deny("eci:*"), allow("eci:Delete*"))
    account.hold("user/dev", allow("ram:DetachPolicyFromUser"))
    account.instance("eci-1")
    assert account.can(DELETE, "eci-1") == "no"


def test_a_tag_that_is_set_before_the_right_to_tag_is_lost_counts() -> None:
    account = World()
    account.instance("eci-1", env="prod")
    account.hold("user/dev", allow("eci:Delete*", Condition=tagged("test")))
    account.hold("user/dev", allow("eci:TagResources"), deny("eci:Delete*"))
    account.hold("user/dev", allow("ram:DetachPolicyFromUser"))
    assert account.can(DELETE, "eci-1") != "no"


def test_a_policy_that_is_attached_before_the_right_to_attach_is_lost_counts() -> None:
    account = World()
    account.role("Admin", trust("root"))
    account.hold("user/dev", allow("ram:AttachPolicyToRole"), deny("sts:AssumeRole"))
    account.hold("user/dev", allow(["sts:AssumeRole", "ram:DetachPolicyFromUser"]), deny("eci:*"))
    account.instance("eci-1")
    assert account.can(DELETE, "eci-1") != "no"


# Requests that some tags open


@pytest.mark.parametrize(
    "statements",
    [
        [
            allow("eci:CreateContainerGroup"),
            deny("eci:CreateContainerGroup", Condition={"StringNotEquals": {"acs:RequestTag/env": "dev"}}),
        ],
        [
            allow(
                "eci:CreateContainerGroup",
                Condition={"StringEquals": {"acs:RequestTag/env": ["prod", "dev"]}},
            ),
            deny("eci:CreateContainerGroup", Condition={"StringEquals": {"acs:RequestTag/env": "prod"}}),
        ],
        [allow("eci:CreateContainerGroup", Condition={"StringNotEquals": {"acs:RequestTag/env": "prod"}})],
    ],
)
def test_a_creation_that_some_tags_open_is_certain(statements: list[dict[str, Any]]) -> None:
    account = World()
    account.role("Admin", trust("ecs.aliyuncs.com"))
    account.hold("user/dev", *statements, allow("ram:PassRole"))
    assert account.reach() == {"role/Admin": True}
