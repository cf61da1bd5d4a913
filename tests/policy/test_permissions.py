"""Permissions gained and lost, against brute force over every user, role, action and resource."""

from __future__ import annotations

import dataclasses
import itertools
import json
import random
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import (
    Attachments,
    CallerIdentity,
    ContainerGroup,
    GrantGap,
    Group,
    Inventory,
    Listing,
    Policy,
    PolicyAttachment,
    PolicyRef,
    PrincipalType,
    ResourceGroup,
    Role,
    Tag,
    Tags,
    Unreadable,
    User,
)
from pytest_eci_compliance.policy.escalation import Path, Reached, Step
from pytest_eci_compliance.policy.permissions import Permission, compare_permissions, reach_of
from tests.policy import naive
from tests.policy.policy_world import DEFAULT, PROD, REGION, TEST, UID
from tests.support.sampling import sample

ACTIONS = [
    "eci:CreateContainerGroup",
    "eci:DeleteContainerGroup",
    "eci:DescribeContainerGroups",
    "eci:UpdateContainerGroup",
    "eci:RestartContainerGroup",
]
PATTERNS = [*ACTIONS, "eci:*", "eci:Describe*", "*", "eci:Create*", "eci:Update*"]
GROUPS = [PROD, TEST, "rg-elsewhere", DEFAULT]
BAGS = [{}, {"env": "test"}, {"env": "prod"}, {"env": "x"}, {"env": "tx"}, {"env": "t*"}]
IDS = ["eci-1", "eci-2", "eci-3", "eci-4", "other"]
TRUST = {"Version": "1", "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow"}]}


def allow(
    *actions: str, resource: str = "*", effect: str = "Allow", **condition: dict[str, Any]
) -> dict[str, Any]:
    world = {"Effect": effect, "Action": list(actions), "Resource": resource}
    return world | ({"Condition": condition} if condition else {})


def instance(id_: str, group: str = PROD, **tags: str) -> ContainerGroup:
    return ContainerGroup(
        id_, region_id=REGION, resource_group_id=group, tags=Tags(Tag(*pair) for pair in tags.items())
    )


@dataclasses.dataclass(frozen=True)
class World:
    """An account as plain data: what it takes to build an inventory, and to decide naively."""

    users: tuple[str, ...] = ("ann", "bob")
    roles: tuple[tuple[str, str], ...] = ()  # the name, and the trust policy as JSON
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    documents: tuple[tuple[str, str], ...] = ()
    grants: tuple[tuple[str, str, str | None], ...] = ()  # the policy, `user/NAME` …, the resource group
    instances: tuple[ContainerGroup, ...] = ()

    def inventory(self, **parts: Any) -> Inventory:
        kinds: dict[str, PrincipalType] = {"user": "IMSUser", "group": "IMSGroup", "role": "ServiceRole"}
        attachments = [
            PolicyAttachment(
                "Custom", policy, kinds[principal.partition("/")[0]], principal.partition("/")[2], scope
            )
            for policy, principal, scope in self.grants
        ]
        roles = tuple(Role(name, assume_role_policy_document=trust) for name, trust in self.roles)
        inventory = Inventory(
            UID,
            CallerIdentity(UID, "Account", f"acs:ram::{UID}:root"),
            regions=(REGION,),
            users=tuple(map(User, self.users)),
            groups=tuple(Group(name, members=members) for name, members in self.groups),
            roles=roles,
            role_lookups={role.role_name: role for role in roles},
            attachments=Attachments(tuple(attachments)),
            policies={
                PolicyRef("Custom", name): Policy("Custom", name, policy_document=text)
                for name, text in self.documents
            },
            resource_groups=(ResourceGroup(DEFAULT, "default"),),
            listings={"instance": (Listing(REGION, self.instances, 1),)},
        )
        return dataclasses.replace(inventory, **parts)

    def held(self, identity: str) -> list[Any]:
        documents = {name: json.loads(text) for name, text in self.documents}
        kind, _, name = identity.partition("/")
        mine = {
            identity,
            *(f"group/{group}" for group, members in self.groups if kind == "user" and name in members),
        }
        return [(documents[policy], scope) for policy, principal, scope in self.grants if principal in mine]

    @property
    def identities(self) -> set[str]:
        return {f"user/{name}" for name in self.users} | {f"role/{name}" for name, _ in self.roles}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "1", "Statement": statements})


