"""Statements without effect: what is named, and what never is."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import pytest_eci_compliance
from pytest_eci_compliance.policy.action_lists import SERVICES, action_list
from pytest_eci_compliance.policy.document import parse
from pytest_eci_compliance.policy.eci_actions import ACTIONS
from pytest_eci_compliance.policy.ineffective import ineffective_parts
from scripts.action_lists import missing
from tests.demo.company import POLICIES
from tests.demo.drift import POLICIES as DRIFTED
from tests.emulator.documented import SYSTEM_POLICIES
from tests.policy.policy_world import FULL, READ_ONLY, worked_policy

UID = "1098765432109876"
TODAY = date(2026, 6, 1)
MISSPELT = "ECIOnCall"
"""The policy of the demonstration of drift that holds a misspelt Deny on purpose."""
PACKAGE = Path(pytest_eci_compliance.__file__).parent


def parts(*statements: dict[str, Any]) -> list[str]:
    world = [{"Effect": "Allow", "Resource": "*", **statement} for statement in statements]
    return [str(part) for part in ineffective_parts(parse({"Version": "1", "Statement": world}), UID, TODAY)]


def when(**operators: Any) -> dict[str, Any]:
    return {"Action": "eci:*", "Condition": operators}


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (
            {"Action": "eci:DeleteContainerGrup"},
            "eci:DeleteContainerGrup is not an action of ECI; did you mean eci:DeleteContainerGroup?",
        ),
        (
            {"Action": ["eci:Describe*", "ECI:deletecontainergoups"]},
            "ECI:deletecontainergoups is not an action of ECI; did you mean eci:DeleteContainerGroups?",
        ),
        ({"Action": "ram:PasRole"}, "ram:PasRole is not an action of RAM; did you mean ram:PassRole?"),
        ({"Action": "sts:AssumeRoll"}, "is not an action of STS; did you mean sts:AssumeRole?"),
        ({"Action": "eci:Remove*"}, "eci:Remove* fits no action of ECI"),
        ({"NotAction": ["ram:*", "eci:DeleteContainerGrup"]}, "so it excepts nothing; did you mean"),
        (
            {"Action": "eci:Delete*", "Resource": f"acs:eci:*:{UID[:-1]}7:containergroup/*"},
            f"fits no resource of eci:Delete*: it is of account {UID[:-1]}7, and this account is {UID}",
        ),
        (
            {"Action": "eci:DeleteContainerGroup", "Resource": "acs:eci:*:*:imagecache/*"},
            "the Resource acs:eci:*:*:imagecache/* fits no resource of eci:DeleteContainerGroup",
        ),
        (
            {
                "Action": "eci:DeleteContainerGroup",
                "Resource": ["acs:eci:*:*:containergroup/*", "acs:ecs:*:*:*"],
            },
            "the Resource acs:ecs:*:*:* fits no resource",
        ),
        (
            {"Action": "eci:*", "Resource": "eci-2zex"},
            "a resource is written as acs:SERVICE:REGION:ACCOUNT:TYPE/ID",
        ),
        ({"Action": "ram:PassRole", "Resource": "acs:ram:*:*:user/x"}, "fits no resource of ram:PassRole"),
        (
            when(StringEquals={"acs:ResourceTag/env": "a"}, StringLike={"acs:ResourceTag/env": "b*"}),
            "no call can satisfy StringEquals acs:ResourceTag/env = a and StringLike acs:ResourceTag/env = b*",
        ),
        (
            when(StringEquals={"acs:ResourceTag/env": "a"}, StringNotEquals={"acs:ResourceTag/env": "a"}),
            "no call can satisfy",
        ),
        (
            when(DateLessThan={"acs:CurrentTime": "2026-01-31T00:00:00Z"}),
            "no call can satisfy DateLessThan acs:CurrentTime = 2026-01-31T00:00:00Z: that time has passed",
        ),
        (
            when(
                DateGreaterThan={"acs:CurrentTime": "2027-01-31T00:00:00Z"},
                DateLessThan={"acs:CurrentTime": "2027-01-01T00:00:00Z"},
            ),
            "no call can satisfy",
        ),
        (
            when(Bool={"acs:MFAPresnt": "true"}),
            "the condition key acs:MFAPresnt is not known: no call has it; did you mean acs:MFAPresent?",
        ),
        (when(StringEquals={"acs:ResourceTags/env": "x"}), "did you mean acs:ResourceTag/env?"),
        (when(StringEquals={"acs:RequestTag:env": "x"}), "did you mean acs:RequestTag/env?"),
        (when(IpAddress={"acs:SourceIps": "10.0.0.0/8"}), "did you mean acs:SourceIp?"),
        (when(StringEquals={"ram:ServiceNam": "x"}), "did you mean ram:ServiceName?"),
        (when(StringEquals={"eci:tags/env": "x"}), "did you mean eci:tag/env?"),
        (
            {"Action": "eci:*", "Resource": "acs:eci:*:*:containergroups/*"},
            "fits no resource of ECI; did you mean acs:eci:*:*:containergroup/*?",
        ),
        (
            {"Action": "eci:*", "Resource": "acs:eci:*:*:imagecache"},
            "fits no resource of ECI; did you mean acs:eci:*:*:imagecache/*?",
        ),
        (
            {"Action": "eci:*", "Resource": "acs:eci:cn-hangzhou:containergroup/*"},
            "names no account; did you mean acs:eci:cn-hangzhou:*:containergroup/*?",
        ),
        (
            {"Action": "eci:*", "Resource": "acs:eci:*:containergroup/*"},
            "the Resource acs:eci:*:containergroup/* names no account; did you mean acs:eci:*:*:containergroup/*?",
        ),
        (
            {"Action": "*", "Resource": "acs:eci:*:imagecache/imc-1"},
            "names no account; did you mean acs:eci:*:*:imagecache/imc-1?",
        ),
        (
            {"NotAction": "oss:*", "Resource": "acs:eci::containergroup"},
            "names no account; did you mean acs:eci:*:*:containergroup/*?",
        ),
        (
            {"Action": "ram:PassRole", "Resource": "acs:ram::role/app"},
            "names no account; did you mean acs:ram:*:*:role/app?",
        ),
        (
            {
                "Action": ["resourcemanager:MoveResources", "ram:PassRole"],
                "Resource": ["acs:eci:*:*:*", "acs:ram:*:*:role/x"],
            },
            "ram:PassRole: no action of ResourceManager or RAM is authorised on a resource of ECI",
        ),
        (
            {"Action": "eci:DeleteContainerGroup", "Resource": "acs:eci:*:*:containergrop/*"},
            "fits no resource of eci:DeleteContainerGroup; did you mean acs:eci:*:*:containergroup/*?",
        ),
        ({"Action": "ram:PassRole", "Resource": "acs:ram:*:*:roles/*"}, "did you mean acs:ram:*:*:role/*?"),
        (
            {"Action": "eci:ListUsage", "Resource": "acs:eci:*:*:containergroup/*"},
            "fits no resource of eci:ListUsage: RAM authorises it on the Resource * alone",
        ),
    ],
)
def test_what_is_certainly_without_effect_is_named(statement: dict[str, Any], why: str) -> None:
    (part,) = parts(statement)
    assert why in part


def test_a_deny_comes_first() -> None:
    results = parts({"Action": "eci:Nothing"}, {"Effect": "Deny", "Action": "eci:DeleteContainerGrup"})
    assert [item.partition(":")[0] for item in results] == ["statement 2 (Deny)", "statement 1"]


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": "*"},
        {"Action": ["oss:NoSuchThing", "ecs:*"], "Resource": "acs:oss:*:*:x"},
        {
            "Action": ["oss:Get*", "eci:Describe*"],
            "Resource": ["acs:oss:*:*:x", "acs:eci:*:*:containergroup/*"],
        },
        {"Action": "eci:RunCommand", "Resource": f"acs:eci:cn-hangzhou:{UID}:containergroup/eci-x"},
        {"Action": "eci:CreateContainerGroup", "Resource": "acs:eci:*:*:containergroup/*"},
        {"Action": "eci:DeleteContainerGroup", "Resource": "acs:ECI:*:*:ContainerGroup/x"},
        {"Action": "ram:PassRole", "Resource": ["acs:ram:*:*:role/x", f"acs:ram::{UID}:role/y"]},
        {"Action": "ram:UnBindMFADevice"},
        {
            "Action": ["ram:AttachPolicyToUser", "ram:AttachPolicy"],
            "Resource": ["acs:ram:*:*:policy/X", "acs:ram:*:*:user/*"],
        },
        {
            "Action": "ram:AttachPolicyToRole",
            "Resource": ["acs:ram:*:*:role/x-*", "acs:ram:*:system:policy/Y"],
        },
        {"Action": "ram:ListPolicyAttachments", "Resource": f"acs:ram:*:{UID}:*"},
        {"Action": "ram:DetachPolicy", "Resource": "acs:ims:*:*:user/*"},
        {"Action": "sts:AssumeRole", "Resource": "acs:ram::1234567890123456:role/partner"},
        {"Action": "resourcemanager:MoveResources", "Resource": "acs:resourcemanager:*:1:account/2"},
        {"Action": ["resourcemanager:MoveResources", "eci:*"], "Resource": "acs:eci:*:*:containergroup/*"},
        {"Action": "eci:*", "Resource": ["acs:eci:*", "acs:eci:*:*", "acs:*:*:containergroup/*", "acs:e*:*"]},
        {"Action": "eci:*", "Resource": "acs:eci:*:*:containergroup/${acs:user}"},
        when(StringEquals={"acs:ResourceTag/env": ["a", "b"]}, StringNotEquals={"acs:ResourceTag/env": "a"}),
        when(**{"ForAnyValue:StringEquals": {"x": "a"}}, StringEquals={"x": "b"}),
        when(StringNotEquals={"acs:RequestTag/env": "a"}),
        when(DateLessThan={"acs:CurrentTime": "2026-06-01T12:00:00Z"}),
        when(DateGreaterThan={"acs:CurrentTime": "2020-01-01T00:00:00Z"}),
        when(StringEquals={"ram:ServiceNames": "a"}, StringLike={"ram:ServiceNames": "b*"}),
        {"NotAction": ["ram:*", "ims:*", "resourcemanager:*", "billing:NoSuchThing"]},
        {"Action": ["ram:GetAccessKeyPolicyForAccount", "ram:GetUserInRecycleBin"]},
        {"Action": ["eci:ListUsage", "eci:DeleteContainerGroup"], "Resource": "acs:eci:*:*:containergroup/*"},
        {"Action": ["eci:ListUsage", "eci:ResizeContainerGroupVolume"]},
        {"Action": "eci:*", "Resource": ["acs:eci:*:*:*", "acs:eci:*:*:datacache/*", "acs:eci:*:*:c*"]},
        when(StringEquals={"acs:resourcetag/env": "x"}),
        when(StringEquals={"acs:SourceVpc": "x", "acs:PrincipalArn": "y", "eci:tag/env": "z"}),
        {"Action": "oss:*", "Condition": {"StringEquals": {"oss:Prefixes": "x"}}},
    ],
)
def test_what_may_have_an_effect_is_not_named(statement: dict[str, Any]) -> None:
    assert parts(statement) == []


def documents() -> dict[str, Any]:
    files = [*PACKAGE.glob("documents/*/*.json"), *(Path(__file__).parent / "documents").glob("*.json")]
    results: dict[str, Any] = {file.name: json.loads(file.read_text("utf-8")) for file in files}
    results |= {f"emulator {policy.name}": policy.document for policy in SYSTEM_POLICIES}
    results |= {f"demo {policy.name}": policy.document for policy in POLICIES}
    results |= {f"drift {policy.name}": policy.document for policy in DRIFTED if policy.name != MISSPELT}
    return {**results, "full": FULL, "read only": READ_ONLY, "worked": worked_policy()}


@pytest.mark.parametrize("name", documents())
def test_no_documented_policy_has_a_statement_without_effect(name: str) -> None:
    assert [str(part) for part in ineffective_parts(parse(documents()[name]), UID, TODAY)] == []


def test_the_misspelt_deny_of_the_demonstration_is_the_only_part_without_effect() -> None:
    (policy,) = (policy for policy in DRIFTED if policy.name == MISSPELT)
    (part,) = ineffective_parts(parse(policy.document), UID, TODAY)
    assert "eci:DeleteContainerGrup" in str(part)


def test_every_api_method_of_the_sdks_and_every_modelled_action_is_known() -> None:
    assert missing() == {service: [] for service in SERVICES}
    assert {f"eci:{name}" for name in action_list("eci").names} >= ACTIONS.keys()
