"""Identities with the same grants share what they reach only where nothing else tells them apart."""

from __future__ import annotations

import pytest

from pytest_eci_compliance.policy.escalation import Escalation, Identity
from tests.policy.escalation_world import World, trust
from tests.policy.policy_world import allow

ORDERS = (("A", "B"), ("B", "A"))


def roles(order: tuple[str, str], action: str, trusts: dict[str, str]) -> World:
    """Two roles with one policy, in an order."""
    account = World()
    policy = account.policy("Custom/same", allow(action))
    for name in order:
        account.role(name, trusts[name])
        account.attach(policy, f"role/{name}")
    return account


def reached(escalation: Escalation, role: str) -> list[str]:
    return [target.name for target in escalation.reach(Identity("role", role))]


@pytest.mark.parametrize("order", ORDERS)
def test_roles_with_other_trusts_are_told_apart(order: tuple[str, str]) -> None:
    account = roles(order, "sts:AssumeRole", {"A": trust("root"), "B": trust("ecs.aliyuncs.com")})
    escalation = account.escalation()
    assert {role: reached(escalation, role) for role in order} == {"A": [], "B": ["role/A"]}


@pytest.mark.parametrize("order", ORDERS)
def test_roles_that_other_instances_carry_are_told_apart(order: tuple[str, str]) -> None:
    same = trust("ecs.aliyuncs.com")
    account = roles(order, "eci:ExecContainerCommand", {"A": same, "B": same})
    account.instance("eci-1", "B")
    escalation = account.escalation()
    assert {role: reached(escalation, role) for role in order} == {"A": ["role/B"], "B": []}


def test_each_of_two_carried_roles_is_reached_through_its_own_instance() -> None:
    same = trust("ecs.aliyuncs.com")
    account = roles(("A", "B"), "eci:ExecContainerCommand", {"A": same, "B": same})
    account.instance("eci-a", "A")
    account.instance("eci-b", "B")
    escalation = account.escalation()
    for role, other in ORDERS:
        (target,) = escalation.reach(Identity("role", role))
        assert (target.name, target.paths[0].steps[0].on) == (f"role/{other}", f"eci-{other.lower()}")
