"""People's own tests: the fixtures, what they are parametrised over, and what is reported of them."""

from __future__ import annotations

import json

import pytest

from tests.plugin.conftest import Runs

OWN = """
import pytest

@pytest.fixture
def instance_of_mine(eci_instance):
    return eci_instance

@pytest.fixture(scope="session")
def owner(eci_account):
    return eci_account.account_id

def test_account(eci_account): assert eci_account.account_id == "1098765432109876"
def test_instance(instance_of_mine): assert instance_of_mine.tags["env"] == "test"
def test_both(eci_instance, owner): assert owner
def test_cache(eci_image_cache): pass
def test_node(eci_virtual_node): pass
def test_user(ram_user): assert ram_user.user_name in ("alice", "bob")
def test_group(ram_group): assert ram_group.members
def test_role(ram_role): assert ram_role.assume_role_policy_document == "{}"
def test_policy(ram_policy): assert ram_policy.policy_name == "AppRead"
def test_resource_group(resource_group): assert resource_group.id == "rg-1"
def test_plain(): pass
"""
IDS = [
    "test_account[prod]",
    "test_instance[prod:cn-hangzhou:eci-1]",
    "test_instance[prod:cn-hangzhou:eci-2]",
    "test_instance[prod:cn-hangzhou:eci-3]",
    "test_both[prod:cn-hangzhou:eci-1]",
    "test_both[prod:cn-hangzhou:eci-2]",
    "test_both[prod:cn-hangzhou:eci-3]",
    "test_cache[prod:cn-beijing:*]",
    "test_node[prod:*]",
    "test_user[prod:alice]",
    "test_user[prod:bob]",
    "test_group[prod:dev]",
    "test_group[prod:ops]",
    "test_role[prod:App]",
    "test_policy[prod:Custom/AppRead]",
    "test_resource_group[prod:production]",
    "test_plain",
]


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_a_test_runs_once_for_each_fact(runs: Runs, workers: list[str]) -> None:
    runs.write("test_own.py", OWN)
    result = runs("test_own.py", "--eci-report=out.json", *workers)
    result.assert_outcomes(passed=14, errors=2, skipped=1)
    assert result.ret == 1
    tests = json.loads((runs.folder / "out.json").read_text())["tests"]
    results = {test["nodeid"].removeprefix("test_own.py::"): test["outcome"] for test in tests}
    assert sorted(results) == sorted(IDS)
    assert {name: item for name, item in results.items() if item != "passed"} == {
        "test_cache[prod:cn-beijing:*]": "unknown",
        "test_node[prod:*]": "skipped",
        "test_group[prod:ops]": "unknown",
    }


def test_the_ids(runs: Runs) -> None:
    runs.write("test_own.py", OWN)
    assert sorted(runs.ids("test_own.py")) == sorted(f"test_own.py::{id_}" for id_ in IDS)
    assert runs.ids("test_own.py::test_instance[prod:cn-hangzhou:eci-2]") == [
        "test_own.py::test_instance[prod:cn-hangzhou:eci-2]"
    ]


def test_what_is_missing_is_reported(runs: Runs) -> None:
    runs.write("test_own.py", OWN)
    result = runs("test_own.py", "-rs")
    result.stdout.fnmatch_lines(
        [
            "eci:DescribeImageCaches in cn-beijing could not be read: NoPermission*",
            "Fix: Grant eci:DescribeImageCaches to the auditing identity*",
            "*there is no virtual node in prod: 2 regions and 3 pages were read",
        ]
    )


def test_fixtures_combine_within_one_account_only(runs: Runs) -> None:
    runs.write("test_own.py", "def test_two(ram_user, eci_instance, eci_account): assert eci_account.users")
    ids = runs.ids("test_own.py", "--eci-account=dev")
    assert len(ids) == 12
    for id_ in ids:
        assert ("prod" in id_) != ("dev" in id_)
    runs("test_own.py", "--eci-account=dev").assert_outcomes(passed=12)


def test_a_session_fixture_of_ones_own_is_made_once_per_account(runs: Runs) -> None:
    runs.write(
        "test_own.py",
        """
import pytest
made = []

@pytest.fixture(scope="session")
def slow(eci_account):
    made.append(1)
    return len(made)

def test_one(slow, eci_instance): assert slow == 1
def test_two(slow): assert slow == 1
""",
    )
    runs("test_own.py").assert_outcomes(passed=4)


