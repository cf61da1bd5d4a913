"""The inventory of people's own tests raises wherever a part is read that is not known."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_eci_compliance.inventory.facts import (
    CallerIdentity,
    Group,
    Inventory,
    Kind,
    Listing,
    Unreadable,
    VirtualNode,
)
from pytest_eci_compliance.inventory.guards import MissingPart, UnreadableError, guard
from pytest_eci_compliance.inventory.kinds import KINDS
from pytest_eci_compliance.inventory.readable import AccountInventory, readable

ACCOUNT = "1098765432109876"
DENIED = Unreadable("eci:DescribeRegions", "NoPermission")
BLIND = MissingPart("resources", "the auditing identity is not shown every resource", "grant read access")
LISTS: tuple[Kind, ...] = tuple(KINDS)
READS: tuple[Callable[[AccountInventory, Kind], object], ...] = (
    lambda account, kind: account.listings[kind],
    lambda account, kind: account.listings.get(kind),
    lambda account, kind: account.listings_of(kind),
    lambda account, kind: account.resources(kind),
    lambda account, kind: account.unread_listings(kind),
)


def inventory(**parts: object) -> Inventory:
    """An account of one region, with one virtual node."""
    node = VirtualNode(virtual_node_id="vnd-1", region_id="cn-hangzhou")
    listings: dict[Kind, tuple[Listing, ...]] = {
        kind: (Listing("cn-hangzhou", (node,) if kind == "virtual_node" else ()),) for kind in LISTS
    }
    whole = Inventory(
        ACCOUNT,
        CallerIdentity(ACCOUNT, "acs:ram::1:user/a", "RAMUser"),
        regions=("cn-hangzhou",),
        listings=listings,
    )
    return replace(whole, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("listings", [{}, dict.fromkeys(LISTS, ())])
def test_every_listing_raises_where_the_regions_are_not_known(
    kind: Kind, read: Callable[[AccountInventory, Kind], object], listings: dict[Kind, tuple[Listing, ...]]
) -> None:
    account = readable(inventory(regions=DENIED, listings=listings))
    with pytest.raises(UnreadableError, match="DescribeRegions"):
        read(account, kind)


@pytest.mark.parametrize("kind", LISTS)
def test_a_blind_auditor_is_not_told_that_every_list_was_read(kind: Kind) -> None:
    with pytest.raises(UnreadableError, match="not shown"):
        readable(inventory(), BLIND).unread_listings(kind)
    assert readable(inventory()).unread_listings(kind) == ()


def test_a_replaced_account_has_its_parts_and_raises_as_before() -> None:
    plain = replace(readable(inventory()), account_id="other")
    assert plain.account_id == "other"
    assert [node.id for node in plain.resources("virtual_node")] == ["vnd-1"]
    with pytest.raises(UnreadableError, match="not shown"):
        list(replace(readable(inventory(), BLIND)).resources("instance"))
    with pytest.raises(UnreadableError, match="DescribeRegions"):
        replace(readable(inventory(regions=DENIED)))


def test_a_copied_account_raises_as_before() -> None:
    with pytest.raises(UnreadableError, match="not shown"):
        copy.copy(readable(inventory(), BLIND)).resources("instance")


def test_a_replaced_fact_is_plain_and_reads_no_missing_part() -> None:
    group = guard(Group("ops"), {"members": MissingPart("groups", "denied", "grant it")})
    with pytest.raises(UnreadableError, match="denied"):
        replace(group)
    plain = replace(group, members=("ann",))
    assert (plain.group_name, plain.members) == ("ops", ("ann",))
    assert repr(plain).startswith("Group(")
