"""`tag-policy`: whether the tag conditions of custom policies work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import Attachments, GrantGap, Group, PolicyRef, Unreadable
from pytest_eci_compliance.results import Row
from tests.checks.access_account import FULL, READ, WORKED, account, allow, document, on, outcomes

TEST = on("acs:ResourceTag/env", "test")
ASKED = on("acs:RequestTag/env", "test")


def judged(
    rows_of: Callable[..., list[Row]],
    *grants: tuple[Any, ...],
    intent: str = "users: []",
    **parts: dict[PolicyRef, Any] | Attachments,
) -> list[Row]:
    prod = account(*grants, **parts)
    prod["custom_policies"] = tuple(prod["policies"])
    return rows_of("tag-policy", intent, **prod)


def test_the_worked_policy_of_section_4_passes(rows_of: Callable[..., list[Row]]) -> None:
    rows = judged(rows_of, ("ann", WORKED, None))
    assert [(row.resource.type, row.resource.id, row.outcome) for row in rows] == [
        ("policy", "Custom/p0", "passed")
    ]


def test_two_worked_policies_do_not_undo_each_other(rows_of: Callable[..., list[Row]]) -> None:
    rows = judged(rows_of, ("ann", WORKED, None), ("ann", WORKED.replace('"test"', '"prod"'), None))
    assert outcomes(rows) == {"Custom/p0": "passed", "Custom/p1": "passed"}


@pytest.mark.parametrize(
    ("statement", "outcome"),
    [
        (allow("eci:Create*", Condition=ASKED), "passed"),
        (allow(["eci:CreateContainerGroup", "eci:CreateImageCache"], Condition=TEST), "failed"),
        # CreateInstanceOpsTask names an instance, but section 4 says of Create* as such that no id is sent.
        (allow("eci:Create*", Condition=TEST), "failed"),
        (allow("eci:Create*", "*", "Deny", Condition=TEST), "failed"),
        (allow("eci:*", Condition=ASKED), "passed"),
        (allow("eci:Delete*", Condition=ASKED), "failed"),
        (allow(["eci:Delete*", "eci:Describe*"], Condition=ASKED), "passed"),
        (allow("eci:DeleteContainerGroup", "*", "Deny", Condition=ASKED), "failed"),
        (allow("eci:*", Condition=TEST), "passed"),
        (allow("eci:*", Condition=on("eci:tag/env", "test")), "unknown"),
        (allow("eci:*", Condition=on("acs:resourcetag/env", "test")), "unknown"),
        (allow("eci:*", Condition=TEST, Sid="x"), "unknown"),
        (allow("oss:*", Condition=TEST), "skipped"),
        (allow("eci:*", Condition={"Bool": {"acs:MFAPresent": "true"}}), "skipped"),
    ],
)
def test_conditions_that_no_call_can_satisfy(
    rows_of: Callable[..., list[Row]], statement: dict[str, Any], outcome: str
) -> None:
    rows = judged(rows_of, ("ann", document(statement), None))
    assert [row.outcome for row in rows] == [outcome], rows[0].message


@pytest.mark.parametrize(
    ("other", "scope", "outcome"),
    [
        (READ, None, "failed"),
        (READ, "rg-prod", "failed"),
        (FULL, None, "failed"),
        (document(allow("eci:TagResources")), None, "failed"),
        (document(allow("eci:TagResources", Condition=ASKED)), None, "failed"),
        (document(allow(["eci:ListUsage", "eci:DescribeRegions"])), None, "passed"),
        (document(allow("oss:*")), None, "passed"),
        (document(allow("eci:*"), allow("eci:*", "*", "Deny")), None, "passed"),
        (document(allow("eci:Describe*", Sid="x")), None, "unknown"),
        (Unreadable("ram:GetPolicy", "NoPermission"), None, "unknown"),
    ],
)
def test_another_grant_that_undoes_it(
    rows_of: Callable[..., list[Row]], other: Unreadable | str, scope: str | None, outcome: str
) -> None:
    rows = judged(rows_of, ("ann", WORKED, None), ("ann", other, scope))
    assert outcomes(rows)["Custom/p0"] == outcome, rows[0].message


UNTAGGED = {"StringNotEquals": {"acs:ResourceTag/env": "prod"}}


@pytest.mark.parametrize(
    ("policy", "other", "outcome"),
    [
        (WORKED, allow("tag:TagResources"), "unknown"),
        (WORKED, allow("tag:*", "acs:tag:*:*:*"), "unknown"),
        (WORKED, allow("tag:*", Condition={"Bool": {"acs:MFAPresent": "true"}}), "unknown"),
        (WORKED, allow("tag:UntagResources"), "passed"),
        (WORKED, allow("tag:ListTagResources"), "passed"),
        (
            document(allow("eci:*", Condition=TEST), allow("eci:*", "*", "Deny", Condition=ASKED)),
            None,
            "passed",
        ),
        (document(allow("eci:Delete*", Condition=UNTAGGED)), allow("tag:UntagResources"), "unknown"),
        (document(allow("eci:Delete*", "*", "Deny", Condition=TEST)), allow("tag:UntagResources"), "unknown"),
        (document(allow("eci:Create*", Condition=ASKED)), allow("tag:TagResources"), "passed"),
    ],
)
def test_tags_may_be_changed_through_the_tag_service(
    rows_of: Callable[..., list[Row]], policy: str, other: dict[str, Any] | None, outcome: str
) -> None:
    grants = [("ann", policy, None), *([("ann", document(other), None)] if other else [])]
    rows = judged(rows_of, *grants)
    assert outcomes(rows)["Custom/p0"] == outcome, rows[0].message
    if outcome == "unknown":
        assert "tag:TagResources" in rows[0].message or "tag:UntagResources" in rows[0].message


@pytest.mark.parametrize(
    ("policy", "action", "needs_eci", "outcome"),
    [
        (WORKED, "tag:TagResources", None, "unknown"),
        (WORKED, "tag:TagResources", True, "passed"),
        (WORKED, "tag:TagResources", False, "failed"),
        (document(allow("eci:Delete*", "*", "Deny", Condition=TEST)), "tag:UntagResources", True, "passed"),
        (WORKED, "tag:UntagResources", False, "passed"),
    ],
)
def test_what_the_tag_service_asks_for_can_be_settled(
    rows_of: Callable[..., list[Row]], policy: str, action: str, needs_eci: bool | None, outcome: str
) -> None:
    settled = f"assumptions: {{tag-service-needs-eci-permission: {str(needs_eci).lower()}}}"
    intent = "users: []\n" + (settled if needs_eci is not None else "")
    rows = judged(rows_of, ("ann", policy, None), ("ann", document(allow(action)), None), intent=intent)
    row = next(row for row in rows if row.resource.id == "Custom/p0")
    assert row.outcome == outcome, row.message
    if needs_eci is None:
        assert (
            "settle it with `assumptions: {tag-service-needs-eci-permission: true or false}`" in row.message
        )
    if outcome == "failed":
        assert "is allowed on a resource once its tags are changed" in row.message


def test_the_tag_service_counts_only_where_it_is_not_denied(rows_of: Callable[..., list[Row]]) -> None:
    denied = document(allow("tag:*"), allow("tag:*", "*", "Deny"))
    rows = judged(rows_of, ("ann", WORKED, None), ("ann", denied, None))
    assert outcomes(rows)["Custom/p0"] == "passed", rows[0].message


def test_the_undoing_grant_is_named(rows_of: Callable[..., list[Row]]) -> None:
    rows = judged(rows_of, ("group/dev", WORKED, None), ("bob", READ, None))
    message = rows[0].message
    assert "user 'bob' has a grant that undoes it" in message
    assert "statement 1 of Custom/p1 (attached directly, account-wide)" in message


def test_elsewhere_is_not_undone(rows_of: Callable[..., list[Row]]) -> None:
    rows = judged(rows_of, ("ann", WORKED, "rg-test"), ("ann", READ, "rg-prod"))
    assert outcomes(rows) == {"Custom/p0": "passed"}


def test_what_could_not_be_read(rows_of: Callable[..., list[Row]]) -> None:
    gap = Attachments((), (GrantGap(Unreadable("resourcemanager:ListPolicyAttachments", "Throttling")),))
    prod = account(("ann", WORKED, None))
    policies = prod["policies"]
    rows = judged(rows_of, attachments=gap, policies=policies)
    assert outcomes(rows) == {"Custom/p0": "unknown"}
    rows = rows_of("tag-policy", "users: []", custom_policies=Unreadable("ram:ListPolicies", "NoPermission"))
    assert outcomes(rows) == {"*": "unknown"}
    rows = rows_of("tag-policy", "users: []", custom_policies=(PolicyRef("Custom", "lost"),))
    assert outcomes(rows) == {"Custom/lost": "unknown"}


@pytest.mark.parametrize("text", ["no JSON", '{"Version": "1"}', '{"Version": "1", "Statement": ["odd"]}'])
def test_what_is_no_policy_document_may_have_tag_conditions(
    rows_of: Callable[..., list[Row]], text: str
) -> None:
    (row,) = rows_of("tag-policy", "users: []", **account(("ann", text, None)))
    assert (row.resource.id, row.outcome) == ("Custom/p0", "unknown")


@pytest.mark.parametrize(
    ("tagged", "other"),
    [
        (allow("eci:DeleteContainerGroup", Condition=TEST), "eci:DeleteContainerGroups"),
        (allow("eci:DeleteContainerGroups", Condition=TEST), "eci:DeleteContainerGroup"),
        (allow("eci:ExecContainerCommand", Condition=TEST), "eci:RunCommand"),
        (allow("eci:CreateContainerGroup", Condition=ASKED), "eci:CreateContainerGroupFromTemplate"),
        (allow("eci:DeleteContainerGroup", "*", "Deny", Condition=TEST), "eci:DeleteContainerGroups"),
        (
            allow("eci:CreateContainerGroup", "*", "Deny", Condition=ASKED),
            "eci:CreateContainerGroupFromTemplate",
        ),
    ],
)
def test_an_action_of_the_same_effect_undoes_it(
    rows_of: Callable[..., list[Row]], tagged: dict[str, Any], other: str
) -> None:
    rows = judged(rows_of, ("ann", document(tagged), None), ("ann", document(allow(other)), None))
    assert outcomes(rows)["Custom/p0"] == "failed", rows[0].message
    assert f"{other} is allowed by statement 1 of Custom/p1" in rows[0].message
    rows = judged(
        rows_of,
        ("ann", document(tagged), None),
        ("ann", document(allow(other), allow(other, "*", "Deny")), None),
    )
    assert outcomes(rows)["Custom/p0"] == "passed", rows[0].message


def test_a_deny_by_tags_and_an_allow_by_other_tags(rows_of: Callable[..., list[Row]]) -> None:
    other = on("acs:ResourceTag/team", "a")
    deny = document(allow("eci:DeleteContainerGroup", "*", "Deny", Condition=TEST))
    rows = judged(
        rows_of,
        ("ann", deny, None),
        ("ann", document(allow("eci:DeleteContainerGroups", Condition=other)), None),
    )
    assert outcomes(rows)["Custom/p0"] == "failed", rows[0].message


GUARD = document(allow("eci:DeleteContainerGroup", "*", "Deny", Condition=TEST))


@pytest.mark.parametrize(
    ("holder", "scope", "lift", "outcome"),
    [
        ("ann", None, allow("ram:DetachPolicyFromUser"), "failed"),
        ("ann", None, allow("ram:DetachPolicyFromUser", "acs:ram:*:*:user/bob"), "passed"),
        ("ann", None, allow("ram:DetachPolicyFromGroup"), "passed"),
        (
            "ann",
            None,
            allow("ram:DetachPolicyFromUser", Condition={"Bool": {"acs:MFAPresent": "true"}}),
            "unknown",
        ),
        ("ann", "rg-prod", allow("ram:DetachPolicyFromUser"), "unknown"),
        ("group/dev", None, allow("ram:RemoveUserFromGroup"), "failed"),
        ("group/dev", None, allow("ram:DetachPolicyFromGroup"), "failed"),
        ("group/dev", None, allow("ram:DetachPolicyFromUser"), "passed"),
    ],
)
def test_a_deny_that_its_holder_can_lift(
    rows_of: Callable[..., list[Row]], holder: str, scope: str | None, lift: dict[str, Any], outcome: str
) -> None:
    user = "bob" if holder == "group/dev" else holder
    rest = document(allow("eci:DeleteContainerGroup"), lift)
    rows = judged(rows_of, (holder, GUARD, scope), (user, rest, None))
    assert outcomes(rows)["Custom/p0"] == outcome, rows[0].message
    if outcome != "passed":
        assert "is lifted" in rows[0].message


def test_users_of_the_same_grants_may_differ_in_what_they_can_lift(rows_of: Callable[..., list[Row]]) -> None:
    rest = document(
        allow("eci:DeleteContainerGroup"),
        allow("ram:RemoveUserFromGroup", ["acs:ram:*:*:group/dev", "acs:ram:*:*:user/bob"]),
    )
    for members, outcome in ((("ann",), "passed"), (("ann", "bob"), "failed")):
        parts = account(("group/dev", GUARD, None), ("ann", rest, None), ("bob", rest, None))
        parts["groups"] = (Group("dev", members=members),)
        parts["custom_policies"] = tuple(parts["policies"])
        rows = rows_of("tag-policy", "users: []", **parts)
        assert outcomes(rows)["Custom/p0"] == outcome, rows[0].message


def test_a_deny_that_guards_the_tags_can_be_lifted(rows_of: Callable[..., list[Row]]) -> None:
    rest = document(allow("eci:TagResources"), allow("ram:DetachPolicyFromUser"))
    deny = document(allow("eci:TagResources", "*", "Deny"))
    rows = judged(rows_of, ("ann", WORKED, None), ("ann", rest, None), ("ann", deny, None))
    assert outcomes(rows)["Custom/p0"] == "failed", rows[0].message
    assert "once the Deny that comes by Custom/p2 of user ann is lifted" in rows[0].message


@pytest.mark.parametrize(
    ("policy", "scope", "other", "other_scope", "outcome"),
    [
        (
            document(allow("eci:Delete*", Condition=TEST)),
            "rg-test",
            allow("resourcemanager:MoveResources"),
            None,
            "unknown",
        ),
        (
            document(allow("eci:Delete*", Condition=TEST)),
            None,
            allow("resourcemanager:MoveResources"),
            None,
            "passed",
        ),
        (WORKED, "rg-test", allow("eci:Describe*"), "rg-prod", "passed"),
        (WORKED, None, allow("resourcemanager:MoveResources"), None, "passed"),
        (
            GUARD,
            "rg-prod",
            allow(["eci:DeleteContainerGroup", "resourcemanager:MoveResources"]),
            None,
            "unknown",
        ),
        *(
            (GUARD, "rg-prod", allow(["eci:DeleteContainerGroup", moving]), None, "unknown")
            for moving in (
                "eci:UpdateContainerGroupByTemplate",
                "ram:EnableAssociatedTransfer",
                "resourcemanager:CreateAutoGroupingRule",
                "resourcemanager:UpdateAutoGroupingRule",
            )
        ),
    ],
)
def test_a_resource_that_its_holder_may_move_to_another_group(
    rows_of: Callable[..., list[Row]],
    policy: str,
    scope: str | None,
    other: dict[str, Any],
    other_scope: str | None,
    outcome: str,
) -> None:
    rows = judged(rows_of, ("ann", policy, scope), ("ann", document(other), other_scope))
    assert outcomes(rows)["Custom/p0"] == outcome, rows[0].message


def test_an_action_without_a_condition_key_for_tags(rows_of: Callable[..., list[Row]]) -> None:
    listing = ("ann", document(allow("eci:ListTagResources", Condition=TEST)), None)
    (row,) = judged(rows_of, listing)
    assert row.outcome == "unknown"
    assert "whether eci:ListTagResources looks at tags" in row.message
    assert "settle it with `assumptions: {list-tag-resources-looks-at-tags: true or false}`" in row.message
    for answer, outcome in (("true", "passed"), ("false", "failed")):
        intent = f"users: []\nassumptions: {{list-tag-resources-looks-at-tags: {answer}}}"
        assert judged(rows_of, listing, intent=intent)[0].outcome == outcome
