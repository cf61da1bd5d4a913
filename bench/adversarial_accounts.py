"""Accounts that are made to stop an audit by more than the text of policies: groups, roles, trusts, tags."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from pytest_eci_compliance.inventory.facts import (
    Attachments,
    ContainerGroup,
    Group,
    Inventory,
    Listing,
    Policy,
    PolicyAttachment,
    PolicyRef,
    Role,
    Tag,
    Tags,
    read_or_empty,
)

from .adversarial import (
    ACCOUNT,
    ATTACHED,
    HEADING,
    REGION,
    Statement,
    document,
    inventory,
    measured,
    statement,
    statements,
)
from .table import table

GROUPS_OF_A_USER = 50
"""Groups that a user may join."""
LONGEST_TRUST = 10_000
CHAIN = 300
INSTANCES = 5_000


def _nothing(number: int) -> list[Statement]:
    return [statement("Allow", f"eci:Describe{number}*")]


def _trust(*principals: str, **on: object) -> str:
    condition = {"Condition": on} if on else {}
    lets_in = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": principals}, **condition}
    return json.dumps({"Version": "1", "Statement": [lets_in]})


def _with(
    base: Inventory,
    documents: dict[PolicyRef, str],
    attached: Iterator[PolicyAttachment] | list[PolicyAttachment],
) -> Inventory:
    """The account with more policies, and with more of them attached."""
    return replace(
        base,
        policies={
            **base.policies,
            **{ref: Policy(*ref, policy_document=text) for ref, text in documents.items()},
        },
        attachments=Attachments((*base.attachments.items, *attached)),
    )


def many_groups(users: int) -> Inventory:
    """Every user is in 50 groups, and each group holds 20 policies of many statements: 1,000 policies a user."""
    base = inventory((_nothing,), users)
    groups = tuple(
        Group(
            f"wide{number}",
            members=tuple(f"user{k:04}" for k in range(users) if (k + number) % 2 == 0),
        )
        for number in range(2 * GROUPS_OF_A_USER)
    )
    refs = [PolicyRef("Custom", f"wide-{number}") for number in range(2 * ATTACHED)]
    documents = {ref: document(statements, number) for number, ref in enumerate(refs)}
    attached = [
        PolicyAttachment(*refs[(number + k) % len(refs)], "IMSGroup", group.group_name, None)
        for number, group in enumerate(groups)
        for k in range(ATTACHED)
    ]
    return _with(replace(base, groups=(*read_or_empty(base.groups), *groups)), documents, attached)


def role_chain(users: int) -> Inventory:
    """Each of 300 roles may assume the next one, and only that; every user may assume the first."""
    base = inventory((_nothing,), users)
    names = [f"link{number:03}" for number in range(CHAIN)]
    arns = [f"acs:ram::{ACCOUNT}:role/{name}" for name in names]
    roles = tuple(
        Role(
            name,
            assume_role_policy_document=_trust(arns[number - 1] if number else f"acs:ram::{ACCOUNT}:root"),
        )
        for number, name in enumerate(names)
    )
    documents, attached = {}, []
    for number, name in enumerate(names):
        ref = PolicyRef("Custom", f"next-{number}")
        following = arns[(number + 1) % CHAIN].replace("::", ":*:", 1)
        documents[ref] = json.dumps(
            {"Version": "1", "Statement": [statement("Allow", "sts:AssumeRole", following)]}
        )
        attached.append(PolicyAttachment(*ref, "ServiceRole", name, None))
    first = PolicyRef("Custom", "first")
    documents[first] = json.dumps(
        {"Version": "1", "Statement": [statement("Allow", "sts:AssumeRole", arns[0].replace("::", ":*:", 1))]}
    )
    attached += [PolicyAttachment(*first, "IMSUser", f"user{n:04}", None) for n in range(users)]
    return _with(replace(base, roles=roles), documents, attached)


def long_trusts(users: int) -> Inventory:
    """Roles whose trust names as many users, under as many conditions, as there is room for."""
    base = inventory((_nothing,), users)

    def lets_in(number: int) -> str:
        names = [f"acs:ram::{ACCOUNT}:user/user{(number * 7 + k) % max(1, users):04}" for k in range(110)]
        text = _trust(*names, StringLike={"sts:ExternalId": [f"*{k}*{number}*" for k in range(400)]})
        assert len(text) <= LONGEST_TRUST  # noqa: S101 - a benchmark that is written wrong must not run
        return text

    roles = tuple(Role(f"role{n}", assume_role_policy_document=lets_in(n)) for n in range(CHAIN))
    everybody = PolicyRef("Custom", "assume")
    text = json.dumps({"Version": "1", "Statement": [statement("Allow", "sts:AssumeRole")]})
    attached = [PolicyAttachment(*everybody, "IMSUser", f"user{n:04}", None) for n in range(users)]
    return _with(replace(base, roles=roles), {everybody: text}, attached)


def changers(users: int) -> Inventory:
    """Every user may attach every policy to everybody, rewrite every policy and join every group."""
    return inventory((_changes,), users)


def _changes(number: int) -> list[Statement]:
    actions = [
        "ram:AttachPolicyTo*",
        "ram:CreatePolicyVersion",
        "ram:AddUserToGroup",
        "ram:DetachPolicyFrom*",
    ]
    kinds = ("user", "group", "role", "policy")
    return [
        *(statement("Allow", action, [f"acs:ram:*:*:{kind}/*" for kind in kinds]) for action in actions),
        statement("Deny", "eci:Delete*", f"acs:eci:*:*:containergroup/*{number}*"),
    ]


def tagged_instances(users: int) -> Inventory:
    """5,000 instances, no two with the same 20 tags, and users who are allowed by different ones."""
    base = inventory((_by_tags,), users)
    items = tuple(
        ContainerGroup(
            f"eci-{number}",
            region_id=REGION,
            status="Running",
            resource_group_id="rg-prod",
            ram_role_name=f"role{number % 50}",
            tags=Tags([Tag(f"k{key}", f"v{number * (key + 1) % 97}") for key in range(20)]),
        )
        for number in range(INSTANCES)
    )
    return replace(base, listings={**base.listings, "instance": (Listing(REGION, items, 1),)})


def _by_tags(number: int) -> list[Statement]:
    return [
        statement(
            "Deny" if key % 4 == 3 else "Allow",
            ["eci:ExecContainerCommand", "eci:UpdateContainerGroup", "eci:DeleteContainerGroup"],
            StringEquals={f"acs:ResourceTag/k{key}": [f"v{(number + k) % 97}" for k in range(5)]},
        )
        for key in range(20)
    ]


ACCOUNTS: tuple[Callable[[int], Inventory], ...] = (
    many_groups,
    role_chain,
    long_trusts,
    changers,
    tagged_instances,
)


def adversarial_accounts(
    users: int = 100, accounts: tuple[Callable[[int], Inventory], ...] = ACCOUNTS
) -> None:
    """Accounts that are made to stop an audit by groups, roles, trusts and tags: seconds of one core for all rows."""
    table(("account", *HEADING), [measured(account.__name__, account(users)) for account in accounts])
