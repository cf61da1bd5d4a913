"""RAM users and roles as checks see them: what they hold, and the entries of the configuration that match."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from ...globs import has_wildcard
from ...inventory.facts import PrincipalType, Unreadable
from ...inventory.grants import PrincipalGrants
from ...messages import pluralize
from ...results import Resource
from .resources import role_resource, user_resource
from .selectors import BoolOrUnread, role_matches, user_matches
from .verdicts import Finding, skipped, unknown

if TYPE_CHECKING:
    from ...config.model import Account, RoleIntent
    from ...inventory.facts import Inventory
    from ...inventory.grants import GrantIndex

PrincipalSection: TypeAlias = Literal["users", "roles"]

CALLS: dict[PrincipalSection, tuple[str, ...]] = {
    "users": (
        "ram:ListUsers",
        "ram:ListGroups",
        "ram:ListUsersForGroup",
        "resourcemanager:ListPolicyAttachments",
    ),
    "roles": ("ram:ListRoles", "resourcemanager:ListPolicyAttachments"),
}
"""The calls that the grants of every principal rest on, by section of the configuration."""


@dataclass(frozen=True)
class Entry:
    """An entry of `users` or `roles` that matches a principal, or may: then `fits` is the evidence that lacks."""

    index: int
    intent: RoleIntent
    fits: Literal[True] | Unreadable


@dataclass(frozen=True)
class CheckedPrincipal:
    """A RAM user or role: what it holds, and the entries of the configuration that match it."""

    resource: Resource
    type: PrincipalType
    name: str
    holdings: PrincipalGrants
    entries: tuple[Entry, ...]
    section: PrincipalSection

    @property
    def config_path(self) -> tuple[str | int, ...]:
        """The first entry that matches, else the section."""
        return (self.section, self.entries[0].index) if self.entries else (self.section,)

    def config_path_of(self, key: str | None) -> tuple[str | int, ...]:
        """The key in the first entry that matches and has it, else `config_path`."""
        having = (entry.index for entry in self.entries if key in entry.intent.model_fields_set)
        index = next(having, None)
        return self.config_path if key is None or index is None else (self.section, index, key)


class Principals:
    """The principals of one account; where a list or a principal could not be read, an unknown finding."""

    def __init__(self, inventory: Inventory, intent: Account, grants: GrantIndex) -> None:
        self._inventory = inventory
        self._intent = intent
        self._grants = grants

    def of(self, section: PrincipalSection) -> tuple[CheckedPrincipal | Finding, ...]:
        """The principals that a section of the configuration is about."""
        return self.users if section == "users" else self.roles

    @cached_property
    def users(self) -> tuple[CheckedPrincipal | Finding, ...]:
        """Every RAM user."""
        return tuple(self._users())

    @cached_property
    def roles(self) -> tuple[CheckedPrincipal | Finding, ...]:
        """Every RAM role that an entry matches."""
        return tuple(self._roles())

    def none_concerned(self, section: PrincipalSection, message: str) -> Finding:
        """The skipped row where the list was read completely and no principal of it is concerned."""
        listed = self._inventory.users if section == "users" else self._inventory.roles
        noun: Literal["user", "role"] = "user" if section == "users" else "role"
        count = pluralize(0 if isinstance(listed, Unreadable) else len(listed), noun)
        return skipped(f"{message} ({count} read, the list is complete)").on(Resource(noun, "*"))

    def _users(self) -> Iterator[CheckedPrincipal | Finding]:
        listed = self._inventory.users
        if isinstance(listed, Unreadable):
            yield unknown(listed, because="the list of users is missing").on(Resource("user", "*"))
            return
        names = [user.user_name for user in listed]
        entries = _Entries(self._intent.users)
        for name in names:
            matching = entries.matching(name, self._user_matcher(name))
            yield CheckedPrincipal(
                user_resource(name), "IMSUser", name, self._grants.user(name), matching, "users"
            )
        for name, causes in self._unlisted("IMSUser", names):
            because = "a policy is attached to this user, whom ListUsers does not show"
            yield unknown(*causes, because=because).on(user_resource(name))

    def _roles(self) -> Iterator[CheckedPrincipal | Finding]:
        listed = self._inventory.roles
        if isinstance(listed, Unreadable):
            yield unknown(listed, because="the list of roles is missing").on(Resource("role", "*"))
            return
        names = [role.role_name for role in listed]
        entries = _Entries(self._intent.roles)
        for name in names:
            if matching := entries.matching(name, _role_matcher(name)):
                grants = self._grants.role(name)
                yield CheckedPrincipal(role_resource(name), "ServiceRole", name, grants, matching, "roles")
        for name, causes in self._unlisted("ServiceRole", names):
            if entries.matching(name, _role_matcher(name)):
                because = "a policy is attached to this role, which ListRoles does not show"
                yield unknown(*causes, because=because).on(role_resource(name))

    def _user_matcher(self, name: str) -> Callable[[RoleIntent], BoolOrUnread]:
        return lambda intent: user_matches(intent.match, name, self._inventory.groups)

    def _unlisted(
        self, type_: PrincipalType, listed: Iterable[str]
    ) -> Iterator[tuple[str, tuple[Unreadable, ...]]]:
        """Principals that hold a policy, or may, and were not listed; with the known causes."""
        attachments, known = self._inventory.attachments, set(listed)
        causes: dict[str, list[Unreadable]] = {}
        for attachment in attachments.items:
            if attachment.principal_type == type_ and attachment.principal_name not in known:
                causes.setdefault(attachment.principal_name, [])
        for gap in attachments.gaps:
            name = gap.principal_name
            if gap.principal_type == type_ and name is not None and name not in known:
                causes.setdefault(name, []).append(gap.cause)
        for name, unread in causes.items():
            yield name, tuple(unread)


def _role_matcher(name: str) -> Callable[[RoleIntent], BoolOrUnread]:
    return lambda intent: role_matches(intent.match, name)


class _Entries:
    """The entries of a section: those that name one principal are found by its name, the others are tried."""

    def __init__(self, intents: Sequence[RoleIntent] | None) -> None:
        self._intents = intents or ()
        self._by_name: dict[str, list[int]] = {}
        self._with_wildcards: list[int] = []
        for index, intent in enumerate(self._intents):
            if any(has_wildcard(pattern) or pattern.startswith("group/") for pattern in intent.match):
                self._with_wildcards.append(index)
            else:
                for name in intent.match:
                    self._by_name.setdefault(name, []).append(index)

    def matching(self, name: str, matches: Callable[[RoleIntent], BoolOrUnread]) -> tuple[Entry, ...]:
        """The entries that match a principal, or may."""
        indices = sorted({*self._with_wildcards, *self._by_name.get(name, ())})
        answers = [(index, self._intents[index], matches(self._intents[index])) for index in indices]
        return tuple(
            Entry(index, intent, answer or True) for index, intent, answer in answers if answer is not False
        )
