"""`ram:UpdateUser`: under another name, a user may be let in by a trust policy, or be covered by a Resource."""

from __future__ import annotations

import json

import pytest

from tests.policy.escalation_world import DEV, World, arn, trust
from tests.policy.policy_world import UID, allow, deny, document

ASSUME = allow("sts:AssumeRole", arn("role/Admin"))
RENAME_SELF = allow("ram:UpdateUser", arn("user/dev"))
POSSIBLE = {"role/Admin": False}


def world(*statements: object, trusts: str, users: tuple[str, ...] = ("dev",)) -> World:
    """An account with a user `dev`, who holds the statements, and a role that may delete instances."""
    account = World(users=list(users))
    account.role("Admin", trusts, allow("eci:*"))
    account.hold("user/dev", *statements)
    account.instance("eci-1")
    return account


def test_a_trust_policy_that_names_nobody_lets_in_who_takes_the_name() -> None:
    account = world(ASSUME, RENAME_SELF, trusts=trust("user/gone"))
    assert account.reach() == POSSIBLE
    (reached,) = account.escalation().reach(DEV)
    (step,) = reached.paths[0].steps
    assert (step.step, step.to, step.certain) == ("assume-role", "role/Admin", False)
    assert "user dev renamed to gone" in step.by
    assert account.can("eci:DeleteContainerGroup") == "undecidable"


@pytest.mark.parametrize(
    "statements",
    [(ASSUME,), (RENAME_SELF,), (ASSUME, allow("ram:UpdateUser", arn("user/other")))],
    ids=["no rename", "no assume", "another user"],
)
def test_each_part_is_needed(statements: tuple[object, ...]) -> None:
    assert world(*statements, trusts=trust("user/gone")).reach() == {}


def test_a_name_that_is_taken_must_be_freed_first() -> None:
    users = ("dev", "boss")
    assert world(ASSUME, RENAME_SELF, trusts=trust("user/boss"), users=users).reach() == {}
    for action in ("ram:DeleteUser", "ram:UpdateUser"):
        freeing = allow(action, arn("user/boss"))
        account = world(ASSUME, RENAME_SELF, freeing, trusts=trust("user/boss"), users=users)
        assert account.reach() == POSSIBLE


def test_a_deny_in_a_trust_policy_is_about_a_name() -> None:
    denying = {
        "Effect": "Deny",
        "Action": "sts:AssumeRole",
        "Principal": {"RAM": [f"acs:ram::{UID}:user/dev"]},
    }
    allowing = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"RAM": [f"acs:ram::{UID}:root"]},
    }
    text = json.dumps(document(allowing, denying))
    assert world(ASSUME, trusts=text).reach() == {}
    assert world(ASSUME, RENAME_SELF, trusts=text).reach() == POSSIBLE


def test_another_identity_may_rename_the_user_that_is_let_in() -> None:
    account = world(ASSUME, allow("sts:AssumeRole", arn("role/Renamer")), trusts=trust("user/gone"))
    account.role("Renamer", trust("user/dev"), RENAME_SELF)
    assert account.reach() == {"role/Renamer": True, "role/Admin": False}


def test_a_user_may_be_renamed_into_the_resource_of_a_statement() -> None:
    own = (allow("ram:CreateAccessKey", arn("user/ci-*")), allow("ram:UpdateUser", arn("user/boss")))
    account = world(*own, trusts=trust("user/boss"), users=("dev", "boss"))
    account.hold("user/boss", allow("sts:AssumeRole", arn("role/Admin")))
    assert account.reach() == {"user/boss": False, "role/Admin": False}
    assert "another name for user boss" in str(account.escalation().reach(DEV)[0].paths[0])


def test_a_name_that_no_statement_covers_helps_nobody() -> None:
    own = (
        allow("ram:CreateAccessKey", arn("user/ci-*")),
        deny("ram:CreateAccessKey"),
        allow("ram:UpdateUser", arn("user/boss")),
    )
    assert world(*own, trusts=trust("user/boss"), users=("dev", "boss")).reach() == {}
