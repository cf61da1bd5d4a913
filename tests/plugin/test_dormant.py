"""Installed but unused: nothing is imported, nothing is hooked, nothing is in the way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.plugin.conftest import Runs

SPY = """
import json, sys

def pytest_unconfigure(config):
    hooks = sorted(
        caller.name
        for plugin in config.pluginmanager.get_plugins()
        if "eci_compliance" in (getattr(plugin, "__name__", "") + type(plugin).__module__)
        for caller in config.pluginmanager.get_hookcallers(plugin) or ()
    )
    with open("spied.json", "w") as file:
        json.dump({"hooks": hooks, "modules": sorted(sys.modules)}, file)
"""
HEAVY = (
    "alibabacloud",
    "darabonba",
    "Tea",
    "vcr",
    "pydantic",
    "jinja2",
    "rich",
    "requests",
    "yaml",
    "asyncio",
)
OF_OURS = [
    "pytest_eci_compliance",
    "pytest_eci_compliance.plugin",
    "pytest_eci_compliance.plugin.fixtures",
    "pytest_eci_compliance.plugin.hooks",
]


@pytest.fixture
def alone(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """Runs pytest with no other plugin than ours."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(*args: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess("-p", "pytest_eci_compliance.plugin", *args)

    return run


@pytest.mark.parametrize(
    "options", [[], ["--eci-mode=live", "--eci-config=nowhere.yaml", "--eci-checks=always"]]
)
def test_nothing_is_imported_and_no_hook_runs_per_test(
    alone: Callable[..., pytest.RunResult], pytester: pytest.Pytester, options: list[str]
) -> None:
    pytester.makeconftest(SPY)
    pytester.makepyfile("def test_x(): pass")
    alone(*options).assert_outcomes(passed=1)
    spied = json.loads((pytester.path / "spied.json").read_text())
    assert spied["hooks"] == [
        "pytest_addhooks",
        "pytest_addoption",
        "pytest_cmdline_main",
        "pytest_configure",
    ]
    assert [module for module in spied["modules"] if module.startswith(HEAVY)] == []
    assert [module for module in spied["modules"] if module.startswith("pytest_eci_compliance")] == OF_OURS


def test_the_spy_sees_an_active_plugin(runs: Runs) -> None:
    """Else the test above could not fail."""
    runs.write("conftest.py", SPY)
    runs()
    spied = json.loads((runs.folder / "spied.json").read_text())
    assert "pytest_runtest_logreport" in spied["hooks"]
    assert [module for module in spied["modules"] if module.startswith("pydantic")]


def test_the_package_itself_imports_nothing() -> None:
    code = "import sys; before = set(sys.modules); import pytest_eci_compliance; print(*set(sys.modules) - before)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    imported = {name for name in out.split() if name.partition(".")[0] not in sys.stdlib_module_names}
    assert imported == {"pytest_eci_compliance"}
    assert "asyncio" not in out.split()


FIXTURES = [
    "eci_account",
    "eci_instance",
    "eci_image_cache",
    "eci_virtual_node",
    "ram_user",
    "ram_group",
    "ram_role",
    "ram_policy",
    "resource_group",
    "eci_access",
]


@pytest.mark.parametrize("name", FIXTURES)
def test_without_an_account_the_fixtures_skip(runs: Runs, name: str) -> None:
    runs.write("test_own.py", f"def test_x({name}): assert 0")
    result = runs("-rs", "-v", account=None)
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["test_own.py::test_x SKIPPED*", "*: pass --eci-account=NAME"])


@pytest.mark.parametrize("account", [None, "prod"])
def test_the_fixtures_are_documented(runs: Runs, account: str | None) -> None:
    text = runs("--fixtures", account=account).stdout.str()
    for name in FIXTURES:
        assert f"{name} [session scope]" in text
    assert "no docstring available" not in text.partition("fixtures defined from pytest_eci_compliance")[2]
    assert "One test per instance: `test_x[prod:cn-hangzhou:eci-2ze…]`" in text


def test_help_survives_a_broken_configuration(runs: Runs) -> None:
    runs.write("eci-compliance.yaml", "accounts: [")
    for option in ("--help", "--version", "--markers"):
        result = runs(option)
        assert result.ret == 0
    assert "--eci-account" in runs("--help").stdout.str()
    assert runs().ret == 4


def test_a_dormant_plugin_reads_no_configuration(runs: Runs) -> None:
    runs.write("eci-compliance.yaml", "accounts: [")
    runs.write("test_own.py", "def test_x(): pass")
    result = runs(account=None)
    result.assert_outcomes(passed=1)
    assert "eci" not in result.stdout.str().replace("eci-compliance", "")


def test_it_can_be_switched_off(runs: Runs) -> None:
    runs.write("test_own.py", "def test_x(): pass")
    result = runs.pytester.runpytest_inprocess("-p", "no:eci_compliance")
    result.assert_outcomes(passed=1)
    assert runs.pytester.runpytest_inprocess("-p", "no:eci_compliance", "--eci-account=prod").ret == 4


@pytest.mark.parametrize("option", ["--eci-report=x.json", "--eci-since=x.json"])
def test_a_report_of_nothing_is_a_mistake(runs: Runs, option: str) -> None:
    result = runs(option, account=None)
    assert result.ret == 4
    result.stderr.fnmatch_lines(
        [f"ERROR: {option.partition('=')[0]} needs an account: add --eci-account=NAME"]
    )


def test_markers_are_registered(runs: Runs) -> None:
    runs.write("test_own.py", "import pytest\n@pytest.mark.eci_high\n@pytest.mark.eci\ndef test_x(): pass")
    runs("--strict-markers", account=None).assert_outcomes(passed=1)


def test_showing_the_fixtures_reads_no_account(runs: Runs) -> None:
    assert runs("--fixtures").ret == 0
    assert runs.sweeps == 0
