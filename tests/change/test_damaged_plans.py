"""A plan of which any part is of another type ends in changes or in a refusal, never in another exception."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_eci_compliance.change.apply import LayContext, lay
from pytest_eci_compliance.change.judging import load_changes
from pytest_eci_compliance.change.loading import load_plan_file
from pytest_eci_compliance.change.model import PlanError
from tests.change.plan_writer import change, plan, resource
from tests.change.planned_rows import ACCOUNT_ID, HERE, TRUST, inventory, laid, members
from tests.support.sampling import examples

STEP = tuple[str | int, ...]
INSTANCE = {
    "container_group_name": "new",
    "tags": {"env": "prod"},
    "containers": [{"name": "a", "image": "i", "environment_vars": [{"key": "K", "value": "v"}]}],
    "volumes": [{"name": "v", "config_file_volume_config_file_to_paths": [{"path": "p", "content": "eA=="}]}],
}
RICH = plan(
    change(
        "alicloud_ram_role",
        "r",
        ("create",),
        after={"role_name": "r", "document": TRUST},
        unknown={"id": True},
    ),
    change(
        "alicloud_ram_group_membership",
        "m",
        ("update",),
        before={"group_name": "ops", "user_names": ["ann", "ben"]},
        after={"group_name": "ops", "user_names": ["ann", None]},
        unknown={"user_names": [False, True]},
        index="a.b[0]",
    ),
    change(
        "alicloud_eci_container_group", "i", ("create",), after=INSTANCE, unknown={"id": True, "tags": {}}
    ),
    change(
        "alicloud_ram_policy",
        "p",
        ("create",),
        after={
            "policy_name": "new",
            "statement": [{"effect": "Allow", "action": ["eci:*"], "resource": ["*"]}],
        },
        unknown={"id": True, "policy_document": True},
        module='module.a["k"]',
    ),
    change(
        "alicloud_ram_user_policy_attachment",
        "g",
        ("create",),
        after={"user_name": "ann", "policy_type": "Custom"},
        unknown={"policy_name": True},
    ),
    resources=(resource("alicloud_ram_user_policy_attachment", "g", policy_name="=module.a.name"),),
    variables={"x": {"value": "new"}},
    deferred_changes=[
        {"reason": "r", "resource_change": change("alicloud_ram_user", "d", ("create",), after={})}
    ],
    resource_drift=[change("alicloud_ram_user", "x", ("delete",), before={"name": "ann", "id": "2001"})],
    action_invocations=[{"address": "action.x"}],
)
PLANS = [RICH, *(json.loads(path.read_text("utf-8")) for path in sorted((HERE / "plans").glob("*.json")))]


def places(data: Any, path: STEP = ()) -> Iterator[STEP]:
    """Where something stands in a document."""
    yield path
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


PLACES = [(number, path) for number, data in enumerate(PLANS) for path in places(data) if path]
OTHERS: tuple[Any, ...] = (None, [], [7], "text", 7, -0.5, {}, {"a": None}, True)


def damaged(number: int, path: STEP, value: Any) -> dict[str, Any]:
    data: dict[str, Any] = copy.deepcopy(PLANS[number])
    place: Any = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return data


def lay_or_refuse(folder: Path, data: dict[str, Any]) -> str:
    """Why a plan is refused; empty where its changes were laid."""
    path = folder / "plan.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    try:
        sets = load_changes([path], {"prod": ACCOUNT_ID})["prod"]
    except PlanError as refusal:
        return str(refusal)
    lay(inventory(), sets, LayContext("2026-03-02T02:00:00Z"))
    return ""


@examples(400)
@given(st.sampled_from(PLACES), st.sampled_from(OTHERS))
def test_any_part_may_be_of_another_type(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[int, STEP], value: Any
) -> None:
    refusal = lay_or_refuse(tmp_path_factory.getbasetemp(), damaged(*place, value))

    assert not refusal or "plan.json: " in refusal
    assert "\n" not in refusal


@pytest.mark.parametrize(
    "key",
    [
        "prior_state",
        "configuration",
        "planned_values",
        "variables",
        "resource_drift",
        "deferred_changes",
        "timestamp",
    ],
)
def test_null_is_what_is_left_out(tmp_path: Path, key: str) -> None:
    user = change("alicloud_ram_user", "x", ("create",), after={"name": "new"}, unknown={"id": True})
    without = {name: value for name, value in plan(user).items() if name != key}

    assert laid(tmp_path, {**without, key: None}).inventory == laid(tmp_path, without).inventory


@pytest.mark.parametrize(
    ("part", "key"),
    [
        ({"resource_changes": None}, "resource_changes"),
        ({"resource_changes": [None]}, "resource_changes.0"),
        ({"prior_state": []}, "prior_state"),
        (
            {"prior_state": {"values": {"root_module": {"resources": {}}}}},
            "prior_state.values.root_module.resources",
        ),
        ({"configuration": "secret-7731"}, "configuration"),
        ({"configuration": {"provider_config": {"secret-7731": 1}}}, "configuration.provider_config"),
        ({"variables": {"secret-7731": "x"}}, "variables"),
        ({"complete": "secret-7731"}, "complete"),
    ],
)
def test_another_type_is_refused_by_the_name_of_its_key(
    tmp_path: Path, part: dict[str, Any], key: str
) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({**plan(), **part}), encoding="utf-8")

    with pytest.raises(PlanError, match=rf"plan\.json: {key}: ") as refusal:
        load_plan_file(path)
    assert "secret-7731" not in str(refusal.value)


def deep_plan(folder: Path, depth: int) -> Path:
    user = change("alicloud_ram_user", "x", ("create",), after={"name": "new", "comments": "DEEP"})
    path = folder / "plan.json"
    # json.dumps does not write what is nested as deeply.
    deep = '{"a":' * depth + "0" + "}" * depth
    path.write_text(json.dumps(plan(user)).replace('"DEEP"', deep), encoding="utf-8")
    return path


def test_a_value_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="nested too deeply"):
        load_plan_file(deep_plan(tmp_path, 100_000))


@pytest.mark.parametrize("depth", [800, 950])
def test_what_the_parser_still_reads_is_loaded_or_refused(tmp_path: Path, depth: int) -> None:
    """Versions of Python differ in how deep a recursion they allow."""
    refusal = "nested too deeply"
    try:
        load_plan_file(deep_plan(tmp_path, depth))
    except PlanError as error:
        refusal = str(error)
    assert "nested too deeply" in refusal


@pytest.mark.parametrize(
    ("after", "unknown"),
    [
        ({"group_name": "ops", "user_names": "ann"}, {}),
        ({"group_name": "ops", "user_names": [7]}, {}),
        ({"group_name": "ops", "user_names": None}, {"user_names": [True]}),
        ({"group_name": "ops", "user_names": ["ann"]}, {"user_names": "yes"}),
        ({"group_name": "ops", "user_names": ["ann"]}, {"user_names": {"0": True}}),
    ],
)
def test_members_that_cannot_be_read_are_unknown(
    tmp_path: Path, after: dict[str, Any], unknown: dict[str, Any]
) -> None:
    membership = change("alicloud_ram_group_membership", "m", ("create",), after=after, unknown=unknown)

    assert not isinstance(members(laid(tmp_path, plan(membership)).inventory, "ops"), tuple)
