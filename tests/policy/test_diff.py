"""The comparison of documents against brute force: every call of a small universe, in every reading."""

from __future__ import annotations

import copy
import itertools
import json
import random
from functools import cache
from random import Random
from typing import Any

import pytest

from pytest_eci_compliance.policy.changed_calls import ChangedCall, changed_calls
from pytest_eci_compliance.policy.conditions import ABSENT
from pytest_eci_compliance.policy.diff import compare
from pytest_eci_compliance.policy.document import parse
from tests.policy import naive
from tests.policy.naive import OPERATORS, statement_applies
from tests.support.sampling import sample

ACTIONS = [
    "eci:DeleteContainerGroup",
    "eci:DeleteImageCache",
    "eci:ListUsage",
    "ecs:RunInstances",
    "ram:PassRole",
]
ACTION_PATTERNS = [*ACTIONS, "eci:*", "eci:Delete*", "*", "ec?:*", "*:List*", "ecs:*", "ram:*"]
RESOURCES = ["*", "acs:eci:r:1:a/x", "acs:eci:r:1:a/y", "acs:eci:r:1:b/x"]
RESOURCE_PATTERNS = [*RESOURCES, "acs:eci:*:*:a/*", "acs:*", "acs:eci:*:?:*/x"]
VALUES = ["test", "Test", "prod", "t*", "*"]
TAGS = [{}, *({"env": value} for value in ("test", "Test", "prod", "tx", ""))]
NEGATED = [f"StringNot{name.removeprefix('String')}" for name in OPERATORS]


@cache
def readings(operators: tuple[str, ...]) -> list[naive.Reading]:
    """Every combination of answers to what the documentation leaves open about these negated operators."""
    topics: list[tuple[str, str]] = [
        (kind, operator) for kind in ("missing", "some") for operator in operators
    ]
    return [
        dict(zip(topics, answers, strict=True))
        for answers in itertools.product((True, False), repeat=len(topics))
    ]


def state(
    document: dict[str, Any],
    action: str,
    resource: str,
    request: dict[str, Any],
    own: dict[str, Any],
    reading: dict[str, Any],
) -> str:
    effects = {
        statement["Effect"]
        for statement in document["Statement"]
        if statement_applies(statement, action, resource, request, own, reading)
    }
    return "denied" if "Deny" in effects else "allowed" if effects else "neither"


def readings_that_matter(*documents: dict[str, Any]) -> list[naive.Reading]:
    text = json.dumps(documents)
    return readings(tuple(item for item in NEGATED if f'"{item}"' in text))


