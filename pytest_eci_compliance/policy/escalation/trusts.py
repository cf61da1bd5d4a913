"""The trust policies of an account's roles: which identities and services they let in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

from ...inventory.facts import Role, Unreadable
from ..patterns import matches
from ..three_valued import Truth
from ..trust_principals import TrustPolicy, trust_policy
from .model import Identity


class TrustIndex:
    """The trust policies of all roles, and what they can see of identities."""

    def __init__(
        self, account_id: str, users: Collection[str], roles: Mapping[str, Role | Unreadable | None]
    ) -> None:
        self._account_id = account_id
        self._users = users
        self._roles = roles
        self._services: dict[tuple[str, str], Truth] = {}
        self._classes: dict[Identity, str] = {}

    @cached_property
    def policies(self) -> Mapping[str, TrustPolicy]:
        """The trust policy of every role."""
        return {
            name: trust_policy(_trust_document(role), self._account_id) for name, role in self._roles.items()
        }

    def lets_in_service(self, name: str, service: str) -> Truth:
        """Whether a role trusts a service."""
        key = (name, service)
        if key not in self._services:
            self._services[key] = self.policies[name].lets_in_service(service)
        return self._services[key]

    @cached_property
    def named(self) -> frozenset[str]:
        """The users and roles that some trust policy names, as `user/name` in lower case."""
        return frozenset(name for trust in self.policies.values() for name in trust.names)

    def missing(self, kind: str) -> tuple[str, ...]:
        """The names of users or roles that a trust policy names as they are written, and that do not exist."""
        taken = {name.lower() for name in (self._users if kind == "user" else self._roles)}
        names = (
            name.rpartition(":")[2].partition("/")[2]
            for trust in self.policies.values()
            for statement in trust.statements or ()
            for principal, name in statement.principals
            if principal == "RAM" and name.startswith(f"acs:ram::{self._account_id}:{kind}/")
        )
        plain = (name for name in names if name and not {"*", "?", "$", "/"} & set(name))
        return tuple(dict.fromkeys(name for name in plain if name.lower() not in taken))

    def class_of(self, identity: Identity) -> str:
        """What trust policies can see of an identity: its kind, or its name where one names it (or a pattern)."""
        name_class = self._classes.get(identity)
        if name_class is None:
            name_class = self._classes[identity] = self._class_of(identity)
        return name_class

    def _class_of(self, identity: Identity) -> str:
        text = f"{identity.kind}/{identity.plain_name}".lower()
        named = text in self.named or any(matches(pattern, text) for pattern in self._patterns)
        return str(identity) if named else identity.kind

    @cached_property
    def _patterns(self) -> tuple[str, ...]:
        return tuple(pattern for pattern in self.named if {"*", "?"} & set(pattern) and pattern != "*")


def _trust_document(role: Role | Unreadable | None) -> str | Unreadable | None:
    return role.assume_role_policy_document if isinstance(role, Role) else None


def lets_in(trust: TrustPolicy, identity: Identity) -> Truth:
    """Whether a trust policy lets in an identity. Whether a trust that names an identity is about a new one of that
    name is not documented."""
    by_name = trust.lets_in(identity.kind, identity.plain_name)
    if not identity.new:
        return by_name
    unnamed = trust.lets_in(identity.kind, identity.name)
    return by_name if by_name == unnamed else None


def is_service_linked(role_name: str) -> bool:
    """Whether a role is a service-linked one: only its service assumes it, and its trust cannot be changed."""
    return role_name.startswith("AliyunServiceRoleFor")
