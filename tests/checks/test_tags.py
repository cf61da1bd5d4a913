"""The required tags of instances, image caches and virtual nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_eci_compliance.inventory.facts import (
    ContainerGroup,
    ImageCache,
    Listing,
    Tag,
    Tags,
    Unreadable,
    VirtualNode,
)
from pytest_eci_compliance.results import Row

INTENT = "instances: {required_tags: {env: [prod, test], owner: '?*'}}"


def instance(eci_id: str, status: str = "Running", **tags: str) -> ContainerGroup:
    return ContainerGroup(
        eci_id,
        f"name-of-{eci_id}",
        region_id="cn-hangzhou",
        status=status,
        tags=Tags(Tag(*tag) for tag in tags.items()),
    )


def test_every_instance_is_judged_by_its_tags(rows_of: Callable[..., list[Row]]) -> None:
    rows = rows_of(
        "instance-required-tags",
        INTENT,
        instances=[
            instance("eci-good", env="prod", owner="ann"),
            instance("eci-other", env="dev", owner="ann"),
            instance("eci-empty", env="test", owner=""),
            instance("eci-none"),
        ],
    )
    assert {row.resource.id: row.outcome for row in rows} == {
        "eci-good": "passed",
        "eci-other": "failed",
        "eci-empty": "failed",
        "eci-none": "failed",
    }
    by_id = {row.resource.id: row for row in rows}
    assert by_id["eci-other"].message == "tag 'env' is 'dev', expected 'prod' or 'test'"
    assert (
        by_id["eci-none"].message
        == "tag 'env' is missing ('prod' or 'test'); tag 'owner' is missing (any non-empty value)"
    )
    assert "aliyun eci TagResources --RegionId cn-hangzhou" in by_id["eci-none"].remediation
    assert by_id["eci-none"].config_path == ("instances", 0, "required_tags")
    assert by_id["eci-none"].resource.region == "cn-hangzhou"


@pytest.mark.parametrize("values", [("prod", "dev"), ("dev", "prod")])
def test_a_key_that_is_there_twice_must_be_right_twice(
    rows_of: Callable[..., list[Row]], values: tuple[str, ...]
) -> None:
    twice = ContainerGroup("eci-1", region_id="cn-hangzhou", tags=Tags(Tag("env", value) for value in values))
    (row,) = rows_of("instance-required-tags", "instances: {required_tags: {env: prod}}", instances=[twice])
    assert row.outcome == "failed"


def test_every_rule_that_fits_judges(rows_of: Callable[..., list[Row]]) -> None:
    rows = rows_of(
        "instance-required-tags",
        "instances:\n"
        "- {required_tags: {env: '*'}}\n"
        "- {resources: {tags: {env: prod}}, required_tags: {owner: ann}}\n"
        "- {resources: {names: other-*}, required_tags: {never: seen}}\n",
        instances=[instance("eci-1", env="prod"), instance("eci-2", env="test"), instance("eci-3")],
    )
    assert [(row.resource.id, row.outcome, row.config_path[1]) for row in rows] == [
        ("eci-1", "failed", 1),
        ("eci-2", "passed", 0),
        ("eci-3", "failed", 0),
    ]


def test_what_no_rule_fits_is_not_judged(rows_of: Callable[..., list[Row]]) -> None:
    (row,) = rows_of(
        "instance-required-tags",
        "instances: {resources: {tags: {env: prod}}, required_tags: {owner: '?*'}}",
        instances=[instance("eci-1", env="test")],
    )
    assert (row.outcome, row.resource.id) == ("skipped", "*")
    assert (
        row.message
        == "not applicable to any of the 1 instance (1 region, 1 page read, the lists are complete)"
    )


def test_a_rule_whose_selector_cannot_be_decided_is_unknown(rows_of: Callable[..., list[Row]]) -> None:
    (row,) = rows_of(
        "instance-required-tags",
        "instances: {resources: {resource_group: production}, required_tags: {owner: '?*'}}",
        instances=[replace(instance("eci-1", owner="ann"), resource_group_id="rg-1")],
        resource_groups=Unreadable("resourcemanager:ListResourceGroups", "NoPermission"),
    )
    assert row.outcome == "unknown"
    assert "resourcemanager:ListResourceGroups" in row.message


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("Running", "failed"),
        ("Scheduling", "failed"),
        ("Novel", "failed"),
        ("Succeeded", "skipped"),
        ("Expired", "skipped"),
    ],
)
def test_ended_instances_can_be_left_out(
    rows_of: Callable[..., list[Row]], status: str, outcome: str
) -> None:
    (row,) = rows_of(
        "instance-required-tags",
        "instances: {states: live, required_tags: {owner: '?*'}}",
        instances=[instance("eci-1", status)],
    )
    assert row.outcome == outcome


def test_a_region_that_was_not_read_is_unknown_and_the_others_are_judged(
    rows_of: Callable[..., list[Row]],
) -> None:
    rows = rows_of(
        "instance-required-tags",
        INTENT,
        regions=("cn-beijing", "cn-hangzhou", "cn-shanghai"),
        listings={
            "instance": (
                Listing("cn-hangzhou", (instance("eci-1"),), 1),
                Listing(
                    "cn-beijing",
                    Unreadable("eci:DescribeContainerGroups", "Throttling.User", region="cn-beijing"),
                ),
            )
        },
    )
    assert [(row.resource.region, row.resource.id, row.outcome) for row in rows] == [
        ("cn-beijing", "*", "unknown"),
        ("cn-hangzhou", "eci-1", "failed"),
        ("cn-shanghai", "*", "unknown"),
    ]
    assert "Throttling.User" in rows[0].message
    assert "NotRead" in rows[2].message


def test_regions_that_are_not_known_are_unknown(rows_of: Callable[..., list[Row]]) -> None:
    denied = Unreadable("eci:DescribeRegions", "NoPermission", permission="eci:DescribeRegions")
    (row,) = rows_of("instance-required-tags", INTENT, regions=denied)
    assert (row.outcome, row.resource.id, row.resource.region) == ("unknown", "*", None)
    assert "Grant eci:DescribeRegions to the auditing identity" in row.remediation
    (row,) = rows_of("instance-required-tags", INTENT, regions=())
    assert row.outcome == "unknown"


def test_an_empty_kind_is_skipped_and_says_how_much_was_read(rows_of: Callable[..., list[Row]]) -> None:
    (row,) = rows_of("instance-required-tags", INTENT)
    assert (row.outcome, row.resource.id, row.resource.region) == ("skipped", "*", None)
    assert row.message == "no instance exists (1 region, 1 page read, the lists are complete)"


@pytest.mark.parametrize(
    "intent", ["", "instances: {}", "instances: []", "image_caches: {required_tags: {a: b}}"]
)
def test_off_without_required_tags(rows_of: Callable[..., list[Row]], intent: str) -> None:
    assert rows_of("instance-required-tags", intent) == []


@pytest.mark.parametrize(
    ("check", "section", "case"),
    [
        ("image-cache-required-tags", "image_caches", ImageCache("imc-1", region_id="cn-hangzhou")),
        ("virtual-node-required-tags", "virtual_nodes", VirtualNode("vnd-1", region_id="cn-hangzhou")),
    ],
)
def test_the_other_kinds(
    rows_of: Callable[..., list[Row]], check: str, section: str, case: ImageCache | VirtualNode
) -> None:
    (row,) = rows_of(check, f"{section}: {{required_tags: {{env: prod}}}}", **{section: [case]})
    assert (row.outcome, row.resource.id, row.resource.type) == ("failed", case.id, case.kind)
    (row,) = rows_of(check, f"{section}: {{required_tags: {{env: prod}}}}")
    assert row.outcome == "skipped"


def test_hostile_names_stay_on_one_line(rows_of: Callable[..., list[Row]]) -> None:
    (row,) = rows_of(
        "instance-required-tags", INTENT, instances=[instance("eci-\x1b[31m\n1", env="a\nb\x07")]
    )
    assert row.message.isprintable()
    assert row.remediation.isprintable()
