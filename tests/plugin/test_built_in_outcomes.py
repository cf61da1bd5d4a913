"""What a row becomes in pytest's words, in the reports, and in the exit code."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.plugin.conftest import Runs
from tests.support.sampling import sample

FAILED = "eci-checks/instance-required-tags::prod:cn-hangzhou:eci-2"
WAIVED = "eci-checks/instance-required-tags::prod:cn-hangzhou:eci-3"
UNKNOWN = "eci-checks/image-cache-required-tags::prod:cn-beijing:*"
SKIPPED = "eci-checks/virtual-node-required-tags::prod:*"
PASSED = "eci-checks/slr-exists::prod:AliyunServiceRoleForECI"

ONLY = "def make(request):\n    return snapshot(account(rows=({rows},)))\n"


def outcomes(path: Path) -> dict[str, str]:
    return {result["nodeid"]: result["outcome"] for result in json.loads(path.read_text())["results"]}


@pytest.mark.parametrize(
    "workers",
    [
        [],
        ["-n2", "--dist=loadscope"],
        pytest.param(["-n2"], marks=pytest.mark.nightly),
        pytest.param(["-n2", "--dist=loadfile"], marks=pytest.mark.nightly),
    ],
)
def test_each_outcome(runs: Runs, workers: list[str]) -> None:
    result = runs(*workers, "--eci-report=out.json")
    result.assert_outcomes(passed=2, failed=1, errors=1, xfailed=1, skipped=1)
    assert result.ret == 1
    assert runs.sweeps == 1
    assert outcomes(runs.folder / "out.json") == {
        UNKNOWN: "unknown",
        "eci-checks/instance-required-tags::prod:cn-hangzhou:eci-1": "passed",
        FAILED: "failed",
        WAIVED: "waived",
        PASSED: "passed",
        SKIPPED: "skipped",
    }


def test_each_worker_of_dist_each_counts_and_each_row_is_reported_once(runs: Runs) -> None:
    result = runs("-n2", "--dist=each", "--eci-report=out.json")
    assert result.ret == 1
    assert runs.sweeps == 1
    assert len(outcomes(runs.folder / "out.json")) == 6


def test_messages_stand_without_traceback(runs: Runs) -> None:
    result = runs()
    text = result.stdout.str()
    assert "eci-2: the message\nFix: remedy eci-2" in text
    assert "*: the message\nFix: remedy *" in text
    assert "Traceback" not in text
    assert "collect.py" not in text


def test_reasons_are_told(runs: Runs) -> None:
    result = runs("-rA")
    for line in (
        f"SKIPPED [[]1[]] {SKIPPED.partition('::')[0]}*: [*]: the message",
        f"XFAIL {WAIVED} - waived by platform-team until 2099-12-31: being migrated",
        f"PASSED {PASSED}",
        f"FAILED {FAILED}*",
    ):
        result.stdout.fnmatch_lines([line])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ('row("slr-exists", "R", "passed")', 0),
        ('row("slr-exists", "R", "skipped")', 0),
        ('row("slr-exists", "R", "waived", waiver=Waived("r", "o", "2099-12-31"))', 0),
        ('row("slr-exists", "R", "failed")', 1),
        ('row("slr-exists", "R", "unknown")', 1),
    ],
)
def test_exit_codes(runs: Runs, row: str, code: int) -> None:
    runs.write("snapshots.py", ONLY.format(rows=row))
    assert runs().ret == code


@pytest.mark.parametrize(("outcome", "code"), sample([("unknown", 1), ("passed", 0)], every=2))
def test_exit_codes_with_workers(runs: Runs, outcome: str, code: int) -> None:
    runs.write("snapshots.py", ONLY.format(rows=f'row("slr-exists", "R", "{outcome}")'))
    assert runs("-n1").ret == code


@pytest.mark.parametrize("workers", [[], pytest.param(["-n1"], marks=pytest.mark.nightly)])
def test_runxfail_does_not_turn_a_waived_failure_into_a_pass(runs: Runs, workers: list[str]) -> None:
    result = runs("--runxfail", "--eci-report=out.json", WAIVED, *workers)
    result.assert_outcomes(failed=1)
    assert result.ret == 1
    assert outcomes(runs.folder / "out.json") == {WAIVED: "failed"}
    result.stdout.fnmatch_lines(
        ["Waived (waived by platform-team until 2099-12-31: being migrated), but --runxfail*"]
    )


@pytest.mark.parametrize("plugin", ["skipping", "terminal", "cacheprovider"])
def test_without_one_of_pytests_own_plugins_nothing_passes_that_did_not(runs: Runs, plugin: str) -> None:
    result = runs("-p", f"no:{plugin}", "--eci-report=out.json")
    assert result.ret == 1
    results = outcomes(runs.folder / "out.json")
    assert sorted(item for item in results if results[item] == "passed") == [
        "eci-checks/instance-required-tags::prod:cn-hangzhou:eci-1",
        PASSED,
    ]


def test_a_row_that_pytest_breaks_on_is_not_passed(runs: Runs) -> None:
    runs.write("conftest.py", "def pytest_runtest_call(item): assert 'slr' not in item.nodeid")
    result = runs(PASSED, "--eci-report=out.json")
    assert result.ret == 1
    assert outcomes(runs.folder / "out.json") == {PASSED: "unknown"}


def test_only_what_ran_is_reported(runs: Runs) -> None:
    assert runs("-x", "--eci-report=out.json", "-p", "no:randomly").ret == 1
    assert outcomes(runs.folder / "out.json") == {UNKNOWN: "unknown"}
    assert runs("-k", "slr", "--eci-report=out.json").ret == 0
    assert outcomes(runs.folder / "out.json") == {PASSED: "passed"}


def test_collect_only_writes_no_report(runs: Runs) -> None:
    assert runs("--co", "--eci-report=out.json").ret == 0
    assert not (runs.folder / "out.json").exists()


@pytest.mark.parametrize("option", ["--setup-plan", "--setup-only"])
def test_what_would_run_nothing_is_refused(runs: Runs, option: str) -> None:
    result = runs(option)
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"ERROR: {option} runs no test*leave it out*"])
    assert runs.sweeps == 0


def test_last_failed_runs_what_failed_or_was_unknown(runs: Runs) -> None:
    runs.write("test_own.py", "def test_bad(): assert 0\ndef test_good(): pass")
    runs("eci-checks", "test_own.py")
    for more in ([], ["-n1"]):
        result = runs("--lf", "eci-checks", "test_own.py", "--eci-report=out.json", *more)
        result.assert_outcomes(failed=2, errors=1, deselected=None)
        assert sorted(outcomes(runs.folder / "out.json")) == [UNKNOWN, FAILED]
    assert runs.ids("--ff")[:2] == [UNKNOWN, FAILED]


def test_stepwise_goes_on_where_it_stopped(runs: Runs) -> None:
    runs("--stepwise").assert_outcomes(errors=1)
    runs("--stepwise", "--stepwise-skip").assert_outcomes(errors=1, passed=1, failed=1)


def test_junit_carries_the_row(runs: Runs) -> None:
    runs("--junitxml=out.xml")
    cases = ET.parse(runs.folder / "out.xml").getroot().iter("testcase")
    results = {
        case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")} for case in cases
    }
    assert results["prod:cn-hangzhou:eci-2"] == {
        "account": "prod",
        "check": "instance-required-tags",
        "severity": "high",
        "section": "4",
        "resource_type": "instance",
        "resource_id": "eci-2",
        "region": "cn-hangzhou",
        "outcome": "failed",
    }
    assert {name: item["outcome"] for name, item in results.items()} == {
        "prod:cn-beijing:*": "unknown",
        "prod:cn-hangzhou:eci-1": "passed",
        "prod:cn-hangzhou:eci-2": "failed",
        "prod:cn-hangzhou:eci-3": "waived",
        "prod:AliyunServiceRoleForECI": "passed",
        "prod:*": "skipped",
    }


def test_hostile_names_reach_neither_terminal_nor_node_ids(runs: Runs) -> None:
    runs.write(
        "snapshots.py",
        ONLY.format(
            rows='row("access", "e\\x1b[31mvil::x[y]\\n\\u202e", "failed", message="bad \\x1b]0;title\\x07", '
            'expectation="prod is not\\ndeleted"), row("access", "x" * 500, "passed")'
        ),
    )
    (first, second) = runs.ids()
    assert (
        first
        == "eci-checks/access::prod:cn-hangzhou:e%1B%5B31mvil:%3Ax%5By%5D%0A%E2%80%AE:prod-is-not-deleted"
    )
    assert len(second) < 250
    for more in (["-vv"], ["-n1", "-rA"]):
        result = runs(*more)
        result.assert_outcomes(failed=1, passed=1)
        assert "\x1b" not in result.stdout.str()
        assert "\u202e" not in result.stdout.str()
    assert runs(first, "-v").ret == 1


@pytest.mark.nightly
def test_remote_workers_need_neither_the_configuration_nor_the_recording(runs: Runs) -> None:
    """A worker in another folder gets everything from its controller, and finds the rsynced tests in its own."""
    runs.write(
        "own/test_own.py", "def test_x(ram_user, request): assert request.path.parts[-3] == 'elsewhere'"
    )
    runs.write("eci-compliance.yaml", (runs.folder / "eci-compliance.yaml").read_text() + "tests: [own]\n")
    (runs.folder / "elsewhere").mkdir()
    result = runs(
        "--tx=popen//chdir=elsewhere",
        "--dist=load",
        "--rsyncdir=own",
        "-p",
        "no:warnings",
        own_process=True,
    )
    result.assert_outcomes(passed=4, failed=1, errors=1, xfailed=1, skipped=1)
    assert runs.sweeps == 1


def test_no_line_begins_with_what_a_name_says(runs: Runs) -> None:
    """CI services take lines that begin in a certain way for commands."""
    name = "x\\n::add-mask::prod"
    runs.write(
        "snapshots.py",
        "from dataclasses import replace\n"
        "def make(request):\n"
        f"    one = row('slr-exists', 'R', 'failed')\n"
        f"    return snapshot(account(rows=(replace(one, resource=replace(one.resource, name='{name}')),)))\n",
    )
    lines = runs("-rA").stdout.lines
    assert any("add-mask" in line for line in lines)
    assert not any(line.startswith("::add-mask") for line in lines)


@pytest.mark.parametrize("workers", [[], ["-n1"]])
def test_a_lone_surrogate_in_an_id_reaches_the_report_of_a_worker(runs: Runs, workers: list[str]) -> None:
    runs.write(
        "snapshots.py",
        """
def make(request):
    odd = row("instance-required-tags", "eci-\\ud800", "failed", expectation="x\\udfff")
    return snapshot(account(rows=(odd,)))
""",
    )
    result = runs("--eci-checks=always", "--junitxml=out.xml", *workers)
    assert result.ret == 1
    result.assert_outcomes(failed=1)
    assert 'name="resource_id" value="eci-\\ud800"' in (runs.folder / "out.xml").read_text()
