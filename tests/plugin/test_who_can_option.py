"""`--eci-who-can` over recordings: the table, the reports, the exit codes."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASSETTES = ROOT / "cassettes"


@pytest.fixture
def ask(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    monkeypatch.setenv("COLUMNS", "200")

    def ask(question: str, *options: str, config: bool = True) -> pytest.RunResult:
        configuration = [f"--eci-config={ROOT / 'eci-compliance.yaml'}"] if config else []
        plugins = ("-p", "no:syrupy", "-p", "no:hypothesispytest")
        return pytester.runpytest_inprocess(*plugins, *configuration, f"--eci-who-can={question}", *options)

    return ask


def test_the_table_names_who_can_and_by_which_statement(ask: Callable[..., pytest.RunResult]) -> None:
    result = ask("eci:DeleteContainerGroup", "--eci-account=demo")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "demo (1928374650918273, synthetic, recorded 2026-03-02T02:00:00Z): who can *on each of 33 instances",
            "  user/chen.jie * all 33 * statement 1 of AliyunECIFullAccess, held through group platform",
            "  user/deploy-production * 24 of 33 * on resource group rg-aek2lanternprod",
            "asked: 22 users and 6 roles",
        ]
    )
    assert "user/li.na" not in result.stdout.str()
    assert "passed" not in result.stdout.str()


def test_reports_hold_the_same(ask: Callable[..., pytest.RunResult], pytester: pytest.Pytester) -> None:
    result = ask(
        "eci:DeleteContainerGroup@eci-bp11hhv83czl6zcrgs7z",
        "--eci-account=demo",
        "--eci-report=who.json",
        "--eci-report=who.csv",
    )
    assert result.ret == 0
    (account,) = json.loads((pytester.path / "who.json").read_text("utf-8"))["who_can"]
    assert (account["account"], account["complete"], account["missing"]) == ("demo", True, [])
    assert account["undecidable"] == []
    platform = next(grant for grant in account["can"] if grant["identity"] == "user/chen.jie")
    assert (platform["policy"], platform["statement"]) == ("AliyunECIFullAccess", 1)
    assert platform["path"]["steps"] == []
    lines = list(csv.DictReader(io.StringIO((pytester.path / "who.csv").read_text("utf-8"))))
    assert [f"{line['identity_type']}/{line['identity']}" for line in lines] == [
        grant["identity"] for grant in account["can"]
    ]
    assert {line["outcome"] for line in lines} == {"yes"}


def test_incomplete_evidence_ends_with_1(ask: Callable[..., pytest.RunResult]) -> None:
    # The auditor of demo-drift does not see Singapore.
    result = ask("eci:DeleteContainerGroup", "--eci-account=demo-drift")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["the evidence is incomplete*"])
    result.stderr.fnmatch_lines(["demo-drift: there may be more*"])


@pytest.mark.parametrize(
    ("question", "options", "hint"),
    [
        ("eci:DeleteContainerGrop", ("--eci-account=demo",), "*did you mean eci:DeleteContainerGroup?"),
        (
            "eci:DeleteContainerGroup@eci-bp11",
            ("--eci-account=demo",),
            "*is recorded*; without @RESOURCE, *",
        ),
        ("eci:DeleteContainerGroup", ("--eci-account=dmo",), "*did you mean demo?"),
        ("eci:DeleteContainerGroup", (), "*needs an account*"),
        ("eci:DeleteContainerGroup", ("--eci-account=demo", "--eci-report=who.html"), "*.json or .csv"),
        ("eci:DeleteContainerGroup", ("--eci-account=demo", "--eci-since=x"), "*leave out --eci-since"),
        ("eci:DeleteContainerGroup", ("--eci-list-checks",), "*leave out --eci-list-checks"),
        ("", ("--eci-account=demo",), "*is not one action*"),
    ],
)
def test_mistakes_end_with_4(
    ask: Callable[..., pytest.RunResult], question: str, options: tuple[str, ...], hint: str
) -> None:
    result = ask(question, *options)
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"ERROR: {hint}"])


def test_any_recording_can_be_asked_without_a_configuration(
    ask: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    shutil.copytree(CASSETTES / "demo", pytester.path / "march" / "demo")
    options = ("--eci-mode=replay", "--eci-cassettes=march", "--eci-account=demo")
    result = ask("eci:DeleteContainerGroup", *options, config=False)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["  user/chen.jie *all 33*"])
    # The directory of the recording itself will do.
    itself = ask("eci:DeleteContainerGroup", "--eci-mode=replay", "--eci-cassettes=march/demo", config=False)
    assert itself.ret == 0
    itself.stdout.fnmatch_lines(["  user/chen.jie *all 33*"])


def test_an_old_recording_of_other_regions_can_be_asked(
    ask: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    text = (
        "version: 1\naccounts:\n  demo:\n    account_id: '1928374650918273'\n    mode: replay\n"
        "    max_age: 1d\n    regions: [cn-hangzhou]\n"
    )
    (pytester.path / "eci-compliance.yaml").write_text(text)
    result = ask("eci:DeleteContainerGroup", f"--eci-cassettes={CASSETTES}", config=False)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["demo (*on each of 33 instances"])
