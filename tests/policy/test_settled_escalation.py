"""Open questions of privilege escalation, settled both ways by the owner of the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pytest_eci_compliance.assumptions import by_id
from tests.policy.escalation_world import ADMIN, DEV, FULL_ACCESS, World, arn, trust
from tests.policy.policy_world import UID, allow, deny

CERTAIN, POSSIBLE, NOT = True, False, None
ON_SERVICE = {"Condition": {"StringEquals": {"acs:Service": "eci.aliyuncs.com"}}}
ON_ANOTHER = {"Condition": {"StringEquals": {"acs:Service": "fc.aliyuncs.com"}}}


def with_admin(*statements: object) -> World:
    """A user `dev` with these statements; the role Admin trusts ECS, and an instance carries it."""
    world = World()
    world.role("Admin", trust("ecs.aliyuncs.com"), allow("eci:Delete*"))
    world.instance("eci-1", "Admin", env="test")
    world.hold("user/dev", *statements)
    return world


def updating() -> World:
    return with_admin(allow("eci:UpdateContainerGroup"))


def creating(condition: Mapping[str, Any] = ON_SERVICE) -> World:
    return with_admin(
        allow("eci:CreateContainerGroup"), allow("ram:PassRole", arn("role/Admin"), **condition)
    )


def creating_for_another() -> World:
    return creating(ON_ANOTHER)


def attaching_by_manager(*resources: str) -> World:
    world = World()
    world.hold("user/dev", allow("ram:AttachPolicy", [*resources, *arn("system/AdministratorAccess")]))
    return world


def attaching_on_ims() -> World:
    return attaching_by_manager(f"acs:ims:*:{UID}:user/*")


def attaching_on_ram() -> World:
    return attaching_by_manager(f"acs:ram:*:{UID}:user/dev")


def creating_a_role(resource: str) -> World:
    world = World()
    world.hold(
        "user/dev",
        allow("ram:CreateRole", arn(resource)),
        allow("sts:AssumeRole", arn("role/app-*")),
        allow("ram:AttachPolicyToRole", [*arn("role/app-*"), *arn("system/AdministratorAccess")]),
    )
    return world


def creating_a_named_role() -> World:
    return creating_a_role("role/app-*")


def updating_a_function() -> World:
    world = World()
    world.role("Admin", trust("fc.aliyuncs.com"), allow("eci:Delete*"))
    world.hold("user/dev", allow("fc:UpdateFunction"))
    return world


QUESTIONS: list[tuple[str, Callable[[], World], str, bool | None, bool | None]] = [
    ("update-instance-needs-pass-role", updating, "role/Admin", NOT, CERTAIN),
    ("acs-service-is-eci", creating, "role/Admin", CERTAIN, NOT),
    ("acs-service-is-eci", creating_for_another, "role/Admin", NOT, POSSIBLE),
    (
        "attachments-are-authorised-on-ims-arns",
        attaching_on_ims,
        f"policy/{FULL_ACCESS}",
        CERTAIN,
        NOT,
    ),
    (
        "attachments-are-authorised-on-ims-arns",
        attaching_on_ram,
        f"policy/{FULL_ACCESS}",
        NOT,
        CERTAIN,
    ),
    (
        "creation-is-authorised-on-the-new-name",
        creating_a_named_role,
        f"policy/{FULL_ACCESS}",
        CERTAIN,
        NOT,
    ),
    ("updated-stacks-ask-for-pass-role-again", updating_a_function, "role/Admin", NOT, POSSIBLE),
]


@pytest.mark.parametrize(("id_", "make", "target", "if_true", "if_false"), QUESTIONS)
def test_a_question_of_escalation_is_settled_either_way(
    id_: str, make: Callable[[], World], target: str, if_true: bool | None, if_false: bool | None
) -> None:
    assert by_id()[id_].owner_may_settle
    world = make()
    assert world.reach().get(target) is POSSIBLE
    (reached,) = (item for item in world.escalation().reach(DEV) if item.name == target)
    assert f"{id_}: true or false" in str(reached.paths[0])
    for answer, expected in ((True, if_true), (False, if_false)):
        world.settled = {id_: answer}
        assert world.reach().get(target) is expected, answer


@pytest.mark.parametrize(("answer", "outcome"), [(None, "undecidable"), (True, "no"), (False, "yes")])
def test_the_tag_service_is_settled_either_way(answer: bool | None, outcome: str) -> None:
    world = World()
    world.instance("eci-1", env="prod")
    world.hold(
        "user/dev",
        allow("eci:DeleteContainerGroup", Condition={"StringEquals": {"acs:ResourceTag/env": "test"}}),
        allow("tag:*"),
    )
    world.settled = {} if answer is None else {"tag-service-needs-eci-permission": answer}

    assert world.can("eci:DeleteContainerGroup", "eci-1") == outcome


def test_a_denied_role_is_not_passed_to_an_update_that_needs_it() -> None:
    world = with_admin(allow("eci:UpdateContainerGroup"), allow("ram:PassRole"), deny("ram:PassRole"))
    world.settled = {"update-instance-needs-pass-role": True}

    assert world.reach() == {}


def test_the_value_for_eci_says_nothing_of_other_services() -> None:
    """With `acs:Service` of ECI alone, the role is not known to be passed to ECS."""
    world = with_admin(allow("ecs:RunInstances"), allow("ram:PassRole", arn("role/Admin"), **ON_SERVICE))
    world.settled = {"acs-service-is-eci": True}

    assert world.reach().get(f"role/{ADMIN.name}") is POSSIBLE
