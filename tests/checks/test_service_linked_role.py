"""The service-linked roles: existence, trust, policy, and whether they can be deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.inventory.facts import (
    Attachments,
    ContainerGroup,
    GrantGap,
    ImageCache,
    Listing,
    Policy,
    PolicyAttachment,
    PolicyRef,
    PolicyType,
    Role,
    Unreadable,
    VirtualNode,
)
from pytest_eci_compliance.policy.editions import document
from pytest_eci_compliance.results import Row

NAME, POLICY = "AliyunServiceRoleForECI", "AliyunServiceRolePolicyForECI"
VNODE = "AliyunServiceRoleForECIVnode"
PRESENT = "service_linked_role: {}"
DOCUMENTED = document(POLICY, "2022-05-11")
DENIED = Unreadable("ram:ListRoles", "NoPermission", permission="ram:ListRoles")
NO_ROLE = Unreadable("ram:GetRole", "NoPermission", permission="ram:GetRole")


def trust(*services: str, **more: Any) -> str:
    statement = {
        "Action": "sts:AssumeRole",
        "Effect": "Allow",
        "Principal": {"Service": list(services)},
        **more,
    }
    return json.dumps({"Statement": [statement], "Version": "1"})


ROLE = Role(NAME, assume_role_policy_document=trust("eci.aliyuncs.com"))


def only(rows: list[Any]) -> Any:
    (row,) = rows
    return row


@pytest.mark.parametrize(
    ("expect", "roles", "lookups", "outcome"),
    [
        ("present", (ROLE,), {}, "passed"),
        ("present", (Role(NAME.lower()),), {}, "passed"),
        ("present", (), {}, "failed"),
        ("present", (), {NAME: None}, "failed"),
        ("present", DENIED, {}, "unknown"),
        ("present", DENIED, {NAME: ROLE}, "passed"),
        ("present", DENIED, {NAME: None}, "failed"),
        ("present", DENIED, {NAME: NO_ROLE}, "unknown"),
        ("present", (ROLE,), {NAME: NO_ROLE}, "unknown"),
        ("present", (ROLE,), {NAME: None}, "unknown"),
        ("absent", (ROLE,), {}, "failed"),
        ("absent", (), {}, "passed"),
        ("absent", DENIED, {}, "unknown"),
        ("deletable", (ROLE,), {}, "passed"),
        ("deletable", (), {}, "passed"),
        ("deletable", DENIED, {}, "unknown"),
    ],
)
def test_existence(
    rows_of: Callable[..., list[Row]],
    expect: str,
    roles: Unreadable | tuple[Role, ...],
    lookups: dict[str, Any],
    outcome: str,
) -> None:
    row = only(
        rows_of("slr-exists", f"service_linked_role: {{expect: {expect}}}", roles=roles, role_lookups=lookups)
    )
    assert (row.outcome, row.resource.type, row.resource.id) == (outcome, "role", NAME)
    assert row.config_path == ("service_linked_role", "expect")
    assert (row.remediation != "") == (outcome in ("failed", "unknown"))


def test_the_role_of_virtual_nodes_is_judged_where_it_is_configured(
    rows_of: Callable[..., list[Row]],
) -> None:
    intent = "{service_linked_role: {}, virtual_node_role: {expect: absent}}"
    rows = rows_of("slr-exists", intent, roles=(ROLE, Role(VNODE)))
    assert [(row.resource.id, row.outcome) for row in rows] == [(NAME, "passed"), (VNODE, "failed")]
    assert rows[1].config_path == ("virtual_node_role", "expect")
    row = only(rows_of("slr-exists", "virtual_node_role: {}", roles=()))
    assert (row.resource.id, row.outcome) == (VNODE, "failed")


def test_the_remediation_names_what_keeps_each_role_from_being_deleted(
    rows_of: Callable[..., list[Row]],
) -> None:
    intent = "{service_linked_role: {expect: absent}, virtual_node_role: {expect: absent}}"
    eci, vnode = rows_of("slr-exists", intent, roles=(ROLE, Role(VNODE)))
    assert "every instance in every region" in eci.remediation
    assert "every image cache in every region" in eci.remediation
    assert f"DeleteServiceLinkedRole --RoleName {VNODE}`" in vnode.remediation
    assert "every virtual node" in vnode.remediation
    assert "every instance" not in vnode.remediation


@pytest.mark.parametrize("check", ["slr-exists", "slr-trust", "slr-policy", "slr-deletable"])
def test_off(rows_of: Callable[..., list[Row]], check: str) -> None:
    assert rows_of(check, "", roles=(ROLE,)) == []


@pytest.mark.parametrize(
    ("text", "outcome", "words"),
    [
        (trust("eci.aliyuncs.com"), "passed", "trusts only"),
        (trust("eci.aliyuncs.com").replace('["eci.aliyuncs.com"]', '"eci.aliyuncs.com"'), "passed", ""),
        (trust("eci.aliyuncs.com", Action=["STS:AssumeRole"]), "passed", ""),
        (trust("eci.aliyuncs.com", "ecs.aliyuncs.com"), "failed", "Service 'ecs.aliyuncs.com'"),
        (trust("ecs.aliyuncs.com"), "failed", "Service 'ecs.aliyuncs.com'"),
        (trust("vnode.eci.aliyuncs.com"), "failed", "'vnode.eci.aliyuncs.com'"),
        (trust("*"), "failed", "Service '*'"),
        (trust("1@eci.aliyuncs.com"), "failed", "'1@eci.aliyuncs.com'"),
        (trust(Principal={"RAM": ["acs:ram::1:root"]}), "failed", "RAM 'acs:ram::1:root'"),
        (trust(Principal={"Service": "eci.aliyuncs.com", "Federated": ["x"]}), "failed", "Federated 'x'"),
        (trust(Principal="*"), "failed", "anyone: '*'"),
        (trust("ecs.aliyuncs.com", Condition={"Bool": {"acs:MFAPresent": "true"}}), "failed", ""),
        (trust("eci.aliyuncs.com", Action="sts:GetCallerIdentity"), "failed", "does not let the service"),
        ('{"Version": "1", "Statement": []}', "failed", "does not let the service"),
        (trust("eci.aliyuncs.com", Condition={"Bool": {"acs:MFAPresent": "true"}}), "unknown", "'Condition'"),
        (trust("eci.aliyuncs.com", NotPrincipal="x"), "unknown", "'NotPrincipal'"),
        (trust("eci.aliyuncs.com", Effect="Deny"), "unknown", "does not say Allow"),
        (trust(Principal={}), "unknown", "names no principal"),
        ("no JSON", "unknown", "no policy document"),
        ("[]", "unknown", "no policy document"),
        ('{"Statement": 3}', "unknown", "no policy document"),
        ('{"Statement": [], "Statement": []}', "unknown", "no policy document"),
        (NO_ROLE, "unknown", "NoPermission"),
        (None, "unknown", "NotRead"),
    ],
)
def test_trust(
    rows_of: Callable[..., list[Row]], text: Unreadable | str | None, outcome: str, words: str
) -> None:
    row = only(rows_of("slr-trust", PRESENT, roles=(Role(NAME, assume_role_policy_document=text),)))
    assert (row.outcome, words in row.message) == (outcome, True), row.message
    assert row.message.isprintable()


def test_trust_that_could_not_be_looked_up(rows_of: Callable[..., list[Row]]) -> None:
    row = only(rows_of("slr-trust", PRESENT, roles=(Role(NAME),), role_lookups={NAME: NO_ROLE}))
    assert (row.outcome, "NoPermission" in row.message) == ("unknown", True)


def test_trust_of_the_role_of_virtual_nodes(rows_of: Callable[..., list[Row]]) -> None:
    roles = (Role(VNODE, assume_role_policy_document=trust("vnode.eci.aliyuncs.com")),)
    assert only(rows_of("slr-trust", "virtual_node_role: {}", roles=roles)).outcome == "passed"


@pytest.mark.parametrize("check", ["slr-trust", "slr-policy"])
@pytest.mark.parametrize(
    ("expect", "roles", "outcome"),
    [
        ("absent", (ROLE,), "skipped"),
        ("absent", (), "skipped"),
        ("absent", DENIED, "skipped"),
        ("present", (), "skipped"),
        ("deletable", (), "skipped"),
        ("present", DENIED, "unknown"),
    ],
)
def test_without_a_role_there_is_nothing_to_judge(
    rows_of: Callable[..., list[Row]],
    check: str,
    expect: str,
    roles: Unreadable | tuple[Role, ...],
    outcome: str,
) -> None:
    row = only(rows_of(check, f"service_linked_role: {{expect: {expect}}}", roles=roles))
    assert (row.outcome, row.resource.id) == (outcome, NAME)


def held(
    policy: str = POLICY, group: str | None = None, kind: PolicyType = "System", role: str = NAME
) -> PolicyAttachment:
    return PolicyAttachment(kind, policy, "ServiceRole", role, group)


def content(text: Any = DOCUMENTED, **more: Any) -> dict[PolicyRef, Policy]:
    return {PolicyRef("System", POLICY): Policy("System", POLICY, policy_document=text, **more)}


@pytest.mark.parametrize(
    ("grants", "outcome", "words"),
    [
        ([held()], "passed", "exactly"),
        (
            [held(), held("Extra", kind="Custom")],
            "failed",
            "the role has 'Custom/Extra', attached directly, account-wide",
        ),
        ([held(), held("AdministratorAccess")], "failed", "expected only AliyunServiceRolePolicyForECI"),
        ([held(), held(group="rg-1")], "failed", "on resource group rg-1"),
        ([held("Other")], "failed", "'Other'"),
        ([held(role="Another")], "failed", "the role has no policy; expected AliyunServiceRolePolicyForECI"),
        ([], "failed", "the role has no policy; expected AliyunServiceRolePolicyForECI"),
    ],
)
def test_it_holds_exactly_its_policy(
    rows_of: Callable[..., list[Row]], grants: list[PolicyAttachment], outcome: str, words: str
) -> None:
    row = only(rows_of("slr-policy", PRESENT, roles=(ROLE,), attachments=Attachments(tuple(grants))))
    assert (row.outcome, words in row.message) == (outcome, True), row.message


def test_grants_that_are_not_listed_although_they_are_counted_decide_nothing(
    rows_of: Callable[..., list[Row]],
) -> None:
    row = only(rows_of("slr-policy", PRESENT, roles=(ROLE,), policies=content(attachment_count=1)))
    assert row.outcome == "unknown"


def test_grants_that_were_not_read(rows_of: Callable[..., list[Row]]) -> None:
    gap = GrantGap(Unreadable("resourcemanager:ListPolicyAttachments", "NoPermission"))
    assert (
        only(rows_of("slr-policy", PRESENT, roles=(ROLE,), attachments=Attachments((), (gap,)))).outcome
        == "unknown"
    )
    extra = Attachments((held("Extra"),), (gap,))
    rows = rows_of("slr-policy", PRESENT, roles=(ROLE,), attachments=extra)
    assert {row.resource.id: row.outcome for row in rows} == {NAME: "failed", "*": "unknown"}
    alone = Attachments((held(POLICY),), (gap,))
    assert only(rows_of("slr-policy", PRESENT, roles=(ROLE,), attachments=alone)).outcome == "unknown"


def drifted() -> str:
    data = json.loads(DOCUMENTED)
    data["Statement"][0]["Action"].append("ecs:TagResources")
    data["Statement"][4]["Action"].remove("slb:RemoveBackendServers")
    del data["Statement"][5]["Condition"]
    return json.dumps(data)


@pytest.mark.parametrize(
    ("written", "text", "outcome", "words"),
    [
        ("2022-05-11", DOCUMENTED, "passed", "has the content of '2022-05-11'"),
        (
            "2022-05-11",
            drifted(),
            "failed",
            "added: ecs:TagResources; removed: slb:RemoveBackendServers; condition changed: ",
        ),
        ("reviewed/slr.json", drifted(), "passed", ""),
        (
            "reviewed/slr.json",
            DOCUMENTED,
            "failed",
            "added: slb:RemoveBackendServers; removed: ecs:TagResources",
        ),
        ("2022-05-11", "no JSON", "unknown", "is not JSON"),
        ("2022-05-11", Unreadable("ram:GetPolicy", "NoPermission"), "unknown", "ram:GetPolicy"),
        ("2022-05-11", None, "unknown", "ram:GetPolicy"),
        ("1999-01-01", DOCUMENTED, "unknown", "known: '2022-05-11' or '2024-02-06'"),
    ],
)
def test_content(
    rows_of: Callable[..., list[Row]],
    monkeypatch: pytest.MonkeyPatch,
    written: str,
    text: Unreadable | str | None,
    outcome: str,
    words: str,
) -> None:
    monkeypatch.setattr(Account, "document", {"reviewed/slr.json": drifted()}.__getitem__)
    row = only(
        rows_of(
            "slr-policy",
            f"service_linked_role: {{policy: {written!r}}}",
            roles=(ROLE,),
            attachments=Attachments((held(),)),
            policies={} if text is None else content(text),
        )
    )
    assert (row.outcome, words in row.message) == (outcome, True), row.message
    assert row.outcome == "passed" or row.config_path == ("service_linked_role", "policy")


def test_a_wrong_content_is_reported_beside_a_further_policy(rows_of: Callable[..., list[Row]]) -> None:
    parts = {"attachments": Attachments((held(), held("Extra"))), "policies": content(drifted())}
    row = only(rows_of("slr-policy", "service_linked_role: {policy: '2022-05-11'}", roles=(ROLE,), **parts))
    assert row.outcome == "failed"
    assert "'Extra'" in row.message
    assert "added: ecs:TagResources" in row.message


DELETABLE = "service_linked_role: {expect: deletable}"


def listings(**kinds: Any) -> dict[str, Any]:
    empty = (Listing("cn-beijing", ()), Listing("cn-hangzhou", ()))
    return {
        "all_regions": ("cn-beijing", "cn-hangzhou"),
        "listings": {"instance": empty, "image_cache": empty, **kinds},
    }


def test_nothing_left_is_one_passed_row_on_the_role(rows_of: Callable[..., list[Row]]) -> None:
    row = only(rows_of("slr-deletable", DELETABLE, **listings()))
    assert (row.outcome, row.resource.type, row.resource.id) == ("passed", "role", NAME)
    assert "2 regions" in row.message


def test_every_dependent_is_a_failing_row_whatever_regions_says(rows_of: Callable[..., list[Row]]) -> None:
    instance = ContainerGroup("eci-1", "web", region_id="cn-hangzhou", status="Running")
    ended = ContainerGroup("eci-2", region_id="cn-beijing", status="Succeeded")
    late = ContainerGroup("eci-3", region_id="cn-beijing", status="Pending")
    cache = ImageCache("imc-1", region_id="cn-beijing", status="Failed")
    parts = listings(
        instance=(Listing("cn-beijing", (ended,), later=(late,)), Listing("cn-hangzhou", (instance,))),
        image_cache=(Listing("cn-beijing", (cache,)), Listing("cn-hangzhou", ())),
    )
    rows = rows_of("slr-deletable", DELETABLE, regions=("cn-hangzhou",), **parts)
    assert {(row.resource.type, row.resource.region, row.resource.id) for row in rows} == {
        ("instance", "cn-hangzhou", "eci-1"),
        ("instance", "cn-beijing", "eci-2"),
        ("instance", "cn-beijing", "eci-3"),
        ("image_cache", "cn-beijing", "imc-1"),
    }
    assert {row.outcome for row in rows} == {"failed"}
    remediations = {row.resource.id: row.remediation for row in rows}
    assert (
        "aliyun eci DeleteContainerGroup --ContainerGroupId eci-1 --RegionId cn-hangzhou"
        in remediations["eci-1"]
    )
    assert "aliyun eci DeleteImageCache --ImageCacheId imc-1 --RegionId cn-beijing" in remediations["imc-1"]
    rows = rows_of("slr-deletable", "service_linked_role: {expect: deletable, blocking: live}", **parts)
    assert {row.resource.id for row in rows} == {"eci-1", "eci-3", "imc-1"}


def test_with_blocking_live_ended_instances_do_not_count(rows_of: Callable[..., list[Row]]) -> None:
    ended = [
        ContainerGroup(f"eci-{status}", region_id="cn-hangzhou", status=status)
        for status in ("Succeeded", "Failed", "Expired", "ScheduleFailed")
    ]
    parts = listings(instance=(Listing("cn-beijing", ()), Listing("cn-hangzhou", tuple(ended))))
    row = only(rows_of("slr-deletable", "service_linked_role: {expect: deletable, blocking: live}", **parts))
    assert (row.outcome, row.resource.id) == ("passed", NAME)


def test_a_region_that_was_not_read_leaves_no_passed_row(rows_of: Callable[..., list[Row]]) -> None:
    throttled = Unreadable("eci:DescribeImageCaches", "Throttling.User", region="cn-beijing")
    parts = listings(image_cache=(Listing("cn-beijing", throttled),))
    rows = rows_of("slr-deletable", DELETABLE, **parts)
    assert [(row.resource.type, row.resource.id, row.resource.region, row.outcome) for row in rows] == [
        ("image_cache", "*", "cn-beijing", "unknown"),
        ("image_cache", "*", "cn-hangzhou", "unknown"),
    ]


def test_a_region_that_is_asked_for_counts_even_if_it_is_not_listed(
    rows_of: Callable[..., list[Row]],
) -> None:
    (row, other) = rows_of("slr-deletable", DELETABLE, **listings(), regions=("cn-hangzhou", "cn-hidden"))
    assert (row.outcome, row.resource.region, other.resource.region) == ("unknown", "cn-hidden", "cn-hidden")


@pytest.mark.parametrize("regions", [None, (), Unreadable("eci:DescribeRegions", "NoPermission")])
def test_regions_that_are_not_known_are_unknown_and_blockers_are_still_told(
    rows_of: Callable[..., list[Row]], regions: Unreadable | tuple[Any, ...] | None
) -> None:
    instance = ContainerGroup("eci-1", region_id="cn-hangzhou", status="Running")
    parts = listings(instance=(Listing("cn-hangzhou", (instance,)),))
    rows = rows_of("slr-deletable", DELETABLE, **{**parts, "all_regions": regions})
    assert [(row.resource.type, row.resource.id, row.outcome) for row in rows] == [
        ("instance", "eci-1", "failed"),
        ("role", "*", "unknown"),
    ]


CURRENT = document(POLICY, "2024-02-06")


@pytest.mark.parametrize(
    ("written", "text", "other"),
    [("2022-05-11", CURRENT, "2024-02-06"), ("2024-02-06", DOCUMENTED, "2022-05-11")],
)
def test_the_message_names_both_editions_where_the_account_has_the_other(
    rows_of: Callable[..., list[Row]], written: str, text: str, other: str
) -> None:
    row = only(
        rows_of(
            "slr-policy",
            f"service_linked_role: {{policy: {written!r}}}",
            roles=(ROLE,),
            attachments=Attachments((held(),)),
            policies=content(text),
        )
    )
    assert row.outcome == "failed"
    assert f"differs from '{written}'; it is the documented edition '{other}'" in row.message
    assert "added: " in row.message
    assert (
        "https://help.aliyun.com/zh/ram/developer-reference/aliyunservicerolepolicyforeci" in row.remediation
    )
    assert f"name the edition '{other}'" in row.remediation


def test_a_content_of_no_edition_leads_to_the_official_page(rows_of: Callable[..., list[Row]]) -> None:
    parts = {"attachments": Attachments((held(),)), "policies": content(drifted())}
    row = only(rows_of("slr-policy", "service_linked_role: {policy: '2024-02-06'}", roles=(ROLE,), **parts))
    assert row.outcome == "failed"
    assert "it is the documented edition" not in row.message
    assert "developer-reference/aliyunservicerolepolicyforeci" in row.remediation
    assert (
        "aliyun ram GetPolicy --PolicyType System --PolicyName AliyunServiceRolePolicyForECI"
        in row.remediation
    )


VNODE_DELETABLE = "virtual_node_role: {expect: deletable}"


def test_virtual_nodes_block_the_deletion_of_their_own_role_and_of_no_other(
    rows_of: Callable[..., list[Row]],
) -> None:
    node = VirtualNode("vnd-1", region_id="cn-beijing", status="Ready")
    parts = listings(virtual_node=(Listing("cn-beijing", (node,)), Listing("cn-hangzhou", ())))
    row = only(rows_of("slr-deletable", VNODE_DELETABLE, **parts))
    assert (row.resource.type, row.resource.id, row.outcome) == ("virtual_node", "vnd-1", "failed")
    assert VNODE in row.message
    assert "aliyun eci DeleteVirtualNode --VirtualNodeId vnd-1 --RegionId cn-beijing" in row.remediation
    assert row.config_path == ("virtual_node_role", "expect")
    row = only(rows_of("slr-deletable", DELETABLE, **parts))
    assert (row.resource.id, row.outcome) == (NAME, "passed")
    rows = rows_of("slr-deletable", f"{DELETABLE}\n{VNODE_DELETABLE}", **parts)
    assert {(row.resource.id, row.outcome) for row in rows} == {(NAME, "passed"), ("vnd-1", "failed")}


def test_instances_do_not_block_the_deletion_of_the_role_of_virtual_nodes(
    rows_of: Callable[..., list[Row]],
) -> None:
    instance = ContainerGroup("eci-1", region_id="cn-hangzhou", status="Running")
    nodes = (Listing("cn-beijing", ()), Listing("cn-hangzhou", ()))
    parts = listings(instance=(Listing("cn-hangzhou", (instance,)),), virtual_node=nodes)
    row = only(rows_of("slr-deletable", VNODE_DELETABLE, **parts))
    assert (row.resource.id, row.outcome) == (VNODE, "passed")
    assert "no virtual node blocks its deletion (2 regions read" in row.message


def test_virtual_nodes_of_a_region_that_was_not_read_are_unknown(rows_of: Callable[..., list[Row]]) -> None:
    denied = Unreadable("eci:DescribeVirtualNodes", "NoPermission", region="cn-beijing")
    parts = listings(virtual_node=(Listing("cn-beijing", denied), Listing("cn-hangzhou", ())))
    row = only(rows_of("slr-deletable", VNODE_DELETABLE, **parts))
    assert (row.resource.type, row.resource.region, row.outcome) == ("virtual_node", "cn-beijing", "unknown")


def test_an_image_cache_that_eci_made_by_itself_is_a_blocker_that_goes_by_itself(
    rows_of: Callable[..., list[Row]],
) -> None:
    cache = ImageCache("imc-1", "auto-create-for-eci-2ze1", region_id="cn-beijing", status="Ready")
    parts = listings(image_cache=(Listing("cn-beijing", (cache,)), Listing("cn-hangzhou", ())))
    row = only(rows_of("slr-deletable", DELETABLE, **parts))
    assert row.outcome == "failed"
    assert "ECI made it by itself and deletes it by itself" in row.message
    assert "30 days after its last use" in row.remediation