def test_values_given_by_hand_are_left_alone(runs: Runs) -> None:
    runs.write(
        "test_own.py",
        """
import pytest

@pytest.mark.parametrize("ram_user", ["carol"])
def test_one(ram_user): assert ram_user == "carol"

@pytest.mark.parametrize("ram_user, x", [("carol", 1)])
def test_two(ram_user, x): assert ram_user == "carol"
""",
    )
    runs("test_own.py").assert_outcomes(passed=2)


def test_a_fixture_that_narrows_ours(runs: Runs) -> None:
    runs.write(
        "conftest.py",
        """
import pytest

@pytest.fixture
def eci_instance(eci_instance):
    if eci_instance.id == "eci-2":
        pytest.skip("not mine")
    return eci_instance
""",
    )
    runs.write("test_own.py", "def test_x(eci_instance): assert eci_instance.id")
    runs("test_own.py").assert_outcomes(passed=2, skipped=1)


def test_a_fixture_asked_for_too_late_says_so(runs: Runs) -> None:
    runs.write("test_own.py", "def test_x(request): request.getfixturevalue('ram_user')")
    result = runs("test_own.py")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["ram_user runs a test once per value: request it as an argument*"])


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ("regions=Unreadable('eci:DescribeRegions', 'NoPermission', 'eci:DescribeRegions')", {"errors": 1}),
        ("listings={}", {"errors": 2}),
        ("listings={'instance': (Listing(HZ, (), 1), Listing(BJ, (), 1))}", {"skipped": 1}),
        ("listings={'instance': (Listing(HZ, (), 1), Listing(BJ, DENIED))}", {"errors": 1}),
        ("users=Unreadable('ram:ListUsers', 'Throttling')", {"passed": 3}),
    ],
)
def test_an_unread_list_is_an_error_and_an_empty_one_a_skip(
    runs: Runs, changes: str, outcome: dict[str, int]
) -> None:
    runs.write(
        "snapshots.py",
        "from dataclasses import replace\n"
        "def make(request):\n"
        f"    return snapshot(account(inventory=replace(inventory(), {changes})))\n",
    )
    runs.write("test_own.py", "def test_x(eci_instance): pass")
    runs("test_own.py").assert_outcomes(**outcome)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("ram_user", "ram:ListUsers"),
        ("ram_group", "ram:ListGroups"),
        ("ram_role", "ram:ListRoles"),
        ("eci_access", "ram:ListUsers"),
    ],
)
def test_a_list_that_is_not_whole_is_an_error_beside_what_it_shows(runs: Runs, name: str, call: str) -> None:
    runs.write(
        "snapshots.py",
        f"""
def make(request):
    from dataclasses import replace
    lost = Unreadable("{call}", "Incomplete", subject="zoe", detail="the list lacks one that exists")
    return snapshot(account(inventory=replace(inventory(), incomplete=(lost,))))
""",
    )
    runs.write("test_own.py", f"def test_x({name}): pass")
    result = runs("--eci-account=prod", "test_own.py")
    assert result.ret == 1
    assert f"{call} for 'zoe' could not be read: Incomplete" in result.stdout.str()


def test_without_the_auditors_sight_there_may_be_more(runs: Runs) -> None:
    runs.write(
        "snapshots.py",
        """
def make(request):
    blind = row("auditor-visibility", "prod", "unknown", type="account", region=None)
    return snapshot(account(rows=(blind,)))
""",
    )
    runs.write("test_own.py", "def test_x(eci_virtual_node): pass\ndef test_y(eci_instance): pass")
    result = runs("test_own.py")
    result.assert_outcomes(passed=3, errors=2)
    result.stdout.fnmatch_lines(["there may be virtual nodes that the auditing identity is not shown: *"])


