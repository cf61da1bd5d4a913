"""Image caches that ECI makes by itself are left out and counted, or judged as others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_eci_compliance.inventory.facts import ImageCache, ResourceGroup, Tag, Tags
from pytest_eci_compliance.results import Row

OWN = ImageCache(
    "imc-1", "web", region_id="cn-hangzhou", resource_group_id="rg-1", tags=Tags([Tag("env", "prod")])
)
MADE = ImageCache("imc-2", "auto-create-for-eci-2ze1", region_id="cn-hangzhou", resource_group_id="rg-2")
NAMED = ImageCache("imc-3", "auto-create-for-", region_id="cn-hangzhou", resource_group_id="rg-2")
GROUPS = (ResourceGroup("rg-1", "one"), ResourceGroup("rg-2", "two"))
CHECKS = [
    ("image-cache-required-tags", "required_tags: {env: prod}"),
    ("image-cache-resource-group", "resource_groups: [rg-1]"),
]


@pytest.mark.parametrize(("check", "rule"), CHECKS)
@pytest.mark.parametrize("automatic", ["", "automatic: ignore, "])
def test_they_are_left_out_and_counted(
    rows_of: Callable[..., list[Row]], check: str, rule: str, automatic: str
) -> None:
    intent = f"image_caches: {{{automatic}{rule}}}"
    rows = rows_of(check, intent, image_caches=[OWN, MADE, NAMED], resource_groups=GROUPS)
    assert {(row.resource.id, row.outcome) for row in rows} == {
        ("imc-1", "passed"),
        ("imc-3", "failed"),
        ("*", "skipped"),
    }
    (left_out,) = [row for row in rows if row.resource.id == "*"]
    assert "1 image cache that ECI made by itself" in left_out.message


@pytest.mark.parametrize(("check", "rule"), CHECKS)
def test_they_are_judged_where_the_rule_says_so(
    rows_of: Callable[..., list[Row]], check: str, rule: str
) -> None:
    intent = f"image_caches: {{automatic: judge, {rule}}}"
    rows = rows_of(check, intent, image_caches=[OWN, MADE], resource_groups=GROUPS)
    assert {(row.resource.id, row.outcome) for row in rows} == {("imc-1", "passed"), ("imc-2", "failed")}


@pytest.mark.parametrize(
    "name",
    [
        "auto-create-for-me",
        "auto-create-for-eci-",
        "auto-create-for-eci-2ze1-copy",
        "my-auto-create-for-eci-1",
    ],
)
def test_a_cache_of_a_user_with_a_name_like_theirs_is_judged(
    rows_of: Callable[..., list[Row]], name: str
) -> None:
    cache = ImageCache("imc-4", name, region_id="cn-hangzhou", resource_group_id="rg-2")
    rows = rows_of(
        "image-cache-required-tags", "image_caches: {required_tags: {env: prod}}", image_caches=[cache]
    )
    assert [(row.resource.id, row.outcome) for row in rows] == [("imc-4", "failed")]


def test_nothing_else_than_automatic_ones_is_one_skipped_row(rows_of: Callable[..., list[Row]]) -> None:
    rows = rows_of(
        "image-cache-required-tags", "image_caches: {required_tags: {env: prod}}", image_caches=[MADE]
    )
    assert [(row.resource.id, row.outcome) for row in rows] == [("*", "skipped")]
    assert "made by itself" in rows[0].message


def test_a_resource_is_moved_and_never_deleted(rows_of: Callable[..., list[Row]]) -> None:
    intent = "image_caches: {automatic: judge, resource_groups: [one]}"
    (row,) = rows_of("image-cache-resource-group", intent, image_caches=[MADE], resource_groups=GROUPS)
    assert "aliyun eci UpdateImageCache --ImageCacheId imc-2" in row.remediation
    assert "--ResourceGroupId rg-1" in row.remediation
    assert "delete" not in row.remediation.lower()
