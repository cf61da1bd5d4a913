"""What an identity reaches, as bounds that the attacker has proved by acting.

Where the documents are silent, more than one reading is played. What works where every silence is read against the
caller must be certain. What works in one consistent reading must be at least possible. What does not work in some
consistent reading must not be certain. What does not work where every silence is read for the caller must not even
be possible.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tests.emulator import Account, authorize
from tests.emulator.readings import Consistent, Favourable, Readings
from tests.emulator.world import World
from tests.escalation import knowledge
from tests.escalation.attacker import Attacker, Ways


@dataclass(frozen=True)
class Bounds:
    """Targets that must and that may be certain, and that must and that may be possible.

    Targets are written `role/NAME`, `user/NAME`, `group/NAME`, `policy/NAME`, `policy/Custom/NAME`,
    `any-permission`, and `service:Action@INSTANCE` for the final calls. `complete` is false where the search was cut
    short: then what may be possible is not known.
    """

    must_be_certain: frozenset[str]
    may_be_certain: frozenset[str]
    must_be_possible: frozenset[str]
    may_be_possible: frozenset[str]
    complete: bool


def bounds(
    account: Account, identity: str, final_calls: tuple[str, ...] = ("eci:DeleteContainerGroup",)
) -> Bounds:
    """Attack the account from the identity under four readings, with these calls in the end."""
    plays: tuple[tuple[Readings, Ways], ...] = (
        (Favourable(False), Ways()),
        (Consistent(False), Ways(contested=True)),
        (Consistent(True), Ways(beyond=True)),
        (Favourable(True), Ways(contested=True, beyond=True)),
    )
    worst, bad, good, best = (
        Attacker(account, identity, readings, ways, final_calls=final_calls).run() for readings, ways in plays
    )
    reach = [normalised(account, identity, {*play.reached, *play.calls}) for play in (worst, bad, good, best)]
    if best.other_ways:
        reach[3] |= everything(account, identity)
    return Bounds(reach[0], reach[1], reach[2], reach[3], complete=bad.complete and best.complete)


def normalised(account: Account, identity: str, targets: Iterable[str]) -> frozenset[str]:
    """The targets, with all others beside one that includes them, and without what the identity has already.

    `any-permission` includes every other target, and so does an identity or a policy that may do anything.
    """
    reached = set(targets)
    world = World(account)
    if "any-permission" in reached or any(_is_full(world, target) for target in {*reached, identity}):
        reached |= everything(account, identity)
    return frozenset(reached - _owned(world, identity))


def everything(account: Account, identity: str) -> frozenset[str]:
    """Every target of the account but final calls and what the identity has already."""
    world = World(account)
    names = {
        "any-permission",
        *(f"user/{name}" for name in world.users),
        *(f"group/{name}" for name in world.groups),
        *(f"role/{name}" for name, role in world.roles.items() if not role.service_linked),
        *(_policy_target(kind, name) for kind, name in world.policies),
    }
    return frozenset(names - _owned(world, identity))


def _owned(world: World, identity: str) -> set[str]:
    attachments = knowledge.attachments_of(world, identity)
    policies = {_policy_target(row.policy_type, row.policy_name) for row in attachments}
    groups = {f"group/{name}" for kind, name in knowledge.principals_of(world, identity) if kind == "group"}
    return {identity} | policies | groups


def _policy_target(kind: str, name: str) -> str:
    return f"policy/Custom/{name}" if kind == "Custom" else f"policy/{name}"


def _is_full(world: World, target: str) -> bool:
    kind, _, name = target.partition("/")
    if kind == "policy":
        key = ("Custom", name.removeprefix("Custom/")) if name.startswith("Custom/") else ("System", name)
        policy = world.policies.get(key)
        return policy is not None and knowledge.is_full(authorize.statements(policy.document))
    if kind not in ("user", "role", "group"):
        return False
    return any(
        attachment.scope is None and knowledge.is_full(knowledge.statements_of(world, attachment))
        for attachment in knowledge.attachments_of(world, target)
    )