def changes(then: World, now: World, **more: Any) -> tuple[Any, ...]:
    results = compare_permissions(then.inventory(), now.inventory(), **more)
    return (
        {(permission.identity, permission.action) for permission in results.gained},
        {(permission.identity, permission.action) for permission in results.lost},
        results,
    )


# Brute force ----------------------------------------------------------------------------------------------


def calls(action: str) -> Iterator[tuple[Any, ...]]:
    """Every call of the small universe: resource, tags, group."""
    if action == "eci:CreateContainerGroup":
        yield from ((None, tags, group) for tags in BAGS for group in GROUPS)
        return
    tags_of_call = BAGS if action in ("eci:UpdateContainerGroup", "eci:DescribeContainerGroups") else [{}]
    groups_of_call = [None, *GROUPS] if action == "eci:DescribeContainerGroups" else [None]
    resources: list[dict[str, Any] | None] = [
        {"id": id_, "group": group, "tags": tags} for id_ in IDS for group in GROUPS for tags in BAGS
    ]
    if action == "eci:DescribeContainerGroups":
        resources.append(None)
    yield from itertools.product(resources, tags_of_call, groups_of_call)


def naive_outcomes(
    held: list[tuple[dict[str, Any], None] | tuple[dict[str, Any], str]], action: str, every_call: list[Any]
) -> list[str]:
    known = {}
    outcomes = []
    for resource, tags, group in every_call:
        key = json.dumps([resource, tags, group], sort_keys=True)
        if key not in known:
            known[key] = naive.decide(held, action, UID, REGION, resource, tags, group)
        outcomes.append(known[key])
    return outcomes


def brute_force(then: World, now: World) -> tuple[Any, ...]:
    """(gained, lost, undecidable) as sets of identity and action."""
    gained, lost, doubtful = set(), set(), set()
    for identity in then.identities | now.identities:
        for action in ACTIONS:
            before, after = (
                side.held(identity) if identity in side.identities else [] for side in (then, now)
            )
            if before == after:
                continue
            every_call = list(calls(action))
            pairs = set(
                zip(
                    naive_outcomes(before, action, every_call),
                    naive_outcomes(after, action, every_call),
                    strict=True,
                )
            )
            gained |= {(identity, action)} if ("denied", "allowed") in pairs else set()
            lost |= {(identity, action)} if ("allowed", "denied") in pairs else set()
            doubtful |= (
                {(identity, action)} if any(pair.count("undecidable") == 1 for pair in pairs) else set()
            )
    return gained, lost, doubtful


def changed_resources(then: World, now: World) -> tuple[set[Any], ...]:
    gained, lost = set(), set()
    former = {instance.id: instance for instance in then.instances}
    for instance in now.instances:
        old = former.get(instance.id)
        if old is None or (old.tags, old.resource_group_id) == (instance.tags, instance.resource_group_id):
            continue
        for identity, action in itertools.product(then.identities & now.identities, ACTIONS[1:]):
            was, is_ = (
                naive.decide(
                    side.held(identity),
                    action,
                    UID,
                    REGION,
                    {"id": resource.id, "group": resource.resource_group_id, "tags": dict(resource.tags)},
                )
                for side, resource in ((then, old), (now, instance))
            )
            gained |= {(identity, action)} if (was, is_) == ("denied", "allowed") else set()
            lost |= {(identity, action)} if (was, is_) == ("allowed", "denied") else set()
    return gained, lost


def random_statement(rng: Random) -> dict[str, Any]:
    effect = rng.choice(["Allow", "Allow", "Allow", "Deny"])
    resource = rng.choice(["*", "*", f"acs:eci:*:{UID}:containergroup/*", "acs:eci:*:*:containergroup/eci-1"])
    condition = {}
    if rng.random() < 0.5:
        key = rng.choice(["acs:ResourceTag/env", "acs:RequestTag/env"])
        operator = rng.choice(["StringEquals", "StringLike"])
        condition = {operator: {key: rng.sample(["test", "prod", "t*"], rng.randint(1, 2))}}
    return allow(*rng.sample(PATTERNS, rng.randint(1, 2)), resource=resource, effect=effect, **condition)


