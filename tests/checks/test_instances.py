"""The checks of instances alone: AccessKeys in texts, and RAM roles."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_eci_compliance.evidence.redact import marker
from pytest_eci_compliance.inventory.facts import (
    ConfigFile,
    Container,
    ContainerGroup,
    EnvironmentVar,
    Listing,
    Probe,
    Role,
    Unreadable,
    Volume,
)
from pytest_eci_compliance.results import Row

KEY = "LTAI5tAbCdEfGhIjKlMnOp"
NO_ROLE = Unreadable("ram:GetRole", "NoPermission", permission="ram:GetRole")


def trust(*services: str) -> str:
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": list(services)}}
    return json.dumps({"Statement": [statement], "Version": "1"})


TRUST = trust("ecs.aliyuncs.com")


def role(name: str = "App", document: str | Unreadable | None = TRUST) -> Role:
    return Role(name, assume_role_policy_document=document)


def instance(eci_id: str = "eci-1", status: str = "Running", **more: Any) -> ContainerGroup:
    return ContainerGroup(eci_id, region_id="cn-hangzhou", status=status, **more)


@pytest.mark.parametrize(
    ("intended", "carried", "roles", "lookups", "outcome", "words"),
    [
        ("[App]", "App", (role(),), {}, "passed", ""),
        ("[App]", "app", (role(),), {}, "passed", ""),
        (
            "[Other]",
            "App",
            (role(),),
            {},
            "failed",
            "the RAM role 'App' of the instance is not intended, expected 'Other'",
        ),
        (
            "[]",
            "App",
            (role(),),
            {},
            "failed",
            "the RAM role 'App' of the instance is not intended, expected none",
        ),
        ("[App]", "App", (), {}, "failed", "the RAM role 'App' of the instance does not exist"),
        (
            "[App]",
            "App",
            NO_ROLE,
            {"App": None},
            "failed",
            "the RAM role 'App' of the instance does not exist",
        ),
        (
            "[Other]",
            "App",
            (),
            {},
            "failed",
            "the RAM role 'App' of the instance does not exist and is not intended, expected 'Other'",
        ),
        (
            "[App]",
            "App",
            (role(document=trust("ecs.aliyuncs.com", "fc.aliyuncs.com")),),
            {},
            "failed",
            "'fc.aliyuncs.com'",
        ),
        ("[App]", "App", (role(document=trust("eci.aliyuncs.com")),), {}, "failed", "'eci.aliyuncs.com'"),
        ("[App]", "App", (role(document=trust()),), {}, "unknown", "names no principal"),
        ("[App]", "App", (role(document="?"),), {}, "unknown", "no policy document"),
        ("[App]", "App", (role(document=NO_ROLE),), {}, "unknown", "ram:GetRole"),
        ("[App]", "App", (role(document=None),), {}, "unknown", "ram:GetRole"),
        (
            "[Other]",
            "App",
            (role(document=NO_ROLE),),
            {},
            "failed",
            "the RAM role 'App' of the instance is not intended",
        ),
        ("[App]", "App", NO_ROLE, {}, "unknown", "ram:GetRole"),
        ("[App]", "App", NO_ROLE, {"App": NO_ROLE}, "unknown", "ram:GetRole"),
        ("[App]", "App", NO_ROLE, {"App": role()}, "passed", ""),
        ("[Other]", "App", NO_ROLE, {}, "failed", "the RAM role 'App' of the instance is not intended"),
        ("[App]", "app", (role(),), {"app": NO_ROLE}, "unknown", "ram:GetRole"),
        ("[App]", "App", (role(document=None),), {"App": role()}, "passed", ""),
    ],
)
def test_the_role_that_an_instance_carries(
    rows_of: Callable[..., list[Row]],
    intended: str,
    carried: str,
    roles: Unreadable | tuple[Role, ...],
    lookups: dict[str, Any],
    outcome: str,
    words: str,
) -> None:
    rows = rows_of(
        "instance-ram-role",
        f"instances: {{ram_roles: {intended}}}",
        instances=[instance(ram_role_name=carried)],
        roles=roles,
        role_lookups=lookups,
    )
    (row,) = (row for row in rows if row.resource.id != "*")
    assert (row.outcome, row.resource.id, words in row.message) == (outcome, "eci-1", True), row.message


@pytest.mark.parametrize(
    ("intended", "roles", "fixes"),
    [
        ("[App]", (), ["CreateRole"]),
        ("[Other]", (role(),), ["`ram_roles`"]),
        ("[App]", (role(document=trust("fc.aliyuncs.com")),), ["UpdateRole"]),
        ("[Other]", (role(document=trust("fc.aliyuncs.com")),), ["`ram_roles`", "UpdateRole"]),
    ],
)
def test_the_remediation_names_only_what_is_wrong(
    rows_of: Callable[..., list[Row]], intended: str, roles: tuple[Role, ...], fixes: list[str]
) -> None:
    (row,) = rows_of(
        "instance-ram-role",
        f"instances: {{ram_roles: {intended}}}",
        instances=[instance(ram_role_name="App")],
        roles=roles,
    )
    every = ("CreateRole", "`ram_roles`", "UpdateRole")
    assert [fix for fix in every if fix in row.remediation] == fixes


def test_an_instance_without_a_role_is_not_judged(rows_of: Callable[..., list[Row]]) -> None:
    (row,) = rows_of("instance-ram-role", "instances: {ram_roles: []}", instances=[instance()])
    assert (row.outcome, row.resource.id) == ("skipped", "*")
    assert rows_of("instance-ram-role", "instances: {}", instances=[instance(ram_role_name="App")]) == []


def container(name: str = "app", **more: Any) -> Container:
    return Container(name, **more)


PLACES: dict[str, dict[str, Any]] = {
    "environment variable 'AK' of container 'app'": {
        "containers": (container(environment_vars=(EnvironmentVar("AK", marker(KEY)),)),)
    },
    "the command of container 'app'": {
        "containers": (container(commands=(marker("sh"), marker(f"--ak={KEY}"))),)
    },
    "the args of init container 'prepare'": {
        "init_containers": (container("prepare", args=(marker("STS.NUabcdefghijklmnop"),)),)
    },
    "the name of an environment variable of container 'app'": {
        "containers": (container(environment_vars=(EnvironmentVar(marker(KEY), ""),)),)
    },
    "config file '/etc/app' of volume 'conf'": {
        "volumes": (
            Volume("conf", config_file_volume_config_file_to_paths=(ConfigFile("/etc/app", marker(KEY)),)),
        )
    },
    "the command of the liveness probe of container 'app'": {
        "containers": (container(liveness_probe=Probe((marker("curl"), marker(f"-u{KEY}")))),)
    },
    "the command of the readiness probe of init container 'prepare'": {
        "init_containers": (container("prepare", readiness_probe=Probe((marker(KEY),))),)
    },
    "the command of the start-up probe of container 'app'": {
        "containers": (container(startup_probe=Probe((marker(KEY),))),)
    },
    "the field LifecyclePreStopHandlerExec of container 'app'": {
        "containers": (container(access_key_found_in=("LifecyclePreStopHandlerExec",)),)
    },
    "the options of volume 'oss'": {
        "volumes": (Volume("oss", "FlexVolume", flex_volume_options=marker(f'{{"akId": "{KEY}"}}')),)
    },
    "the field NFSVolumePath of volume 'nfs'": {
        "volumes": (Volume("nfs", access_key_found_in=("NFSVolumePath",)),)
    },
    "the field Tags.Value": {"access_key_found_in": ("Tags.Value",)},
}


@pytest.mark.parametrize("place", PLACES)
def test_an_access_key_is_found_wherever_it_stands(rows_of: Callable[..., list[Row]], place: str) -> None:
    (row,) = rows_of("instance-no-access-keys", "instances: {}", instances=[instance(**PLACES[place])])
    assert (row.outcome, row.severity) == ("failed", "critical")
    assert row.message == f"what looks like an AccessKey ID is in {place}; expected none"
    assert KEY not in row.message


def test_a_name_that_is_an_access_key_is_not_printed(rows_of: Callable[..., list[Row]]) -> None:
    parts: dict[str, Any] = {
        "containers": (container(KEY, access_key_found_in=("Name",)),),
        "init_containers": (container(KEY, access_key_found_in=("Name",)),),
        "volumes": (
            Volume(
                KEY,
                access_key_found_in=("Name",),
                config_file_volume_config_file_to_paths=(ConfigFile(f"/etc/{KEY}", marker(KEY)),),
            ),
        ),
    }
    (row,) = rows_of("instance-no-access-keys", "instances: {}", instances=[instance(**parts)])
    assert row.outcome == "failed"
    assert "the field Name of container 'LTAI…'" in row.message
    assert KEY not in row.message


def test_without_an_access_key_it_passes(rows_of: Callable[..., list[Row]]) -> None:
    plain = container(
        commands=(marker("sh"),),
        args=(marker("run"),),
        environment_vars=(EnvironmentVar("A", marker("secret")),),
    )
    (row,) = rows_of(
        "instance-no-access-keys",
        "instances: []",
        instances=[instance(containers=(plain,), init_containers=(plain,))],
    )
    assert row.outcome == "passed"


NOT_KEPT = Unreadable("eci:DescribeContainerGroups", "NotRecorded", subject="eci-1", detail="no probes")


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"not_shown": ("volumes",)}, "does not show its volumes"),
        (
            {"not_shown": ("content for config file '/etc/a' of volume 'v'",)},
            "does not show its content for config file '/etc/a' of volume 'v'",
        ),
        ({"not_kept": NOT_KEPT}, "no probes"),
    ],
)
def test_what_an_answer_does_not_show_is_unknown_unless_a_key_was_found(
    rows_of: Callable[..., list[Row]], parts: dict[str, Any], words: str
) -> None:
    check, intent = "instance-no-access-keys", "instances: {}"
    (row,) = rows_of(check, intent, instances=[instance(**parts)])
    assert (row.outcome, words in row.message) == ("unknown", True), row.message
    (row,) = rows_of(check, intent, instances=[instance(**parts, access_key_found_in=("Tags.Value",))])
    assert row.outcome == "failed"


def test_tags_that_are_not_shown_hide_no_access_key(rows_of: Callable[..., list[Row]]) -> None:
    (row,) = rows_of("instance-no-access-keys", "instances: {}", instances=[instance(not_shown=("tags",))])
    assert row.outcome == "passed"


@pytest.mark.parametrize(
    ("rules", "judged"),
    [
        ("{resources: {names: nothing}, required_tags: {a: b}}", {"eci-run", "eci-end"}),
        ("{states: live}", {"eci-run"}),
        ("[{states: live}, {resources: {names: nothing}}]", {"eci-run", "eci-end"}),
    ],
)
def test_which_instances_are_judged_for_access_keys(
    rows_of: Callable[..., list[Row]], rules: str, judged: set[str]
) -> None:
    instances = [instance("eci-run"), instance("eci-end", "Succeeded")]
    rows = rows_of("instance-no-access-keys", f"instances: {rules}", instances=instances)
    assert {row.resource.id for row in rows} == judged


@pytest.mark.parametrize("check", ["instance-no-access-keys", "instance-ram-role"])
def test_what_was_not_read_is_unknown_and_what_is_not_there_skipped(
    rows_of: Callable[..., list[Row]], check: str
) -> None:
    intent = "instances: {ram_roles: []}"
    (row,) = rows_of(check, intent)
    assert (row.outcome, row.resource.id) == ("skipped", "*")
    cut = Unreadable("eci:DescribeContainerGroups", "Malformed", region="cn-hangzhou")
    (row,) = rows_of(check, intent, listings={"instance": (Listing("cn-hangzhou", cut),)})
    assert (row.outcome, row.resource.id, row.resource.region) == ("unknown", "*", "cn-hangzhou")
    assert "Malformed" in row.message
    assert rows_of(check, "image_caches: {}") == []
