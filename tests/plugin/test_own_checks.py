"""Own tests as checks: the marker, its rows in every report, waivers, the hook, packs and Allure."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

import pytest_eci_compliance
from tests.plugin.conftest import Runs

SCHEMA = Path(pytest_eci_compliance.__file__).parent / "report" / "schema.json"
CONFIGURATION = """
version: 1
accounts:
  prod:
    account_id: "1098765432109876"
    mode: replay
    waivers:
{waivers}
{tests}
"""
WAIVER = """
    - check: {check}
      {target}
      reason: being migrated
      owner: platform-team
      expires: {expires}
"""
OWN = """
import pytest

@pytest.fixture
def broken(): raise RuntimeError("no service")

@pytest.mark.eci_check("no-public-ip", severity="high", remediation="Remove it.", section="4")
def test_public(eci_instance):
    assert eci_instance.id != "eci-2", f"{eci_instance.id} has a public address"

@pytest.mark.eci_check("names")
class TestNames:
    def test_user(self, ram_user): assert ram_user.user_name != "bob"
    def test_group(self, ram_group): pass
    def test_resource_group(self, resource_group, eci_account): pass

@pytest.mark.eci_check("broken-body", severity="low")
def test_body(eci_account): raise ValueError("oops")

@pytest.mark.eci_check("broken-set-up", severity="critical")
def test_set_up(broken, eci_access): pass

@pytest.mark.eci_check("nothing-there")
def test_node(eci_virtual_node): pass

@pytest.mark.eci_check("unread", remediation="mine")
def test_cache(eci_image_cache): pass

@pytest.mark.eci_check("no-fixture")
def test_plain(): pass

