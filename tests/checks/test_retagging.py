"""tag-policy against calls that change tags: cases by hand, and brute force over sequences of calls.

The oracle shares no code with the package. It knows StringEquals on one tag key, and plays every sequence of
calls that change tags, up to a length of three.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import User
from pytest_eci_compliance.results import Row
from tests.checks.access_account import WORKED, account, allow, document, on, outcomes
from tests.support.sampling import sample

TEST, PROD = on("acs:ResourceTag/env", "test"), on("acs:ResourceTag/env", "prod")
ASKED, OTHER = on("acs:RequestTag/env", "test"), on("acs:RequestTag/env", "prod")
DELETE = document(allow("eci:Delete*", Condition=TEST))
UPDATES = ("eci:UpdateContainerGroup", "eci:UpdateImageCache", "eci:UpdateVirtualNode", "eci:UpdateDataCache")


def judged(rows_of: Callable[..., list[Row]], *documents: str) -> list[Row]:
    prod = account(*(("ann", text, None) for text in documents))
    prod["custom_policies"] = tuple(prod["policies"])
    return rows_of("tag-policy", "users: []", **prod)


@pytest.mark.parametrize("action", [*UPDATES, "eci:TagResources", "eci:Update*"])
def test_every_action_that_changes_tags_counts_as_retagging(
    rows_of: Callable[..., list[Row]], action: str
) -> None:
    (row, *_) = judged(rows_of, DELETE, document(allow(action)))
    assert row.outcome == "failed", row.message
    assert "changed its tags to the tag 'env'='test'" in row.message
    assert "statement 1 of Custom/p1" in row.message


@pytest.mark.parametrize(
    ("other", "outcome"),
    [
        (allow("eci:UpdateImageCache"), "passed"),
        (allow("eci:TagResources", Condition=OTHER), "passed"),
        (allow("eci:TagResources", Condition=ASKED), "failed"),
        (allow("eci:UpdateContainerGroup", Condition=TEST), "passed"),
        (allow("eci:UpdateContainerGroup", Condition=PROD), "passed"),
        (allow(["eci:UpdateContainerGroup", "eci:DeleteContainerGroup"], Condition=PROD), "passed"),
        (allow("eci:UntagResources"), "passed"),
        (allow("eci:RestartContainerGroup"), "passed"),
    ],
)
def test_only_a_change_that_brings_a_resource_into_scope_counts(
    rows_of: Callable[..., list[Row]], other: dict[str, Any], outcome: str
) -> None:
    tagged = document(allow("eci:DeleteContainerGroup", Condition=TEST))
    rows = judged(rows_of, tagged, document(other))
    assert outcomes(rows)["Custom/p0"] == outcome, rows[0].message


def test_an_update_from_the_tags_of_one_policy_into_the_scope_of_another(
    rows_of: Callable[..., list[Row]],
) -> None:
    tagged = document(allow(["eci:DeleteContainerGroup", "eci:UpdateContainerGroup"], Condition=TEST))
    rows = judged(rows_of, tagged, document(allow("eci:UpdateContainerGroup", Condition=PROD)))
    assert outcomes(rows)["Custom/p0"] == "failed", rows[0].message


def test_a_statement_of_the_policy_itself_undoes_it(rows_of: Callable[..., list[Row]]) -> None:
    for other in (allow("eci:DeleteContainerGroup"), allow("eci:UpdateContainerGroup"), allow("*")):
        (row,) = judged(rows_of, document(allow("eci:Delete*", Condition=TEST), other))
        assert row.outcome == "failed", row.message
        assert "statement 2 of Custom/p0" in row.message


def test_the_worked_policy_with_the_other_statements_of_full_access_passes(
    rows_of: Callable[..., list[Row]],
) -> None:
    more = allow(["ecs:DescribeSecurityGroups", "vpc:DescribeVSwitches", "ram:CreateServiceLinkedRole"])
    statements = [*json.loads(WORKED)["Statement"], more]
    assert [row.outcome for row in judged(rows_of, document(*statements))] == ["passed"]


@pytest.mark.parametrize(
    ("retag", "outcome"),
    [
        ("eci:UntagResources", "failed"),
        ("eci:TagResources", "failed"),
        ("eci:UpdateContainerGroup", "failed"),
        ("eci:UpdateImageCache", "passed"),
        ("eci:RestartContainerGroup", "passed"),
    ],
)
def test_a_deny_by_tags_is_undone_by_a_change_of_tags(
    rows_of: Callable[..., list[Row]], retag: str, outcome: str
) -> None:
    protects = document(allow("eci:DeleteContainerGroup", "*", "Deny", Condition=PROD))
    rows = judged(rows_of, protects, document(allow(["eci:DeleteContainerGroup", retag])))
    assert outcomes(rows)["Custom/p0"] == outcome, rows[0].message


def test_a_deny_that_also_keeps_the_tags_is_not_undone(rows_of: Callable[..., list[Row]]) -> None:
    protects = document(allow("eci:*", "*", "Deny", Condition=PROD))
    rows = judged(rows_of, protects, document(allow("eci:*")))
    assert outcomes(rows)["Custom/p0"] == "passed", rows[0].message


def test_more_tags_than_can_be_tried_are_unknown(rows_of: Callable[..., list[Row]]) -> None:
    keys = {f"acs:ResourceTag/k{n}": [f"v{n}{m}" for m in range(4)] for n in range(7)}
    tagged = document(allow("eci:DeleteContainerGroup", Condition={"StringEquals": keys}))
    rows = judged(rows_of, tagged, document(allow("eci:TagResources", Condition=ASKED)))
    assert outcomes(rows)["Custom/p0"] == "unknown"
    assert "more tags and callers apart than can be tried" in rows[0].message


# The oracle ------------------------------------------------------------------------------------------------

ACTIONS = ("DeleteContainerGroup", "UpdateContainerGroup", "TagResources", "UntagResources")
VALUES = (None, "test", "prod", "stage")
SAME_EFFECT = {
    "DeleteContainerGroup": "DeleteContainerGroups",
    "UpdateContainerGroup": "UpdateContainerGroupByTemplate",
}


def applies(statement: dict[str, Any], action: str, resource: object, request: object) -> bool:
    names = statement["Action"]
    if names != "eci:*" and f"eci:{action}" not in names:
        return False
    for key, value in statement.get("Condition", {}).get("StringEquals", {}).items():
        if (resource if "Resource" in key else request) != value:
            return False
    return True


def once(statements: list[dict[str, Any]], action: str, resource: str | None, request: str | None) -> bool:
    effects = {
        statement["Effect"] for statement in statements if applies(statement, action, resource, request)
    }
    return "Allow" in effects and "Deny" not in effects


def keyed(statement: dict[str, Any], word: str) -> bool:
    return any(word in key for key in statement.get("Condition", {}).get("StringEquals", {}))


def allowed(statements: list[dict[str, Any]], action: str, resource: str | None, request: str | None) -> bool:
    """Section 4: an update with tags is asked for the tags before, and for the tags after."""
    if not action.startswith("UpdateContainerGroup") or request is None:
        return once(statements, action, resource, request if action == "TagResources" else None)
    effects: list[set[str]] = [set(), set()]
    for statement in statements:
        before = (resource, request if keyed(statement, "ResourceTag") else None)
        after = (resource if keyed(statement, "RequestTag") else request, request)
        for results, (tags, asked) in zip(effects, (before, after), strict=True):
            if applies(statement, action, tags, asked):
                results.add(statement["Effect"])
    return all("Allow" in effect and "Deny" not in effect for effect in effects)


def retagged(statements: list[dict[str, Any]], tag: str | None) -> Iterator[str | None]:
    """The values that one allowed call can leave the tag with."""
    for value in VALUES[1:]:
        if allowed(statements, "TagResources", tag, value) or allowed(
            statements, "UpdateContainerGroup", tag, value
        ):
            yield value
    if tag is not None and allowed(statements, "UntagResources", tag, None):
        yield None


def sequences(statements: list[dict[str, Any]], tag: str | None, most: int = 3) -> set[str | None]:
    """Every value that sequences of allowed calls can leave the tag with."""
    reached: set[str | None] = set()
    last = {tag}
    for _ in range(most):
        last = {after for before in last for after in retagged(statements, before)} - reached
        reached |= last
    return reached


def undone(policy: list[dict[str, Any]], others: list[dict[str, Any]]) -> bool:
    held = [*policy, *others]
    plain = [grant for grant in held if grant["Effect"] == "Deny" or "Condition" not in grant]
    rest = [*(statement for statement in policy if not keyed(statement, "ResourceTag")), *others]
    for action, tag, request in product(ACTIONS, VALUES, VALUES):
        named = [
            statement
            for statement in policy
            if "Condition" in statement and applies({"Action": statement["Action"]}, action, 0, 0)
        ]
        by_allow = [
            statement
            for statement in named
            if statement["Effect"] == "Allow"
            and not (keyed(statement, "RequestTag") and action in ("DeleteContainerGroup", "UntagResources"))
        ]
        other = SAME_EFFECT.get(action, action)
        if by_allow and (allowed(plain, action, tag, request) or allowed(plain, other, tag, request)):
            return True
        denied = any(
            statement["Effect"] == "Deny"
            and "Condition" in statement
            and applies(statement, action, tag, request)
            for statement in policy
        )
        if denied and not allowed(held, action, tag, request) and allowed(held, other, tag, request):
            return True
        if not any(keyed(statement, "ResourceTag") for statement in named) or allowed(
            held, action, tag, request
        ):
            continue
        for after in sequences(held, tag):
            change = allowed(rest, action, tag, request), allowed(rest, action, after, request)
            if allowed(held, action, after, request) and change != (False, True):
                return True
    return False


def some_statement(dice: random.Random) -> dict[str, Any]:
    actions = dice.choice([["eci:*"], *([[f"eci:{item}" for item in dice.sample(ACTIONS, 2)]] * 4)])
    conditions: list[dict[str, Any]] = [{}] + [
        {"Condition": item} for item in (TEST, PROD, ASKED, OTHER) for _ in range(2)
    ]
    effect = dice.choice(["Allow", "Allow", "Allow", "Deny"])
    action = "eci:*" if actions == ["eci:*"] else actions
    return allow(action, "*", effect, **dice.choice(conditions))


@pytest.mark.parametrize("seed", sample(range(8), every=4))
def test_against_every_sequence_of_calls(rows_of: Callable[..., list[Row]], seed: int) -> None:
    dice = random.Random(seed)
    seen = {True: 0, False: 0}
    for _ in range(60):
        policy = [some_statement(dice) for _ in range(dice.choice([1, 2]))]
        others = [some_statement(dice) for _ in range(dice.choice([0, 1, 2]))]
        rows = judged(rows_of, document(*policy), *([document(*others)] if others else []))
        row = next((row for row in rows if row.resource.id == "Custom/p0"), None)
        if (
            row is None or "is void" in row.message
        ):  # the policy has no tag conditions, or some without effect
            continue
        expected = undone(policy, others)
        seen[expected] += 1
        assert row.outcome == ("failed" if expected else "passed"), (policy, others, row.message)
    assert seen[True] > 5
    assert seen[False] > 3


def test_a_search_that_cannot_end_within_its_budget_is_not_begun(rows_of: Callable[..., list[Row]]) -> None:
    def tags(user: int) -> dict[str, Any]:
        values = [f"v{user}-{number}" for number in range(3)]
        return {"StringEquals": {f"acs:ResourceTag/k{key}": values for key in range(5)}}

    grants = [(f"u{user}", document(allow("eci:*", Condition=tags(user))), None) for user in range(8)]
    parts = account(*grants, users=tuple(User(f"u{user}") for user in range(8)))
    begin = time.process_time()
    rows = rows_of("tag-policy", "users: []", **parts)
    assert {row.outcome for row in rows} == {"unknown"}
    assert "more tags and callers apart than can be tried" in rows[0].message
    assert time.process_time() - begin < 5, "each of them took seconds where the search was begun"
