"""Small accounts for the tests of escalation: who holds what, which roles trust whom, which instances carry them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_eci_compliance.inventory.facts import (
    Attachments,
    CallerIdentity,
    ContainerGroup,
    GrantGap,
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
    Unreadable,
    User,
)
from pytest_eci_compliance.policy.escalation import Escalation, Identity
from pytest_eci_compliance.policy.evaluator import Access
from pytest_eci_compliance.policy.settings import Settings
from tests.policy.policy_world import DEFAULT, REGION, UID, document

DEV, ADMIN = Identity("user", "dev"), Identity("role", "Admin")
FULL_ACCESS = PolicyRef("System", "AdministratorAccess")
DENIED = Unreadable("ram:GetRole", "NoPermission", "ram:GetRole")
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
KINDS = {"user": "IMSUser", "group": "IMSGroup", "role": "ServiceRole"}


def trust(*principals: str, **statement: Any) -> str:
    """A trust policy: `root`, `user/x`, `role/x`, or a service."""
    named: dict[str, list[str]] = {}
    for principal in principals:
        kind = "Service" if principal.endswith(".aliyuncs.com") else "RAM"
        own = (
            principal
            if kind == "Service" or principal.startswith("acs:") or principal == "*"
            else f"acs:ram::{UID}:{principal}"
        )
        named.setdefault(kind, []).append(own)
    return json.dumps(
        document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": named, **statement})
    )


@dataclass
class World:
    """An account under construction: `hold("user/dev", statements…)` attaches a custom policy of its own."""

    users: list[str] = field(default_factory=lambda: ["dev"])
    groups: dict[str, tuple[str, ...] | Unreadable] = field(default_factory=dict)
    roles: dict[str, str | Unreadable | None] = field(default_factory=dict)
    attached: list[PolicyAttachment] = field(default_factory=list)
    policies: dict[PolicyRef, str | Unreadable] = field(
        default_factory=lambda: {FULL_ACCESS: json.dumps(document(EVERYTHING))}
    )
    versions: dict[PolicyRef, tuple[PolicyVersion, ...] | Unreadable] = field(default_factory=dict)
    instances: list[ContainerGroup] = field(default_factory=list)
    unread: list[Listing] = field(default_factory=list)
    gaps: list[GrantGap] = field(default_factory=list)
    system: tuple[PolicyRef, ...] | None = ()
    settled: dict[str, bool] = field(default_factory=dict)
    control_policies: list[str] = field(default_factory=list)

    def policy(self, name: str, *statements: object) -> PolicyRef:
        """A custom policy (or a system one, where the name has no `Custom/`)."""
        ref = PolicyRef.parse(name)
        self.policies[ref] = json.dumps(document(*statements))
        return ref

    def attach(self, ref: PolicyRef, to: str, scope: str | None = None) -> None:
        kind, _, name = to.partition("/")
        self.attached.append(PolicyAttachment(*ref, KINDS[kind], name, scope))  # type: ignore[arg-type]

    def hold(self, to: str, *statements: object, name: str = "", scope: str | None = None) -> PolicyRef:
        ref = self.policy(name or f"Custom/p{len(self.policies)}", *statements)
        self.attach(ref, to, scope)
        return ref

    def role(self, name: str, document: str | Unreadable | None, *statements: object) -> None:
        self.roles[name] = document
        if statements:
            self.hold(f"role/{name}", *statements)

    def instance(
        self, id_: str, role: str = "", status: str = "Running", group: str = DEFAULT, **tags: str
    ) -> None:
        self.instances.append(
            ContainerGroup(
                id_,
                region_id=REGION,
                status=status,
                resource_group_id=group,
                ram_role_name=role,
                tags=Tags(Tag(key, value) for key, value in tags.items()),
            )
        )

    def bind(self, *statements: object) -> None:
        """Bind the account by a control policy with these statements."""
        self.control_policies.append(json.dumps(document(*statements)))

    def inventory(self) -> Inventory:
        custom = tuple(sorted(policy for policy in self.policies if policy.policy_type == "Custom"))
        return Inventory(
            account_id=UID,
            identity=CallerIdentity(UID, "Account", f"acs:ram::{UID}:root"),
            regions=(REGION,),
            users=tuple(map(User, self.users)),
            groups=tuple(Group(name, members=members) for name, members in self.groups.items()),
            roles=tuple(Role(name, assume_role_policy_document=text) for name, text in self.roles.items()),
            attachments=Attachments(tuple(self.attached), tuple(self.gaps)),
            policies={ref: Policy(*ref, policy_document=text) for ref, text in self.policies.items()},
            custom_policies=custom,
            system_policies=self.system,
            policy_versions=self.versions,
            resource_groups=(ResourceGroup(DEFAULT, "default"), ResourceGroup("rg-prod", "prod")),
            listings={"instance": (Listing(REGION, tuple(self.instances), 1), *self.unread)},
        )

    def access(self) -> Access:
        ceiling = tuple((f"{number}.json", text) for number, text in enumerate(self.control_policies))
        return Access(
            self.inventory(), settings=Settings(tuple(sorted(self.settled.items())), ceiling or None)
        )

    def escalation(self) -> Escalation:
        return self.access().escalation

    def reach(self, identity: Identity = DEV) -> Mapping[str, bool]:
        """What the identity reaches: whether certainly."""
        return {target.name: target.certain for target in self.escalation().reach(identity)}

    def steps(self, name: str, identity: Identity = DEV) -> list[str]:
        """The names of the steps of the shortest path to what is reached."""
        reached = {target.name: target for target in self.escalation().reach(identity)}
        return [step.step for step in reached[name].paths[0].steps]

    def can(self, action: str, resource: object = None, identity: Identity = DEV) -> str:
        access = self.access()
        return access.escalation.reaches(identity, access.call(action, resource)).outcome  # type: ignore[arg-type]


def arn(*parts: str) -> list[str]:
    """ARNs of RAM: `user/x`, `policy/x`; `system/x` is a system policy."""
    return [
        f"acs:ram:*:system:policy/{part.partition('/')[2]}"
        if part.startswith("system/")
        else f"acs:ram:*:*:{part}"
        for part in parts
    ]


def names(reached: Iterable[str]) -> set[str]:
    return set(reached)