def test_unmarked(): assert 0, "an unmarked failure"
"""
ROWS = {
    ("no-public-ip", "instance", "eci-1"): "passed",
    ("no-public-ip", "instance", "eci-2"): "failed",
    ("no-public-ip", "instance", "eci-3"): "passed",
    ("names", "user", "alice"): "passed",
    ("names", "user", "bob"): "failed",
    ("names", "group", "dev"): "passed",
    ("names", "group", "ops"): "unknown",
    ("names", "resource_group", "rg-1"): "passed",
    ("broken-body", "account", "prod"): "unknown",
    ("broken-set-up", "account", "prod"): "unknown",
    ("nothing-there", "virtual_node", "*"): "skipped",
    ("unread", "image_cache", "*"): "unknown",
    ("no-fixture", "account", "prod"): "passed",
}


def waiver(check: str, target: str = 'resource: "*"', expires: str = "2099-12-31") -> str:
    return WAIVER.format(check=check, target=target, expires=expires)


def configure(runs: Runs, *waivers: str, tests: str = "") -> None:
    text = CONFIGURATION.format(waivers="".join(waivers), tests=tests)
    runs.write("eci-compliance.yaml", text if waivers else text.replace("    waivers:\n", ""))


def report_of(runs: Runs, name: str = "out.json") -> Any:
    data = json.loads((runs.folder / name).read_text())
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    return data


def outcomes(data: dict[str, Any]) -> dict[tuple[str, str, str], str]:
    rows = data["results"]
    own = (row for row in rows if not row["nodeid"].startswith("eci-checks/"))
    return {(row["check"], row["resource"]["type"], row["resource"]["id"]): row["outcome"] for row in own}


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_every_item_is_a_row_of_the_json_report(runs: Runs, workers: list[str]) -> None:
    runs.write("test_own.py", OWN)
    result = runs("test_own.py", "--eci-report=out.json", *workers)
    result.assert_outcomes(passed=6, failed=4, errors=3, skipped=1)
    assert result.ret == 1
    data = report_of(runs)
    assert outcomes(data) == ROWS
    rows = {(row["check"], row["resource"]["id"]): row for row in data["results"]}
    public = rows["no-public-ip", "eci-2"]
    assert public["severity"] == "high"
    assert public["section"] == "4"
    assert public["remediation"] == "Remove it."
    assert public["message"].startswith("eci-2 has a public address")
    assert public["resource"] == {
        "type": "instance",
        "id": "eci-2",
        "name": "web-2",
        "region": "cn-hangzhou",
    }
    assert (rows["names", "bob"]["severity"], rows["names", "bob"]["section"]) == ("medium", "own")
    assert rows["broken-body", "prod"]["message"] == "not judged: ValueError: oops"
    assert rows["broken-set-up", "prod"]["message"] == "not judged: RuntimeError: no service"
    unread = rows["unread", "*"]
    assert unread["message"].startswith("not judged: eci:DescribeImageCaches in cn-beijing could not be read")
    assert unread["remediation"].startswith("Grant eci:DescribeImageCaches")
    (unmarked,) = data["tests"]
    assert unmarked["outcome"] == "failed"
    assert "an unmarked failure" in unmarked["message"]


@pytest.mark.parametrize("workers", [[], pytest.param(["-n2"], marks=pytest.mark.nightly)])
def test_the_other_reports_have_the_rows_too(runs: Runs, workers: list[str]) -> None:
    runs.write("test_own.py", OWN)
    reports = [f"--eci-report=out.{kind}" for kind in ("csv", "sarif", "html", "md")]
    result = runs("test_own.py", "--junitxml=junit.xml", *reports, *workers)
    lines = list(csv.DictReader((runs.folder / "out.csv").read_text().splitlines()))
    assert {(row["check"], row["resource_type"], row["resource_id"]): row["outcome"] for row in lines} == ROWS
    sarif = json.loads((runs.folder / "out.sarif").read_text())["runs"][0]
    open_rows = {key[0] for key, outcome in ROWS.items() if outcome in ("failed", "unknown")}
    assert {row["ruleId"] for row in sarif["results"]} == open_rows
    assert all("Fix: \n" not in rule["help"]["text"] + "\n" for rule in sarif["tool"]["driver"]["rules"])
    for kind in ("html", "md"):
        text = (runs.folder / f"out.{kind}").read_text()
        assert "2 results failed, 1 own test did not pass" in text
        assert "has a public address" in text
        assert "an unmarked failure" in text
    cases = {
        (case["check"], case["resource_type"], case["resource_id"]): case["outcome"]
        for test in ET.parse(runs.folder / "junit.xml").iter("testcase")
        if (case := {p.get("name"): p.get("value") for p in test.iter("property")})
    }
    assert cases == ROWS
    result.stdout.fnmatch_lines(
        [
            "prod: 2 failed, 4 unknown, 1 skipped, 6 passed",
            "  broken-set-up (critical): 1 unknown",
            "  no-public-ip (high, section 4): 1 failed, 2 passed",
            "    failed  cn-hangzhou eci-2 (web-2): eci-2 has a public address*",
            "    Fix:    Remove it.",
            "own tests: 1 failed",
        ]
    )


@pytest.mark.parametrize("workers", [[], ["-n1"]])
def test_a_waiver_covers_a_failure_and_is_judged(runs: Runs, workers: list[str]) -> None:
    configure(
        runs,
        waiver("no-public-ip", "resource: eci-2"),
        waiver("names", "resource: alice"),
        waiver("broken-body"),
        waiver("no-such-check"),
        waiver("no-fixture", expires="2020-01-01"),
        tests="tests: [test_own.py]",
    )
    write_snapshot(runs)
    runs.write("test_own.py", OWN)
    result = runs("--eci-report=out.json", "--junitxml=junit.xml", *workers)
    assert result.ret == 1
    data = report_of(runs)
    assert outcomes(data) == ROWS | {("no-public-ip", "instance", "eci-2"): "waived"}
    rows = {row["resource"]["id"]: row for row in data["results"] if row["check"] == "waiver"}
    assert {name: row["outcome"] for name, row in rows.items()} == {
        "no-public-ip:eci-2": "passed",
        "names:alice": "failed",
        "broken-body:*": "unknown",
        "no-such-check:*": "failed",
        "no-fixture:*": "failed",
    }
    assert "covers 1 failure: 'eci-2'" in rows["no-public-ip:eci-2"]["message"]
    assert "nothing that it is for fails" in rows["names:alice"]["message"]
    assert "no test has the marker eci_check('no-such-check')" in rows["no-such-check:*"]["message"]
    assert "expired on 2020-01-01" in rows["no-fixture:*"]["message"]
    waived = next(row for row in data["results"] if row["outcome"] == "waived")
    assert waived["waiver"]["owner"] == "platform-team"
    assert waived["message"].startswith("eci-2 has a public address")
    junit = [
        {p.get("name"): p.get("value") for p in test.iter("property")}
        for test in ET.parse(runs.folder / "junit.xml").iter("testcase")
    ]
    in_junit = {case["resource_id"]: case["outcome"] for case in junit if case.get("check") == "waiver"}
    assert in_junit == {name: row["outcome"] for name, row in rows.items()}
    result.assert_outcomes(passed=7, failed=6, errors=4, skipped=1, xfailed=1)


def write_snapshot(runs: Runs) -> None:
    """An account whose rows are those of its waivers, as the built-in checks judge them."""
    runs.write(
        "snapshots.py",
        """
