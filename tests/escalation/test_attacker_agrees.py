"""The plugin's escalation engine against the attacker: nothing missed, nothing invented, each silence undecidable.

`engine_reach` and `engine_paths` are the whole adapter: what the engine answers for one account. The last test needs
no engine: it compares single calls with the plugin's evaluator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from pytest_eci_compliance.policy.escalation import Escalation, Identity
from pytest_eci_compliance.policy.evaluator import Access
from tests.emulator import Account
from tests.emulator.readings import Favourable
from tests.escalation import accounts
from tests.escalation.attacker import Attacker, Ways
from tests.escalation.case import DELETE as CALL
from tests.escalation.case import Case
from tests.escalation.cases import CASES
from tests.escalation.cases_of_combinations import BEYOND_THE_ATTACKER
from tests.escalation.inventories import inventory
from tests.escalation.reach import Bounds, bounds, everything, normalised
from tests.support.sampling import sample

Reach = Mapping[str, Mapping[str, str]]
"""identity → target → `yes` or `undecidable`."""

Paths = Mapping[str, Sequence[Mapping[str, str]]]
"""target → steps."""

DELETE = "eci:DeleteContainerGroup"
SEEDS = range(120)


@pytest.fixture(scope="session")
def engine_reach() -> Callable[[Account], Reach]:
    """What the plugin's engine says: identity → target → `yes` or `undecidable`."""

    def reach(account: Account) -> Reach:
        escalation = engine(account)
        return {
            identity: {
                target.name: "yes" if target.certain else "undecidable"
                for target in escalation.reach(identity_of(identity))
            }
            for identity in identities(account)
        }

    return reach


@pytest.fixture(scope="session")
def engine_paths() -> Callable[[Account, str], Paths]:
    """The steps of the engine's certain paths of one identity: target → steps with `step`, `from`, `to`, `on`."""

    def paths(account: Account, identity: str) -> Paths:
        return {
            target.name: [step.as_data() for step in path.steps]
            for target in engine(account).reach(identity_of(identity))
            for path in target.paths
            if path.certain
        }

    return paths


def engine(account: Account) -> Escalation:
    facts = inventory(account)
    return Escalation(facts, Access(facts))


def identity_of(text: str) -> Identity:
    kind, _, name = text.partition("/")
    return Identity("user" if kind == "user" else "role", name)


def identities(account: Account) -> list[str]:
    users = [f"user/{user.name}" for user in account.users]
    return users + [f"role/{role.name}" for role in account.roles if not role.service_linked]


@pytest.mark.parametrize("case", [*CASES, *BEYOND_THE_ATTACKER], ids=lambda case: case.id)
def test_a_hand_made_case(case: Case, engine_reach: Callable[[Account], Reach]) -> None:
    answers = engine_reach(case.account)[case.identity]
    certain = targets_only(normalised(case.account, case.identity, case.certain))
    possible = targets_only(normalised(case.account, case.identity, case.certain | case.possible))
    assert answered(case.account, case.identity, answers, "yes") == certain
    assert answered(case.account, case.identity, answers, "yes", "undecidable") == possible


@pytest.mark.parametrize("case", [*CASES, *BEYOND_THE_ATTACKER], ids=lambda case: case.id)
def test_the_final_call_of_a_hand_made_case(case: Case) -> None:
    """Whether the identity can delete the instance in the end."""
    call, instance = CALL.split("@")
    escalation, access = engine(case.account), Access(inventory(case.account))
    reach = escalation.reaches(identity_of(case.identity), access.call(call, instance))
    certain = normalised(case.account, case.identity, case.certain)
    possible = normalised(case.account, case.identity, case.certain | case.possible)
    expected = "yes" if CALL in certain else "undecidable" if CALL in possible else "no"
    assert reach.outcome == expected


@pytest.mark.parametrize("seed", sample(SEEDS, every=12))
def test_a_generated_account(seed: int, engine_reach: Callable[[Account], Reach]) -> None:
    account = accounts.account(seed)
    answers = engine_reach(account)
    for identity in identities(account):
        proved = bounds(account, identity, final_calls=())
        problems = disagreements(account, identity, answers[identity], proved)
        assert not problems, f"seed {seed}, {identity}"


@pytest.mark.parametrize("seed", sample(range(40), every=14))
def test_final_calls_agree_with_paths_any(seed: int) -> None:
    """What `access` decides with `paths: any`: whether an identity can delete each instance in the end."""
    account = accounts.account(seed)
    escalation, access = engine(account), Access(inventory(account))
    for identity in identities(account):
        answers = {
            f"{DELETE}@{instance.id}": escalation.reaches(
                identity_of(identity), access.call(DELETE, instance.id)
            ).outcome
            for instance in account.regions[0].instances
        }
        proved = bounds(account, identity)
        possible = {call for call, outcome in answers.items() if outcome != "no"}
        certain = {call for call, outcome in answers.items() if outcome == "yes"}
        calls = {target for target in proved.may_be_possible if target.startswith(DELETE)}
        assert proved.must_be_certain & answers.keys() <= certain, f"seed {seed}, {identity}"
        assert proved.must_be_possible & answers.keys() <= possible, f"seed {seed}, {identity}"
        if proved.complete:
            assert certain <= proved.may_be_certain, f"seed {seed}, {identity}"
            assert possible <= calls, f"seed {seed}, {identity}"


