"""How long judging takes on an ordinary account, and that it stays within the budget of work."""

from __future__ import annotations

import json
import random
import time
from datetime import date

from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.checks.support.case import Case
from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.inventory.facts import (
    Attachments,
    CallerIdentity,
    ContainerGroup,
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
from pytest_eci_compliance.judge import judge
from pytest_eci_compliance.policy.budget import TOO_LATE, TOO_MUCH, Budget
from pytest_eci_compliance.policy.escalation.effort import TOO_MUCH as TOO_MANY_STEPS
from pytest_eci_compliance.results import Row

from .adversarial import ACCOUNT, CHECKED, REGION
from .table import table

TEAMS = 40
ENVIRONMENTS = ("dev", "test", "prod")
INTENT = {
    "account_id": ACCOUNT,
    "regions": [REGION],
    "users": [
        {"match": f"team{team:02}-*", "resource_groups": {f"rg-team{team:02}": []}} for team in range(TEAMS)
    ],
    "access": [
        {"users": "*", "cannot": ["eci:Update*", "eci:Create*"], "request": "any"},
        {"users": "*", "cannot": ["eci:DeleteContainerGroup"]},
    ],
}


def _document(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "1", "Statement": statements})


def _policies(team: int) -> dict[PolicyRef, str]:
    """The worked policy of section 4 for each environment, one for a caller, and one for roles and resources."""
    by_environment = {
        PolicyRef("Custom", f"team{team:02}-{name}"): _document(
            {
                "Effect": "Allow",
                "Action": "eci:Create*",
                "Resource": "*",
                "Condition": {
                    "StringEquals": {"acs:RequestTag/env": name, "acs:RequestTag/team": f"t{team}"}
                },
            },
            {
                "Effect": "Allow",
                "Action": "eci:*",
                "Resource": "*",
                "Condition": {
                    "StringEquals": {"acs:ResourceTag/env": name, "acs:ResourceTag/team": f"t{team}"}
                },
            },
            {"Effect": "Deny", "Action": ["eci:TagResources", "eci:UntagResources"], "Resource": "*"},
        )
        for name in ENVIRONMENTS
    }
    return {
        **by_environment,
        PolicyRef("Custom", f"team{team:02}-office"): _document(
            {
                "Effect": "Allow",
                "Action": ["eci:Describe*", "eci:List*"],
                "Resource": "*",
                "Condition": {"IpAddress": {"acs:SourceIp": ["10.0.0.0/8", f"192.0.2.{team}"]}},
            },
            {
                "Effect": "Deny",
                "Action": "eci:Delete*",
                "Resource": "*",
                "Condition": {"Bool": {"acs:MFAPresent": "false"}},
            },
        ),
        PolicyRef("Custom", f"team{team:02}-runner"): _document(
            {"Effect": "Allow", "Action": "ram:PassRole", "Resource": f"acs:ram:*:*:role/team{team:02}-*"},
            {
                "Effect": "Allow",
                "Action": ["eci:RestartContainerGroup", "eci:ExecContainerCommand"],
                "Resource": [
                    f"acs:eci:*:*:containergroup/eci-{team:02}*",
                    "acs:eci:cn-hangzhou:*:imagecache/*",
                ],
            },
        ),
    }


def inventory(users: int, instances: int) -> Inventory:
    """Users of 40 teams: each holds some of the policies of the team on its resource group, and one account-wide."""
    chance = random.Random(20180808)  # noqa: S311 - no secret
    documents = {ref: text for team in range(TEAMS) for ref, text in _policies(team).items()}
    attached, names = [], []
    for number in range(users):
        team = number % TEAMS
        name = f"team{team:02}-{number:05}"
        names.append(name)
        refs = sorted(_policies(team))
        chosen = chance.sample(refs, chance.randint(1, len(refs)))
        attached += [PolicyAttachment(*ref, "IMSUser", name, f"rg-team{team:02}") for ref in chosen]
        if number % 3 == 0:
            attached.append(PolicyAttachment(*chance.choice(refs), "IMSUser", name, None))
    items = tuple(
        ContainerGroup(
            f"eci-{number % TEAMS:02}-{number}",
            region_id=REGION,
            resource_group_id=f"rg-team{number % TEAMS:02}",
            tags=Tags([Tag("env", chance.choice(ENVIRONMENTS)), Tag("team", f"t{number % TEAMS}")]),
        )
        for number in range(instances)
    )
    groups = [ResourceGroup("rg-default", "default")]
    groups += [ResourceGroup(f"rg-team{team:02}", f"team{team:02}") for team in range(TEAMS)]
    return Inventory(
        account_id=ACCOUNT,
        identity=CallerIdentity(ACCOUNT, "Account", f"acs:ram::{ACCOUNT}:root"),
        regions=(REGION,),
        users=tuple(map(User, names)),
        attachments=Attachments(tuple(attached)),
        policies={ref: Policy(*ref, policy_document=text) for ref, text in documents.items()},
        resource_groups=tuple(groups),
        listings={
            "instance": (Listing(REGION, items, 1),),
            "image_cache": (Listing(REGION, (), 1),),
            "virtual_node": (Listing(REGION, (), 1),),
        },
    )


def rows(users: int, instances: int, budget: Budget | None = None) -> tuple[Row, ...]:
    """The rows of the checks that use the evaluator."""
    intent, today = Account.model_validate(INTENT), date(2026, 11, 23)
    case = Case("prod", intent, inventory(users, instances), today, budget=budget or Budget())
    return judge(case, [check for check in CHECKS if check.id in CHECKED])


def over_budget(judged: tuple[Row, ...]) -> list[Row]:
    """The rows that are unknown because judging took too much work."""
    reasons = (TOO_MUCH, TOO_MANY_STEPS, TOO_LATE)
    return [row for row in judged if any(reason in row.message for reason in reasons)]


def ordinary(users: int = 1000, instances: int = 5000) -> None:
    """An ordinary account: no row may need more than the budget of work."""
    start = time.perf_counter()
    judged = rows(users, instances)
    took = time.perf_counter() - start
    counts = [sum(row.outcome == outcome for row in judged) for outcome in ("passed", "failed", "unknown")]
    heading = (
        "users",
        "instances",
        "rows",
        "passed",
        "failed",
        "unknown",
        "over budget (target: 0)",
        "seconds",
    )
    table(heading, [(users, instances, len(judged), *counts, len(over_budget(judged)), took)])
