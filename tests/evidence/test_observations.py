"""What the account's own answers say of the assumptions about the cloud."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest

from pytest_eci_compliance.evidence.completion import ListedPrincipals
from pytest_eci_compliance.evidence.counts import Observations
from pytest_eci_compliance.evidence.observations import observed as observed_in
from pytest_eci_compliance.inventory.facts import Attachments, Observed, Unreadable
from pytest_eci_compliance.inventory.facts import ResourceGroup as Group
from tests.emulator import Account, Instance, Quirks, Region, Role
from tests.emulator.documented import trust
from tests.evidence.sandbox import Sandbox, account

REGION = "cn-hangzhou"
MANY = tuple(Instance(f"eci-{number:03}", resource_group="rg-prod00000001") for number in range(45))


def observed(sandbox: Sandbox) -> dict[str, Observed]:
    snapshot = sandbox.audit()
    assert snapshot.inventory is not None
    return dict(snapshot.inventory.observations)


def with_many() -> Account:
    return replace(account(), regions=(Region(REGION, instances=MANY),))


@pytest.mark.parametrize(("total_count", "held"), [("all", True), ("page", False)])
def test_total_count(
    sandbox_of: Callable[..., Sandbox], total_count: Literal["all", "page"], held: bool
) -> None:
    sandbox = sandbox_of(with_many(), quirks=Quirks(total_count=total_count))
    seen = observed(sandbox.configure(regions=[REGION]))["total-count-counts-the-list"]
    assert (seen.held > 0, seen.contradicted > 0) == (held, not held)


@pytest.mark.parametrize(("most", "held"), [(None, True), (30, False)])
def test_status_lists_every_instance(
    sandbox_of: Callable[..., Sandbox], most: int | None, held: bool
) -> None:
    sandbox = sandbox_of(with_many(), quirks=Quirks(status_most=most))
    snapshot = sandbox.configure(regions=[REGION]).audit()
    assert snapshot.inventory is not None
    seen = snapshot.inventory.observations.get("status-lists-every-instance", Observed())
    assert (seen.held > 0) is held
    assert len(tuple(snapshot.inventory.resources("instance"))) == len(MANY), "whatever it lists"


def test_status_that_leaves_out_what_the_first_page_shows_is_contradicted(
    sandbox_of: Callable[..., Sandbox],
) -> None:
    sandbox = sandbox_of(with_many(), quirks=Quirks(status_most=0))
    seen = observed(sandbox.configure(regions=[REGION]))["status-lists-every-instance"]
    assert seen.contradicted


@pytest.mark.parametrize("shown", [True, False])
def test_policies_of_service_linked_roles(sandbox_of: Callable[..., Sandbox], shown: bool) -> None:
    sandbox = sandbox_of(account(), quirks=Quirks(service_linked_grants=shown))
    seen = observed(sandbox)["service-linked-roles-are-listed-with-policies"]
    assert (seen.held > 0, seen.contradicted > 0) == (shown, not shown)


@pytest.mark.parametrize(("name", "expected"), [("default", (1, 0)), ("standard", (0, 1))])
def test_the_default_group(name: str, expected: tuple[int, int]) -> None:
    groups = (Group("rg-1", "production"), Group("rg-2", name))
    totals = observed_in(Observations(), ListedPrincipals((), (), ()), groups, Attachments(), {})
    assert totals["a-group-is-named-default"] == expected


def test_groups_that_could_not_be_read_say_nothing() -> None:
    unread = Unreadable("resourcemanager:ListResourceGroups", "NoPermission")
    assert observed_in(Observations(), ListedPrincipals((), (), ()), unread, Attachments(), {}) == {}


def test_names_that_differ_only_by_case_contradict_and_what_rests_on_them_is_unknown(
    sandbox_of: Callable[..., Sandbox],
) -> None:
    prod = account()
    roles = (
        *prod.roles,
        Role("TwinRole", trust("ecs.aliyuncs.com")),
        Role("twinrole", trust("ecs.aliyuncs.com")),
    )
    snapshot = sandbox_of(replace(prod, roles=roles)).audit()
    assert snapshot.inventory is not None
    assert snapshot.inventory.observations["ram-names-ignore-case"].contradicted == 1
    rested = {"instance-ram-role", "user-intended-policies", "role-intended-policies", "slr-exists"}
    rows = [row for row in snapshot.rows if row.check in rested]
    assert rows
    assert not [row for row in rows if row.outcome == "passed"]
    assert any("ram-names-ignore-case" in row.message for row in rows)