@pytest.mark.parametrize("name", ["eci_account", "eci_instance", "ram_user", "resource_group", "eci_access"])
def test_an_account_that_could_not_be_identified(runs: Runs, name: str) -> None:
    runs.write(
        "snapshots.py",
        """
def make(request):
    gone = row("slr-exists", "dev", "unknown", account="dev", type="account", region=None, message="no such key")
    return snapshot(account(), account("dev", inventory=None, rows=(gone,)))
""",
    )
    runs.write("test_own.py", f"def test_x({name}): pass")
    result = runs("test_own.py", "-v")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*test_x[[]dev*ERROR*"])
    assert "passed" in result.stdout.str()


def test_outcomes_of_own_tests(runs: Runs) -> None:
    runs.write("pytest.ini", "[pytest]\nxfail_strict = false")
    runs.write(
        "test_own.py",
        """
import pytest

@pytest.fixture
def broken(): raise RuntimeError

@pytest.fixture
def untidy():
    yield
    raise RuntimeError

def test_passed(): pass
def test_failed(): assert 0
def test_unknown(broken): pass
def test_untidy(untidy): pass
@pytest.mark.skip
def test_skipped(): pass
@pytest.mark.xfail
def test_waived(): assert 0
@pytest.mark.xfail
def test_better(): pass
@pytest.mark.xfail(strict=True)
def test_strict(): pass
""",
    )
    runs("test_own.py", "--eci-report=out.json")
    tests = json.loads((runs.folder / "out.json").read_text())["tests"]
    assert {test["nodeid"].partition("::test_")[2]: test["outcome"] for test in tests} == {
        "passed": "passed",
        "failed": "failed",
        "unknown": "unknown",
        "untidy": "failed",
        "skipped": "skipped",
        "waived": "waived",
        "better": "passed",
        "strict": "failed",
    }


def test_a_module_that_cannot_be_imported_is_reported(runs: Runs) -> None:
    runs.write("test_own.py", "import no_such_module")
    result = runs("test_own.py", "--eci-report=out.json")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    tests = json.loads((runs.folder / "out.json").read_text())["tests"]
    message = "ModuleNotFoundError: No module named 'no_such_module'"
    assert tests == [{"nodeid": "test_own.py", "outcome": "unknown", "message": message}]


def test_the_evaluator_is_built_once_per_account(runs: Runs) -> None:
    runs.write(
        "test_own.py",
        """
seen = []

def test_one(eci_access, ram_user): seen.append(eci_access)
def test_two(eci_access): seen.append(eci_access)
def test_all(): assert len(seen) == 3 and len(set(map(id, seen))) == 1
""",
    )
    runs("test_own.py").assert_outcomes(passed=4)


READ_WHOLE = (
    "eci_account.users",
    "list(eci_account.resources('instance'))",
    "list(eci_account.resources('virtual_node'))",
    "eci_account.listings['instance']",
    "eci_account.attachments.items",
    "list(eci_account.policies.values())",
    "eci_account.groups[0].members",
    "[one.tags for one in eci_account.resources('instance')]",
)
LOST = "Unreadable('ram:ListUsers', 'Throttling')"
CUT = "Unreadable('eci:DescribeContainerGroups', 'NoPermission', 'eci:DescribeContainerGroups', BJ)"
GAP = "GrantGap(Unreadable('resourcemanager:ListPolicyAttachments', 'Throttling'))"
HIDDEN = "replace(inventory().listings['instance'][0].items[0], tags=Tags(), not_shown=('tags',))"
UNREAD = [
    ("eci_account.users", f"users={LOST}"),
    ("[one for one in eci_account.users]", "incomplete=(Unreadable('ram:ListUsers', 'Incomplete'),)"),
    ("eci_account.groups", "groups=Unreadable('ram:ListGroups', 'Throttling')"),
    ("eci_account.groups[1].members", ""),
    ("eci_account.roles", "roles=Unreadable('ram:ListRoles', 'Throttling')"),
    ("eci_account.role_lookups['App']", "role_lookups={'App': Unreadable('ram:GetRole', 'Throttling')}"),
    ("list(eci_account.role_lookups.values())", "role_lookups={'App': Unreadable('ram:GetRole', 'x')}"),
    ("eci_account.attachments.items", f"attachments=Attachments((), ({GAP},))"),
    ("list(eci_account.policies)", f"attachments=Attachments((), ({GAP},))"),
    ("eci_account.policies.get(PolicyRef('Custom', 'gone'))", f"attachments=Attachments((), ({GAP},))"),
    ("list(eci_account.policies)", "custom_policies=Unreadable('ram:ListPolicies', 'Throttling')"),
    ("eci_account.custom_policies", "custom_policies=Unreadable('ram:ListPolicies', 'Throttling')"),
    (
        "[one.policy_document for one in eci_account.policies.values()]",
        "policies={PolicyRef('Custom', 'A'): Policy('Custom', 'A', policy_document=Unreadable('ram:GetPolicy', 'x'))}",
    ),
    ("eci_account.resource_groups", "resource_groups=Unreadable('resourcemanager:ListResourceGroups', 'x')"),
    ("eci_account.regions", "regions=Unreadable('eci:DescribeRegions', 'NoPermission')"),
    ("eci_account.resources('instance')", "regions=Unreadable('eci:DescribeRegions', 'NoPermission')"),
    ("list(eci_account.resources('image_cache'))", ""),
    ("[one.items for one in eci_account.listings_of('image_cache')]", ""),
    ("[one.items for one in eci_account.listings['image_cache']]", ""),
    ("eci_account.resources('instance')", f"listings={{'instance': (Listing(HZ, ()), Listing(BJ, {CUT}))}}"),
    ("eci_account.resources('instance')", "listings={'instance': (Listing(HZ, ()),)}"),
    ("eci_account.resources('virtual_node')", "listings={'instance': (Listing(HZ, ()),)}"),
    ("eci_account.listings.get('virtual_node', ())", "listings={}"),
    (
        "[one.tags for one in eci_account.resources('instance')]",
        f"listings={{'instance': (Listing(HZ, ({HIDDEN},)), Listing(BJ, ()))}}",
    ),
]


def with_inventory(runs: Runs, changes: str, rows: str = "rows('prod')") -> None:
    runs.write(
        "snapshots.py",
        f"""
from dataclasses import replace
from pytest_eci_compliance.inventory import Attachments, GrantGap

def make(request):
    return snapshot(account(inventory=replace(inventory(), {changes}), rows={rows}))
""",
    )


@pytest.mark.parametrize(("expression", "changes"), UNREAD)
def test_what_could_not_be_read_raises_where_it_is_read(runs: Runs, expression: str, changes: str) -> None:
    with_inventory(runs, changes)
    runs.write(
        "test_own.py",
        f"""
from pytest_eci_compliance.inventory import PolicyRef
from pytest_eci_compliance.inventory.readable import UnreadableError
import pytest

@pytest.fixture
def part(eci_account):
    return {expression}

def test_fixture(part): pass
def test_body(eci_account): {expression}
def test_gaps(eci_account):
    with pytest.raises(UnreadableError) as raised: {expression}
    assert raised.value.missing.cause in [one.cause for one in eci_account.gaps]
""",
    )
    result = runs("test_own.py", "--eci-report=out.json")
    result.assert_outcomes(errors=1, failed=1, passed=1)
    tests = json.loads((runs.folder / "out.json").read_text())["tests"]
    assert [test["outcome"] for test in tests] == ["unknown", "unknown", "passed"]


@pytest.mark.parametrize("workers", [[], ["-n1"]])
def test_what_a_blind_auditor_did_not_see_raises(runs: Runs, workers: list[str]) -> None:
    blind = "(row('auditor-visibility', 'prod', 'unknown', type='account', region=None),)"
    with_inventory(runs, "", blind)
    runs.write(
        "test_own.py",
        """
def test_one(eci_account): assert all(one.tags for one in eci_account.resources("virtual_node"))
def test_two(eci_account): assert not [one for one in eci_account.listings["virtual_node"] if one.items]
def test_ram(eci_account): assert eci_account.users
def test_gaps(eci_account): assert "not shown" in eci_account.gaps[0].why
""",
    )
    result = runs("test_own.py", "--eci-report=out.json", *workers)
    result.assert_outcomes(failed=2, passed=2)
    tests = json.loads((runs.folder / "out.json").read_text())["tests"]
    assert sorted(test["outcome"] for test in tests) == ["passed", "passed", "unknown", "unknown"]


@pytest.mark.parametrize("expression", READ_WHOLE)
def test_what_was_read_is_given_as_it_is(runs: Runs, expression: str) -> None:
    with_inventory(runs, "")
    runs.write(
        "test_own.py",
        f"""
from pytest_eci_compliance.inventory import Inventory

def test_read(eci_account, eci_access):
    {expression}
    assert isinstance(eci_account, Inventory)
    assert repr(eci_account).startswith("Inventory(account_id=")
    assert [one.cause.call for one in eci_account.gaps] == ["ram:ListUsersForGroup", "eci:DescribeImageCaches"]
    broken = eci_account.groups[1]
    assert broken == broken and hash(broken) and "ops" in repr(broken)
""",
    )
    runs("test_own.py").assert_outcomes(passed=1)
