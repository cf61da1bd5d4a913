"""Who can make a call: directly, in the end, undecidable; on one resource, and on each of a kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_eci_compliance.policy.access_question import AccessQuestion, UnknownAction, parse_question
from pytest_eci_compliance.policy.evaluator import Access, NotRecorded
from pytest_eci_compliance.policy.who_can import Answers, who_can
from tests.emulator import Account, Attachment, Group, Instance, Policy, Region, ResourceGroup, Role, User
from tests.escalation.accounts import ACCOUNT_ID, REGION, SCOPE, document, ram, statement, trust
from tests.escalation.inventories import inventory

WORLD = Account(
    account_id=ACCOUNT_ID,
    users=(User("dev"), User("ops"), User("eve"), User("kim"), User("bob")),
    groups=(Group("admins", ("ops",)),),
    roles=(Role("AppRole", document(trust(Service=["ecs.aliyuncs.com"]))),),
    policies=(
        Policy("Delete", document(statement("eci:DeleteContainerGroup"))),
        Policy("Debug", document(statement("eci:ExecContainerCommand"))),
        Policy("Maybe", document(statement("eci:RunCommand"))),
        Policy(
            "Create",
            document(
                statement(
                    "eci:CreateContainerGroup", Condition={"StringEquals": {"acs:RequestTag/env": "test"}}
                )
            ),
        ),
        Policy("Keys", document(statement("ram:CreateAccessKey", [ram("user/ops")]))),
    ),
    attachments=(
        Attachment("Custom/Delete", group="admins"),
        Attachment("Custom/Delete", user="bob", scope=SCOPE),
        Attachment("Custom/Debug", user="dev"),
        Attachment("Custom/Maybe", user="kim"),
        Attachment("Custom/Create", user="eve"),
        Attachment("Custom/Keys", user="eve"),
        Attachment("Custom/Delete", role="AppRole"),
    ),
    resource_groups=(ResourceGroup(SCOPE, "production"),),
    regions=(
        Region(
            REGION,
            instances=(
                Instance("eci-1", resource_group=SCOPE, ram_role="AppRole", status="Running"),
                Instance("eci-2", resource_group="rg-default1"),
                Instance("eci-3", resource_group="rg-default1"),
            ),
        ),
    ),
)


def asked(text: str, account: Account = WORLD) -> Answers:
    facts = inventory(account)
    return who_can(facts, Access(facts), parse_question(text))


def identities(answers: Answers, outcome: str = "allowed") -> dict[str, tuple[str, ...]]:
    return {way.identity: way.resources for way in answers.of(outcome)}  # type: ignore[arg-type]


def test_everybody_who_can_directly_or_in_the_end_is_named_with_the_way() -> None:
    answers = asked("eci:DeleteContainerGroup@eci-2")
    assert set(identities(answers)) == {"user/ops", "user/dev", "user/eve", "role/AppRole"}
    ways = {way.identity: way for way in answers.ways}
    assert ways["user/ops"].is_direct
    assert ways["user/ops"].how == "allowed by statement 1 of Custom/Delete, held through group admins"
    assert [step.step for step in ways["user/dev"].path.steps] == ["exec-in-instance"]
    assert ways["user/dev"].how.endswith("allowed by statement 1 of Custom/Delete, held directly")
    assert [step.step for step in ways["user/eve"].path.steps] == ["create-access-key"]


def test_what_cannot_be_decided_stands_apart() -> None:
    answers = asked("eci:DeleteContainerGroup@eci-2")
    assert set(identities(answers, "undecidable")) == {"user/kim"}
    assert "user/kim" not in identities(answers)


def test_without_a_resource_every_recorded_one_is_asked_about() -> None:
    answers = asked("eci:DeleteContainerGroup")
    assert answers.resources == ("eci-1", "eci-2", "eci-3")
    assert identities(answers)["user/bob"] == ("eci-1",)
    assert identities(answers)["user/ops"] == ("eci-1", "eci-2", "eci-3")
    assert (answers.users, answers.roles) == (5, 1)


def test_it_agrees_with_the_evaluator_user_by_user() -> None:
    facts = inventory(WORLD)
    access = Access(facts)
    for instance in ("eci-1", "eci-2", "eci-3"):
        answers = who_can(facts, access, AccessQuestion("eci:DeleteContainerGroup", instance))
        expected = {
            (f"user/{answer.user.user_name}", answer.decision.outcome)
            for answer in access.who_can("eci:DeleteContainerGroup", instance, paths="any")
        }
        ways = {(way.identity, way.outcome) for way in answers.ways if way.identity.startswith("user/")}
        assert ways == expected


def test_a_call_that_carries_a_request_is_asked_with_any_request() -> None:
    answers = asked("eci:CreateContainerGroup")
    assert answers.any_request
    assert identities(answers) == {"user/eve": ()}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ram:CreateAccessKey@user/ops", {"user/eve"}),
        ("ram:CreateAccessKey@ops", {"user/eve"}),
        ("RAM:createaccesskey@user/dev", set()),
        ("ram:AddUserToGroup@user/dev", set()),
        ("ram:PassRole@role/AppRole", set()),
    ],
)
def test_actions_of_ram_take_users_groups_roles_and_policies(text: str, name: set[str]) -> None:
    assert set(identities(asked(text))) == name


def test_of_an_action_on_two_resources_the_parts_that_are_not_named_are_all_asked_about() -> None:
    assert asked("ram:AddUserToGroup@user/dev").resources == ("group/admins,user/dev",)
    assert len(asked("ram:AddUserToGroup").resources) == len(WORLD.users)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("eci:DeleteContainerGrop", "did you mean eci:DeleteContainerGroup?"),
        ("ram:CreateAccesKey", "did you mean ram:CreateAccessKey?"),
        ("eci:Delete*", "is not one action"),
        ("delete", "is not one action"),
        ("", "is not one action"),
        ("ram:GetUser", "exists, but"),
    ],
)
def test_an_action_that_does_not_exist_is_refused(text: str, hint: str) -> None:
    with pytest.raises(UnknownAction) as refused:
        parse_question(text)
    assert hint in str(refused.value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("eci:DeleteContainerGroup@eci-11", "did you mean eci-1?"),
        ("ram:CreateAccessKey@user/op", "did you mean ops?"),
        ("ram:PassRole@role/AppRoles", "did you mean AppRole?"),
    ],
)
def test_a_resource_that_is_not_recorded_is_refused(text: str, hint: str) -> None:
    with pytest.raises(NotRecorded) as refused:
        asked(text)
    assert hint in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "eci:DeleteImageCache@eci-1",
        "eci:CreateContainerGroup@eci-1",
        "ram:CreateAccessKey@role/AppRole",
        "ram:AttachPolicy",
    ],
)
def test_a_resource_that_the_action_is_not_about_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"eave out|not about|name it"):
        asked(text)


def test_an_action_of_a_service_that_is_not_modelled_is_refused() -> None:
    with pytest.raises(ValueError, match="'ecs:RunInstances' is no action of ECI"):
        asked("ecs:RunInstances@i-1")


def test_nobody_can_where_nothing_is_granted() -> None:
    answers = asked("eci:DeleteContainerGroup", replace(WORLD, attachments=()))
    assert answers.ways == ()
