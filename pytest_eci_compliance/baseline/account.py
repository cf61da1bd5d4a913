"""The description of one account, as the sections of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..checks.custom_policies import judged_policies
from ..checks.support.case import Case
from ..checks.support.verdicts import Finding
from ..config.model import Account
from ..inventory.facts import Inventory, PolicyRef, Unreadable
from ..inventory.kinds import KINDS
from ..inventory.linked_roles import LINKED_ROLES
from .policy_documents import (
    PinnedDocument,
    ServiceLinkedRoleDescription,
    pinned_documents,
    service_linked_role,
    undecidable_policies,
)
from .principals import PrincipalEntries, roles, users
from .resources import KindDescription, describe_kind


@dataclass(frozen=True)
class AccountDescription:
    """One account. `settings` are its connection settings, `folder` is the folder of its policy documents.

    `undecidable` are sentences on policies that cannot be evaluated, `missing` the calls that failed, `judged` the
    attached custom policies that `custom-policy` compares, `notes` comments by section.
    """

    name: str
    account_id: str
    mode: str
    read_at: str
    settings: Mapping[str, Any]
    users: PrincipalEntries
    roles: PrincipalEntries
    kinds: tuple[KindDescription, ...]
    service_linked_roles: tuple[ServiceLinkedRoleDescription, ...]
    pins: tuple[PinnedDocument, ...]
    undecidable: tuple[str, ...]
    group_names: Mapping[str, str]
    missing: tuple[Unreadable, ...]
    folder: str
    judged: frozenset[PolicyRef] = frozenset()
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def documents(self) -> Mapping[str, str]:
        """The text of each policy document, by its path in `folder`."""
        of_roles = [role.policy for role in self.service_linked_roles if role.policy is not None]
        return {pin.path: pin.text for pin in (*self.pins, *of_roles)}

    @property
    def system_policies(self) -> tuple[PinnedDocument, ...]:
        """The documents of the system policies of users and roles."""
        return tuple(pin for pin in self.pins if pin.policy.policy_type == "System")

    @property
    def reviewed(self) -> tuple[PinnedDocument, ...]:
        """The documents of the judged custom policies."""
        return tuple(pin for pin in self.pins if pin.policy in self.judged)

    @property
    def unpinned(self) -> tuple[PolicyRef, ...]:
        """The judged custom policies whose content is not a policy document."""
        return tuple(sorted(self.judged - {pin.policy for pin in self.pins}))


def describe_account(
    case: Case,
    mode: str,
    read_at: str,
    settings: Mapping[str, Any],
    missing: tuple[Unreadable, ...],
    folder: str,
) -> AccountDescription:
    """Describe an account that was read."""
    kinds = tuple(describe_kind(case, kind) for kind in KINDS)
    usages = [usage for kind in kinds for usage in (*kind.ram_roles.intended, *kind.ram_roles.refused)]
    all_users, used_roles = users(case), roles(case, [usage.id for usage in usages])
    policies = {
        policy
        for entry in (*all_users.entries, *used_roles.entries)
        for policy in (
            *entry.permissions.policies,
            *(name for _, names in entry.permissions.resource_groups for name in names),
        )
    }
    custom_policies = [policy for policy in judged_policies(case) if not isinstance(policy, Finding)]
    judged = frozenset(ref for ref, text in custom_policies if not isinstance(text, Unreadable))
    return AccountDescription(
        case.name,
        case.inventory.account_id,
        mode,
        read_at,
        settings,
        all_users,
        used_roles,
        kinds,
        tuple(service_linked_role(case, role) for role in LINKED_ROLES),
        pinned_documents(case, policies.union(map(str, judged))),
        undecidable_policies(case, policies),
        case.resource_group_names,
        missing,
        folder,
        judged,
    )


def description_intent(inventory: Inventory, configured: Account) -> Account:
    """The configuration under which an account is described: only policies that concern ECI are judged."""
    return Account(
        account_id=inventory.account_id,
        grants="eci",
        default_resource_group=configured.default_resource_group,
    )
