"""`--eci-plan` from end to end, over the recording of the demonstration and over the emulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pytest_eci_compliance import audit
from tests.change.plan_writer import Writer, change, plan
from tests.change.planned_rows import HERE
from tests.change.small import ACCOUNT, INTENT, PROD
from tests.emulator import Attachment, Policy, Role
from tests.emulator.documented import allow, document, trust
from tests.evidence.sandbox import Sandbox
from tests.support.runs import run_pytest

ROOT = HERE.parents[1]
PLANS = HERE / "plans"
SCHEMA = json.loads((ROOT / "pytest_eci_compliance/report/schema.json").read_text(encoding="utf-8"))
BY_TAG = "user-intended-policies"


@dataclass(frozen=True)
class Run:
    code: int
    output: str
    folder: Path

    def report(self, suffix: str) -> str:
        return (self.folder / f"report.{suffix}").read_text(encoding="utf-8")

    @property
    def data(self) -> Any:
        return json.loads(self.report("json"))

    def marked(self, mark: str) -> list[tuple[str, str, str]]:
        rows = [row for row in self.data["results"] if row.get("plan") == mark]
        return sorted((row["check"], row["resource"]["id"], row["outcome"]) for row in rows)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Run]:
    """Runs the demonstration with reports of every format."""

    def runs(*options: str, account: str = "demo") -> Run:
        reports = [
            f"--eci-report={tmp_path / f'report.{suffix}'}"
            for suffix in ("json", "md", "html", "csv", "sarif")
        ]
        done = run_pytest(
            ROOT, f"--eci-account={account}", *reports, *options, environment={"COLUMNS": "200"}
        )
        return Run(done.returncode, done.stdout + done.stderr, tmp_path)

    return runs


def test_full_access_and_a_membership(run: Callable[..., Run]) -> None:
    done = run(f"--eci-plan={PLANS / 'members_and_full_access.json'}")

    assert done.code == 1
    assert done.marked("new with the plan") == [
        ("access", "li.na", "failed"),
        ("access", "li.na", "failed"),
        ("tag-policy", "Custom/ECITestByTag", "failed"),
        # Exec into the instances that carry ECIRamRoleReports and ECIRamRoleShop.
        ("user-escalation", "li.na", "failed"),
        ("user-intended-policies", "li.na", "failed"),
    ]
    assert len(done.data["results"]) == 313
    assert "eci planned: demo: planned, from members_and_full_access.json: 2 changes" in done.output
    assert "New with the plan, by alicloud_ram_" in done.output
    jsonschema.validate(done.data, SCHEMA)


def test_every_report_says_that_the_account_is_planned(run: Callable[..., Run]) -> None:
    """Sample (c): the stale twins, a deletion of what is not there, a new instance."""
    done = run(f"--eci-plan={PLANS / 'policy_loses_conditions.json'}")

    assert [row[:2] for row in done.marked("new with the plan")] == [
        ("access", "ci-preview"),
        ("access", "guo.tao"),
        ("access", "guo.tao"),
        ("access", "he.jing"),
        ("access", "he.jing"),
        ("custom-policy", "Custom/ECITestByTag"),
        ("instance-required-tags", "planned:alicloud_eci_container_group.web"),
        ("user-escalation", "ci-preview"),
        ("user-escalation", "guo.tao"),
        ("user-escalation", "he.jing"),
    ]
    assert len(done.data["results"]) == 314
    assert {note["kind"] for note in done.data["planned"]["demo"]["notes"]} == {"not there", "contradiction"}
    for suffix in ("md", "html", "csv", "sarif"):
        assert "planned, from policy_loses_conditions.json: 3 changes" in done.report(suffix)
    text = done.report("md")
    assert len(text) < 65_536
    assert text.index("New with the plan") < text.index("## Permissions that the plan changes")
    assert text.index("## Permissions that the plan changes") < text.index("## Failed and unknown")
    results = json.loads(done.report("sarif"))["runs"][0]["results"]
    new = [entry for entry in results if entry["properties"].get("plan")]
    assert all("alicloud_" in entry["message"]["text"] for entry in new)
    assert all(entry["locations"][0]["physicalLocation"] for entry in new)
    jsonschema.validate(done.data, SCHEMA)


def test_references_are_resolved_and_shown(run: Callable[..., Run]) -> None:
    done = run(f"--eci-plan={PLANS / 'policy_on_group.json'}")

    assert done.marked("new with the plan") == [
        ("custom-policy", "Custom/ECIDeployTest", "failed"),
        (BY_TAG, "deploy-test", "failed"),
    ]
    kinds = [note["kind"] for note in done.data["planned"]["demo"]["notes"]]
    assert kinds == ["inferred", "inferred"]


def test_only_new_rows_decide(run: Callable[..., Run], tmp_path: Path) -> None:
    """demo-drift fails as it is; a plan that changes nothing adds no failure."""
    harmless = tmp_path / "harmless.yaml"
    harmless.write_text("eci-change: 1\nusers: [{name: someone.new}]\n", encoding="utf-8")
    worse = tmp_path / "worse.yaml"
    worse.write_text(
        "eci-change: 1\nattach: [{policy: AliyunECIFullAccess, user: deng.rui}]\n", encoding="utf-8"
    )

    only_new = run(f"--eci-plan={harmless}", "--eci-plan-only-new", account="demo-drift")
    assert only_new.marked("new with the plan") == []
    assert "failed" in {row["outcome"] for row in only_new.data["results"]}

    new = run(f"--eci-plan={worse}", "--eci-plan-only-new", account="demo-drift")
    assert (only_new.code, new.code) == (0, 1)
    assert (BY_TAG, "deng.rui", "failed") in new.marked("new with the plan")


def test_stopped_runs_prove_nothing(run: Callable[..., Run], tmp_path: Path) -> None:
    harmless = tmp_path / "harmless.yaml"
    harmless.write_text("eci-change: 1\n", encoding="utf-8")

    assert run(f"--eci-plan={harmless}", "--eci-plan-only-new", "-x", account="demo-drift").code == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--eci-mode=record",), "--eci-mode=record"),
        (("--eci-baseline=x.yaml",), "--eci-baseline"),
    ],
)
def test_what_a_plan_is_not_combined_with(
    run: Callable[..., Run], options: tuple[str, ...], words: str
) -> None:
    done = run(f"--eci-plan={PLANS / 'policy_on_group.json'}", *options)

    assert done.code == 4
    assert words in done.output
    assert "Traceback" not in done.output


def test_a_plan_of_another_account_is_refused(run: Callable[..., Run], tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    text = (PLANS / "policy_on_group.json").read_text(encoding="utf-8")
    path.write_text(text.replace("1928374650918273", "1111111111111111"), encoding="utf-8")
    done = run(f"--eci-plan={path}")

    assert done.code == 4
    assert "account 1111111111111111" in done.output


def planned(sandbox: Sandbox, data: object, mode: str) -> audit.AccountSnapshot:
    path = sandbox.folder / "plan.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    request = replace(sandbox.request(mode), plans=(path,))
    (snapshot,) = audit.audit(request, audit.load_configuration(request), timing=sandbox.timing).accounts
    return snapshot


def test_live_what_only_the_plan_needs_is_read(sandbox_of: Callable[..., Sandbox]) -> None:
    """A system policy that nobody had, and the trust policy of a role that no instance carried; replayed, unknown."""
    held = Policy("AliyunNewAccess", document(allow("eci:Delete*")), type="System")
    account = replace(ACCOUNT, policies=(*ACCOUNT.policies, held))
    writer = Writer(account)
    writer.attach(Attachment("AliyunNewAccess", user="dave"))
    writer.add_instance("carrier", PROD, {"env": "prod"}, "judged", {})
    sandbox = sandbox_of(account).configure(**{**INTENT, "roles": None})
    sandbox.audit("record")

    live = {(row.check, row.resource.id): row.outcome for row in planned(sandbox, writer.plan, "live").rows}
    replayed = {
        (row.check, row.resource.id): row.outcome for row in planned(sandbox, writer.plan, "replay").rows
    }
    carrier = "planned:alicloud_eci_container_group.r1"

    assert live["access", "dave"] == "failed"
    assert live["instance-ram-role", carrier] == "failed"
    assert replayed["access", "dave"] == "unknown"
    assert replayed["instance-ram-role", carrier] in ("failed", "unknown")


def test_live_what_escalation_newly_needs_is_read(sandbox_of: Callable[..., Sandbox]) -> None:
    """The trust of a role that nobody could act as, and the versions of a policy that nobody could switch."""
    account = replace(ACCOUNT, roles=(*ACCOUNT.roles, Role("spare", trust("ecs.aliyuncs.com"))))
    writer = Writer(account)
    lend = {"Effect": "Allow", "Action": "ram:PassRole", "Resource": "acs:ram:*:*:role/spare"}
    switch = {"Effect": "Allow", "Action": "ram:SetDefaultPolicyVersion", "Resource": "*"}
    writer.add_policy("Fresh", document(allow("eci:CreateContainerGroup"), lend, switch), "policy_document")
    writer.attach(Attachment("Custom/Fresh", user="carol"))
    intent = {**INTENT, "roles": None, "instances": None}
    after = planned(sandbox_of(account).configure(**intent), writer.plan, "live")
    changed = sandbox_of(writer.account).configure(**intent).audit("live")

    row, expected = (
        next(row for row in rows if (row.check, row.resource.id) == ("user-escalation", "carol"))
        for rows in (after.rows, changed.rows)
    )
    assert (row.outcome, row.message) == (expected.outcome, expected.message)
    assert row.outcome == "failed"
    assert "role/spare" in row.message


def test_the_account_as_it_is_stays_what_it_is(sandbox_of: Callable[..., Sandbox]) -> None:
    """What is fixed, and what goes with its resource."""
    sandbox = sandbox_of(ACCOUNT).configure(**INTENT)
    instances = ACCOUNT.regions[0].instances
    retag = change(
        "alicloud_eci_container_group",
        "bare",
        ("update",),
        before={"id": instances[2].id, "tags": None, "resource_group_id": PROD},
        after={"id": instances[2].id, "tags": {"env": "prod"}, "resource_group_id": PROD},
    )
    gone = change("alicloud_eci_image_cache", "c", ("delete",), before={"id": "imc-web0001"})
    snapshot = planned(sandbox, plan(retag, gone), "live")

    fixed = [(row.check, row.resource.id) for row in snapshot.rows if row.plan == "fixed by the plan"]
    assert fixed == [("instance-required-tags", "eci-bare0001")]
    assert snapshot.plan is not None
    assert snapshot.plan.gone == () or {row.resource.id for row in snapshot.plan.gone} == {"imc-web0001"}
