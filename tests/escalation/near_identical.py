"""Accounts whose identities hold the same but for one thing each: what shared answers confuse, if anything.

The same seed gives the same account. Beside the account there are the facts as they would be read, of which some are
unreadable, and what the owner of the account settles.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, NamedTuple, TypeVar

from pytest_eci_compliance.inventory.facts import Inventory, PolicyRef, Unreadable
from pytest_eci_compliance.policy.settings import Settings
from tests.emulator import Account, Attachment, Group, Instance, Policy, Region, ResourceGroup, Role, User
from tests.escalation.accounts import (
    ACCOUNT_ID,
    DEFAULT_SCOPE,
    OTHER_ACCOUNT,
    REGION,
    SCOPE,
    Statement,
    document,
    ram,
    root,
    statement,
    trust,
)
from tests.escalation.inventories import inventory

OTHER_SCOPE = "rg-second0001"
USERS = ("dev", "ops", "bob", "eve")
ROLES = ("AppRole", "JobRole")
QUESTIONS = (
    "update-instance-needs-pass-role",
    "tag-service-needs-eci-permission",
    "updated-stacks-ask-for-pass-role-again",
)
CONDITIONS: tuple[Statement, ...] = (
    {"StringEquals": {"acs:ResourceTag/env": "test"}},
    {"StringNotEquals": {"acs:ResourceTag/env": "prod"}},
    {"StringEquals": {"acs:ResourceTag/team": "a"}},
    {"StringEquals": {"acs:RequestTag/env": "test"}},
    {"Bool": {"acs:MFAPresent": "true"}},
    {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}},
    {"StringEquals": {"acs:Service": "ecs.aliyuncs.com"}},
)
FAMILIES = (
    (
        "eci:ExecContainerCommand",
        "eci:UpdateContainerGroup",
        "ram:PassRole",
        "eci:TagResources",
        "eci:UntagResources",
        "tag:TagResources",
        "resourcemanager:MoveResources",
        "eci:DeleteContainerGroup",
        "ram:CreateResourceGroup",
    ),
    (
        "eci:CreateContainerGroup",
        "ram:PassRole",
        "ecs:RunInstances",
        "ram:UpdateRole",
        "sts:AssumeRole",
        "eci:CreateLaunchTemplate",
        "ros:UpdateStack",
    ),
    (
        "ram:AttachPolicyToUser",
        "ram:AttachPolicyToGroup",
        "ram:AttachPolicyToRole",
        "ram:AddUserToGroup",
        "ram:CreatePolicyVersion",
        "ram:SetDefaultPolicyVersion",
        "ram:DetachPolicyFromUser",
        "ram:RemoveUserFromGroup",
        "ram:CreatePolicy",
    ),
    (
        "ram:UpdateRole",
        "sts:AssumeRole",
        "ram:UpdateUser",
        "ram:CreateAccessKey",
        "cr:PushRepository",
        "eci:RestartContainerGroup",
        "ram:DeleteUser",
    ),
    (
        "ram:CreateUser",
        "ram:CreateAccessKey",
        "ram:AddUserToGroup",
        "ram:AttachPolicyToUser",
        "ram:CreateRole",
        "sts:AssumeRole",
        "ram:AttachPolicyToRole",
    ),
)
"""Actions that make a difference together."""

T = TypeVar("T")


class NearIdentical(NamedTuple):
    """An account, what is read of it, and what its owner settles."""

    account: Account
    facts: Inventory
    settings: Settings


def near_identical(seed: int) -> NearIdentical:
    """The account of a seed: 2 to 4 users, 1 or 2 roles, at most 2 instances."""
    return _Maker(Random(seed)).result()


@dataclass
class _Maker:
    random: Random
    policies: list[Policy] = field(default_factory=list)
    unread: list[PolicyRef] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.users, self.roles = USERS[: self.random.randint(2, 4)], ROLES[: self.random.randint(1, 2)]
        self.family = self._pick(*FAMILIES)
        self.base = [self._base_statement() for _ in range(self.random.randint(2, 3))]
        self.held = [self._policy(row) for row in self.base]
        self.members: dict[str, list[str]] = {"team": [], "frozen": []}

    def _pick(self, *choices: T) -> T:
        return self.random.choice(choices)

    def _chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def _policy(self, *statements: Statement, versions: dict[str, Any] | None = None) -> str:
        name = f"P{len(self.policies)}"
        self.policies.append(Policy(name, document(*statements), versions=versions or {}))
        return f"Custom/{name}"

    def _base_statement(self) -> Statement:
        actions = [self._pick(*self.family) for _ in range(self._pick(1, 1, 2))]
        return statement(actions, self._resource(), **self._condition(20))

    def _condition(self, percent: int = 100) -> Statement:
        return {"Condition": self._pick(*CONDITIONS)} if self._chance(percent) else {}

    def _resource(self) -> Sequence[str]:
        user, role = ram(f"user/{self._pick(*self.users)}"), ram(f"role/{self._pick(*self.roles)}")
        every = [ram(f"{kind}/*") for kind in ("user", "role", "group", "policy")]
        return self._pick(
            "*",
            "*",
            "*",
            [user, role, ram("group/team"), ram("policy/*"), "acs:eci:*:*:*"],
            [*every, f"acs:eci:*:*:containergroup/eci-bp{self._pick(0, 1)}"],
            [*every, f"acs:eci:{REGION}:*:*"],
            [ram("user/d*"), ram("role/J*"), ram("group/*"), ram("policy/P1"), "acs:eci:*:*:*"],
        )

    # What each identity holds

    def _twisted(self, kind: str, name: str) -> list[tuple[str, str | None]]:
        """The policies of the base, with their scopes, and with one difference."""
        rows: list[tuple[str, str | None]] = [(policy, None) for policy in self.held]
        number = self.random.randrange(len(rows))
        row, action = self.base[number], self._pick(*self.family)
        added = statement(action, self._resource(), **self._condition(30))
        twist = self.random.randrange(14)
        if twist < 3:  # a policy more, which may deny
            effect = self._pick("Allow", "Deny")
            rows.append((self._policy({**added, "Effect": effect}), self._pick(None, None, SCOPE)))
        elif twist < 5:  # the same on a resource group
            rows[number] = (self.held[number], self._pick(SCOPE, OTHER_SCOPE, DEFAULT_SCOPE))
        elif twist < 9:  # the same text, a condition, another resource, a policy that can be switched
            text = self._pick(
                row, {**row, **self._condition()}, {**row, "Resource": self._resource()}, {**row}
            )
            versions = {"v2": document(added)} if self._chance(8) else None
            rows[number] = (self._policy(text, versions=versions), None)
        elif twist == 9:  # less
            rows.pop(number)
        elif twist == 10 and kind == "user":  # the same through a group, or more
            self.members[self._pick("team", "frozen")].append(name)
            rows.pop(number)
        elif twist == 11:  # a policy that could not be read
            rows[number] = (self._policy(row), None)
            self.unread.append(PolicyRef.parse(rows[number][0]))
        elif twist == 12:  # another order
            rows.reverse()
        return rows

    def _attachments(self) -> Iterator[Attachment]:
        full = self._pick("", *self.roles)
        identities = [("user", name) for name in self.users]
        identities += [("role", name) for name in self.roles if name != full and self._chance(60)]
        for kind, name in identities:
            for policy, scope in self._twisted(kind, name):
                yield Attachment(policy, scope=scope, **{kind: name})
        if full:
            yield Attachment(self._pick("AdministratorAccess", "AliyunECIFullAccess"), role=full)
        yield Attachment(self.held[0], group="team")
        yield Attachment(self._policy(statement(self._pick(*self.family), effect="Deny")), group="frozen")
        for name in self.users[: self._pick(0, 1, 2)]:  # who acts as others makes a crew with them
            others = [ram(f"user/{self._pick(*self.users)}"), ram(f"user/{self._pick(*self.users)}")]
            yield Attachment(self._policy(statement("ram:CreateAccessKey", others)), user=name)

    # The rest of the account

    def _trust(self) -> list[Statement]:
        return [
            self._pick(
                trust(RAM=[root()]),
                trust(Service=["ecs.aliyuncs.com"]),
                trust(RAM=[root()], Service=["ecs.aliyuncs.com"]),
                trust(RAM=[f"acs:ram::{ACCOUNT_ID}:user/{self._pick(*self.users)}"]),
                trust(RAM=[f"acs:ram::{OTHER_ACCOUNT}:root"]),
            )
        ]

    def _instance(self, number: int) -> Instance:
        return Instance(
            f"eci-bp{number}",
            f"web-{number}",
            status=self._pick("Running", "Running", "Pending"),
            resource_group=self._pick("", SCOPE, OTHER_SCOPE),
            ram_role=self._pick(*self.roles),
            tags=self._pick({}, {"env": "prod"}, {"env": "test"}, {"env": "prod", "team": "b"}),
        )

    def result(self) -> NearIdentical:
        attachments = tuple(dict.fromkeys(self._attachments()))
        account = Account(
            account_id=ACCOUNT_ID,
            alias="acme",
            default_resource_group=DEFAULT_SCOPE,
            users=tuple(map(User, self.users)),
            groups=tuple(Group(name, tuple(members)) for name, members in self.members.items()),
            roles=tuple(Role(name, document(*self._trust())) for name in self.roles),
            policies=tuple(self.policies),
            attachments=attachments,
            resource_groups=(ResourceGroup(SCOPE, "production"), ResourceGroup(OTHER_SCOPE, "second")),
            regions=(Region(REGION, instances=tuple(map(self._instance, range(self._pick(0, 1, 2))))),),
        )
        return NearIdentical(account, self._facts(account), self._settings())

    def _facts(self, account: Account) -> Inventory:
        facts = inventory(account)
        unreadable = Unreadable("ram:GetPolicy", "NoPermission")
        policies = {
            ref: replace(policy, policy_document=unreadable) if ref in self.unread else policy
            for ref, policy in facts.policies.items()
        }
        changes: dict[str, Any] = {"policies": policies}
        if self._chance(10):
            changes["policy_versions"] = dict.fromkeys(facts.policy_versions, unreadable)
        if self._chance(10) and not isinstance(facts.groups, Unreadable):
            first, *others = facts.groups
            changes["groups"] = (replace(first, members=unreadable), *others)
        if self._chance(10):
            changes["roles"] = unreadable
        return replace(facts, **changes)

    def _settings(self) -> Settings:
        settled = tuple((question, self._chance(50)) for question in sorted(QUESTIONS) if self._chance(25))
        if self._chance(60):
            return Settings(settled)
        denied = statement(self._pick(*self.family), self._resource(), effect="Deny", **self._condition(50))
        text = json.dumps(document(statement("*"), denied))
        return Settings(settled, "unknown" if self._chance(10) else (("control.json", text),))
