"""Expectations of `access`: which calls they mean, and how the evaluator's decisions become rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import (
    Attachments,
    ContainerGroup,
    GrantGap,
    ImageCache,
    Inventory,
    Listing,
    ResourceGroup,
    Tag,
    Tags,
    Unreadable,
    VirtualNode,
)
from pytest_eci_compliance.policy.eci_actions import ACTIONS
from pytest_eci_compliance.results import Row
from tests.checks.access_account import (
    DENIED,
    FULL,
    READ,
    REGION,
    WORKED,
    account,
    allow,
    document,
    instance,
    on,
    outcomes,
)


def both(
    rows_of: Callable[..., list[Row]], action: str, request: str, resources: str, **parts: Any
) -> tuple[str, str]:
    """The outcomes for ann of `can` and of `cannot`."""
    more = (f", request: {request}" if request else "") + (f", resources: {resources}" if resources else "")
    message = []
    for key in ("can", "cannot"):
        rows = rows_of("access", f"access: [{{users: ann, {key}: ['{action}']{more}}}]", **dict(parts))
        message += [row.outcome for row in rows if row.resource.id == "ann"] or [rows[0].outcome]
    return message[0], message[1]


UNSEEN = document(allow("eci:*", Condition=on("acs:ResourceTag/env", "nowhere")))
YES, NO, OPEN = ("passed", "failed"), ("failed", "passed"), ("unknown", "unknown")
QUESTIONS = [
    (WORKED, None, "eci:CreateContainerGroup", "{tags: {env: test}}", "", YES),
    (WORKED, None, "eci:CreateContainerGroup", "{tags: {env: prod}}", "", NO),
    (WORKED, None, "eci:CreateContainerGroup", "{}", "", NO),
    (WORKED, None, "eci:DeleteContainerGroup", "", "{ids: eci-t}", YES),
    (WORKED, None, "eci:DeleteContainerGroup", "", "{tags: {env: prod}}", NO),
    (WORKED, None, "eci:DescribeContainerGroups", "{}", "", NO),
    (WORKED, None, "eci:UpdateContainerGroup", "{tags: {env: prod}}", "{ids: eci-t}", NO),
    (WORKED, None, "eci:UpdateContainerGroup", "{}", "{ids: eci-t}", YES),
    (FULL, "rg-prod", "eci:CreateContainerGroup", "{resource_group: production}", "", YES),
    (FULL, "rg-prod", "eci:CreateContainerGroup", "{resource_group: rg-test}", "", NO),
    (FULL, "rg-prod", "eci:CreateContainerGroup", "{}", "", NO),
    (FULL, "rg-prod", "eci:DescribeContainerGroups", "{resource_group: rg-prod}", "{ids: eci-g}", YES),
    (FULL, "rg-prod", "eci:DescribeContainerGroups", "{resource_group: rg-prod}", "{ids: eci-t}", NO),
    (FULL, "rg-prod", "eci:DescribeContainerLog", "", "{ids: eci-g}", YES),
    (FULL, "rg-prod", "eci:DeleteContainerGroup", "", "{ids: eci-t}", NO),
    (READ, None, "eci:Create*", "{}", "", NO),
    # "Create* | contain the granted tag | allowed": CreateInstanceOpsTask, which names an instance, is not meant.
    (WORKED, None, "eci:Create*", "{tags: {env: test}}", "", YES),
    (WORKED, None, "eci:Create*", "{}", "", NO),
    (WORKED, None, "eci:CreateInstanceOpsTask", "", "{ids: eci-t}", YES),
    # No data cache is recorded: it counts only where the answer is plain.
    (WORKED, None, "eci:Delete*", "", "{tags: {env: test}}", YES),
    (UNSEEN, None, "eci:Delete*", "", "", NO),
    (FULL, "rg-prod", "eci:Delete*", "", "{ids: eci-t}", NO),
    (document(allow("eci:DeleteDataCache")), None, "eci:Delete*", "", "", ("failed", "failed")),
    (UNSEEN, None, "eci:DeleteDataCache", "", "", OPEN),
    # Section 3 lets DescribeContainerGroups name the group; a call that names an image cache uses its own.
    (FULL, "rg-prod", "eci:DescribeContainerGroups", "{}", "{ids: eci-g}", NO),
    (FULL, "rg-prod", "eci:DescribeContainerGroupStatus", "{}", "{ids: eci-g}", YES),
    (FULL, None, "ram:PassRole", "", "{role: ECIRamRoleTest}", NO),
    (document(allow("ram:PassRole", "acs:ram:*:*:role/ECI*")), None, "ram:PassRole", "", "{role: Admin}", NO),
    (
        document(allow("ram:PassRole", "acs:ram:*:*:role/ECI*")),
        None,
        "ram:PassRole",
        "",
        "{role: ECIRamRoleTest}",
        YES,
    ),
    (
        document(allow("eci:*", Condition={"Bool": {"acs:MFAPresent": "true"}})),
        None,
        "eci:ListUsage",
        "",
        "",
        OPEN,
    ),
    (
        document(allow("eci:*", Condition={"Bool": {"acs:MFAPresent": "true"}})),
        None,
        "eci:ListUsage",
        "{mfa: true}",
        "",
        YES,
    ),
    (
        document(allow("eci:*", Condition={"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}})),
        None,
        "eci:ListUsage",
        "{source_ip: 10.1.2.3}",
        "",
        YES,
    ),
    (
        document(allow("eci:*", Condition={"DateLessThan": {"acs:CurrentTime": "2026-01-01T00:00:00Z"}})),
        None,
        "eci:ListUsage",
        "{time: '2026-01-01T00:00:00Z'}",
        "",
        NO,
    ),
]


@pytest.mark.parametrize(("text", "scope", "action", "request_", "resources", "expected"), QUESTIONS)
def test_each_question_asked_in_both_ways(
    rows_of: Callable[..., list[Row]],
    text: str,
    scope: str | None,
    action: str,
    request_: str,
    resources: str,
    expected: tuple[str, ...],
) -> None:
    parts = account(("ann", text, scope))
    assert both(rows_of, action, request_, resources, **parts) == expected


def test_a_failure_names_statement_policy_scope_path_and_the_first_resources(
    rows_of: Callable[..., list[Row]],
) -> None:
    intent = (
        "access:\n- name: prod is not deleted by hand\n  users: '*'\n  except: ['ops-*']\n"
        "  cannot: [eci:DeleteContainerGroup]\n  resources: {tags: {env: prod}}\n"
    )
    rows = rows_of("access", intent, **account(("group/dev", FULL, None), ("ops-1", FULL, None)))
    assert outcomes(rows) == {"ann": "passed", "bob": "failed"}
    bob = rows[1]
    assert bob.expectation == "prod is not deleted by hand"
    assert bob.config_path == ("access", 0)
    assert bob.message == (
        "bob can eci:DeleteContainerGroup on 'eci-p': allowed by statement 1 of Custom/p0"
        " (attached through group dev, account-wide); eci:DeleteContainerGroups on 'eci-p': allowed by statement 1 of"
        " Custom/p0 (attached through group dev, account-wide); expected: cannot"
    )


def test_roles_are_asked_too(rows_of: Callable[..., list[Row]]) -> None:
    intent = "access: [{roles: 'ECI*', cannot: ['eci:Delete*']}]"
    rows = rows_of("access", intent, **account(("role/ECIRamRoleTest", FULL, None)))
    assert [(row.resource.type, row.resource.id, row.outcome) for row in rows] == [
        ("role", "ECIRamRoleTest", "failed")
    ]


# More values of tags than can be tried.
MANY = [
    allow(
        "eci:Create*",
        Condition={
            "StringEquals": {
                f"acs:RequestTag/{key}": [f"{key}{number}" for number in range(30)] for key in "abc"
            }
        },
    )
]


@pytest.mark.parametrize(
    ("text", "scope", "outcome"),
    [
        (
            document(allow("eci:Create*", Condition=on("acs:RequestTag/env", "nobody-wrote-this"))),
            None,
            "failed",
        ),
        (
            document(allow("eci:Create*", Condition={"StringLike": {"acs:RequestTag/x": "a?c*"}})),
            None,
            "failed",
        ),
        (FULL, "rg-unlisted", "failed"),
        (READ, None, "passed"),
        (document(allow("eci:Create*", Condition={"Bool": {"acs:MFAPresent": "true"}})), None, "failed"),
        (document(allow("eci:Create*", Condition=on("eci:tag", "x"))), None, "unknown"),
        (document(allow("eci:*"), allow("eci:*", effect="Deny")), None, "passed"),
        (document(allow("eci:*"), *MANY), None, "failed"),
        (document(*MANY), None, "failed"),
        (document(*MANY, allow("eci:*", effect="Deny")), None, "passed"),
        (
            document(
                allow(
                    "eci:Create*",
                    Condition={
                        "StringLike": {"acs:RequestTag/n": "*"},
                        "NumericLessThan": {"acs:RequestTag/n": "10"},
                    },
                )
            ),
            None,
            "failed",
        ),
    ],
)
def test_any_request_is_decided_over_every_value_that_could_matter(
    rows_of: Callable[..., list[Row]], text: str, scope: str | None, outcome: str
) -> None:
    intent = "access: [{users: ann, cannot: [eci:CreateContainerGroup], request: any}]"
    rows = rows_of("access", intent, **account(("ann", text, scope)))
    assert outcomes(rows) == {"ann": outcome}, rows[0].message


def test_what_fits_nobody_or_nothing_is_one_skipped_row_that_says_so(
    rows_of: Callable[..., list[Row]],
) -> None:
    nobody = rows_of("access", "access: [{users: zoe, can: [eci:ListUsage]}]", **account())
    assert [(row.resource.id, row.outcome) for row in nobody] == [("*", "skipped")]
    assert "fits no user" in nobody[0].message
    intent = "access: [{users: '*', can: [eci:DeleteContainerGroup], resources: {ids: eci-gone}}]"
    nothing = rows_of("access", intent, **account())
    assert [(row.resource.id, row.outcome) for row in nothing] == [("*", "skipped")]
    assert "no recorded resource" in nothing[0].message


@pytest.mark.parametrize(
    "section",
    [
        "[]",
        "[{users: '*', cannot: ['eci:CreateImage*'], request: any, resources: {kind: instance}}]",
        "[{users: '*', cannot: [eci:DeleteContainerGroup]}]",
    ],
)
def test_where_nothing_is_asked_nothing_passes(rows_of: Callable[..., list[Row]], section: str) -> None:
    rows = rows_of("access", f"access: {section}", **account(("ann", FULL, None), instances=()))
    assert [(row.resource.id, row.outcome) for row in rows] == [("*", "skipped")]


def test_what_needs_no_resource_is_asked_where_there_is_none(rows_of: Callable[..., list[Row]]) -> None:
    intent = (
        "access: [{users: ann, cannot: [eci:CreateContainerGroup, eci:DeleteContainerGroup], request: {}}]"
    )
    rows = rows_of("access", intent, **account(("ann", FULL, None), instances=()))
    assert outcomes(rows) == {"ann": "failed"}


def test_wildcards_mean_every_eci_action_that_fits_and_every_resource_of_its_kind(
    rows_of: Callable[..., list[Row]],
) -> None:
    cache = ImageCache("imc-1", region_id=REGION, tags=Tags([Tag("env", "prod")]))
    no_caches = document(allow("eci:*"), allow("eci:DeleteImageCache", effect="Deny"))
    parts = account(("ann", no_caches, None), image_caches=(cache,))
    rows = rows_of("access", "access: [{users: ann, can: ['eci:delete*']}]", **parts)
    assert outcomes(rows) == {"ann": "failed"}
    assert "eci:DeleteImageCache on 'imc-1'" in rows[0].message
    rows = rows_of(
        "access", "access: [{users: ann, can: ['eci:delete*'], resources: {kind: instance}}]", **parts
    )
    assert outcomes(rows) == {"ann": "passed"}


def test_a_list_that_could_not_be_read_makes_unknown_what_could_turn_on_it(
    rows_of: Callable[..., list[Row]], inventory: Inventory
) -> None:
    cause = Unreadable("eci:DescribeContainerGroups", "Throttling", region=REGION)
    parts = account(("ann", FULL, None), ("bob", FULL, "rg-prod"))
    del parts["instances"]
    parts["listings"] = {**inventory.listings, "instance": (Listing(REGION, cause),)}
    rows = rows_of("access", "access: [{users: [ann, bob], can: [eci:DeleteContainerGroup]}]", **parts)
    assert outcomes(rows) == {"*": "unknown", "ann": "passed", "bob": "unknown"}
    assert next(row for row in rows if row.resource.id == "*").resource.region == REGION


@pytest.mark.parametrize(
    "parts",
    [
        {"users": Unreadable("ram:ListUsers", "NoPermission")},
        {"groups": Unreadable("ram:ListGroups", "NoPermission")},
        {"attachments": Attachments((), (GrantGap(DENIED),))},
    ],
)
def test_missing_grants_are_never_decided(rows_of: Callable[..., list[Row]], parts: dict[str, Any]) -> None:
    rows = rows_of("access", "access: [{users: ann, cannot: [eci:ListUsage]}]", **account(**parts))
    assert {row.outcome for row in rows} == {"unknown"}
    assert not any("broke" in row.message for row in rows)


def test_an_unreadable_document_is_unknown_unless_denied_anyway(rows_of: Callable[..., list[Row]]) -> None:
    parts = account(("ann", DENIED, None))
    assert both(rows_of, "eci:ListUsage", "", "", **parts) == OPEN
    parts = account(("ann", DENIED, None), ("ann", document(allow("eci:*", effect="Deny")), None))
    rows = rows_of("access", "access: [{users: ann, cannot: ['eci:ListUsage'], paths: direct}]", **parts)
    assert outcomes(rows) == {"ann": "passed"}
    rows = rows_of("access", "access: [{users: ann, cannot: ['eci:ListUsage']}]", **parts)
    assert outcomes(rows) == {"ann": "unknown"}, "what was not read may lift the Deny"


def test_a_group_that_nobody_knows_is_not_judged(rows_of: Callable[..., list[Row]]) -> None:
    intent = (
        "access: [{users: ann, cannot: [eci:CreateContainerGroup], request: {resource_group: prodution}}]"
    )
    rows = rows_of("access", intent, **account())
    assert outcomes(rows) == {"ann": "unknown"}
    assert "prodution" in rows[0].message


def test_expectations_without_a_name_are_told_apart_by_their_content(
    rows_of: Callable[..., list[Row]],
) -> None:
    intent = "access: [{users: ann, can: [eci:ListUsage]}, {users: ann, cannot: [eci:ListUsage]}]"
    rows = rows_of("access", intent, **account(("ann", READ, None)))
    assert sorted(row.outcome for row in rows) == ["failed", "passed"]
    assert len({row.expectation for row in rows}) == 2


def test_an_instance_that_shows_no_resource_group_may_be_in_the_one_that_is_held(
    rows_of: Callable[..., list[Row]],
) -> None:
    parts = account(("ann", FULL, "rg-prod"), instances=[instance("eci-1", "")])
    assert both(rows_of, "eci:DeleteContainerGroup", "", "", **parts) == OPEN
    shown = account(("ann", FULL, "rg-prod"), instances=[instance("eci-1", "rg-prod")])
    assert both(rows_of, "eci:DeleteContainerGroup", "", "", **shown) == YES


OF_OTHER_SERVICES = [("oss:GetObject", "acs:oss:*:*:logs/*"), ("ecs:RunInstances", "acs:vpc:*:*:vswitch/*")]


@pytest.mark.parametrize(("action", "resource"), OF_OTHER_SERVICES)
def test_actions_of_other_services_on_a_pattern_are_open_both_ways(
    rows_of: Callable[..., list[Row]], action: str, resource: str
) -> None:
    held = account(("ann", document(allow(action, resource)), None))
    assert both(rows_of, action, "", "", **held) == OPEN
    under_a_deny = account(("ann", document(allow(action), allow(action, resource, "Deny")), None))
    assert both(rows_of, action, "", "", **under_a_deny) == OPEN
    everything = account(("ann", document(allow("*"), allow(action, resource, "Deny")), None))
    assert both(rows_of, action, "", "", **everything) == ("unknown", "failed"), "she can lift the Deny"
    assert both(rows_of, action, "", "", **account(("ann", document(allow("*")), None))) == YES
    assert both(rows_of, action, "", "", **account(("ann", document(allow("eci:*")), None))) == NO


ASSUME = "sts:AssumeRole"
ONE_ROLE, SOME_ROLES = "acs:ram:*:*:role/Admin", "acs:ram::1098765432109876:role/*"
PARTNER = "acs:ram::2345678901234567:role/partner"


@pytest.mark.parametrize(
    ("statements", "can", "cannot"),
    [
        ([allow(ASSUME)], "passed", "failed"),
        ([allow(ASSUME, SOME_ROLES)], "passed", "failed"),
        ([allow(ASSUME, ONE_ROLE)], "failed", "failed"),
        ([allow(ASSUME), allow(ASSUME, ONE_ROLE, "Deny")], "failed", "failed"),
        ([allow(ASSUME, ONE_ROLE.lower())], "failed", "unknown"),
        ([allow(ASSUME, PARTNER)], "failed", "unknown"),
        ([allow(ASSUME), allow(ASSUME, SOME_ROLES, "Deny")], "failed", "unknown"),
        ([allow(ASSUME), allow(ASSUME, "acs:ram:*:*:role/*", "Deny")], "failed", "passed"),
        ([allow(ASSUME, "acs:ram:*:*:user/*")], "failed", "passed"),
        ([allow("eci:*")], "failed", "passed"),
    ],
)
@pytest.mark.parametrize("paths", ["", ", paths: direct"])
def test_assuming_a_role_is_asked_for_every_recorded_role_and_for_those_of_other_accounts(
    rows_of: Callable[..., list[Row]], statements: list[dict[str, str]], can: str, cannot: str, paths: str
) -> None:
    parts = account(("ann", document(*statements), None))
    (row,) = rows_of("access", f"access: [{{users: ann, can: [{ASSUME}]}}]", **parts)
    assert row.outcome == can
    (row,) = rows_of("access", f"access: [{{users: ann, cannot: [{ASSUME}]{paths}}}]", **parts)
    assert row.outcome == cannot


def test_an_assumed_role_is_named_and_unread_roles_are_unknown(rows_of: Callable[..., list[Row]]) -> None:
    intent = f"access: [{{users: ann, cannot: [{ASSUME}]}}]"
    parts = account(("ann", document(allow(ASSUME, ONE_ROLE)), None))
    (row,) = rows_of("access", intent, **parts)
    assert row.message == (
        "ann can sts:AssumeRole on role 'Admin': allowed by statement 1 of Custom/p0"
        " (attached directly, account-wide); expected: cannot"
    )
    unread = Unreadable("ram:ListRoles", "NoPermission")
    rows = rows_of("access", intent, **{**parts, "roles": unread})
    assert {row.outcome for row in rows} == {"unknown"}
    (row,) = rows_of("access", intent, **{**parts, "roles": ()})
    assert row.outcome == "unknown"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("rg-prdo", "did you mean `rg-prod`?"),
        ("prodution", "did you mean `production`?"),
        ("rg-named", "there is no such group"),
    ],
)
def test_a_mistyped_group_of_a_request_is_unknown(
    rows_of: Callable[..., list[Row]], written: str, words: str
) -> None:
    """Nothing is held on a group that does not exist: every call in it would pass `cannot`."""
    groups = (ResourceGroup("rg-prod", "production"), ResourceGroup("rg-7", "rg-named"))
    request = f"{{resource_group: {written}}}"
    intent = f"access: [{{users: ann, cannot: [eci:CreateContainerGroup], request: {request}}}]"
    (row,) = rows_of("access", intent, **account(("ann", FULL, "rg-prod"), resource_groups=groups))
    assert row.outcome == "unknown"
    assert written in row.message
    assert words in row.message


@pytest.mark.parametrize("written", ["rg-prod", "production"])
def test_a_group_in_a_request_is_not_known_where_the_groups_could_not_be_read(
    rows_of: Callable[..., list[Row]], written: str
) -> None:
    """An id cannot be verified either: a mistyped one would make every `cannot` pass."""
    parts = account(("ann", FULL, "rg-prod"), resource_groups=DENIED)
    request = f"{{resource_group: {written}}}"
    intent = f"access: [{{users: ann, cannot: [eci:CreateContainerGroup], request: {request}}}]"
    rows = rows_of("access", intent, **parts)
    assert outcomes(rows)["ann"] == "unknown"
    assert "the resource groups could not be read" in rows[0].message


QUERIES = [row.action for row in ACTIONS.values() if row.id == "may"]


@pytest.mark.parametrize("action", QUERIES)
def test_whatever_a_query_carries_may_be_an_id(rows_of: Callable[..., list[Row]], action: str) -> None:
    """Section 4: a query that names a resource is allowed by the resource's tags."""
    by_tag = document(allow("eci:*", Condition=on("acs:ResourceTag/env", "prod")))
    parts = {
        **account(("ann", by_tag, None)),
        "image_caches": [ImageCache("imc-1", region_id=REGION, tags=Tags([Tag("env", "prod")]))],
        "virtual_nodes": [VirtualNode("vnd-1", region_id=REGION, tags=Tags([Tag("env", "prod")]))],
    }
    intent = f"access: [{{users: ann, cannot: ['{action}'], request: any}}]"
    (row,) = rows_of("access", intent, **parts)
    # No data cache is recorded: whether there is one with that tag is not known. Nor is whether ListTagResources looks
    # at the tags of a resource.
    is_open = "DataCache" in action or action == "eci:ListTagResources"
    assert row.outcome == ("unknown" if is_open else "failed"), row.message
    other = {**account(("ann", by_tag.replace("prod", "nowhere"), None)), "image_caches": []}
    (row,) = rows_of("access", intent, **other)
    assert row.outcome == ("unknown" if is_open else "passed"), row.message


