"""Lists that could not be read: what may be in them is a possible step, and never nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import Listing, Unreadable
from pytest_eci_compliance.policy.escalation import Escalation, Identity
from pytest_eci_compliance.policy.evaluator import Access
from tests.policy.escalation_world import DEV, World, arn, trust
from tests.policy.policy_world import UID, allow

POSSIBLE = False
UNREAD = Unreadable("ram:ListSomething", "NoPermission", "ram:ListSomething")
ANY_CUSTOM = ["acs:ram:*:*:user/dev", f"acs:ram:*:{UID}:policy/*"]


def world(*statements: object) -> World:
    account = World(users=["dev", "ops"])
    account.hold("user/dev", *statements)
    return account


def reach(account: World, **unread: Any) -> dict[str, bool]:
    """What `dev` reaches where some lists of the account could not be read."""
    inventory = replace(account.inventory(), **unread)
    escalation = Escalation(inventory, Access(inventory))
    return {reached.name: reached.certain for reached in escalation.reach(DEV)}


@pytest.mark.parametrize(
    "statements",
    [
        [allow("sts:AssumeRole")],
        [allow("sts:AssumeRole", arn("role/Operator"))],
        [allow(["eci:CreateContainerGroup", "ram:PassRole"])],
        [allow(["ram:UpdateRole", "sts:AssumeRole"])],
    ],
)
def test_roles_that_were_not_listed_may_be_reached(statements: list[dict[str, Any]]) -> None:
    assert reach(world(*statements)) == {}
    reached = reach(world(*statements), roles=UNREAD)
    assert reached
    assert set(reached.values()) == {POSSIBLE}


def test_a_name_that_a_policy_names_stands_for_a_role_of_that_name() -> None:
    reached = reach(world(allow("sts:AssumeRole", arn("role/Operator"))), roles=UNREAD)
    assert reached == {"role/Operator": POSSIBLE}


def test_roles_that_were_not_listed_are_no_reason_without_a_way_into_roles() -> None:
    assert reach(world(allow("oss:*")), roles=UNREAD) == {}


def test_creating_roles_stays_certain_where_the_roles_were_not_listed() -> None:
    creating = allow(["ram:CreateRole", "ram:AttachPolicyToRole", "sts:AssumeRole"])
    assert reach(world(creating), roles=UNREAD)["any-permission"] is True


def test_users_that_were_not_listed_may_be_reached() -> None:
    assert reach(world(allow("ram:CreateAccessKey", arn("user/zoe")))) == {}
    reached = reach(world(allow("ram:CreateAccessKey", arn("user/zoe"))), users=UNREAD)
    assert reached == {"user/zoe": POSSIBLE}


@pytest.mark.parametrize("resource", [ANY_CUSTOM, [*arn("user/dev"), f"acs:ram:*:{UID}:policy/Xyz"]])
def test_custom_policies_that_were_not_listed_may_be_attached(resource: list[str]) -> None:
    attaching = world(allow("ram:AttachPolicyToUser", resource))
    reached = reach(attaching, custom_policies=UNREAD)
    assert reached["any-permission"] is POSSIBLE
    assert reach(attaching).keys() <= {"policy/Custom/p1"}


@pytest.mark.parametrize("action", ["ram:AttachPolicyToGroup", "ram:AttachPolicy"])
def test_a_policy_of_a_group_whose_members_were_not_read_may_be_given_to_oneself(action: str) -> None:
    attaching = world(allow(action, arn("group/g", "policy/*") + arn("system/*")))
    attaching.groups["g"] = ()
    assert reach(attaching) == {}
    attaching.groups["g"] = UNREAD
    assert reach(attaching)["any-permission"] is POSSIBLE


@pytest.mark.parametrize(
    "action",
    [
        "eci:ExecContainerCommand",
        "eci:RunCommand",
        "eci:UpdateContainerGroup",
        "eci:UpdateContainerGroupByTemplate",
        "eci:UpdateConfigMap",
    ],
)
def test_every_step_into_an_instance_counts_where_a_region_was_not_read(action: str) -> None:
    account = world(allow(action))
    account.role("Admin", trust("ecs.aliyuncs.com"))
    assert account.reach() == {}
    account.unread.append(Listing("cn-shanghai", UNREAD, 0))
    assert account.reach() == {"role/Admin": POSSIBLE}


def test_users_with_other_steps_into_instances_do_not_share_them() -> None:
    account = world(allow("oss:*"))
    account.hold("user/ops", allow("eci:ExecContainerCommand"))
    account.role("Admin", trust("ecs.aliyuncs.com"))
    account.unread.append(Listing("cn-shanghai", UNREAD, 0))
    escalation = account.escalation()
    assert escalation.reach(DEV) == ()
    assert [reached.name for reached in escalation.reach(Identity("user", "ops"))] == ["role/Admin"]


def carrying_an_unknown_role(*statements: dict[str, Any], status: str = "Running") -> dict[str, bool]:
    """What dev reaches where it is not known which role the only instance carries."""
    account = world(*statements)
    account.role("Admin", trust("ecs.aliyuncs.com"))
    account.instance("eci-1", status=status, env="prod")
    account.instances = [replace(account.instances[0], not_shown=("ram_role",))]
    return dict(account.reach())


@pytest.mark.parametrize(
    "actions",
    [
        "eci:ExecContainerCommand",
        "eci:RunCommand",
        "eci:UpdateContainerGroup",
        "eci:UpdateContainerGroupByTemplate",
        "eci:UpdateConfigMap",
        ["eci:RestartContainerGroup", "cr:PushRepository"],
    ],
)
def test_an_instance_of_which_the_role_is_not_known_may_carry_any_role(actions: object) -> None:
    assert carrying_an_unknown_role(allow(actions)) == {"role/Admin": POSSIBLE}


def test_an_instance_of_an_unknown_role_is_entered_by_nobody_who_may_not_call_it() -> None:
    assert carrying_an_unknown_role(allow("eci:DeleteContainerGroup")) == {}
    assert carrying_an_unknown_role(allow("eci:ExecContainerCommand"), status="Succeeded") == {}
    in_test = allow("eci:ExecContainerCommand", Condition={"StringEquals": {"acs:ResourceTag/env": "test"}})
    assert carrying_an_unknown_role(in_test) == {}
    assert carrying_an_unknown_role(in_test, allow("eci:TagResources")) == {"role/Admin": POSSIBLE}
