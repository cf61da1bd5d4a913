"""Files that are no whole, good plan are refused, with the file, the key and the remedy, and nothing of the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance.change.judging import load_changes
from pytest_eci_compliance.change.loading import load_plan_file
from pytest_eci_compliance.change.model import PlanError
from tests.change.plan_writer import change, plan
from tests.change.planned_rows import ACCOUNT_ID, HERE, laid

SECRET = "correct-horse-7731"
USER = change("alicloud_ram_user", "x", ("create",), after={"name": "new"}, unknown={"id": True})
ONE = {"prod": ACCOUNT_ID}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04" + SECRET.encode(), "binary plan"),
        (json.dumps({**plan(USER), "errored": True, "variables": {"x": {"value": SECRET}}}), "errored"),
        (
            json.dumps({"format_version": "1.0", "terraform_version": "1.9.0", "values": {"x": SECRET}}),
            "a state, not a plan",
        ),
        (json.dumps({"version": 4, "serial": 1, "lineage": SECRET, "resources": []}), "a state, not a plan"),
        (json.dumps({**plan(USER), "format_version": "2.0"}), "format_version"),
        (json.dumps({**plan(USER), "format_version": "0.2"}), "format_version"),
        (
            json.dumps({"@level": "info", "@message": SECRET}) + "\n" + json.dumps({"@level": "info"}),
            "plan -json",
        ),
        (json.dumps({"a": SECRET}), "no Terraform or OpenTofu plan"),
        (json.dumps(plan(USER))[:-40], "not whole JSON"),
        (json.dumps({**plan(), "resource_changes": {"x": SECRET}}), "resource_changes"),
        (json.dumps({**plan(), "resource_changes": [{"address": SECRET}]}), "resource_changes"),
        (json.dumps(plan(USER)) + "\n" + SECRET, "text follows"),
        (b"\xff\xff\xff\x00" + SECRET.encode(), "neither UTF-8 nor UTF-16"),
        ("", "eci-change"),
        (f"Terraform will perform: {SECRET}", "eci-change"),
        ("eci-change: 2\n", "eci-change"),
        (f"eci-change: 1\nattach: [{{policy: P, usr: {SECRET}}}]\n", "usr"),
        ("eci-change: 1\nattach: [{policy: P, user: a, group: b}]\n", "one of user, group and role"),
        ("eci-change: 1\nattach: [{policy: P, user: a}]\nattach: []\n", "duplicate key"),
    ],
)
def test_what_is_refused(tmp_path: Path, content: str | bytes, words: str) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(PlanError) as refusal:
        load_plan_file(path)

    message = str(refusal.value)
    assert words in message
    assert "plan.json" in message
    assert SECRET not in message
    assert "\n" not in message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot be read"):
        load_plan_file(tmp_path / "plan.json")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_of_powershell(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan(USER)), encoding=encoding)

    (change_set,) = load_plan_file(path).by_account.values()
    assert len(change_set.changes) == 1


def test_lines_of_the_setup_wrapper(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(
        f"[command]/terraform show -json plan\n{json.dumps(plan(USER))}\n::debug::exit 0\n", encoding="utf-8"
    )

    (change_set,) = load_plan_file(path).by_account.values()
    assert len(change_set.changes) == 1


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.9"])
def test_minor_versions_and_unknown_keys(tmp_path: Path, version: str) -> None:
    after = laid(tmp_path, {**plan(USER), "format_version": version, "new_key": {"x": 1}})

    assert after.count == 1


def test_a_plan_without_changes_changes_nothing(tmp_path: Path) -> None:
    data = plan()
    del data["resource_changes"]

    assert laid(tmp_path, data).count == 0


def test_open_tofu(tmp_path: Path) -> None:
    """It writes neither `complete` nor `applyable`: nothing is concluded from that."""
    data = plan(USER)
    del data["complete"], data["applyable"]
    data["resource_changes"][0]["provider_name"] = "registry.opentofu.org/aliyun/alicloud"
    after = laid(tmp_path, data)

    assert (after.count, after.notes) == (1, ())


def of_account(account: str, **more: Any) -> dict[str, Any]:
    """A plan whose provider assumes a role of that account."""
    data = plan(USER, **more)
    role = {"role_arn": {"constant_value": f"acs:ram::{account}:role/terraform"}}
    data["configuration"]["provider_config"]["alicloud"]["expressions"]["assume_role"] = [role]
    data["configuration"]["root_module"]["resources"] = [
        {
            "mode": "managed",
            "type": "alicloud_ram_user",
            "name": "x",
            "provider_config_key": "alicloud",
            "expressions": {},
        }
    ]
    return data


def written(folder: Path, data: Any) -> list[Path]:
    path = folder / "plan.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return [path]


def test_the_plan_of_another_account_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"for account 1111111111111111.*--eci-account"):
        load_changes(written(tmp_path, of_account("1111111111111111")), ONE)


def test_of_several_accounts_the_one_that_is_shown_counts(tmp_path: Path) -> None:
    accounts = {"prod": ACCOUNT_ID, "test": "1111111111111111"}
    by_account = load_changes(written(tmp_path, of_account("1111111111111111")), accounts)

    assert {name: len(sets) for name, sets in by_account.items()} == {"prod": 0, "test": 1}
    with pytest.raises(PlanError, match="--eci-account"):
        load_changes(written(tmp_path, plan(USER)), accounts)


@pytest.mark.parametrize(
    "shown",
    [
        {"account_id": "2222222222222222"},
        {"arn": "acs:ram::2222222222222222:role/x"},
        {"principal_name": "a@2222222222222222.onaliyun.com"},
        {"resource_group_id": "2222222222222222"},
    ],
)
def test_attributes_show_the_account(tmp_path: Path, shown: dict[str, str]) -> None:
    data = plan(change("alicloud_ram_user", "x", ("no-op",), before={"name": "ann", **shown}, after={}))

    with pytest.raises(PlanError, match="2222222222222222"):
        load_changes(written(tmp_path, data), ONE)


def test_two_aliases_for_two_accounts(tmp_path: Path) -> None:
    """The changes of the other account are named, and left out."""
    other = change("alicloud_ram_user", "y", ("create",), after={"name": "other"}, unknown={"id": True})
    data = of_account(ACCOUNT_ID)
    data["resource_changes"].append(other)
    data["configuration"]["provider_config"]["alicloud.test"] = {
        "name": "alicloud",
        "alias": "test",
        "expressions": {"account_id": {"references": ["var.account"]}},
    }
    data["variables"] = {"account": {"value": "1111111111111111"}}
    data["configuration"]["root_module"]["resources"].append(
        {"mode": "managed", "type": "alicloud_ram_user", "name": "y", "provider_config_key": "alicloud.test"}
    )
    after = laid(tmp_path, data)

    assert isinstance(after.inventory.users, tuple)
    assert [user.user_name for user in after.inventory.users] == ["ann", "ben", "new"]
    assert [note.message for note in after.notes] == ["1 changes are for account 1111111111111111"]


def test_the_samples_are_plans() -> None:
    for path in sorted((HERE / "plans").iterdir()):
        assert load_plan_file(path).by_account
