"""Escalation takes work in proportion to the identities and to what they reach, and follows every step of them."""

from __future__ import annotations

import pytest

from bench.escalation_accounts import ACCOUNTS
from pytest_eci_compliance.policy.escalation import Identity
from pytest_eci_compliance.policy.evaluator import Access
from tests.policy.escalation_world import World, arn
from tests.policy.policy_world import allow

MOST_WORK = {"teams with own tags": 31_000, "own policies": 54_000, "teams sharing tags": 115_000}
"""Units of work that an account of 400 users may take: a tenth more than it does."""


def work_of(name: str, users: int) -> tuple[int, int]:
    """Units of work to find everything that every identity of an account of that size reaches, and the number of
    identities and of what they reach."""
    account = ACCOUNTS[name](users, users * 3 // 10, users * 5)
    engine = Access(account).escalation
    identities = [Identity("user", user.user_name) for user in account.users]  # type: ignore[union-attr]
    identities += [Identity("role", role.role_name) for role in account.roles]  # type: ignore[union-attr]
    reached = [reached for identity in identities for reached in engine.reach(identity)]
    return engine.work, len(identities) + len(reached)


def test_who_may_do_everything_with_its_own_user_takes_as_much_work_in_a_larger_account() -> None:
    """Nobody reaches anything, whatever RAM is asked about."""

    def work(users: int) -> int:
        account = World(users=[f"user{number:03}" for number in range(users)])
        for user in account.users:
            account.hold(f"user/{user}", allow("ram:*", arn(f"user/{user}")))
        engine = account.escalation()
        assert not any(engine.reach(Identity("user", user)) for user in account.users)
        return engine.work

    assert work(80) <= 2.2 * work(40)


@pytest.mark.parametrize("name", ACCOUNTS)
def test_work_grows_with_what_is_reached_and_not_faster(name: str) -> None:
    (small, few), (large, many) = work_of(name, 200), work_of(name, 400)
    assert large / small <= 1.15 * many / few
    assert large <= MOST_WORK[name]
