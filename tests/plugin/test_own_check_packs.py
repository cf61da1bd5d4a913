"""Packs of own checks, the hook `pytest_eci_report`, and Allure."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.plugin.conftest import Runs

PACK = Path(__file__).parents[2] / "docs" / "examples" / "pack"
CONFIGURATION = """
version: 1
accounts:
  prod: {{account_id: "1098765432109876", mode: replay}}
tests: [{tests}]
"""


def installed_pack(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example pack as pip installs it: the package, and the metadata with its entry point."""
    site = runs.folder / "site"
    shutil.copytree(PACK / "eci_house_rules", site / "eci_house_rules")
    metadata = site / "eci_house_rules-1.0.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: eci-house-rules\nVersion: 1.0.0\n")
    section = (PACK / "pyproject.toml").read_text().partition('[project.entry-points."')[2]
    group, _, rest = section.partition('"]\n')
    name, _, module = rest.splitlines()[0].partition(" = ")
    entry = module.strip('"')
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{name} = {entry}\n")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")


@pytest.mark.parametrize("name", ["house-rules", "eci_house_rules"])
def test_the_example_pack_runs(runs: Runs, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    installed_pack(runs, monkeypatch)
    runs.write("eci-compliance.yaml", CONFIGURATION.format(tests=f"package:{name}"))
    runs("--eci-report=out.json").assert_outcomes(passed=7, failed=1, errors=1, skipped=1, xfailed=1)
    rows = json.loads((runs.folder / "out.json").read_text())["results"]
    own = [(row["check"], row["severity"], row["outcome"]) for row in rows if "house" in row["check"]]
    assert sorted(set(own)) == [
        ("house-no-public-ip", "high", "passed"),
        ("house-user-names", "low", "passed"),
    ]
    assert len(own) == 5


def test_the_example_pack_runs_on_workers(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    installed_pack(runs, monkeypatch)
    runs.write("eci-compliance.yaml", CONFIGURATION.format(tests="package:house-rules"))
    runs("-n1").assert_outcomes(passed=7, failed=1, errors=1, skipped=1, xfailed=1)


@pytest.mark.parametrize("workers", [[], ["-n1"]])
def test_a_pack_without_a_test_is_an_error(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, workers: list[str]
) -> None:
    installed_pack(runs, monkeypatch)
    (runs.folder / "site" / "eci_house_rules" / "test_house_rules.py").unlink()
    runs.write("eci-compliance.yaml", CONFIGURATION.format(tests="package:house-rules"))
    result = runs(*workers)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: tests: package:house-rules: the package has no test*"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("no_such_pack_at_all", "no package and no entry point of*"),
        ("a/b", "*is not a pack: write package:NAME*"),
    ],
)
def test_a_pack_that_is_not_installed_is_an_error(runs: Runs, name: str, text: str) -> None:
    runs.write("eci-compliance.yaml", CONFIGURATION.format(tests=f"package:{name}"))
    result = runs()
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*{text}"])
    assert runs.sweeps == 0


HOOK = """
from pathlib import Path

def pytest_eci_report(report, config):
    with Path("hook.txt").open("a") as file:
        for result in report.results:
            print(result.check, result.resource.id, result.outcome, bool(result.message), file=file)
    assert Path("out.json").exists()
"""


@pytest.mark.parametrize("workers", [[], ["-n1"]])
def test_the_hook_gets_the_report_once(runs: Runs, workers: list[str]) -> None:
    runs.write("conftest.py", HOOK)
    runs("--eci-report=out.json", *workers)
    lines = (runs.folder / "hook.txt").read_text().splitlines()
    assert len(lines) == 6
    assert "instance-required-tags eci-2 failed True" in lines


def test_an_exception_in_the_hook_fails_the_run(runs: Runs) -> None:
    runs.write("conftest.py", "def pytest_eci_report(report, config): raise OSError('no network')\n")
    runs.write("test_own.py", "def test_x(): pass\n")
    result = runs("test_own.py", "--eci-report=out.json")
    assert result.ret == 1
    assert (runs.folder / "out.json").exists()
    result.stdout.fnmatch_lines(["*PytestWarning: pytest_eci_report: OSError: no network*"])
    assert runs("test_own.py", "-W", "error").ret == 1


def test_allure_shows_unknown_as_broken(runs: Runs) -> None:
    pytest.importorskip("allure_pytest")
    runs.write(
        "test_own.py",
        """
import pytest
@pytest.mark.eci_check("one", severity="critical")
def test_x(eci_image_cache): pass
@pytest.mark.eci_check("two", severity="low")
def test_y(eci_account): assert 0
""",
    )
    runs("test_own.py", "--eci-checks=always", "--alluredir=allure", "--eci-report=out.json")
    results = [json.loads(path.read_text()) for path in (runs.folder / "allure").glob("*-result.json")]
    labels = [
        ({label["name"]: label["value"] for label in result["labels"]}, result["status"])
        for result in results
    ]
    seen = {(label["check"], label["severity"], label["section"], status) for label, status in labels}
    assert {
        ("one", "blocker", "own", "broken"),
        ("two", "minor", "own", "failed"),
        ("image-cache-required-tags", "critical", "4", "broken"),
        ("instance-required-tags", "critical", "4", "failed"),
        ("instance-required-tags", "critical", "4", "passed"),
    } <= seen
    rows = json.loads((runs.folder / "out.json").read_text())["results"]
    unknown = next(row for row in rows if row["check"] == "one")
    assert unknown["outcome"] == "unknown"
    assert unknown["remediation"].startswith("Grant eci:DescribeImageCaches")
