"""RAM users and roles as the configuration speaks of them: who exists, what they hold, which entries fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from ...globs import has_wildcard
from ...inventory.facts import PrincipalType, Unreadable
from ...inventory.grants import PrincipalGrants
from ...messages import pluralize
from ...results import Resource
from .case import Case, Finding, skipped, unknown
from .resources import role_resource, user_resource
from .selectors import Answer, role_matches, user_matches

if TYPE_CHECKING:
    from ...config.model import RoleIntent

CALLS_USERS = (
    "ram:ListUsers",
    "ram:ListGroups",
    "ram:ListUsersForGroup",
    "resourcemanager:ListPolicyAttachments",
)
CALLS_ROLES = ("ram:ListRoles", "resourcemanager:ListPolicyAttachments")


@dataclass(frozen=True)
class Entry:
    """An entry of `users` or `roles` that fits somebody, or may fit: then `fits` says what is missing."""

    index: int
    intent: RoleIntent
    fits: Literal[True] | Unreadable


@dataclass(frozen=True)
class Principal:
    """A RAM user or role: what it holds, and the entries of the configuration that fit it."""

    resource: Resource
    type: PrincipalType
    name: str
    holdings: PrincipalGrants
    entries: tuple[Entry, ...]
    section: Literal["users", "roles"]

    @property
    def config_path(self) -> tuple[str | int, ...]:
        """The first entry that fits, else the section."""
        return (self.section, self.entries[0].index) if self.entries else (self.section,)


def users(case: Case) -> Iterable[Principal | Finding]:
    """Every RAM user; where the list, or a user, could not be read, an unknown finding."""
    return case.remembered("users", lambda: tuple(_users(case)))


def _users(case: Case) -> Iterator[Principal | Finding]:
    listed = case.inventory.users
    if isinstance(listed, Unreadable):
        yield unknown(Resource("user", "*"), listed, because="who the users are is not known")
        return
    names = [one.user_name for one in listed]
    written = _Entries(case.intent.users)
    for name in names:
        entries = written.fitting(name, partial(_fits_user, case, name))
        yield Principal(user_resource(name), "IMSUser", name, case.grants.user(name), entries, "users")
    for name, causes in _unlisted(case, "IMSUser", names):
        because = "a grant names this user, whom ListUsers does not show"
        yield unknown(user_resource(name), *causes, because=because)


def roles(case: Case) -> Iterator[Principal | Finding]:
    """Every RAM role that an entry fits; where the list, or a role, could not be read, an unknown finding."""
    listed = case.inventory.roles
    if isinstance(listed, Unreadable):
        yield unknown(Resource("role", "*"), listed, because="which roles exist is not known")
        return
    names = [one.role_name for one in listed]
    written = _Entries(case.intent.roles)
    for name in names:
        if entries := written.fitting(name, partial(_fits_role, name)):
            yield Principal(
                role_resource(name), "ServiceRole", name, case.grants.role(name), entries, "roles"
            )
    for name, causes in _unlisted(case, "ServiceRole", names):
        if written.fitting(name, partial(_fits_role, name)):
            because = "a grant names this role, which ListRoles does not show"
            yield unknown(role_resource(name), *causes, because=because)


def nobody(case: Case, section: Literal["users", "roles"], what: str) -> Finding:
    """Nobody was judged, although the list was read completely. `what` says who would have been."""
    listed = case.inventory.users if section == "users" else case.inventory.roles
    noun = section[:-1]
    read = pluralize(0 if isinstance(listed, Unreadable) else len(listed), noun)
    return skipped(
        Resource("user" if section == "users" else "role", "*"), f"{what}: {read} were read, completely"
    )


def _fits_user(case: Case, name: str, intent: RoleIntent) -> Answer:
    return user_matches(intent.match, name, case.inventory.groups)


def _fits_role(name: str, intent: RoleIntent) -> Answer:
    return role_matches(intent.match, name)


class _Entries:
    """The entries of a section: those that name one principal are found by its name, the others are tried."""

    def __init__(self, written: Sequence[RoleIntent] | None) -> None:
        self._written = written or ()
        self._by_name: dict[str, list[int]] = {}
        self._tried: list[int] = []
        for index, intent in enumerate(self._written):
            if any(has_wildcard(one) or one.startswith("group/") for one in intent.match):
                self._tried.append(index)
            else:
                for one in intent.match:
                    self._by_name.setdefault(one, []).append(index)

    def fitting(self, name: str, fits: Callable[[RoleIntent], Answer]) -> tuple[Entry, ...]:
        """The entries that fit a principal, or may."""
        indices = sorted({*self._tried, *self._by_name.get(name, ())})
        answers = [(index, self._written[index], fits(self._written[index])) for index in indices]
        return tuple(
            Entry(index, intent, answer or True) for index, intent, answer in answers if answer is not False
        )


def _unlisted(
    case: Case, kind: PrincipalType, known: Iterable[str]
) -> Iterator[tuple[str, tuple[Unreadable, ...]]]:
    """Principals that hold something, or may, and were not listed; with the causes that are known."""
    attachments, listed = case.inventory.attachments, set(known)
    found: dict[str, list[Unreadable]] = {}
    for one in attachments.items:
        if one.principal_type == kind and one.principal_name not in listed:
            found.setdefault(one.principal_name, [])
    for gap in attachments.gaps:
        if gap.principal_type == kind and gap.principal_name is not None and gap.principal_name not in listed:
            found.setdefault(gap.principal_name, []).append(gap.cause)
    for name, causes in found.items():
        yield name, tuple(causes)
