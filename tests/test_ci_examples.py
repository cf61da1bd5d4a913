"""The examples of CI jobs: their files are read, and their scripts run, with stand-ins for what a CI service offers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_eci_compliance import audit, plugin  # noqa: F401 - audit once, not in every run
from pytest_eci_compliance.report import SUFFIXES

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "examples"
NIGHTLY = {
    "github": "github-nightly.yml",
    "gitlab": "gitlab-nightly.yml",
    "yunxiao": "yunxiao-nightly.yml",
    "jenkins": "jenkins-nightly.Jenkinsfile",
}
PLANS = {
    "github": "plan/github-pull-request.yml",
    "gitlab": "plan/gitlab-merge-request.yml",
    "yunxiao": "plan/yunxiao-merge-request.yml",
    "jenkins": "plan/jenkins-pull-request.Jenkinsfile",
}
EVERY = sorted([*NIGHTLY.values(), *PLANS.values()])
OPTION = re.compile(r"(--(?:eci-[a-z-]+|junitxml))(?:=([^\s)}]*))?")

STAND_INS = {
    # It leaves what pytest would leave, and fails as a run with a finding does.
    "pytest": r"""
        echo "$*" >> "$LOG"
        for option; do
          case $option in
            --eci-since=*) echo "since night $(cat "${option#*=}/manifest.json")" >> "$LOG" || exit 4 ;;
            --eci-plan=*) test -s "${option#*=}" || exit 4 ;;
            --eci-mode=record) mkdir -p cassettes/prod; echo "$NIGHT" > cassettes/prod/manifest.json ;;
            --eci-mode=replay) echo "judged night $(cat cassettes/prod/manifest.json)" >> "$LOG" || exit 4 ;;
            --eci-report=*|--junitxml=*) echo report > "${option#*=}" || exit 4 ;;
          esac
        done
        exit 1
        """,
    "python3": 'case $3 in /*) ;; *) mkdir -p "$3/bin"; touch "$3/bin/activate" ;; esac',
    "terraform": 'case $1 in show) echo "{}" ;; esac',
    "gh": 'case "$1 $2" in "run list") echo 1 ;; "run download") cp -r "$KEPT/cassettes" cassettes ;; esac',
    "aliyun": r"""
        case "$2 $4" in
          "ls "*) ls "$KEPT" ;;
          "cp oss:"*) cp "$KEPT/recording.tar.gz" "$5" ;;
          "cp "*) cp "$4" "$KEPT/recording.tar.gz" ;;
        esac
        """,
    "curl": r"""
        while [ $# -gt 0 ]; do
          case $1 in
            --output) output=$2; shift ;;
            --upload-file) upload=$2; shift ;;
            --header|--write-out|--form|--request) shift ;;
            -*) ;;
            *) address=$1 ;;
          esac
          shift
        done
        case $address in
          *aliyun-cli*) tar -cz --files-from=/dev/null ;;
          *recording.tar.gz)
            if [ -n "$upload" ]; then cp "$upload" "$KEPT/recording.tar.gz"
            elif [ -f "$KEPT/recording.tar.gz" ]; then cp "$KEPT/recording.tar.gz" "$output"; printf 200
            else printf 404
            fi ;;
        esac
        """,
    "pip": "",
    "apk": "",
    "jq": "cat > /dev/null",
}


def text_of(name: str) -> str:
    return (EXAMPLES / name).read_text("utf-8")


def example(name: str) -> dict[str, Any]:
    # GitHub's key `on` is a truth value to YAML 1.1: everything is read as text.
    data = yaml.load(text_of(name), Loader=yaml.BaseLoader)
    assert isinstance(data, dict)
    return data


def shells(name: str) -> Iterator[str]:
    """The text of each shell that a job starts, in their order."""
    if name.endswith("Jenkinsfile"):
        for long, short in re.findall(r"\bsh (?:'''(.*?)'''|'([^'\n]+)')", text_of(name), re.DOTALL):
            yield (long or short).replace("\\\\", "\\")
        return
    data = example(name)
    for job in data.get("jobs", {}).values():
        yield from (step["run"] for step in job["steps"] if "run" in step)
    for stage in data.get("stages", {}).values():
        for job in stage["jobs"].values():
            yield from (step["with"]["run"] for step in job["steps"].values() if step["step"] == "Command")
    if (job := data.get("eci-compliance") or data.get("eci-plan")) is not None:
        yield "\n".join([*job.get("before_script", ()), *job["script"]])
        if "after_script" in job:
            yield "\n".join(job["after_script"])


@dataclass
class Service:
    """A CI service: each run of a job starts in a new folder; `kept` is what its cache and its archive keep."""

    folder: Path
    runs: int = 0
    kept: Path = field(init=False)
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.kept, self.log = self.folder / "kept", self.folder / "log"
        self.kept.mkdir(parents=True)
        programs = self.folder / "bin"
        programs.mkdir()
        for name, script in STAND_INS.items():
            (programs / name).write_text(f"#!/bin/sh\n{script}\n")
            (programs / name).chmod(0o755)

    def run(self, name: str) -> tuple[bool, list[str]]:
        """Run a job. Returns whether a shell failed, and what the stand-in for pytest logged."""
        self.runs += 1
        work = self.folder / f"run-{self.runs}"
        (work / "tmp").mkdir(parents=True)
        self.log.write_text("")
        failed = False
        for shell in shells(name):
            if self.keeps_folders(name) and not (work / "cassettes").exists():
                shutil.copytree(self.kept / "cassettes", work / "cassettes")
            failed |= self._shell(shell, work)
        if (work / "cassettes").exists() and "nightly" in name:
            shutil.copytree(work / "cassettes", self.kept / "cassettes", dirs_exist_ok=True)
        assert {path.name for path in (work / "reports").iterdir()} >= {"junit.xml"}
        assert any(path.suffix == ".html" for path in (work / "reports").iterdir())
        assert not list((work / "reports").glob("*plan*.json"))
        return failed, self.log.read_text().splitlines()

    def keeps_folders(self, name: str) -> bool:
        """Whether a step that is no script brings the recording: a cache of GitHub, an archive of Jenkins."""
        by_step = "actions/cache/restore" in text_of(name) or "copyArtifacts" in text_of(name)
        return by_step and (self.kept / "cassettes").exists()

    def _shell(self, shell: str, work: Path) -> bool:
        local = shell.replace("/tmp/", f"{work}/tmp/").replace("/usr/local/bin", f"{work}/tmp")
        environment = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "LOG": str(self.log),
            "KEPT": str(self.kept),
            "NIGHT": str(self.runs),
            "RUNNER_TEMP": str(work / "tmp"),
            "RECORDING": "https://gitlab.example/recording.tar.gz",
            "TMPDIR": str(work / "tmp"),
        }
        command = ["bash", "-eo", "pipefail", "-c", local]
        done = subprocess.run(
            command, cwd=work, env=environment, capture_output=True, text=True, check=False, timeout=30
        )
        assert "not found" not in done.stderr, done.stderr
        return done.returncode != 0


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    """By CI service: what two nights, and then a plan, called pytest with."""
    if shutil.which("bash") is None:
        pytest.skip("there is no bash to run the scripts")
    by_service = {}
    for service, name in NIGHTLY.items():
        place = Service(tmp_path_factory.mktemp(service) / "ci")
        runs = [place.run(name), place.run(name), place.run(PLANS[service])]
        assert [failed for failed, _ in runs] == [True] * 3, f"{service}: a finding fails the job"
        by_service[service] = [log for _, log in runs]
    return by_service


@pytest.mark.parametrize("service", NIGHTLY)
def test_the_recording_of_a_night_is_used_by_the_next_and_by_the_plan(
    service: str, logs: dict[str, list[list[str]]]
) -> None:
    first, second, plan = logs[service]
    assert len(first) == 1
    assert "--eci-since" not in first[0]
    assert "--eci-since=former/prod" in second[0]
    assert second[1:] == ["since night 1"]
    assert plan[1:] == ["judged night 2"]
    for command in (first[0], second[0], plan[0]):
        assert command.startswith("--eci-account=prod ")
        assert "--junitxml=reports/junit.xml" in command
        assert ".html" in command
    assert "--eci-plan-only-new" in plan[0]


def test_the_commands_run_on_the_demonstration(
    logs: dict[str, list[list[str]]], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of all services as one, with a recording in the place of the cloud."""
    data = yaml.safe_load((ROOT / "eci-compliance.yaml").read_text("utf-8"))
    (pytester.path / "eci-compliance.yaml").write_text(
        yaml.safe_dump({"version": 1, "accounts": {"prod": data["accounts"]["demo"]}})
    )
    shutil.copytree(ROOT / "reviewed", pytester.path / "reviewed")
    for folder in ("cassettes", "former"):
        shutil.copytree(ROOT / "cassettes" / "demo", pytester.path / folder / "prod")
    (pytester.path / "reports").mkdir()
    nights, plans = ({option for log in logs.values() for option in log[run][0].split()} for run in (1, 2))
    nights = {option.replace("--eci-mode=record", "--eci-mode=replay") for option in nights}
    plans = {option for option in plans if not option.startswith("--eci-plan=")}
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    plugin = ("-p", "pytest_eci_compliance.plugin")
    night = pytester.runpytest_inprocess(*plugin, *sorted(nights))
    assert night.ret == 0
    night.stdout.fnmatch_lines(["*permissions since the recording: 0 gained, 0 lost, 0 not compared*"])
    plan = pytester.runpytest_inprocess(
        *plugin, f"--eci-plan={EXAMPLES / 'plan' / 'plan.json'}", *sorted(plans)
    )
    assert plan.ret == 1
    assert "new with the plan" in (pytester.path / "reports" / "plan.md").read_text("utf-8")
    assert {path.name for path in (pytester.path / "reports").iterdir()} == {
        *("eci.html", "eci.json", "eci.sarif", "plan.html", "plan.md", "plan.sarif", "junit.xml")
    }


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


