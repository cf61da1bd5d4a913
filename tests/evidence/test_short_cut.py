"""DescribeContainerGroupStatus lists ids by larger pages: whatever it leaves out, no instance is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from itertools import product
from typing import Any, Literal

import pytest

from pytest_eci_compliance.inventory.facts import Unreadable
from tests.emulator import Container, Instance, Quirks, Region
from tests.emulator.churn import Steady
from tests.evidence.sandbox import LEAKED, PATIENT, Sandbox, account
from tests.support.sampling import sample

REGION = "cn-hangzhou"
STATUS = "eci:DescribeContainerGroupStatus"
ENDED = frozenset({"Succeeded", "Failed"})
Totals = Literal["all", "page", "absent"]


def live(number: int) -> Instance:
    return Instance(f"eci-live{number:04}", tags={"env": "prod"}, resource_group="rg-prod00000001")


def ended(number: int) -> Instance:
    """An ended instance that violates two checks: it has no tag, and an AccessKey in its environment."""
    return Instance(
        f"eci-ended{number:04}",
        status="Succeeded" if number % 2 else "Failed",
        resource_group="rg-prod00000001",
        containers=(Container(env={"KEY": LEAKED}),),
    )


VIOLATIONS = {ended(number).id for number in range(10)}


def with_ended_last() -> Any:
    """50 live instances, then 10 ended ones, which are not on the first page."""
    instances = (*map(live, range(50)), *map(ended, range(10)))
    return replace(account(), regions=(Region(REGION, instances=instances),))


FAULTS: dict[str, dict[str, Any]] = {
    "hides ended instances": {"status_hides": ENDED},
    "is capped": {"status_most": 50},
    "lists nothing": {"status_most": 0},
    "ignores tokens": {"status_tokens": False},
    "ignores tokens in small pages": {"status_tokens": False, "max_page": 7},
    "hides nothing": {},
}


TOTALS: tuple[Totals, ...] = ("all", "page", "absent")


@pytest.mark.parametrize(
    ("fault", "totals"),
    [
        # Each meaning of the total in each run, and every other fault; all pairs of them nightly.
        pytest.param(fault, totals, marks=() if row % 2 == 0 == (row + column) % 3 else pytest.mark.nightly)
        for row, fault in enumerate(FAULTS)
        for column, totals in enumerate(TOTALS)
    ],
)
def test_instances_that_the_status_call_leaves_out_are_judged(
    sandbox_of: Callable[..., Sandbox], fault: str, totals: Totals
) -> None:
    quirks: Any = {"total_count": totals, **FAULTS[fault]}
    sandbox = sandbox_of(with_ended_last(), quirks=Quirks(**quirks))
    sandbox.configure(service_linked_role=None, access=None, regions=[REGION])
    audited = sandbox.audit()
    assert audited.evidence.complete
    assert not [row for row in audited.rows if row.outcome == "unknown"]
    failed = {(row.check, row.resource.id) for row in audited.rows if row.outcome == "failed"}
    for check in ("instance-required-tags", "instance-no-access-keys"):
        assert {id_ for failed_check, id_ in failed if failed_check == check} == VIOLATIONS


@pytest.mark.parametrize(
    ("totals", "fault", "pages"),
    sample(
        [
            (
                "all",
                "hides nothing",
                3,
            ),  # 40 more instances are described, 20 at a time, after the first page
            ("page", "hides nothing", 3 + 5),  # pages of 20, and once more in pages of 14
            ("absent", "hides nothing", 3 + 5),
            ("all", "hides ended instances", 3 + 5 + 2),
        ],
        every=3,
    ),
)
def test_the_list_of_ids_is_used_only_where_a_count_proves_it(
    sandbox_of: Callable[..., Sandbox], totals: Totals, fault: str, pages: int
) -> None:
    quirks: Any = {"total_count": totals, **FAULTS[fault]}
    sandbox = sandbox_of(with_ended_last(), quirks=Quirks(**quirks))
    sandbox.configure(service_linked_role=None, access=None, regions=[REGION])
    actions = sandbox.audit().evidence.actions
    assert actions["eci:DescribeContainerGroups"] == pages
    assert (STATUS in actions) == (totals == "all")


def newborn(number: int) -> Instance:
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return replace(live(0), id=f"eci-brief{number:06}", creation_time=now)


@pytest.mark.parametrize(
    ("fault", "per_call"), sample(product(("hides ended instances", "is capped"), (1, 3)), every=3)
)
def test_arrivals_do_not_stand_in_for_what_is_left_out(
    sandbox_of: Callable[..., Sandbox], fault: str, per_call: int
) -> None:
    """As many ids as the service counts prove nothing where some of them came after the count."""
    quirks: Any = FAULTS[fault]
    churn = Steady(
        REGION, per_call, "eci:DescribeContainer*", make=newborn, keep=lambda item: item.status in ENDED
    )
    sandbox = sandbox_of(with_ended_last(), quirks=Quirks(**quirks), churn=(churn,))
    sandbox.timing = PATIENT
    sandbox.configure(service_linked_role=None, access=None, regions=[REGION], deadline="8s")
    audit = sandbox.audit()
    assert audit.inventory is not None
    (listing,) = audit.inventory.listings["instance"]
    if not isinstance(listing.items, Unreadable):
        assert {resource.id for resource in listing.items} >= VIOLATIONS
        return
    unknown = {row.check for row in audit.rows if row.outcome == "unknown"}
    assert {"instance-required-tags", "instance-no-access-keys"} <= unknown
