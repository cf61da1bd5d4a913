"""AccessKeys in planned instances: every text of the resource is searched, and text that is not known is unknown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import Container, ContainerGroup, Inventory, Listing, Probe
from tests.change.plan_writer import change, plan, resource
from tests.change.planned_rows import instances, inventory, judged, laid

WEB = "alicloud_eci_container_group"
KEY = "LTAI5tAbCdEfGhIjKlMnOpQr"
CHECK = "instance-no-access-keys"
RULES = {"required_tags": {"env": "?*"}}
OF_CONTAINER: dict[str, dict[str, Any]] = {
    "liveness probe": {"liveness_probe": [{"exec": [{"commands": ["curl", KEY]}]}]},
    "readiness probe": {"readiness_probe": [{"exec": [{"commands": ["curl", KEY]}]}]},
    "HTTP path": {"liveness_probe": [{"http_get": [{"path": f"/{KEY}", "port": 80}]}]},
    "working directory": {"working_dir": f"/{KEY}"},
    "hook": {"lifecycle_pre_stop_handler_exec": [KEY]},
    "mount": {"volume_mounts": [{"name": "v", "mount_path": f"/{KEY}"}]},
    "field reference": {"environment_vars": [{"key": "K", "value": "", "field_ref": [{"field_path": KEY}]}]},
}
OF_VOLUME: dict[str, dict[str, Any]] = {
    "options": {"type": "FlexVolume", "flex_volume_options": json.dumps({"akId": KEY})},
    "path": {"type": "NFSVolume", "nfs_volume_path": f"/{KEY}"},
}
OF_INSTANCE: dict[str, dict[str, Any]] = {
    "name server": {"dns_config": [{"name_servers": [KEY]}]},
    "kernel parameter": {"eci_security_context": [{"sysctls": [{"name": "n", "value": KEY}]}]},
    "host alias": {"host_aliases": [{"ip": "10.0.0.1", "hostnames": [KEY]}]},
    "registry": {"image_registry_credential": [{"user_name": "u", "password": KEY, "server": "s"}]},
}


def attributes(
    container: dict[str, Any], volume: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """The arguments of an instance with a container and a volume."""
    return {
        "container_group_name": "new",
        "resource_group_id": "rg-1",
        "tags": {"env": "prod"},
        "ram_role_name": None,
        "containers": [{"name": "a", "image": "i:1", **container}],
        "init_containers": [],
        "volumes": [{"name": "v", "type": "EmptyDirVolume", **(volume or {})}],
        **more,
    }


def outcome(folder: Path, planned: dict[str, Any]) -> str:
    """The outcome for the planned instance."""
    rows = judged(laid(folder, planned), CHECK, instances=RULES)
    (row,) = [row for id_, row in rows.items() if id_.startswith("planned:")]
    assert KEY not in repr(row)
    return row.outcome


def new(after: dict[str, Any], unknown: dict[str, Any] | None = None) -> dict[str, Any]:
    """A plan that creates the instance, without its configuration."""
    return plan(change(WEB, "x", ("create",), after=after, unknown=unknown))


@pytest.mark.parametrize("place", OF_CONTAINER)
def test_a_key_in_a_container_fails(tmp_path: Path, place: str) -> None:
    assert outcome(tmp_path, new(attributes(OF_CONTAINER[place]))) == "failed"


@pytest.mark.parametrize("place", OF_CONTAINER)
def test_a_key_in_an_init_container_fails(tmp_path: Path, place: str) -> None:
    init = {"name": "b", "image": "i:1", **OF_CONTAINER[place]}

    assert outcome(tmp_path, new(attributes({}, init_containers=[init]))) == "failed"


@pytest.mark.parametrize("place", OF_VOLUME)
def test_a_key_in_a_volume_fails(tmp_path: Path, place: str) -> None:
    assert outcome(tmp_path, new(attributes({}, OF_VOLUME[place]))) == "failed"


@pytest.mark.parametrize("place", OF_INSTANCE)
def test_a_key_elsewhere_in_an_instance_fails(tmp_path: Path, place: str) -> None:
    assert outcome(tmp_path, new(attributes({}, **OF_INSTANCE[place]))) == "failed"


def test_an_instance_without_keys_passes(tmp_path: Path) -> None:
    harmless = {"working_dir": "/", "liveness_probe": [{"exec": [{"commands": ["true"]}]}]}
    computed = {"id": True, "status": True, "internet_ip": True, "resource_group_id": True, "cpu": True}

    assert outcome(tmp_path, new(attributes(harmless), computed)) == "passed"


@pytest.mark.parametrize(
    "unknown",
    [
        {"containers": [{"liveness_probe": [{"exec": [{"commands": [True]}]}]}]},
        {"containers": [{"working_dir": True}]},
        {"containers": [{"environment_vars": True}]},
        {"volumes": [{"flex_volume_options": True}]},
        {"volumes": [{"nfs_volume_path": True}]},
        {"dns_config": True},
        {"host_aliases": [{"hostnames": [True]}]},
    ],
    ids=str,
)
def test_text_that_is_not_known_is_unknown(tmp_path: Path, unknown: dict[str, Any]) -> None:
    is_probe = "liveness_probe" in str(unknown)
    probes = {"liveness_probe": [{"exec": [{"commands": [None]}]}]} if is_probe else {}
    after = attributes(probes, host_aliases=[{"ip": "10.0.0.1", "hostnames": [None]}])

    assert outcome(tmp_path, new(after, unknown)) == "unknown"


@pytest.mark.parametrize(
    "mask",
    [
        {"containers": [{"working_dir": True}]},
        {"volumes": [{"flex_volume_options": True}]},
        {"dns_config": True},
    ],
    ids=str,
)
def test_sensitive_text_is_unknown(tmp_path: Path, mask: dict[str, Any]) -> None:
    after = attributes(
        {"working_dir": "/x"}, {"flex_volume_options": "{}"}, dns_config=[{"searches": ["example.com"]}]
    )

    assert (
        outcome(tmp_path, plan(change(WEB, "x", ("create",), after=after, _after_sensitive=mask)))
        == "unknown"
    )


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ({"name": {"constant_value": "a"}}, "passed"),
        ({"liveness_probe": {"references": ["var.probes"]}}, "unknown"),
        (None, "unknown"),
    ],
)
def test_probes_that_the_configuration_leaves_out_are_no_text(
    tmp_path: Path, container: dict[str, Any] | None, expected: str
) -> None:
    """The provider computes them, so every plan has them as unknown."""
    unknown = {"containers": [{"liveness_probe": True, "ready": True, "restart_count": True}]}
    written = {**resource(WEB, "x"), "expressions": {} if container is None else {"containers": [container]}}
    created = change(WEB, "x", ("create",), after=attributes({}), unknown=unknown)

    assert outcome(tmp_path, plan(created, resources=(written,))) == expected


def test_no_answer_shows_the_password_of_a_registry(tmp_path: Path) -> None:
    credential = [{"user_name": "u", "password": "p", "server": "s"}]
    mask = {"image_registry_credential": [{"password": True}]}
    after = attributes({}, image_registry_credential=credential)

    assert (
        outcome(tmp_path, plan(change(WEB, "x", ("create",), after=after, _after_sensitive=mask))) == "passed"
    )


def account(*containers: Container, **more: Any) -> Inventory:
    """The small account; its instance has these containers."""
    base = inventory()
    (instance,) = base.resources("instance")
    assert isinstance(instance, ContainerGroup)
    changed = replace(instance, containers=containers, **more)
    return replace(base, listings={**base.listings, "instance": (Listing("cn-hangzhou", (changed,)),)})


LEAKING = Container("a", "i:1", access_key_found_in=("WorkingDir",))


@pytest.mark.parametrize("update", ["tags: {env: dev}", "resource_group: default", "ram_role: app"])
def test_an_overlay_leaves_what_it_does_not_state(tmp_path: Path, update: str) -> None:
    over = account(LEAKING, ram_role_name="other")
    after = laid(tmp_path, f"eci-change: 1\ninstances:\n  - {{id: eci-1, {update}}}\n", over=over)
    instance = instances(after.inventory)["eci-1"]

    assert instance.containers == (LEAKING,)
    assert instance.ram_role_name == ("app" if "role" in update else "other")
    assert instance.tags["env"] == ("dev" if "tags" in update else "prod")
    assert instance.resource_group_id == ("rg-default" if "group" in update else "rg-1")
    assert judged(after, CHECK, instances=RULES)["eci-1"].outcome == "failed"


def test_an_overlay_of_containers_replaces_them(tmp_path: Path) -> None:
    over = account(LEAKING, not_shown=("args of container 'a'", "options of volume 'v'"))
    text = "eci-change: 1\ninstances:\n  - {id: eci-1, containers: [{name: a, image: 'i:2'}]}\n"
    instance = instances(laid(tmp_path, text, over=over).inventory)["eci-1"]

    assert instance.containers == (Container("a", "i:2"),)
    assert instance.not_shown == ("options of volume 'v'",)


def test_an_update_leaves_what_the_answer_did_not_show(tmp_path: Path) -> None:
    over = account(Container("a", "i:1"), not_shown=("args of container 'a'",))
    after = laid(tmp_path, "eci-change: 1\ninstances: [{id: eci-1, tags: {env: dev}}]\n", over=over)

    assert judged(after, CHECK, instances=RULES)["eci-1"].outcome == "unknown"


def test_an_update_leaves_what_the_provider_does_not_manage_of_a_container(tmp_path: Path) -> None:
    """The provider has no start-up probe."""
    start = Probe(("[redacted: looks like an AccessKey id]",))
    over = account(Container("a", "i:1", startup_probe=start))
    before = {"id": "eci-1", **attributes({})}
    after = {"id": "eci-1", **attributes({"image": "i:2"})}
    planned = laid(tmp_path, plan(change(WEB, "x", ("update",), before=before, after=after)), over=over)

    assert instances(planned.inventory)["eci-1"].containers[0].image == "i:2"
    assert judged(planned, CHECK, instances=RULES)["eci-1"].outcome == "failed"


@pytest.mark.parametrize("place", OF_INSTANCE)
def test_an_update_adds_and_removes_a_key(tmp_path: Path, place: str) -> None:
    without, with_key = ({"id": "eci-1", **attributes({}, **more)} for more in ({}, OF_INSTANCE[place]))
    adds = plan(change(WEB, "x", ("update",), before=without, after=with_key))
    removes = plan(change(WEB, "x", ("update",), before=with_key, after=without))
    added = laid(tmp_path, adds, over=account(Container("a", "i:1")))
    removed = laid(tmp_path, removes, over=added.inventory)

    assert judged(added, CHECK, instances=RULES)["eci-1"].outcome == "failed"
    assert judged(removed, CHECK, instances=RULES)["eci-1"].outcome == "passed"


def test_a_new_instance_of_an_overlay_states_its_containers(tmp_path: Path) -> None:
    text = "eci-change: 1\ninstances: [{name: new, region: cn-hangzhou, resource_group: prod}]\n"

    assert judged(laid(tmp_path, text), CHECK, instances=RULES)["planned:instance.new"].outcome == "unknown"
