"""Control policies tell names, tags and places apart, as the policies of the account do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.escalation_world import EVERYTHING, World, arn, trust
from tests.policy.policy_world import allow, deny

IN_PROD = {"Condition": {"StringEquals": {"acs:ResourceTag/env": "prod"}}}


@pytest.mark.parametrize("first", ["admin", "ops"])
@pytest.mark.parametrize("denied", ["admin", "ops"])
def test_a_deny_on_one_user_is_no_deny_on_another(first: str, denied: str) -> None:
    second = "ops" if first == "admin" else "admin"
    world = World(users=[first, second, "dev"])
    world.hold("user/dev", allow("ram:CreateAccessKey"))
    world.bind(EVERYTHING, deny("ram:CreateAccessKey", arn(f"user/{denied}")))
    assert world.reach() == {f"user/{'ops' if denied == 'admin' else 'admin'}": True}


@pytest.mark.parametrize("denied", ["AppRole", "JobRole"])
def test_a_deny_on_one_role_is_no_deny_on_another(denied: str) -> None:
    world = World()
    for name in ("AppRole", "JobRole"):
        world.role(name, trust("root"))
    world.hold("user/dev", allow("sts:AssumeRole"))
    world.bind(EVERYTHING, deny("sts:AssumeRole", arn(f"role/{denied}")))
    assert world.reach() == {f"role/{'JobRole' if denied == 'AppRole' else 'AppRole'}": True}


def tagged(*statements: object) -> World:
    world = World()
    world.role("Admin", trust("ecs.aliyuncs.com"))
    world.instance("eci-1", "Admin", env="prod")
    world.hold("user/dev", *statements)
    world.bind(
        EVERYTHING,
        deny(["eci:DeleteContainerGroup", "eci:ExecContainerCommand"], **IN_PROD),
        deny(["eci:Update*", "eci:RunCommand", "eci:Restart*"]),
    )
    return world


def test_other_tags_open_a_call_that_a_control_policy_denies() -> None:
    actions = ["eci:DeleteContainerGroup", "eci:ExecContainerCommand"]
    world = tagged(allow([*actions, "eci:TagResources"]))
    assert world.can("eci:DeleteContainerGroup", "eci-1") == "yes"
    assert world.reach() == {"role/Admin": True}
    assert tagged(allow(actions)).can("eci:DeleteContainerGroup", "eci-1") == "no"
    assert tagged(allow(actions)).reach() == {}


@pytest.mark.parametrize(
    "bound",
    [{"resource": "acs:eci:cn-beijing:*:*"}, {"Condition": {"StringEquals": {"acs:RequestTag/env": "test"}}}],
)
def test_a_creation_as_the_control_policy_allows_it_is_certain(bound: dict[str, Any]) -> None:
    world = World()
    world.role("Admin", trust("ecs.aliyuncs.com"))
    world.hold("user/dev", allow(["eci:CreateContainerGroup", "ram:PassRole"]))
    others = {"Effect": "Allow", "NotAction": "eci:CreateContainerGroup", "Resource": "*"}
    world.bind(others, allow("eci:CreateContainerGroup", **bound))
    assert world.reach() == {"role/Admin": True}