@pytest.fixture(scope="module")
def options() -> dict[str, dict[str, Any]]:
    added = Options()
    plugin.pytest_addoption(added)  # type: ignore[arg-type]
    return added.known


@pytest.mark.parametrize("name", EVERY)
def test_only_options_that_exist_are_used(name: str, options: dict[str, dict[str, Any]]) -> None:
    used = [match for shell in shells(name) for match in OPTION.findall(shell)]
    assert used
    for option, value in used:
        about = options.get(option, {})
        assert option in options or option == "--junitxml"
        assert not about.get("choices") or value in about["choices"]
        assert option != "--eci-report" or Path(value).suffix in SUFFIXES


@pytest.mark.parametrize("name", EVERY)
def test_brackets_are_closed(name: str) -> None:
    """Groovy is read by no parser here, and YAML by one: both have their brackets in pairs."""
    text = re.sub(r"'''.*?'''|#.*|//.*", "", text_of(name), flags=re.DOTALL if "Jenkins" in name else 0)
    for opening, closing in ("{}", "[]"):
        assert text.count(opening) == text.count(closing)


@pytest.mark.parametrize("name", PLANS.values())
def test_a_plan_is_no_artifact(name: str) -> None:
    """It holds secrets: it is written outside of the folder of the job, or not kept."""
    text = text_of(name)
    written = re.findall(r"terraform show -json \S+ > (\S+)", text)
    assert written
    assert all(path.strip('"').startswith(("/tmp/", "$RUNNER_TEMP/", "$plan/")) for path in written)


