"""The proof: random changes, written as a plan and as a changed account, give the same rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

import pytest

from pytest_eci_compliance import audit
from pytest_eci_compliance.results import Row
from tests.change.plan_writer import Writer
from tests.change.small import ACCOUNT, INTENT, random_changes
from tests.evidence.sandbox import Sandbox, key
from tests.support.sampling import sample

FACTS = ("passed", "failed", "skipped", "waived")


def planned(sandbox: Sandbox, plan: object, mode: str = "live") -> audit.AccountSnapshot:
    """The account as a plan leaves it."""
    path = sandbox.folder / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    request = sandbox.request(mode)
    request = audit.AuditRequest(**{**vars(request), "plans": (path,)})
    (snapshot,) = audit.audit(request, audit.load_configuration(request), timing=sandbox.timing).accounts
    return snapshot


def outcomes(rows: tuple[Row, ...]) -> dict[tuple[str, ...], str]:
    return {key(row): row.outcome for row in rows}


@pytest.mark.parametrize("seed", sample(range(14), every=5))
def test_rows_of_a_plan_are_those_of_the_changed_account(
    seed: int, sandbox_of: Callable[..., Sandbox]
) -> None:
    """Live, every row has the same outcome."""
    rng = Random(seed)
    writer = Writer(ACCOUNT)
    random_changes(writer, rng, rng.randint(3, 10))
    after = planned(sandbox_of(ACCOUNT).configure(**INTENT), writer.plan)
    changed = sandbox_of(writer.account).configure(**INTENT).audit("live")

    expected, after_plan = outcomes(changed.rows), outcomes(after.rows)
    differing = {
        name: (expected.get(name), after_plan.get(name)) for name in expected.keys() | after_plan.keys()
    }
    assert {name: pair for name, pair in differing.items() if pair[0] != pair[1]} == {}
    assert after.plan is not None
    assert after.plan.changes == len(writer.changes)
    assert [note for note in after.plan.notes if note.kind in ("contradiction", "blocked")] == []


@pytest.mark.parametrize("seed", sample(range(20, 26), every=3))
def test_without_a_configuration_rows_are_equal_or_unknown(
    seed: int, sandbox_of: Callable[..., Sandbox]
) -> None:
    """Where the plan has no value and nothing resolves it, a row is unknown, never of the other outcome."""
    rng = Random(seed)
    writer = Writer(ACCOUNT)
    random_changes(writer, rng, 6)
    data = writer.plan
    data["configuration"] = {"provider_config": data["configuration"]["provider_config"], "root_module": {}}
    after = planned(sandbox_of(ACCOUNT).configure(**INTENT), data)
    changed = sandbox_of(writer.account).configure(**INTENT).audit("live")

    expected, after_plan = outcomes(changed.rows), outcomes(after.rows)
    wrong = {
        name: (outcome, expected.get(name))
        for name, outcome in after_plan.items()
        if outcome in FACTS and name in expected and outcome != expected[name]
    }
    assert wrong == {}
    lost = [name for name, outcome in expected.items() if outcome == "failed" and name not in after_plan]
    assert lost == [] or any(outcome == "unknown" for outcome in after_plan.values())
