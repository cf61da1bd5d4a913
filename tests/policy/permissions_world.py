"""A large account twice: with other instances alike, and with some changes."""

from __future__ import annotations

import dataclasses
import json

from tests.policy.policy_world import UID
from tests.policy.test_permissions import FULL, World, allow, document, instance


def large(users: int = 1000, instances: int = 5000, *, names: str = "a") -> World:
    """Users in groups that hold one policy each, some with a grant on a resource group of their own."""
    documents = [
        (
            f"Team{number}",
            document(
                allow("eci:Describe*"),
                allow("eci:*", StringEquals={"acs:ResourceTag/team": f"t{number}"}),
                allow("ram:PassRole", resource=f"acs:ram:*:*:role/r{number}-*"),
            ),
        )
        for number in range(25)
    ]
    people = tuple(f"u{number}" for number in range(users))
    trust = json.dumps(
        {
            "Version": "1",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"RAM": [f"acs:ram::{UID}:root"]},
                }
            ],
        }
    )
    grants: list[tuple[str, str, str | None]] = [
        (f"Team{number}", f"group/g{number}", None) for number in range(25)
    ]
    grants += [("Full", f"user/u{number}", f"rg-{number % 10}") for number in range(0, users, 10)]
    return World(
        users=people,
        roles=tuple((f"r{number % 25}-{number}", trust) for number in range(300)),
        groups=tuple((f"g{number}", people[number::25]) for number in range(25)),
        documents=(*documents, ("Full", FULL)),
        grants=tuple(grants),
        instances=tuple(
            instance(f"eci-{names}-{number}", f"rg-{number % 10}", team=f"t{number % 30}")
            for number in range(instances)
        ),
    )


def changed(world: World) -> World:
    """The same with a policy that is wider, ten grants, and fifty instances of another team."""
    documents = dict(world.documents)
    documents["Team3"] = FULL
    moved = [
        dataclasses.replace(item, tags=instance("x", team="t5").tags) if number < 50 else item
        for number, item in enumerate(world.instances)
    ]
    grants = (*world.grants, *(("Full", f"user/u{number}", None) for number in range(100, 110)))
    return dataclasses.replace(
        world, documents=tuple(documents.items()), instances=tuple(moved), grants=grants
    )
