"""Which evidence escalation asks for: bounded by roles and policies, and only where somebody holds the action."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import PolicyRef
from pytest_eci_compliance.policy.escalation.needs import needs
from tests.policy.escalation_world import World, arn, trust
from tests.policy.policy_world import allow


def world(*statements: object) -> World:
    world = World()
    for name in ("Admin", "Build", "AliyunServiceRoleForECI"):
        world.role(name, trust("root"))
    world.policy("Custom/unheld", allow("sts:AssumeRole"))
    world.hold("user/dev", *statements, name="Custom/own")
    return world


@pytest.mark.parametrize(
    ("statement", "roles"),
    [
        (allow("eci:*"), ()),
        (allow("sts:AssumeRole"), ("Admin", "Build")),
        (allow("sts:AssumeRole", arn("role/admin")), ("Admin",)),
        (allow("ram:PassRole", arn("role/B*")), ("Build",)),
        (allow("ecs:RunCommand"), ("Admin", "Build")),
        (allow("*"), ("Admin", "Build")),
    ],
)
def test_the_trust_of_roles_that_somebody_could_act_as(
    statement: dict[str, Any], roles: tuple[str, ...]
) -> None:
    assert needs(world(statement).inventory()).roles == roles


@pytest.mark.parametrize(
    ("statement", "versions"),
    [
        (allow("ram:SetDefaultPolicyVersion"), (PolicyRef("Custom", "own"),)),
        (allow("ram:SetDefaultPolicyVersion", arn("policy/unheld")), ()),
        (allow("ram:CreatePolicyVersion"), ()),
    ],
)
def test_the_versions_of_policies_that_somebody_holds_and_could_switch(
    statement: dict[str, Any], versions: tuple[PolicyRef, ...]
) -> None:
    assert needs(world(statement).inventory()).versions == versions


@pytest.mark.parametrize(
    ("resources", "exact", "patterns"),
    [
        (["*"], (), ()),
        (arn("user/*", "policy/*"), (), ()),
        (arn("user/*", "system/AliyunECIFullAccess"), (PolicyRef("System", "AliyunECIFullAccess"),), ()),
        (arn("user/*", "system/AliyunECI*"), (), ("aliyuneci*",)),
        (arn("user/*"), (), ()),
    ],
)
def test_the_system_policies_that_somebody_could_attach(
    resources: list[str], exact: tuple[PolicyRef, ...], patterns: tuple[str, ...]
) -> None:
    wanted = needs(world(allow("ram:AttachPolicyToUser", resources)).inventory())
    assert (wanted.system_policies, wanted.system_patterns) == (exact, patterns)
    listed = [PolicyRef("System", name) for name in ("AliyunECIFullAccess", "AliyunOSSFullAccess")]
    assert wanted.attachable(listed) == (listed[:1] if patterns else [])
