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
    made = World()
    made.role("Admin", trust("ecs.aliyuncs.com"), allow("eci:Delete*"))
    made.instance("eci-1", "Admin", env="test")
    made.hold("user/dev", *statements)
    return made


def updating() -> World:
    return with_admin(allow("eci:UpdateContainerGroup"))


def creating(condition: Mapping[str, Any] = ON_SERVICE) -> World:
    return with_admin(
        allow("eci:CreateContainerGroup"), allow("ram:PassRole", arn("role/Admin"), **condition)
    )


def creating_for_another() -> World:
    return creating(ON_ANOTHER)


def attaching_by_manager(*resources: str) -> World:
    made = World()
    made.hold("user/dev", allow("ram:AttachPolicy", [*resources, *arn("system/AdministratorAccess")]))
    return made


def attaching_on_ims() -> World:
    return attaching_by_manager(f"acs:ims:*:{UID}:user/*")


def attaching_on_ram() -> World:
    return attaching_by_manager(f"acs:ram:*:{UID}:user/dev")


def creating_a_role(resource: str) -> World:
    made = World()
    made.hold(
        "user/dev",
        allow("ram:CreateRole", arn(resource)),
        allow("sts:AssumeRole", arn("role/app-*")),
        allow("ram:AttachPolicyToRole", [*arn("role/app-*"), *arn("system/AdministratorAccess")]),
    )
    return made


def creating_a_named_role() -> World:
    return creating_a_role("role/app-*")


def updating_a_function() -> World:
    made = World()
    made.role("Admin", trust("fc.aliyuncs.com"), allow("eci:Delete*"))
    made.hold("user/dev", allow("fc:UpdateFunction"))
    return made


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
    made = make()
    assert made.reach().get(target) is POSSIBLE
    (reached,) = (one for one in made.escalation().reach(DEV) if one.name == target)
    assert f"{id_}: true or false" in str(reached.paths[0])
    for answer, expected in ((True, if_true), (False, if_false)):
        made.settled = {id_: answer}
        assert made.reach().get(target) is expected, answer


@pytest.mark.parametrize(("answer", "outcome"), [(None, "undecidable"), (True, "no"), (False, "yes")])
def test_the_tag_service_is_settled_either_way(answer: bool | None, outcome: str) -> None:
    made = World()
    made.instance("eci-1", env="prod")
    made.hold(
        "user/dev",
        allow("eci:DeleteContainerGroup", Condition={"StringEquals": {"acs:ResourceTag/env": "test"}}),
        allow("tag:*"),
    )
    made.settled = {} if answer is None else {"tag-service-needs-eci-permission": answer}

    assert made.can("eci:DeleteContainerGroup", "eci-1") == outcome


def test_a_denied_role_is_not_passed_to_an_update_that_needs_it() -> None:
    made = with_admin(allow("eci:UpdateContainerGroup"), allow("ram:PassRole"), deny("ram:PassRole"))
    made.settled = {"update-instance-needs-pass-role": True}

    assert made.reach() == {}


def test_the_value_for_eci_says_nothing_of_other_services() -> None:
    """With `acs:Service` of ECI alone, the role is not known to be passed to ECS."""
    made = with_admin(allow("ecs:RunInstances"), allow("ram:PassRole", arn("role/Admin"), **ON_SERVICE))
    made.settled = {"acs-service-is-eci": True}

    assert made.reach().get(f"role/{ADMIN.name}") is POSSIBLE
