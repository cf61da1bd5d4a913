"""Waivers: what they cover, when they expire, and that they are judged themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

import pytest

from pytest_eci_compliance.checks import KNOWN_CHECKS
from pytest_eci_compliance.config.consistency import CHECKS_OF_POLICIES
from pytest_eci_compliance.inventory.facts import (
    Attachments,
    ContainerGroup,
    GrantGap,
    Listing,
    ResourceGroup,
    Tag,
    Tags,
    Unreadable,
)
from pytest_eci_compliance.results import Row, Waived
from tests.checks.access_account import FULL, READ, account, allow, document

TAGS = "instance-required-tags"
TODAY = date(2026, 11, 23)


def instance(eci_id: str, **tags: str) -> ContainerGroup:
    return ContainerGroup(
        eci_id,
        region_id="cn-hangzhou",
        resource_group_id="rg-1",
        tags=Tags(Tag(*tag) for tag in tags.items()),
    )


INSTANCES = [
    instance("eci-bad", team="a"),
    instance("eci-good", owner="ann"),
    instance("eci-worse", team="b"),
]


def intent(*waivers: str) -> str:
    written = ", ".join(f"{{reason: moving, owner: ann, {waiver}}}" for waiver in waivers)
    return f"{{instances: {{required_tags: {{owner: '?*'}}}}, waivers: [{written}]}}"


def outcomes(rows: Iterable[Row]) -> dict[str, str]:
    return {row.resource.id: row.outcome for row in rows}


def test_a_valid_waiver_covers_failures_and_nothing_else(rows_of: Callable[..., list[Row]]) -> None:
    rows = rows_of(
        TAGS, intent(f"check: {TAGS}, resource: eci-bad*, expires: 2026-12-31"), instances=INSTANCES
    )
    assert outcomes(rows) == {
        "eci-bad": "waived",
        "eci-good": "passed",
        "eci-worse": "failed",
        f"{TAGS}:eci-bad*": "passed",
    }
    assert rows[0].waiver == Waived("moving", "ann", "2026-12-31")
    assert rows[0].message == "tag 'owner' is missing (any non-empty value)"
    waiver = rows[-1]
    assert (waiver.check, waiver.resource.type, waiver.config_path) == ("waiver", "waiver", ("waivers", 0))


@pytest.mark.parametrize(
    ("expires", "valid"), [("2026-11-23", True), ("2026-11-24", True), ("2026-11-22", False)]
)
def test_it_is_valid_through_its_expiry_day(
    rows_of: Callable[..., list[Row]], expires: str, valid: bool
) -> None:
    results = outcomes(
        rows_of(
            TAGS,
            intent(f"check: {TAGS}, resource: '*', expires: {expires}"),
            instances=INSTANCES,
            today=TODAY,
        )
    )
    assert results["eci-bad"] == ("waived" if valid else "failed")
    assert results[f"{TAGS}:*"] == ("passed" if valid else "failed")


@pytest.mark.parametrize(
    ("check", "resource", "words"),
    [
        (TAGS, "eci-good", "nothing that it is for fails"),
        (TAGS, "eci-BAD", "nothing that it is for fails"),
        ("image-cache-required-tags", "*", "is off or has nothing to judge"),
        ("auditor-visibility", "*", "is never waived"),
        ("waiver", "*", "is never waived"),
    ],
)
def test_an_unused_waiver_fails(
    rows_of: Callable[..., list[Row]], check: str, resource: str, words: str
) -> None:
    rows = rows_of(
        TAGS, intent(f"check: {check}, resource: '{resource}', expires: 2026-12-31"), instances=INSTANCES
    )
    assert outcomes(rows)[f"{check}:{resource}"] == "failed"
    assert words in next(row.message for row in rows if row.check == "waiver")


def test_every_valid_waiver_that_covers_a_failing_row_counts_as_used(
    rows_of: Callable[..., list[Row]],
) -> None:
    waivers = [
        f"check: {TAGS}, resource: '{pattern}', expires: 2026-12-31" for pattern in ("eci-b*", "*bad", "*")
    ]
    rows = rows_of(TAGS, intent(*waivers), instances=INSTANCES)
    assert [row.outcome for row in rows if row.check == "waiver"] == ["passed"] * 3


def test_a_waiver_does_not_cover_what_is_unknown(rows_of: Callable[..., list[Row]]) -> None:
    cut = Unreadable("eci:DescribeContainerGroups", "Malformed", region="cn-hangzhou")
    rows = rows_of(
        TAGS,
        intent(f"check: {TAGS}, resource: '*', expires: 2026-12-31"),
        listings={"instance": (Listing("cn-hangzhou", cut),)},
    )
    assert outcomes(rows) == {"*": "unknown", f"{TAGS}:*": "unknown"}
    assert "Malformed" in rows[-1].message


def test_an_expired_waiver_fails_even_where_what_it_covers_is_unknown(
    rows_of: Callable[..., list[Row]],
) -> None:
    cut = Unreadable("eci:DescribeContainerGroups", "Malformed", region="cn-hangzhou")
    rows = rows_of(
        TAGS,
        intent(f"check: {TAGS}, resource: '*', expires: 2020-12-31"),
        listings={"instance": (Listing("cn-hangzhou", cut),)},
    )
    assert outcomes(rows)[f"{TAGS}:*"] == "failed"


def test_a_used_waiver_passes_whatever_else_is_unknown(rows_of: Callable[..., list[Row]]) -> None:
    cut = Unreadable("eci:DescribeContainerGroups", "Malformed", region="cn-beijing")
    parts = {
        "regions": ("cn-beijing", "cn-hangzhou"),
        "listings": {"instance": (Listing("cn-beijing", cut), Listing("cn-hangzhou", tuple(INSTANCES)))},
    }
    used, unsure = (
        f"check: {TAGS}, resource: {text}, expires: 2026-12-31" for text in ("eci-bad", "eci-new")
    )
    results = outcomes(rows_of(TAGS, intent(used, unsure), **parts))
    assert results[f"{TAGS}:eci-bad"] == "passed"
    assert results[f"{TAGS}:eci-new"] == "unknown"


def test_selectors(rows_of: Callable[..., list[Row]]) -> None:
    rows = rows_of(
        TAGS,
        intent(f"check: {TAGS}, resources: {{tags: {{team: a}}}}, expires: 2026-12-31"),
        instances=INSTANCES,
    )
    assert outcomes(rows) == {
        "eci-bad": "waived",
        "eci-good": "passed",
        "eci-worse": "failed",
        f'{TAGS}:{{"tags":{{"team":["a"]}}}}': "passed",
    }


@pytest.mark.parametrize(
    ("groups", "outcome"), [((ResourceGroup("rg-1", "prod"),), "waived"), (None, "failed")]
)
def test_a_selector_that_cannot_be_decided_waives_nothing_and_is_unknown(
    rows_of: Callable[..., list[Row]], groups: tuple[ResourceGroup, ...] | None, outcome: str
) -> None:
    unread = Unreadable("resourcemanager:ListResourceGroups", "NoPermission")
    rows = rows_of(
        TAGS,
        intent(f"check: {TAGS}, resources: {{resource_group: prod}}, expires: 2026-12-31"),
        instances=INSTANCES,
        resource_groups=groups or unread,
    )
    assert outcomes(rows)["eci-bad"] == outcome
    assert rows[-1].outcome == ("passed" if outcome == "waived" else "unknown")


def test_a_selector_finds_what_blocks_a_deletion_in_any_region(rows_of: Callable[..., list[Row]]) -> None:
    instance = ContainerGroup("eci-1", "late", region_id="cn-beijing", status="Running")
    listings = {
        "instance": (Listing("cn-beijing", (), later=(instance,)),),
        "image_cache": (Listing("cn-beijing", ()),),
    }
    written = (
        "{service_linked_role: {expect: deletable}, waivers: [{check: slr-deletable, resources: {names: la*},"
        " reason: r, owner: o, expires: 2026-12-31}]}"
    )
    rows = rows_of("slr-deletable", written, regions=(), all_regions=("cn-beijing",), listings=listings)
    assert [row.outcome for row in rows] == ["waived", "passed"]


def test_off_without_waivers(rows_of: Callable[..., list[Row]]) -> None:
    assert {row.check for row in rows_of(TAGS, intent(), instances=INSTANCES)} == {TAGS}


def test_it_does_not_cover_what_could_not_be_read_beside_a_failure(rows_of: Callable[..., list[Row]]) -> None:
    """One rule is broken for certain; whether the other is for the instance is not known."""
    written = f"""
        instances:
        - {{required_tags: {{owner: '?*'}}}}
        - {{required_tags: {{team: z}}, resources: {{resource_group: prod}}}}
        waivers: [{{check: {TAGS}, resource: 'eci-bad', reason: moving, owner: ann, expires: 2026-12-31}}]
    """
    groups = Unreadable("resourcemanager:ListResourceGroups", "NoPermission")
    instance_row, waiver_row = rows_of(TAGS, written, instances=INSTANCES[:1], resource_groups=groups)
    assert instance_row.outcome == "unknown"
    assert "ListResourceGroups could not be read" in instance_row.message
    assert "tag 'owner' is missing" in instance_row.message
    assert waiver_row.outcome == "unknown"


# Narrowed waivers ------------------------------------------------------------------------------------------

HELD = "user-intended-policies"
UNTIL = "reason: moving, owner: ann, expires: 2026-12-31"
TWO_POLICIES = account(("ann", READ, None), ("ann", FULL, None), ("bob", FULL, None))


def one_of(rows: Iterable[Row], check: str, id_: str) -> Row:
    return next(row for row in rows if row.check == check and row.resource.id == id_)


def waived_by(*waivers: str) -> str:
    return f"{{users: [], waivers: [{', '.join(f'{{{waiver}, {UNTIL}}}' for waiver in waivers)}]}}"


def test_a_waiver_for_a_policy_covers_only_failures_about_it(rows_of: Callable[..., list[Row]]) -> None:
    waiver = f"check: {HELD}, resource: '*', policy: Custom/p0"
    rows = rows_of(HELD, waived_by(waiver), **TWO_POLICIES)
    ann = one_of(rows, HELD, "ann")
    assert ann.outcome == "failed"
    assert "'Custom/p1'" in ann.message
    assert "ann has 'Custom/p1', attached directly, account-wide" in ann.message
    assert ann.message.endswith("; waivers cover what is about 'Custom/p0'")
    assert "Custom/p0" not in ann.remediation
    assert "p1" in ann.remediation
    assert one_of(rows, HELD, "bob").outcome == "failed"
    used = one_of(rows, "waiver", f"{HELD}:*:policy=Custom/p0")
    assert (used.outcome, "covers 1 failure: 'ann'" in used.message) == ("passed", True)


def test_several_waivers_together_cover_all_of_a_failure(rows_of: Callable[..., list[Row]]) -> None:
    waivers = [f"check: {HELD}, resource: ann, policy: Custom/p{n}" for n in (0, 1)]
    rows = rows_of(HELD, waived_by(*waivers), **TWO_POLICIES)
    ann = one_of(rows, HELD, "ann")
    assert ann.outcome == "waived"
    assert ann.waiver == Waived("moving", "ann", "2026-12-31", "policy=Custom/p0")
    assert [waiver.narrowing for waiver in ann.covered_by] == ["policy=Custom/p0", "policy=Custom/p1"]
    assert [row.outcome for row in rows if row.check == "waiver"] == ["passed", "passed"]


def test_a_waiver_for_the_whole_row_goes_before_narrowed_ones(rows_of: Callable[..., list[Row]]) -> None:
    waivers = [f"check: {HELD}, resource: ann, policy: Custom/p0", f"check: {HELD}, resource: ann"]
    rows = rows_of(HELD, waived_by(*waivers), **TWO_POLICIES)
    assert one_of(rows, HELD, "ann").outcome == "waived"
    assert [row.outcome for row in rows if row.check == "waiver"] == ["passed", "passed"]
    assert {row.resource.id for row in rows if row.check == "waiver"} == {
        f"{HELD}:ann",
        f"{HELD}:ann:policy=Custom/p0",
    }


def test_a_narrowed_waiver_that_covers_nothing_is_not_used(rows_of: Callable[..., list[Row]]) -> None:
    waiver = f"check: {HELD}, resource: bob, policy: Custom/p0"
    rows = rows_of(HELD, waived_by(waiver), **TWO_POLICIES)
    unused = one_of(rows, "waiver", f"{HELD}:bob:policy=Custom/p0")
    assert (unused.outcome, "is not used" in unused.message) == ("failed", True)


def test_an_expired_narrowed_waiver_covers_nothing(rows_of: Callable[..., list[Row]]) -> None:
    waiver = f"check: {HELD}, resource: ann, policy: Custom/p0"
    rows = rows_of(HELD, waived_by(waiver), today=date(2027, 1, 1), **TWO_POLICIES)
    assert "waivers cover" not in one_of(rows, HELD, "ann").message
    assert one_of(rows, "waiver", f"{HELD}:ann:policy=Custom/p0").outcome == "failed"


def test_what_is_unknown_beside_a_narrowed_waiver_stays_unknown(rows_of: Callable[..., list[Row]]) -> None:
    gap = GrantGap(Unreadable("resourcemanager:ListPolicyAttachments", "Throttling"))
    parts = {**account(), "attachments": Attachments((), (gap,))}
    rows = rows_of(HELD, waived_by(f"check: {HELD}, resource: ann, policy: Custom/p0"), **parts)
    assert one_of(rows, HELD, "ann").outcome == "unknown"
    assert one_of(rows, "waiver", f"{HELD}:ann:policy=Custom/p0").outcome == "unknown"


def test_a_waiver_for_a_policy_that_is_required(rows_of: Callable[..., list[Row]]) -> None:
    check = "user-required-policies"
    entry = (
        "{match: ann, policies: [Custom/p0, Custom/p1], required_policies: [AliyunECIFullAccess, Custom/p9]}"
    )
    waiver = f"{{check: {check}, resource: ann, policy: AliyunECIFullAccess, {UNTIL}}}"
    rows = rows_of(check, f"{{users: [{entry}], waivers: [{waiver}]}}", **TWO_POLICIES)
    ann = one_of(rows, check, "ann")
    assert ann.outcome == "failed"
    assert ann.message.startswith("ann lacks 'Custom/p9' account-wide, which is required")


def test_a_waiver_for_a_policy_that_passes_roles(rows_of: Callable[..., list[Row]]) -> None:
    check = "user-pass-role"
    passes = document(allow("ram:PassRole"))
    held = account(("ann", passes, None), ("ann", passes, None))
    rows = rows_of(check, waived_by(f"check: {check}, resource: ann, policy: Custom/p0"), **held)
    ann = one_of(rows, check, "ann")
    assert ann.outcome == "failed"
    assert "statement 1 of Custom/p1" in ann.message
    assert "statement 1 of Custom/p0" not in ann.message


def test_the_checks_that_take_a_policy_name_it(rows_of: Callable[..., list[Row]]) -> None:
    assert set(CHECKS_OF_POLICIES) <= KNOWN_CHECKS


EXPECTATIONS = """
    access:
    - {name: no deletion, users: bob, cannot: [eci:DeleteContainerGroup]}
    - {name: no restart, users: bob, cannot: [eci:RestartContainerGroup]}
