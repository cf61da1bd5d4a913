"""A path is a list of steps. Taken call by call, and without any other call, a certain path works."""

from __future__ import annotations

import pytest

from tests.emulator.readings import Favourable
from tests.escalation.attacker import Attacker
from tests.escalation.case import DELETE
from tests.escalation.cases import CASES

OPS, APP = "role/OpsRole", "role/AppRole"

PATHS = {
    "assume-role: a chain, in which the role that is assumed brings its own permission": (
        [("assume-role", "user/dev", OPS), ("assume-role", OPS, "role/AppRole")],
        APP,
    ),
    "create-access-key: then what that user may do": (
        [("create-access-key", "user/dev", "user/ops"), ("exec-in-instance", "user/ops", "eci-bp0")],
        APP,
    ),
    "update-instance: with PassRole": ([("update-instance", "user/dev", "eci-bp0")], APP),
    "create-instance: only in a resource group": ([("create-instance", "user/dev", APP)], APP),
    "run-elsewhere: a new ECS machine": ([("run-elsewhere", "user/dev", APP)], APP),
    "update-trust: with AssumeRole": ([("update-trust", "user/dev", APP)], APP),
    "attach-policy: to itself": ([("attach-policy", "user/dev", "Team")], "policy/Custom/Team"),
    "rewrite-policy: its own": ([("rewrite-policy", "user/dev", "Debug")], "any-permission"),
    "switch-policy-version: another version allows more": (
        [("switch-policy-version", "user/dev", "Debug")],
        DELETE,
    ),
    "join-group: group and user": ([("join-group", "user/dev", "team")], "group/team"),
    "create-identity: a role with a policy": (
        [("create-identity", "user/dev", "Team")],
        "policy/Custom/Team",
    ),
    "lift-deny: the policy can be detached": ([("lift-deny", "user/dev", "NoDelete")], DELETE),
    "lift-deny: the group can be left": ([("lift-deny", "user/dev", "team")], DELETE),
    "tag-resource: the tag that the grant asks for": ([("tag-resource", "user/dev", "eci-bp0")], DELETE),
    "tag-resource: a Deny under a tag is lifted by taking the tag away": (
        [("tag-resource", "user/dev", "eci-bp0")],
        DELETE,
    ),
}


def follow(name: str, path: list[tuple[str, str, str]]) -> set[str]:
    known = next(candidate for candidate in CASES if candidate.id == name)
    steps = [{"step": step, "from": actor, "on": on} for step, actor, on in path]
    return Attacker(known.account, known.identity, Favourable(False)).follow(steps)


@pytest.mark.parametrize("name", sorted(PATHS))
def test_a_certain_path_works(name: str) -> None:
    path, target = PATHS[name]
    assert target in follow(name, path)


@pytest.mark.parametrize("name", sorted(PATHS))
def test_without_its_last_step_a_path_does_not_get_there(name: str) -> None:
    path, target = PATHS[name]
    assert target not in follow(name, path[:-1])


def test_an_identity_that_is_not_reached_takes_no_step() -> None:
    with pytest.raises(KeyError):
        follow("update-instance: with PassRole", [("assume-role", OPS, APP)])