def make(request):
    from dataclasses import replace
    from datetime import date
    from pytest_eci_compliance import checks, judge
    from pytest_eci_compliance.checks.support.case import Case
    from pytest_eci_compliance.config.loader import load

    loaded = load(request.invocation_dir / "eci-compliance.yaml", checks.KNOWN_CHECKS)
    intent = loaded.configuration.accounts["prod"]
    only = [check for check in checks.CHECKS if check.id == "waiver"]
    rows = judge.judge(Case("prod", intent, inventory(), date(2026, 11, 23)), only)
    return snapshot(account(rows=rows))
""",
    )


def waiver_outcomes(runs: Runs, *args: str) -> tuple[dict[str, str], int]:
    result = runs("--eci-report=out.json", *args)
    rows = (row for row in report_of(runs)["results"] if row["check"] == "waiver")
    return {row["resource"]["id"]: row["outcome"] for row in rows}, result.ret


def test_a_waiver_is_unknown_where_own_tests_were_not_collected(runs: Runs) -> None:
    configure(runs, waiver("no-public-ip"))
    write_snapshot(runs)
    assert waiver_outcomes(runs) == ({"no-public-ip:*": "unknown"}, 1)
    row = report_of(runs)["results"][0]
    assert "own tests were not collected" in row["message"] or "not every test" in row["message"]
    assert "eci_check('no-public-ip')" in row["remediation"]


def test_a_waiver_is_unknown_where_a_test_of_its_check_was_deselected(runs: Runs) -> None:
    configure(runs, waiver("no-public-ip", "resource: eci-2"), tests="tests: [test_own.py]")
    write_snapshot(runs)
    runs.write("test_own.py", OWN)
    assert waiver_outcomes(runs, "-k", "waiver or eci-1") == ({"no-public-ip:eci-2": "unknown"}, 1)
    assert report_of(runs)["partial"]["prod"] == sorted({key[0] for key in ROWS})


def test_a_waiver_by_selector(runs: Runs) -> None:
    target = "resources: {kind: instance, names: ['web-2']}"
    configure(runs, waiver("no-public-ip", target), tests="tests: [test_own.py]")
    write_snapshot(runs)
    runs.write("test_own.py", OWN)
    assert set(waiver_outcomes(runs, "-k", "waiver or no-public-ip")[0].values()) == {"passed"}
    assert outcomes(report_of(runs))["no-public-ip", "instance", "eci-2"] == "waived"
    runs("--eci-report=out.json", "--runxfail", "-k", "waiver or no-public-ip")
    assert outcomes(report_of(runs))["no-public-ip", "instance", "eci-2"] == "failed"


def test_a_run_whose_only_failures_are_waived_passes(runs: Runs) -> None:
    configure(runs, waiver("one", "resource: eci-2"), tests="tests: [test_own.py]")
    write_snapshot(runs)
    runs.write(
        "test_own.py",
        "import pytest\npytestmark = pytest.mark.eci_check('one')\n"
        "def test_x(eci_instance): assert eci_instance.id != 'eci-2'\n",
    )
    result = runs()
    result.assert_outcomes(passed=3, xfailed=1)
    assert result.ret == 0


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        ("pytest.fail('no')", "failed"),
        ("pytest.skip('not here')", "skipped"),
        ("pytest.xfail('later')", "waived"),
        ("list(eci_account.resources('image_cache'))", "unknown"),
        ("request.getfixturevalue('ram_user')", "unknown"),
        ("assert eci_account.users == ()", "failed"),
    ],
)
def test_outcomes_of_bodies(runs: Runs, test: str, outcome: str) -> None:
    configure(runs, waiver("one", "resource: elsewhere"))
    runs.write(
        "test_own.py",
        f"import pytest\n@pytest.mark.eci_check('one')\ndef test_x(eci_account, request): {test}\n",
    )
    runs("test_own.py", "--eci-report=out.json")
    assert outcomes(report_of(runs)) == {("one", "account", "prod"): outcome}


def test_an_expected_failure_covers_no_error(runs: Runs) -> None:
    runs.write(
        "test_own.py",
        """