def differs(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether some call of the universe comes out differently in some reading."""
    return any(differs_in(reading, old, new) for reading in readings_that_matter(old, new))


def differs_in(reading: naive.Reading, old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether some call of the universe comes out differently in this reading."""
    requests: list[dict[str, str]] = TAGS if "RequestTag" in json.dumps([old, new]) else [{}]
    calls = itertools.product(ACTIONS, RESOURCES, requests, TAGS)
    return any(state(old, *call, reading) != state(new, *call, reading) for call in calls)


def some_of(rng: Random, choices: list[str], most: int = 3) -> list[str]:
    return rng.sample(choices, rng.randint(1, most))


def condition(rng: Random) -> dict[str, dict[str, list[str]]]:
    key = rng.choice(["acs:ResourceTag/env", "acs:ResourceTag/env", "acs:RequestTag/env"])
    return {rng.choice([*OPERATORS, *NEGATED]): {key: some_of(rng, VALUES, 2)}}


def statement(rng: Random) -> dict[str, Any]:
    element = rng.choice(["Action", "Action", "Action", "NotAction"])
    world: dict[str, Any] = {
        "Effect": rng.choice(["Allow", "Allow", "Deny"]),
        element: some_of(rng, ACTION_PATTERNS),
        "Resource": rng.choice([["*"], some_of(rng, RESOURCE_PATTERNS, 2)]),
    }
    if rng.random() < 0.4:
        world["Condition"] = condition(rng)
    return world


def document(rng: Random) -> dict[str, Any]:
    return {"Version": "1", "Statement": [statement(rng) for _ in range(rng.randint(1, 3))]}


def element_of(part: dict[str, Any]) -> str:
    return "NotAction" if "NotAction" in part else "Action"


def another_case(rng: Random, statements: list[dict[str, Any]]) -> None:
    part = rng.choice(statements)
    part[element_of(part)] = [rng.choice([str.upper, str.lower])(item) for item in part[element_of(part)]]


def split(rng: Random, statements: list[dict[str, Any]]) -> None:
    part = rng.choice(statements)
    element = rng.choice(["Action", "Resource"])
    if len(part.get(element, ())) > 1:
        statements.remove(part)
        statements += [{**part, element: [item]} for item in part[element]]


def repeated(rng: Random, statements: list[dict[str, Any]]) -> None:
    part = rng.choice(statements)
    statements.insert(rng.randint(0, len(statements)), copy.deepcopy(part))
    part["Resource"] = [*part["Resource"], part["Resource"][0]]


def covered(rng: Random, statements: list[dict[str, Any]]) -> None:
    part = rng.choice(statements)
    element = element_of(part)
    if "eci:*" in part[element] or "*" in part[element]:
        part[element] = [*part[element], "eci:Delete*", "eci:DescribeRegions"]
    if "*" in part["Resource"]:
        part["Resource"] = [*part["Resource"], "acs:eci:*:*:a/*"]


def shuffled(rng: Random, statements: list[dict[str, Any]]) -> None:
    rng.shuffle(statements)
    for part in statements:
        for element in (element_of(part), "Resource"):
            rng.shuffle(part[element])


def denied_anyway(rng: Random, statements: list[dict[str, Any]]) -> None:
    denies = [part for part in statements if part["Effect"] == "Deny"]
    statements += [{**part, "Effect": "Allow"} for part in denies[:1]]


def split_values(rng: Random, statements: list[dict[str, Any]]) -> None:
    part = rng.choice(statements)
    for operator, keys in part.get("Condition", {}).items():
        ((key, values),) = keys.items()
        if "Not" not in operator and len(values) > 1:
            statements.remove(part)
            statements += [{**part, "Condition": {operator: {key: value}}} for value in values]


NEUTRAL = [another_case, split, repeated, covered, shuffled, denied_anyway, split_values]


def other_effect(rng: Random, statements: list[dict[str, Any]]) -> None:
    part = rng.choice(statements)
    part["Effect"] = "Deny" if part["Effect"] == "Allow" else "Allow"


def other_action(rng: Random, statements: list[dict[str, Any]]) -> None:
    part = rng.choice(statements)
    part[element_of(part)] = some_of(rng, ACTION_PATTERNS)


def other_resource(rng: Random, statements: list[dict[str, Any]]) -> None:
    rng.choice(statements)["Resource"] = some_of(rng, RESOURCE_PATTERNS, 2)


def other_condition(rng: Random, statements: list[dict[str, Any]]) -> None:
    part = rng.choice(statements)
    if part.pop("Condition", None) is None or rng.random() < 0.5:
        part["Condition"] = condition(rng)


def more_or_less(rng: Random, statements: list[dict[str, Any]]) -> None:
    if len(statements) > 1 and rng.random() < 0.5:
        statements.remove(rng.choice(statements))
    else:
        statements.append(statement(rng))


CHANGES = [other_effect, other_action, other_resource, other_condition, more_or_less]


@pytest.mark.parametrize("seed", sample(range(150), every=3))
def test_an_edit_without_a_change_of_meaning_is_no_change(seed: int) -> None:
    rng = random.Random(seed)
    old = document(rng)
    new = copy.deepcopy(old)
    for edit in rng.sample(NEUTRAL, 3):
        edit(rng, new["Statement"])
    difference = compare(json.dumps(old), json.dumps(new))
    assert (str(difference), difference.doubts) == ("", ()), (old, new)


@pytest.mark.parametrize("seed", sample(range(150), every=4))
def test_an_edit_is_a_change_where_some_call_is_decided_differently_and_only_there(seed: int) -> None:
    rng = random.Random(1000 + seed)
    old = document(rng)
    new = copy.deepcopy(old)
    for edit in (rng.choice(CHANGES), rng.choice(NEUTRAL)):
        edit(rng, new["Statement"])
    difference = compare(json.dumps(old), json.dumps(new))
    outcomes = [differs_in(reading, old, new) for reading in readings_that_matter(old, new)]
    if any(outcomes):
        assert difference.found or difference.doubts, (old, new)
    if all(outcomes):
        assert difference.found, (old, new)
    if difference.doubts and not difference.found:
        assert not all(outcomes), (old, new)
    changes = list(changed_calls(parse(old).statements, parse(new).statements))
    certain = [change for change in changes if isinstance(change, ChangedCall)]
    for change in certain:
        assert comes_out_differently(old, new, change), (old, new, change)
    assert (difference.found, bool(difference.doubts)) == (bool(certain), len(certain) < len(changes))
    for answer in (True, False):
        compared_in_one_reading(old, new, answer=answer)


def compared_in_one_reading(old: dict[str, Any], new: dict[str, Any], *, answer: bool) -> None:
    """Where the owner of the account settles what is open, nothing is in doubt."""
    settled = {f"negated-operator-on-{part}": answer for part in ("missing-key", "some-values")}
    reading = {(kind, operator): answer for kind in ("missing", "some") for operator in NEGATED}
    difference = compare(json.dumps(old), json.dumps(new), settled)
    assert difference.doubts == ()
    assert difference.found or not differs_in(reading, old, new), (old, new)
    for change in changed_calls(parse(old).statements, parse(new).statements, settled):
        assert isinstance(change, ChangedCall)
        assert comes_out_differently(old, new, change, [reading]), (old, new, change)


def comes_out_differently(
    old: dict[str, Any],
    new: dict[str, Any],
    change: ChangedCall,
    among: list[naive.Reading] | None = None,
) -> bool:
    tags: dict[str, dict[str, Any]] = {
        key: {"env": value} for key, value in change.context if value is not ABSENT
    }
    request, own = tags.get("acs:RequestTag/env", {}), tags.get("acs:ResourceTag/env", {})
    return any(
        state(old, change.action, change.resource, request, own, reading)
        != state(new, change.action, change.resource, request, own, reading)
        for reading in among or readings_that_matter(old, new)
    )


def test_a_deny_that_is_lost_is_named_first() -> None:
    for seed in range(40):
        rng = random.Random(seed)
        old = document(rng)
        deny = {"Effect": "Deny", "Action": ["eci:Delete*"], "Resource": ["*"]}
        guarded = {**old, "Statement": [*old["Statement"], deny]}
        text = str(compare(json.dumps(guarded), json.dumps(old)))
        lost = differs(guarded, old)
        assert text.startswith(("Deny lost: eci:Delete*", "Deny narrowed")) or not lost


def one_statement(**parts: Any) -> str:
    world = {"Effect": "Allow", "Resource": "*", **parts}
    return json.dumps({"Version": "1", "Statement": [world]})


def test_a_pattern_over_two_colons_is_about_no_action() -> None:
    names = {"Effect": "Allow", "NotAction": ["oss:Get*", "eci:*"], "Resource": "*"}
    every = {"Effect": "Allow", "Action": ["*:Describe*"], "Resource": "*"}
    wide = {"Effect": "Allow", "NotAction": ["oss:Get*"], "Resource": "*"}
    old, new = ({"Version": "1", "Statement": parts} for parts in ([wide], [wide, every]))
    assert compare(json.dumps(old), json.dumps(new)).found is False
    old, new = ({"Version": "1", "Statement": parts} for parts in ([names], [names, every]))
    assert compare(json.dumps(old), json.dumps(new)).added == ("*:Describe*",)


@pytest.mark.parametrize("operator", ["NumericEquals", "NumericLessThan", "NumericNotEquals"])
def test_two_spellings_of_a_number_are_no_change(operator: str) -> None:
    old, new = (
        one_statement(Action="eci:*", Condition={operator: {"acs:x": value}}) for value in ("10", "10.0")
    )
    difference = compare(old, new)
    assert (str(difference), difference.doubts) == ("", ())
    other = one_statement(Action="eci:*", Condition={operator: {"acs:x": "11"}})
    assert compare(old, other).found


def test_one_of_many_condition_keys_that_is_dropped_is_a_change() -> None:
    many = {f"acs:ResourceTag/k{number}": "v" for number in range(14)}
    few = dict(list(many.items())[1:])
    old, new = (one_statement(Action="eci:*", Condition={"StringEquals": keys}) for keys in (many, few))
    assert compare(old, new).conditions
    assert compare(new, old).conditions
    halves = {key: value for key, value in many.items() if key != "acs:ResourceTag/k3"}
    again = one_statement(
        Action="eci:*", Condition={"StringEquals": halves, "StringLike": {"acs:ResourceTag/k3": "v"}}
    )
    difference = compare(old, again)
    assert (difference.found, len(difference.doubts)) == (False, 1)


NETWORKS = ["10.0.0.0/8", "10.1.0.0/16"]


def by_address(operator: str, *networks: str) -> str:
    return one_statement(Action="eci:*", Condition={operator: {"acs:SourceIp": list(networks)}})


def test_a_range_that_another_covers_is_no_change_under_ip_address() -> None:
    difference = compare(by_address("IpAddress", NETWORKS[0]), by_address("IpAddress", *NETWORKS))
    assert (difference.found, difference.doubts) == (False, ())


def test_a_range_that_another_covers_cannot_be_compared_under_not_ip_address_until_it_is_settled() -> None:
    old, new = by_address("NotIpAddress", NETWORKS[0]), by_address("NotIpAddress", *NETWORKS)
    difference = compare(old, new)
    assert not difference.found
    (doubt,) = difference.doubts
    assert doubt.startswith(
        "statement 1 of the document found: it is not documented what NotIpAddress means where some"
    )
    assert doubt.endswith("`assumptions: {negated-operator-on-some-values: true or false}`")
    # false: no value may match, so the smaller range adds nothing.
    assert not compare(old, new, {"negated-operator-on-some-values": False}).found
    assert compare(old, new, {"negated-operator-on-some-values": True}).conditions
    # A range beside the other makes calls come out differently in both readings.
    assert compare(old, by_address("NotIpAddress", NETWORKS[0], "192.168.0.0/16")).found
