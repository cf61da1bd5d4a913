"""Judging is bounded: what takes too much work is undecidable, and says so."""

from __future__ import annotations

import pytest

from pytest_eci_compliance.policy.authorization import Call, Target
from pytest_eci_compliance.policy.budget import Budget, OutOfBudget
from pytest_eci_compliance.policy.choices import Free
from pytest_eci_compliance.policy.three_valued import Assumptions, Question, resolve
from tests.policy.policy_world import PROD, TEST, USER, access, allow, deny, document

EVERYTHING = Free(request=True, resource=True, group=False)
KEYS = {"StringEquals": {f"acs:ResourceTag/k{n}": ["a", "b", "c"] for n in range(5)}}


def test_a_row_may_use_its_own_work_and_what_the_pool_has() -> None:
    budget = Budget(row=10, most=25, pool=20)
    budget.start_row()
    budget.spend(25)
    with pytest.raises(OutOfBudget, match="narrow the policy"):
        budget.spend(1)
    budget.start_row()
    budget.spend(15)
    with pytest.raises(OutOfBudget):
        budget.spend(1)


def test_after_the_deadline_nothing_is_judged() -> None:
    now = [0.0]
    budget = Budget(clock=lambda: now[0])
    budget.deadline = 5.0
    budget.start_decision()
    now[0] = 6.0
    with pytest.raises(OutOfBudget, match="deadline"):
        budget.start_decision()


@pytest.mark.parametrize(("scope", "outcome"), [(PROD, "denied"), (None, "allowed"), (TEST, "allowed")])
def test_many_keys_of_many_values_are_decided(scope: str | None, outcome: str) -> None:
    """291 characters of policy took 270 seconds; statements held elsewhere do not count at all."""
    world = access((document(allow("eci:*", Condition=KEYS)), scope))
    call = Call("eci:UpdateContainerGroup", Target("containergroup", group=TEST), group=TEST)
    assert world.decide_whatever(world.principal(USER), call, EVERYTHING).outcome == outcome


def test_what_is_too_much_is_undecidable_and_named() -> None:
    denied = [
        deny("eci:*", Condition={"StringEquals": {f"acs:RequestTag/k{a}": x, f"acs:RequestTag/k{b}": y}})
        for a in range(14)
        for b in range(a)
        for x in "ab"
        for y in "ab"
    ]
    keys = {"StringEquals": {f"acs:RequestTag/k{n}": ["a", "b"] for n in range(14)}}
    world = access(document(allow("eci:*", Condition=keys), *denied[:-1]))
    decision = world.decide_whatever(
        world.principal(USER), Call("eci:CreateContainerGroup"), Free(request=True)
    )
    assert decision.outcome in ("undecidable", "denied")
    small = Budget(row=1, most=1, pool=0)
    world = access(document(allow("eci:*", Condition=KEYS), *denied[:100]))
    world.principal(USER).budget = small
    decision = world.decide_whatever(
        world.principal(USER), Call("eci:CreateContainerGroup"), Free(request=True)
    )
    assert decision.outcome == "undecidable"
    assert "too many combinations" in decision.why


def test_questions_that_do_not_matter_are_not_multiplied() -> None:
    """Twenty questions, each of no matter, would be a million judgements."""
    questions = [Question(number, str(number)) for number in range(20)]

    def judge(asked: Assumptions) -> bool | None:
        answers = [asked.lookup(question) for question in questions]
        return None if None in (answers[-1], answers[0]) else True

    assert resolve(judge)[0] is True


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ({"StringEquals": {"acs:SourceIp": "10.0.0.1"}}, "allowed"),
        (
            {"StringEquals": {"acs:SourceIp": "10.0.0.1"}, "NotIpAddress": {"acs:SourceIp": "10.0.0.0/8"}},
            "denied",
        ),
        ({"StringEquals": {"acs:RequestTag/n": "5"}, "NumericEquals": {"acs:RequestTag/n": "5"}}, "allowed"),
    ],
)
def test_a_key_under_operators_of_two_types(condition: dict[str, dict[str, str]], outcome: str) -> None:
    world = access(document(allow("eci:Create*", Condition=condition)))
    call = Call("eci:CreateContainerGroup")
    assert world.decide_whatever(world.principal(USER), call, Free(request=True)).outcome == outcome
