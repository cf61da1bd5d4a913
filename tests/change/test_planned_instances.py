"""The status of a planned instance: it is judged as running, since its creation ends when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import ContainerGroup, Inventory, Kind, Listing
from pytest_eci_compliance.inventory.readable import UnreadableError, readable
from pytest_eci_compliance.plugin.fact_sources import resource_value
from pytest_eci_compliance.plugin.fixtures import Fact
from tests.change.plan_writer import change, plan
from tests.change.planned_rows import instances, inventory, judged, laid

WEB = "alicloud_eci_container_group"
USERS = [{"match": "*", "policies": ["AliyunECIFullAccess", "Custom/P"]}]
OVERLAY = (
    "eci-change: 1\ninstances: [{name: new, region: cn-hangzhou, resource_group: prod, ram_role: app}]\n"
)


def without_instances() -> Inventory:
    """The small account without its instance."""
    base = inventory()
    listings = {**base.listings, "instance": (Listing("cn-beijing", ()), Listing("cn-hangzhou", ()))}
    return inventory(listings=listings)


def new(**more: Any) -> dict[str, Any]:
    """A new instance that carries the role `app`."""
    known = {"container_group_name": "new", "resource_group_id": "rg-1", "ram_role_name": "app"}
    return change(WEB, "x", ("create",), after={**known, "containers": [], **more}, unknown={"status": True})


@pytest.mark.parametrize("planned", [plan(new()), plan(new(restart_policy="Never")), OVERLAY])
def test_a_plan_that_opens_a_way_into_an_instance_fails(tmp_path: Path, planned: Any) -> None:
    """Full access lets `ben` execute commands in the new instance, and so act as its role."""
    before = judged(laid(tmp_path, plan(), over=without_instances()), "user-escalation", users=USERS)
    after = judged(laid(tmp_path, planned, over=without_instances()), "user-escalation", users=USERS)

    assert before["ben"].outcome == "passed"
    assert after["ben"].outcome == "failed"
    assert "exec-in-instance planned:" in after["ben"].message


def test_an_update_leaves_the_status_that_was_read(tmp_path: Path) -> None:
    ended = ContainerGroup("eci-1", "web", "cn-hangzhou", status="Succeeded")
    over = inventory(listings={"instance": (Listing("cn-hangzhou", (ended,)),)})
    old = {"id": "eci-1", "container_group_name": "web", "status": "Succeeded", "tags": {}}
    update = change(WEB, "x", ("update",), before=old, after={**old, "tags": {"env": "prod"}})

    assert instances(laid(tmp_path, plan(update), over=over).inventory)["eci-1"].status == "Succeeded"


def test_a_replacement_runs(tmp_path: Path) -> None:
    old = {"id": "eci-1", "container_group_name": "web", "status": "Failed", "containers": []}
    known = {"container_group_name": "new", "containers": []}
    replaced = change(WEB, "x", ("delete", "create"), before=old, after=known, unknown={"id": True})
    after = instances(laid(tmp_path, plan(replaced)).inventory)

    assert [(instance.id, instance.status) for instance in after.values()] == [
        (f"planned:{WEB}.x", "Running")
    ]


NEW = "eci-change: 1\ninstances: [{name: x, region: cn-hangzhou, containers: [{image: a}]}]\n"


@pytest.mark.parametrize(
    "planned", [plan(new()), plan(new(internet_ip=None)), NEW], ids=("plan", "null", "overlay")
)
@pytest.mark.parametrize("name", ["internet_ip", "intranet_ip", "cpu", "zone_id", "vpc_id", "creation_time"])
def test_own_tests_do_not_read_what_the_service_gives(tmp_path: Path, planned: Any, name: str) -> None:
    """An instance that gets a public address has none in the plan: `not internet_ip` must not pass."""
    after = laid(tmp_path, planned, over=without_instances()).inventory
    (instance,) = readable(after).resources("instance")

    with pytest.raises(UnreadableError, match=name):
        getattr(instance, name)
    assert instance.tags == ()
    value = resource_value(next(after.resources("instance")))
    assert isinstance(value, Fact)
    with pytest.raises(UnreadableError, match=name):
        getattr(value.value, name)


@pytest.mark.parametrize(
    ("section", "kind"), [("image_caches", "image_cache"), ("virtual_nodes", "virtual_node")]
)
def test_the_status_of_other_new_resources_is_not_known(tmp_path: Path, section: str, kind: Kind) -> None:
    after = laid(tmp_path, f"eci-change: 1\n{section}: [{{name: x, region: cn-beijing}}]\n").inventory
    resource = next(item for item in readable(after).resources(kind) if item.name == "x")

    with pytest.raises(UnreadableError, match="status"):
        resource.status  # noqa: B018 - reading it raises


def test_an_update_shows_the_restart_policy_that_it_sets(tmp_path: Path) -> None:
    old = {
        "id": "eci-1",
        "container_group_name": "web",
        "restart_policy": "Always",
        "internet_ip": "192.0.2.1",
    }
    update = change(WEB, "x", ("update",), before=old, after={**old, "restart_policy": "Never"})
    instance = instances(laid(tmp_path, plan(update)).inventory)["eci-1"]

    assert (instance.restart_policy, instance.not_shown) == ("Never", ())
