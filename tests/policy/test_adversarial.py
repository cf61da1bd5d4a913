"""Judging is bounded for policies that are written to stop it: by work that is counted, and by the deadline."""

from __future__ import annotations

from datetime import date

import pytest

from bench import adversarial
from bench.adversarial import INTENT, KINDS, Statement
from bench.adversarial_accounts import ACCOUNTS
from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.checks.support.case import Case
from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.inventory.facts import Inventory
from pytest_eci_compliance.judge import judge
from pytest_eci_compliance.policy.budget import TOO_LATE, Budget, OutOfBudget
from pytest_eci_compliance.policy.condition_values import values_by_key
from pytest_eci_compliance.policy.conditions import Condition
from pytest_eci_compliance.results import Row

USERS = 3
AFTER_THE_DEADLINE = 5
"""Units of work for each identity and question that are taken before the clock is looked at."""


def judged(inventory: Inventory, budget: Budget) -> tuple[tuple[Row, ...], int]:
    """The rows of the checks that use the evaluator, and the units of work that escalation took."""
    case = Case("prod", Account.model_validate(INTENT), inventory, date(2026, 11, 23), budget=budget)
    rows = judge(case, [check for check in CHECKS if check.id in adversarial.CHECKED])
    return rows, case.access.escalation.work


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_after_the_deadline_no_policy_is_followed(kind: object) -> None:
    """The former effort took 4,096 units for each identity before it looked at the clock again."""
    inventory = adversarial.inventory((kind,), USERS)  # type: ignore[arg-type]
    rows, work = judged(inventory, Budget(clock=lambda: float("inf")))
    access = [row for row in rows if row.check == "access"]
    assert access
    assert {row.outcome for row in access} == {"unknown"}
    assert all(TOO_LATE in row.message for row in access)
    identities = USERS + adversarial.ROLES
    assert work <= AFTER_THE_DEADLINE * identities


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.__name__)
def test_after_the_deadline_no_account_is_followed(account: object) -> None:
    rows, _ = judged(account(USERS), Budget(clock=lambda: float("inf")))  # type: ignore[operator]
    access = [row for row in rows if row.check == "access"]
    assert access
    assert not [row for row in access if row.outcome == "passed"]


def test_the_clock_is_looked_at_within_a_row() -> None:
    """One row may take more time than the deadline leaves."""
    now = [0.0]
    budget = Budget(clock=lambda: now[0])
    budget.deadline = 5.0
    budget.start_row()
    budget.start_decision()
    now[0] = 6.0
    for _ in range(8):
        budget.spend(500)
    with pytest.raises(OutOfBudget, match="deadline"):
        budget.spend(500)


@pytest.mark.parametrize("values", [["a", "b", "ab"], ["b", "a", "a"], ["env"], ["", "ab"]])
def test_whole_texts_are_told_apart_without_a_search(values: list[str]) -> None:
    """The values of exact comparisons are those that the search over patterns gives, in the same order."""
    exact = Condition("StringEquals", "acs:ResourceTag/k", tuple(values))
    searched = Condition("StringLike", "acs:ResourceTag/k", tuple(values))
    assert values_by_key([exact], 64) == values_by_key([searched], 64)


def test_more_values_than_can_be_combined_are_none() -> None:
    several = [
        Condition("StringEquals", f"acs:ResourceTag/k{number}", ("a", "b", "c", "d")) for number in range(3)
    ]
    assert values_by_key(several[:2], 64) is not None
    assert values_by_key(several, 64) is None
    assert (
        values_by_key([Condition("StringLike", "acs:RequestTag/k", tuple(f"*{n}*" for n in range(9)))], 64)
        is None
    )


def test_no_two_statements_of_a_kind_are_cut_to_nothing() -> None:
    """A kind of which no policy of the allowed size exists measures nothing."""
    for kind in KINDS:
        statements: list[Statement] = kind(1)
        assert statements
        assert len(adversarial.document(kind, 1)) <= adversarial.MOST
        assert '"Effect"' in adversarial.document(kind, 1)
