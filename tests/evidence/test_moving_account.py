"""Accounts that move while they are read: complete, nothing unknown, nothing missing that was there throughout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import count, product
from typing import Any, Literal

import pytest

from pytest_eci_compliance.inventory.facts import Unreadable
from tests.emulator import Instance, Quirks, Region, User
from tests.emulator.churn import After, Steady, arrive
from tests.emulator.world import World
from tests.evidence.sandbox import PATIENT, Sandbox, account
from tests.support.sampling import sample

REGION = "cn-hangzhou"


def busy(instances: int) -> Any:
    prod = account()
    brief = tuple(
        Instance(f"eci-early{number:05}", tags={"env": "prod"}, resource_group="rg-prod00000001")
        for number in range(instances)
    )
    keepers = prod.regions[0].instances
    middle = instances // 2
    return replace(prod, regions=(Region(REGION, instances=(*brief[:middle], *keepers, *brief[middle:])),))


def leave(region: str, id_: str) -> Callable[[World], None]:
    """An instance that ends."""

    def change(world: World) -> None:
        world.region(region).instances.remove(id_)

    return change


def newborn(number: int) -> Instance:
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Instance(f"eci-brief{number:06}", tags={"env": "prod"}, creation_time=now)


def undated(number: int) -> Instance:
    return Instance(f"eci-brief{number:06}", tags={"env": "prod"})


@pytest.mark.parametrize("make", [newborn, undated])
@pytest.mark.parametrize(
    ("instances", "per_call"),
    [
        (60, 1),
        pytest.param(1500, 1, marks=pytest.mark.nightly),
        pytest.param(1500, 4, marks=pytest.mark.nightly),
    ],
)
def test_short_lived_instances_come_and_go(
    sandbox_of: Callable[..., Sandbox], instances: int, per_call: int, make: Callable[[int], Instance]
) -> None:
    """Before every call on the region the oldest go and as many come."""
    sandbox = sandbox_of(
        busy(instances),
        quirks=Quirks(),
        churn=(
            Steady(
                REGION, per_call, make=make, keep=lambda item: item.id.startswith(("eci-bad", "eci-good"))
            ),
        ),
    )
    sandbox.timing = PATIENT
    sandbox.configure(service_linked_role=None, access=None, regions=[REGION])
    audit = sandbox.audit()
    assert audit.evidence.complete, [row for row in audit.rows if row.outcome == "unknown"][:1]
    assert not [row for row in audit.rows if row.outcome == "unknown"]
    assert audit.inventory is not None
    (listing,) = audit.inventory.listings["instance"]
    assert not isinstance(listing.items, Unreadable)
    there = {resource.id for resource in listing.items}
    assert {instance.id for instance in account().regions[0].instances} <= there
    assert not there & {resource.id for resource in listing.later}
    assert all(resource.id.startswith("eci-brief") for resource in listing.later)
    failed = {
        row.resource.id
        for row in audit.rows
        if row.check == "instance-required-tags" and row.outcome == "failed"
    }
    assert failed == {"eci-bad0001"}


def test_an_account_that_moves_faster_than_it_is_read_is_unknown(
    sandbox_of: Callable[..., Sandbox],
) -> None:
    """More instances come between two pages than a page holds: nothing proves that the list is whole."""
    sandbox = sandbox_of(busy(100), quirks=Quirks(), churn=(Steady(REGION, 40, make=newborn),))
    sandbox.timing = PATIENT
    sandbox.configure(service_linked_role=None, access=None, regions=[REGION], deadline="2s")
    audit = sandbox.audit()
    assert not audit.evidence.complete
    (row,) = [row for row in audit.rows if row.check == "instance-required-tags"]
    assert (row.outcome, row.resource.id) == ("unknown", "*")
    # A call that would be repeated when the deadline comes is reported with its own error.
    assert "deadline" in row.message or "Connection" in row.message


@pytest.mark.parametrize("instances", [3, 60])
def test_a_clock_that_is_slow_hides_nothing(sandbox_of: Callable[..., Sandbox], instances: int) -> None:
    """What the first look shows is judged, whatever our clock makes of the time at which it was made."""
    later = (datetime.now(timezone.utc) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    untagged = tuple(
        Instance(f"eci-new{number:04}", resource_group="rg-prod00000001", creation_time=later)
        for number in range(instances)
    )
    sandbox = sandbox_of(replace(account(), regions=(Region(REGION, instances=untagged),)), quirks=Quirks())
    sandbox.configure(service_linked_role=None, access=None, regions=[REGION])
    failed = {
        row.resource.id
        for row in sandbox.audit().rows
        if row.check == "instance-required-tags" and row.outcome == "failed"
    }
    assert failed == {resource.id for resource in untagged}


@pytest.mark.parametrize(
    ("positions", "totals"),
    sample(product(("item", "offset"), ("all", "page", "absent")), every=4),
)
def test_however_the_service_pages(
    sandbox_of: Callable[..., Sandbox],
    positions: Literal["item", "offset"],
    totals: Literal["all", "page", "absent"],
) -> None:
    """A few come and go, whatever tokens remember and totals count."""
    numbers = count()
    gone = [After(calls, _replace_one(numbers), "eci:Describe*") for calls in (3, 5, 9)]
    sandbox = sandbox_of(
        busy(120), quirks=Quirks(total_count=totals, positions=positions, max_page=20), churn=tuple(gone)
    )
    sandbox.timing = PATIENT
    audit = sandbox.audit()
    assert audit.evidence.complete
    assert audit.inventory is not None
    there = {resource.id for resource in audit.inventory.resources("instance")}
    assert {instance.id for instance in account().regions[0].instances} <= there


def _replace_one(numbers: Any) -> Callable[[Any], None]:
    def change(world: Any) -> None:
        shelf = world.region(REGION).instances
        shelf.remove(next(item.id for item in shelf if item.id.startswith("eci-early")))
        shelf.put(newborn(next(numbers)))

    return change


def test_later_arrivals_block_the_deletion_of_the_role(sandbox_of: Callable[..., Sandbox]) -> None:
    """They are out of scope for every other check."""
    # The service states whole seconds: an instance of now may be older than the sweep that begins now.
    soon = datetime.now(timezone.utc) + timedelta(minutes=1)
    late = replace(newborn(1), creation_time=soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    sandbox = sandbox_of(busy(60), quirks=Quirks())
    sandbox.cloud.backend.churn = (
        After(1, arrive(REGION, late), "eci:DescribeContainerGroups"),
        After(
            1,
            leave(REGION, "eci-early00000"),
            "eci:DescribeContainerGroups",
        ),
    )
    audit = sandbox.audit()
    about = {row.check for row in audit.rows if row.resource.id == late.id}
    assert about in ({"slr-deletable"}, set())
    assert audit.inventory is not None
    (listing,) = audit.inventory.listings["instance"]
    assert ("slr-deletable" in about) == (late.id in {resource.id for resource in listing.later})


def test_users_who_come_while_they_are_listed(sandbox: Sandbox) -> None:
    """The list is read until two readings agree."""

    def hire(world: Any) -> None:
        world.users["zoe"] = User("zoe")

    sandbox.cloud.backend.churn = (After(2, hire, "ram:ListUsers"),)
    audit = sandbox.audit()
    assert audit.evidence.complete
    assert audit.inventory is not None
    assert "zoe" in {user.user_name for user in audit.inventory.users}  # type: ignore[union-attr]
