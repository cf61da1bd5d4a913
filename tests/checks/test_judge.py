"""From findings to rows: order, severity, unread lists, broken checks and blind auditors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.checks.support.case import Case
from pytest_eci_compliance.checks.support.registry import ALWAYS, Check, Requirement
from pytest_eci_compliance.checks.support.verdicts import Finding, failed, passed, skipped, unknown
from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.evidence.api_actions import READ_LIST
from pytest_eci_compliance.inventory.facts import ContainerGroup, GrantGap, Inventory, Listing, Unreadable
from pytest_eci_compliance.judge import judge
from pytest_eci_compliance.results import VISIBILITY, Resource

ONE = Resource("instance", "eci-1", "web", "cn-hangzhou")
THEM = Resource("instance", "*")


def a_check(check_id: str, *findings: Finding, **more: Any) -> Check:
    more = {"calls": (), "enabled_when": ALWAYS, "resource_type": "instance", **more}
    return Check(
        check_id, "high", "4", remediation="Fix it.", evaluate=lambda _: findings, rule="A rule.", **more
    )


def case(inventory: Inventory, **intent: Any) -> Case:
    return Case("prod", Account.model_validate({"account_id": "1", **intent}), inventory, date(2026, 11, 23))


def test_a_row_says_all_that_the_check_and_the_finding_say(inventory: Inventory) -> None:
    finding = replace(failed("it is wrong", config_path=("instances", 0)).on(ONE), expectation="x")
    (row,) = judge(case(inventory), [a_check("a-check", finding)])
    assert (row.account, row.check, row.severity, row.section) == ("prod", "a-check", "high", "4")
    assert (row.resource, row.outcome, row.message, row.remediation) == (
        ONE,
        "failed",
        "it is wrong",
        "Fix it.",
    )
    assert (row.config_path, row.expectation, row.waiver) == (("instances", 0), "x", None)


@pytest.mark.parametrize(
    ("findings", "outcome", "message", "remediation"),
    [
        ([passed("a").on(ONE), passed("b").on(ONE)], "passed", "a; b", ""),
        ([passed("a").on(ONE), failed("b").on(ONE)], "failed", "b", "Fix it."),
        (
            [unknown(because="c", remediation="Read it.").on(ONE), failed("b").on(ONE), passed("a").on(ONE)],
            "failed",
            "b; not judged: c",
            "Fix it. Read it.",
        ),
        ([passed("a").on(ONE), unknown(because="c").on(ONE)], "unknown", "not judged: c", "Fix it."),
        ([failed("b").on(ONE), failed("b").on(ONE)], "failed", "b", "Fix it."),
    ],
)
def test_a_check_has_one_row_per_resource_and_it_is_the_worst(
    inventory: Inventory, findings: list[Finding], outcome: str, message: str, remediation: str
) -> None:
    (row,) = judge(case(inventory), [a_check("a-check", *findings)])
    assert (row.outcome, row.message, row.remediation) == (outcome, message, remediation)


def test_rows_are_apart_by_region_type_and_expectation(inventory: Inventory) -> None:
    others = [replace(ONE, region="cn-beijing"), replace(ONE, type="image_cache"), replace(ONE, id="eci-0")]
    findings = [passed("").on(other) for other in (ONE, *others)] + [
        replace(passed("").on(ONE), expectation="x")
    ]
    rows = judge(case(inventory), [a_check("b", *findings), a_check("a", *reversed(findings))])
    assert [row.check for row in rows] == ["a"] * 5 + ["b"] * 5
    assert [row.resource for row in rows[:5]] == [row.resource for row in rows[5:]]


def test_a_check_that_breaks_is_unknown_and_keeps_what_it_had_said(inventory: Inventory) -> None:
    def breaks(_: Case) -> Iterator[Finding]:
        yield failed("it is wrong").on(ONE)
        raise KeyError("LTAI-secret")

    broken = replace(a_check("a-check"), evaluate=breaks)
    rows = judge(case(inventory), [broken, a_check("b-check", passed("").on(ONE))])
    assert [(row.check, row.resource.id, row.outcome) for row in rows] == [
        ("a-check", "*", "unknown"),
        ("a-check", "eci-1", "failed"),
        ("b-check", "eci-1", "passed"),
    ]
    assert "a-check broke with KeyError in breaks" in rows[0].message
    assert "secret" not in rows[0].message
    assert "report it" in rows[0].remediation


def test_a_check_that_rests_on_a_list_that_is_not_whole_has_one_unknown_row_more(
    inventory: Inventory,
) -> None:
    lost = Unreadable("ram:ListUsers", "Incomplete", subject="eve")
    checks = [a_check("a", passed("").on(ONE)), a_check("b", passed("").on(ONE), calls=("ram:ListUsers",))]
    rows = judge(case(replace(inventory, incomplete=(lost, lost))), checks)
    assert [(row.check, row.resource.id, row.outcome) for row in rows] == [
        ("a", "eci-1", "passed"),
        ("b", "*", "unknown"),
        ("b", "eci-1", "passed"),
    ]
    assert "'eve'" in rows[1].message


def test_what_is_off_says_nothing(inventory: Inventory) -> None:
    off = a_check("a-check", failed("").on(ONE), enabled_when=Requirement(lambda _: False, "off"))
    assert judge(case(inventory), [off]) == ()


def seen(outcome: str) -> Check:
    me = Resource("account", "prod")
    findings = {
        "passed": [passed("").on(me)],
        "failed": [failed("no eci:Describe*", remediation="Grant it.").on(me)],
        "unknown": [unknown(because="no eci:Describe*", remediation="Grant it.").on(me)],
        "silent": [],
    }
    return a_check(VISIBILITY, *findings[outcome], resource_type="account")


@pytest.mark.parametrize("outcome", ["failed", "unknown", "silent"])
def test_where_the_auditor_may_not_see_everything_nothing_is_called_empty(
    inventory: Inventory, outcome: str
) -> None:
    empty = a_check(
        "a-empty", skipped("none", rests_on_emptiness=True).on(THEM), calls=("eci:DescribeContainerGroups",)
    )
    part = a_check("b-some", passed("fine").on(ONE), calls=("eci:DescribeContainerGroups",))
    other = a_check("c-other", skipped("none", rests_on_emptiness=True).on(THEM))
    rows = [
        row for row in judge(case(inventory), [empty, part, other, seen(outcome)]) if row.check != VISIBILITY
    ]
    assert [(row.check, row.resource.id, row.outcome) for row in rows] == [
        ("a-empty", "*", "unknown"),
        ("b-some", "*", "unknown"),
        ("b-some", "eci-1", "passed"),
        ("c-other", "*", "skipped"),
    ]
    assert "not shown to see everything" in rows[0].message
    assert {
        "failed": f"({VISIBILITY} failed)",
        "unknown": "(not judged: no eci:Describe*)",
        "silent": f"({VISIBILITY} has no finding)",
    }[outcome] in rows[0].message.replace("not judged: " + VISIBILITY, VISIBILITY)
    assert outcome == "silent" or rows[0].remediation == "Grant it."


def test_where_the_auditor_sees_everything_there_is_no_further_row(inventory: Inventory) -> None:
    empty = a_check(
        "a-empty", skipped("none", rests_on_emptiness=True).on(THEM), calls=("eci:DescribeContainerGroups",)
    )
    assert [row.outcome for row in judge(case(inventory), [empty, seen("passed")])] == ["skipped", "passed"]


def test_a_deletable_role_is_not_called_free_by_one_who_may_not_see(inventory: Inventory) -> None:
    deletable = [check for check in CHECKS if check.id == "slr-deletable"]
    intent = {"service_linked_role": {"expect": "deletable"}}
    rows = [
        row
        for row in judge(case(inventory, **intent), [*deletable, seen("failed")])
        if row.check != VISIBILITY
    ]
    assert [(row.resource.type, row.resource.id, row.outcome) for row in rows] == [("role", "*", "unknown")]


EVERYTHING = {
    "service_linked_role": {"expect": "deletable", "policy": "2024-02-06"},
    "virtual_node_role": {},
    "users": [{"match": "*", "required_policies": ["X"]}],
    "roles": [{"match": "*"}],
    "instances": {"required_tags": {"a": "b"}, "resource_groups": ["x"], "ram_roles": []},
    "image_caches": {"required_tags": {"a": "b"}, "resource_groups": ["x"]},
    "virtual_nodes": {"required_tags": {"a": "b"}, "resource_groups": ["x"]},
    "waivers": [
        {"check": "slr-exists", "resource": "*", "reason": "r", "owner": "o", "expires": "2026-12-31"},
    ],
}


def test_nothing_passes_where_nothing_could_be_read(inventory: Inventory) -> None:
    """No check may pass, or skip, on an account of which every single part is unreadable."""
    unread = Unreadable("any:Call", "Connection")
    nothing = Inventory(
        "1",
        inventory.identity,
        regions=unread,
        all_regions=unread,
        users=unread,
        groups=unread,
        roles=unread,
        custom_policies=unread,
        resource_groups=unread,
        attachments=replace(inventory.attachments, gaps=(GrantGap(unread),)),
    )
    rows = judge(case(nothing, **EVERYTHING))
    assert {row.outcome for row in rows if row.check not in NOT_HERE} == {"unknown"}
    assert len({row.check for row in rows}) > 15


NOT_HERE = {
    "access",
    "tag-policy",
    "user-console",
    "user-pass-role",
    "role-pass-role",
    "user-resource-groups",
    VISIBILITY,
}


def test_rows_are_unique_and_in_order(inventory: Inventory) -> None:
    instances = tuple(ContainerGroup(f"eci-{n}", region_id="cn-hangzhou") for n in (2, 0, 1, 0))
    listings = {**inventory.listings, "instance": (Listing("cn-hangzhou", instances, 1),)}
    rows = judge(case(replace(inventory, listings=listings), **EVERYTHING))
    keys = [
        (row.check, row.resource.type, row.resource.region or "", row.resource.id, row.expectation or "")
        for row in rows
    ]
    assert keys == sorted(set(keys))


def test_every_check_is_complete() -> None:
    calls = {action.call for action in READ_LIST}
    for check in CHECKS:
        assert set(check.calls) <= calls, check.id
        assert check.rule.endswith("."), check.id
        assert check.remediation.endswith((".", "`")), check.id
        assert check.section, check.id


def test_the_checks_are_those_of_the_contract() -> None:
    """An id is a promise: waivers, node ids and reports name it. None may vanish, change, or come twice."""
    assert [check.id for check in CHECKS] == [
        "access",
        "auditor-visibility",
        "custom-policy",
        "image-cache-required-tags",
        "image-cache-resource-group",
        "ineffective-statement",
        "instance-no-access-keys",
        "instance-ram-role",
        "instance-required-tags",
        "instance-resource-group",
        "role-escalation",
        "role-intended-policies",
        "role-pass-role",
        "selector",
        "slr-deletable",
        "slr-exists",
        "slr-policy",
        "slr-trust",
        "system-policy",
        "tag-policy",
        "user-console",
        "user-escalation",
        "user-intended-policies",
        "user-pass-role",
        "user-required-policies",
        "user-resource-groups",
        "virtual-node-required-tags",
        "virtual-node-resource-group",
        "waiver",
    ]
