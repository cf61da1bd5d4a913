"""What a hand-made case is, and the small account that all of them start from.

Targets that include others are given alone: `any-permission` stands for everything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.emulator import Account, Attachment, Group, Instance, Policy, Region, ResourceGroup, Role, User
from tests.emulator.documented import ECI_ROLE, ECI_ROLE_GRANT
from tests.escalation.accounts import (
    ACCOUNT_ID,
    DEFAULT_SCOPE,
    REGION,
    SCOPE,
    document,
    ram,
    root,
    statement,
    trust,
)

DELETE = "eci:DeleteContainerGroup@eci-bp0"


@dataclass(frozen=True)
class Case:
    """What `identity` reaches in `account`; `possible` is what it reaches possibly but not certainly."""

    id: str
    account: Account
    identity: str
    certain: frozenset[str]
    possible: frozenset[str]


def case(
    name: str,
    *statements: dict[str, Any],
    certain: tuple[str, ...] = (),
    possible: tuple[str, ...] = (),
    identity: str = "user/dev",
    scope: str | None = None,
    attachments: tuple[Attachment, ...] = (),
    policies: tuple[Policy, ...] = (),
    versions: dict[str, Any] | None = None,
    group: Group | None = None,
    **changes: Any,
) -> Case:
    """A case in which dev holds the policy Debug with these statements, and nothing else unless it is given."""
    account = replace(
        BASE,
        policies=(*BASE.policies, Policy("Debug", document(*statements), versions=versions or {}), *policies),
        attachments=(*BASE.attachments, Attachment("Custom/Debug", user="dev", scope=scope), *attachments),
        **changes,
    )
    if group:
        account = replace(account, groups=(group,))
    return Case(name, account, identity, frozenset(certain), frozenset(possible))


def role(name: str, *statements: dict[str, Any]) -> Role:
    return Role(name, document(*statements))


ECS = trust(Service=["ecs.aliyuncs.com"])
APP, OPS_ROLE = ram("role/AppRole"), ram("role/OpsRole")
MFA = {"Bool": {"acs:MFAPresent": "true"}}
CARRIER = Instance("eci-bp0", "web", ram_role="AppRole", tags={"env": "prod"})

BASE = Account(
    account_id=ACCOUNT_ID,
    alias="acme",
    default_resource_group=DEFAULT_SCOPE,
    users=(User("dev"), User("ops")),
    groups=(Group("team", ("ops",)),),
    roles=(role("AppRole", ECS), role("OpsRole", trust(RAM=[root()])), ECI_ROLE),
    policies=(
        Policy("Team", document(statement("eci:DescribeContainerGroups"))),
        Policy("NoDelete", document(statement("eci:Delete*", effect="Deny"))),
    ),
    attachments=(
        ECI_ROLE_GRANT,
        Attachment("Custom/Team", group="team"),
        Attachment("AliyunECIReadOnlyAccess", role="OpsRole"),
        Attachment("AliyunECIReadOnlyAccess", role="AppRole"),
    ),
    resource_groups=(ResourceGroup(SCOPE, "production"),),
    regions=(Region(REGION, instances=(CARRIER,)),),
)


def with_roles(*roles: Role) -> tuple[Role, ...]:
    """The roles of the base account, with these in the place of those of the same names."""
    names = {changed.name for changed in roles}
    return (*(kept for kept in BASE.roles if kept.name not in names), *roles)


def with_instance(**changes: Any) -> tuple[Region, ...]:
    return (Region(REGION, instances=(replace(CARRIER, **changes),)),)
