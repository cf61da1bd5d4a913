"""What the owner of an account settles: open questions both ways, and control policies as a ceiling."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any, Literal

import pytest

from pytest_eci_compliance.assumptions import by_id
from pytest_eci_compliance.inventory.facts import ContainerGroup
from pytest_eci_compliance.policy.evaluator import Access, Decision
from pytest_eci_compliance.policy.settings import Settings
from tests.policy import naive
from tests.policy.policy_world import (
    CACHE,
    DEFAULT,
    FULL,
    IN_PROD,
    OTHER,
    PROD,
    REGION,
    TAGGED,
    TEST,
    UID,
    UNTAGGED,
    USER,
    Held,
    account,
    allow,
    deny,
    document,
)

DELETE, UPDATE = "eci:DeleteContainerGroup", "eci:UpdateContainerGroup"


def decide(
    *held: Held,
    action: str = DELETE,
    settled: dict[str, bool] | None = None,
    ceiling: list[dict[str, Any]] | Literal["unknown"] | None = None,
    **call: Any,
) -> Decision:
    policies = (
        tuple((f"{number}.json", json.dumps(text)) for number, text in enumerate(ceiling))
        if isinstance(ceiling, list)
        else ceiling
    )
    settings = Settings(tuple(sorted((settled or {}).items())), policies)
    call.setdefault("resource", TAGGED)
    return Access(account(*held), settings=settings).decide(USER, action, **call)


def on(operator: str, key: str, value: list[str] | str) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


MISSING = document(allow("eci:*", **on("StringNotEquals", "acs:ResourceTag/none", "x")))
SOME = document(allow("eci:*", **on("StringNotEquals", "acs:ResourceTag/env", ["test", "prod"])))
PASS = "ram:PassRole"
TWO_READINGS = [
    ("negated-operator-on-missing-key", [MISSING], {}, "allowed", "denied"),
    ("negated-operator-on-some-values", [SOME], {}, "allowed", "denied"),
    (
        "deny-on-resource-group-wins",
        [FULL, (document(deny("eci:*")), PROD)],
        {"resource": IN_PROD},
        "denied",
        "allowed",
    ),
    (
        "deny-on-own-group-binds-queries-by-id",
        [FULL, (document(deny("eci:*")), PROD)],
        {"resource": IN_PROD, "action": "eci:DescribeContainerGroups"},
        "denied",
        "allowed",
    ),
    (
        "new-resource-group-is-authorised",
        [(FULL, PROD)],
        {"resource": IN_PROD, "action": UPDATE, "resource_group": TEST},
        "denied",
        "allowed",
    ),
    (
        "pass-role-ignores-case",
        [document(allow(PASS, "acs:ram:*:*:role/ecirole"))],
        {"action": PASS, "resource": "ECIRole"},
        "allowed",
        "denied",
    ),
    (
        "region-in-ram-arns-is-ignored",
        [document(allow("sts:AssumeRole", "acs:ram:cn-hangzhou:*:role/ECIRole"))],
        {"action": "sts:AssumeRole", "resource": "ECIRole"},
        "allowed",
        "denied",
    ),
    (
        "region-in-ram-arns-is-ignored",
        [document(allow(PASS)), document(deny(PASS, "acs:ram:cn-hangzhou:*:role/ECI*"))],
        {"action": PASS, "resource": "ECIRole"},
        "denied",
        "allowed",
    ),
    (
        "pass-role-on-resource-group",
        [(document(allow(PASS)), PROD)],
        {"action": PASS, "resource": "ECIRole"},
        "allowed",
        "denied",
    ),
    (
        "other-services-on-resource-group",
        [(document(allow("vpc:*")), PROD)],
        {"action": "vpc:DescribeVpcs", "resource": None},
        "allowed",
        "denied",
    ),
    (
        "list-tag-resources-looks-at-tags",
        [document(allow("eci:*", **on("StringEquals", "acs:RequestTag/env", "prod")))],
        {"action": "eci:ListTagResources", "request_tags": {"env": "prod"}},
        "allowed",
        "denied",
    ),
    (
        "all-resources-have-an-eci-arn",
        [document(allow("eci:*", "acs:eci:*:*:*"))],
        {"action": "eci:ResizeContainerGroupVolume"},
        "allowed",
        "denied",
    ),
]


@pytest.mark.parametrize(("id_", "held", "call", "if_true", "if_false"), TWO_READINGS)
def test_an_open_question_is_settled_either_way(
    id_: str, held: list[Any], call: dict[str, Any], if_true: str, if_false: str
) -> None:
    assert by_id()[id_].owner_may_settle
    both = {"deny-on-own-group-binds-queries-by-id": {"deny-on-resource-group-wins": True}}.get(id_, {})
    is_open = decide(*held, settled=both, **call)
    assert is_open.outcome == "undecidable"
    assert id_ in is_open.why, is_open.why
    assert "settle it with `assumptions: {" in is_open.why
    assert decide(*held, settled={**both, id_: True}, **call).outcome == if_true
    assert decide(*held, settled={**both, id_: False}, **call).outcome == if_false


def test_what_no_assumption_settles_names_none() -> None:
    odd = document(allow("eci:*", **on("Unheard", "acs:ResourceTag/env", "x")))
    assert "settle it with" not in decide(odd).why


# Control policies --------------------------------------------------------------------------------------------

EVERYTHING = document(allow("*"))


def test_left_out_or_empty_control_policies_bind_nobody() -> None:
    assert decide(FULL).outcome == "allowed"
    assert decide(FULL, ceiling=[]).outcome == "allowed"


def test_documents_that_only_deny_allow_nothing() -> None:
    ceiling = [document(deny("oss:*"))]
    decision = decide(FULL, ceiling=ceiling)
    assert decision.outcome == "denied"
    assert "no control policy allows eci:DeleteContainerGroup" in decision.why
    assert decide(FULL, ceiling=[*ceiling, EVERYTHING]).outcome == "allowed"


def test_a_deny_of_a_control_policy_is_named() -> None:
    decision = decide(FULL, ceiling=[EVERYTHING, document(deny("eci:Delete*"))])
    assert decision.outcome == "denied"
    assert "statement 1 of control policy 1.json" in decision.why
    assert (
        decide(FULL, ceiling=[EVERYTHING, document(deny("eci:Delete*"))], action=UPDATE).outcome == "allowed"
    )


def test_a_control_policy_allows_nothing_by_itself() -> None:
    assert decide(ceiling=[EVERYTHING]).outcome == "denied"


def test_unknown_control_policies_leave_nothing_certainly_allowed_and_every_denial_certain() -> None:
    decision = decide(FULL, ceiling="unknown")
    assert decision.outcome == "undecidable"
    assert "`control_policies` is `unknown`" in decision.why
    assert decide(ceiling="unknown").outcome == "denied"


def test_conditions_of_control_policies_are_tried_with_values_of_their_own() -> None:
    """No value that RAM's own statements tell apart lies in the network that the control policy allows."""
    held = document(allow("eci:*", **on("NotIpAddress", "acs:SourceIp", "10.0.0.0/8")))
    ceiling = [EVERYTHING, document(deny("*", **on("NotIpAddress", "acs:SourceIp", "192.168.0.0/16")))]
    assert decide(held, ceiling=ceiling).outcome == "undecidable"
    assert decide(held, ceiling=ceiling, source_ip="192.168.0.9").outcome == "allowed"
    assert decide(held, ceiling=ceiling, source_ip="10.0.0.9").outcome == "denied"