import pytest
@pytest.mark.xfail(reason="later")
@pytest.mark.eci_check("one")
def test_one(eci_account): raise ValueError("oops")
@pytest.mark.xfail(reason="later")
@pytest.mark.eci_check("two")
def test_two(eci_account): assert 0
""",
    )
    result = runs("test_own.py", "--eci-report=out.json")
    result.assert_outcomes(failed=1, xfailed=1)
    assert [row["outcome"] for row in report_of(runs)["results"]] == ["unknown", "waived"]


UNUSABLE = [
    (["'No_Capitals'"], "an id has only a-z, 0-9 and `-`"),
    (["'instance-required-tags'"], "is the id of a built-in check"),
    (["'one', severity='high'", "'one', severity='low'"], "give it one severity"),
    (["'one', severity='grave'"], "is not one of critical, high, medium, low"),
    (["'one', 'high'"], "takes the id as its only argument without a name"),
    (["'one', tags=1"], "remediation and section, not `tags`"),
    (["'one', remediaton='x'"], "not `remediaton`; did you mean `remediation`?"),
]


@pytest.mark.parametrize(
    ("marks", "text", "workers"),
    [
        *((marks, text, []) for marks, text in UNUSABLE),
        (*UNUSABLE[2], ["-n1"]),
        *(
            pytest.param(marks, text, ["-n1"], marks=pytest.mark.nightly)
            for number, (marks, text) in enumerate(UNUSABLE)
            if number != 2
        ),
    ],
)
def test_a_marker_that_cannot_be_used_is_a_collection_error(
    runs: Runs, marks: list[str], text: str, workers: list[str]
) -> None:
    tests = (
        f"@pytest.mark.eci_check({mark})\ndef test_{n}(eci_account): pass\n" for n, mark in enumerate(marks)
    )
    runs.write("test_own.py", "import pytest\n" + "".join(tests))
    result = runs("test_own.py", *workers)
    assert result.ret != 0
    result.assert_outcomes(errors=1)
    assert text in result.stdout.str()


def test_the_last_lines_name_the_file_of_an_own_check(runs: Runs) -> None:
    runs.write(
        "test_own.py",
        "import pytest\n@pytest.mark.eci_check('one', severity='critical')\ndef test_x(eci_account): assert 0\n",
    )
    assert "required by: test_own.py" in runs("test_own.py").outlines


def test_several_accounts_need_a_fixture(runs: Runs) -> None:
    runs.write("test_own.py", "import pytest\n@pytest.mark.eci_check('one')\ndef test_x(): pass\n")
    result = runs("test_own.py", "--eci-account=dev")
    assert result.ret == 2
    assert "add eci_account to its arguments" in result.stdout.str()
    runs.write("test_own.py", "import pytest\n@pytest.mark.eci_check('one')\ndef test_x(eci_account): pass\n")
    runs("test_own.py", "--eci-account=dev", "--eci-report=out.json")
    assert [row["account"] for row in report_of(runs)["results"]] == ["dev", "prod"]


def test_since_compares_own_checks(runs: Runs) -> None:
    test = "import pytest\n@pytest.mark.eci_check('one')\ndef test_x(eci_instance): assert eci_instance.id != '{}'\n"
    runs.write("test_own.py", test.format("eci-1"))
    runs("test_own.py", "--eci-report=former.json")
    runs.write("test_own.py", test.format("eci-2"))
    result = runs("test_own.py", "--eci-since=former.json", "--eci-report=out.json")
    since = report_of(runs)["since"]
    assert [change["resource"]["id"] for change in since["new"]] == ["eci-2"]
    assert [change["resource"]["id"] for change in since["fixed"]] == ["eci-1"]
    result.stdout.fnmatch_lines(["since *: 1 new, 1 fixed, 0 gone, 0 still open"])
    # What was deselected is not compared, and not taken for fixed.
    runs("test_own.py", "--eci-since=former.json", "--eci-report=out.json", "-k", "eci-3")
    since = report_of(runs)["since"]
    assert (since["fixed"], since["gone"], since["not_compared"]) == ([], [], 1)


def test_since_tells_the_tests_of_one_check_apart(runs: Runs) -> None:
    """Two parameters of one test, and two tests of one check, on one resource are rows of their own."""
    test = """
import pytest
@pytest.mark.eci_check("ports")
@pytest.mark.parametrize("port", [22, 80])
def test_port(eci_account, port): assert port not in {open_ports}
@pytest.mark.eci_check("ports")
class TestMore:
    def test_any(self, eci_account): assert {open_ports} == {{80}}
