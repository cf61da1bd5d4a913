"""What is looked up by names, tags, groups and ids leaves out nothing that the evaluator allows, and stays small."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_eci_compliance.policy.authorization import Account, Call, Target
from pytest_eci_compliance.policy.decision import Principal
from pytest_eci_compliance.policy.document import parse
from pytest_eci_compliance.policy.escalation.candidates import Candidates, allowing_patterns
from pytest_eci_compliance.policy.escalation.resource_candidates import ResourceCandidates
from pytest_eci_compliance.policy.held_policies import HeldPolicy
from pytest_eci_compliance.policy.ram_actions import RamResource

NAMES = ("app", "App", "app-1", "app-10", "ap", "b", "user")
ENDS = (*NAMES, "app*", "*", "a?p", "app-1*", "${acs:x}", "*p", "")
HEADS = (
    "acs:ram:*:1:",
    "acs:ram::1:",
    "acs:ram:cn-beijing:1:",
    "acs:*:*:*:",
    "acs:ram:*:",
    "*",
    "acs:ims:*:1:",
)
KINDS = ("user", "role", "ro?e", "*", "USER")

resources = st.lists(
    st.one_of(
        st.builds("{}{}/{}".format, st.sampled_from(HEADS), st.sampled_from(KINDS), st.sampled_from(ENDS)),
        st.sampled_from(["*", "acs:ram:*:1:*", "user", "acs:ram:*:1:user"]),
    ),
    min_size=1,
    max_size=3,
)


def principal(*statements: dict[str, object], scope: str | None = None) -> Principal:
    document = parse({"Version": "1", "Statement": list(statements)})
    return Principal([HeldPolicy("p", document, scope)], Account("1"))


@pytest.mark.parametrize(
    ("kind", "action", "call"),
    [
        ("user", "ram:CreateAccessKey", lambda name: Call("ram:CreateAccessKey", ram=RamResource(user=name))),
        ("role", "sts:AssumeRole", lambda name: Call("sts:AssumeRole", ram=RamResource(role=name))),
        ("role", "ram:PassRole", lambda name: Call("ram:PassRole", role=name)),
    ],
)
@given(resources=resources)
def test_every_name_on_which_something_may_be_allowed_is_found(
    kind: str, action: str, call: Callable[[str], Call], resources: list[str]
) -> None:
    holder = principal({"Effect": "Allow", "Action": [action], "Resource": resources})
    candidates = Candidates(kind, [(name, [name]) for name in NAMES])
    found = candidates.about(allowing_patterns(holder, [action], kind))
    for name in NAMES:
        if holder.decide(call(name)).outcome != "denied":
            assert name in found


def test_names_that_no_pattern_fits_are_not_found() -> None:
    candidates = Candidates("user", [(name, [name]) for name in NAMES])
    assert candidates.about(["acs:ram:*:1:user/app-1"]) == ["app-1"]
    assert candidates.about(["acs:ram:*:1:user/app-1*", "acs:ram:*:1:role/b"]) == ["app-1", "app-10"]
    assert candidates.about(["acs:ram:*:1:user/APP"]) == ["app", "App"]


TARGETS = [
    Target("containergroup", f"eci-{number}", "cn-beijing", group, tags)
    for number, (group, tags) in enumerate(
        (group, tags)
        for group in (None, "rg-1", "rg-2")
        for tags in (None, (), (("env", "prod"),), (("env", "Prod"), ("team", "a")), (("ENV", "prod"),))
    )
]
conditions = st.dictionaries(
    st.sampled_from(
        ["StringEquals", "StringNotEquals", "StringLike", "StringEqualsIgnoreCase", "Bool", "StringOdd"]
    ),
    st.dictionaries(
        st.sampled_from(
            ["acs:ResourceTag/env", "acs:ResourceTag/team", "acs:RequestTag/env", "acs:MFAPresent"]
        ),
        st.lists(st.sampled_from(["prod", "p*", "a", "${x}", "true"]), min_size=1, max_size=2),
        min_size=1,
        max_size=2,
    ),
    max_size=2,
)
ids = st.lists(
    st.sampled_from(
        [
            "*",
            "acs:eci:*:*:containergroup/eci-3",
            "acs:eci:*:*:containergroup/ECI-3",
            "acs:eci:*:*:containergroup/*",
            "acs:eci:*:containergroup/eci-4",
            "acs:eci:cn-hangzhou:*:containergroup/eci-5",
            "acs:eci:*:*:imagecache/eci-6",
        ]
    ),
    min_size=1,
    max_size=2,
)
ACTIONS = (
    "eci:ExecContainerCommand",
    "eci:RunCommand",
    "eci:UpdateContainerGroup",
    "eci:RestartContainerGroup",
    "eci:UpdateContainerGroupByTemplate",
    "eci:UntagResources",
)


@given(
    action=st.sampled_from(ACTIONS),
    conditions=conditions,
    resources=ids,
    scope=st.sampled_from([None, "rg-1"]),
    allowed=st.sampled_from([["eci:*"], ["eci:ExecContainerCommand"], ["eci:U*", "eci:R*"]]),
)
def test_every_resource_on_which_something_may_be_allowed_is_found(
    action: str,
    conditions: dict[str, dict[str, list[str]]],
    resources: list[str],
    scope: str | None,
    allowed: list[str],
) -> None:
    statement: dict[str, object] = {"Effect": "Allow", "Action": allowed, "Resource": resources}
    holder = principal(statement | ({"Condition": conditions} if conditions else {}), scope=scope)
    found = ResourceCandidates(TARGETS).about(holder, [action])
    for number, target in enumerate(TARGETS):
        if holder.decide(Call(action, target)).outcome != "denied":
            assert number in found


def test_resources_that_no_statement_fits_are_not_found() -> None:
    tagged = {"StringEquals": {"acs:ResourceTag/team": "a"}}
    statement: dict[str, object] = {"Effect": "Allow", "Action": "eci:*", "Resource": "*"}
    candidates = ResourceCandidates(
        [target for target in TARGETS if target.tags is not None and target.group]
    )
    by_tag = candidates.about(principal(statement | {"Condition": tagged}), ["eci:ExecContainerCommand"])
    by_group = candidates.about(principal(statement, scope="rg-1"), ["eci:ExecContainerCommand"])
    statement["Resource"] = "acs:eci:*:*:containergroup/eci-8"
    by_id = candidates.about(principal(statement), ["eci:ExecContainerCommand"])
    assert (len(by_tag), len(by_group), len(by_id)) == (2, 4, 1)