def random_world(rng: Random) -> World:
    documents = tuple(
        (f"P{number}", document(*(random_statement(rng) for _ in range(rng.randint(1, 2)))))
        for number in range(4)
    )
    holders = ["user/ann", "user/bob", "group/dev", "role/app"]
    grants = {
        (rng.choice(documents)[0], rng.choice(holders), rng.choice([None, None, PROD, TEST]))
        for _ in range(rng.randint(2, 5))
    }
    instances = tuple(
        instance(f"eci-{number}", rng.choice(GROUPS), **rng.choice(BAGS)) for number in range(1, 4)
    )
    return World(
        roles=(("app", json.dumps(TRUST)),),
        groups=(("dev", ("bob",)),),
        documents=documents,
        grants=tuple(sorted(grants, key=str)),
        instances=instances,
    )


def edited(rng: Random, world: World) -> World:
    """The account after one or two changes."""
    for _ in range(rng.randint(1, 2)):
        kind = rng.choice(["grant", "revoke", "document", "member", "user", "tag", "move"])
        if kind == "grant":
            choice = rng.choice(["user/ann", "user/bob", "group/dev", "role/app"])
            grant = (rng.choice(world.documents)[0], choice, rng.choice([None, PROD]))
            world = dataclasses.replace(world, grants=tuple({*world.grants, grant}))
        elif kind == "revoke" and world.grants:
            world = dataclasses.replace(world, grants=world.grants[1:])
        elif kind == "document":
            (name, _), *documents = world.documents
            changed = (name, document(random_statement(rng)))
            world = dataclasses.replace(world, documents=(changed, *documents))
        elif kind == "member":
            world = dataclasses.replace(world, groups=(("dev", rng.choice([(), ("ann",), ("ann", "bob")])),))
        elif kind == "user":
            world = dataclasses.replace(world, users=rng.choice([("ann",), ("ann", "bob", "eve")]))
        elif kind == "tag":
            first, *rest = world.instances
            tags = Tags(Tag(*pair) for pair in rng.choice(BAGS).items())
            world = dataclasses.replace(world, instances=(dataclasses.replace(first, tags=tags), *rest))
        elif kind == "move":
            *rest, last = world.instances
            moved = dataclasses.replace(last, resource_group_id=rng.choice(GROUPS))
            world = dataclasses.replace(world, instances=(*rest, moved))
    return world


@pytest.mark.parametrize("seed", sample(range(60), every=30))
def test_gained_and_lost_are_the_difference_of_naive_decisions(seed: int) -> None:
    rng = random.Random(seed)
    then = random_world(rng)
    now = edited(rng, then)
    gained, lost, results = changes(then, now)
    wanted_gained, wanted_lost, doubtful = brute_force(then, now)
    more_gained, more_lost = changed_resources(then, now)

    def judged(pairs: set[Any]) -> set[Any]:
        return {pair for pair in pairs if pair[1] in ACTIONS}

    assert judged(gained) == wanted_gained | more_gained
    assert judged(lost) == wanted_lost | more_lost
    not_compared = {(permission.identity, permission.action) for permission in results.not_compared}
    assert judged(not_compared) <= doubtful | more_gained | more_lost | judged(not_compared - {None})
    assert not doubtful - not_compared - unchanged(then, now)


def unchanged(then: World, now: World) -> set[tuple[str, str]]:
    """Undecidable on both sides, by the same statements."""
    same = set()
    for identity in then.identities | now.identities:
        for action in ACTIONS:
            both = [
                [
                    (json.dumps({**part, "Action": action}, sort_keys=True), scope)
                    for held, scope in (side.held(identity) if identity in side.identities else [])
                    for part in held["Statement"]
                    if any(naive.fits(item.lower(), action.lower()) for item in part["Action"])
                ]
                for side in (then, now)
            ]
            if set(both[0]) == set(both[1]):
                same.add((identity, action))
    return same


@pytest.mark.parametrize("seed", range(10))
def test_instances_that_come_and_go_change_nothing(seed: int) -> None:
    rng = random.Random(seed)
    then = random_world(rng)
    renamed = tuple(
        dataclasses.replace(item, container_group_id=f"eci-new{number}")
        for number, item in enumerate(then.instances)
    )
    now = dataclasses.replace(then, instances=(*renamed, *renamed[:1]))
    results = compare_permissions(then.inventory(), now.inventory())
    assert (results.gained, results.lost, results.not_compared) == ((), (), ())


