"""The work of following escalation steps is bounded: what it does not afford is undecidable, and says so."""

from __future__ import annotations

import pytest

from pytest_eci_compliance.policy.budget import TOO_LATE, Budget
from pytest_eci_compliance.policy.escalation import Escalation, Identity
from pytest_eci_compliance.policy.escalation.effort import TOO_MUCH, Effort
from pytest_eci_compliance.policy.evaluator import Access
from tests.policy.escalation_world import ADMIN, DEV, EVERYTHING, World, arn, trust
from tests.policy.policy_world import allow

DELETE = "eci:DeleteContainerGroup"


def world() -> World:
    account = World(users=["dev", "ops", "eve"])
    account.role("Admin", trust("root"), allow("eci:Delete*"))
    account.hold("user/dev", allow("ram:CreateAccessKey", arn("user/ops")), allow("eci:Describe*"))
    account.hold("user/ops", allow("sts:AssumeRole"))
    account.instance("eci-1")
    return account


def bounded(account: World, most: int) -> tuple[Access, Escalation]:
    """The engine with so many units of work for each identity, and none to share."""
    access = account.access()
    escalation = access.escalation
    effort = Effort(access.budget, enough=most, most=most, pool=0)
    object.__setattr__(escalation._ask, "effort", effort)
    escalation._effort = effort
    return access, escalation


@pytest.mark.parametrize("most", [0, 10, 50, 100, 150, 200, 300, 400, 600])
def test_less_work_never_says_no_and_never_invents(most: int) -> None:
    """Whatever is left out, `no` and `yes` are those of the whole search; else the answer is undecidable."""
    whole = world().escalation()
    access, escalation = bounded(world(), most)
    call = access.call(DELETE, "eci-1")
    for identity in (DEV, Identity("user", "ops"), Identity("user", "eve"), ADMIN):
        expected, actual = whole.reaches(identity, call), escalation.reaches(identity, call)
        assert actual.outcome in (expected.outcome, "undecidable")
        names = {target.name for target in whole.reach(identity)}
        bounded_names = {target.name: target for target in escalation.reach(identity)}
        assert names <= bounded_names.keys() or "any-permission" in bounded_names
        assert {name for name, item in bounded_names.items() if item.certain} <= names


def test_the_answer_says_that_not_every_step_was_followed() -> None:
    access, escalation = bounded(world(), 1)
    reach = escalation.reaches(DEV, access.call(DELETE, "eci-1"))
    assert reach.outcome == "undecidable"
    assert TOO_MUCH in reach.decisions[0].why
    (reached,) = escalation.reach(DEV)
    assert (reached.name, reached.certain, str(reached.paths[0])) == ("any-permission", False, TOO_MUCH)


def test_what_an_identity_holds_itself_needs_no_search() -> None:
    access, escalation = bounded(world(), 0)
    reach = escalation.reaches(ADMIN, access.call(DELETE, "eci-1"))
    assert (reach.outcome, reach.paths[0].steps) == ("yes", ())


def test_who_may_do_everything_is_not_searched_further() -> None:
    account = world()
    account.hold("user/eve", EVERYTHING)
    access, escalation = bounded(account, 1)
    assert escalation.reaches(Identity("user", "eve"), access.call(DELETE, "eci-1")).outcome == "yes"


def test_after_the_deadline_nothing_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    account = world()
    late = Budget(clock=lambda: 2.0)
    late.deadline = 1.0
    monkeypatch.setattr("pytest_eci_compliance.policy.escalation.effort._CHECK", 1)
    access = Access(account.inventory(), budget=late)
    reach = access.escalation.reaches(DEV, access.call(DELETE, "eci-1"))
    assert reach.outcome == "undecidable"
    assert TOO_LATE in reach.decisions[0].why