"""


def test_a_waiver_for_an_expectation_covers_only_its_failures(rows_of: Callable[..., list[Row]]) -> None:
    waiver = f"{{check: access, resource: bob, expectation: no deletion, {UNTIL}}}"
    other = f"{{check: access, resource: bob, expectation: no creation, {UNTIL}}}"
    written = f"{EXPECTATIONS}    waivers: [{waiver}, {other}]"
    rows = rows_of("access", written, **TWO_POLICIES)
    results = {row.expectation: row.outcome for row in rows if row.check == "access"}
    assert results == {"no deletion": "waived", "no restart": "failed"}
    waivers = {row.resource.id: row.outcome for row in rows if row.check == "waiver"}
    assert waivers == {
        "access:bob:expectation=no deletion": "passed",
        "access:bob:expectation=no creation": "failed",
    }


def test_a_waiver_for_an_expectation_by_its_digest(rows_of: Callable[..., list[Row]]) -> None:
    expectation = "{users: bob, cannot: [eci:DeleteContainerGroup]}"
    (row, *_) = rows_of("access", f"access: [{expectation}]", **TWO_POLICIES)
    waiver = f"{{check: access, resource: bob, expectation: '{row.expectation}', {UNTIL}}}"
    rows = rows_of("access", f"{{access: [{expectation}], waivers: [{waiver}]}}", **TWO_POLICIES)
    assert [row.outcome for row in rows] == ["waived", "passed"]
