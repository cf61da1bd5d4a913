"""Facts of RAM: users, groups, roles, policies, and which policy is attached to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from ..marks import Derived
from .unreadable import Unreadable

PolicyType: TypeAlias = Literal["System", "Custom"]
PrincipalType: TypeAlias = Literal["IMSUser", "IMSGroup", "ServiceRole"]


@dataclass(frozen=True)
class User:
    """A RAM user (ListUsers)."""

    user_name: str
    user_id: str = ""
    display_name: str = ""
    create_date: str = ""
    update_date: str = ""


@dataclass(frozen=True)
class Group:
    """A RAM user group; `members` are user names (ListUsersForGroup)."""

    group_name: str
    group_id: str = ""
    create_date: str = ""
    update_date: str = ""
    members: Derived[tuple[str, ...] | Unreadable] = ()


@dataclass(frozen=True)
class Role:
    """A RAM role as ListRoles shows it, and, where GetRole was asked, its trust policy.

    `assume_role_policy_document` is the JSON text, an `Unreadable` where GetRole failed, and `None` where the
    role was not asked for (GetRole is called for roles that instances carry, service-linked roles, and roles
    that the configuration judges).
    """

    role_name: str
    role_id: str = ""
    arn: str = ""
    create_date: str = ""
    update_date: str = ""
    max_session_duration: int | None = None
    assume_role_policy_document: str | Unreadable | None = None


@dataclass(frozen=True)
class Policy:
    """A policy with its effective document (GetPolicy), as JSON text."""

    policy_type: PolicyType
    policy_name: str
    default_version: str = ""
    create_date: str = ""
    update_date: str = ""
    attachment_count: int = 0
    policy_document: Derived[str | Unreadable] = ""

    @property
    def ref(self) -> PolicyRef:
        """Which policy it is."""
        return PolicyRef(self.policy_type, self.policy_name)


@dataclass(frozen=True)
class PolicyVersion:
    """One version of a custom policy (ListPolicyVersions), with its document as JSON text."""

    version_id: str
    is_default_version: bool = False
    policy_document: str | Unreadable = ""


class PolicyRef(NamedTuple):
    """Which policy: a system one is written `NAME`, a custom one `Custom/NAME`."""

    policy_type: PolicyType
    policy_name: str

    def __str__(self) -> str:
        return self.policy_name if self.policy_type == "System" else f"Custom/{self.policy_name}"

    @classmethod
    def parse(cls, text: str) -> PolicyRef:
        """The policy of a name as the configuration writes it: `NAME` or `Custom/NAME`."""
        kind, slash, name = text.partition("/")
        return cls("Custom", name) if slash and kind == "Custom" else cls("System", text)


@dataclass(frozen=True)
class PolicyAttachment:
    """A policy that is attached to a principal. `principal_name` is bare, without `@…`.

    `resource_group_id` is `None` for an attachment on the whole account.
    """

    policy_type: PolicyType
    policy_name: str
    principal_type: PrincipalType
    principal_name: str
    resource_group_id: str | None = None
    attach_date: str = ""

    @property
    def ref(self) -> PolicyRef:
        """Which policy is attached."""
        return PolicyRef(self.policy_type, self.policy_name)


@dataclass(frozen=True)
class GrantGap:
    """Grants that could not be read: of one principal, or (`principal_name` None) of every one of that type.

    `scope` says which part is missing: `account` grants, `resource_group` grants, or `any`.
    """

    cause: Unreadable
    scope: Literal["account", "resource_group", "any"] = "any"
    principal_type: PrincipalType | None = None
    principal_name: str | None = None


@dataclass(frozen=True)
class Attachments:
    """The policy attachments of the account that were read, and `gaps`: those that could not be."""

    items: tuple[PolicyAttachment, ...] = ()
    gaps: tuple[GrantGap, ...] = ()