def test_a_query_by_id_needs_every_region(rows_of: Callable[..., list[Row]]) -> None:
    """What could not be read may be what the query names."""
    by_tag = document(allow("eci:*", Condition=on("acs:ResourceTag/env", "prod")))
    unread = Unreadable("eci:DescribeContainerGroups", "NoPermission", region=REGION)
    listings = {kind: (Listing(REGION, (), 1),) for kind in ("image_cache", "virtual_node")}
    parts = account(("ann", by_tag, None), listings={**listings, "instance": (Listing(REGION, unread),)})
    parts.pop("instances")
    intent = "access: [{users: ann, cannot: [eci:DescribeContainerGroups], request: any}]"
    assert {row.outcome for row in rows_of("access", intent, **parts)} == {"unknown"}


TWICE = ContainerGroup(
    "eci-1", region_id=REGION, resource_group_id="rg-prod", tags=Tags([Tag("env", "dev"), Tag("env", "prod")])
)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("value", ["dev", "prod"])
def test_a_tag_key_that_comes_twice_decides_nothing(
    rows_of: Callable[..., list[Row]], value: str, order: int
) -> None:
    item = replace(TWICE, tags=Tags(TWICE.tags[::order]))
    by_tag = document(allow("eci:*", Condition=on("acs:ResourceTag/env", value)))
    held = account(("ann", by_tag, None), instances=[item])
    assert both(rows_of, "eci:DeleteContainerGroup", "", "", **held) == OPEN
    selected = account(("ann", FULL, None), instances=[item])
    resources = f"{{tags: {{env: {value}}}}}"
    intent = f"access: [{{users: ann, cannot: [eci:DeleteContainerGroup], resources: {resources}}}]"
    rows = rows_of("access", intent, **selected)
    assert {row.outcome for row in rows} == {"unknown"}
    assert "the tag env with several values" in rows[0].message + rows[-1].message
    elsewhere = account(("ann", FULL, None), instances=[item])
    rows = rows_of("access", intent.replace(value, "stage"), **elsewhere)
    assert {row.outcome for row in rows} == {"skipped"}
    same = replace(item, tags=Tags([Tag("env", value), Tag("env", value)]))
    held = account(("ann", by_tag, None), instances=[same])
    assert both(rows_of, "eci:DeleteContainerGroup", "", "", **held) == YES


@pytest.mark.parametrize("key", ["acs:ResourceTag/env", "acs:RequestTag/env"])
def test_an_action_without_a_condition_key_for_tags_is_not_decided_by_tags(
    rows_of: Callable[..., list[Row]], key: str
) -> None:
    held = account(("ann", document(allow("eci:ListTagResources", Condition=on(key, "test"))), None))
    request, resources = "{tags: {env: test}}", "{ids: [eci-t]}"
    assert both(rows_of, "eci:ListTagResources", request, resources, **held) == OPEN
    denied = account(("ann", document(allow("eci:ListUsage")), None))
    assert both(rows_of, "eci:ListTagResources", request, resources, **denied) == NO


def test_an_update_by_template_into_a_group_is_as_open_as_the_update(
    rows_of: Callable[..., list[Row]],
) -> None:
    held = account(("ann", FULL, "rg-prod"))
    intent = (
        "access: [{users: ann, cannot: [eci:UpdateContainerGroup], request: {resource_group: rg-test},"
        " resources: {ids: [eci-g]}, paths: direct}]"
    )
    (row,) = rows_of("access", intent, **held)
    assert row.outcome == "unknown", row.message
    assert "with the new resource group rg-test is authorised in that group too" in row.message
