"""Plans with several providers: only a provider that is shown to be for the tested account changes it for certain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.change.plan_writer import change, plan, resource
from tests.change.planned_rows import ACCOUNT_ID, held, kinds, laid

GROUP_GRANT = "alicloud_ram_group_policy_attachment"
PROFILE = {"profile": {"constant_value": "other"}}
ROLE = {"assume_role": [{"role_arn": {"references": ["local.arn"]}}]}
REGION = {"region": {"constant_value": "cn-beijing"}}
SHOWN = {"account_id": {"constant_value": ACCOUNT_ID}}


def planned(default: dict[str, Any], alias: dict[str, Any]) -> dict[str, Any]:
    """A plan that creates a group with the default provider, and an attachment with an alias."""
    grant = {"policy_name": "P", "policy_type": "Custom", "group_name": "ops"}
    written = plan(
        change("alicloud_ram_group", "g", ("create",), after={"group_name": "z"}),
        change(GROUP_GRANT, "a", ("create",), after=grant, unknown={"id": True}),
    )
    written["configuration"] = {
        "provider_config": {
            "alicloud": {"name": "alicloud", "expressions": default},
            "alicloud.other": {"name": "alicloud", "alias": "other", "expressions": alias},
        },
        "root_module": {
            "resources": [
                resource("alicloud_ram_group", "g"),
                {**resource(GROUP_GRANT, "a"), "provider_config_key": "alicloud.other"},
            ]
        },
    }
    return written


@pytest.mark.parametrize("default", [SHOWN, {}], ids=("shown", "not shown"))
@pytest.mark.parametrize("alias", [PROFILE, ROLE, {"profile": {}}], ids=("profile", "role", "function"))
def test_other_credentials_may_be_of_another_account(
    tmp_path: Path, default: dict[str, Any], alias: dict[str, Any]
) -> None:
    after = laid(tmp_path, planned(default, alias))

    assert ("group:ops", "Custom/P", None) not in held(after.inventory)
    assert "contradiction" in kinds(after)
    assert after.inventory.attachments.gaps


@pytest.mark.parametrize(
    ("default", "alias"), [(SHOWN, REGION), ({**SHOWN, **PROFILE}, {**PROFILE, **REGION}), ({}, REGION)]
)
def test_the_same_credentials_are_of_the_same_account(
    tmp_path: Path, default: dict[str, Any], alias: dict[str, Any]
) -> None:
    after = laid(tmp_path, planned(default, alias))

    assert ("group:ops", "Custom/P", None) in held(after.inventory)
    assert after.inventory.attachments.gaps == ()
