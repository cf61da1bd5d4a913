"""The examples of nightly jobs: YAML that the CI systems read, and options that there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_eci_compliance import plugin
from pytest_eci_compliance.report import SUFFIXES

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
NAMES = ("github-nightly.yml", "gitlab-nightly.yml")
PLANS = ("plan/github-pull-request.yml", "plan/gitlab-merge-request.yml")


class Options:
    """What the plugin adds to pytest's command line."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Any]] = {}

    def getgroup(self, *_: str) -> Options:
        return self

    def addoption(self, name: str, **about: Any) -> None:
        self.known[name] = about

    def addini(self, *_: str, **__: Any) -> None:
        pass


@pytest.fixture
def options() -> dict[str, dict[str, Any]]:
    found = Options()
    plugin.pytest_addoption(found)  # type: ignore[arg-type]
    return found.known


def example(name: str) -> dict[str, Any]:
    # GitHub's key `on` is a truth value to YAML 1.1: everything is read as text.
    data = yaml.load((EXAMPLES / name).read_text("utf-8"), Loader=yaml.BaseLoader)
    assert isinstance(data, dict)
    return data


def scripts(name: str) -> Iterator[str]:
    data = example(name)
    for job in data.get("jobs", {}).values():
        yield from (step["run"] for step in job["steps"] if "run" in step)
    job = data.get("eci-compliance") or data.get("eci-plan") or {}
    yield from (*job.get("before_script", ()), *job.get("script", ()), *job.get("after_script", ()))


@pytest.mark.parametrize("name", NAMES)
def test_only_options_that_exist_are_used(name: str, options: dict[str, dict[str, Any]]) -> None:
    used = [found for one in scripts(name) for found in re.findall(r"(--[a-z][a-z-]*)(?:=([^\s)}]*))?", one)]
    own = [(option, value) for option, value in used if option.startswith("--eci-")]
    assert {"--eci-account", "--eci-report", "--eci-since"} <= {option for option, _ in own}
    for option, value in own:
        assert option in options
        assert not options[option].get("choices") or value in options[option]["choices"]
        assert option != "--eci-report" or Path(value).suffix in SUFFIXES
    assert {option for option, _ in used} - set(options) == {"--junitxml"}


@pytest.mark.parametrize("name", PLANS)
def test_jobs_of_a_plan_use_options_that_exist(name: str, options: dict[str, dict[str, Any]]) -> None:
    used = [found for one in scripts(name) for found in re.findall(r"(--eci-[a-z-]+)(?:=([^\s)}]*))?", one)]
    assert {"--eci-account", "--eci-plan", "--eci-plan-only-new", "--eci-report"} <= {
        option for option, _ in used
    }
    for option, value in used:
        assert option in options
        assert option != "--eci-report" or Path(value).suffix in SUFFIXES


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_is_no_artifact(name: str) -> None:
    """It holds secrets."""
    text = (EXAMPLES / name).read_text("utf-8")
    assert "upload-artifact" not in text
    assert "terraform show -json" in text
    assert "plan.json" not in str(example(name).get("eci-plan", {}).get("artifacts"))


@pytest.mark.parametrize("name", [*NAMES, *PLANS])
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash to read the scripts")
def test_the_scripts_are_scripts(name: str) -> None:
    some = list(scripts(name))
    assert some
    for one in some:
        subprocess.run(["bash", "-n"], input=one, text=True, check=True)


def test_they_run_every_night_and_keep_what_they_found() -> None:
    github, gitlab = example(NAMES[0]), example(NAMES[1])["eci-compliance"]
    assert re.fullmatch(r"\d+ \d+ \* \* \*", github["on"]["schedule"][0]["cron"])
    assert github["permissions"]["contents"] == "read"
    assert gitlab["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}]
    assert gitlab["artifacts"]["when"] == "always"
    uploads = [step for step in github["jobs"]["prod"]["steps"] if "upload" in step.get("uses", "")]
    assert uploads
    assert all("!cancelled()" in step["if"] for step in uploads)
