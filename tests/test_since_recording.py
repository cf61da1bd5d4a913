"""`--eci-since` with a former recording: permissions gained and lost, in all reports, and the exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml

from pytest_eci_compliance.report import as_json
from tests.support.runs import Ended, run_pytest

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads(Path(as_json.__file__).with_name("schema.json").read_text("utf-8"))


def run(folder: Path, *options: str) -> Ended:
    return run_pytest(folder, "-q", *options)


@pytest.fixture(scope="module")
def drifted(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Ended, dict[str, str]]:
    """A run of the drifted demonstration with the recording of a month before."""
    folder = tmp_path_factory.mktemp("drifted")
    reports = [f"--eci-report={folder / 'r'}.{suffix}" for suffix in ("json", "md", "html", "csv", "sarif")]
    ended = run(ROOT, "--eci-account=demo-drift", "--eci-since=cassettes/demo", "--tb=no", *reports)
    return ended, {path.suffix[1:]: path.read_text("utf-8") for path in folder.glob("r.*")}


def test_what_was_gained_is_listed_with_its_cause_in_every_report(
    drifted: tuple[Ended, dict[str, str]],
) -> None:
    ended, reports = drifted
    assert ended.returncode == 1
    data = json.loads(reports["json"])
    jsonschema.validate(data, SCHEMA)
    gained = {
        (permission["identity"], permission["action"]): permission
        for permission in data["permissions"]["gained"]
    }
    permission = gained["user/li.na", "eci:DeleteContainerGroup"]
    assert (permission["account"], permission["where"], permission["condition"]) == (
        "demo-drift",
        "account",
        None,
    )
    assert permission["cause"] == "grant: AliyunECIFullAccess attached to user/li.na on the whole account"
    assert gained["user/shen.hao", "eci:DeleteContainerGroup"]["cause"] == "new identity: user/shen.hao"
    assert (
        gained["user/deploy-production", "ram:PassRole"]["cause"] == "document: Custom/PassShopRole changed"
    )
    permission = next(
        permission
        for permission in data["permissions"]["gained"]
        if (permission["identity"], permission["where"]) == ("user/xu.ming", "user/deploy-production")
    )
    assert (permission["action"], permission["condition"]) == ("reach", None)
    assert permission["cause"].startswith("path: exec-in-instance ")
    assert "create-access-key deploy-production" in permission["cause"]
    lost = {
        (permission["identity"], permission["action"], permission["where"])
        for permission in data["permissions"]["lost"]
    }
    assert ("user/guo.tao", "reach", "role/ECIRamRoleTest") in lost
    # The recording of before lacks a region that only `deletable` asks for; whether ListTagResources looks at tags is
    # an open question.
    unread = data["permissions"]["not_compared"]
    assert {(entry["identity"], entry["action"], entry["cause"]) for entry in unread} == {
        ("*", None, "then: the list was not read there"),
        (
            "user/he.jing",
            "eci:ListTagResources",
            "not decided: whether the call shows acs:ResourceTag/env to conditions",
        ),
    }
    for suffix in ("md", "html", "csv", "sarif"):
        assert "user/li.na" in reports[suffix] or "li.na,li.na" in reports[suffix] or suffix == "csv"
        assert "AliyunECIFullAccess attached to user/li.na on the whole account" in reports[suffix]
    counts = f"{len(data['permissions']['gained'])} gained, {len(data['permissions']['lost'])} lost"
    assert f"permissions since the recording: {counts}, {len(unread)} not compared" in ended.stdout


def test_reports_for_people_lead_with_what_changed(
    drifted: tuple[Ended, dict[str, str]],
) -> None:
    _, reports = drifted
    assert reports["md"].index("## Permissions since the recording") < reports["md"].index("## Since ")
    assert reports["html"].index('id="permissions"') < reports["html"].index('id="since"')


def test_findings_are_compared_by_judging_the_former_evidence_today(
    drifted: tuple[Ended, dict[str, str]],
) -> None:
    _, reports = drifted
    since = json.loads(reports["json"])["since"]
    assert (since["report"], since["started"]) == ("cassettes/demo", "2026-03-02T02:00:00Z")
    new = {(item["check"], item["resource"]["id"]) for item in since["new"]}
    assert ("custom-policy", "Custom/PassShopRole") in new


def test_the_same_recording_changes_nothing() -> None:
    ended = run(ROOT, "--eci-account=demo", "--eci-since=cassettes/demo", "--eci-fail-on-gain")
    assert ended.returncode == 0, ended.stdout
    assert "permissions since the recording: 0 gained, 0 lost, 0 not compared" in ended.stdout


def test_a_gain_makes_the_exit_code_1_where_that_is_asked_for() -> None:
    options = (
        "--eci-account=demo-drift",
        "--eci-since=cassettes/demo",
        "-k",
        "slr-exists and AliyunServiceRoleForECI and not Vnode",
    )
    assert run(ROOT, *options).returncode == 0
    assert run(ROOT, *options, "--eci-fail-on-gain").returncode == 1


def test_a_recording_of_another_account_or_none_is_refused(tmp_path: Path) -> None:
    data = yaml.safe_load((ROOT / "eci-compliance.yaml").read_text("utf-8"))
    shutil.copytree(ROOT / "reviewed", tmp_path / "reviewed")
    data["accounts"]["demo"]["account_id"] = "1"
    data["accounts"]["demo"]["mode"] = "live"
    (tmp_path / "eci-compliance.yaml").write_text(yaml.safe_dump(data))
    ended = run(tmp_path, "--eci-account=demo", f"--eci-since={ROOT / 'cassettes' / 'demo'}")
    assert ended.returncode == 4
    assert "was recorded from account 1928374650918273" in ended.stdout + ended.stderr
    ended = run(ROOT, "--eci-account=demo", f"--eci-since={tmp_path}")
    assert ended.returncode == 4
    assert "manifest.json" in ended.stdout + ended.stderr
    ended = run(ROOT, "--eci-account=demo", "--eci-fail-on-gain")
    assert ended.returncode == 4


def test_a_damaged_recording_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "demo"
    shutil.copytree(ROOT / "cassettes" / "demo", copy)
    (ram,) = copy.glob("ram.*.json")
    ram.write_text(ram.read_text("utf-8").replace("deploy-test", "deploy-tesT", 1), "utf-8")
    ended = run(ROOT, "--eci-account=demo", f"--eci-since={copy}")
    assert ended.returncode == 4, ended.stdout