# Planted ------------------------------------------------------------------------------------------------

FULL = document(allow("eci:*"))
BASE = World(
    roles=(("app", json.dumps(TRUST)),),
    groups=(("dev", ("ann",)),),
    documents=(("Full", FULL), ("Pass", document(allow("ram:PassRole", resource="acs:ram:*:*:role/app")))),
    instances=(instance("eci-1", PROD, env="test"), instance("eci-2", TEST, env="prod")),
)


def after(**parts: Any) -> World:
    return dataclasses.replace(BASE, **parts)


def only(
    then: World, now: World, kind: str = "gained", action: str = "eci:DeleteContainerGroup"
) -> Permission:
    """The one change of an action."""
    results = compare_permissions(then.inventory(), now.inventory())
    changed: tuple[Permission, ...] = getattr(results, kind)
    (change,) = [permission for permission in changed if permission.action == action]
    return change


@pytest.mark.parametrize(
    ("now", "identity", "where", "cause"),
    [
        (
            after(grants=(("Full", "user/bob", None),)),
            "user/bob",
            "account",
            "grant: Custom/Full attached to user/bob on the whole account",
        ),
        (
            after(grants=(("Full", "user/bob", PROD),)),
            "user/bob",
            f"resource group {PROD}",
            f"grant: Custom/Full attached to user/bob on resource group {PROD}",
        ),
        (
            after(grants=(("Full", "group/dev", None),)),
            "user/ann",
            "account",
            "grant: Custom/Full attached to group/dev on the whole account",
        ),
        (
            after(users=("ann", "bob", "eve"), grants=(("Full", "user/eve", None),)),
            "user/eve",
            "account",
            "new identity: user/eve",
        ),
    ],
)
def test_a_grant_is_named_with_its_place_and_its_cause(
    now: World, identity: str, where: str, cause: str
) -> None:
    permission = only(BASE, now)
    assert (permission.identity, permission.where, permission.cause, permission.condition) == (
        identity,
        where,
        cause,
        "",
    )
    back = only(now, BASE, "lost")
    assert (back.identity, back.where) == (identity, where)
    assert back.cause == cause.replace("attached to", "detached from").replace(
        "new identity", "identity removed"
    )


def test_a_membership_is_the_cause_where_the_group_held_the_policy_before() -> None:
    then = after(grants=(("Full", "group/dev", None),))
    now = dataclasses.replace(then, groups=(("dev", ("ann", "bob")),))
    permission = only(then, now)
    assert permission.identity == "user/bob"
    assert (
        permission.cause
        == "membership: user/bob joined group/dev, which holds Custom/Full on the whole account"
    )


def test_a_document_that_is_widened_or_loses_a_deny_is_the_cause() -> None:
    guarded = document(allow("eci:*"), allow("eci:Delete*", effect="Deny"))
    then = after(documents=(("Full", guarded),), grants=(("Full", "user/bob", None),))
    now = dataclasses.replace(then, documents=(("Full", FULL),))
    assert only(then, now).cause == "document: Custom/Full changed"
    assert only(now, then, "lost").cause == "document: Custom/Full changed"


def test_a_tag_condition_that_is_dropped_names_the_resources_that_come_within_reach() -> None:
    by_tag = document(allow("eci:*", StringEquals={"acs:ResourceTag/env": "test"}))
    then = after(documents=(("Full", by_tag),), grants=(("Full", "user/bob", None),))
    now = dataclasses.replace(then, documents=(("Full", FULL),))
    assert only(then, now).where == "instance eci-2"
    lost = only(now, then, "lost")
    assert (lost.where, lost.condition) == ("instance eci-2", "")


def test_tags_and_groups_of_a_resource_are_a_cause() -> None:
    by_tag = document(allow("eci:Delete*", StringEquals={"acs:ResourceTag/env": "test"}))
    then = after(documents=(("Full", by_tag),), grants=(("Full", "user/bob", None),))
    now = dataclasses.replace(then, instances=(then.instances[0], instance("eci-2", TEST, env="test")))
    permission = only(then, now)
    assert (permission.where, permission.cause) == (
        "instance eci-2",
        "tag: the tags of instance eci-2 changed",
    )
    assert permission.condition == "StringEquals acs:ResourceTag/env = test"
    then = after(grants=(("Full", "user/bob", PROD),))
    now = dataclasses.replace(then, instances=(then.instances[0], instance("eci-2", PROD, env="prod")))
    assert only(then, now).cause == "resource group: the resource groups of instance eci-2 changed"


