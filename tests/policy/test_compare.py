"""Whether two policy documents mean the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_eci_compliance.policy.diff import compare
from pytest_eci_compliance.policy.editions import document
from pytest_eci_compliance.policy.relevance import may_concern_eci

DOCUMENTED = document("AliyunServiceRolePolicyForECI", "2022-05-11")


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps(
        {
            "Version": "1",
            "Statement": [{"Effect": "Allow", "Resource": "*", **statement} for statement in statements],
        }
    )


def test_spelling_makes_no_difference() -> None:
    data = json.loads(DOCUMENTED)
    actions = [item for statement in data["Statement"][:-1] for item in statement["Action"]]
    last = data["Statement"][-1]
    last["Action"], last["Condition"]["StringEquals"]["ram:ServiceName"] = (
        [last["Action"].upper()],
        ["eci.aliyuncs.com"],
    )
    spread = [
        {"Effect": "Allow", "Action": action.upper(), "Resource": ["*"]} for action in reversed(actions)
    ]
    data["Statement"] = [last, *spread, {"Effect": "Allow", "Action": "cr:GetRepo*", "Resource": "*"}]
    difference = compare(DOCUMENTED, json.dumps(data, indent=7))
    assert (difference.found, difference.doubts, str(difference)) == (False, (), "")


def test_added_removed_and_changed_are_told_apart() -> None:
    data = json.loads(DOCUMENTED)
    data["Statement"][0]["Action"] += ["ecs:TagResources", "ecs:DeleteInstance"]
    data["Statement"][4]["Action"].remove("slb:RemoveBackendServers")
    del data["Statement"][5]["Condition"]
    data["Statement"][3]["Resource"] = "acs:log:*:*:project/k8s"
    data["Statement"].append({"Effect": "Deny", "Action": "eci:Delete*", "Resource": "*"})
    difference = compare(DOCUMENTED, json.dumps(data))
    assert difference.added == ("Deny eci:Delete*", "ecs:DeleteInstance", "ecs:TagResources")
    assert difference.removed == ("slb:RemoveBackendServers",)
    delete = "ram:DeleteServiceLinkedRole"
    assert difference.conditions == (
        f"{delete} has no condition, expected StringEquals ram:ServiceName = eci.aliyuncs.com",
    )
    assert len(difference.resources) == 11
    assert difference.resources[0] == "log:ApplyConfigToGroup on acs:log:*:*:project/k8s, expected *"
    assert "added: Deny eci:Delete*, ecs:DeleteInstance, ecs:TagResources; removed: slb:" in str(difference)


@pytest.mark.parametrize(
    ("expected", "result", "message"),
    [
        ({"Action": "cr:*"}, {"Action": "cr:Get*"}, "removed: cr:*"),
        ({"Action": "cr:Get*"}, {"Action": "cr:*"}, "added: cr:*"),
        ({"Action": ["cr:Get*", "cr:GetRepo"]}, {"Action": "cr:Get*"}, ""),
        ({"NotAction": ["ram:*", "eci:*"]}, {"NotAction": ["eci:*", "RAM:*"]}, ""),
        ({"NotAction": ["ram:*", "eci:*"]}, {"NotAction": "ram:*"}, "added: everything but ram:*"),
        ({"NotAction": "ram:*"}, {"Action": "eci:*"}, "removed: everything but ram:*"),
        (
            {"Action": "a:B", "Condition": {"Bool": {"acs:MFAPresent": "true"}}},
            {"Action": "a:B", "Condition": {"Bool": {"acs:MFAPresent": "false"}}},
            "condition changed: a:B has Bool acs:MFAPresent = false, expected Bool acs:MFAPresent = true",
        ),
        ({"Action": "a:B"}, {"Action": "a:B", "Effect": "Deny"}, "added: Deny a:B; removed: a:B"),
    ],
)
def test_one_against_another(expected: dict[str, Any], result: dict[str, Any], message: str) -> None:
    assert str(compare(policy(expected), policy(result))) == message


def on(*values: str, operator: str = "StringEquals") -> dict[str, Any]:
    return {"Action": "a:B", "Condition": {operator: {"ram:ServiceName": list(values)}}}


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        ([on("x", "y")], [on("x"), on("y")]),
        ([{"Action": "a:B", "Resource": ["x", "y"]}], [{"Action": "a:B", "Resource": name} for name in "xy"]),
        ([{"Action": ["a:B", "a:C"]}], [{"Action": "a:B"}, {"Action": "a:C"}]),
    ],
)
def test_one_statement_and_several_that_together_say_the_same(
    whole: list[dict[str, Any]], parts: list[dict[str, Any]]
) -> None:
    for item, other in ((whole, parts), (parts, whole)):
        assert not compare(policy(*item), policy(*other)).found
    assert compare(policy(*whole), policy(parts[0])).found
    assert compare(policy(parts[0]), policy(*whole)).found


DENY = {"Effect": "Deny"}
NOT_EQUALS = "StringNotEquals acs:ResourceTag/env"


@pytest.mark.parametrize(
    ("expected", "result", "message"),
    [
        ([DENY | {"Action": "eci:Delete*"}], [{"Action": "eci:*"}], "Deny lost: eci:Delete*; added: eci:*"),
        (
            [DENY | {"Action": "eci:*"}],
            [DENY | {"Action": ["eci:Delete*", "ECI:Create*"]}],
            "Deny narrowed: eci:* to ECI:Create*, eci:Delete*",
        ),
        (
            [DENY | {"Action": "eci:*"}],
            [DENY | {"Action": "eci:*", "Resource": "acs:eci:*:*:containergroup/*"}],
            "Deny narrowed: eci:* on acs:eci:*:*:containergroup/*, expected *",
        ),
        (
            [DENY | {"Action": "eci:*"}],
            [DENY | {"Action": "eci:*", "Condition": {"Bool": {"acs:MFAPresent": "false"}}}],
            "Deny narrowed: eci:* has Bool acs:MFAPresent = false, expected no condition",
        ),
        ([{"NotAction": ["ram:*", "oss:*"]}], [{"NotAction": ["ram:*", "oss:*", "ram:PassRole"]}], ""),
        ([{"Action": "*"}], [{"NotAction": "ram:*"}], "removed: *"),
        ([{"Action": "eci:*"}, DENY | {"Action": "eci:*"}], [DENY | {"Action": "eci:*"}], ""),
        (
            [{"Action": "eci:*", "Condition": {"StringLike": {"acs:ResourceTag/env": "t*"}}}],
            [{"Action": "eci:*", "Condition": {"StringLike": {"acs:ResourceTag/env": ["t*", "test"]}}}],
            "",
        ),
        (
            [{"Action": "eci:*", "Condition": {"StringNotEquals": {"acs:ResourceTag/env": "prod"}}}],
            [{"Action": "eci:*", "Condition": {"StringNotEquals": {"acs:ResourceTag/env": "test"}}}],
            f"condition changed: eci:* has {NOT_EQUALS} = test, expected {NOT_EQUALS} = prod",
        ),
    ],
)
def test_a_deny_that_is_lost_or_narrowed_comes_first(
    expected: list[dict[str, Any]], result: list[dict[str, Any]], message: str
) -> None:
    assert str(compare(policy(*expected), policy(*result))) == message


ODD = {"Action": "eci:*", "Condition": {"ForAnyValue:StringEquals": {"acs:ResourceTag/env": "test"}}}


@pytest.mark.parametrize(
    "odd", [ODD, {"Action": "eci:*", "Sid": "1"}, {"Action": "eci:*", "Resource": "${x}"}]
)
def test_what_has_no_documented_meaning_is_equal_to_itself_and_else_a_doubt_that_names_it(
    odd: dict[str, Any],
) -> None:
    more = {"Action": "oss:*"}
    same = compare(policy(odd, more), policy(more, odd))
    assert (same.found, same.doubts) == (False, ())
    for item, other, which in (
        (policy(odd, more), policy(more), "expected"),
        (policy(more), policy(odd, more), "found"),
    ):
        difference = compare(item, other)
        assert not difference.found
        assert difference.doubts[0].startswith("statement 1 of the ")
        assert which in difference.doubts[0]


def test_values_of_a_negated_operator_are_not_alternatives() -> None:
    """Whether any of them may differ or all have to is not documented: one statement and two cannot be compared."""
    negated = {"operator": "StringNotEquals"}
    together, apart = policy(on("x", "y", **negated)), policy(on("x", **negated), on("y", **negated))
    assert (compare(together, apart).found, len(compare(together, apart).doubts)) == (False, 1)
    for any_is_enough in (True, False):
        settled = {"negated-operator-on-some-values": any_is_enough}
        difference = compare(together, apart, settled)
        assert (difference.found, difference.doubts) == (not any_is_enough, ())


@pytest.mark.parametrize("result", ["no JSON", "[]", "{}", policy({"Action": "eci:*", "NotResource": "x"})])
def test_what_cannot_be_judged_is_a_doubt_and_removes_nothing(result: str) -> None:
    difference = compare(DOCUMENTED, result)
    assert difference.doubts
    assert not difference.found


def test_what_is_added_beside_a_doubt_is_still_added() -> None:
    difference = compare(
        policy({"Action": "a:B"}), policy({"Action": "eci:*"}, {"Action": "x:Y", "Sid": "1"})
    )
    assert (str(difference), bool(difference.doubts)) == ("added: eci:*", True)


@pytest.mark.parametrize(
    ("statement", "concerns"),
    [
        ({"Action": "*"}, True),
        ({"Action": "ECI:describe*"}, True),
        ({"Action": "e*:List*"}, True),
        ({"Action": "*:Describe*"}, True),
        ({"Action": ["oss:Get*", "ram:PassRole"], "Resource": "acs:ram:*:*:role/x"}, True),
        ({"Action": "ram:AddUserToGroup"}, True),
        ({"Action": "ram:*"}, True),
        ({"Action": "ram:Attach*"}, True),
        ({"Action": "eci:*", "Condition": {"Bool": {"acs:MFAPresent": "true"}}}, True),
        ({"Action": "eci:*", "Sid": "?"}, True),
        ({"Effect": "Maybe", "Action": "eci:*"}, True),
        ({"Action": "${x}"}, True),
        ({"NotAction": "ram:*"}, True),
        ({"NotAction": ["ram:*", "eci:*", "resourcemanager:*"]}, True),  # sts:AssumeRole is left
        (
            {
                "NotAction": [
                    *(f"{service}:*" for service in ("ram", "eci", "resourcemanager", "sts", "tag", "ecs")),
                    *(f"{service}:*" for service in ("ess", "fc", "devs", "ros", "oos")),
                ]
            },
            False,
        ),
        ({"Action": "sts:AssumeRole"}, True),
        ({"Action": "ram:CreateAccessKey"}, True),
        ({"Action": "tag:*"}, True),
        ({"Action": "ecs:RunInstances"}, True),
        ({"Action": ["ecs:Describe*", "sts:GetCallerIdentity"]}, False),
        ({"Effect": "Deny", "Action": "eci:*"}, False),
        ({"Action": ["oss:*", "ecs:Stop*", "ram:Get*", "ram:List*", "ecid:*"]}, False),
    ],
)
def test_what_may_concern_eci(statement: dict[str, Any], concerns: bool) -> None:
    assert may_concern_eci(policy(statement)) is concerns


def test_what_is_no_document_may_concern_eci() -> None:
    assert may_concern_eci("no JSON")
