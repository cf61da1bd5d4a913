"""Sharing changes no answer: identities that hold nearly the same get what they would get without sharing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pytest

from pytest_eci_compliance.policy.authorization import Call
from pytest_eci_compliance.policy.escalation import Identity, Reached
from pytest_eci_compliance.policy.escalation.alike_grants import AlikeGrants
from pytest_eci_compliance.policy.escalation.effort import TOO_MUCH
from pytest_eci_compliance.policy.escalation.model import ANY_PERMISSION, Reach
from pytest_eci_compliance.policy.evaluator import Access
from pytest_eci_compliance.policy.settings import Settings
from tests.emulator import Account
from tests.escalation import accounts
from tests.escalation.inventories import inventory
from tests.escalation.near_identical import NearIdentical, near_identical
from tests.escalation.test_attacker_agrees import identities, identity_of
from tests.escalation.unshared import unshared
from tests.support.sampling import sample


def calls(access: Access, account: Account) -> Iterator[Call]:
    """Calls that turn on tags, on resource groups, on names and on the role that they carry."""
    yield access.call("eci:CreateContainerGroup")
    for role in account.roles:
        yield access.call("eci:CreateContainerGroup", ram_role=role.name)
        yield access.call("ram:PassRole", role.name)
        yield access.call("sts:AssumeRole", role.name)
    for user in account.users:
        yield access.call("ram:CreateAccessKey", user.name)
    for instance in account.regions[0].instances:
        yield access.call("eci:DeleteContainerGroup", instance.id)
        yield access.call("eci:ExecContainerCommand", instance.id)
        yield access.call("eci:TagResources", instance.id, {"env": "test"})


def answers(case: NearIdentical, asked: Sequence[Identity]) -> dict[Identity, object]:
    """What each identity reaches, and whether certainly; and whether it can make each call in the end."""
    access = Access(case.facts, settings=case.settings)
    escalation = access.escalation
    if any(is_cut(escalation.reach(identity)) for identity in asked):
        pytest.skip("the account takes more work than judging may: there is nothing to compare")
    return {
        identity: (
            compared(escalation.reach(identity)),
            [outcome(escalation.reaches(identity, call)) for call in calls(access, case.account)],
        )
        for identity in asked
    }


def compared(reached: Iterable[Reached]) -> dict[str, bool]:
    """What is reached, and whether certainly. Any permission, where it is certain, stands for the rest: it includes
    every other target, and how many of them are named beside it depends on which path is found first."""
    targets = {target.name: target.certain for target in reached}
    return {ANY_PERMISSION: True} if targets.get(ANY_PERMISSION) else targets


class CutShort:
    """Equal to every outcome: what takes more work than judging may cannot be compared."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True


def outcome(reach: Reach) -> object:
    """Whether the call can be made in the end."""
    return CutShort() if any(TOO_MUCH in path.doubt for path in reach.paths) else reach.outcome


def is_cut(reached: Iterable[Reached]) -> bool:
    """Whether following the steps took more work than judging an account may take."""
    return any(TOO_MUCH in path.doubt for target in reached for path in target.paths)


def assert_sharing_changes_nothing(case: NearIdentical) -> None:
    asked = [identity_of(text) for text in identities(case.account)]
    with unshared():
        expected = answers(case, asked)
    assert answers(case, asked) == expected
    assert answers(case, asked[::-1]) == expected, "in the other order"


@pytest.mark.parametrize("seed", sample(range(500), every=100))
def test_nearly_the_same_grants(seed: int) -> None:
    assert_sharing_changes_nothing(near_identical(seed))


@pytest.mark.parametrize("seed", sample(range(100), every=50))
def test_any_grants(seed: int) -> None:
    account = accounts.account(seed)
    assert_sharing_changes_nothing(NearIdentical(account, inventory(account), Settings()))


@pytest.mark.parametrize("seed", [4, 10])
def test_the_comparison_finds_what_is_shared_wrongly(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Grants on a resource group are taken for grants on the account."""
    monkeypatch.setattr(AlikeGrants, "_meaning_of_allow", AlikeGrants.document)
    with pytest.raises(AssertionError):
        assert_sharing_changes_nothing(near_identical(seed))
