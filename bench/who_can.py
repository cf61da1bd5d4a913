"""How long `who_can` takes over everything: 1,000 users, 5,000 instances and every ECI action, on one core.

Run it with `python bench/who_can.py`. The account is made up: users in 50 groups with 200 custom policies (tag
conditions, resource groups, single instances, plain), instances in 5 regions, 4 groups and 6 environments.
"""

from __future__ import annotations

import json
import random
import sys
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
    ResourceGroup,
    Tag,
    Tags,
    User,
)
from pytest_eci_compliance.policy.eci_actions import ACTIONS
from pytest_eci_compliance.policy.evaluator import Access

REGIONS = ("cn-hangzhou", "cn-beijing", "cn-shanghai", "cn-shenzhen", "ap-southeast-1")
GROUPS = ("rg-prod", "rg-test", "rg-stage", "rg-default")
ENVIRONMENTS = ("prod", "test", "stage", "dev", "demo", "")


def document(number: int) -> str:
    """One of 200 policies: the shapes of the chapters, with other values."""
    env = ENVIRONMENTS[number % len(ENVIRONMENTS)]
    on = {"StringEquals": {"acs:ResourceTag/env": env}}
    shapes = (
        [{"Effect": "Allow", "Action": ["eci:Describe*", "eci:List*"], "Resource": "*"}],
        [{"Effect": "Allow", "Action": "eci:*", "Resource": "*", "Condition": on}],
        [{"Effect": "Allow", "Action": f"eci:{list('CDERTU')[number % 6]}*", "Resource": "*"}],
        [{"Effect": "Deny", "Action": "eci:Delete*", "Resource": "*", "Condition": on}],
        [{"Effect": "Allow", "Action": ["oss:Get*", "oss:List*"], "Resource": "*"}],
    )
    return json.dumps({"Version": "1", "Statement": shapes[number % len(shapes)]})


def inventory(users: int, instances: int) -> Inventory:
    """An account of that size, the same on every run."""
    chance = random.Random(20220511)  # noqa: S311 - no secret
    refs = [PolicyRef("Custom", f"policy{n}") for n in range(200)]
    names = [f"user{n:04}" for n in range(users)]
    attached = [
        PolicyAttachment(*ref, "IMSGroup", f"group{n % 50}", chance.choice((None, None, *GROUPS)))
        for n, ref in enumerate(refs)
    ]
    attached += [PolicyAttachment(*chance.choice(refs), "IMSUser", name) for name in names[::10]]
    items = tuple(
        ContainerGroup(
            f"eci-{n}",
            region_id=REGIONS[n % 5],
            resource_group_id=GROUPS[n % 4],
            tags=Tags([Tag("env", ENVIRONMENTS[n % 6]), Tag("job", str(n))]),
        )
        for n in range(instances)
    )
    return Inventory(
        account_id="1098765432109876",
        identity=CallerIdentity("1098765432109876", "Account", "acs:ram::1098765432109876:root"),
        regions=REGIONS,
        users=tuple(User(name) for name in names),
        groups=tuple(Group(f"group{n}", members=tuple(names[n::50])) for n in range(50)),
        attachments=Attachments(tuple(attached)),
        policies={ref: Policy(*ref, policy_document=document(n)) for n, ref in enumerate(refs)},
        resource_groups=tuple(ResourceGroup(group, group.removeprefix("rg-")) for group in GROUPS),
        listings={
            "instance": tuple(
                Listing(region, tuple(i for i in items if i.region_id == region), 1) for region in REGIONS
            )
        },
    )


def everything(access: Access, account: Inventory) -> tuple[int, int]:
    """Ask who can do everything with every instance: how many questions, how many decisions that allow."""
    asked = allowed = 0
    rows = [row for row in ACTIONS.values() if row.kind in ("containergroup", "any", None)]
    for row in rows:
        targets = [None] if row.id == "no" else account.resources("instance")
        for target in targets:
            asked += 1
            allowed += len(access.who_can(row.action, target))
    return asked, allowed


def who_can(users: int = 1000, instances: int = 5000) -> None:
    """Who can do everything with every instance: one process, one core, no network."""
    account = inventory(users, instances)
    start = time.process_time()
    access = Access(account)
    asked, allowed = everything(access, account)
    took = time.process_time() - start
    decisions = asked * users
    print(f"{users} users, {instances} instances, {len(ACTIONS)} actions: {asked} times who_can,")
    print(f"{decisions} decisions ({allowed} not denied) in {took:.2f} s of one core")


if __name__ == "__main__":
    who_can(*(int(argument) for argument in sys.argv[1:]))
