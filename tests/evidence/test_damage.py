"""Whatever key is removed from, nulled in or doubled in an answer of the service, no verdict gets better.

The damages are generated over every key of every answer. By default a sample of them is played;
`-m nightly` plays all of them.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance.evidence.api_actions import READ_LIST
from tests.emulator import (
    Account,
    Attachment,
    Container,
    Group,
    ImageCache,
    Instance,
    Policy,
    Region,
    Role,
    User,
    VirtualNode,
    Volume,
)
from tests.emulator.documented import (
    ECI_ROLE,
    ECI_ROLE_GRANT,
    VNODE_ROLE,
    VNODE_ROLE_GRANT,
    allow,
    document,
    trust,
)
from tests.evidence import sandbox
from tests.evidence.damage import (
    Damage,
    Mutation,
    World,
    calls_of,
    every_damage,
    intent_of,
    sample,
    violations,
)
from tests.evidence.sandbox import AUDITOR, INTENT, LEAKED, PROD, ROOT, TEST

SAMPLE = 1  # damages, for each action

# Where the absence of a key is an answer, because the service may leave out what is empty, and the SDK reads null as
# absence. Each of these places was reviewed: what is unknown here would be unknown in every account.
_EMPTY = "the service may leave out a list that is empty"
_ABSENT: Mapping[str, str] = {
    "ContainerGroups.*.RamRoleName": "an instance without a RAM role has no RamRoleName",
    "ContainerGroups.*.InitContainers": _EMPTY,
    "ContainerGroups.*.Volumes": _EMPTY,
    "ContainerGroups.*.Containers.*.Commands": _EMPTY,
    "ContainerGroups.*.Containers.*.Args": _EMPTY,
    "ContainerGroups.*.Containers.*.EnvironmentVars": _EMPTY,
    "ContainerGroups.*.InitContainers.*.EnvironmentVars": _EMPTY,
}
REVIEWED: Mapping[tuple[str, Mutation], str] = {
    (place, mutation): reason for place, reason in _ABSENT.items() for mutation in ("removed", "null")
}


def drifted() -> Account:
    """The sandbox's account without its bulk, and with a violation of the checks that it leaves out."""
    account = sandbox.account()
    tagged = document(
        {**allow("eci:DeleteContainerGroup"), "Condition": {"StringEquals": {"acs:ResourceTag/env": "test"}}}
    )
    (region,) = account.regions
    leaky = (
        Instance("eci-leak001", init_containers=(Container("init", env={"KEY": LEAKED}),)),
        Instance("eci-leak002", volumes=(Volume("conf", files={"/etc/x": LEAKED}),)),
        Instance("eci-leak003", containers=(Container(commands=(LEAKED,)),)),
        Instance("eci-leak004", containers=(Container(args=(LEAKED,)), Container("side"))),
    )
    return replace(
        account,
        roles=(*account.roles, VNODE_ROLE),
        policies=(*account.policies, Policy("Tagged", tagged)),
        attachments=(
            *(
                attachment
                for attachment in account.attachments
                if not (attachment.scope or "").startswith("rg-bulk")
            ),
            Attachment("Custom/Tagged", user="dave"),
            Attachment("AliyunECIFullAccess", user="dave"),
        ),
        resource_groups=account.resource_groups[:5],
        regions=(replace(region, instances=(*region.instances, *leaky)),),
    )


DRIFTED_INTENT: Mapping[str, Any] = {
    **INTENT,
    "virtual_node_role": {"expect": "absent"},
    "roles": [{"match": "judged", "policies": ["Custom/Read"], "pass_roles": []}],
    "access": [
        *INTENT["access"],
        {
            "name": "carol creates",
            "users": "carol",
            "can": ["eci:CreateContainerGroup"],
            "request": {"resource_group": "rg-none"},
        },
    ],
}


