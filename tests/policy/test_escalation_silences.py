"""Ways that are documented in part: rules that move resources, images that are pushed, trusts that name nobody."""

from __future__ import annotations

import pytest

from pytest_eci_compliance.inventory.facts import Listing, Unreadable
from tests.policy.escalation_world import World, arn, trust
from tests.policy.policy_world import allow

DELETE = "eci:DeleteContainerGroup"
IN_TEST = {"StringEquals": {"acs:ResourceTag/env": "test"}}


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("resourcemanager:MoveResources", "undecidable"),
        ("resourcemanager:CreateAutoGroupingRule", "undecidable"),
        ("resourcemanager:UpdateAutoGroupingRule", "undecidable"),
        ("ram:EnableAssociatedTransfer", "undecidable"),
        ("eci:UpdateContainerGroupByTemplate", "undecidable"),
        ("resourcemanager:ListAutoGroupingRules", "no"),
    ],
)
def test_an_instance_may_come_into_another_group(action: str, expected: str) -> None:
    account = World()
    account.instance("eci-1")
    account.hold("user/dev", allow("eci:Delete*"), scope="rg-prod")
    account.hold("user/dev", allow(action))
    assert account.can(DELETE, account.instances[0]) == expected


@pytest.mark.parametrize("action", ["eci:UpdateContainerGroup", "eci:UpdateContainerGroupByTemplate"])
def test_an_update_may_change_the_tags(action: str) -> None:
    account = World()
    account.instance("eci-1", env="prod")
    account.hold("user/dev", allow("eci:Delete*", Condition=IN_TEST), allow(action))
    assert account.can(DELETE, account.instances[0]) == "undecidable"


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["eci:RestartContainerGroup", "cr:PushRepository"], {"role/Admin": False}),
        (["eci:RestartContainerGroup", "cr:PullRepository"], {}),
        (["cr:PushRepository"], {}),
    ],
)
def test_a_pushed_image_may_run_after_a_restart(actions: list[str], expected: dict[str, bool]) -> None:
    account = World()
    account.role("Admin", trust("ecs.aliyuncs.com"))
    account.instance("eci-1", "Admin")
    account.hold("user/dev", allow(actions))
    assert account.reach() == expected


@pytest.mark.parametrize("unread", [False, True], ids=["recorded", "in an unread region"])
def test_one_identity_may_push_what_another_one_restarts(unread: bool) -> None:
    account = World()
    account.role("Admin", trust("ecs.aliyuncs.com"))
    account.role("Pusher", trust("user/dev"), allow("cr:PushRepository"))
    if unread:
        account.unread.append(
            Listing("cn-shanghai", Unreadable("eci:DescribeContainerGroups", "Throttling"), 0)
        )
    else:
        account.instance("eci-1", "Admin")
    account.hold("user/dev", allow("eci:RestartContainerGroup"))
    assert account.reach().get("role/Admin") is None
    account.hold("user/dev", allow("sts:AssumeRole", arn("role/Pusher")))
    assert account.reach()["role/Admin"] is False


@pytest.mark.parametrize(
    ("trusted", "expected"),
    [("role/ghost", False), ("role/Ghost", False), ("role/other", None), ("user/ghost", None)],
)
def test_a_new_role_may_have_a_name_that_a_trust_names(trusted: str, expected: bool | None) -> None:
    account = World()
    account.policy("Custom/assuming", allow("sts:AssumeRole", arn("role/Admin")))
    account.role("Admin", trust(trusted), allow("eci:*"))
    account.hold("user/dev", allow("ram:CreateRole"))
    ghosts = arn("role/ghost", "role/Ghost", "policy/assuming")
    account.hold("user/dev", allow(["sts:AssumeRole", "ram:AttachPolicyToRole"], ghosts))
    assert account.reach().get("role/Admin") is expected
