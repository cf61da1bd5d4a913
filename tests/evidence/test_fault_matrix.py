"""Every action of the sweep × every fault: what passes by is survived, what lasts is unknown, nothing passes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

from pytest_eci_compliance import audit
from pytest_eci_compliance.audit import AccountSnapshot, UsageProblem
from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.evidence.api_actions import READ_LIST, Action
from pytest_eci_compliance.inventory.facts import Inventory
from tests.emulator import KINDS, Attachment, Backend, Call, Emulator, Fault, Policy, User
from tests.emulator import Account as Made
from tests.emulator.actions import SERVED
from tests.emulator.documented import allow, document
from tests.evidence.sandbox import FAST, ROOT, SMALL_PAGES, Sandbox, account, failures, key, outcomes
from tests.support.credentials import use
from tests.support.sampling import sample

IMPATIENT = replace(FAST, read=0.25, answer=0.3)
SLOW = ("hang", "drip", "slow")
NOT_FAULTS = ("error", "slow")
NEVER_PASSES = ("account_closed",)  # a closed account is not asked again
ACTIONS = [action for action in READ_LIST if not action.fallback]
AS_NEEDED = [action for action in READ_LIST if action.as_needed]
FALLBACKS = [action for action in READ_LIST if action.fallback]

# What is read in another way where it is lost, so that nothing is missing.
SURVIVED = {
    *(("eci:DescribeContainerGroupStatus", kind) for kind in KINDS),
    *(("eci:DescribeContainerGroups", kind) for kind in ("repeated_page",)),
}
# What the evaluator says of grants that it does not know is shorter than what the sweep says of them.
DENIED = replace(KINDS["no_permission"], action="resourcemanager:ListPolicyAttachments")


@dataclass
class World:
    """An emulator, and what an audit of it says without faults."""

    sandbox: Sandbox
    standing: tuple[Fault, ...]
    sound: AccountSnapshot
    strikes: Mapping[str, int] = field(default_factory=dict)

    def audit(self, *faults: Fault) -> AccountSnapshot:
        cloud = self.sandbox.cloud
        cloud.faults.clear()
        cloud.faults.add(*faults, *self.standing)
        slow = any(fault.kind in SLOW for fault in faults)
        self.sandbox.timing = IMPATIENT if slow else FAST
        try:
            return self.sandbox.audit()
        finally:
            self.strikes = {fault.kind: cloud.faults.strikes(fault.kind) for fault in faults}
            cloud.faults.clear()


def _world(folder: Path, *standing: Fault, subject: Made | None = None) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, Emulator(subject or account(), quirks=SMALL_PAGES) as cloud:
        use(ROOT, patch)
        sandbox = Sandbox(cloud, folder).configure()
        cloud.faults.add(*standing)
        world = World(sandbox, standing, sandbox.audit())
        yield world
        assert not cloud.violations


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from _world(tmp_path_factory.mktemp("normal"))


@pytest.fixture(scope="module")
def denied_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An account whose grants have to be read principal by principal."""
    yield from _world(tmp_path_factory.mktemp("fallback"), DENIED)


def switching() -> Made:
    """Two users, each of whom may set the default version of a policy: erin's other version allows more than the
    one that is in force, frank's less."""
    prod = account()
    own = {
        name: allow("ram:SetDefaultPolicyVersion", f"acs:ram:*:*:policy/{name}") for name in ("More", "Less")
    }
    more, less = document(own["More"]), document(own["Less"], allow("oss:Get*"))
    return replace(
        prod,
        users=(*prod.users, User("erin"), User("frank")),
        policies=(
            *prod.policies,
            Policy("More", more, versions={"v0": document(allow("eci:*"))}),
            Policy("Less", less, versions={"v0": document(allow("oss:GetObject"))}),
        ),
        attachments=(
            *prod.attachments,
            Attachment("Custom/More", user="erin"),
            Attachment("Custom/Less", user="frank"),
        ),
    )


