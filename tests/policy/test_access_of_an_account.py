"""`decide` and `who_can`, as people's own tests call them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import Role, Unreadable, User
from pytest_eci_compliance.policy.evaluator import Access, NotRecorded
from tests.policy.policy_world import (
    CACHE,
    FULL,
    IN_PROD,
    READ_ONLY,
    TAGGED,
    TEST,
    UID,
    USER,
    access,
    account,
    allow,
    deny,
    document,
    worked_policy,
)

DELETE = "eci:DeleteContainerGroup"


def test_users_and_resources_by_name_id_or_object() -> None:
    world = access(worked_policy())
    for user in (USER, User(USER)):
        for resource in (TAGGED, TAGGED.id):
            assert world.decide(user, DELETE, resource=resource).outcome == "allowed"
    assert world.decide(USER, "eci:DeleteImageCache", CACHE).outcome == "allowed"
    assert world.decide(Role("ECIRamRoleTest"), DELETE, TAGGED).outcome == "denied"


def test_who_can_gives_those_who_are_not_denied() -> None:
    world = access(FULL, users=(USER, "other"))
    (answer,) = world.who_can(DELETE, resource=TAGGED)
    user, decision = answer
    assert (user.user_name, decision.outcome) == (USER, "allowed")
    assert world.who_can("eci:CreateContainerGroup", request_tags={"a": "b"}, resource_group=TEST)
    undecidable = access(Unreadable("ram:GetPolicy", "NoPermission")).who_can(DELETE, TAGGED)
    assert [grant.decision.outcome for grant in undecidable] == ["undecidable"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (("nobody", DELETE, TAGGED), NotRecorded, "no RAM user 'nobody'"),
        ((USER, DELETE, "eci-gone"), NotRecorded, "'eci-gone'"),
        ((USER, DELETE, CACHE), ValueError, "not about a resource of the kind image_cache"),
        ((USER, DELETE, Role("x")), ValueError, "not about a RAM role"),
        ((USER, "eci:Delete*", TAGGED), ValueError, "'eci:Delete*' is no action"),
        ((USER, "*"), ValueError, "'*' is no action"),
        ((USER, "DeleteContainerGroup", TAGGED), ValueError, "'DeleteContainerGroup' is no action"),
        ((USER, "eci:DeleteContainerGroupp", TAGGED), ValueError, "no ECI action of API version 2018-08-08"),
    ],
)
def test_what_cannot_be_asked_is_an_error_that_says_so(
    call: tuple[Any, ...], error: type[ValueError] | type[NotRecorded], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        access(FULL).decide(*call)


@pytest.mark.parametrize("action", ["eci:Delete*", "*", "DeleteContainerGroup", "eci:DeleteContainerGroupp"])
def test_who_can_is_not_asked_of_what_is_no_action(action: str) -> None:
    """Nobody can do what does not exist: that would look like an answer."""
    with pytest.raises(ValueError, match="action"):
        access(FULL).who_can(action)


@pytest.mark.parametrize("caller", [{"source_ip": "10.0.0.0/8"}, {"time": "bogus"}, {"time": "2026-01-01"}])
def test_a_caller_that_cannot_be(caller: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"does not appear to be|is no time"):
        access(FULL).decide(USER, DELETE, TAGGED, **caller)


def test_a_time_without_an_offset_is_in_utc() -> None:
    until = {"DateLessThan": {"acs:CurrentTime": "2026-01-01T00:00:00Z"}}
    world = access(document(allow("eci:*", Condition=until)))
    moment = datetime(2025, 12, 31, 23, 59)  # noqa: DTZ001 - that is the case
    assert world.decide(USER, DELETE, TAGGED, time=moment).outcome == "allowed"


def test_users_that_could_not_be_listed() -> None:
    world = Access(account(FULL))
    object.__setattr__(world._inventory, "users", Unreadable("ram:ListUsers", "NoPermission"))
    with pytest.raises(NotRecorded, match="ram:ListUsers answered NoPermission"):
        world.who_can(DELETE, TAGGED)


def test_a_resource_group_that_no_group_can_be_told_by() -> None:
    """What the complete list lacks is a mistake, an id as well as a name; without the list an id stands for itself."""
    unlisted = Unreadable("resourcemanager:ListResourceGroups", "NoPermission")
    blind = access(FULL, resource_groups=unlisted)
    assert blind.decide(USER, "eci:CreateContainerGroup", resource_group="rg-new").outcome == "allowed"
    with pytest.raises(NotRecorded, match="'rg-new'"):
        access(FULL).decide(USER, "eci:CreateContainerGroup", resource_group="rg-new")
    for world in (access(FULL), access(FULL, resource_groups=unlisted)):
        with pytest.raises(NotRecorded, match="'prodution'"):
            world.decide(USER, "eci:CreateContainerGroup", resource_group="prodution")


def test_a_call_that_names_no_resource_though_it_must_stands_for_any() -> None:
    assert access(FULL).decide(USER, DELETE).outcome == "allowed"
    assert access(READ_ONLY).decide(USER, DELETE).outcome == "denied"
    assert access(worked_policy()).decide(USER, DELETE).outcome == "undecidable"
    assert access((FULL, IN_PROD.resource_group_id)).decide(USER, DELETE).outcome == "undecidable"


def test_the_default_group_may_be_configured() -> None:
    inventory = account((FULL, TEST))
    assert Access(inventory).decide(USER, "eci:CreateContainerGroup").outcome == "denied"
    assert Access(inventory, "test").decide(USER, "eci:CreateContainerGroup").outcome == "allowed"


def test_a_decision_is_readable_where_a_test_fails() -> None:
    decision = access(FULL).decide(USER, DELETE, TAGGED)
    assert str(decision) == (
        "allowed: eci:DeleteContainerGroup is allowed by statement 1 of Custom/policy1"
        " (attached directly, account-wide)"
    )
    assert "allowed" in repr(decision)


@pytest.mark.parametrize("action", ["oss:GetObject", "ram:ListUsers"])
def test_other_actions_are_decided_where_no_resource_could_matter(action: str) -> None:
    assert access(document(allow("*"))).decide(USER, action).outcome == "allowed"
    service = action.partition(":")[0]
    partly = document(allow(f"{service}:*", f"acs:{service}:*:*:some/*"))
    assert access(partly).decide(USER, action).outcome == "undecidable"
    assert access(document(allow("ecs:*"))).decide(USER, action).outcome == "denied"
    assert access((document(allow("*")), TEST)).decide(USER, action).outcome == "undecidable"


OTHER_SERVICES = [
    ("ims:CreateAccessKey", "acs:ram:*:*:user/*"),
    ("resourcemanager:AttachPolicy", "acs:ram:*:*:*"),
    ("ecs:RunInstances", "acs:vpc:*:*:vswitch/*"),
    ("oss:GetObject", "acs:oss:*:*:bucket/a:b"),
    ("oss:GetObject", "acs:oss:*:*:*"),
    ("oss:GetObject", "?*"),
    ("ram:CreateOIDCProvider", "acs:ram:*:*:*"),
    ("ram:SetSecurityPreference", "acs:ram:*:*:*"),
    ("ram:ListUsers", "acs:ims:*:*:*"),
]


@pytest.mark.parametrize(("action", "pattern"), OTHER_SERVICES)
def test_nothing_is_known_of_the_arn_of_a_service_that_is_not_modelled(action: str, pattern: str) -> None:
    """An action may be authorised on another service's resource: only `*` is certain to fit."""
    allowed, denied = access(document(allow(action, pattern))), document(deny(action, pattern))
    assert allowed.decide(USER, action).outcome == "undecidable"
    decision = access(document(allow("*")), denied).decide(USER, action)
    assert decision.outcome == "undecidable"
    assert pattern in decision.why