"""
    runs.write("test_own.py", test.format(open_ports="{80}"))
    runs("test_own.py", "--eci-report=former.json")
    runs.write("test_own.py", test.format(open_ports="{22}"))
    result = runs("test_own.py", "--eci-since=former.json", "--eci-report=out.json")
    since = report_of(runs)["since"]
    assert [change["test"] for change in since["new"]] == ["TestMore.test_any", "test_port[port=22]"]
    assert [change["test"] for change in since["fixed"]] == ["test_port[port=80]"]
    result.stdout.fnmatch_lines(["*new*ports (medium) test_port[[]port=22[]]*account prod*"])
    # A report of a version without `test` is compared by the node id.
    former = json.loads((runs.folder / "former.json").read_text())
    for row in former["results"]:
        row.pop("test", None)
    (runs.folder / "former.json").write_text(json.dumps(former))
    # One file may be both: it is read before it is written.
    runs("test_own.py", "--eci-since=former.json", "--eci-report=former.json")
    report = json.loads((runs.folder / "former.json").read_text())
    assert "TestMore.test_any" in {change["test"] for change in report["since"]["new"]}


def test_what_a_blind_auditor_does_not_see_is_counted_with_its_cause(runs: Runs) -> None:
    runs.write(
        "snapshots.py",
        """
from dataclasses import replace
from pytest_eci_compliance.causes import lacking
def make(request):
    blind = replace(row("auditor-visibility", "prod", "failed", type="account", region=None),
                    causes=(lacking("eci:DescribeContainerGroups"),))
    return snapshot(account(rows=(blind,)))
""",
    )
    runs.write(
        "test_own.py",
        """
import pytest
@pytest.mark.eci_check("nodes")
def test_nodes(eci_account): assert eci_account.resources("virtual_node")
""",
    )
    result = runs("test_own.py", "--eci-report=out.json")
    (missing,) = report_of(runs)["missing_evidence"]
    assert (missing["id"], missing["results"]) == ("auditor-visibility", 1)
    result.stdout.fnmatch_lines(["*eci:DescribeContainerGroups*; 1 result depends on it"])


def test_a_group_that_is_gone(runs: Runs) -> None:
    test = "import pytest\n@pytest.mark.eci_check('one')\ndef test_x(ram_group): assert ram_group.group_name != 'dev'\n"
    runs.write("test_own.py", test)
    runs("test_own.py", "--eci-report=former.json")
    runs.write(
        "snapshots.py",
        "from dataclasses import replace\ndef make(request):\n"
        "    return snapshot(account(inventory=replace(inventory(), groups=(Group('ops', members=()),))))\n",
    )
    runs("test_own.py", "--eci-since=former.json", "--eci-report=out.json")
    assert [change["resource"]["id"] for change in report_of(runs)["since"]["gone"]] == ["dev"]


def test_without_an_account_the_marker_changes_nothing(runs: Runs) -> None:
    runs.write("test_own.py", "import pytest\n@pytest.mark.eci_check('one')\ndef test_x(): pass\n")
    runs("test_own.py", "--strict-markers", account=None).assert_outcomes(passed=1)
    text = runs("--markers", account=None).stdout.str()
    assert (
        "@pytest.mark.eci_check(id, severity='medium', remediation='', section='own'): this test is" in text
    )


def test_missing_evidence_of_own_checks_stands_with_that_of_built_in_ones(runs: Runs) -> None:
    """By its cause: the summary says what to do once, and counts the own checks that depend on it."""
    runs.write(
        "test_own.py",
        """
import pytest
@pytest.mark.eci_check("caches")
def test_caches(eci_image_cache): pass
@pytest.mark.eci_check("groups")
def test_members(eci_account): assert [group.members for group in eci_account.groups]
""",
    )
    result = runs("test_own.py", "--eci-report=out.json")
    rows = json.loads((runs.folder / "out.json").read_text())["results"]
    unknown = {row["check"]: row for row in rows if row["outcome"] == "unknown"}
    assert unknown["caches"]["remediation"].startswith("Grant eci:DescribeImageCaches")
    assert unknown["groups"]["message"].startswith("not judged: eci_account.groups")
    assert unknown["groups"]["remediation"] != ""
    result.stdout.fnmatch_lines(
        [
            "*auditor-visibility: * lacks 1 permission (eci:DescribeImageCaches): *; 1 result depends on it",
            "*Throttling: 1 call (ram:ListUsersForGroup*) failed*; 1 result depends on it",
        ]
    )


def test_the_message_is_the_text_of_the_author(runs: Runs) -> None:
    """What pytest says of the values is for those who wrote no text."""
    runs.write(
        "test_own.py",
        """
import pytest
@pytest.mark.eci_check("with-text")
def test_x(eci_account): assert 1 == 2, "the text"
@pytest.mark.eci_check("without")
def test_y(eci_account): assert 1 == 2
""",
    )
    runs("test_own.py", "--eci-report=out.json")
    rows = json.loads((runs.folder / "out.json").read_text())["results"]
    assert {row["check"]: row["message"] for row in rows} == {
        "with-text": "the text",
        "without": "assert 1 == 2",
    }
