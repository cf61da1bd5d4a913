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
TEAMS = 50
POLICIES = 200

Statement = dict[str, object]


def allow(action: str | list[str], resource: str | list[str] = "*", **more: object) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def ram(path: str) -> str:
    return f"acs:ram:*:{ACCOUNT_ID}:{path}"


def statements(number: int) -> list[Statement]:
    """The statements of one of the custom policies: the grant of a step, for the team of that number."""
    team = f"team{number % TEAMS:02}"
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


def trust(number: int) -> str:
    forms: tuple[dict[str, list[str]], ...] = (
        {"Service": ["ecs.aliyuncs.com"]},
        {"RAM": [f"acs:ram::{ACCOUNT_ID}:root"]},
        {"Service": ["fc.aliyuncs.com"]},
        {"RAM": [f"acs:ram::{ACCOUNT_ID}:user/team{number % TEAMS:02}-0"]},
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
    refs = [PolicyRef("Custom", f"team{number % TEAMS:02}-{number // TEAMS}") for number in range(POLICIES)]
    administrator = PolicyRef("System", "AdministratorAccess")
    user_names = [f"team{number % TEAMS:02}-{number // TEAMS}" for number in range(users)]
    role_names = [f"team{number % TEAMS:02}-{number // TEAMS}" for number in range(roles)]
    scopes = (None, None, None, *RESOURCE_GROUPS)
    attached = [
        PolicyAttachment(*ref, "IMSGroup", f"team{number % TEAMS:02}", chance.choice(scopes))
        for number, ref in enumerate(refs)
    ]
    attached += [PolicyAttachment(*chance.choice(refs), "IMSUser", name) for name in user_names[::10]]
    attached += [PolicyAttachment(*chance.choice(refs), "ServiceRole", name) for name in role_names]
    attached.append(PolicyAttachment(*administrator, "IMSUser", user_names[-1]))
    documents = {ref: document(statements(number)) for number, ref in enumerate(refs)}
    documents[administrator] = document([allow("*")])
    items = [
        ContainerGroup(
            f"eci-{number}",
            region_id=REGIONS[number % len(REGIONS)],
            status="Running" if number % 4 else "Pending",
            resource_group_id=RESOURCE_GROUPS[number % len(RESOURCE_GROUPS)],
            ram_role_name=role_names[number % roles] if number % 3 == 0 else "",
            tags=Tags([Tag("env", ENVIRONMENTS[number % 7 % 5]), Tag("job", str(number))]),
        )
        for number in range(instances)
    ]
    return Inventory(
        account_id=ACCOUNT_ID,
        identity=CallerIdentity(ACCOUNT_ID, "Account", f"acs:ram::{ACCOUNT_ID}:root"),
        regions=REGIONS,
        users=tuple(map(User, user_names)),
        groups=tuple(
            Group(f"team{team:02}", members=tuple(user_names[team::TEAMS])) for team in range(TEAMS)
        ),
        roles=tuple(
            Role(name, assume_role_policy_document=trust(number)) for number, name in enumerate(role_names)
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
    reached = time.process_time()
    calls = dict.fromkeys(
        Call("eci:DeleteContainerGroup", access.target(instance))
        for instance in account.resources("instance")
    )
    outcomes = [engine.reaches(identity, call).outcome for identity in identities for call in calls]
    ended = time.process_time()
    print(f"{users} users, {roles} roles, {instances} instances: {targets} targets reached", end=" ")
    print(f"in {reached - start:.2f} s; {len(outcomes)} answers of one cannot", end=" ")
    print(f"({outcomes.count('yes')} yes, {outcomes.count('undecidable')} undecidable)", end=" ")
    print(f"in {ended - reached:.2f} s of one core")


def escalation(users: int = 1000, roles: int = 300, instances: int = 5000) -> None:
    """What every identity reaches, and one `cannot` over everything, in an account and in one of twice the size."""
    for factor in (1, 2):
        measure(users * factor, roles * factor, instances * factor)


if __name__ == "__main__":
    escalation()