def healthy() -> Account:
    """An account that is as it is intended."""
    where: dict[str, Any] = {"tags": {"env": "prod"}, "resource_group": PROD.id}
    return Account(
        account_id=sandbox.ACCOUNT_ID,
        alias="prod",
        users=(User("auditor"), User("alice"), User("bob")),
        groups=(Group("readers", ("auditor", "alice")),),
        roles=(ECI_ROLE, VNODE_ROLE, Role("app", trust("ecs.aliyuncs.com"))),
        policies=(Policy("Read", document(allow("oss:Get*"))),),
        attachments=(
            ECI_ROLE_GRANT,
            VNODE_ROLE_GRANT,
            Attachment("AliyunRAMReadOnlyAccess", group="readers"),
            Attachment("AliyunECIReadOnlyAccess", group="readers"),
            Attachment("AliyunECIFullAccess", user="bob", scope=PROD.id),
            Attachment("Custom/Read", role="app"),
        ),
        resource_groups=(PROD, TEST),
        regions=(
            Region(
                "cn-hangzhou",
                instances=tuple(
                    Instance(f"eci-000{n}", f"web{n}", ram_role="app", **where) for n in range(4)
                ),
                image_caches=tuple(ImageCache(f"imc-000{n}", **where) for n in range(4)),
                virtual_nodes=tuple(VirtualNode(f"vnd-000{n}", **where) for n in range(4)),
            ),
        ),
        credentials=(ROOT, AUDITOR),
    )


HEALTHY_INTENT: Mapping[str, Any] = {
    **INTENT,
    "service_linked_role": {"expect": "present"},
    "virtual_node_role": {"expect": "present"},
    "users": [
        {"match": "group/readers", "policies": ["AliyunRAMReadOnlyAccess", "AliyunECIReadOnlyAccess"]},
        {
            "match": "bob",
            "resource_groups": {PROD.id: ["AliyunECIFullAccess"]},
            "required_resource_groups": {PROD.id: ["AliyunECIFullAccess"]},
            "may_reach": ["role/app"],
        },
    ],
    "roles": [{"match": "app", "policies": ["Custom/Read"], "pass_roles": []}],
    "access": [
        {"name": "only bob deletes", "users": "*", "except": ["bob"], "cannot": ["eci:DeleteContainerGroup"]}
    ],
}
DENIED = "resourcemanager:ListPolicyAttachments"


@cache
def cached_world(folder: Path, name: str) -> World:
    if name == "healthy":
        return World(healthy(), AUDITOR, intent_of(folder, healthy(), HEALTHY_INTENT))
    account = drifted()
    intent = intent_of(folder, account, DRIFTED_INTENT)
    if name == "blind":
        kept = tuple(
            attachment for attachment in account.attachments if attachment.policy != "AliyunECIReadOnlyAccess"
        )
        return World(replace(account, attachments=kept), AUDITOR, intent)
    if name == "fallback":
        return World(account, AUDITOR, intent, denied=frozenset([DENIED]), hidden=frozenset(["alice"]))
    return World(account, AUDITOR, intent)


WORLDS = ("drifted", "healthy", "blind", "fallback")
CALLS = tuple(action.call for action in READ_LIST)


@pytest.fixture(scope="module")
def world_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], World]:
    return partial(cached_world, tmp_path_factory.mktemp("damage"))


def is_excepted(damage: Damage) -> bool:
    return (damage.place, damage.mutation) in REVIEWED


def refuse(damages: Iterable[Damage], world: World) -> None:
    better = [
        f"{damage}\n    " + "\n    ".join(rows) for damage, rows in violations(world, damages, is_excepted)
    ]
    assert not better, "\n".join(better)


def test_a_sample_of_damages_makes_no_verdict_better(world_of: Callable[[str], World]) -> None:
    """To every action of the sweep, and of the fallback."""
    drifted, fallback = world_of("drifted"), world_of("fallback")
    usual = calls_of(drifted)
    others = [call for call in calls_of(fallback) if call not in usual]
    assert others
    chance = random.Random(4)
    for world, calls in ((drifted, usual), (fallback, others)):
        for call in calls:
            refuse(sample(world, call, SAMPLE, chance), world)


@pytest.mark.nightly
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", WORLDS)
def test_no_damage_makes_a_verdict_better(world_of: Callable[[str], World], name: str, call: str) -> None:
    world = world_of(name)
    if call not in calls_of(world):
        pytest.skip(f"the sweep of this account does not use {call}")
    refuse(every_damage(world, call), world)


def test_the_worlds_use_every_action_and_have_something_to_lose(world_of: Callable[[str], World]) -> None:
    worlds = {name: world_of(name) for name in WORLDS}
    assert {call for world in worlds.values() for call in calls_of(world)} == set(CALLS)
    outcomes = {name: Counter(row.outcome for row in world.sound.values()) for name, world in worlds.items()}
    assert set(outcomes["healthy"]) == {"passed", "skipped"}
    assert outcomes["drifted"]["failed"] > 50
    assert outcomes["blind"]["unknown"] > 10
    assert outcomes["fallback"]["unknown"] > 10
    checks = {row.check for row in worlds["drifted"].sound.values() if row.outcome == "failed"}
    assert len(checks) >= 20


