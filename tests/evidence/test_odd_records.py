"""A policy attachment that cannot be understood makes unreadable whom it names, and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_eci_compliance.audit import AccountSnapshot
from pytest_eci_compliance.evidence import resource_manager
from pytest_eci_compliance.evidence.completion import with_listed_policies
from pytest_eci_compliance.evidence.counts import Observations
from pytest_eci_compliance.evidence.errors import ApiCall, CallFailed
from pytest_eci_compliance.evidence.not_shown import not_shown
from pytest_eci_compliance.inventory.facts import Attachments, Kind, PolicyAttachment, PolicyRef, Unreadable
from pytest_eci_compliance.inventory.kinds import KINDS as RESOURCE_KINDS
from tests.emulator import KINDS, Attachment
from tests.evidence.sandbox import Sandbox, account

ACCOUNT = "1098765432109876"
SOUND = {
    "PolicyType": "System",
    "PolicyName": "AliyunECIReadOnlyAccess",
    "PrincipalType": "IMSUser",
    "PrincipalName": "alice@1098765432109876.onaliyun.com",
    "ResourceGroupId": ACCOUNT,
}


class FakeCaller:
    """Answers one page, and counts what was found to be incomplete."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self._items = list(items)
        self.incomplete: list[str | None] = []
        self.observations = Observations()
        self.counts = type("Counts", (), {"pages": 0})()

    async def __call__(self, call: ApiCall, valid: Any = None) -> dict[str, Any]:
        return {
            "TotalCount": len(self._items),
            "PageNumber": 1,
            "PageSize": 100,
            "PolicyAttachments": {"PolicyAttachment": self._items},
        }

    def incomplete_list(self, call: ApiCall, code: str, detail: str) -> CallFailed:
        self.incomplete.append(call.subject)
        return call.failed("incomplete", code, detail)


def read(*items: dict[str, Any]) -> Any:
    attachments = asyncio.run(resource_manager.attachments(FakeCaller(*items), ACCOUNT))  # type: ignore[arg-type]
    assert not isinstance(attachments, Unreadable)
    return attachments


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ({"PolicyType": "Managed"}, ("IMSUser", "bob")),
        ({"ResourceGroupId": "5555555555555555"}, ("IMSUser", "bob")),
        ({"ResourceGroupId": ""}, ("IMSUser", "bob")),
        ({"ResourceGroupId": "ALL"}, ("IMSUser", "bob")),
        ({"ResourceGroupId": "fd-abc123"}, ("IMSUser", "bob")),
        ({"ResourceGroupId": f"acs:resourcemanager:*:{ACCOUNT}:*"}, ("IMSUser", "bob")),
        ({"ResourceGroupId": f"{ACCOUNT}0"}, ("IMSUser", "bob")),
        ({"PrincipalType": "IMSApplication"}, (None, "bob")),
        ({"PrincipalName": ""}, ("IMSUser", None)),
        ({"PrincipalType": "IMSApplication", "PrincipalName": ""}, (None, None)),
    ],
)
def test_an_odd_record_is_a_gap_of_whom_it_names(odd: dict[str, str], expected: tuple[Any, ...]) -> None:
    attachments = read(SOUND, {**SOUND, "PrincipalName": "bob@x", **odd})
    assert [attachment.principal_name for attachment in attachments.items] == ["alice"]
    (gap,) = attachments.gaps
    assert (gap.principal_type, gap.principal_name) == expected
    assert gap.scope == "any"
    assert gap.cause.code == "Malformed"


def test_sound_records_leave_no_gap() -> None:
    assert read(SOUND).gaps == ()


def test_a_resource_group_that_the_account_does_not_list_is_a_known_scope() -> None:
    attachments = read({**SOUND, "ResourceGroupId": "rg-gone00000001"})
    assert attachments.gaps == ()
    assert [attachment.resource_group_id for attachment in attachments.items] == ["rg-gone00000001"]


def no_regions(name: str) -> dict[str, Any]:
    return {"name": f"no regions for {name}", "users": name, "cannot": ["eci:DescribeRegions"]}


def test_whom_an_odd_record_names_is_unknown_and_others_are_judged(
    sandbox_of: Callable[..., Sandbox],
) -> None:
    world = account()
    strange = Attachment("AdministratorAccess", user="carol", scope="5555555555555555")
    sound = sandbox_of(world).configure(access=[no_regions("carol"), no_regions("alice")]).audit()
    odd = (
        sandbox_of(replace(world, attachments=(*world.attachments, strange)))
        .configure(access=[no_regions("carol"), no_regions("alice")])
        .audit()
    )
    outcomes = {row.resource.id: row.outcome for row in odd.rows if row.check == "access"}
    before = {row.resource.id: row.outcome for row in sound.rows if row.check == "access"}
    assert outcomes["alice"] == before["alice"]
    assert outcomes["carol"] in {"unknown", "failed"}
    assert not odd.evidence.complete
    named = [row for row in odd.rows if row.outcome == "unknown" and row.resource.type == "user"]
    assert {row.resource.id for row in named} <= {"carol", "*"}


