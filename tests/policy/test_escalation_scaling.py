"""Escalation takes work in proportion to the identities and to what they reach, and follows every step of them."""

from __future__ import annotations

from bench.escalation import inventory
from pytest_eci_compliance.policy.escalation import Identity
from pytest_eci_compliance.policy.evaluator import Access

MOST_WORK = {200: 125_000, 400: 250_000}
"""Units of work that an account of so many users may take: a tenth more than it does."""


def work_of(users: int) -> tuple[int, int]:
    """Units of work to find everything that every identity of an account of that size reaches, and the number of
    identities and of what they reach."""
    account = inventory(users, users * 3 // 10, users * 5)
    engine = Access(account).escalation
    identities = [Identity("user", user.user_name) for user in account.users]  # type: ignore[union-attr]
    identities += [Identity("role", role.role_name) for role in account.roles]  # type: ignore[union-attr]
    reached = [reached for identity in identities for reached in engine.reach(identity)]
    assert not any(path.doubt for reach in reached for path in reach.paths), "some steps were not followed"
    return engine.work, len(identities) + len(reached)


def test_work_grows_with_the_account_and_not_faster() -> None:
    """The answers of the larger account are four times as many: they are found together, not one by one."""
    (small, few), (large, many) = work_of(200), work_of(400)
    assert many >= 3.5 * few
    assert large <= 2.2 * small
    assert small <= MOST_WORK[200]
    assert large <= MOST_WORK[400]
