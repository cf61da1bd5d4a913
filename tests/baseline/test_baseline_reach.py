"""What a baseline says of privilege escalation: `may_reach`, with a comment that asks for a decision."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.baseline.baseline_accounts import ROOT
from tests.baseline.conftest import Desk
from tests.emulator import Account, Attachment, Group, Instance, Policy, Region, Role, User
from tests.emulator.documented import FULL_ACCESS, allow, document, trust

EVERYTHING = Policy("AdministratorAccess", document(allow("*")), type="System")


def account(*attachments: Attachment, **more: Any) -> Account:
    instances = (Instance("eci-1", "web-1", ram_role="app", status="Running"),)
    parts = {
        "users": (User("ann"), User("bob"), User("carl"), User("dora")),
        "groups": (Group("debuggers", ("ann", "bob")),),
        "roles": (Role("app", trust("ecs.aliyuncs.com")),),
        "policies": (
            Policy("Debug", document(allow("eci:ExecContainerCommand"))),
            Policy("Maybe", document(allow("eci:RunCommand"))),
            Policy("Keys", document(allow("ram:CreateAccessKey"))),
            Policy("AliyunECIFullAccess", FULL_ACCESS, type="System"),
            EVERYTHING,
        ),
        "attachments": attachments,
        "credentials": (ROOT,),
        "regions": (Region("cn-hangzhou", instances=instances),),
        **more,
    }
    return Account("1098765432109876", alias="acc", **parts)


def entries(desk: Desk, section: str = "users") -> dict[str, dict[str, Any]]:
    written = yaml.safe_load(desk.text)["accounts"]["acc"]
    return {name: entry for entry in written[section] for name in entry["match"]}


def text_of(desk: Desk) -> str:
    """The text with comments that go on in the next line on one line."""
    return re.sub(r"\n\s+#   ", " ", desk.text)


def test_what_is_reached_is_written_once_for_a_group_with_a_decision(desk: Desk) -> None:
    desk.serve(account(Attachment("Custom/Debug", group="debuggers")))
    desk.baseline()
    assert entries(desk)["group/debuggers"]["may_reach"] == ["role/app"]
    assert "ann" not in entries(desk)
    assert "DECIDE: by privilege escalation they reach what `may_reach` lists." in text_of(desk)


def test_what_only_one_member_reaches_is_written_for_that_one(desk: Desk) -> None:
    desk.serve(account(Attachment("Custom/Debug", group="debuggers"), Attachment("Custom/Keys", user="ann")))
    desk.baseline()
    assert entries(desk)["group/debuggers"]["may_reach"] == ["role/app"]
    assert entries(desk)["ann"]["may_reach"] == ["user/bob", "user/carl", "user/dora"]


def test_what_is_only_possible_is_written_and_marked_as_such(desk: Desk) -> None:
    desk.serve(account(Attachment("Custom/Maybe", user="carl")))
    desk.baseline()
    assert entries(desk)["carl"]["may_reach"] == ["role/app"]
    assert "DECIDE: whether they reach these cannot be decided: role/app" in text_of(desk)


def test_a_role_that_is_reached_by_passing_it_and_in_another_way_is_written(desk: Desk) -> None:
    """`pass_roles` intends only the first of the two ways."""
    pass_app = {"Effect": "Allow", "Action": "ram:PassRole", "Resource": "acs:ram:*:*:role/app"}
    policies = (
        Policy("PassApp", document(pass_app)),
        Policy("AliyunECIFullAccess", FULL_ACCESS, type="System"),
    )
    attachments = (Attachment("AliyunECIFullAccess", user="carl"), Attachment("Custom/PassApp", user="carl"))
    desk.serve(account(*attachments, policies=policies))
    desk.baseline()
    assert entries(desk)["carl"]["pass_roles"] == ["app"]
    assert entries(desk)["carl"]["may_reach"] == ["role/app"]
    assert not [row for row in desk.audit() if row.check == "user-escalation" and row.outcome != "passed"]


def test_an_administrator_reaches_any_permission(desk: Desk) -> None:
    desk.serve(account(Attachment("AdministratorAccess", user="dora")))
    desk.baseline()
    assert entries(desk)["dora"]["may_reach"] == ["any-permission"]


def test_nothing_is_written_where_nothing_is_reached(desk: Desk) -> None:
    desk.serve(account())
    desk.baseline()
    assert "may_reach" not in desk.text


@pytest.mark.parametrize("policy", ["Custom/Debug", "Custom/Maybe", "Custom/Keys", "AdministratorAccess"])
def test_the_escalation_checks_pass_with_what_was_written(desk: Desk, policy: str) -> None:
    desk.serve(account(Attachment(policy, user="carl"), Attachment(policy, role="app")))
    desk.baseline()
    rows = [row for row in desk.audit() if row.check.endswith("-escalation")]
    assert {row.resource.id for row in rows} >= {"carl", "app"}
    assert {row.outcome for row in rows} == {"passed"}


def test_a_target_that_is_removed_from_the_draft_fails(desk: Desk) -> None:
    desk.serve(account(Attachment("Custom/Debug", user="carl")))
    desk.baseline()
    desk.written.write_text(re.sub(r" *may_reach: .*\n", "", desk.text), "utf-8")
    rows = [row for row in desk.audit() if row.check == "user-escalation" and row.resource.id == "carl"]
    assert [row.outcome for row in rows] == ["failed"]
