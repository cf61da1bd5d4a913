"""Packs of own checks, and the hook `pytest_eci_report`."""

from __future__ import annotations

import json
import shutil
import zipfile
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


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example pack, built by its own build backend, without network."""
    folder = tmp_path_factory.mktemp("pack")
    shutil.copytree(PACK, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    build_wheel = pytest.importorskip("hatchling.build").build_wheel
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder / "source")
        return folder / str(build_wheel(str(folder)))


def install(wheel: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a wheel into a virtual environment inside of the project, where most people have theirs.

    A wheel without scripts and data is installed by unpacking it.
    """
    environment = runs.folder / ".venv"
    site = environment / "lib" / "python3" / "site-packages"
    shutil.unpack_archive(wheel, site, "zip")
    (environment / "pyvenv.cfg").write_text("home = /usr/bin\n")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")
    return site


def test_the_wheel_names_the_pack(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        text = archive.read(metadata).decode()
    assert {"eci_house_rules/__init__.py", "eci_house_rules/test_house_rules.py"} <= names
    assert "Requires-Dist: pytest-eci-compliance\n" in text


@pytest.mark.parametrize("name", ["house-rules", "eci_house_rules"])
def test_the_example_pack_runs(runs: Runs, monkeypatch: pytest.MonkeyPatch, wheel: Path, name: str) -> None:
    install(wheel, runs, monkeypatch)
    runs.write("eci-compliance.yaml", CONFIGURATION.format(tests=f"package:{name}"))
    runs("--eci-report=out.json").assert_outcomes(passed=7, failed=1, errors=1, skipped=1, xfailed=1)
    rows = json.loads((runs.folder / "out.json").read_text())["results"]
    own = [(row["check"], row["severity"], row["outcome"]) for row in rows if "house" in row["check"]]
    assert sorted(set(own)) == [
        ("house-no-public-ip", "high", "passed"),
        ("house-user-names", "low", "passed"),
    ]
    assert len(own) == 5


def test_the_example_pack_runs_on_workers(runs: Runs, monkeypatch: pytest.MonkeyPatch, wheel: Path) -> None:
    install(wheel, runs, monkeypatch)
    runs.write("eci-compliance.yaml", CONFIGURATION.format(tests="package:house-rules"))
    runs("-n1", own_process=True).assert_outcomes(passed=7, failed=1, errors=1, skipped=1, xfailed=1)


@pytest.mark.parametrize("workers", [[], pytest.param(["-n1"], marks=pytest.mark.nightly)])
def test_a_pack_without_a_test_is_an_error(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, wheel: Path, workers: list[str]
) -> None:
    site = install(wheel, runs, monkeypatch)
    (site / "eci_house_rules" / "test_house_rules.py").unlink()
    runs.write("eci-compliance.yaml", CONFIGURATION.format(tests="package:house-rules"))
    result = runs(*workers, own_process=bool(workers))
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
