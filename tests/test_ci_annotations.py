"""GitHub's annotations and job summary: bounded, escaped, and at the line that asks."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_eci_compliance.causes import all_lacking
from pytest_eci_compliance.checks import KNOWN_CHECKS
from pytest_eci_compliance.config.loader import Loaded, load
from pytest_eci_compliance.plugin import github
from pytest_eci_compliance.report.model import Report
from pytest_eci_compliance.results import Evidence, Outcome, Resource, Result, Row, Severity
from tests.support.sampling import sample

CONFIGURATION = """\
version: 1
accounts:
  prod:
    account_id: "1098765432109876"
    instances:
      required_tags: {env: prod}
      ram_roles: []
"""
TAGS = "instance-required-tags"


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    path = tmp_path / "ci" / "eci-compliance.yaml"
    path.parent.mkdir()
    path.write_text(CONFIGURATION)
    return load(path, KNOWN_CHECKS)


def result(
    number: int,
    outcome: Outcome = "failed",
    check: str = TAGS,
    message: str = "tag 'env' is missing",
    severity: Severity = "high",
    key: str = "required_tags",
) -> Result:
    resource = Resource("instance", f"eci-{number}", f"web-{number}", "cn-hangzhou")
    path = ("instances", 0, key)
    row = Row("prod", check, severity, "4", resource, outcome, message, "Tag it.", config_path=path)
    return Result(row, f"eci-checks/{check}::prod:cn-hangzhou:eci-{number}")


def report(*results: Result, loaded: Loaded | None = None) -> Report:
    evidence = Evidence("live", "1098765432109876", ("cn-hangzhou",), complete=True)
    return Report("0.1.0", "2026-11-02T06:15:00Z", {"prod": evidence}, results, loaded=loaded)


def emitted(report: Report, **environ: str) -> list[str]:
    lines: list[str] = []
    github.emit(report, environ, lines.append)
    return lines


def test_elsewhere_nothing_is_reported(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    assert emitted(report(result(1)), GITHUB_STEP_SUMMARY=str(summary)) == []
    assert not summary.exists()


def test_what_fails_is_an_error_at_the_line_that_asks(loaded: Loaded) -> None:
    workspace = str(loaded.path.parent.parent)
    (line,) = emitted(report(result(1), loaded=loaded), GITHUB_ACTIONS="true", GITHUB_WORKSPACE=workspace)
    assert line == (
        f"::error file=ci/eci-compliance.yaml,line=6,title={TAGS} failed (high)::"
        "prod: cn-hangzhou eci-1 (web-1): tag 'env' is missing%0AFix: Tag it."
    )


def test_what_could_not_be_judged_is_a_warning_and_the_rest_is_silent(loaded: Loaded) -> None:
    outcomes: tuple[Outcome, ...] = ("passed", "unknown", "waived", "skipped")
    rows = [result(number, outcome) for number, outcome in enumerate(outcomes)]
    (line,) = emitted(report(*rows, loaded=loaded), GITHUB_ACTIONS="true", GITHUB_WORKSPACE="/elsewhere")
    assert line.startswith(f"::warning title={TAGS} unknown (high)::prod: cn-hangzhou eci-1")


def test_many_of_a_kind_are_reported_once() -> None:
    rows = [
        *(result(number) for number in range(40)),
        result(50, check="instance-ram-role", severity="critical"),
    ]
    first, second = emitted(report(*rows), GITHUB_ACTIONS="true")
    assert "instance-ram-role" in first, "the most urgent comes first"
    assert "eci-0" in second
    assert "37 more" in second


def test_github_is_given_no_more_than_it_shows() -> None:
    rows = [
        result(number, outcome, key=f"key{number}")
        for outcome in ("failed", "unknown")
        for number in range(25)
    ]
    lines = emitted(report(*rows), GITHUB_ACTIONS="true")
    for level in ("error", "warning"):
        assert sum(line.startswith(f"::{level} ") for line in lines) == 10
    notices = [line for line in lines if line.startswith("::notice ")]
    assert [re.findall(r"and 15 more results (\w+)", line) for line in notices] == [["failed"], ["unknown"]]


@given(st.text(), st.text())
def test_nobody_elses_text_ends_a_command(message: str, name: str) -> None:
    item = result(1, message=message)
    hostile = replace(item, row=replace(item.row, check=f"{TAGS}{name}", resource=Resource("instance", name)))
    (line,) = emitted(report(hostile), GITHUB_ACTIONS="true")
    assert line.splitlines() == [line]
    assert "\x1b" not in line
    properties, _, data = line.removeprefix("::error ").partition("::")
    assert ":" not in properties
    assert properties.count(",") == 0, "there is a title alone"
    assert not re.search(r"%(?!25|0A|0D|3A|2C)", properties + data)


def test_the_report_is_appended_to_the_summary(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# Before\n")
    emitted(report(result(1)), GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    text = summary.read_text()
    assert text.startswith("# Before\n\n# ")
    assert "eci-1" in text


@pytest.mark.parametrize(
    ("before", "rows"),
    sample([(500_000, 1500), (0, 3000), (1024 * 1024 - 20, 100), (2 * 1024 * 1024, 100)], every=2),
)
def test_a_summary_never_outgrows_what_github_keeps(tmp_path: Path, before: int, rows: int) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("x" * before)
    results = (result(number, message=f"{'wide ' * 100}{number}") for number in range(rows))
    emitted(report(*results), GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert summary.stat().st_size <= max(before + 1, 1024 * 1024)
    if before == 500_000:
        assert summary.read_text().endswith("see the report.\n")


def test_a_summary_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (line,) = emitted(report(), GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(tmp_path))
    assert line.startswith("::warning::the summary of the job could not be written: ")


def test_a_cause_of_missing_evidence_is_one_warning(loaded: Loaded) -> None:
    causes = all_lacking(["ram:ListUsers"])
    unknown = [result(number, "unknown") for number in range(30)]
    blind = [replace(item, row=replace(item.row, causes=causes)) for item in unknown]
    (line,) = github.commands(report(*blind, loaded=loaded), "")
    assert line == (
        "::warning title=evidence is missing%3A auditor-visibility::prod: the auditing identity lacks 1 permission"
        " (ram:ListUsers): attach the policy of `--eci-audit-policy`; 30 results depend on it"
    )