def test_roles_that_may_be_passed() -> None:
    permission = only(BASE, after(grants=(("Pass", "user/bob", None),)), action="ram:PassRole")
    assert (permission.identity, permission.where) == ("user/bob", "role/app")
    any_role = (("Pass", document(allow("ram:*"))),)
    now = after(documents=any_role, grants=(("Pass", "user/bob", None),))
    assert only(BASE, now, action="ram:PassRole").where == "account"


def trusting(*principals: str, **more: Any) -> tuple[tuple[str, str], ...]:
    part = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"RAM": list(principals)}, **more}
    return (("app", json.dumps({"Version": "1", "Statement": [part]})),)


def test_assume_role_counts_where_grant_and_trust_allow_it() -> None:
    documents = (("Assume", document(allow("sts:AssumeRole"))),)
    grants = (("Assume", "user/ann", None), ("Assume", "user/bob", None))
    closed = after(documents=documents, grants=grants, roles=trusting("acs:ram::5550001112223334:root"))
    opened = dataclasses.replace(closed, roles=trusting(f"acs:ram::{UID}:user/bob"))
    permission = only(closed, opened, action="sts:AssumeRole")
    assert (permission.identity, permission.where) == ("user/bob", "role/app")
    assert permission.cause == "trust: the trust policy of role/app names user/bob"
    without = dataclasses.replace(opened, grants=grants[:1])
    permission = only(without, opened, action="sts:AssumeRole")
    assert permission.cause == "grant: Custom/Assume attached to user/bob on the whole account"
    unread = opened.inventory(role_lookups={"app": Unreadable("ram:GetRole", "NoPermission", subject="app")})
    results = compare_permissions(closed.inventory(), unread)
    assert {(permission.action, permission.where) for permission in results.not_compared} == {
        ("sts:AssumeRole", "role/app")
    }
    assert "ram:GetRole" in results.not_compared[0].cause


def test_what_either_side_could_not_read_is_not_compared() -> None:
    now = after(grants=(("Full", "user/bob", None),))
    cause = Unreadable("ram:ListUsers", "NoPermission")
    for then_parts, now_parts in (({"users": cause}, {}), ({}, {"users": cause})):
        results = compare_permissions(BASE.inventory(**then_parts), now.inventory(**now_parts))
        assert (results.gained, results.lost) == ((), ())
        assert [(permission.identity, permission.action) for permission in results.not_compared] == [
            ("user/*", None)
        ]
    gap = GrantGap(Unreadable("ram:ListPoliciesForUser", "NoPermission"), "any", "IMSUser", "bob")
    results = compare_permissions(BASE.inventory(attachments=Attachments((), (gap,))), now.inventory())
    assert results.gained == ()
    assert {permission.identity for permission in results.not_compared} == {"user/bob"}
    unread = {
        PolicyRef("Custom", "Full"): Policy(
            "Custom", "Full", policy_document=Unreadable("ram:GetPolicy", "x")
        )
    }
    results = compare_permissions(BASE.inventory(), now.inventory(policies=unread))
    assert (results.gained, {permission.identity for permission in results.not_compared}) == (
        (),
        {"user/bob"},
    )


@pytest.mark.parametrize(
    ("then", "now", "kind"),
    [
        (None, True, "gained"),
        (True, None, "lost"),
        (None, False, "not_compared"),
        (False, True, "not_compared"),
        (True, False, "not_compared"),
        (False, None, "not_compared"),
        (True, True, None),
        (False, False, None),
    ],
)
def test_what_is_reached_in_the_end_is_listed_under_the_identity(
    then: bool | None, now: bool | None, kind: str | None
) -> None:
    def reached(certain: bool | None) -> dict[str, dict[str, Reached]]:
        if certain is None:
            return {}
        step = Step("assume-role", "user/ann", "role/app", certain=certain)
        return {"user/ann": {"role/app": Reached("role/app", (Path("role/app", (step,)),))}}

    answers = iter([reached(then), reached(now)])
    results = compare_permissions(BASE.inventory(), BASE.inventory(), reach=lambda _: next(answers))
    for part in ("gained", "lost", "not_compared"):
        listed = [(item.identity, item.action, item.where) for item in getattr(results, part)]
        assert listed == ([("user/ann", "reach", "role/app")] if part == kind else [])
        assert all("assume-role" in item.cause for item in getattr(results, part))


