"""The table of calls against the installed SDK: every action is there, and carries what its request carries."""

from __future__ import annotations

import inspect
import re

import pytest
from alibabacloud_eci20180808 import models
from alibabacloud_eci20180808.client import Client

from pytest_eci_compliance.policy.eci_actions import ACTIONS, eci_action, fitting
from tests.support.values import present

SDK_ACTIONS = sorted(
    present(re.search(r"action\s*=\s*'(\w+)'", inspect.getsource(method)))[1]
    for name, method in inspect.getmembers(Client, inspect.isfunction)
    if name.endswith("_with_options")
)
IDS = {
    "container_group_id",
    "container_group_ids",
    "image_cache_id",
    "virtual_node_id",
    "virtual_node_ids",
    "data_cache_id",
    "resource_id",
}


def test_every_action_of_the_sdk_has_one_row() -> None:
    assert sorted(row.name for row in ACTIONS.values() if row.in_sdk) == SDK_ACTIONS


# "Fine-grained resource control using resource groups" (2026-01-27): a grant on a resource group allows none of them.
WITHOUT_GROUPS = [
    "DeleteContainerGroups",
    "DeleteLaunchTemplate",
    "DescribeCommandResult",
    "DescribeContainerGroupPrice",
    "DescribeContainerInstanceStatus",
    "DescribeImageCacheMetrics",
    "DescribeUpdateConfigMapTask",
    "DescribeUpdateSecretTask",
    "DescribeVnodeCapacity",
    "ListUsage",
    "RunCommand",
    "UpdateVirtualNodeStatusEvents",
    "UploadVirtualNodeConfig",
]
# The RAM page of ECI (2025-06-12): authorised on all resources.
ON_ALL_RESOURCES = {
    "ExportContainerGroupTemplate",
    "ListTagResources",
    "ListUsage",
    "ResizeContainerGroupVolume",
    "UpdateConfigMap",
}
OUTSIDE_SDK = [
    "CreateContainerGroupFromTemplate",
    "CreateLaunchTemplate",
    "DeleteContainerGroups",
    "DeleteLaunchTemplate",
    "DescribeCommandResult",
    "DescribeContainerInstanceStatus",
    "DescribeImageCacheMetrics",
    "DescribeUpdateConfigMapTask",
    "DescribeUpdateSecretTask",
    "DescribeVnodeCapacity",
    "ExportContainerGroupTemplate",
    "RestartContainer",
    "RunCommand",
    "UpdateConfigMap",
    "UpdateContainerGroupByTemplate",
    "UpdateVirtualNodeStatusEvents",
    "UploadVirtualNodeConfig",
]


def test_actions_that_the_sdk_lacks_are_known_by_name() -> None:
    assert sorted(row.name for row in ACTIONS.values() if not row.in_sdk) == OUTSIDE_SDK


@pytest.mark.parametrize("name", WITHOUT_GROUPS)
def test_an_action_that_never_knows_resource_groups_is_authorised_on_the_account(name: str) -> None:
    assert ACTIONS[f"eci:{name}".lower()].group == "none"


def test_the_actions_that_are_authorised_on_all_resources() -> None:
    assert {row.name for row in ACTIONS.values() if row.all_resources} == ON_ALL_RESOURCES


@pytest.mark.parametrize("name", SDK_ACTIONS)
def test_a_row_says_what_the_request_of_the_sdk_carries(name: str) -> None:
    row = ACTIONS[f"eci:{name}".lower()]
    carries = set(vars(getattr(models, f"{name}Request")()))
    assert (row.tags != "no") == ("tag" in carries)
    assert (row.group in ("create", "query")) == ("resource_group_id" in carries and not row.moves)
    assert row.moves == ("resource_group_id" in carries and name.startswith("Update"))
    assert row.role == ("ram_role_name" in carries)
    assert (row.id != "no") == bool(carries & IDS), "an id"
    assert (row.kind == "any") == ("resource_type" in carries)
    if row.group == "own":
        assert row.id != "no", "only a call that names a resource can be authorised in its group"


def test_actions_are_found_whatever_their_case() -> None:
    assert present(eci_action("ECI:deletecontainergroup")).name == "DeleteContainerGroup"
    assert eci_action("eci:NoSuchAction") is None
    assert {row.name for row in fitting("eci:delete*")} == {
        "DeleteContainerGroup",
        "DeleteContainerGroups",
        "DeleteDataCache",
        "DeleteImageCache",
        "DeleteLaunchTemplate",
        "DeleteVirtualNode",
    }
    assert len(list(fitting("*"))) == len(ACTIONS)
    assert list(fitting("ram:*")) == []