def test_control_policies_tell_resources_apart() -> None:
    ceiling = [EVERYTHING, document(deny("eci:*", f"acs:eci:*:*:containergroup/{OTHER.id}"))]
    settings = Settings((), tuple((str(number), json.dumps(text)) for number, text in enumerate(ceiling)))
    access = Access(account(FULL), settings=settings)
    outcomes = {item.id: access.decide(USER, DELETE, item).outcome for item in (TAGGED, OTHER, UNTAGGED)}
    assert outcomes == {TAGGED.id: "allowed", OTHER.id: "denied", UNTAGGED.id: "allowed"}


# What the documents of 2026 say ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "resource", "outcome"),
    [
        ("eci:DeleteContainerGroup", IN_PROD, "allowed"),
        ("eci:RunCommand", IN_PROD, "denied"),
        ("eci:DeleteContainerGroups", IN_PROD, "denied"),
        ("eci:ListUsage", None, "denied"),
        ("eci:DeleteVirtualNode", "vnd-1", "denied"),
        ("eci:UpdateVirtualNode", "vnd-1", "denied"),
        ("eci:TagResources", "vnd-1", "denied"),
        ("eci:CreateVirtualNode", None, "denied"),
        ("eci:CreateDataCache", None, "denied"),
    ],
)
def test_a_grant_on_a_resource_group_reaches_two_kinds_of_resources(
    action: str, resource: ContainerGroup | str | None, outcome: str
) -> None:
    call: dict[str, Any] = {"resource": resource, "action": action}
    if action.startswith("eci:Create"):
        call["resource_group"] = PROD
    assert decide((FULL, PROD), **call).outcome == outcome
    assert decide((FULL, DEFAULT), **call).outcome in (outcome, "denied")
    assert decide(FULL, **call).outcome == "allowed"


