"""The resource groups of instances, image caches and virtual nodes, against those intended."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_eci_compliance.inventory.facts import (
    ContainerGroup,
    ImageCache,
    ResourceGroup,
    Unreadable,
    VirtualNode,
)
from pytest_eci_compliance.results import Row

UNREAD = Unreadable("resourcemanager:ListResourceGroups", "NoPermission", permission="ram:ListResourceGroups")
GROUPS = (
    ResourceGroup("rg-prod", "production"),
    ResourceGroup("rg-test", "test"),
    ResourceGroup("rg-0", "default"),
)

UNNAMED = (ResourceGroup("rg-prod"), *GROUPS[1:])
"""The answer does not show the name of a group."""


def judged(rows_of: Callable[..., list[Row]], intended: str, group: str, groups: object = GROUPS) -> Row:
    instance = ContainerGroup("eci-1", region_id="cn-hangzhou", resource_group_id=group)
    intent = f"instances: {{resource_groups: {intended}}}"
    rows = rows_of("instance-resource-group", intent, instances=[instance], resource_groups=groups)
    (row,) = (row for row in rows if row.resource.id != "*")
    return row


@pytest.mark.parametrize(
    ("intended", "group", "groups", "outcome", "words"),
    [
        ("[production]", "rg-prod", GROUPS, "passed", "rg-prod ('production'), as intended"),
        ("[test, rg-prod]", "rg-prod", GROUPS, "passed", ""),
        ("[test]", "rg-prod", GROUPS, "failed", "rg-prod ('production'); expected 'test'"),
        ("[]", "rg-prod", GROUPS, "failed", "expected none"),
        ("[nowhere]", "rg-prod", GROUPS, "failed", "expected 'nowhere'"),
        ("[rg-gone]", "rg-gone", GROUPS, "failed", "rg-gone, which does not exist"),
        ("[test]", "rg-gone", GROUPS, "failed", "which does not exist; expected 'test'"),
        ("[production]", "rg-prod", UNREAD, "unknown", "resourcemanager:ListResourceGroups"),
        ("[rg-prod]", "rg-prod", UNREAD, "unknown", "resourcemanager:ListResourceGroups"),
        ("[]", "rg-prod", UNREAD, "failed", "expected none"),
        ("[production]", "rg-prod", UNNAMED, "unknown", "write the id"),
        ("[rg-prod]", "rg-prod", UNNAMED, "passed", ""),
        ("[test]", "rg-prod", UNNAMED, "failed", "expected 'test'"),
        ("[rg-gone]", "rg-prod", UNNAMED, "failed", "expected 'rg-gone'"),
    ],
)
def test_an_instance_is_in_an_intended_group_that_exists(
    rows_of: Callable[..., list[Row]],
    intended: str,
    group: str,
    groups: Unreadable | tuple[ResourceGroup, ...],
    outcome: str,
    words: str,
) -> None:
    row = judged(rows_of, intended, group, groups)
    assert (row.outcome, words in row.message) == (outcome, True), row.message
    assert row.config_path == ("instances", 0, "resource_groups")


@pytest.mark.parametrize(("intended", "outcome"), [("[default]", "unknown"), ("[]", "failed")])
def test_an_answer_that_names_no_group_decides_nothing(
    rows_of: Callable[..., list[Row]], intended: str, outcome: str
) -> None:
    assert judged(rows_of, intended, "").outcome == outcome


@pytest.mark.parametrize(
    ("check", "section", "case"),
    [
        ("image-cache-resource-group", "image_caches", ImageCache("imc-1", resource_group_id="rg-test")),
        ("virtual-node-resource-group", "virtual_nodes", VirtualNode("vnd-1", resource_group_id="rg-test")),
    ],
)
def test_the_other_kinds(
    rows_of: Callable[..., list[Row]], check: str, section: str, case: ImageCache | VirtualNode
) -> None:
    intent = f"{section}: {{resource_groups: [production]}}"
    (row,) = rows_of(check, intent, resource_groups=GROUPS, **{section: [case]})
    assert (row.outcome, row.resource.type, row.resource.id) == ("failed", case.kind, case.id)
    (row,) = rows_of(check, intent, resource_groups=GROUPS)
    assert row.outcome == "skipped"
    assert rows_of(check, f"{section}: {{}}", resource_groups=GROUPS, **{section: [case]}) == []


def test_a_group_named_like_an_intended_id_that_is_gone_is_not_intended(
    rows_of: Callable[..., list[Row]],
) -> None:
    groups = (ResourceGroup("rg-default", "default"), ResourceGroup("rg-evil", "rg-prod"))
    assert judged(rows_of, "[rg-prod]", "rg-evil", groups).outcome == "failed"
