"""A run to write reports of: two accounts, every outcome, every type of resource."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from pytest_eci_compliance.inventory.facts import (
    Attachments,
    CallerIdentity,
    ContainerGroup,
    Group,
    ImageCache,
    Inventory,
    Listing,
    Policy,
    PolicyAttachment,
    PolicyRef,
    ResourceGroup,
    Role,
    Tag,
    Tags,
    Unreadable,
    User,
)
from pytest_eci_compliance.plugin.node_ids import node_id, row_names
from pytest_eci_compliance.report.model import Report
from pytest_eci_compliance.results import Evidence, Outcome, OwnTest, Resource, Result, Row, Severity, Waived

STARTED = "2026-11-02T06:15:00Z"
REGIONS = ("cn-hangzhou", "cn-beijing", "ap-southeast-1")

_CHECKS: dict[str, tuple[Severity, str, str]] = {
    "slr-policy": ("high", "1", "Have ECI renew the policy, or review and pin it with `policy`."),
    "user-intended-policies": ("high", "2", "Detach the policy, or add it to the user's `policies`."),
    "user-pass-role": ("critical", "5", "Narrow ram:PassRole to the roles in `pass_roles`."),
    "instance-required-tags": ("medium", "4", "Tag the instance with UpdateContainerGroup."),
    "instance-resource-group": ("medium", "3", "Create the instance anew in an intended group."),
    "instance-no-access-keys": (
        "critical",
        "5",
        "Remove the key, rotate it, and give the instance a RAM role.",
    ),
    "image-cache-required-tags": ("low", "4", "Tag the image cache with UpdateImageCache."),
    "virtual-node-required-tags": ("low", "4", "Tag the virtual node."),
    "access": ("high", "4", "Change the policy that decides, or the expectation."),
    "auditor-visibility": ("high", "4", "Grant the policy of --eci-audit-policy."),
}

WAIVER = Waived("migrating, OPS-1234", "platform-team", "2026-11-10")


def row(
    check: str,
    resource: Resource,
    outcome: Outcome,
    message: str,
    *,
    account: str = "prod",
    expectation: str | None = None,
    waiver: Waived | None = None,
    config_path: tuple[str | int, ...] = (),
) -> Row:
    severity, section, remediation = _CHECKS[check]
    return Row(
        account,
        check,
        severity,
        section,
        resource,
        outcome,
        message,
        remediation,
        expectation,
        waiver,
        config_path,
    )


def results(rows: list[Row]) -> tuple[Result, ...]:
    return tuple(
        Result(item, node_id(item.check, name)) for item, name in zip(rows, row_names(rows), strict=True)
    )


def instance(number: int) -> ContainerGroup:
    region = REGIONS[number % 3]
    env = ("prod", "test", "dev", "")[number % 4]
    return ContainerGroup(
        f"eci-2ze{number:014d}",
        f"web-{number}",
        region,
        status="Running",
        resource_group_id=("rg-prod", "rg-test", "rg-default")[number % 3],
        ram_role_name="ECIRamRoleTest" if number % 5 == 0 else "",
        tags=Tags([Tag("env", env)] if env else []),
    )


def rows(instances: int = 24) -> Iterator[Row]:
    prod = Resource("account", "prod", "prod")
    yield row("auditor-visibility", prod, "passed", "acs:ram::1098765432109876:user/auditor sees everything")
    yield row(
        "slr-policy",
        Resource("role", "AliyunServiceRoleForECI", "AliyunServiceRoleForECI"),
        "failed",
        "AliyunServiceRolePolicyForECI is not the edition of 2022-05-11:\n"
        "added: ecs:TagResources\nremoved: cr:Get*, cr:List*\nthe condition is unchanged",
        config_path=("service_linked_role", "policy"),
    )
    users: tuple[tuple[str, Outcome, str], ...] = (
        ("alice", "passed", "holds AliyunECIReadOnlyAccess directly, on the whole account: intended"),
        (
            "bob",
            "failed",
            "holds AliyunECIFullAccess through group developers, on the whole account: not intended",
        ),
        (
            "carol",
            "unknown",
            "ram:ListUsersForGroup of operators: Forbidden.RAM; grant ram:ListUsersForGroup",
        ),
        ("dave", "waived", "holds AdministratorAccess directly, on the whole account: not intended"),
    )
    for name, outcome, message in users:
        waiver = WAIVER if outcome == "waived" else None
        user = Resource("user", name, name)
        path = ("users", 0)
        yield row("user-intended-policies", user, outcome, message, waiver=waiver, config_path=path)
        lends: Outcome = "failed" if name == "bob" else "passed"
        yield row(
            "user-pass-role", user, lends, "ram:PassRole on *: every role can be lent", config_path=path
        )
        yield row(
            "access",
            user,
            "failed" if name == "bob" else "passed",
            "eci:DeleteContainerGroup on eci-2ze00000000000000 is allowed by AliyunECIFullAccess",
            expectation="prod is not deleted by hand",
            config_path=("access", 0),
        )
    for number in range(instances):
        yield from _of_instance(instance(number), number)
    yield row(
        "image-cache-required-tags",
        Resource("image_cache", "imc-1", "base", "cn-hangzhou"),
        "failed",
        "env is missing: wanted prod",
        config_path=("image_caches", 0, "required_tags"),
    )
    yield row(
        "virtual-node-required-tags",
        Resource("virtual_node", "*", "", None),
        "skipped",
        "no virtual nodes: 3 regions, 3 pages read",
    )
    yield row(
        "instance-required-tags",
        Resource("instance", "*", "", "us-west-1"),
        "unknown",
        "eci:DescribeContainerGroups in us-west-1: Throttling.User after 5 tries",
        account="test",
    )


def _of_instance(container_group: ContainerGroup, number: int) -> Iterator[Row]:
    resource = Resource("instance", container_group.id, container_group.name, container_group.region_id)
    env = container_group.tags.get("env")
    yield row(
        "instance-required-tags",
        resource,
        "passed" if env in ("prod", "test") else "failed",
        f"env is {env}: wanted prod or test" if env else "env is missing: wanted prod or test",
        config_path=("instances", 0, "required_tags"),
    )
    yield row(
        "instance-resource-group",
        resource,
        "passed" if container_group.resource_group_id != "rg-default" else "failed",
        f"is in {container_group.resource_group_id}",
        config_path=("instances", 0, "resource_groups"),
    )
    yield row(
        "instance-no-access-keys",
        resource,
        "failed" if number == 7 else "passed",
        "container app, environment variable OSS_KEY: looks like an AccessKey id (LTAI…)"
        if number == 7
        else "no AccessKey id found",
        config_path=("instances",),
    )


_READ_ONLY = {"Effect": "Allow", "Action": ["eci:Describe*", "eci:List*"], "Resource": "*"}
_FULL = {"Effect": "Allow", "Action": "eci:*", "Resource": "*"}
_ANY = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def _policy(ref: PolicyRef, *statements: object) -> tuple[PolicyRef, Policy]:
    document = json.dumps({"Version": "1", "Statement": statements})
    return ref, Policy(ref.policy_type, ref.policy_name, "v1", policy_document=document)


def inventory(instances: int = 24) -> Inventory:
    read, full, everything = (
        PolicyRef("System", name)
        for name in ("AliyunECIReadOnlyAccess", "AliyunECIFullAccess", "AdministratorAccess")
    )
    lend = PolicyRef("Custom", "LendRoles")
    machines = [instance(number) for number in range(instances)]
    return Inventory(
        "1098765432109876",
        CallerIdentity("1098765432109876", "RAMUser", "acs:ram::1098765432109876:user/auditor"),
        regions=REGIONS,
        users=tuple(User(name, display_name=name) for name in ("alice", "bob", "carol", "dave", "erin")),
        groups=(
            Group("developers", members=("bob", "carol")),
            Group(
                "operators", members=Unreadable("ram:ListUsersForGroup", "Forbidden.RAM", subject="operators")
            ),
        ),
        roles=(Role("ECIRamRoleTest"), Role("AliyunServiceRoleForECI")),
        attachments=Attachments(
            (
                PolicyAttachment("System", read.policy_name, "IMSUser", "alice"),
                PolicyAttachment("System", full.policy_name, "IMSUser", "alice", "rg-test"),
                PolicyAttachment("System", full.policy_name, "IMSGroup", "developers"),
                PolicyAttachment("Custom", lend.policy_name, "IMSUser", "bob"),
                PolicyAttachment("System", everything.policy_name, "IMSUser", "dave"),
            )
        ),
        policies=dict(
            (
                _policy(read, _READ_ONLY),
                _policy(full, _FULL),
                _policy(everything, _ANY),
                _policy(
                    lend, {"Effect": "Allow", "Action": "ram:PassRole", "Resource": "acs:ram:*:*:role/ECI*"}
                ),
            )
        ),
        custom_policies=(lend,),
        resource_groups=(
            ResourceGroup("rg-prod", "prod", "production"),
            ResourceGroup("rg-test", "test", "test"),
            ResourceGroup("rg-default", "default", "Default Resource Group"),
        ),
        listings={
            "instance": tuple(
                Listing(
                    region, tuple(machine for machine in machines if machine.region_id == region), pages=1
                )
                for region in REGIONS
            ),
            "image_cache": (
                Listing("cn-hangzhou", (ImageCache("imc-1", "base", "cn-hangzhou"),), pages=1),
                *(Listing(region, (), pages=1) for region in REGIONS[1:]),
            ),
            "virtual_node": tuple(Listing(region, (), pages=1) for region in REGIONS),
        },
    )


def report(instances: int = 24) -> Report:
    return Report(
        plugin="0.1.0",
        started=STARTED,
        accounts={
            "prod": Evidence(
                "replay",
                "1098765432109876",
                REGIONS,
                recorded="2026-10-30T02:00:00Z",
                calls=35,
                pages=12,
                retries=1,
                complete=True,
            ),
            "test": Evidence("live", "1098765432109877", ("us-west-1",), calls=9, retries=5, complete=False),
        },
        results=results(list(rows(instances))),
        tests=(
            OwnTest("compliance/test_own.py::test_public_ip[prod:cn-hangzhou:eci-1]", "passed"),
            OwnTest("compliance/test_own.py::test_cpu[prod:cn-hangzhou:eci-2]", "failed"),
        ),
        inventories={"prod": inventory(instances)},
    )


def with_name(report: Report, name: str) -> Report:
    """The report with that text wherever other people's names and texts can stand."""
    return replace(
        report,
        results=tuple(
            Result(
                replace(
                    result.row,
                    resource=replace(result.row.resource, id=name, name=name),
                    message=name,
                    remediation=name,
                    expectation=result.row.expectation and name,
                    waiver=result.row.waiver and Waived(name, name, result.row.waiver.expires),
                ),
                result.nodeid,
            )
            for result in report.results
        ),
    )
