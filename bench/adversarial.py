"""How long judging takes where policies are written to stop it: 6,144 characters each, 20 of them attached."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from datetime import date

from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.checks.support.case import Case
from pytest_eci_compliance.config.model import Account
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
    PrincipalType,
    ResourceGroup,
    Role,
    Tag,
    Tags,
    User,
)
from pytest_eci_compliance.judge import judge
from pytest_eci_compliance.policy.budget import Budget
from pytest_eci_compliance.results import Row

from .table import table

ACCOUNT = "1098765432109876"
REGION = "cn-hangzhou"
MOST = 6144
"""Characters that a custom policy may have."""
ATTACHED = 20
CHECKED = (
    "user-resource-groups",
    "user-pass-role",
    "user-escalation",
    "role-escalation",
    "tag-policy",
    "access",
)
INTENT = {
    "account_id": ACCOUNT,
    "regions": [REGION],
    "users": [{"match": "*", "resource_groups": {"rg-prod": []}}],
    "roles": [{"match": "*"}],
    "access": [
        {"users": "*", "cannot": ["eci:Update*", "eci:Create*"], "request": "any"},
        {"users": "*", "cannot": ["eci:DeleteContainerGroup"]},
    ],
}
STEPS = [
    "sts:AssumeRole",
    "ram:PassRole",
    "eci:ExecContainerCommand",
    *(
        f"ram:{name}"
        for name in (
            "CreateAccessKey",
            "UpdateRole",
            "AttachPolicyToUser",
            "AttachPolicyToGroup",
            "AttachPolicyToRole",
            "DetachPolicyFromUser",
            "DetachPolicyFromGroup",
            "CreatePolicyVersion",
            "SetDefaultPolicyVersion",
            "AddUserToGroup",
            "RemoveUserFromGroup",
            "CreateUser",
            "CreateRole",
        )
    ),
]
GROUPS, ROLES = 20, 50
Statement = dict[str, object]


def statement(effect: str, action: object = "eci:*", resource: object = "*", **on: object) -> Statement:
    condition = {"Condition": on} if on else {}
    return {"Effect": effect, "Action": action, "Resource": resource, **condition}


def few_keys(number: int) -> list[Statement]:
    """Five tag keys of three values each, and a key of the caller: 291 characters took minutes for one user."""
    tags = {f"acs:ResourceTag/k{n}": ["a", "b", f"c{number}"] for n in range(5)}
    return [statement("Allow", StringEquals=tags, StringLike={"acs:PrincipalArn": "acs:*"})]


def many_keys(number: int) -> list[Statement]:
    """As many tag keys as there is room for, all in one condition."""
    tags = {f"acs:ResourceTag/k{n}-{number}": ["a", "b", "c"] for n in range(100)}
    return [statement("Allow", StringEquals=tags, StringNotEquals={"acs:RequestTag/z": "z"})]


def clauses(number: int) -> list[Statement]:
    """An Allow under a Deny for every three keys: whether anything is allowed is a riddle of logic."""
    chance = random.Random(number)  # noqa: S311 - no secret
    denied = [
        statement(
            "Deny",
            StringEquals={
                f"acs:RequestTag/k{key}": chance.choice(["a", "b"]) for key in chance.sample(range(12), 3)
            },
        )
        for _ in range(30)
    ]
    keys = {f"acs:RequestTag/k{key}": ["a", "b"] for key in range(12)}
    return [statement("Allow", StringEquals=keys), *denied]


def negations(number: int) -> list[Statement]:
    """Negated operators on keys that may be missing: each leaves a question open."""
    operators = (
        "StringNotEquals",
        "StringNotLike",
        "StringNotEqualsIgnoreCase",
        "NotIpAddress",
        "NumericNotEquals",
    )
    return [
        statement(effect, **{operator: {f"acs:ResourceTag/k{key}-{number % 7}": ["1", "2"]}})
        for key in range(8)
        for operator in operators
        for effect in ("Allow", "Deny")
    ]


def stars(number: int) -> list[Statement]:
    """A run of stars where roles are passed."""
    return [statement("Allow", "ram:PassRole", "*" * 5900 + str(number))]


def wildcards(number: int) -> list[Statement]:
    """Resource patterns with as many wildcards as there is room for."""
    letters = [chr(97 + (number + n) % 26) for n in range(60)]
    resources = [
        f"acs:eci:*{a}*:*:*{b}*{c}?{a}*" for a, b, c in zip(letters, letters[1:], letters[3:], strict=False)
    ]
    roles = [f"acs:ram:*:*:role/*{a}*{b}*{a}*" for a, b in zip(letters, letters[2:], strict=False)]
    return [
        statement("Allow", ["eci:*", "ram:PassRole"], resources + roles),
        statement("Deny", "eci:*", resources),
    ]


def questions(number: int) -> list[Statement]:
    """`?` behind `*`: each doubles the states of a match with a text that is not known."""
    resources = [f"acs:eci:*:*:*{chr(97 + n % 26)}{'?' * (10 + (n + number) % 20)}*" for n in range(100)]
    return [statement("Allow", ["eci:*", "ram:PassRole"], resources), statement("Deny", "eci:*", resources)]


def numbers(number: int) -> list[Statement]:
    """As many numbers as there is room for, on a few keys, of the request and of the caller."""
    values = [str(number + n) for n in range(100)]
    return [
        statement(
            "Allow",
            NumericLessThan={f"acs:RequestTag/n{n}": values},
            IpAddress={"acs:SourceIp": [f"10.{n}.{k}.0/24" for k in range(60)]},
        )
        for n in range(6)
    ]


def long_texts(number: int) -> list[Statement]:
    """One pattern as long as there is room for, and a value that nearly fits it."""
    like = {"acs:RequestTag/k": ["*" + "a" * 2800 + f"b{number}"]}
    return [statement("Allow", StringLike=like, StringEquals={"acs:RequestTag/k": ["a" * 2900]})]


def statements(number: int) -> list[Statement]:
    """As many statements as there is room for."""
    return [
        statement("Deny" if n % 3 else "Allow", StringLike={f"acs:ResourceTag/k{n % 9}": f"*{n}{number}*"})
        for n in range(55)
    ]


def steps(number: int) -> list[Statement]:
    """Every escalation step on name patterns that overlap: each identity changes, and becomes, many others."""
    chance = random.Random(number)  # noqa: S311 - no secret
    return [
        statement(
            "Deny" if n % 5 == 4 else "Allow",
            chance.sample(STEPS, 3),
            [f"acs:ram:*:*:{kind}/*{chance.randrange(10)}*" for kind in ("user", "group", "role", "policy")],
        )
        for n in range(24)
    ]


def retags(number: int) -> list[Statement]:
    """Tags that may be changed under tags, so that every set of tags is a step to the next."""
    chance = random.Random(number)  # noqa: S311 - no secret
    return [
        statement(
            "Allow",
            ["eci:TagResources", "eci:UntagResources", "eci:ExecContainerCommand"][n % 3],
            StringEquals={f"acs:ResourceTag/k{chance.randrange(4)}": chance.sample("abcdef", 3)},
        )
        for n in range(36)
    ]


def actions(number: int) -> list[Statement]:
    """Actions with as many wildcards as there is room for, named and excepted."""
    letters = [chr(97 + (number + n) % 26) for n in range(80)]
    names = [f"*{a}*{b}*{c}*:*{a}*" for a, b, c in zip(letters, letters[1:], letters[5:], strict=False)]
    excepted: Statement = {"Effect": "Allow", "NotAction": names, "Resource": "*"}
    return [statement("Deny", names), excepted, statement("Allow", ["e*:*", *names])]


def addresses(number: int) -> list[Statement]:
    """As many address ranges as there is room for, allowed and denied."""
    ranges = [f"10.{n}.{number}.0/{24 + n % 8}" for n in range(120)]
    return [
        statement("Allow", "eci:*", IpAddress={"acs:SourceIp": ranges}),
        statement("Deny", "eci:*", NotIpAddress={"acs:SourceIp": ranges[::2]}),
    ]


def repeats(number: int) -> list[Statement]:
    """The same few statements over and over."""
    same = [statement("Allow", StringEquals={f"acs:ResourceTag/k{n}": f"v{number}"}) for n in range(3)]
    return same * 30


KINDS: tuple[Callable[[int], list[Statement]], ...] = (
    few_keys,
    many_keys,
    clauses,
    negations,
    stars,
    wildcards,
    questions,
    numbers,
    long_texts,
    statements,
    steps,
    retags,
    actions,
    addresses,
    repeats,
)


def document(kind: Callable[[int], list[Statement]], number: int) -> str:
    """A policy of that kind, cut down to the size that RAM allows."""
    statements = kind(number)
    while len(text := json.dumps({"Version": "1", "Statement": statements}, separators=(",", ":"))) > MOST:
        statements = statements[:-1]
    return text


def inventory(kinds: tuple[Callable[[int], list[Statement]], ...], users: int) -> Inventory:
    """Users who hold 20 policies of these kinds, one half on the group that is meant for them. No two hold the
    same."""
    documents = {
        PolicyRef("Custom", f"{kind.__name__}-{number}"): document(kind, number)
        for kind in kinds
        for number in range(2 * ATTACHED)
    }
    refs, chance = sorted(documents), random.Random(20220511)  # noqa: S311 - no secret
    attached = tuple(
        PolicyAttachment(*ref, "IMSUser", f"user{n:04}", "rg-prod" if k % 2 else None)
        for n in range(users)
        for k, ref in enumerate(chance.sample(refs, ATTACHED))
    )
    others: tuple[tuple[PrincipalType, str, int], ...]
    others = (("IMSGroup", "group", GROUPS), ("ServiceRole", "role", ROLES))
    attached += tuple(
        PolicyAttachment(*ref, kind, f"{name}{n}", None)
        for kind, name, count in others
        for n in range(count)
        for ref in chance.sample(refs, 3)
    )
    tags = Tags([Tag(f"k{n}", "a") for n in range(9)])
    items = tuple(
        ContainerGroup(
            f"eci-{n}",
            region_id=REGION,
            status="Running",
            resource_group_id="rg-prod",
            ram_role_name=f"role{n}",
            tags=tags,
        )
        for n in range(3)
    )
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"RAM": [f"acs:ram::{ACCOUNT}:root"]},
    }
    text = json.dumps({"Version": "1", "Statement": [trust]})
    return Inventory(
        account_id=ACCOUNT,
        identity=CallerIdentity(ACCOUNT, "Account", f"acs:ram::{ACCOUNT}:root"),
        regions=(REGION,),
        users=tuple(User(f"user{n:04}") for n in range(users)),
        groups=tuple(
            Group(f"group{n}", members=tuple(f"user{k:04}" for k in range(n, users, 3 * GROUPS)))
            for n in range(GROUPS)
        ),
        roles=tuple(Role(f"role{n}", assume_role_policy_document=text) for n in range(ROLES)),
        attachments=Attachments(attached),
        policies={ref: Policy(*ref, policy_document=text) for ref, text in documents.items()},
        resource_groups=(ResourceGroup("rg-default", "default"), ResourceGroup("rg-prod", "prod")),
        listings={
            "instance": (Listing(REGION, items, 1),),
            "image_cache": (Listing(REGION, (), 1),),
            "virtual_node": (Listing(REGION, (), 1),),
        },
    )


def rows(
    kinds: tuple[Callable[[int], list[Statement]], ...], users: int, budget: Budget | None = None
) -> tuple[Row, ...]:
    """The rows of the checks that use the evaluator, for users who hold policies of these kinds."""
    return rows_of(inventory(kinds, users), budget)


def rows_of(account: Inventory, budget: Budget | None = None) -> tuple[Row, ...]:
    """The rows of the checks that use the evaluator."""
    intent = Account.model_validate(INTENT)
    case = Case("prod", intent, account, date(2026, 11, 23), budget=budget or Budget())
    return judge(case, [check for check in CHECKS if check.id in CHECKED])


def measured(name: str, account: Inventory) -> tuple[object, ...]:
    """The rows of an account, by their outcomes, and the seconds of one core that they took."""
    start = time.process_time()
    judged = rows_of(account)
    took = time.process_time() - start
    counts = [sum(row.outcome == outcome for row in judged) for outcome in ("passed", "failed", "unknown")]
    return name, len(judged), *counts, took


HEADING = ("rows", "passed", "failed", "unknown", "seconds (target: 60)")


def adversarial(users: int = 1000, kinds: tuple[Callable[[int], list[Statement]], ...] = KINDS) -> None:
    """Policies that are written to stop an audit: seconds of one core for all rows of all users."""
    chosen = [(kind.__name__, (kind,)) for kind in kinds]
    lines = [measured(name, inventory(some, users)) for name, some in (*chosen, ("all of them", kinds))]
    table(("policies", *HEADING), lines)
