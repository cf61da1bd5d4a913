"""Made-up accounts for the benchmark of escalation. Each keeps its shape when it grows.

- Teams of users in groups, roles with trust policies of every form, instances that carry them, and custom policies
  with the grants of every step. Either a tag `env` that all teams share decides what a team may do, so that most reach
  roles of most other teams; or a tag `team`, so that nobody leaves the team.
- Users with a policy of their own: on their own access keys, role, instances or group.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Literal, TypeAlias

from pytest_eci_compliance.inventory.facts import (
    Attachments,
    CallerIdentity,
    ContainerGroup,
    Group,
    Inventory,
    Listing,
    Policy,
    PolicyAttachment,
    PolicyRef,
    PolicyVersion,
    PrincipalType,
    ResourceGroup,
    Role,
    Tag,
    Tags,
    User,
)

ACCOUNT_ID = "1098765432109876"
REGIONS = ("cn-hangzhou", "cn-beijing", "cn-shanghai", "cn-shenzhen", "ap-southeast-1")
RESOURCE_GROUPS = ("rg-prod", "rg-test", "rg-stage", "rg-default")
ENVIRONMENTS = ("prod", "test", "stage", "dev", "demo")
TEAM_SIZE = 20
POLICIES_PER_TEAM = 4
TEAM_KINDS = 50
"""Teams of as many kinds: more teams are more of the same."""

Statement: TypeAlias = dict[str, object]
TagKey: TypeAlias = Literal["env", "team"]


def allow(action: str | list[str], resource: str | list[str] = "*", **more: object) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def ram(path: str) -> str:
    return f"acs:ram:*:{ACCOUNT_ID}:{path}"


def statements(number: int, team: str, key: TagKey) -> list[Statement]:
    """The statements of one of the custom policies of a team: every third one grants a step."""
    value = ENVIRONMENTS[number % len(ENVIRONMENTS)] if key == "env" else team
    on_tag = {"StringEquals": {f"acs:ResourceTag/{key}": value}}
    plain: tuple[list[Statement], ...] = (
        [allow(["eci:Describe*", "eci:List*"])],
        [allow("eci:*", Condition=on_tag)],
        [allow(["eci:CreateContainerGroup", "eci:DescribeContainerGroups"])],
        [{"Effect": "Deny", "Action": "eci:Delete*", "Resource": "*", "Condition": on_tag}],
        [allow(["oss:Get*", "oss:List*"])],
    )
    steps: tuple[list[Statement], ...] = (
        [allow("eci:ExecContainerCommand", Condition=on_tag)],
        [allow("sts:AssumeRole", ram(f"role/{team}-*"))],
        [allow(["eci:CreateContainerGroup", "ram:PassRole"], ["acs:eci:*:*:*", ram(f"role/{team}-*")])],
        [allow(["eci:TagResources", "eci:UntagResources"], Condition=on_tag)],
        [allow("ram:AddUserToGroup", [ram(f"group/{team}"), ram("user/*")])],
        [allow("ram:CreateAccessKey", ram(f"user/{team}-1*"))],
        [allow("eci:UpdateContainerGroup", Condition=on_tag)],
        [allow("ram:SetDefaultPolicyVersion", ram(f"policy/{team}-*"))],
        [allow("ram:AttachPolicyToUser", [ram(f"user/{team}-*"), ram(f"policy/{team}-*")])],
        [allow("ram:UpdateRole", ram(f"role/{team}-1"))],
        [allow("ram:DetachPolicyFromGroup", [ram(f"group/{team}"), ram("policy/*")])],
    )
    return steps[number // 3 % len(steps)] if number % 3 == 0 else plain[number % len(plain)]


def trust(number: int, team: str) -> str:
    forms: tuple[dict[str, list[str]], ...] = (
        {"Service": ["ecs.aliyuncs.com"]},
        {"RAM": [f"acs:ram::{ACCOUNT_ID}:root"]},
        {"Service": ["fc.aliyuncs.com"]},
        {"RAM": [f"acs:ram::{ACCOUNT_ID}:user/{team}-0"]},
        {"RAM": ["acs:ram::2098765432109876:root"]},
    )
    return document(
        [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": forms[number % len(forms)]}]
    )


def document(parts: list[Statement]) -> str:
    return json.dumps({"Version": "1", "Statement": parts})


def teams_sharing_tags(users: int, roles: int, instances: int) -> Inventory:
    """Teams that share the tag `env`: what each reaches grows with the account."""
    return _teams(users, roles, instances, "env")


def teams_with_own_tags(users: int, roles: int, instances: int) -> Inventory:
    """Teams that each have a tag of their own: what each reaches stays the same."""
    return _teams(users, roles, instances, "team")


def _teams(users: int, roles: int, instances: int, key: TagKey) -> Inventory:
    chance = random.Random(20220511)  # noqa: S311 - no secret
    teams = [f"team{number:03}" for number in range(max(1, users // TEAM_SIZE))]
    names = {
        kind: [f"{teams[number % len(teams)]}-{number // len(teams)}" for number in range(count)]
        for kind, count in (("user", users), ("role", roles), ("policy", POLICIES_PER_TEAM * len(teams)))
    }
    refs = [PolicyRef("Custom", name) for name in names["policy"]]
    administrator = PolicyRef("System", "AdministratorAccess")
    scopes = (None, None, None, *RESOURCE_GROUPS)
    attached = [
        PolicyAttachment(*ref, "IMSGroup", teams[number % len(teams)], chance.choice(scopes))
        for number, ref in enumerate(refs)
        if number // len(teams) < POLICIES_PER_TEAM - 1
    ]
    # The last policy of a team is that of some of its members and of its roles.
    own = {ref.policy_name.partition("-")[0]: ref for ref in refs}
    for kind, holders in (("IMSUser", names["user"][::7]), ("ServiceRole", names["role"])):
        attached += [PolicyAttachment(*own[name.partition("-")[0]], kind, name) for name in holders]  # type: ignore[arg-type]
    attached.append(PolicyAttachment(*administrator, "IMSUser", names["user"][-1]))
    documents = {
        ref: document(statements(kind_of_policy(number, len(teams)), teams[number % len(teams)], key))
        for number, ref in enumerate(refs)
    }
    documents[administrator] = document([allow("*")])
    items = [
        ContainerGroup(
            f"eci-{number}",
            region_id=REGIONS[number % len(REGIONS)],
            status="Running" if number % 4 else "Pending",
            resource_group_id=RESOURCE_GROUPS[number % len(RESOURCE_GROUPS)],
            ram_role_name=names["role"][number % roles] if number % 3 == 0 else "",
            tags=Tags(
                [
                    Tag("env", ENVIRONMENTS[number % 7 % 5]),
                    Tag("job", str(number)),
                    Tag("team", teams[number % roles % len(teams)]),
                ]
            ),
        )
        for number in range(instances)
    ]
    return _inventory(
        users=names["user"],
        groups={team: names["user"][number :: len(teams)] for number, team in enumerate(teams)},
        trusts={name: trust(number, name.partition("-")[0]) for number, name in enumerate(names["role"])},
        attached=attached,
        documents=documents,
        older=documents[refs[0]],
        items=items,
    )


def kind_of_policy(number: int, teams: int) -> int:
    """The number of a policy in an account of `TEAM_KINDS` teams."""
    return number // teams * TEAM_KINDS + number % teams % TEAM_KINDS


def own_policies(users: int, roles: int, instances: int) -> Inventory:
    """Users who each have a policy of their own, and roles of which some may delete instances."""
    names = [f"user{number:04}" for number in range(users)]
    trusts = {f"role{number:04}": trust(number % 2, "") for number in range(roles)}
    groups = {f"group{number}": names[number::TEAM_SIZE] for number in range(min(TEAM_SIZE, users))}
    documents, attached = dict[PolicyRef, str](), list[PolicyAttachment]()

    def attach(kind: PrincipalType, name: str, parts: list[Statement]) -> None:
        ref = PolicyRef("Custom", f"own-{name}")
        documents[ref] = document(parts)
        attached.append(PolicyAttachment(*ref, kind, name))

    for number, user in enumerate(names):
        attach("IMSUser", user, OWN[number % len(OWN)](user, f"role{number % roles:04}"))
    for number, role in enumerate(trusts):
        on_prod = {"StringEquals": {"acs:ResourceTag/env": "prod"}}
        deletes = [allow("eci:Delete*", Condition=on_prod)] if number % 10 == 0 else []
        attach("ServiceRole", role, [allow("oss:Get*"), *deletes])
    for group in groups:
        attach("IMSGroup", group, [allow("eci:Create*")])
    items = [
        ContainerGroup(
            f"eci-{number}",
            region_id=REGIONS[number % len(REGIONS)],
            status="Running",
            resource_group_id=RESOURCE_GROUPS[number % len(RESOURCE_GROUPS)],
            ram_role_name=f"role{number % roles:04}" if number % 2 else "",
            tags=Tags([Tag("env", ENVIRONMENTS[number % 5]), Tag("owner", names[number % users])]),
        )
        for number in range(instances)
    ]
    return _inventory(names, groups, trusts, attached, documents, document([allow("oss:List*")]), items)


def _own_instances(user: str, _: str) -> list[Statement]:
    on_tag = {"StringEquals": {"acs:ResourceTag/owner": user}}
    return [allow(["eci:ExecContainerCommand", "eci:UpdateContainerGroup"], Condition=on_tag)]


OWN: tuple[Callable[[str, str], list[Statement]], ...] = (
    lambda user, _: [allow(["ram:CreateAccessKey", "ram:UpdateAccessKey"], ram(f"user/{user}"))],
    lambda _, role: [allow("sts:AssumeRole", ram(f"role/{role}"))],
    lambda _, role: [allow("eci:CreateContainerGroup"), allow("ram:PassRole", ram(f"role/{role}"))],
    _own_instances,
    lambda user, _: [allow("ram:AddUserToGroup", [ram(f"user/{user}"), ram("group/group1")])],
)
"""What the policy of a user allows: each takes the user and a role."""


def _inventory(
    users: list[str],
    groups: dict[str, list[str]],
    trusts: dict[str, str],
    attached: list[PolicyAttachment],
    documents: dict[PolicyRef, str],
    older: str,
    items: list[ContainerGroup],
) -> Inventory:
    custom = tuple(ref for ref in documents if ref.policy_type == "Custom")
    return Inventory(
        account_id=ACCOUNT_ID,
        identity=CallerIdentity(ACCOUNT_ID, "Account", f"acs:ram::{ACCOUNT_ID}:root"),
        regions=REGIONS,
        users=tuple(map(User, users)),
        groups=tuple(Group(name, members=tuple(members)) for name, members in groups.items()),
        roles=tuple(Role(name, assume_role_policy_document=text) for name, text in trusts.items()),
        attachments=Attachments(tuple(attached)),
        policies={ref: Policy(*ref, policy_document=text) for ref, text in documents.items()},
        custom_policies=custom,
        system_policies=tuple(ref for ref in documents if ref not in custom),
        policy_versions={
            ref: (PolicyVersion("v1", True, documents[ref]), PolicyVersion("v2", False, older))
            for ref in custom
        },
        resource_groups=tuple(ResourceGroup(group, group.removeprefix("rg-")) for group in RESOURCE_GROUPS),
        listings={
            "instance": tuple(
                Listing(region, tuple(item for item in items if item.region_id == region), 1)
                for region in REGIONS
            )
        },
    )


ACCOUNTS: dict[str, Callable[[int, int, int], Inventory]] = {
    "teams with own tags": teams_with_own_tags,
    "own policies": own_policies,
    "teams sharing tags": teams_sharing_tags,
}
"""Each account of the benchmark, by its name: it takes the numbers of users, roles and instances."""