def test_the_reach_of_identities_whose_list_could_not_be_read_is_not_compared() -> None:
    step = Step("assume-role", "user/ann", "role/app")
    reached = {"user/ann": {"role/app": Reached("role/app", (Path("role/app", (step,)),))}}
    answers = iter([{}, reached])
    then = BASE.inventory(users=Unreadable("ram:ListUsers", "Forbidden.RAM"))
    results = compare_permissions(then, after(users=("ann",)).inventory(), reach=lambda _: next(answers))
    assert [permission for permission in results.gained if permission.action == "reach"] == []
    assert "user/*" in {permission.identity for permission in results.not_compared}


def test_what_the_engine_reaches_is_compared() -> None:
    reach = reach_of(None)(BASE.inventory())
    assert {identity.partition("/")[0] for identity in reach} == {"user", "role"}
    assert all(name == item.name for targets in reach.values() for name, item in targets.items())


def test_a_large_account_is_compared_in_seconds() -> None:
    from tests.policy.permissions_world import changed, large  # noqa: PLC0415 - it imports this module

    world = large()
    then, others, now = (item.inventory() for item in (world, large(names="b"), changed(world)))
    started = time.process_time()
    results = compare_permissions(then, others)
    assert (results.gained, results.lost, results.not_compared) == ((), (), ())
    results = compare_permissions(then, now)
    assert {"user/u100", "user/u3"} <= {permission.identity for permission in results.gained}
    assert time.process_time() - started < 15


MFA = {"Bool": {"acs:MFAPresent": "true"}}
OFFICE = {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}


@pytest.mark.parametrize(
    ("then", "now", "kinds"),
    [
        (MFA, None, {"gained": ""}),
        (None, MFA, {"lost": ""}),
        (
            MFA,
            OFFICE,
            {"gained": "IpAddress acs:SourceIp = 10.0.0.0/8", "lost": "Bool acs:MFAPresent = true"},
        ),
        (MFA, MFA, {}),
        (None, {"Unknown": {"acs:MFAPresent": "true"}}, {"not_compared": ""}),
        ({"StringEquals": {"acs:x": "${y}"}}, None, {"not_compared": ""}),
        ({"StringEquals": {"acs:x": ["a", "b"]}}, {"StringEquals": {"acs:x": ["b", "a"]}}, {}),
        ({"Unknown": {"acs:x": ["a", "b"]}}, {"Unknown": {"acs:x": ["b", "a"]}}, {}),
    ],
)
def test_a_condition_of_a_trust_policy_that_is_dropped_is_a_gain(
    then: dict[str, Any] | None, now: dict[str, Any] | None, kinds: dict[str, str]
) -> None:
    def world(condition: dict[str, Any] | None) -> World:
        more = {"Condition": condition} if condition else {}
        return after(
            documents=(("Assume", document(allow("sts:AssumeRole"))),),
            grants=(("Assume", "user/bob", None),),
            roles=trusting(f"acs:ram::{UID}:user/bob", **more),
        )

    results = compare_permissions(world(then).inventory(), world(now).inventory())
    listed = {
        kind: row.condition for kind in ("gained", "lost", "not_compared") for row in getattr(results, kind)
    }
    assert listed == kinds
    words = "trust: the trust policy of role/app "
    assert all(row.cause.startswith(words) for row in (*results.gained, *results.lost))


@pytest.mark.parametrize(("then", "now", "kind"), [(MFA, None, "gained"), (None, MFA, "lost")])
def test_what_is_reached_by_a_trust_whose_condition_is_dropped_is_gained_like_the_role(
    then: dict[str, Any] | None, now: dict[str, Any] | None, kind: str
) -> None:
    def world(condition: dict[str, Any] | None) -> World:
        more = {"Condition": condition} if condition else {}
        return after(
            documents=(("Assume", document(allow("sts:AssumeRole"))),),
            grants=(("Assume", "user/bob", None),),
            roles=trusting(f"acs:ram::{UID}:user/bob", **more),
        )

    results = compare_permissions(world(then).inventory(), world(now).inventory(), reach=reach_of(None))
    rows = [(row.action, row.where) for row in getattr(results, kind)]
    assert sorted(rows) == [("reach", "role/app"), ("sts:AssumeRole", "role/app")]
    assert results.not_compared == ()


