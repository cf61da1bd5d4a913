"""Selections of the configuration: which users, roles and resources they match."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_eci_compliance.checks.support.selectors import (
    ResourceGroups,
    resource_fits,
    role_matches,
    user_matches,
)
from pytest_eci_compliance.config.model import Resources
from pytest_eci_compliance.inventory.facts import (
    ContainerGroup,
    Group,
    ImageCache,
    ResourceGroup,
    Tag,
    Tags,
    Unreadable,
)
from pytest_eci_compliance.policy.three_valued import any_of

DENIED = Unreadable("ram:ListGroups", "NoPermission")
GROUPS = (Group("dev", members=("ann", "bob")), Group("ops", members=DENIED), Group("Dev", members=("eve",)))


@pytest.mark.parametrize(
    ("patterns", "user", "answer"),
    [
        (["*"], "ann", True),
        (["a?n"], "ann", True),
        (["A*"], "ann", False),
        (["x", "b*"], "bob", True),
        (["group/dev"], "ann", True),
        (["group/dev"], "eve", False),
        (["group/none"], "ann", False),
        (["group/ops"], "ann", DENIED),
        (["group/ops", "group/dev"], "ann", True),
        (["group/ops", "group/dev"], "eve", DENIED),
        (["group/ops", "e*"], "eve", True),
        (["group*"], "group/dev", True),
        ([], "ann", False),
    ],
)
def test_user_matches(patterns: list[str], user: str, answer: bool | Unreadable) -> None:
    assert user_matches(patterns, user, GROUPS) == answer


def test_without_the_groups_only_names_can_be_told() -> None:
    assert user_matches(["ann"], "ann", DENIED) is True
    assert user_matches(["bob"], "ann", DENIED) is False
    assert user_matches(["bob", "group/dev"], "ann", DENIED) == DENIED


def test_role_matches() -> None:
    assert role_matches(("ECIRamRole*", "x"), "ECIRamRoleTest")
    assert not role_matches(("eciramrole*",), "ECIRamRoleTest")


LISTED = ResourceGroups(
    (
        ResourceGroup("rg-1", "default"),
        ResourceGroup("rg-2", "prod"),
        ResourceGroup("rg-3", "twin"),
        ResourceGroup("rg-4", "twin"),
        ResourceGroup("rg-5", "rg-2"),
    )
)
UNLISTED = ResourceGroups(Unreadable("resourcemanager:ListResourceGroups", "NoPermission"))


def test_resource_groups_by_id_or_name() -> None:
    assert [LISTED.id_of(written) for written in ("rg-2", "prod", "none", "Prod")] == [
        "rg-2",
        "rg-2",
        None,
        None,
    ]
    assert LISTED.default_id(None) == "rg-1"
    assert LISTED.default_id("prod") == "rg-2"
    assert LISTED.default_id("none") is None
    assert isinstance(LISTED.id_of("twin"), Unreadable)
    assert (LISTED.means("prod", "rg-2"), LISTED.means("prod", "rg-1")) == (True, False)
    assert LISTED.means("rg-2", "rg-5") is False


def test_an_id_is_no_name_of_a_group() -> None:
    """A group that is named like an id that is gone is another group."""
    lookalike = ResourceGroups((ResourceGroup("rg-evil", "rg-prod"),))
    assert lookalike.id_of("rg-prod") is None
    assert lookalike.means("rg-prod", "rg-evil") is False


def test_unlisted_resource_groups_are_not_absent() -> None:
    assert UNLISTED.id_of("rg-1") == UNLISTED.default_id(None) == UNLISTED.listed
    assert UNLISTED.means("rg-1", "rg-1") is True
    assert UNLISTED.means("prod", "rg-1") == UNLISTED.listed


WEB = ContainerGroup(
    "eci-1",
    "web-1",
    "cn-hangzhou",
    resource_group_id="rg-2",
    ram_role_name="AppRole",
    tags=Tags([Tag("env", "prod"), Tag("owner", "")]),
)


@pytest.mark.parametrize(
    ("selector", "answer"),
    [
        ({}, True),
        ({"kind": "instance"}, True),
        ({"kind": "image_cache"}, False),
        ({"ids": "eci-*"}, True),
        ({"ids": ["imc-*", "eci-1"]}, True),
        ({"ids": []}, False),
        ({"names": "web-?"}, True),
        ({"names": "WEB-?"}, False),
        ({"regions": ["cn-beijing", "cn-hangzhou"]}, True),
        ({"regions": "cn-beijing"}, False),
        ({"resource_group": "prod"}, True),
        ({"resource_group": "rg-2"}, True),
        ({"resource_group": "default"}, False),
        ({"resource_group": "none"}, False),
        ({"tags": {"env": "p*"}}, True),
        ({"tags": {"env": ["test", "prod"]}}, True),
        ({"tags": {"env": "prod", "none": "*"}}, False),
        ({"tags": {"owner": "*"}}, True),
        ({"tags": {"owner": "?*"}}, False),
        ({"tags": {}}, True),
        ({"ram_role": "approle"}, True),
        ({"ram_role": "Other"}, False),
        ({"role": "AppRole"}, False),
        ({"ids": "eci-1", "names": "other"}, False),
    ],
)
def test_resource_fits(selector: dict[str, Any], answer: bool) -> None:
    assert resource_fits(WEB, Resources(**selector), LISTED) is answer


def test_no_selector_fits_everything() -> None:
    assert resource_fits(WEB, None, UNLISTED) is True


def test_a_group_that_cannot_be_told_decides_only_where_it_matters() -> None:
    assert resource_fits(WEB, Resources(resource_group="prod"), UNLISTED) == UNLISTED.listed
    assert resource_fits(WEB, Resources(resource_group="rg-2"), UNLISTED) is True
    assert resource_fits(WEB, Resources(resource_group="prod", ids="x"), UNLISTED) is False


def test_other_kinds() -> None:
    assert resource_fits(ImageCache("imc-1"), Resources(kind="image_cache", names="?*"), LISTED) is False
    assert resource_fits(ImageCache("imc-1"), Resources(ram_role="AppRole"), LISTED) is False


def test_any_of() -> None:
    denied: list[bool | Unreadable] = [False, DENIED]
    assert any_of([*denied, True]) is True
    assert any_of(denied) == DENIED
    assert any_of([False]) is False
    assert any_of([]) is False
