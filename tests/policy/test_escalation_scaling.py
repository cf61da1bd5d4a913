"""Escalation takes work in proportion to the identities and to what they reach, and follows every step of them."""

from __future__ import annotations

from bench.escalation import inventory
from pytest_eci_compliance.policy.escalation import Identity
from pytest_eci_compliance.policy.evaluator import Access


def work_per_answer(users: int) -> float:
    """Units of work for each identity and each thing that it reaches, in an account of that size."""
    account = inventory(users, users * 3 // 10, users * 5)
    engine = Access(account).escalation
    identities = [Identity("user", user.user_name) for user in account.users]  # type: ignore[union-attr]
    identities += [Identity("role", role.role_name) for role in account.roles]  # type: ignore[union-attr]
    reached = [reached for identity in identities for reached in engine.reach(identity)]
    assert not any(path.doubt for reach in reached for path in reach.paths), "some steps were not followed"
    return engine.work / (len(identities) + len(reached))


def test_work_grows_with_the_answers_alone() -> None:
    assert work_per_answer(200) <= 1.25 * work_per_answer(100)
