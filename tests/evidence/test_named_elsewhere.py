"""What one answer names and the list of another lacks: what rests on that list is unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_eci_compliance.evidence import parse
from pytest_eci_compliance.inventory.facts import ContainerGroup
from tests.emulator import Attachment
from tests.emulator.request import Request
from tests.evidence.sandbox import PROD, Sandbox, account


def lists_without(monkeypatch: pytest.MonkeyPatch, action: str, name: str) -> None:
    """Let the emulator leave out what has that name of every answer to a list action."""
    from tests.emulator import actions  # noqa: PLC0415

    served = actions.SERVED[action]

    def handler(request: Request) -> dict[str, Any]:
        body = served.handler(request)
        for holder in [body, *(value for value in body.values() if isinstance(value, dict))]:
            for key, items in holder.items():
                if isinstance(items, list):
                    holder[key] = [item for item in items if name not in item.values()]
        if "TotalCount" in body and isinstance(body["TotalCount"], int):
            body["TotalCount"] -= 1
        return body

    monkeypatch.setitem(actions.SERVED, action, replace(served, handler=handler))


def unknown_checks(sandbox: Sandbox, call: str, name: str) -> set[str]:
    """The checks with an unknown row because that list lacks what has the name."""
    return {
        row.check
        for row in sandbox.audit().rows
        if row.outcome == "unknown" and row.resource.id == "*" and f"{call} for '{name}'" in row.message
    }


def test_a_resource_group_on_which_a_policy_is_attached_and_that_is_not_listed(
    sandbox_of: Callable[..., Sandbox],
) -> None:
    world, group = account(), "rg-unlisted00001"
    grant = Attachment("AliyunECIReadOnlyAccess", user="bob", scope=group)
    sandbox = sandbox_of(replace(world, attachments=(*world.attachments, grant)))
    checks = unknown_checks(sandbox, "resourcemanager:ListResourceGroups", group)
    assert {"instance-resource-group", "user-resource-groups", "access", "selector"} <= checks


def test_everything_that_is_named_is_listed(sandbox: Sandbox) -> None:
    assert not [row for row in sandbox.audit().rows if "the list lacks" in row.message]
    assert PROD.id.startswith("rg-")


@pytest.mark.parametrize("attached", [True, False])
def test_a_role_that_an_instance_carries_and_that_is_not_listed(
    sandbox_of: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch, attached: bool
) -> None:
    world = account()
    if not attached:
        grants = tuple(grant for grant in world.attachments if getattr(grant, "role", None) != "boss")
        world = replace(world, attachments=grants)
    lists_without(monkeypatch, "ram:ListRoles", "boss")
    assert {"role-intended-policies", "user-escalation"} <= unknown_checks(
        sandbox_of(world), "ram:ListRoles", "boss"
    )


def test_a_custom_policy_that_is_attached_and_not_listed(
    sandbox_of: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    lists_without(monkeypatch, "ram:ListPolicies", "Lend")
    assert "tag-policy" in unknown_checks(sandbox_of(), "ram:ListPolicies", "Lend")


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("204512345678901234", None),
        ("user/bob", None),
        ("user/bob", PROD.id),
        ("acs:ram::1098765432109876:user/bob", PROD.id),
        ("bob ", PROD.id),
    ],
)
def test_a_policy_of_a_principal_that_does_not_exist(
    sandbox_of: Callable[..., Sandbox], name: str, scope: str | None
) -> None:
    """RAM deletes nobody to whom a policy is attached: the name is not read as the service means it."""
    world = account()
    grants = (
        Attachment("AdministratorAccess", user=name, scope=scope),
        Attachment("AdministratorAccess", user="left", scope=PROD.id),
    )
    sandbox = sandbox_of(replace(world, attachments=(*world.attachments, *grants)))
    call = "resourcemanager:ListPolicyAttachments"
    assert {"user-intended-policies", "access"} <= unknown_checks(sandbox, call, name)
    assert not unknown_checks(sandbox, call, "left")
    of_users = [row for row in sandbox.audit().rows if row.check == "user-intended-policies"]
    assert "passed" not in {row.outcome for row in of_users}


@pytest.mark.parametrize("shown", ["", " ", "null", 0, "default", None, "RG-prod00000001"])
def test_what_is_no_id_of_a_resource_group_shows_none(shown: object) -> None:
    item = {"ContainerGroupId": "eci-1", "ResourceGroupId": shown}
    assert parse.resource(ContainerGroup, item, "cn-hangzhou").resource_group_id == ""


@pytest.mark.parametrize("value", [True, False])
def test_a_truth_value_is_no_value_of_a_tag(value: bool) -> None:
    item = {"ContainerGroupId": "eci-1", "Tags": [{"Key": "env", "Value": value}]}
    assert "tags" in parse.resource(ContainerGroup, item, "cn-hangzhou").not_shown
