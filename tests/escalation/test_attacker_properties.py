"""What must be true of every attack on every account."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from tests.emulator import Account, authorize
from tests.emulator.readings import Chosen, Favourable, TooManyReadingsError, combinations
from tests.emulator.world import World
from tests.escalation import accounts, knowledge
from tests.escalation.attacker import Attack, Attacker, Ways
from tests.escalation.case import Case
from tests.escalation.cases import CASES
from tests.escalation.reach import bounds, normalised
from tests.support.sampling import examples

FEW = settings(examples(25), derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(accounts.accounts())
def test_the_bounds_are_in_order(account: Account) -> None:
    reach = bounds(account, "user/dev")
    if reach.complete:
        assert reach.must_be_certain <= reach.may_be_certain
        assert reach.must_be_certain <= reach.must_be_possible <= reach.may_be_possible


@FEW
@given(accounts.accounts())
def test_less_is_never_more(account: Account) -> None:
    """Who loses an attachment without a Deny reaches nothing new but what was lost."""
    before = certain(account)
    for row in account.attachments:
        policy = World(account).policies[row.policy_type, row.policy_name]
        documents = (policy.document, *policy.versions.values())
        if row.user == "dev" and not any(knowledge.denies(authorize.statements(d)) for d in documents):
            less = replace(account, attachments=tuple(kept for kept in account.attachments if kept != row))
            assert certain(less) <= before | {f"policy/{row.policy}"}


def certain(account: Account) -> frozenset[str]:
    attack = Attacker(account, "user/dev", Favourable(False)).run()
    return normalised(account, "user/dev", {*attack.reached, *attack.calls})


def test_the_same_attack_gives_the_same_result() -> None:
    account = accounts.account(16)
    assert (
        Attacker(account, "user/dev", Favourable(True)).run()
        == Attacker(account, "user/dev", Favourable(True)).run()
    )


def test_the_account_that_is_attacked_stays_as_it_was() -> None:
    account = accounts.account(16)
    Attacker(account, "user/dev", Favourable(True)).run()
    assert account == accounts.account(16)


def play(case: Case, readings: Chosen) -> frozenset[str]:
    attack: Attack = Attacker(case.account, case.identity, readings, Ways()).run()
    return normalised(case.account, case.identity, {*attack.reached, *attack.calls})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_bounds_are_those_of_all_readings(case: Case) -> None:
    """What works under every combination of readings is certain; what works under none is not possible."""
    try:
        plays = list(combinations(lambda readings: play(case, readings), limit=16))
    except TooManyReadingsError:
        pytest.skip("too many combinations of readings")
    reach = bounds(case.account, case.identity)
    assert frozenset.intersection(*plays) == reach.must_be_certain  # type: ignore[arg-type]
    assert frozenset.union(*plays) <= reach.may_be_possible  # type: ignore[arg-type]


def test_generated_accounts_use_every_step() -> None:
    """The comparison is worth something only where each step is really taken in some account."""
    missing = {
        "assume-role",
        "create-access-key",
        "set-login-profile",
        "exec-in-instance",
        "update-instance",
        "create-instance",
        "run-elsewhere",
        "attach-policy",
        "rewrite-policy",
        "switch-policy-version",
        "join-group",
    }
    for seed in range(80):
        missing -= set(Attacker(accounts.account(seed), "user/dev", Favourable(True)).run().reached.values())
        if not missing:
            break
    assert not missing
