"""`--eci-baseline` as people call it."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pytest_eci_compliance import audit, baseline
from pytest_eci_compliance.audit import UsageProblem
from pytest_eci_compliance.audit import plan as audit_plan
from pytest_eci_compliance.config.model import Account as Intent
from tests.baseline.conftest import Desk
from tests.emulator import KINDS, Account, endpoints, generate
from tests.support.runs import Ended, run_pytest

SMALL = generate.Size(
    users=5, groups=2, policies=2, roles=1, resource_groups=2, regions=2, instances=6, image_caches=2
)


@pytest.fixture
def account() -> Account:
    return generate.account(SMALL)


def test_nothing_is_overwritten_and_nothing_is_read(desk: Desk, account: Account) -> None:
    desk.serve(account)
    desk.written.write_text("mine")
    with pytest.raises(UsageProblem, match=r"eci-compliance\.yaml exists, and is not overwritten"):
        desk.baseline()
    assert desk.written.read_text() == "mine"
    desk.written.unlink()
    (desk.folder / "eci-compliance-policies").mkdir()
    with pytest.raises(UsageProblem, match="eci-compliance-policies exists"):
        desk.baseline()
    assert not desk.cloud.calls


def test_a_folder_that_does_not_exist_is_reported_before_the_sweep(desk: Desk, account: Account) -> None:
    desk.serve(account)
    desk.folder.joinpath("reading.yaml").rename(desk.folder / "kept.yaml")
    for path, problem in (("no/such/a.yaml", "does not exist"), ("a.json", "ends in .yaml")):
        with pytest.raises(UsageProblem, match=problem):
            baseline.write(desk.request(config="kept.yaml"), desk.folder / path)
    assert not desk.cloud.calls


def test_several_accounts_are_one_file(desk: Desk, account: Account) -> None:
    other = replace(
        account,
        account_id="1098765432109877",
        alias="other",
        default_resource_group="",
        credentials=(replace(generate.ROOT, access_key_id="LTAI5tOther"),),
    )
    desk.serve(account, other)
    with pytest.raises(UsageProblem, match=r"--eci-account=NAME.*generated, other"):
        desk.baseline()
    with pytest.raises(UsageProblem, match="belong to account"):
        desk.baseline("all")
    desk.baseline("generated", mode="record")
    assert list(desk.loaded().configuration.accounts) == ["generated"]


def test_an_account_that_cannot_be_identified_is_reported(
    desk: Desk, account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.serve(account)
    desk.cloud.faults.add(replace(KINDS["unavailable"], action="sts:GetCallerIdentity"))
    assert desk.baseline() == 1
    assert not desk.written.exists()
    assert "generated: sts:GetCallerIdentity could not be read" in capsys.readouterr().err


def test_a_replay_says_the_same_as_the_reading(desk: Desk, account: Account) -> None:
    desk.serve(account)
    assert desk.baseline(mode="record") == 0
    recorded = desk.text
    shutil.rmtree(desk.folder / "eci-compliance-policies")
    desk.written.unlink()
    desk.cloud.reset()
    assert desk.baseline(mode="replay") == 0
    assert desk.text == recorded.replace("(record)", "(replay)")
    assert not desk.cloud.calls
    assert {row.outcome for row in desk.audit(mode="replay")} <= {"passed", "skipped"}


def test_the_next_command_finds_the_recordings(
    desk: Desk, account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.serve(account)
    assert desk.baseline(mode="record") == 0
    assert "--eci-cassettes" not in capsys.readouterr().out  # the next run is live
    elsewhere = desk.folder / "else where"
    elsewhere.mkdir()
    assert baseline.write(desk.request(mode="replay"), elsewhere / "draft.yaml") == 0
    command = shlex.split(capsys.readouterr().out.splitlines()[-1])
    assert command == [
        "pytest",
        "--eci-account=generated",
        f"--eci-config={elsewhere / 'draft.yaml'}",
        "--eci-mode=replay",
        f"--eci-cassettes={desk.folder / 'cassettes'}",
    ]
    desk.cloud.reset()
    assert command[0] == "pytest"
    run = run_pytest(elsewhere, *command[1:], "-q")
    assert run.returncode == 0, run.stdout + run.stderr
    assert not desk.cloud.calls


def test_the_next_command_is_short_beside_the_recordings(
    desk: Desk, account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.serve(account, mode="record")
    assert desk.baseline() == 0
    command = capsys.readouterr().out.splitlines()[-1].split()
    assert command == ["pytest", "--eci-account=generated", f"--eci-config={desk.written}"]


def test_a_recording_that_never_asked_for_the_linked_roles_is_complete(desk: Desk, account: Account) -> None:
    desk.serve(account, users=[{"match": "*"}])
    request = desk.request("generated", mode="record")
    audit.audit(request, audit.load_configuration(request))
    assert desk.baseline(mode="replay") == 0
    intent = desk.loaded().configuration.accounts["generated"]
    assert intent.service_linked_role is None
    assert "AliyunServiceRoleForECI' could not be read: NotRecorded" in desk.text
    assert {row.outcome for row in desk.audit(mode="replay")} <= {"passed", "skipped"}


def test_without_a_configuration(desk: Desk, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.serve(account)
    monkeypatch.setattr(audit_plan, "Account", partial(Intent, endpoints=endpoints(desk.cloud.url)))
    assert desk.baseline(config=None) == 0
    intent = desk.loaded().configuration.accounts[f"account-{account.account_id}"]
    assert intent.account_id == account.account_id
    assert intent.regions == "all"


def test_without_a_configuration_an_account_can_be_named_recorded_and_replayed(
    desk: Desk, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.serve(account)
    monkeypatch.setattr(audit_plan, "Account", partial(Intent, endpoints=endpoints(desk.cloud.url)))
    assert desk.baseline("prod", mode="record", config=None) == 0
    shutil.rmtree(desk.folder / "eci-compliance-policies")
    desk.written.unlink()
    assert desk.baseline("prod", mode="replay", config=None) == 0
    assert list(desk.loaded().configuration.accounts) == ["prod"]


@pytest.mark.parametrize(
    ("names", "mode", "problem"),
    [
        (("a", "b"), None, "one account can be read"),
        (("all",), None, "one account can be read"),
        (("Prod",), None, "is not an account name"),
        ((), "replay", "name the recording"),
        (("prod",), "replay", "there is no recording"),
    ],
)
def test_mistakes_without_a_configuration(
    desk: Desk, names: tuple[str, ...], mode: str | None, problem: str
) -> None:
    with pytest.raises(UsageProblem, match=problem):
        desk.baseline(*names, mode=mode, config=None)


def test_the_command_line(desk: Desk, account: Account, tmp_path: Path) -> None:
    desk.serve(account)

    def run(*args: str) -> Ended:
        return run_pytest(desk.folder, *args, credential=generate.AUDITOR)

    first = run("--eci-config=reading.yaml", "--eci-baseline=eci-compliance.yaml")
    assert (first.returncode, first.stderr) == (0, "")
    assert "collected" not in first.stdout
    assert "pytest --eci-account=generated --eci-config=" in first.stdout
    again = run("--eci-config=reading.yaml", "--eci-baseline=eci-compliance.yaml")
    assert again.returncode == 4
    assert "Traceback" not in again.stdout + again.stderr
    then = run("--eci-account=generated", "-q")
    assert then.returncode == 0, then.stdout