DOUBTFUL = Step("assume-role", "user/bob", "role/app", certain=False)
ODD_STEP = Step("create-access-key", "user/bob", "user/app", certain=False)


@pytest.mark.parametrize(
    ("chains", "is_gained"),
    [([(DOUBTFUL,)], True), ([(DOUBTFUL,), (ODD_STEP,)], False), ([(DOUBTFUL, ODD_STEP)], False)],
)
def test_what_stays_possible_by_another_step_is_not_gained(
    chains: list[tuple[Step, ...]], is_gained: bool
) -> None:
    """A step that is not decided for another reason leaves it open whether it was reached before."""

    def world(**more: Any) -> World:
        return after(
            documents=(("Assume", document(allow("sts:AssumeRole"))),),
            grants=(("Assume", "user/bob", None),),
            roles=trusting(f"acs:ram::{UID}:user/bob", **more),
        )

    def reached(*chains: tuple[Step, ...]) -> dict[str, dict[str, Reached]]:
        paths = tuple(Path("role/app", chain) for chain in chains)
        return {"user/bob": {"role/app": Reached("role/app", paths)}}

    sure = Step("assume-role", "user/bob", "role/app")
    answers = iter([reached(*chains), reached((sure,))])
    then, now = world(Condition=MFA).inventory(), world().inventory()
    results = compare_permissions(then, now, reach=lambda _: next(answers))
    assert ("reach" in {row.action for row in results.gained}) == is_gained
    assert bool(results.not_compared) != is_gained


def test_a_new_role_that_asks_for_mfa_is_a_gain_under_that_condition() -> None:
    now = after(
        documents=(("Assume", document(allow("sts:AssumeRole"))),),
        grants=(("Assume", "user/bob", None),),
        roles=trusting(f"acs:ram::{UID}:user/bob", Condition=MFA),
    )
    permission = only(dataclasses.replace(now, roles=()), now, action="sts:AssumeRole")
    assert (permission.cause, permission.condition) == (
        "new identity: role/app",
        "Bool acs:MFAPresent = true",
    )


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (
            [allow("eci:*", ForAllValuesStringEquals={"acs:ResourceTag/env": ["a", "b"]})],
            [allow("ECI:*", ForAllValuesStringEquals={"acs:ResourceTag/env": ["b", "a"]})],
        ),
        (
            [allow("ram:PassRole", "eci:*", Odd={"acs:x": ["a", "b"]})],
            [allow("eci:*", Odd={"acs:x": ["b", "a"]}), allow("ram:passrole", Odd={"acs:x": ["a", "b"]})],
        ),
        (
            [allow("ram:PassRole", StringNotEquals={"acs:x": ["a", "b"]})],
            [allow("RAM:passrole", StringNotEquals={"acs:x": ["b", "a"]})],
        ),
    ],
)
@pytest.mark.parametrize("scope", [None, PROD])
def test_another_spelling_of_what_cannot_be_decided_changes_nothing(
    then: list[dict[str, Any]], now: list[dict[str, Any]], scope: str | None
) -> None:
    held = after(documents=(("Odd", document(*then)),), grants=(("Odd", "user/bob", scope),))
    spelled = dataclasses.replace(held, documents=(("Odd", document(*now)),))
    results = compare_permissions(held.inventory(), spelled.inventory())
    assert (results.gained, results.lost, results.not_compared) == ((), (), ())
    parts = tuple((f"Odd{number}", document(part)) for number, part in enumerate(now))
    split = dataclasses.replace(
        held, documents=parts, grants=tuple((name, "user/bob", scope) for name, _ in parts)
    )
    results = compare_permissions(held.inventory(), split.inventory())
    assert (results.gained, results.lost, results.not_compared) == ((), (), ())


def test_a_change_beside_what_cannot_be_decided_is_still_listed() -> None:
    odd = allow("ram:PassRole", Odd={"acs:x": ["a", "b"]})
    held = after(documents=(("Odd", document(odd)),), grants=(("Odd", "user/bob", None),))
    now = dataclasses.replace(held, documents=(("Odd", document(odd, allow("eci:Delete*"))),))
    assert only(held, now).identity == "user/bob"
