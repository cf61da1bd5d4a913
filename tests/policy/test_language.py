"""The syntax of RAM policy documents: what is read, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_eci_compliance.policy.document import parse
from tests.policy.policy_world import FULL, USER, access, allow, decide, document

USAGE = "eci:ListUsage"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ({"Version": "2", "Statement": [allow("eci:*")]}, 'Version of the document is not "1"'),
        ({"Version": 1, "Statement": [allow("eci:*")]}, "Version"),
        ({"Statement": [allow("eci:*")]}, "Version"),
        ({"Version": "1", "Id": "x", "Statement": [allow("eci:*")]}, "Id"),
        ({"Version": "1"}, "exactly one Statement"),
        ({"Version": "1", "Statement": "x"}, "not a list"),
        ({"Version": "1", "Statement": ["x"]}, "not a JSON object"),
        ('{"Version":"1","Version":"1","Statement":[]}', "twice"),
        ('{"Version":"1","Statement":[],"Statement":[]}', "exactly one Statement"),
        (
            '{"Version":"1","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"eci:*","Resource":"*"}]}',
            "twice",
        ),
        (
            '{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Action":"eci:*","Resource":"*"}]}',
            "twice",
        ),
    ],
)
def test_a_document_that_is_not_valid_says_what_is_the_matter(
    text: dict[str, Any] | str, problem: str
) -> None:
    decision = decide(text, action=USAGE)
    results = parse(text)
    message = [results.problem, *(statement.problem for statement in results.statements)]
    assert problem in " ".join(filter(None, message))
    assert decision.outcome == ("undecidable" if results.statements else "denied")


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "allow", "Action": "eci:*", "Resource": "*"},
        {"Action": "eci:*", "Resource": "*"},
        {"Effect": "Allow", "Resource": "*"},
        {"Effect": "Allow", "Action": [], "Resource": "*"},
        {"Effect": "Allow", "Action": "eci:*", "NotAction": "oss:*", "Resource": "*"},
        {"Effect": "Allow", "Action": ["eci:*", 1], "Resource": "*"},
        {"Effect": "Allow", "Action": "eci:*"},
        {"Effect": "Allow", "Action": "eci:*", "Resource": None},
        {"Effect": "Allow", "Action": "eci*", "Resource": "*"},
        {"Effect": "Allow", "Action": "eci:*", "Resource": "*", "Condition": []},
        {"Effect": "Allow", "Action": "eci:*", "Resource": "*", "Condition": {"StringEquals": {}}},
        {"Effect": "Allow", "Action": "eci:*", "Resource": "*", "Condition": {"StringEquals": {"k": []}}},
        {"Effect": "Allow", "Action": "eci:*", "Resource": "*", "Condition": {"StringEquals": {"k": {}}}},
    ],
)
def test_a_statement_that_is_not_valid_is_never_allowed_and_never_ignored(statement: dict[str, Any]) -> None:
    assert parse(document(statement)).statements[0].problem
    assert decide(document(statement), action=USAGE).outcome == "undecidable"
    if statement.get("Effect") == "Allow":
        assert decide(FULL, document(statement), action=USAGE).outcome == "allowed"
    else:
        assert decide(FULL, document(statement), action=USAGE).outcome == "undecidable"


def test_a_statement_alone_does_not_stand_for_a_list_of_one() -> None:
    """Documented for Action, Resource and condition values alone."""
    item = {"Version": "1", "Statement": allow("eci:*")}
    assert decide(item, action=USAGE).outcome == "undecidable"
    assert decide(item, action="oss:GetObject").outcome == "denied"


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("eci:ListUsage", "allowed"),
        ("ECI:LISTUSAGE", "allowed"),
        ("eci:L?stU*", "allowed"),
        ("*:ListUsage", "allowed"),
        ("eci:ListUsag", "denied"),
        ("eci:ListUsage?", "denied"),
        (["oss:*", "eci:List*"], "allowed"),
    ],
)
def test_actions_ignore_case_and_have_wildcards(action: list[str] | str, expected: str) -> None:
    assert decide(document(allow(action)), action=USAGE).outcome == expected


def test_not_action() -> None:
    all_but = document({"Effect": "Allow", "NotAction": ["eci:Delete*", "oss:*"], "Resource": "*"})
    assert decide(all_but, action=USAGE).outcome == "allowed"
    assert decide(all_but, action="eci:DeleteContainerGroup").outcome == "denied"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("acs:eci:*:*:containergroup/eci-test", "allowed"),
        ("acs:eci:cn-hangzhou:1098765432109876:containergroup/eci-tes?", "allowed"),
        ("acs:eci:*:*:containergroup/ECI-TEST", "denied"),
        ("acs:eci:cn-beijing:*:*", "denied"),
        ("acs:eci:*:*:imagecache/*", "denied"),
        (["acs:oss:*:*:*", "acs:eci:*:*:*"], "allowed"),
    ],
)
def test_resources_respect_case(resource: list[str] | str, expected: str) -> None:
    call = {"action": "eci:DeleteContainerGroup", "resource": "eci-test"}
    assert decide(document(allow("eci:*", resource)), **call).outcome == expected


def test_a_region_that_a_call_does_not_state_is_not_assumed() -> None:
    here = document(allow("eci:*", "acs:eci:cn-hangzhou:*:*"))
    decision = decide(here, action="eci:CreateContainerGroup")
    assert decision.outcome == "undecidable"
    assert "acs:eci:cn-hangzhou" in decision.why
    everywhere = document(allow("eci:*", "acs:eci:*:*:containergroup/*"))
    assert decide(everywhere, action="eci:CreateContainerGroup").outcome == "allowed"
    single = document(allow("eci:*", "acs:eci:*:*:containergroup/eci-1"))
    assert decide(single, action="eci:CreateContainerGroup").outcome == "denied"


@pytest.mark.parametrize(
    ("operator", "seen", "value", "holds"),
    [
        ("StringEquals", "Test", "test", False),
        ("StringEqualsIgnoreCase", "Test", "tEST", True),
        ("StringLike", "test-1", "te?t-*", True),
        ("StringLike", "test-1", "TE*", False),
        ("StringEquals", "test*", "test?", False),
        ("StringNotEquals", "a", "b", True),
        ("StringNotLike", "abc", "a*", False),
        ("StringNotEqualsIgnoreCase", "A", "a", False),
        ("NumericEquals", "1.0", "1", True),
        ("NumericNotEquals", "2", "1", True),
        ("NumericLessThan", "9", "10", True),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "9", "10", False),
        ("NumericGreaterThanEquals", "11", 10, True),
        ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T08:00:00+08:00", True),
        ("DateNotEquals", "2026-01-01T00:00:00Z", "2026-01-01T08:00:00+08:00", False),
        ("DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", True),
        ("Bool", "true", True, True),
        ("Bool", "false", "true", False),
        ("IpAddress", "10.1.2.3", "10.0.0.0/8", True),
        ("IpAddress", "2001:db8::1", "10.0.0.0/8", False),
        ("NotIpAddress", "10.1.2.3", "10.1.2.3", False),
        ("NumericLessThan", "many", "10", None),
        ("DateLessThan", "2026-01-01", "2026-01-02T00:00:00Z", None),
        ("Bool", "yes", "true", None),
        ("IpAddress", "home", "10.0.0.0/8", None),
    ],
)
def test_every_documented_operator(operator: str, seen: str, value: int | str, holds: bool | None) -> None:
    text = document(allow("eci:Create*", Condition={operator: {"acs:RequestTag/x": value}}))
    decision = decide(text, action="eci:CreateContainerGroup", request_tags={"x": seen})
    assert decision.outcome == {True: "allowed", False: "denied", None: "undecidable"}[holds], decision.why


def test_values_are_alternatives_keys_and_operators_must_all_hold() -> None:
    block = {
        "StringEquals": {"acs:RequestTag/a": ["1", "2"], "acs:RequestTag/b": "x"},
        "StringLike": {"acs:RequestTag/c": "y*"},
    }
    text = document(allow("eci:Create*", Condition=block))
    whole = {"a": "2", "b": "x", "c": "yes"}
    assert decide(text, action="eci:CreateContainerGroup", request_tags=whole).outcome == "allowed"
    for key in whole:
        less = {name: value for name, value in whole.items() if name != key}
        assert decide(text, action="eci:CreateContainerGroup", request_tags=less).outcome == "denied"


def test_an_empty_condition_is_no_condition() -> None:
    assert decide(document(allow("eci:*", Condition={})), action=USAGE).outcome == "allowed"


def test_reading_is_fast_and_safe_for_hostile_patterns() -> None:
    text = document(allow("eci:" + "*a" * 500 + "b", "*a" * 500 + "b"))
    assert access(text).decide(USER, USAGE).outcome == "denied"
