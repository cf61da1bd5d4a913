"""An account that contradicts an assumption: what rests on it is unknown, by whatever way it would be decided."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import (
    Attachments,
    ContainerGroup,
    Observed,
    Policy,
    PolicyAttachment,
    PolicyRef,
    ResourceGroup,
    User,
)
from pytest_eci_compliance.results import Row

Rows = Callable[..., list[Row]]
ALL_OF_ECI = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "eci:*", "Resource": "*"}]}
REF = PolicyRef("Custom", "p")
# No group is named `default`; ann has everything of ECI in one of the groups.
ACCOUNT: dict[str, Any] = {
    "users": (User("ann"),),
    "policies": {REF: Policy(*REF, policy_document=json.dumps(ALL_OF_ECI))},
    "attachments": Attachments((PolicyAttachment(*REF, "IMSUser", "ann", "rg-2"),)),
    "resource_groups": (ResourceGroup("rg-1", "first"), ResourceGroup("rg-2", "prod")),
    "observations": {"a-group-is-named-default": Observed(0, 1)},
}
CAN = "access: [{users: ann, can: [eci:CreateContainerGroup], request: {}}]"
CANNOT = "access: [{users: ann, cannot: [eci:CreateContainerGroup], request: {}, paths: direct}]"


@pytest.mark.parametrize("intent", [CAN, CANNOT])
def test_which_group_is_the_default_one_is_unknown(rows_of: Rows, intent: str) -> None:
    (row,) = rows_of("access", intent, **ACCOUNT)

    assert row.outcome == "unknown"
    assert "default_resource_group" in row.message


@pytest.mark.parametrize(("group", "expected"), [("rg-2", "passed"), ("rg-1", "failed")])
def test_a_default_group_that_is_named_decides(rows_of: Rows, group: str, expected: str) -> None:
    (row,) = rows_of("access", f"{CAN}\ndefault_resource_group: {group}", **ACCOUNT)

    assert row.outcome == expected


def test_an_instance_without_containers_was_not_read_completely(rows_of: Rows) -> None:
    bare = ContainerGroup("eci-1", region_id="cn-hangzhou", not_shown=("containers",))
    whole = ContainerGroup("eci-2", region_id="cn-hangzhou")
    seen = {"every-instance-shows-its-containers": Observed(1, 1)}
    rows = rows_of("instance-no-access-keys", "instances: {}", instances=[bare, whole], observations=seen)

    assert {row.resource.id: row.outcome for row in rows} == {"eci-1": "unknown", "eci-2": "passed"}


def test_without_a_fallback_no_row_passes(rows_of: Rows) -> None:
    seen = {"ram-names-ignore-case": Observed(0, 1)}
    (row,) = rows_of(
        "user-intended-policies",
        "users: [{match: '*', policies: [Custom/p]}]",
        **{**ACCOUNT, "observations": seen},
    )

    assert row.outcome == "unknown"
    assert "ram-names-ignore-case" in row.message
