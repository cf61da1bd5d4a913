"""What holds for every policy: the evaluator against laws, and against a second, naive implementation."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_eci_compliance.inventory.facts import ContainerGroup
from pytest_eci_compliance.policy.authorization import Call, Target
from pytest_eci_compliance.policy.choices import Free
from pytest_eci_compliance.policy.eci_actions import ACTIONS
from pytest_eci_compliance.policy.evaluator import Decision
from pytest_eci_compliance.policy.patterns import matches
from tests.policy import naive
from tests.policy.naive import Grants
from tests.policy.policy_world import DEFAULT, PROD, REGION, TEST, UID, USER, access, instance
from tests.support.sampling import examples, is_nightly

KEYS = st.sampled_from(["acs:RequestTag/env", "acs:ResourceTag/env", "acs:RequestTag/team"])
VALUES = st.sampled_from(["test", "prod", "Test", "t*", "?est", ""])
OPERATORS = st.sampled_from(
    [
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
    ]
)
CONDITIONS = st.dictionaries(
    OPERATORS,
    st.dictionaries(
        KEYS, st.one_of(VALUES, st.lists(VALUES, min_size=1, max_size=3)), min_size=1, max_size=2
    ),
    min_size=1,
    max_size=2,
)
ACTION = st.sampled_from(
    ["eci:*", "*", "eci:Create*", "eci:Describe*", "ECI:update*", "eci:DeleteContainer?roup", "oss:*"]
)
RESOURCE = st.sampled_from(
    [
        "*",
        "acs:eci:*:*:*",
        "acs:eci:*:*:containergroup/*",
        f"acs:eci:{REGION}:{UID}:containergroup/eci-1",
        "acs:eci:*:*:imagecache/*",
        "acs:eci:*:1:*",
    ]
)


@st.composite
def statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Deny")) -> dict[str, Any]:
    message: dict[str, Any] = {
        "Effect": draw(st.sampled_from(effects)),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(
            st.one_of(ACTION, st.lists(ACTION, min_size=1, max_size=2))
        ),
        "Resource": draw(st.one_of(RESOURCE, st.lists(RESOURCE, min_size=1, max_size=2))),
    }
    if draw(st.booleans()):
        message["Condition"] = draw(CONDITIONS)
    return message


DOCUMENTS = st.lists(statements(), min_size=1, max_size=3).map(
    lambda part: {"Version": "1", "Statement": part}
)
SCOPES = st.sampled_from([None, None, PROD, DEFAULT])
GRANTS = st.lists(st.tuples(DOCUMENTS, SCOPES), min_size=1, max_size=3)
TAGS = st.dictionaries(
    st.sampled_from(["env", "team"]), st.sampled_from(["test", "prod", "TEST", "x"]), max_size=2
)
GROUPS = st.sampled_from([None, PROD, TEST, DEFAULT])
INSTANCES = st.builds(lambda group, tags: instance("eci-1", group or "", **tags), GROUPS, TAGS)
CALLS = st.one_of(
    st.fixed_dictionaries(
        {"action": st.just("eci:CreateContainerGroup"), "request_tags": TAGS, "resource_group": GROUPS}
    ),
    st.fixed_dictionaries(
        {
            "action": st.just("eci:DescribeContainerGroups"),
            "resource": st.none() | INSTANCES,
            "request_tags": TAGS,
            "resource_group": GROUPS,
        }
    ),
    st.fixed_dictionaries(
        {"action": st.just("eci:UpdateContainerGroup"), "resource": INSTANCES, "request_tags": TAGS}
    ),
    st.fixed_dictionaries({"action": st.just("eci:DeleteContainerGroup"), "resource": INSTANCES}),
)
WORTH = {"denied": 0, "undecidable": 1, "allowed": 2}


def ask(grants: Grants, call: dict[str, Any]) -> Decision:
    world = access(*grants)
    # A creation is made somewhere: the naive implementation knows one region only.
    subject = world.call(**call)
    if subject.target is None:
        subject = type(subject)(subject.action, None, subject.tags, subject.group, subject.role, REGION)
    return world.decide_call(world.principal(USER), subject)


@given(GRANTS, CALLS)
@examples(300)
def test_a_naive_implementation_agrees(grants: Grants, call: dict[str, Any]) -> None:
    item = call.get("resource")
    there = item and {"id": item.id, "group": item.resource_group_id, "tags": dict(item.tags)}
    expected = naive.decide(
        grants, call["action"], UID, REGION, there, call.get("request_tags"), call.get("resource_group")
    )
    decision = ask(grants, call)
    assert decision.outcome == expected, decision.why
    assert decision.why


@given(GRANTS, statements(effects=("Allow",)), SCOPES, CALLS)
@examples(80)
def test_adding_an_allow_never_turns_allowed_into_denied(
    grants: Grants, more: dict[str, Any], scope: str | None, call: dict[str, Any]
) -> None:
    before = ask(grants, call).outcome
    after = ask([*grants, ({"Version": "1", "Statement": [more]}, scope)], call).outcome
    assert not (before == "allowed" and after == "denied")
    if scope is not None or all(held is None for _, held in grants):
        # Beside a Deny on a group, an Allow on the account makes the order matter.
        assert WORTH[after] >= WORTH[before]


@given(GRANTS, statements(effects=("Deny",)), SCOPES, CALLS)
@examples(80)
def test_adding_a_deny_never_turns_denied_into_allowed(
    grants: Grants, more: dict[str, Any], scope: str | None, call: dict[str, Any]
) -> None:
    before = ask(grants, call).outcome
    after = ask([*grants, ({"Version": "1", "Statement": [more]}, scope)], call).outcome
    assert WORTH[after] <= WORTH[before]


@given(GRANTS, CALLS, st.randoms(use_true_random=False))
@examples(80)
def test_the_order_of_statements_and_policies_is_irrelevant(
    grants: Grants, call: dict[str, Any], chance: Random
) -> None:
    shuffled = []
    for document, scope in grants:
        part = list(document["Statement"])
        chance.shuffle(part)
        shuffled.append(({**document, "Statement": part}, scope))
    chance.shuffle(shuffled)
    assert ask(shuffled, call).outcome == ask(grants, call).outcome


def _as_lists(statement: dict[str, Any]) -> dict[str, Any]:
    def block(keys: dict[str, Any]) -> dict[str, Any]:
        return {key: value if isinstance(value, list) else [value] for key, value in keys.items()}

    message: dict[str, Any] = {
        key: [value] if key in ("Action", "NotAction", "Resource") and isinstance(value, str) else value
        for key, value in statement.items()
    }
    if "Condition" in message:
        message["Condition"] = {operator: block(keys) for operator, keys in message["Condition"].items()}
    return message


@given(GRANTS, CALLS)
@examples(100)
def test_a_text_is_a_list_of_one(grants: Grants, call: dict[str, Any]) -> None:
    lists = [
        ({**document, "Statement": [_as_lists(item) for item in document["Statement"]]}, scope)
        for document, scope in grants
    ]
    assert ask(lists, call).outcome == ask(grants, call).outcome


def _expanded(statement: dict[str, Any]) -> dict[str, Any]:
    element = "Action" if "Action" in statement else "NotAction"
    written = statement[element] if isinstance(statement[element], list) else [statement[element]]
    named = [
        row.action
        for row in ACTIONS.values()
        if any(matches(item.lower(), row.action.lower()) for item in written)
    ]
    if element == "NotAction":
        named = [row.action for row in ACTIONS.values() if row.action not in named]
    rest = {key: value for key, value in statement.items() if key != element}
    return {**rest, "Action": named or ["oss:nothing"]}


@given(GRANTS, CALLS)
@examples(100)
def test_a_policy_equals_its_expansion_over_the_known_actions(grants: Grants, call: dict[str, Any]) -> None:
    expanded = [
        ({**document, "Statement": [_expanded(item) for item in document["Statement"]]}, scope)
        for document, scope in grants
    ]
    assert ask(expanded, call).outcome == ask(grants, call).outcome


@given(GRANTS, CALLS)
@examples(100)
def test_one_document_or_several_make_no_difference(grants: Grants, call: dict[str, Any]) -> None:
    split = [
        ({**document, "Statement": [item]}, scope)
        for document, scope in grants
        for item in document["Statement"]
    ]
    assert ask(split, call).outcome == ask(grants, call).outcome


@given(GRANTS, INSTANCES)
@examples(100)
def test_no_value_may_allow_it_means_no_value(grants: Grants, instance: ContainerGroup) -> None:
    """What is denied for any request is denied for each of many."""
    world = access(*grants)
    principal = world.principal(USER)
    for action, target in (("eci:CreateContainerGroup", None), ("eci:UpdateContainerGroup", instance)):
        worst = world.decide_whatever(principal, world.call(action, target), Free(request=True)).outcome
        tried = [
            world.decide(USER, action, target, tags, group).outcome
            for tags in (
                {},
                {"env": "test"},
                {"env": "prod"},
                {"env": "zzz"},
                {"team": "prod", "env": "TEST"},
            )
            for group in (None, PROD, TEST, DEFAULT)
        ]
        assert WORTH[worst] >= max(WORTH[outcome] for outcome in tried)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "Version",
                        "Statement",
                        "Effect",
                        "Action",
                        "NotAction",
                        "Resource",
                        "Condition",
                        "Sid",
                        "1",
                    ]
                )
                | st.text(max_size=5),
                inner | st.sampled_from(["1", "Allow", "Deny", "*", "eci:*", "${x}"]),
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
@examples(300)
def test_no_document_breaks_the_evaluator(value: object) -> None:
    for text in (json.dumps(value), json.dumps({"Version": "1", "Statement": value})):
        decision = access(text).decide(USER, "eci:ListUsage")
        assert decision.outcome in WORTH
        assert decision.why


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"x"', "[" * 100_000, "{}", '{"Version": NaN}', "\ud800", '{"a":' * 5000]
)
def test_what_is_not_a_policy_document_decides_nothing(text: str) -> None:
    decision = access(text).decide(USER, "eci:ListUsage")
    assert decision.outcome == "undecidable"
    assert "Custom/policy1" in decision.why


TAG_VALUES = (
    None,
    *["test", "prod", "Test", "TEST", "PROD", "t*", "T*", "?est", "?EST", "xest", "tz", "zzz"],
    "",
)
BAGS = [
    {key: value for key, value in (("env", env), ("team", team)) if value is not None}
    for env in TAG_VALUES
    for team in TAG_VALUES
]
ANY_GROUP = (PROD, DEFAULT, "rg-elsewhere")


TRIED_BAGS = BAGS if is_nightly() else BAGS[::5]
"""The sets of tags that are tried. One in five has every value of each tag."""


def is_as_bad_as(verdict: Decision, outcomes: Iterable[str]) -> bool:
    """Whether a verdict is the worst of what was tried; worse than that only where not every set of tags was tried."""
    worst = worst_of(outcomes)
    return verdict.outcome == worst or (WORTH[verdict.outcome] > WORTH[worst] and not is_nightly())


def worst_of(outcomes: Iterable[str]) -> str:
    worst = "denied"
    for outcome in outcomes:
        if outcome == "allowed":
            return outcome
        worst = max(worst, outcome, key=WORTH.__getitem__)
    return worst


@given(GRANTS)
@examples(8)
def test_any_creation_is_as_bad_as_the_worst_of_all(grants: Grants) -> None:
    """Brute force over every value that the generated policies can tell apart, and one that they cannot."""
    world = access(*grants)
    call = replace(world.call("eci:CreateContainerGroup"), region=REGION)
    tried = (
        naive.decide(grants, call.action, UID, REGION, None, tags, group)
        for tags in TRIED_BAGS
        for group in ANY_GROUP
    )
    verdict = world.decide_whatever(world.principal(USER), call, Free(request=True))
    assert is_as_bad_as(verdict, tried), verdict.why


@given(GRANTS, INSTANCES)
@examples(8)
def test_any_update_is_as_bad_as_the_worst_of_all(grants: Grants, instance: ContainerGroup) -> None:
    world = access(*grants)
    call = world.call("eci:UpdateContainerGroup", instance)
    there = {"id": instance.id, "group": instance.resource_group_id, "tags": dict(instance.tags)}
    tried = (naive.decide(grants, call.action, UID, REGION, there, tags) for tags in TRIED_BAGS)
    verdict = world.decide_whatever(world.principal(USER), call, Free(request=True))
    assert is_as_bad_as(verdict, tried), verdict.why


@given(GRANTS, st.sampled_from([PROD, TEST, DEFAULT]), st.sampled_from(["Delete", "Update"]))
@examples(8)
def test_any_resource_of_a_group_is_as_bad_as_the_worst_of_all(grants: Grants, group: str, verb: str) -> None:
    world = access(*grants)
    action = f"eci:{verb}ContainerGroup"
    call = Call(action, Target("containergroup", group=group))
    tried = (
        naive.decide(grants, action, UID, region, {"id": id_, "group": group, "tags": tags})
        for tags in TRIED_BAGS
        for region, id_ in ((REGION, "eci-1"), (REGION, "zz"), ("cn-elsewhere", "eci-1"))
    )
    verdict = world.decide_whatever(world.principal(USER), call, Free(resource=True))
    assert is_as_bad_as(verdict, tried), verdict.why