def test_they_run_every_night_and_keep_their_reports() -> None:
    github, gitlab = example(NIGHTLY["github"]), example(NIGHTLY["gitlab"])["eci-compliance"]
    assert re.fullmatch(r"\d+ \d+ \* \* \*", github["on"]["schedule"][0]["cron"])
    assert github["permissions"]["contents"] == "read"
    assert gitlab["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}]
    assert gitlab["artifacts"]["when"] == "always"
    uploads = [step for step in github["jobs"]["prod"]["steps"] if "upload" in step.get("uses", "")]
    assert uploads
    assert all("!cancelled()" in step["if"] for step in uploads)
    jenkins = text_of(NIGHTLY["jenkins"])
    assert "cron('H 2 * * *')" in jenkins
    assert jenkins.index("always {") < jenkins.index("archiveArtifacts artifacts: 'cassettes/**, reports/**'")
    steps = example(NIGHTLY["yunxiao"])["stages"]["nightly"]["jobs"]["judge"]["steps"]
    assert list(steps) == ["read_and_judge", "reports", "verdict"], "the last step fails, after the upload"
    assert steps["reports"]["with"]["filePath"] == ["reports/"]


@pytest.mark.parametrize("name", [NIGHTLY["yunxiao"], PLANS["yunxiao"]])
def test_a_pipeline_of_flow_has_what_its_syntax_asks_for(name: str) -> None:
    data = example(name)
    (source,) = data["sources"].values()
    assert {"type", "endpoint", "branch", "certificate"} <= source.keys()
    assert ("mergeRequestOpenedOrUpdate" in source.get("triggerEvents", [])) == (name == PLANS["yunxiao"])
    for stage in data["stages"].values():
        for job in stage["jobs"].values():
            assert {"group", "container"} == job["runsOn"].keys()
            assert {step["step"] for step in job["steps"].values()} == {"Command", "ArtifactUpload"}
