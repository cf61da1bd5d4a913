"""How long the escalation engine takes: what every identity reaches, and one `cannot` over every instance.

The account is made up: teams of users in groups, roles with trust policies of every form, instances that carry them,
and custom policies with the grants of every step: narrow for most teams, wide for some.
"""

from __future__ import annotations

import json
import random
import time

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
    ResourceGroup,
    Role,
    Tag,
    Tags,
    User,
)
from pytest_eci_compliance.policy.authorization import Call
from pytest_eci_compliance.policy.escalation import Escalation, Identity
from pytest_eci_compliance.policy.evaluator import Access

ACCOUNT_ID = "1098765432109876"
REGIONS = ("cn-hangzhou", "cn-beijing", "cn-shanghai", "cn-shenzhen", "ap-southeast-1")
RESOURCE_GROUPS = ("rg-prod", "rg-test", "rg-stage", "rg-default")
ENVIRONMENTS = ("prod", "test", "stage", "dev", "demo")
TEAM_SIZE = 20
POLICIES_PER_TEAM = 4

Statement = dict[str, object]


def allow(action: str | list[str], resource: str | list[str] = "*", **more: object) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def ram(path: str) -> str:
    return f"acs:ram:*:{ACCOUNT_ID}:{path}"


def statements(number: int, team: str) -> list[Statement]:
    """The statements of one of the custom policies of a team: every third one grants a step."""
    env = ENVIRONMENTS[number % len(ENVIRONMENTS)]
    on_tag = {"StringEquals": {"acs:ResourceTag/env": env}}
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


def inventory(users: int, roles: int, instances: int) -> Inventory:
    """An account of that size, the same on every run."""
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
        ref: document(statements(number, teams[number % len(teams)])) for number, ref in enumerate(refs)
    }
    documents[administrator] = document([allow("*")])
    items = [
        ContainerGroup(
            f"eci-{number}",
            region_id=REGIONS[number % len(REGIONS)],
            status="Running" if number % 4 else "Pending",
            resource_group_id=RESOURCE_GROUPS[number % len(RESOURCE_GROUPS)],
            ram_role_name=names["role"][number % roles] if number % 3 == 0 else "",
            tags=Tags([Tag("env", ENVIRONMENTS[number % 7 % 5]), Tag("job", str(number))]),
        )
        for number in range(instances)
    ]
    return Inventory(
        account_id=ACCOUNT_ID,
        identity=CallerIdentity(ACCOUNT_ID, "Account", f"acs:ram::{ACCOUNT_ID}:root"),
        regions=REGIONS,
        users=tuple(map(User, names["user"])),
        groups=tuple(
            Group(team, members=tuple(names["user"][number :: len(teams)]))
            for number, team in enumerate(teams)
        ),
        roles=tuple(
            Role(name, assume_role_policy_document=trust(number, name.partition("-")[0]))
            for number, name in enumerate(names["role"])
        ),
        attachments=Attachments(tuple(attached)),
        policies={ref: Policy(*ref, policy_document=text) for ref, text in documents.items()},
        custom_policies=tuple(refs),
        system_policies=(administrator,),
        policy_versions={
            ref: (PolicyVersion("v1", True, documents[ref]), PolicyVersion("v2", False, documents[refs[0]]))
            for ref in refs
        },
        resource_groups=tuple(ResourceGroup(group, group.removeprefix("rg-")) for group in RESOURCE_GROUPS),
        listings={
            "instance": tuple(
                Listing(region, tuple(item for item in items if item.region_id == region), 1)
                for region in REGIONS
            )
        },
    )


def measure(users: int, roles: int, instances: int) -> None:
    """Print the time of one account: all reach, then one `cannot` over every instance, for every user and role."""
    account = inventory(users, roles, instances)
    start = time.process_time()
    access = Access(account)
    engine = Escalation(account, access)
    identities = [Identity("user", user.user_name) for user in account.users]  # type: ignore[union-attr]
    identities += [Identity("role", role.role_name) for role in account.roles]  # type: ignore[union-attr]
    targets = sum(len(engine.reach(identity)) for identity in identities)
    reached, work = time.process_time(), engine.work
    calls = dict.fromkeys(
        Call("eci:DeleteContainerGroup", access.target(instance))
        for instance in account.resources("instance")
    )
    outcomes = [engine.reaches(identity, call).outcome for identity in identities for call in calls]
    ended = time.process_time()
    print(f"{users} users, {roles} roles, {instances} instances: {targets} targets reached", end=" ")
    print(f"in {reached - start:.2f} s, {work} units of work; {len(outcomes)} answers of one cannot", end=" ")
    print(f"({outcomes.count('yes')} yes, {outcomes.count('undecidable')} undecidable)", end=" ")
    print(f"in {ended - reached:.2f} s of one core")


def escalation(users: int = 1000, roles: int = 300, instances: int = 5000) -> None:
    """What every identity reaches, and one `cannot` over everything, in an account and in one of twice the size."""
    for factor in (1, 2):
        measure(users * factor, roles * factor, instances * factor)


if __name__ == "__main__":
    escalation()
