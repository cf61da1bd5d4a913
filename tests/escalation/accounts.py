"""Small accounts made by chance, of parts that matter for escalation. The same seed gives the same account."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.emulator import (
    Account,
    Attachment,
    Group,
    Instance,
    Policy,
    Region,
    ResourceGroup,
    Role,
    User,
)

ACCOUNT_ID = "1098765432109876"
OTHER_ACCOUNT = "2098765432109876"
REGION = "cn-hangzhou"
SCOPE = "rg-production1"
DEFAULT_SCOPE = "rg-default1"
USERS = ("dev", "ops", "bob", "eve", "kim")
ROLES = ("AdminRole", "AppRole", "DeployRole", "JobRole")
GROUPS = ("admins", "frozen")
POLICIES = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon")

Statement = dict[str, Any]
T = TypeVar("T")


def statement(
    actions: str | list[str], resources: Sequence[str] = "*", *, effect: str = "Allow", **more: Any
) -> Statement:
    """One statement of a policy; `more` are further elements, for example `Condition`."""
    return {"Effect": effect, "Action": actions, "Resource": resources, **more}


def document(*statements: Statement) -> dict[str, Any]:
    return {"Version": "1", "Statement": list(statements)}


def ram(path: str, *, owner: str = ACCOUNT_ID, region: str = "*") -> str:
    """The ARN of a RAM object, `path` being `role/NAME` and the like."""
    return f"acs:ram:{region}:{owner}:{path}"


def trust(*, condition: Statement | None = None, effect: str = "Allow", **principal: list[str]) -> Statement:
    """One statement of a trust policy: `RAM=[…]`, `Service=[…]` or `Federated=[…]`."""
    parts: Statement = {"Effect": effect, "Action": "sts:AssumeRole", "Principal": principal}
    return {**parts, "Condition": condition} if condition else parts


def root() -> str:
    return f"acs:ram::{ACCOUNT_ID}:root"


def accounts() -> st.SearchStrategy[Account]:
    """Accounts as a hypothesis strategy."""
    return st.integers(min_value=0, max_value=10**9).map(account)


def account(seed: int) -> Account:
    """The account of a seed: 2 to 5 users, 1 to 4 roles, at most 2 groups, and what they hold."""
    return _Maker(Random(seed)).account()


class _Maker:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.users = USERS[: random.randint(2, 5)]
        self.roles = ROLES[: random.randint(1, 4)]
        self.groups = GROUPS[: random.randint(0, 2)]
        self.policies = POLICIES[: random.randint(2, 5)]

    def account(self) -> Account:
        policies = tuple(self._policy(name) for name in self.policies)
        return Account(
            account_id=ACCOUNT_ID,
            alias="acme",
            default_resource_group=DEFAULT_SCOPE,
            users=tuple(User(name) for name in self.users),
            groups=tuple(Group(name, self._members()) for name in self.groups),
            roles=tuple(Role(name, document(*self._trusts())) for name in self.roles),
            policies=policies,
            attachments=tuple(dict.fromkeys(self._attachments())),
            resource_groups=(ResourceGroup(SCOPE, "production"),),
            regions=(
                Region(REGION, instances=tuple(self._instance(n) for n in range(self._pick(0, 1, 1, 2)))),
            ),
        )

    def _pick(self, *choices: T) -> T:
        return self.random.choice(choices)

    def _chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def _members(self) -> tuple[str, ...]:
        return tuple(name for name in self.users if self._chance(30))

    def _policy(self, name: str) -> Policy:
        statements = [self._statement() for _ in range(self._pick(1, 1, 2, 3))]
        versions: dict[str, Any] = {"v2": document(self._statement())} if self._chance(15) else {}
        return Policy(name, document(*statements), versions=versions)

    def _attachments(self) -> list[Attachment]:
        rows = []
        principals = [("user", name) for name in self.users] + [("group", name) for name in self.groups]
        principals += [("role", name) for name in self.roles]
        for kind, name in principals:
            for _ in range(self._pick(1, 2, 3) if name == "dev" else self._pick(0, 1, 1, 2)):
                scope = SCOPE if self._chance(15) else None
                policy = f"Custom/{self._pick(*self.policies)}"
                if kind == "role" and self._chance(35):
                    policy = self._pick("AdministratorAccess", "AliyunECIFullAccess")
                rows.append(Attachment(policy, scope=scope, **{kind: name}))
        return rows

    def _instance(self, number: int) -> Instance:
        return Instance(
            f"eci-bp{number}",
            f"web-{number}",
            status=self._pick("Running", "Running", "Pending", "Succeeded"),
            resource_group=self._pick("", SCOPE),
            ram_role=self._pick("", *self.roles, *self.roles),
            tags=self._pick({}, {"env": "prod"}, {"env": "test"}),
        )

    def _trusts(self) -> list[Statement]:
        user, role = self._pick(*self.users), self._pick(*self.roles)
        condition = {"Bool": {"acs:MFAPresent": "true"}}
        forms = [
            trust(RAM=[root()]),
            trust(Service=["ecs.aliyuncs.com"]),
            trust(Service=["ecs.aliyuncs.com"]),
            trust(RAM=[f"acs:ram::{ACCOUNT_ID}:user/{user}"]),
            trust(RAM=[f"acs:ram::{ACCOUNT_ID}:role/{role}"]),
            trust(RAM=[root()], condition=condition),
            trust(RAM=[root()], Service=["ecs.aliyuncs.com"]),
            trust(RAM=[f"acs:ram::{OTHER_ACCOUNT}:root"]),
            trust(RAM=["*"]),
            trust(Federated=[f"acs:ram::{ACCOUNT_ID}:saml-provider/idp"]),
            trust(Service=["fc.aliyuncs.com"]),
        ]
        statements = [self._pick(*forms)]
        if self._chance(10):
            statements.append(trust(RAM=[f"acs:ram::{ACCOUNT_ID}:user/{user}"], effect="Deny"))
        return statements

    def _statement(self) -> Statement:
        parts = self._allow()
        if self._chance(15):
            parts = {**parts, "Effect": "Deny"}
        if self._chance(12):
            parts = {**parts, "Condition": self._condition()}
        return parts

    def _condition(self) -> dict[str, Any]:
        return self._pick(
            {"StringEquals": {"acs:ResourceTag/env": "test"}},
            {"StringEquals": {"acs:RequestTag/env": ["test"]}},
            {"StringNotEquals": {"acs:ResourceTag/env": "prod"}},
            {"Bool": {"acs:MFAPresent": "true"}},
            {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}},
            {"StringEquals": {"acs:Service": "ecs.aliyuncs.com"}},
        )

    def _allow(self) -> Statement:
        user = ram(f"user/{self._pick(*self.users)}")
        role = ram(f"role/{self._pick(*self.roles)}", region=self._pick("*", "", "*"))
        role = self._pick(role, role, ram("role/*"), "*", role.lower())
        group = ram(f"group/{self._pick(*(self.groups or ('none',)))}")
        policy = ram(f"policy/{self._pick(*self.policies)}")
        system = ram("policy/AliyunECIFullAccess", owner="system")
        kind = self._pick("User", "Group", "Role")
        principal = {"User": user, "Group": group, "Role": role}[kind]
        return self._pick(
            statement("sts:AssumeRole", role),
            statement(["sts:AssumeRole", "ram:Get*"], role),
            statement("ram:CreateAccessKey", user),
            statement("ram:*LoginProfile", user),
            statement(["ram:CreateLoginProfile"], user),
            statement("eci:ExecContainerCommand"),
            statement("eci:UpdateContainerGroup"),
            statement(["eci:UpdateContainerGroup", "ram:PassRole"]),
            statement("eci:*"),
            statement("eci:RunCommand"),
            statement(["eci:Create*", "ram:PassRole"], ["acs:eci:*:*:*", role]),
            statement("ram:PassRole", role),
            statement(["ecs:RunInstances", "ram:PassRole"]),
            statement(["ram:PassRole", "fc:*"]),
            statement("ram:UpdateRole", role),
            statement(["ram:UpdateRole", "sts:AssumeRole"], role),
            statement(f"ram:AttachPolicyTo{kind}", [principal, policy]),
            statement(f"ram:AttachPolicyTo{kind}", [principal, system]),
            statement("ram:AttachPolicy", self._pick("*", [policy, "acs:ims:*:*:user/*", user])),
            statement("ram:CreatePolicyVersion", policy),
            statement("ram:SetDefaultPolicyVersion", policy),
            statement("ram:AddUserToGroup", [group, self._pick(user, ram("user/*"))]),
            statement(
                ["ram:CreateUser", "ram:CreateAccessKey", "ram:AddUserToGroup"], [ram("user/*"), group]
            ),
            statement(["ram:CreateRole", "sts:AssumeRole"], [ram("role/*")]),
            statement(
                ["ram:CreateRole", "ram:AttachPolicyToRole", "sts:AssumeRole"], [ram("role/x-*"), policy]
            ),
            statement(["ram:DetachPolicyFromUser", "ram:RemoveUserFromGroup"], [user, group, policy]),
            statement("ram:DetachPolicy"),
            statement(["eci:TagResources", "eci:Describe*"]),
            statement(["eci:UntagResources", "tag:*"]),
            statement("resourcemanager:MoveResources"),
            statement("eci:DeleteContainerGroup"),
            statement("eci:Delete*", f"acs:eci:*:*:containergroup/eci-bp{self._pick(0, 1)}"),
            {"Effect": "Allow", "NotAction": ["ram:*", "ims:*", "resourcemanager:*"], "Resource": "*"},
            {"Effect": "Allow", "NotAction": ["eci:Delete*", "ram:Create*", "ram:Attach*"], "Resource": "*"},
        )
