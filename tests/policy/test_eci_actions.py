"""The table of calls against the installed SDK: every action is there, and carries what its request carries."""

from __future__ import annotations

import inspect
import re

import pytest
from alibabacloud_eci20180808 import models
from alibabacloud_eci20180808.client import Client

from pytest_eci_compliance.policy.eci_actions import ACTIONS, eci_action, fitting

SDK_ACTIONS = sorted(
    re.search(r"action\s*=\s*'(\w+)'", inspect.getsource(method))[1]
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
# Parameters that the documents say have no effect on who may make the call: an update cannot change the group.
FIXED_GROUP = {"UpdateContainerGroup", "UpdateDataCache", "UpdateImageCache"}


def test_every_action_of_the_sdk_has_one_row():
    assert sorted(row.name for row in ACTIONS.values()) == SDK_ACTIONS


@pytest.mark.parametrize("name", SDK_ACTIONS)
def test_a_row_says_what_the_request_of_the_sdk_carries(name):
    row = ACTIONS[f"eci:{name}".lower()]
    carries = set(vars(getattr(models, f"{name}Request")()))
    assert (row.tags != "no") == ("tag" in carries)
    assert (row.group in ("create", "query")) == ("resource_group_id" in carries and name not in FIXED_GROUP)
    assert row.role == ("ram_role_name" in carries)
    assert (row.id != "no") == bool(carries & IDS), "an id"
    assert (row.kind == "any") == ("resource_type" in carries)
    if row.group == "own":
        assert row.id != "no", "only a call that names a resource can be authorised in its group"


def test_actions_are_found_whatever_their_case():
    assert eci_action("ECI:deletecontainergroup").name == "DeleteContainerGroup"
    assert eci_action("eci:NoSuchAction") is None
    assert {row.name for row in fitting("eci:delete*")} == {
        "DeleteContainerGroup",
        "DeleteDataCache",
        "DeleteImageCache",
        "DeleteVirtualNode",
    }
    assert len(list(fitting("*"))) == len(ACTIONS)
    assert list(fitting("ram:*")) == []