@pytest.fixture(scope="module")
def switching_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An account where verdicts turn on the versions of policies."""
    yield from _world(tmp_path_factory.mktemp("switching"), subject=switching())


def cells(actions: list[Action]) -> list[tuple[str, str]]:
    """Every action with every fault that can happen to it."""
    return [
        (action.call, kind)
        for action in actions
        for kind, fault in KINDS.items()
        if kind not in NOT_FAULTS and fault.concerns(SERVED[action.call])
    ]


def sampled(matrix: list[tuple[str, str]], every: int = 1) -> list[ParameterSet]:
    """The cells as parameters. Each run plays one cell of one kind of fault in `every`, on the actions by turns; a
    nightly run plays all cells."""
    calls_of = {kind: [call for call, other in matrix if other == kind] for kind in KINDS}

    def is_sampled(call: str, kind: str) -> bool:
        turn, rest = divmod(list(KINDS).index(kind), every)
        return rest == 0 and call == calls_of[kind][turn % len(calls_of[kind])]

    return [
        pytest.param(call, kind, marks=() if is_sampled(call, kind) else pytest.mark.nightly)
        for call, kind in matrix
    ]


MATRIX = cells(ACTIONS)
NEEDED_MATRIX = cells(AS_NEEDED)
FALLBACK_MATRIX = [(call, kind) for call, kind in cells(FALLBACKS) if call != "ram:GetUser"]
PASSING = [kind for kind in KINDS if kind not in (*NOT_FAULTS, *NEVER_PASSES)]
ROUNDS = 4  # audits in which all passing kinds of faults have their turn


def test_the_matrix_is_as_large_as_the_sweep(
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    """Every action of the read list stands in it, with every fault that can happen to it."""
    size = (
        f"{len(MATRIX)} lasting faults on {len(ACTIONS)} actions, {len(FALLBACK_MATRIX)} on those of the"
        f" fallback, {len(PASSING)} passing ones on every action"
    )
    record_testsuite_property("fault matrix", size)
    print(f"\nfault matrix: {size}", file=sys.__stdout__)
    assert {call for call, _ in MATRIX} == {action.call for action in ACTIONS}
    assert len(MATRIX) > 300
    played = [cell.values for cell in sampled(MATRIX, every=2) if not cell.marks]
    assert {call for call, _ in played} == {call for call, _ in MATRIX}
    assert 2 * len({kind for _, kind in played}) >= len({kind for _, kind in MATRIX})


def test_the_world_is_worth_testing(world: World) -> None:
    """Without faults everything is read, every check says something, nearly every one fails somewhere."""
    assert world.sound.evidence.complete
    assert not [row for row in world.sound.rows if row.outcome == "unknown"]
    assert set(world.sound.evidence.actions) == {action.call for action in ACTIONS}
    assert len({row.check for row in world.sound.rows if row.outcome == "failed"}) >= 18


@pytest.mark.nightly
@pytest.mark.parametrize("kind", PASSING)
def test_what_passes_by_is_survived(world: World, kind: str) -> None:
    """The first calls of every action are spoilt: the verdict is as without the fault."""
    survive(world, [passing(kind, action) for action in ACTIONS if KINDS[kind].concerns(SERVED[action.call])])


@pytest.mark.parametrize("start", range(ROUNDS))
def test_what_passes_by_is_survived_where_every_action_has_a_fault_of_its_own(
    world: World, start: int
) -> None:
    """The same with the kinds of faults side by side, so that each run plays them all."""
    survive(world, rounds()[start])


def rounds() -> list[list[Fault]]:
    """Every passing kind of fault, on one action each: few of them at a time, and never two on one action."""
    rounds: list[dict[str, Fault]] = [{} for _ in range(ROUNDS)]
    for number, kind in enumerate(PASSING):
        free = (
            (faults, action)
            for faults in (*rounds[number % ROUNDS :], *rounds[: number % ROUNDS])
            for action in (*ACTIONS[number % len(ACTIONS) :], *ACTIONS[: number % len(ACTIONS)])
            if action.call not in faults and KINDS[kind].concerns(SERVED[action.call])
        )
        faults, action = next(free)
        faults[action.call] = passing(kind, action)
    return [list(faults.values()) for faults in rounds]


def test_the_rounds_play_every_passing_kind() -> None:
    assert sorted(fault.kind for faults in rounds() for fault in faults) == sorted(PASSING)


def passing(kind: str, action: Action) -> Fault:
    times = 1 if kind in ("lost_items", "duplicate_items", "moving_total") else 2
    return replace(KINDS[kind], action=action.call, times=times)


def survive(world: World, faults: list[Fault]) -> None:
    audit = world.audit(*faults)
    assert all(world.strikes[fault.kind] for fault in faults)
    assert sum(world.strikes.values()) >= len(faults)
    assert outcomes(audit.rows) == outcomes(world.sound.rows)
    assert audit.evidence.complete
    assert facts(audit) == facts(world.sound)


def facts(account_snapshot: AccountSnapshot) -> Inventory:
    """The inventory, however many pages it took, and without what the spoilt answers showed of the cloud."""
    assert account_snapshot.inventory is not None
    listings = {
        kind: tuple(replace(item, pages=0) for item in part)
        for kind, part in account_snapshot.inventory.listings.items()
    }
    return replace(account_snapshot.inventory, listings=listings, observations={})


@pytest.mark.parametrize(("call", "kind"), sampled(MATRIX, every=2))
def test_what_lasts_is_unknown(world: World, call: str, kind: str) -> None:
    fault = replace(KINDS[kind], action=call)
    if (call, kind) == ("sts:GetCallerIdentity", "expired_token"):
        with pytest.raises(UsageProblem, match=r"(?s)no account has usable credentials.*Expired"):
            world.audit(fault)
        return
    audit = world.audit(fault)
    if not world.strikes[kind]:
        pytest.fail("the fault never struck")
    if (call, kind) in SURVIVED:
        assert outcomes(audit.rows) == outcomes(world.sound.rows)
        assert audit.evidence.complete
        return
    if call in {item.call for item in AS_NEEDED}:
        # Who could change versions here has every permission anyway: no verdict turns on them.
        assert not audit.evidence.complete
        assert outcomes(audit.rows) == outcomes(world.sound.rows)
        return
    judge_lasting(world, audit, call, fault)


@pytest.mark.parametrize(("call", "kind"), sampled(NEEDED_MATRIX, every=16))
def test_what_is_read_as_needed_is_unknown_where_verdicts_turn_on_it(
    switching_world: World, call: str, kind: str
) -> None:
    """Neither is it found that erin gains by her other version, nor that frank does not."""
    fault = replace(KINDS[kind], action=call)
    sound = {key(row): row.outcome for row in switching_world.sound.rows}
    turning = {
        ("user-escalation", "user", "", "erin", ""): "failed",
        ("user-escalation", "user", "", "frank", ""): "passed",
        ("access", "user", "", "erin", "nobody deletes"): "failed",
        ("access", "user", "", "frank", "nobody deletes"): "passed",
    }
    assert turning.items() <= sound.items()
    audit = switching_world.audit(fault)
    assert switching_world.strikes[kind]
    judge_lasting(switching_world, audit, call, fault)
    now = {key(row): row.outcome for row in audit.rows}
    assert {now[item] for item in turning} == {"unknown"}
    assert {name for name, outcome in now.items() if outcome != sound[name]} == turning.keys()


# Further codes of ECI's table of error codes (2025-12-30) and of Terraform's provider, each on one or two actions.
CODES = [
    ("eci:DescribeContainerGroups", 403, "Forbidden.SubUser"),
    ("ram:ListUsers", 403, "Forbidden.RiskControl"),
    ("resourcemanager:ListPolicyAttachments", 403, "Forbidden.AccessKeyDisabled"),
    ("eci:DescribeImageCaches", 403, "Forbidden.NotSupportRAM"),
    ("eci:DescribeVirtualNodes", 403, "Forbidden.OnlyForInvitedTest"),
    ("eci:DescribeRegions", 403, "FeatureAccessRestricted"),
    ("ram:GetRole", 403, "Account.Arrearage"),
    ("eci:DescribeVirtualNodes", 400, "NoPermission"),
    ("eci:DescribeContainerGroups", 400, "InvalidParameter.NotFound"),
    ("resourcemanager:ListResourceGroups", 400, "Request.Throttling.Api"),
    ("ram:GetPolicy", 400, "Throttling.User"),
]
OF_THE_ACCOUNT = ("Forbidden.", "FeatureAccessRestricted", "Account.")


@pytest.mark.parametrize(("call", "status", "code"), sample(CODES, every=3))
def test_a_code_that_lasts_is_unknown(world: World, call: str, status: int, code: str) -> None:
    fault = replace(KINDS["error"], action=call, status=status, code=code)
    audit = world.audit(fault)
    assert world.strikes["error"]
    judge_lasting(world, audit, call, fault)
    if code.startswith(OF_THE_ACCOUNT):
        # The state of the account, or of the key: no permission helps.
        for row in audit.rows:
            assert row.outcome != "unknown" or "Grant " not in row.remediation, row


def judge_lasting(world: World, account_snapshot: AccountSnapshot, call: str, fault: Fault) -> None:
    assert not account_snapshot.evidence.complete
    assert not failures(world.sound.rows) & {
        key(row) for row in account_snapshot.rows if row.outcome == "passed"
    }
    if call == "sts:GetCallerIdentity":
        assert {row.outcome for row in account_snapshot.rows} == {"unknown"}
        explained(account_snapshot, call, fault)
        return
    explained(account_snapshot, call, fault)
    dependent = {check.id for check in CHECKS if call in check.calls}
    blinded = (
        {check.id for check in CHECKS if check.rests_on_eci_lists}
        if "auditor-visibility" in dependent
        else set()
    )
    sound = outcomes(world.sound.rows)
    for row in account_snapshot.rows:
        if row.check in dependent or row.check in blinded:
            continue
        assert sound.get(key(row)) == (row.outcome, row.message), row
    kept = {name for name in sound if name[0] not in dependent | blinded}
    assert kept <= {key(row) for row in account_snapshot.rows}
    unknown = {row.check for row in account_snapshot.rows if row.outcome == "unknown"}
    assert unknown, "nothing is unknown"
    assert unknown <= dependent | blinded


def explained(account_snapshot: AccountSnapshot, call: str, fault: Fault) -> None:
    """Every unknown row names the call, its code, the permission where it is missing, and the remedy."""
    unknown = [row for row in account_snapshot.rows if row.outcome == "unknown"]
    assert unknown
    permission = next(action.permission for action in READ_LIST if action.call == call)
    words = [call, fault.code, *([permission] if fault.kind == "no_permission" else [])]
    for row in unknown:
        assert [word for word in words if word not in row.message] == [], row
        assert row.remediation
        assert fault.kind != "no_permission" or permission in row.remediation, row


@pytest.mark.parametrize(("call", "kind"), sampled(FALLBACK_MATRIX, every=20))
def test_the_fallback_is_no_weaker(denied_world: World, call: str, kind: str) -> None:
    """Where grants are read principal by principal, a lost call makes the grants of that kind unknown."""
    audit = denied_world.audit(replace(KINDS[kind], action=call))
    violations = failures(denied_world.sound.rows)
    assert not violations & {key(row) for row in audit.rows if row.outcome == "passed"}
    assert not audit.evidence.complete
    if kind not in {"lost_items", "duplicate_items"}:
        assert any(call in row.message for row in audit.rows if row.outcome == "unknown")


def describes_regions(name: str) -> dict[str, Any]:
    return {"name": "no regions", "users": name, "cannot": ["eci:DescribeRegions"]}


def test_a_grant_on_a_scope_that_we_do_not_know_leaves_every_grant_unknown(
    sandbox_of: Callable[..., Sandbox],
) -> None:
    """The id of another account is no resource group: who holds it may hold it everywhere."""
    prod = account()
    strange = Attachment("AdministratorAccess", user="auditor", scope="5555555555555555")
    sandbox = sandbox_of(replace(prod, attachments=(*prod.attachments, strange)))
    sandbox.configure(access=[describes_regions("auditor")])
    (row,) = [row for row in sandbox.audit().rows if row.check == "access" and row.resource.id == "auditor"]
    assert row.outcome != "passed"
    assert "resourcemanager:ListPolicyAttachments" in row.message


def test_who_is_listed_and_not_found_has_unknown_grants(sandbox: Sandbox) -> None:
    """ "No such user" from ListPoliciesForUser is believed where GetUser says so too."""
    sandbox.configure(access=[describes_regions("carol")])
    gone = replace(KINDS["error"], status=404, code="EntityNotExist.User")
    sandbox.cloud.faults.add(DENIED, replace(gone, action="ram:ListPoliciesForUser"))
    audit = sandbox.audit()
    (row,) = [row for row in audit.rows if row.check == "access" and row.resource.id == "carol"]
    assert row.outcome == "unknown"
    assert "ram:ListPoliciesForUser" in row.message
    sandbox.cloud.faults.add(replace(gone, action="ram:GetUser"))
    (row,) = [row for row in sandbox.audit().rows if row.check == "access" and row.resource.id == "carol"]
    assert row.outcome == "failed"  # the group that she is in is still there


class HiddenUser:
    """ListUsers never shows alice, though she exists: GetUser does."""

    def __call__(self, backend: Backend, number: int, call: Call) -> None:
        users = next(iter(backend.worlds.values())).users
        if call.action == "ListUsers":
            if "alice" in users:
                self.alice = users.pop("alice")
        else:
            users.setdefault("alice", self.alice)

    alice: User = User("alice")


GET_USER = [(call, kind) for call, kind in cells(FALLBACKS) if call == "ram:GetUser"]


def test_a_user_whom_the_list_hides_is_found(sandbox: Sandbox) -> None:
    """Who holds a grant, or is in a group, is looked up; that the list is not whole is said."""
    sandbox.cloud.backend.churn = (HiddenUser(),)
    audit = sandbox.audit()
    assert ("user-required-policies", "user", "", "alice", "") in failures(audit.rows)
    assert not audit.evidence.complete
    resting = {
        check.id
        for check in CHECKS
        if "ram:ListUsers" in check.calls and check.disabled_because(intent_of(sandbox)) is None
    }
    checks = {row.check for row in audit.rows if row.outcome == "unknown" and "ram:ListUsers" in row.message}
    assert resting <= checks


def test_the_fallback_reads_the_grants_of_who_is_hidden(sandbox_of: Callable[..., Sandbox]) -> None:
    prod = account()
    kept = tuple(attachment for attachment in prod.attachments if attachment.group != "admins")
    powerful = replace(prod, attachments=(*kept, Attachment("AdministratorAccess", user="alice")))
    sandbox = sandbox_of(powerful).configure(access=[describes_regions("alice")])
    sandbox.cloud.faults.add(DENIED)
    sandbox.cloud.backend.churn = (HiddenUser(),)
    assert ("access", "user", "", "alice", "no regions") in failures(sandbox.audit().rows)


def intent_of(sandbox: Sandbox) -> Account:
    return audit.load_configuration(sandbox.request()).configuration.accounts["prod"]


@pytest.mark.parametrize(("call", "kind"), sampled(GET_USER, every=10))
def test_a_user_who_cannot_be_looked_up_is_unknown(sandbox: Sandbox, call: str, kind: str) -> None:
    sandbox.cloud.backend.churn = (HiddenUser(),)
    sandbox.timing = IMPATIENT if kind in SLOW else FAST
    sandbox.cloud.faults.add(replace(KINDS[kind], action=call))
    audit = sandbox.audit()
    assert sandbox.cloud.faults.strikes(kind)
    about_alice = [row for row in audit.rows if row.resource.type == "user" and row.resource.id == "alice"]
    assert not [row for row in about_alice if row.outcome in ("passed", "skipped")]
    assert any(call in row.message for row in audit.rows if row.outcome == "unknown")
