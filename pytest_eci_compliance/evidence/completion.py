"""Every principal of the account: what the lists show, and whoever else is known to hold a grant.

A grant whose principal was not listed is looked up: the list may have been read while the account moved, or may
have lost a page. Whoever can be found neither way has unreadable grants.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from ..inventory.facts import (
    Attachments,
    CallerIdentity,
    GrantGap,
    Group,
    PrincipalType,
    Role,
    Unreadable,
    User,
)
from . import ram
from .api_actions import LIST_GROUPS, LIST_ROLES, LIST_USERS, Action
from .caller import Caller
from .paging import gather

Found: TypeAlias = "User | Group | Role"


@dataclass(frozen=True)
class Principals:
    """Users, groups with members, and roles.

    `incomplete` are lists that were shown not to be whole, `gone` holders of grants that exist no more.
    """

    users: tuple[User, ...] | Unreadable
    groups: tuple[Group, ...] | Unreadable
    roles: tuple[Role, ...] | Unreadable
    gaps: tuple[GrantGap, ...] = ()
    incomplete: tuple[Unreadable, ...] = ()
    gone: frozenset[tuple[PrincipalType, str]] = frozenset()

    def living(self, attachments: Attachments) -> Attachments:
        """The grants without those of principals that exist no more."""
        items = (
            one for one in attachments.items if (one.principal_type, one.principal_name) not in self.gone
        )
        return Attachments(tuple(items), attachments.gaps)

    def names(self) -> list[tuple[PrincipalType, str]]:
        """Every principal by type and name."""
        return [
            (sort.kind, sort.name(one))
            for sort, some in zip(_SORTS, (self.users, self.groups, self.roles), strict=True)
            if not isinstance(some, Unreadable)
            for one in some
        ]


async def listed(caller: Caller, roles: Awaitable[tuple[Role, ...] | Unreadable]) -> Principals:
    """What the three lists show; that of the roles others wait for too."""
    return Principals(*await asyncio.gather(ram.users(caller), ram.groups(caller), roles))


def _with_members(
    groups: tuple[Group, ...] | Unreadable, users: tuple[User, ...] | Unreadable
) -> tuple[Group, ...] | Unreadable:
    """The groups, with each member under the name by which the user is listed: RAM does not compare names by case."""
    if isinstance(groups, Unreadable) or isinstance(users, Unreadable):
        return groups
    exact, listed_as = _names(one.user_name for one in users)
    return tuple(
        one
        if isinstance(one.members, Unreadable)
        else replace(
            one,
            members=tuple(
                name if name in exact else listed_as.get(name.casefold(), name) for name in one.members
            ),
        )
        for one in groups
    )


def _names(names: Iterable[str]) -> tuple[frozenset[str], dict[str, str]]:
    """The names, and each by its case-folded form."""
    exact = frozenset(names)
    return exact, {name.casefold(): name for name in sorted(exact)}


def named(attachments: Attachments, principals: Principals) -> Attachments:
    """The grants, each under the name by which its principal is listed: RAM does not compare names by case."""
    listed_as = {(kind, name.casefold()): name for kind, name in principals.names()}
    exact = set(principals.names())
    return replace(
        attachments,
        items=tuple(
            one
            if (one.principal_type, one.principal_name) in exact
            else replace(
                one,
                principal_name=listed_as.get(
                    (one.principal_type, one.principal_name.casefold()), one.principal_name
                ),
            )
            for one in attachments.items
        ),
    )


async def completed(
    caller: Caller, principals: Principals, attachments: Attachments, identity: CallerIdentity
) -> Principals:
    """The principals, with whoever is known from elsewhere and was not listed; members of groups are named as the
    users are listed."""
    known = _known(principals, attachments, identity)
    search = _Search(caller)
    some = (principals.users, principals.groups, principals.roles)
    users, groups, roles = [
        await search.complete(sort, one, known[sort.kind]) for sort, one in zip(_SORTS, some, strict=True)
    ]
    return Principals(
        users,
        _with_members(groups, users),
        roles,
        tuple(search.gaps),
        tuple(search.incomplete),
        frozenset(search.gone),
    )


def _known(
    principals: Principals, attachments: Attachments, identity: CallerIdentity
) -> dict[PrincipalType, set[str]]:
    """Who holds a grant, is a member of a group, or makes these calls."""
    known: dict[PrincipalType, set[str]] = {"IMSUser": set(), "IMSGroup": set(), "ServiceRole": set()}
    for one in attachments.items:
        known[one.principal_type].add(one.principal_name)
    if identity.identity_type == "RAMUser":
        known["IMSUser"].add(identity.arn.partition(":user/")[2])
    for group in () if isinstance(principals.groups, Unreadable) else principals.groups:
        known["IMSUser"].update(() if isinstance(group.members, Unreadable) else group.members)
    return known


@dataclass(frozen=True)
class _Sort:
    """How one sort of principal is listed, named and looked up, and what stands for one that cannot be."""

    kind: PrincipalType
    action: Action
    name: Callable[[Any], str]
    list: Callable[[Caller], Awaitable[Any]]
    look_up: Callable[[Caller, str], Awaitable[Any]]
    unseen: Callable[[str], Found]


@dataclass
class _Search:
    caller: Caller
    gaps: list[GrantGap] = field(default_factory=list)
    incomplete: list[Unreadable] = field(default_factory=list)
    gone: set[tuple[PrincipalType, str]] = field(default_factory=set)

    async def complete(self, sort: _Sort, some: Any, known: set[str]) -> Any:
        """`some` as listed, and the `known` that were not, after a second look at the list."""
        if isinstance(some, Unreadable) or not self._missing(sort, some, known):
            return some
        again = await sort.list(self.caller)
        both = {sort.name(one): one for one in (*some, *(() if isinstance(again, Unreadable) else again))}
        missing = sorted(self._missing(sort, both.values(), known))
        found = await gather(sort.look_up(self.caller, name) for name in missing)
        for name, one in zip(missing, found, strict=True):
            if isinstance(one, Unreadable):
                self.gaps.append(GrantGap(one, "any", sort.kind, name))
                both[name] = sort.unseen(name)
            elif one is None:
                self.gone.add((sort.kind, name))
            else:
                self.incomplete.append(
                    Unreadable(
                        sort.action.call, "Incomplete", subject=name, detail="the list lacks one that exists"
                    )
                )
                both[sort.name(one)] = one
        return tuple(both[name] for name in sorted(both))

    @staticmethod
    def _missing(sort: _Sort, some: Iterable[Any], known: set[str]) -> set[str]:
        """Those of the known that are not listed under any spelling of their name."""
        _, listed_as = _names(sort.name(one) for one in some)
        return {name for name in known if name.casefold() not in listed_as}


async def _group(caller: Caller, name: str) -> Group | None:
    members = await ram.members(caller, name)
    return None if members is None else Group(name, members=members)


_SORTS = (
    _Sort("IMSUser", LIST_USERS, lambda one: one.user_name, ram.users, ram.user, User),
    _Sort("IMSGroup", LIST_GROUPS, lambda one: one.group_name, ram.groups, _group, Group),
    _Sort("ServiceRole", LIST_ROLES, lambda one: one.role_name, ram.roles, ram.role, Role),
)