@pytest.mark.parametrize("action", ["eci:RunCommand", "eci:DeleteContainerGroups", "eci:RestartContainer"])
def test_an_action_that_the_sdk_lacks_is_decided_for_plain_grants(action: str) -> None:
    assert decide(document(allow(action)), action=action).outcome == "allowed"
    assert decide(document(allow("eci:Describe*")), action=action).outcome == "denied"
    assert decide(FULL, document(deny(action)), action=action).outcome == "denied"


def test_an_action_on_all_resources_is_not_allowed_on_one() -> None:
    action = "eci:ResizeContainerGroupVolume"
    assert decide(document(allow("eci:*", "acs:eci:*:*:containergroup/*")), action=action).outcome == "denied"
    assert decide(document(allow("eci:*", "*")), action=action).outcome == "allowed"


@pytest.mark.parametrize("group", [PROD, None])
def test_a_call_that_does_not_move_the_resource_asks_nothing_about_another_group(group: str | None) -> None:
    assert decide((FULL, PROD), resource=IN_PROD, action=UPDATE, resource_group=group).outcome == "allowed"


def test_an_image_cache_is_moved_too() -> None:
    call: dict[str, Any] = {"resource": CACHE, "action": "eci:UpdateImageCache", "resource_group": PROD}
    assert decide((FULL, DEFAULT), **call).outcome == "undecidable"
    assert decide((FULL, DEFAULT), (FULL, PROD), **call).outcome == "allowed"


# Against the naive evaluator ---------------------------------------------------------------------------------

IDS = (
    "deny-on-resource-group-wins",
    "deny-on-own-group-binds-queries-by-id",
    "negated-operator-on-missing-key",
    "negated-operator-on-some-values",
    "new-resource-group-is-authorised",
)
ACTIONS = (DELETE, UPDATE, "eci:DescribeContainerGroups", "eci:CreateContainerGroup")


def some_statement(dice: random.Random) -> dict[str, Any]:
    action = dice.choice(["eci:*", "eci:D*", *ACTIONS])
    resource = dice.choice(["*", "*", "acs:eci:*:*:containergroup/*", "acs:eci:*:*:containergroup/eci-p*"])
    more = {}
    if dice.random() < 0.6:
        operator = dice.choice(["StringEquals", "StringNotEquals", "StringNotLike"])
        key = dice.choice(["acs:ResourceTag/env", "acs:RequestTag/env", "acs:ResourceTag/team"])
        values = dice.sample(["test", "prod", "p*"], dice.choice([1, 2]))
        more = on(operator, key, values)
    effect = allow if dice.random() < 0.65 else deny
    return effect(action, resource, **more)


def some_document(dice: random.Random) -> dict[str, Any]:
    return document(*(some_statement(dice) for _ in range(dice.choice([1, 1, 2]))))


@pytest.mark.parametrize("seed", range(6))
def test_the_naive_evaluator_agrees(seed: int) -> None:
    dice, outcomes = random.Random(seed), set()
    for _ in range(200):
        held = [(some_document(dice), dice.choice([None, PROD, TEST])) for _ in range(dice.choice([1, 2, 3]))]
        settled = {id_: dice.random() < 0.5 for id_ in IDS if dice.random() < 0.5}
        ceilings: list[list[dict[str, Any]] | Literal["unknown"] | None] = [
            *(None, None, [EVERYTHING, some_document(dice)], [some_document(dice)], "unknown")
        ]
        ceiling = dice.choice(ceilings)
        action = dice.choice(ACTIONS)
        target = None if action.startswith("eci:Create") else dice.choice([TAGGED, OTHER, UNTAGGED, IN_PROD])
        tags = dice.choice([None, {"env": "prod"}]) if action != DELETE else None
        group = dice.choice([None, PROD, TEST])
        if action == UPDATE and group and tags:
            tags = None
        ours = decide(
            *held,
            action=action,
            settled=settled,
            ceiling=ceiling,
            resource=target,
            request_tags=tags,
            resource_group=group,
        )
        plain = (
            None
            if target is None
            else {
                "id": target.id,
                "group": target.resource_group_id,
                "tags": {tag.key: tag.value for tag in target.tags},
            }
        )
        theirs = naive.decide(
            held,
            action,
            UID,
            REGION,
            plain,
            tags,
            group if action != DELETE else None,
            settled=settled,
            ceiling=ceiling,
        )
        assert ours.outcome == theirs, (held, settled, ceiling, action, target, tags, group, ours.why)
        outcomes.add(theirs)
    assert outcomes == {"allowed", "denied", "undecidable"}


def test_settling_everything_leaves_nothing_open_that_has_two_readings() -> None:
    dice = random.Random(7)
    for answers in itertools.product((True, False), repeat=len(IDS)):
        held = [(some_document(dice), dice.choice([None, PROD])) for _ in range(2)]
        settled = dict(zip(IDS, answers, strict=True))
        assert decide(*held, settled=settled, resource=IN_PROD).outcome != "undecidable"