@pytest.mark.parametrize("seed", [*sample(range(40), every=8), 411])
def test_a_certain_path_works_call_by_call(seed: int, engine_paths: Callable[[Account, str], Paths]) -> None:
    account = accounts.account(seed)
    for identity in identities(account):
        for target, steps in engine_paths(account, identity).items():
            attacker = Attacker(account, identity, Favourable(False), Ways(contested=True))
            reached = normalised(account, identity, attacker.follow(steps))
            assert normalised(account, identity, {target}) <= reached, f"seed {seed}, {identity}"


def disagreements(
    account: Account, identity: str, answers: Mapping[str, str], proved: Bounds
) -> dict[str, set[str]]:
    """What the engine missed, and what it invented; empty where it agrees with the attacker."""
    certain = answered(account, identity, answers, "yes")
    possible = answered(account, identity, answers, "yes", "undecidable")
    problems = {
        "not certain, but works under every reading": proved.must_be_certain - certain,
        "certain, but fails under some reading": certain - proved.may_be_certain
        if proved.complete
        else set(),
        "not even possible, but works under some reading": proved.must_be_possible - possible,
        "possible, but works under no reading": possible - proved.may_be_possible
        if proved.complete
        else set(),
    }
    return {problem: set(targets) for problem, targets in problems.items() if targets}


def answered(account: Account, identity: str, answers: Mapping[str, str], *wanted: str) -> frozenset[str]:
    """The targets to which the engine gives one of the answers `wanted`."""
    return normalised(account, identity, [target for target, answer in answers.items() if answer in wanted])


def targets_only(targets: frozenset[str]) -> frozenset[str]:
    """The targets without final calls."""
    return frozenset(target for target in targets if not target.startswith("eci:"))


class TestTheComparison:
    """The comparison itself finds what an engine may get wrong."""

    CASE = next(case for case in CASES if case.id == "assume-role: a trust with a condition")
    CERTAIN = next(case for case in CASES if case.id == "assume-role: permission and trust")

    def compare(self, case: Case, answers: Mapping[str, str]) -> dict[str, set[str]]:
        proved = bounds(case.account, case.identity, final_calls=())
        return disagreements(case.account, case.identity, answers, proved)

    def test_it_accepts_the_right_answers(self) -> None:
        assert not self.compare(self.CASE, {"role/OpsRole": "undecidable"})
        assert not self.compare(self.CERTAIN, {"role/OpsRole": "yes"})

    @pytest.mark.parametrize(
        "answers", [{}, {"role/OpsRole": "yes"}, {"role/OpsRole": "undecidable", "user/ops": "undecidable"}]
    )
    def test_it_refuses_wrong_answers_about_a_silence(self, answers: dict[str, str]) -> None:
        assert self.compare(self.CASE, answers)

    @pytest.mark.parametrize("answers", [{}, {"role/OpsRole": "undecidable"}, {"any-permission": "yes"}])
    def test_it_refuses_wrong_answers_about_what_is_certain(self, answers: dict[str, str]) -> None:
        assert self.compare(self.CERTAIN, answers)

    def test_any_permission_includes_the_rest(self) -> None:
        assert normalised(self.CASE.account, "user/dev", {"any-permission"}) == everything(
            self.CASE.account, "user/dev"
        )


@pytest.mark.parametrize("seed", sample(SEEDS, every=12))
def test_single_calls_agree_with_the_evaluator(seed: int) -> None:
    """A call that the evaluator allows works under the worst readings; one that it denies fails under the best."""
    account = accounts.account(seed)
    evaluator = Access(inventory(account))
    for user in account.users:
        worst, best = (single_calls(account, f"user/{user.name}", helps) for helps in (False, True))
        for instance in account.regions[0].instances:
            outcome = evaluator.decide(user.name, DELETE, instance.id).outcome
            works = (f"{DELETE}@{instance.id}" in worst, f"{DELETE}@{instance.id}" in best)
            expected = {"allowed": (True, True), "denied": (False, False), "undecidable": (False, True)}
            assert works == expected[outcome], (user.name, instance.id, outcome)


def single_calls(account: Account, identity: str, helps: bool) -> set[str]:
    """The final calls that the identity can make itself, without any step before."""
    return Attacker(account, identity, Favourable(helps)).direct_calls()
