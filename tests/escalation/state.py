"""What an attack knows and keeps: the account on the way, the credentials, the result."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.emulator import Backend, Credential, authorize
from tests.emulator.account import Instance
from tests.emulator.world import World

IMAGE = "registry.example.com/attacker/shell:1"
PASSWORD = "the-password-that-the-attacker-sets"
MANAGER_TYPES = {"user": "IMSUser", "group": "IMSGroup", "role": "ServiceRole"}

Call = Callable[[Backend, Credential, str, Mapping[str, str]], dict[str, Any]]
"""Sends one signed call; raises ApiError where it is refused."""


@dataclass(frozen=True)
class Ways:
    """Which ways are tried besides the steps that certainly count.

    `contested`: ways of which it is open whether they count as certain. `beyond`: documented ways that count as
    possible at most.
    """

    contested: bool = False
    beyond: bool = False


@dataclass
class State:
    """An account on the way, with the credentials that the attacker has by now.

    `taken` are the steps of this branch that may have taken something away.
    """

    world: World
    keys: dict[str, Credential]
    taken: frozenset[str] = frozenset()
    created: set[str] = field(default_factory=set)
    rewritten: set[str] = field(default_factory=set)

    def copy(self, step: str) -> State:
        """The same state in a world of its own, for a branch that begins with `step`."""
        return State(
            self.world.copy(), dict(self.keys), self.taken | {step}, set(self.created), set(self.rewritten)
        )

    def signature(self) -> tuple[object, ...]:
        """What of the state later steps can depend on."""
        account = self.world.account
        rows = frozenset(
            (row.policy, row.user, row.group, row.role, row.scope) for row in account.attachments
        )
        instances = [
            (instance.id, instance.resource_group, *sorted(dict(instance.tags or ()).items()))
            for shelves in self.world.shelves.values()
            for instance in shelves.instances
        ]
        members = [(group.name, frozenset(group.members)) for group in account.groups]
        versions = [(policy.name, policy.default_version) for policy in account.policies]
        changed = (frozenset(self.keys), frozenset(self.rewritten))
        return rows, tuple(instances), tuple(members), tuple(versions), changed


@dataclass
class Attack:
    """The result of an attack: what was reached, by which step first, and which of the final calls worked.

    `other_ways`: some identity in reach holds an action of `OTHER_WAYS`, which the attacker does not play.
    `complete` is false where the search was cut short.
    """

    reached: dict[str, str] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)
    other_ways: bool = False
    complete: bool = True


def instances_of(world: World) -> Iterator[tuple[str, Instance]]:
    for region, shelves in world.shelves.items():
        for instance in shelves.instances:
            if all(container.image != IMAGE for container in instance.containers) or instance.name != "own":
                yield region, instance


def numbered_tags(tags: Mapping[str, str]) -> dict[str, str]:
    sent: dict[str, str] = {}
    for number, (key, value) in enumerate(tags.items(), 1):
        sent |= {f"Tag.{number}.Key": key, f"Tag.{number}.Value": value}
    return sent


def session_key(answer: Mapping[str, Any]) -> Credential:
    return Credential(
        answer["AccessKeyId"], answer["AccessKeySecret"], "role/(session)", token=answer["SecurityToken"]
    )


def statements_about_services(trust: Any) -> list[Mapping[str, Any]]:
    """The statements of a trust policy about services: they stay when the attacker writes itself in."""
    return [
        statement
        for statement in authorize.statements(trust)
        if isinstance(statement.get("Principal"), Mapping) and set(statement["Principal"]) == {"Service"}
    ]


def trust_text(account: str, services: list[str], kept: Sequence[Mapping[str, Any]] = ()) -> str:
    """A trust policy that lets every identity of the account in, and these services."""
    principal: dict[str, list[str]] = {"RAM": [f"acs:ram::{account}:root"]}
    if services:
        principal["Service"] = services
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return json.dumps({"Version": "1", "Statement": [statement, *kept]})
