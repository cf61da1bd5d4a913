"""The example of an organisation: 20 accounts, read side by side by one identity that assumes a role in each."""

from __future__ import annotations

import json
import pickle
import pickletools
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_eci_compliance.plugin.commands import audit_policy
from pytest_eci_compliance.results import Evidence
from pytest_eci_compliance.snapshot import AccountSnapshot, Snapshot
from tests.emulator import (
    Account,
    Attachment,
    Emulator,
    Group,
    ImageCache,
    Instance,
    Region,
    ResourceGroup,
    User,
    endpoints,
    environment,
)
from tests.emulator.backend import Call
from tests.emulator.documented import ECI_ROLE, ECI_ROLE_GRANT
from tests.emulator.organisation import AUDITOR, organisation
from tests.support.runs import run_pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs/examples/organisation/eci-compliance.yaml"
CONFIGURED: Mapping[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["accounts"]
UNTAGGED, TRUSTED_TOO_MUCH = "search-prod", "billing-test"


def _account(name: str, account_id: str) -> Account:
    """An account as the example intends it, but for the two that are not."""
    tags = {"env": "test" if name.endswith("-test") else "prod", "owner": name}
    grants = [
        ECI_ROLE_GRANT,
        Attachment("AliyunECIReadOnlyAccess", user="anna"),
        Attachment("AliyunECIFullAccess", group="deployers", scope="rg-workloads"),
    ]
    if name == TRUSTED_TOO_MUCH:
        grants.append(Attachment("AliyunECIFullAccess", user="anna"))
    return Account(
        account_id,
        alias=name,
        users=(User("anna"), User("dora")),
        groups=(Group("deployers", ("dora",)),),
        roles=(ECI_ROLE,),
        attachments=tuple(grants),
        resource_groups=(ResourceGroup("rg-workloads", "workloads"),),
        regions=(
            Region(
                "cn-hangzhou",
                instances=tuple(
                    Instance(
                        f"eci-{name}{number}",
                        resource_group="rg-workloads",
                        tags={} if name == UNTAGGED and number else tags,
                    )
                    for number in range(2)
                ),
                image_caches=(ImageCache(f"imc-{name}", resource_group="rg-workloads"),),
            ),
            Region("cn-beijing"),
        ),
    )


@dataclass(frozen=True)
class Ran:
    """A finished run: its exit code, what it printed, its JSON report, and the calls that it made."""

    code: int
    output: str
    report: dict[str, Any]
    calls: Counter[str]

    @property
    def verdicts(self) -> dict[str, str]:
        """Outcomes by node id."""
        return {result["nodeid"]: result["outcome"] for result in self.report["results"]}


class Organisation:
    """The example in a folder of its own, its members served behind one port."""

    def __init__(self, folder: Path, cloud: Emulator) -> None:
        self.folder = folder
        self.cloud = cloud
        served = {"endpoints": endpoints(cloud.url)}
        there = "x-member: &member                       # what every account has in common\n"
        text = EXAMPLE.read_text(encoding="utf-8")
        assert text.count(there) == 1
        served_text = "".join(f"  {line}\n" for line in yaml.safe_dump(served).splitlines())
        (folder / EXAMPLE.name).write_text(text.replace(there, there + served_text), encoding="utf-8")

    def run(self, *arguments: str) -> Ran:
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        before = self.cloud.counts
        done = run_pytest(
            self.folder,
            *("-W", "error", "--eci-account=all", "--eci-report=report.json", *arguments),
            environment={"PYTHONPATH": str(ROOT), **environment(AUDITOR)},
            credential=AUDITOR,
        )
        output = done.stdout + done.stderr
        assert report.exists(), output
        return Ran(done.returncode, output, json.loads(report.read_text()), self.cloud.counts - before)


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    accounts = (_account(name, str(item["account_id"])) for name, item in CONFIGURED.items())
    with Emulator(*organisation(accounts, "eci-auditor", audit_policy()), latency=0.01) as cloud:
        yield Organisation(tmp_path_factory.mktemp("organisation"), cloud)


@pytest.fixture(scope="module")
def alone(members: Organisation) -> Ran:
    """The run in one process."""
    return members.run()


def test_twenty_accounts_are_read_and_judged(alone: Ran) -> None:
    accounts = alone.report["accounts"]
    assert accounts.keys() == CONFIGURED.keys()
    assert len(accounts) == 20
    assert all(account["complete"] for account in accounts.values())
    assert {account["account_id"] for account in accounts.values()} == {
        str(value["account_id"]) for value in CONFIGURED.values()
    }


def test_only_what_is_not_intended_fails(alone: Ran) -> None:
    bad = [result for result in alone.report["results"] if result["outcome"] not in ("passed", "skipped")]
    assert sorted(
        (item["account"], item["check"], item["resource"]["id"], item["outcome"]) for item in bad
    ) == [
        (TRUSTED_TOO_MUCH, "user-intended-policies", "anna", "failed"),
        (UNTAGGED, "instance-required-tags", f"eci-{UNTAGGED}1", "failed"),
    ]
    assert alone.code == 1


def test_one_identity_assumes_one_role_in_each(members: Organisation, alone: Ran) -> None:
    assert alone.calls["sts:AssumeRole"] == alone.calls["sts:GetCallerIdentity"] == 20
    asked = {call.params["RoleArn"] for call in members.cloud.calls if call.action == "AssumeRole"}
    assert asked == {value["credentials"]["assume_role"] for value in CONFIGURED.values()}
    by_identity = {call.access_key_id for call in members.cloud.calls if call.action != "AssumeRole"}
    assert AUDITOR.access_key_id not in by_identity


def test_accounts_are_read_side_by_side(members: Organisation, alone: Ran) -> None:
    assert alone.code == 1
    sessions: dict[str, list[Call]] = {}
    for call in members.cloud.calls:
        sessions.setdefault(call.access_key_id, []).append(call)
    del sessions[AUDITOR.access_key_id]
    spans = sorted((calls[0].time, calls[-1].time) for calls in sessions.values())
    assert any(earlier[1] > later[0] for earlier, later in pairwise(spans))


@pytest.mark.nightly
def test_each_account_is_swept_once_and_no_worker_sweeps(members: Organisation, alone: Ran) -> None:
    spread = members.run("-p", "xdist", "-n", "1")
    assert spread.verdicts == alone.verdicts
    assert spread.calls == alone.calls
    assert spread.code == alone.code


@pytest.mark.nightly
def test_remote_workers_need_neither_configuration_nor_credentials(
    members: Organisation, alone: Ran, tmp_path: Path
) -> None:
    """A worker of another interpreter process, in an empty folder, without the credentials."""
    shutil.rmtree(tmp_path)
    away = f"popen//python={sys.executable}//chdir={tmp_path}//env:ALIBABA_CLOUD_ACCESS_KEY_ID="
    spread = members.run("-p", "xdist", "-d", "--tx", away)
    assert spread.verdicts == alone.verdicts
    assert spread.calls == alone.calls
    assert spread.code == alone.code


def test_workers_load_what_was_read_without_the_sdk() -> None:
    """A worker activates the plugin, and unpickles the snapshot."""
    loaded = (
        "import sys, pytest_eci_compliance.plugin.activation, pytest_eci_compliance.snapshot;"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True, cwd=ROOT
    )
    modules = set(done.stdout.split())
    assert "pytest_eci_compliance" in modules
    assert not modules & {"alibabacloud_tea_openapi", "vcr", "requests", "jinja2", "rich"}


def test_a_snapshot_names_no_module_that_needs_the_sdk() -> None:
    snapshot = Snapshot("2026-01-01T00:00:00Z", (AccountSnapshot("prod", Evidence("live", "1"), None, ()),))
    named = {text for _, text, _ in pickletools.genops(pickle.dumps(snapshot)) if isinstance(text, str)}
    assert "pytest_eci_compliance.snapshot" in named
    assert "pytest_eci_compliance.audit" not in named
