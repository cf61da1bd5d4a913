"""The writing calls of the emulated cloud, one by one: what changes, what shows it, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.emulator import Account, Attachment, Backend, Credential, direct
from tests.emulator.errors import ApiError
from tests.emulator.readings import Chosen, Favourable, TooManyReadingsError, combinations, settle
from tests.emulator.world import World
from tests.escalation.accounts import ACCOUNT_ID, REGION, SCOPE, document, statement
from tests.escalation.case import BASE, case

ADMIN = Credential("LTAI5tAdmin", "admin-secret", "user/admin")


def cloud() -> Backend:
    account = replace(
        case("", statement("eci:*"), versions={"v2": document(statement("oss:*"))}).account,
        credentials=(replace(ADMIN, identity="user/dev"),),
    )
    account = replace(
        account, attachments=(*account.attachments, Attachment("AdministratorAccess", user="dev"))
    )
    return Backend(accounts=(account,), readings=Favourable(False))


def call(backend: Backend, action_id: str, **params: str) -> dict[str, Any]:
    return direct.call(backend, ADMIN, action_id, params)


def refusal(backend: Backend, action_id: str, **params: str) -> str:
    with pytest.raises(ApiError) as refused:
        call(backend, action_id, **params)
    return refused.value.code


def test_versions_are_listed_made_and_switched() -> None:
    backend = cloud()
    policy = {"PolicyType": "Custom", "PolicyName": "Debug"}
    rows = call(backend, "ram:ListPolicyVersions", **policy)["PolicyVersions"]["PolicyVersion"]
    assert [(row["VersionId"], row["IsDefaultVersion"]) for row in rows] == [("v1", True), ("v2", False)]
    assert json.loads(rows[1]["PolicyDocument"]) == document(statement("oss:*"))
    text = json.dumps(document(statement("ram:*")))
    call(backend, "ram:CreatePolicyVersion", PolicyName="Debug", PolicyDocument=text)
    assert call(backend, "ram:GetPolicy", **policy)["DefaultPolicyVersion"]["VersionId"] == "v1"
    call(backend, "ram:SetDefaultPolicyVersion", PolicyName="Debug", VersionId="v3")
    default = call(backend, "ram:GetPolicy", **policy)["DefaultPolicyVersion"]
    assert (default["VersionId"], json.loads(default["PolicyDocument"])) == (
        "v3",
        document(statement("ram:*")),
    )
    first = call(backend, "ram:GetPolicyVersion", **policy, VersionId="v1")["PolicyVersion"]
    assert json.loads(first["PolicyDocument"]) == document(statement("eci:*"))
    assert refusal(backend, "ram:SetDefaultPolicyVersion", PolicyName="Debug", VersionId="v9").startswith(
        "Entity"
    )


def test_system_policies_have_no_new_versions() -> None:
    text = json.dumps(document(statement("*")))
    code = refusal(cloud(), "ram:CreatePolicyVersion", PolicyName="AliyunECIFullAccess", PolicyDocument=text)
    assert code == "EntityNotExist.Policy"


def test_attachments_come_and_go_at_both_scopes() -> None:
    backend = cloud()
    policy = {"PolicyType": "System", "PolicyName": "AliyunECIFullAccess"}
    principal = {
        "PrincipalType": "IMSUser",
        "PrincipalName": "ops@acme.onaliyun.com",
        "ResourceGroupId": SCOPE,
    }
    call(backend, "ram:AttachPolicyToUser", **policy, UserName="ops")
    call(backend, "resourcemanager:AttachPolicy", **policy, **principal)
    assert scopes(backend) == [ACCOUNT_ID, SCOPE]
    call(backend, "ram:DetachPolicyFromUser", **policy, UserName="ops")
    assert scopes(backend) == [SCOPE]
    call(backend, "resourcemanager:DetachPolicy", **policy, **principal)
    assert scopes(backend) == []
    assert (
        refusal(backend, "ram:DetachPolicyFromUser", **policy, UserName="ops")
        == "EntityNotExist.Policy.Attachment"
    )


def scopes(backend: Backend) -> list[str]:
    body = call(backend, "resourcemanager:ListPolicyAttachments", PrincipalType="IMSUser", PageSize="100")
    rows = body["PolicyAttachments"]["PolicyAttachment"]
    return sorted(row["ResourceGroupId"] for row in rows if row["PrincipalName"].startswith("ops@"))


@pytest.mark.parametrize(
    ("action_id", "params"),
    [
        ("ram:UpdateRole", {"NewAssumeRolePolicyDocument": "{}"}),
        ("ram:AttachPolicyToRole", {"PolicyType": "System", "PolicyName": "AliyunECIFullAccess"}),
    ],
)
def test_service_linked_roles_cannot_be_changed(action_id: str, params: dict[str, str]) -> None:
    code = refusal(cloud(), action_id, RoleName="AliyunServiceRoleForECI", **params)
    assert code == "InvalidOperation.Role.ServiceLinkedRole"


def test_groups_gain_and_lose_members() -> None:
    backend = cloud()
    call(backend, "ram:AddUserToGroup", UserName="dev", GroupName="team")
    members = call(backend, "ram:ListUsersForGroup", GroupName="team")["Users"]["User"]
    assert [row["UserName"] for row in members] == ["ops", "dev"]
    call(backend, "ram:RemoveUserFromGroup", UserName="ops", GroupName="team")
    members = call(backend, "ram:ListUsersForGroup", GroupName="team")["Users"]["User"]
    assert [row["UserName"] for row in members] == ["dev"]


def test_instances_are_made_tagged_and_deleted() -> None:
    backend = cloud()
    place = {"RegionId": REGION}
    container = {"Container.1.Name": "app", "Container.1.Image": "shell:1"}
    created = call(
        backend,
        "eci:CreateContainerGroup",
        **place,
        **container,
        ContainerGroupName="own",
        RamRoleName="AppRole",
    )
    identifier = created["ContainerGroupId"]
    tag = {"ResourceType": "ContainerGroup", "ResourceId.1": identifier, "Tag.1.Key": "a", "Tag.1.Value": "b"}
    call(backend, "eci:TagResources", **place, **tag)
    shown = call(backend, "eci:DescribeContainerGroups", **place, ContainerGroupIds=json.dumps([identifier]))
    (group,) = shown["ContainerGroups"]
    assert (group["RamRoleName"], group["Tags"]) == ("AppRole", [{"Key": "a", "Value": "b"}])
    call(backend, "eci:DeleteContainerGroup", **place, ContainerGroupId=identifier)
    assert len(call(backend, "eci:DescribeContainerGroups", **place)["ContainerGroups"]) == 1
    assert (
        refusal(backend, "eci:DeleteContainerGroup", **place, ContainerGroupId=identifier)
        == "InvalidParameter.NotFound"
    )


def test_a_role_must_trust_ecs_to_be_carried() -> None:
    params = {"Container.1.Image": "shell:1", "ContainerGroupName": "own", "RamRoleName": "OpsRole"}
    assert refusal(cloud(), "eci:CreateContainerGroup", RegionId=REGION, **params).startswith(
        "InvalidParameter"
    )


def test_a_copy_of_a_world_is_a_world_of_its_own() -> None:
    world = World(BASE)
    twin = world.copy()
    twin.change(attachments=())
    twin.remove(REGION, next(iter(twin.shelves[REGION].instances)))
    assert world.account == BASE
    assert [instance.id for instance in world.shelves[REGION].instances] == ["eci-bp0"]
    assert twin.held == {}


def test_every_combination_of_the_questions_that_are_asked_is_played() -> None:
    def run(readings: Chosen) -> tuple[bool, ...]:
        first = settle(readings, "first", helps=True)
        return (first, settle(readings, "second", helps=True)) if first else (first,)

    assert sorted(combinations(run, limit=10)) == [(False,), (True, False), (True, True)]  # type: ignore[type-var]
    with pytest.raises(TooManyReadingsError):
        list(combinations(run, limit=2))


def test_the_declared_account_never_changes() -> None:
    backend = cloud()
    declared: Account = backend.accounts[0]
    call(backend, "ram:CreateUser", UserName="new")
    assert "new" in backend.worlds[ACCOUNT_ID].users
    backend.reset()
    assert backend.worlds[ACCOUNT_ID].account == declared
    assert "new" not in backend.worlds[ACCOUNT_ID].users
