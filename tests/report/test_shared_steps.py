"""One permission that many failures share is described with all of them."""

from __future__ import annotations

from pytest_eci_compliance.report.shared_steps import shared_steps
from pytest_eci_compliance.results import EscalationPath, Outcome, PathStep, Resource, Result, Row

BY = "statement 1 of Custom/RotateKey, attached directly"
MAKE_KEY = PathStep("create-access-key", "role/Reports", "user/deploy", "deploy", BY)


def exec_step(user: str, instance: str = "eci-1") -> PathStep:
    return PathStep("exec-in-instance", f"user/{user}", "role/Reports", instance, "statement 1 of Exec")


def result(user: str, *steps: PathStep, outcome: Outcome = "failed", certain: bool = True) -> Result:
    path = EscalationPath(steps[-1].to, certain, steps)
    row = Row(
        account="prod",
        check="user-escalation",
        severity="critical",
        section="2",
        resource=Resource("user", user, user),
        outcome=outcome,
        message="",
        paths=(path,),
    )
    return Result(row, f"eci-checks/user-escalation::prod:{user}")


def users_through_the_key(*users: str, outcome: Outcome = "failed", certain: bool = True) -> list[Result]:
    return [result(user, exec_step(user), MAKE_KEY, outcome=outcome, certain=certain) for user in users]


def test_step_that_three_identities_use_is_shared() -> None:
    (shared,) = shared_steps(users_through_the_key("ann", "bob", "eve"))
    assert shared.step == MAKE_KEY
    assert [item.resource.id for item in shared.results] == ["ann", "bob", "eve"]
    assert shared.sentence() == (
        "role/Reports reaches user/deploy: create-access-key"
        " (statement 1 of Custom/RotateKey, attached directly); 3 failed results have a path with this step"
    )


def test_two_identities_share_no_step() -> None:
    assert shared_steps(users_through_the_key("ann", "bob")) == ()


def test_many_results_of_one_identity_share_no_step() -> None:
    assert shared_steps(users_through_the_key("ann", "ann", "ann")) == ()


def test_possible_paths_and_rows_that_did_not_fail_do_not_count() -> None:
    rows = users_through_the_key("ann", "bob")
    assert shared_steps([*rows, *users_through_the_key("eve", certain=False)]) == ()
    assert shared_steps([*rows, *users_through_the_key("eve", outcome="waived")]) == ()


def test_step_by_another_statement_is_another_step() -> None:
    other = PathStep(
        "create-access-key", "role/Reports", "user/deploy", "deploy", "statement 2 of Custom/RotateKey"
    )
    rows = users_through_the_key("ann", "bob")
    assert shared_steps([*rows, result("eve", exec_step("eve"), other)]) == ()


def test_same_statement_on_several_instances_is_one_step() -> None:
    rows = [
        result(
            user, PathStep("exec-in-instance", "user/ops", "role/Reports", instance, "statement 1 of Exec")
        )
        for user, instance in (("ann", "eci-1"), ("bob", "eci-1"), ("eve", "eci-2"))
    ]
    (shared,) = shared_steps(rows)
    assert shared.step.on == ""
    assert "exec-in-instance (statement 1 of Exec)" in shared.sentence()


def test_most_used_step_comes_first() -> None:
    also = PathStep("assume-role", "user/deploy", "role/Shop", "Shop", "statement 3 of Assume")
    rows = [
        *users_through_the_key("ann"),
        *(result(user, exec_step(user), MAKE_KEY, also) for user in ("bob", "eve", "kim")),
    ]
    assert [(item.step.step, len(item.results)) for item in shared_steps(rows)] == [
        ("create-access-key", 4),
        ("assume-role", 3),
    ]
