"""A baseline is complete where only what the account does not need is absent; tags of most resources are comments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.baseline.baseline_accounts import GROUPS, ROOT
from tests.baseline.conftest import Desk
from tests.emulator import KINDS, Account, Credential, ImageCache, Instance, Region, User
from tests.emulator.documented import ECI_ROLE, ECI_ROLE_GRANT
from tests.support.values import present

ACCOUNT = Account(
    "1098765432109876",
    alias="acc",
    roles=(ECI_ROLE,),
    attachments=(ECI_ROLE_GRANT,),
    resource_groups=GROUPS,
    regions=(Region("cn-hangzhou"),),
    credentials=(ROOT,),
)
NO_SUCH_POLICY = replace(
    KINDS["error"],
    action="ram:GetPolicy",
    params={"PolicyName": "AliyunServiceRolePolicyForECIVnode"},
    status=404,
    code="EntityNotExist.Policy",
)


def test_nothing_is_written_where_nothing_could_be_read(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    auditor = Credential("LTAI5tWithoutPermission", "without-permission", "user/auditor")
    desk.serve(replace(ACCOUNT, users=(User("auditor"),), credentials=(auditor,)))
    assert desk.baseline() == 1
    assert not desk.written.exists()
    assert not desk.written.with_name(f"{desk.written.stem}-policies").exists()
    assert "was not written, because nothing of the account could be read" in capsys.readouterr().err


def test_the_policy_of_a_role_that_does_not_exist_is_not_missing(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.serve(ACCOUNT)
    desk.cloud.faults.add(NO_SUCH_POLICY)
    try:
        assert desk.baseline() == 0
    finally:
        desk.cloud.faults.clear()
    assert "expect: absent" in desk.text
    assert "listed, but not found" not in desk.text + capsys.readouterr().err


def test_the_policy_of_a_role_that_exists_is_missing(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.serve(ACCOUNT)
    desk.cloud.faults.add(replace(NO_SUCH_POLICY, params={"PolicyName": "AliyunServiceRolePolicyForECI"}))
    try:
        assert desk.baseline() == 1
    finally:
        desk.cloud.faults.clear()
    assert "listed, but not found" in capsys.readouterr().err


def test_tags_that_most_resources_carry_are_comments_with_counts(desk: Desk) -> None:
    values = ["prod"] * 9 + ["Prod"]
    instances = [
        Instance(f"eci-{number}", resource_group=GROUPS[0].id, tags={"env": value, "app": "web"})
        for number, value in enumerate(values)
    ]
    instances.append(Instance("eci-99", resource_group=GROUPS[0].id, tags={"app": "web", "rare": "x"}))
    desk.serve(replace(ACCOUNT, regions=(Region("cn-hangzhou", instances=tuple(instances)),)))
    assert desk.baseline() == 0
    assert "# env on 10 of 11: prod 9, Prod 1" in desk.text
    assert "rare on" not in desk.text
    (account,) = desk.loaded().configuration.accounts.values()
    assert account.instances is not None
    assert set(present(account.instances[0].required_tags)) == {"app"}


def test_image_caches_that_eci_makes_by_itself_are_left_out(desk: Desk) -> None:
    caches = (
        ImageCache("imc-1", "web", resource_group=GROUPS[0].id, tags={"env": "prod"}),
        ImageCache("imc-2", "auto-create-for-eci-2ze1", resource_group=GROUPS[1].id),
    )
    desk.serve(replace(ACCOUNT, regions=(Region("cn-hangzhou", image_caches=caches),)))
    assert desk.baseline() == 0
    assert "1 image cache more that ECI made by itself" in desk.text
    (account,) = desk.loaded().configuration.accounts.values()
    assert account.image_caches is not None
    assert set(present(account.image_caches[0].required_tags)) == {"env"}
    assert not [row for row in desk.audit() if row.outcome == "failed"]
