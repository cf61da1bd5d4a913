"""Parts of an account that one of two inventories lacks: they are listed, never taken for equal."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import (
    Group,
    Inventory,
    Listing,
    Policy,
    PolicyRef,
    Tags,
    Unreadable,
)
from pytest_eci_compliance.policy.permissions import Permission, compare_permissions, reach_of
from tests.policy.policy_world import PROD, REGION, UID
from tests.policy.test_permissions import BASE, World, allow, document, instance, trusting

UNREAD = Unreadable("eci:DescribeContainerGroups", "Throttling", region=REGION)
NO_REGION = {"listings": {"instance": (Listing(REGION, UNREAD),)}}
DENIED = Unreadable("ram:List", "NoPermission")
REFERENCE = PolicyRef("Custom", "Full")
OPEN = trusting(f"acs:ram::{UID}:root")


def holding(*statements: dict[str, Any], scope: str | None = None, **parts: Any) -> World:
    documents = (("Full", document(*statements)),)
    return dataclasses.replace(BASE, documents=documents, grants=(("Full", "user/ann", scope),), **parts)


def rows(then: Inventory, now: Inventory, *, one_reading: bool = False) -> list[Permission]:
    """The rows that were not compared, where nothing else is listed."""
    changes = compare_permissions(then, now, reach=reach_of(None), one_reading=one_reading)
    assert (changes.gained, changes.lost) == ((), ())
    return list(changes.not_compared)


@pytest.mark.parametrize(
    "world",
    [
        holding(allow("eci:Delete*", StringEquals={"acs:ResourceTag/env": "test"})),
        holding(allow("eci:Delete*"), scope=PROD),
        holding(allow("eci:ExecContainerCommand")),
    ],
)
@pytest.mark.parametrize(("then", "now"), [(NO_REGION, {}), ({}, NO_REGION), (NO_REGION, NO_REGION)])
def test_a_region_that_a_side_could_not_read_is_listed(
    world: World, then: dict[str, Any], now: dict[str, Any]
) -> None:
    listed = [
        (row.identity, row.action, row.where, row.cause.partition(":")[0])
        for row in rows(world.inventory(**then), world.inventory(**now))
        if row.identity == "*"
    ]
    where = ("*", None, f"instances in {REGION}")
    sides = [when for when, parts in (("now", now), ("then", then)) if parts]
    assert listed == [(*where, when) for when in sides]


@pytest.mark.parametrize(
    ("parts", "action", "where"),
    [
        ({"regions": DENIED, "listings": {}}, None, "every region"),
        ({"incomplete": (DENIED,)}, None, "account"),
        ({"custom_policies": DENIED}, "reach", "policy/Custom/*"),
        ({"system_policies": DENIED}, "reach", "policy/System/*"),
        ({"policy_versions": {REFERENCE: DENIED}}, "reach", "policy/Custom/Full"),
        ({"groups": (Group("dev", members=DENIED),)}, "reach", "group/dev"),
        ({"role_lookups": {"app": DENIED}}, "sts:AssumeRole", "role/app"),
        ({"roles": DENIED}, "sts:AssumeRole", "role/*"),
    ],
)
def test_what_neither_side_read_is_not_equal(parts: dict[str, Any], action: str | None, where: str) -> None:
    world = holding(allow("eci:Describe*"))
    listed = rows(world.inventory(**parts), world.inventory(**parts))
    causes = [row.cause for row in listed if (row.identity, row.action, row.where) == ("*", action, where)]
    assert [cause.partition(":")[0] for cause in causes] == ["now", "then"]


def test_one_reason_is_one_row() -> None:
    roles = tuple((f"r{number:03}", "") for number in range(200))
    world = holding(allow("sts:AssumeRole"), roles=roles, instances=())
    unread = {name: Unreadable("ram:GetRole", "Throttling", subject=name) for name, _ in world.roles}
    listings = {
        "instance": tuple(
            Listing(region, dataclasses.replace(UNREAD, region=region)) for region in ("cn-a", "cn-b", "cn-c")
        )
    }
    parts: dict[str, Any] = {"role_lookups": unread, "listings": listings}
    listed = rows(world.inventory(), world.inventory(**parts))
    first = ", ".join(f"role/r{number:03}" for number in range(20))
    assert [(row.action, row.where) for row in listed] == [
        (None, "instances in cn-a, cn-b and cn-c"),
        ("sts:AssumeRole", f"{first} and 180 more"),
    ]


def test_a_document_that_nobody_holds_and_neither_side_read_is_listed() -> None:
    world = holding(allow("eci:Describe*"))
    spare = PolicyRef("Custom", "Spare")
    policies = {**world.inventory().policies, spare: Policy(*spare, policy_document=DENIED)}
    (row,) = rows(world.inventory(), world.inventory(policies=policies))
    assert (row.identity, row.action, row.where) == ("*", "reach", "policy/Custom/Spare")


def test_resources_whose_tags_neither_side_shows_are_listed_where_a_policy_looks_at_tags() -> None:
    hidden = dataclasses.replace(instance("eci-1"), tags=Tags(), not_shown=("tags",))
    by_tag = holding(allow("eci:*", StringEquals={"acs:ResourceTag/env": "x"}), instances=(hidden,))
    (row,) = rows(by_tag.inventory(), by_tag.inventory())
    assert (row.identity, row.where) == ("*", "instance eci-1")
    plain = holding(allow("eci:*"), instances=(hidden,))
    assert rows(plain.inventory(), plain.inventory()) == []


def test_a_region_with_resources_that_one_side_did_not_ask_about_is_listed() -> None:
    world = holding(allow("eci:*"))
    (row,) = rows(world.inventory(listings={"instance": ()}), world.inventory())
    assert (row.where, row.cause) == (f"instances in {REGION}", "then: the list was not read there")
    empty = {"listings": {"instance": (Listing(REGION, ()), Listing("cn-new", ()))}}
    assert (
        rows(world.inventory(listings={"instance": (Listing(REGION, ()),)}), world.inventory(**empty)) == []
    )


def test_a_plan_rests_on_one_reading() -> None:
    world = holding(allow("eci:ExecContainerCommand"))
    parts: dict[str, Any] = {**NO_REGION, "custom_policies": DENIED}
    assert rows(world.inventory(**parts), world.inventory(**parts), one_reading=True) == []
    assert rows(world.inventory(), world.inventory(**parts), one_reading=True) != []


def test_a_role_of_a_list_that_is_unread_now_is_not_lost() -> None:
    world = holding(allow("sts:AssumeRole"), roles=OPEN)
    unread: dict[str, Any] = {"roles": DENIED, "role_lookups": {}}
    for then, now in (
        (world.inventory(), world.inventory(**unread)),
        (world.inventory(**unread), world.inventory()),
    ):
        assert {(row.identity, row.action) for row in rows(then, now)} == {
            ("*", "reach"),
            ("*", "sts:AssumeRole"),
            ("role/*", None),
            ("user/ann", "reach"),
        }


def test_a_gain_that_needs_nothing_unread_is_a_gain_all_the_same() -> None:
    world = holding(allow("ram:CreatePolicyVersion", "ram:SetDefaultPolicyVersion"))
    then = dataclasses.replace(world, grants=()).inventory(roles=DENIED, role_lookups={})
    changes = compare_permissions(then, world.inventory(), reach=reach_of(None))
    assert ("user/ann", "reach", "any-permission") in {
        (row.identity, row.action, row.where) for row in changes.gained
    }


def test_a_trust_policy_that_neither_side_of_a_plan_read_is_listed_where_the_grant_is_new() -> None:
    world = holding(allow("sts:AssumeRole"), roles=OPEN)
    unread: dict[str, Any] = {"role_lookups": {"app": Unreadable("ram:GetRole", "NoPermission")}}
    without = dataclasses.replace(world, grants=()).inventory(**unread)
    listed = rows(without, world.inventory(**unread), one_reading=True)
    assert ("user/ann", "sts:AssumeRole", "role/app") in {
        (row.identity, row.action, row.where) for row in listed
    }