@pytest.mark.parametrize("everything", ["*", "**"])
def test_what_fits_every_arn_fits_one_that_is_not_known(everything: str) -> None:
    assert access(document(allow("sts:*", everything))).decide(USER, "sts:AssumeRole").outcome == "allowed"
    over = access(document(allow("*")), document(deny("sts:*", everything)))
    assert over.decide(USER, "sts:AssumeRole").outcome == "denied"


@pytest.mark.parametrize(
    "pattern",
    [
        f"acs:ram::{UID}:role/admin",
        "acs:ram:*:*:role/admin",
        "acs:ram::2345678901234567:role/partner",
        "acs:ram:*:2345678901234567:*",
        "acs:ram:*:?*:role/*",
    ],
)
def test_a_role_that_is_not_stated_may_be_any_role_of_any_account(pattern: str) -> None:
    allowed, denied = (
        access(document(allow("sts:AssumeRole", pattern))),
        access(document(allow("*")), document(deny("sts:AssumeRole", pattern))),
    )
    for world in (allowed, denied):
        decision = world.decide(USER, "sts:AssumeRole")
        assert decision.outcome == "undecidable"
        assert pattern in decision.why


@pytest.mark.parametrize("pattern", [f"acs:ram::{UID}:user/admin", "acs:ecs:*:*:role/*"])
def test_what_fits_no_role_of_any_account_is_decided(pattern: str) -> None:
    assert (
        access(document(allow("sts:AssumeRole", pattern))).decide(USER, "sts:AssumeRole").outcome == "denied"
    )
    over = access(document(allow("*")), document(deny("sts:AssumeRole", pattern)))
    assert over.decide(USER, "sts:AssumeRole").outcome == "allowed"


def test_attaching_a_policy_is_authorised_on_the_user_and_on_the_policy() -> None:
    """Both ARNs are checked: an Allow on policies alone allows nothing, a Deny on some may be on this one."""
    action, pattern = "ram:AttachPolicyToUser", "acs:ram:*:system:policy/*"
    assert access(document(allow(action, pattern))).decide(USER, action).outcome == "denied"
    decision = access(document(allow("*")), document(deny(action, pattern))).decide(USER, action)
    assert decision.outcome == "undecidable"
    assert pattern in decision.why


@pytest.mark.parametrize("region", ["", "*"])
@pytest.mark.parametrize("written", ["", "*"])
def test_the_arn_of_a_role_that_is_stated_is_the_role_in_both_spellings(region: str, written: str) -> None:
    held = document(allow("sts:AssumeRole", f"acs:ram:{written}:{UID}:role/admin"))
    asked = access(held).decide(USER, "sts:AssumeRole", f"acs:ram:{region}:{UID}:role/admin")
    assert asked.outcome == "allowed"
    other = access(held).decide(USER, "sts:AssumeRole", f"acs:ram:{region}:{UID}:role/other")
    assert other.outcome == "denied"