def test_the_damages_cover_every_key_that_reaches_the_checks(world_of: Callable[[str], World]) -> None:
    places = {damage.place for damage in every_damage(world_of("healthy"), "eci:DescribeContainerGroups")}
    for name in ("Tags", "Tags.*.Key", "Containers.*.Name", "ResourceGroupId", "RamRoleName", "RegionId"):
        assert f"ContainerGroups.*.{name}" in places
    assert {"ContainerGroups", "ContainerGroups.*", "NextToken", "TotalCount"} <= places


@pytest.mark.parametrize(("place", "mutation"), [*REVIEWED])
def test_an_exception_is_still_needed(
    world_of: Callable[[str], World], place: str, mutation: Mutation
) -> None:
    """The property can fail, and the lists of its exceptions hold nothing that is no exception."""
    damage = Damage("eci:DescribeContainerGroups", tuple(place.split(".")), mutation)
    better = list(violations(world_of("drifted"), [damage], lambda _: False))
    assert better, "no verdict gets better by this damage: take it out of the list"


@pytest.mark.parametrize(
    "place",
    [
        "Containers.*.EnvironmentVars.*.Value",
        "InitContainers.*.EnvironmentVars.*.Value",
        "Containers.*.Commands.*",
        "Containers.*.Args.*",
        "Volumes.*.ConfigFileVolumeConfigFileToPaths.*.Content",
    ],
)
def test_null_in_the_place_of_a_value_is_not_an_empty_value(
    world_of: Callable[[str], World], place: str
) -> None:
    damage = Damage("eci:DescribeContainerGroups", ("ContainerGroups", "*", *place.split(".")), "null")
    world = world_of("drifted")
    assert world.effect(damage)
    refuse([damage], world)


@pytest.mark.parametrize("mutation", ["removed", "null"])
@pytest.mark.parametrize("kind", ["ContainerGroup", "ImageCache", "VirtualNode"])
def test_a_tag_without_its_value_makes_no_verdict_better(
    world_of: Callable[[str], World], kind: str, mutation: Mutation
) -> None:
    damage = Damage(f"eci:Describe{kind}s", (f"{kind}s", "*", "Tags", "*", "Value"), mutation)
    world = world_of("drifted")
    assert world.effect(damage)
    refuse([damage], world)


BODY = {"Items": [{"Id": "a", "Tags": [{"Key": "k"}]}, {"Id": "b"}], "TotalCount": 2}


@pytest.mark.parametrize(
    ("path", "mutation", "text"),
    [
        (("TotalCount",), "removed", '{"Items": [{"Id": "a", "Tags": [{"Key": "k"}]}, {"Id": "b"}]}'),
        (("Items",), "null", '{"Items": null, "TotalCount": 2}'),
        (("Items", 1), "null", '{"Items": [{"Id": "a", "Tags": [{"Key": "k"}]}, null], "TotalCount": 2}'),
        (
            ("Items", 1),
            "doubled",
            '{"Items": [{"Id": "a", "Tags": [{"Key": "k"}]}, {"Id": "b"}, {"Id": "b"}], "TotalCount": 2}',
        ),
        (
            ("Items", 1, "Id"),
            "doubled",
            '{"Items": [{"Id": "a", "Tags": [{"Key": "k"}]}, {"Id": "b", "Id": "b"}], "TotalCount": 2}',
        ),
        (("Items", "*", "Id"), "removed", '{"Items": [{"Tags": [{"Key": "k"}]}, {}], "TotalCount": 2}'),
        (
            ("Items", "*", "Tags", "*"),
            "null",
            '{"Items": [{"Id": "a", "Tags": [null]}, {"Id": "b"}], "TotalCount": 2}',
        ),
    ],
)
def test_a_damage_does_what_it_says(path: tuple[str | int, ...], mutation: Mutation, text: str) -> None:
    asked = ("ram:ListUsers", ())
    assert json.dumps(Damage("ram:ListUsers", path, mutation).apply(asked, BODY)) == text
    assert Damage("ram:ListUsers", path, mutation).apply(("ram:ListRoles", ()), BODY) is BODY
