"""The benchmarks, on accounts so small that they take seconds: they must not rot."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from bench import __main__ as command
from bench import (
    accounts,
    adversarial,
    adversarial_accounts,
    cost,
    escalation,
    ordinary,
    peer,
    scale,
    who_can,
)
from pytest_eci_compliance.policy.budget import Budget
from tests.emulator.generate import Size

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="processes are measured by os.wait4")

TINY = Size(users=3, groups=1, policies=2, roles=1, instances=4, regions=1, image_caches=1)
SMALL_RUNS: dict[str, Callable[[], object]] = {
    "calls": lambda: scale.calls(TINY),
    "latency": lambda: scale.latency(TINY),
    "rate": lambda: scale.rate(TINY),
    "modes": lambda: scale.modes(TINY),
    "replay": lambda: scale.replay((3,)),
    "doubling": lambda: scale.doubling((4,)),
    "accounts": lambda: accounts.accounts((2,), TINY),
    "items": lambda: cost.items(4, cost.RUNS[-1:]),
    "own": lambda: cost.own(4, 1),
    "unused": lambda: cost.unused(2),
    "who_can": lambda: who_can.who_can(2, 4),
    "adversarial": lambda: adversarial.adversarial(1, adversarial.KINDS[4:7]),
    "adversarial_accounts": lambda: adversarial_accounts.adversarial_accounts(
        2, adversarial_accounts.ACCOUNTS[2:4]
    ),
    "ordinary": lambda: ordinary.ordinary(8, 8),
    "escalation": lambda: escalation.escalation(8, 3, 12),
}


def test_every_benchmark_has_a_small_run() -> None:
    """`peer` downloads what it measures; the test below runs our part of it."""
    assert SMALL_RUNS.keys() == command.BENCHMARKS.keys() - {"peer", "permissions"}


IN_EVERY_RUN = ("who_can", "ordinary", "escalation")
"""The others start several processes each, and are played nightly."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in IN_EVERY_RUN else pytest.mark.nightly) for name in SMALL_RUNS],
)
def test_a_small_run_prints_figures(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    SMALL_RUNS[name]()
    printed = capsys.readouterr().out
    assert any(character.isdigit() for character in printed)
    assert "False" not in printed


def test_an_ordinary_account_stays_far_below_the_budget() -> None:
    judged = ordinary.rows(20, 60)
    assert not ordinary.over_budget(judged)
    assert {row.outcome for row in judged} >= {"passed", "failed"}


def test_each_row_of_an_ordinary_account_has_its_own_budget() -> None:
    """A row takes less than a tenth of what all of them take together."""
    judged = ordinary.rows(40, 120, Budget(most=10_000))
    assert not ordinary.over_budget(judged)


@pytest.mark.nightly
def test_adversarial_policies_are_undecidable_within_the_budget() -> None:
    """All kinds of policies at once, and a budget that is soon used up: the rows say so, and none passes for it."""
    judged = adversarial.rows(adversarial.KINDS, 2, Budget(pool=20_000))
    undecided = [row for row in judged if row.outcome == "unknown"]
    assert any("narrow the policy" in row.message for row in undecided)
    assert not [row for row in judged if row.check == "access" and row.outcome == "passed"]


@pytest.mark.nightly
def test_our_side_of_the_comparison() -> None:
    (scan,) = peer.scans([peer.ours], TINY)
    assert sorted(scan.users_by_outcome["failed"]) == ["auditor", "user00000", "user00001", "user00002"]
    assert scan.calls
    assert scan.measured.code == 1
    assert len(scan.row) == len(peer.HEADER)
