"""What an identity reaches does not depend on who was asked about before: shared answers are shared rightly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_eci_compliance.policy.authorization import Call
from pytest_eci_compliance.policy.evaluator import Access
from tests.emulator import Account
from tests.escalation import accounts
from tests.escalation.inventories import inventory
from tests.escalation.test_attacker_agrees import identities, identity_of
from tests.support.sampling import sample


def calls(access: Access, account: Account) -> Iterator[Call]:
    """Calls that turn on grants of several actions, on tags of the request, and on names of RAM."""
    for role in account.roles:
        yield access.call("eci:CreateContainerGroup", ram_role=role.name)
        yield access.call("eci:CreateContainerGroup", ram_role=role.name, request_tags={"env": "test"})
        yield access.call("sts:AssumeRole", role.name)
    for user in account.users:
        yield access.call("ram:CreateAccessKey", user.name)
    for instance in account.regions[0].instances:
        yield access.call("eci:DeleteContainerGroup", instance.id)
        yield access.call("eci:TagResources", instance.id, {"env": "test"})


def answers(access: Access, account: Account, identity: str) -> list[object]:
    escalation, asked = access.escalation, identity_of(identity)
    reached = {target.name: target.certain for target in escalation.reach(asked)}
    return [reached, *(escalation.reaches(asked, call).outcome for call in calls(access, account))]


@pytest.mark.parametrize("seed", sample(range(1, 61), every=15))
def test_who_was_asked_about_before_does_not_matter(seed: int) -> None:
    account = accounts.account(seed)
    facts = inventory(account)
    together = Access(facts)
    for identity in identities(account):
        assert answers(together, account, identity) == answers(Access(facts), account, identity), identity


@pytest.mark.parametrize("seed", sample(range(4, 64), every=15))
def test_whoever_is_allowed_a_call_reaches_it(seed: int) -> None:
    account = accounts.account(seed)
    access = Access(inventory(account))
    for user in account.users:
        for call in calls(access, account):
            direct = access.decide_call(access.principal(user.name), call).outcome
            outcome = access.escalation.reaches(identity_of(f"user/{user.name}"), call).outcome
            assert outcome in {"allowed": ["yes"], "undecidable": ["yes", "undecidable"]}.get(
                direct, ["yes", "undecidable", "no"]
            )