@pytest.mark.parametrize("kind", ["instance", "image_cache", "virtual_node"])
def test_tags_that_are_null_are_no_tags(kind: Kind) -> None:
    item = {"Tags": None, "Containers": [{"Name": "a"}]}
    assert "tags" not in not_shown(RESOURCE_KINDS[kind].fact, item)
    assert "tags" in not_shown(RESOURCE_KINDS[kind].fact, {**item, "Tags": "none"})
    assert "tags" in not_shown(RESOURCE_KINDS[kind].fact, {**item, "Tags": [None]})


@pytest.mark.parametrize("kind", ["instance", "image_cache", "virtual_node"])
@pytest.mark.parametrize("value", [{}, {"Value": None}, {"Value": {"x": "prod"}}, {"Value": ["prod"]}])
def test_a_tag_without_a_value_does_not_show_the_tags(kind: Kind, value: dict[str, Any]) -> None:
    item = {"Tags": [{"Key": "env", **value}], "Containers": [{"Name": "a"}]}
    assert "tags" in not_shown(RESOURCE_KINDS[kind].fact, item)


@pytest.mark.parametrize("kind", ["instance", "image_cache", "virtual_node"])
@pytest.mark.parametrize(
    "tag",
    [
        {"Key": "env", "TagKey": "owner", "Value": "prod"},
        {"Key": "env", "Value": "prod", "TagValue": "test"},
        {"Key": "env", "Value": "prod", "TagValue": ""},
    ],
    ids=str,
)
def test_a_tag_with_two_names_or_two_values_does_not_show_the_tags(kind: Kind, tag: dict[str, Any]) -> None:
    item = {"Tags": [tag], "Containers": [{"Name": "a"}]}
    assert "tags" in not_shown(RESOURCE_KINDS[kind].fact, item)
    twice = {"Key": "env", "TagKey": "env", "Value": "prod", "TagValue": "prod"}
    assert "tags" not in not_shown(RESOURCE_KINDS[kind].fact, {**item, "Tags": [twice]})


def test_a_policy_that_an_attachment_names_in_another_case_is_the_listed_one() -> None:
    attached = [
        PolicyAttachment("Custom", "deploy", "IMSUser", "alice"),
        PolicyAttachment("Custom", "Read", "IMSUser", "alice"),
        PolicyAttachment("Custom", "gone", "IMSUser", "alice"),
        PolicyAttachment("System", "deploy", "IMSUser", "alice"),
    ]
    custom = [PolicyRef("Custom", name) for name in ("Deploy", "Read", "read")]
    named = with_listed_policies(Attachments(tuple(attached)), custom)
    assert [str(item.ref) for item in named.items] == [
        "Custom/Deploy",
        "Custom/Read",
        "Custom/gone",
        "deploy",
    ]


@pytest.mark.parametrize("kind", ["instance", "image_cache", "virtual_node"])
@pytest.mark.parametrize("tag", [{"Key": "env", "Value": ""}, {"TagKey": "env", "TagValue": "prod"}])
def test_an_empty_value_is_shown(kind: Kind, tag: dict[str, Any]) -> None:
    assert "tags" not in not_shown(RESOURCE_KINDS[kind].fact, {"Tags": [tag], "Containers": [{"Name": "a"}]})


def audit_with_refused_ids(sandbox: Sandbox, code: str) -> AccountSnapshot:
    """An audit in which every query by ids is answered with this error code."""
    refused = replace(KINDS["error"], action="eci:DescribeContainerGroups", status=400, code=code)
    sandbox.cloud.faults.add(replace(refused, params={"ContainerGroupIds": "?*"}))
    audited = sandbox.audit()
    assert sandbox.cloud.faults.strikes("error")
    return audited


def test_an_id_that_is_gone_means_a_second_look_and_no_unknown_region(sandbox: Sandbox) -> None:
    """A query by ids of which one is gone may answer InvalidParameter.NotFound."""
    sound = sandbox.audit()
    audited = audit_with_refused_ids(sandbox, "InvalidParameter.NotFound")
    assert audited.evidence.complete
    assert [(row.check, row.resource, row.outcome) for row in audited.rows] == [
        (row.check, row.resource, row.outcome) for row in sound.rows
    ]


def test_another_error_of_a_query_by_ids_leaves_the_region_unknown(sandbox: Sandbox) -> None:
    audited = audit_with_refused_ids(sandbox, "IncorrectStatus")
    assert not audited.evidence.complete
