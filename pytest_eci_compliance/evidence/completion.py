"""Every principal of the account: what the lists show, and who else is known to exist.

A principal that has a policy attached and was not listed is looked up: the list may have been read while the account
moved, or may have lost a page. Principals that cannot be resolved have unreadable grants.
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
    PolicyAttachment,
    PolicyRef,
    PrincipalType,
    Role,
    Unreadable,
    User,
    read_or_empty,
)
from . import ram
from .api_actions import LIST_GROUPS, LIST_ROLES, LIST_USERS, Action
from .caller import Caller
from .paging import gather

RamEntity: TypeAlias = "User | Group | Role"
PrincipalKey: TypeAlias = "tuple[PrincipalType, str]"


@dataclass(frozen=True)
class ListedPrincipals:
    """Users, groups with members, and roles.

    `gaps` are grants that are not known, `incomplete` lists that were shown not to be whole, `gone` principals that
    policies are attached to and that exist no more.
    """

    users: tuple[User, ...] | Unreadable
    groups: tuple[Group, ...] | Unreadable
    roles: tuple[Role, ...] | Unreadable
    gaps: tuple[GrantGap, ...] = ()
    incomplete: tuple[Unreadable, ...] = ()
    gone: frozenset[PrincipalKey] = frozenset()

    def without_gone(self, attachments: Attachments) -> Attachments:
        """The attachments without those to principals that exist no more."""
        items = (
            attachment
            for attachment in attachments.items
            if (attachment.principal_type, attachment.principal_name) not in self.gone
        )
        return Attachments(tuple(items), attachments.gaps)

    def names(self) -> list[PrincipalKey]:
        """Every principal by type and name."""
        return [
            (principal_type.type, principal_type.name_of(principal))
            for principal_type in _PRINCIPAL_TYPES
            for principal in read_or_empty(principal_type.listed_in(self))
        ]


async def list_principals(
    caller: Caller, roles: Awaitable[tuple[Role, ...] | Unreadable]
) -> ListedPrincipals:
    """What the three lists show; others wait for that of the roles too."""
    return ListedPrincipals(*await asyncio.gather(ram.users(caller), ram.groups(caller), roles))


async def complete_principals(
    caller: Caller, principals: ListedPrincipals, attachments: Attachments, identity: CallerIdentity
) -> ListedPrincipals:
    """The principals, with those that are known from elsewhere and were not listed.

    Members of groups are named as the users are listed.
    """
    known = _known_names(principals, attachments, identity)
    search = _Search(caller)
    users, groups, roles = [
        await search.complete(
            principal_type, principal_type.listed_in(principals), known[principal_type.type]
        )
        for principal_type in _PRINCIPAL_TYPES
    ]
    return ListedPrincipals(
        users,
        _with_members(groups, users),
        roles,
        tuple(search.gaps),
        tuple(search.incomplete),
        frozenset(search.gone),
    )


def _known_names(
    principals: ListedPrincipals, attachments: Attachments, identity: CallerIdentity
) -> dict[PrincipalType, set[str]]:
    """Who has a policy attached, is a member of a group, or makes these calls."""
    known: dict[PrincipalType, set[str]] = {"IMSUser": set(), "IMSGroup": set(), "ServiceRole": set()}
    for attachment in attachments.items:
        known[attachment.principal_type].add(attachment.principal_name)
    for gap in attachments.gaps:
        if gap.principal_type is not None and gap.principal_name is not None:
            known[gap.principal_type].add(gap.principal_name)
    if identity.identity_type == "RAMUser":
        known["IMSUser"].add(identity.arn.partition(":user/")[2])
    for group in read_or_empty(principals.groups):
        known["IMSUser"].update(read_or_empty(group.members))
    return known


def _with_members(
    groups: tuple[Group, ...] | Unreadable, users: tuple[User, ...] | Unreadable
) -> tuple[Group, ...] | Unreadable:
    """The groups, each member under the name by which the user is listed: RAM does not compare names by case."""
    if isinstance(groups, Unreadable) or isinstance(users, Unreadable):
        return groups
    exact, by_folded_name = _spellings(user.user_name for user in users)

    def listed_name(name: str) -> str:
        return name if name in exact else by_folded_name.get(name.casefold(), name)

    return tuple(
        group
        if isinstance(group.members, Unreadable)
        else replace(group, members=tuple(map(listed_name, group.members)))
        for group in groups
    )


def _spellings(names: Iterable[str]) -> tuple[frozenset[str], dict[str, str]]:
    """The names, and each by its case-folded form."""
    exact = frozenset(names)
    return exact, {name.casefold(): name for name in sorted(exact)}


def with_listed_names(attachments: Attachments, principals: ListedPrincipals) -> Attachments:
    """The attachments, each under the name by which its principal is listed: RAM does not compare names by case."""
    exact = set(principals.names())
    by_folded_name = {(kind, name.casefold()): name for kind, name in principals.names()}

    def listed_name(kind: PrincipalType, name: str) -> str:
        return name if (kind, name) in exact else by_folded_name.get((kind, name.casefold()), name)

    return replace(
        attachments,
        items=tuple(
            replace(
                attachment,
                principal_name=listed_name(attachment.principal_type, attachment.principal_name),
            )
            for attachment in attachments.items
        ),
        gaps=tuple(named for gap in attachments.gaps for named in _with_listed_name(gap, principals)),
    )


def with_listed_policies(attachments: Attachments, custom: Iterable[PolicyRef]) -> Attachments:
    """The attachments, each of a custom policy under the name by which the policy is listed, where that differs only
    in the case of letters."""
    exact, by_folded_name = _spellings(policy.policy_name for policy in custom)

    def listed(attachment: PolicyAttachment) -> PolicyAttachment:
        name = attachment.policy_name
        if attachment.policy_type != "Custom" or name in exact:
            return attachment
        return replace(attachment, policy_name=by_folded_name.get(name.casefold(), name))

    return replace(attachments, items=tuple(map(listed, attachments.items)))


def _with_listed_name(gap: GrantGap, principals: ListedPrincipals) -> list[GrantGap]:
    """The gap under each listed name that it may be about; as it is where it names nobody who is listed."""
    name = gap.principal_name
    if name is None:
        return [gap]
    fitting = [
        (kind, listed)
        for kind, listed in principals.names()
        if listed.casefold() == name.casefold() and (gap.principal_type is None or kind == gap.principal_type)
    ]
    exact = [(kind, listed) for kind, listed in fitting if listed == name]
    return [
        replace(gap, principal_type=kind, principal_name=listed) for kind, listed in exact or fitting
    ] or [gap]


@dataclass(frozen=True)
class _PrincipalTypeRow:
    """How principals of one type are listed, named and looked up.

    `listed_in` is the list in `ListedPrincipals`, `read_list` reads it, `look_up` reads one by name (None where it
    does not exist), and `unresolved` makes what stands for one that cannot be looked up.
    """

    type: PrincipalType
    action: Action
    name_of: Callable[[Any], str]
    listed_in: Callable[[ListedPrincipals], Any]
    read_list: Callable[[Caller], Awaitable[Any]]
    look_up: Callable[[Caller, str], Awaitable[Any]]
    unresolved: Callable[[str], RamEntity]


@dataclass
class _Search:
    """The search for principals that were not listed, and what it has shown."""

    caller: Caller
    gaps: list[GrantGap] = field(default_factory=list)
    incomplete: list[Unreadable] = field(default_factory=list)
    gone: set[PrincipalKey] = field(default_factory=set)

    async def complete(self, row: _PrincipalTypeRow, listed: Any, known: set[str]) -> Any:
        """The principals as listed, and the `known` that were not, after a second look at the list."""
        if isinstance(listed, Unreadable) or not _missing_names(row, listed, known):
            return listed
        listed_again = read_or_empty(await row.read_list(self.caller))
        principals = {row.name_of(principal): principal for principal in (*listed, *listed_again)}
        missing = sorted(_missing_names(row, principals.values(), known))
        answers = await gather(row.look_up(self.caller, name) for name in missing)
        for name, answer in zip(missing, answers, strict=True):
            if answer is None:
                self.gone.add((row.type, name))
            elif isinstance(answer, Unreadable):
                self.gaps.append(GrantGap(answer, "any", row.type, name))
                principals[name] = row.unresolved(name)
            else:
                self.incomplete.append(_incomplete_list(row, name))
                principals[row.name_of(answer)] = answer
        return tuple(principals[name] for name in sorted(principals))


def _incomplete_list(row: _PrincipalTypeRow, name: str) -> Unreadable:
    return Unreadable(row.action.call, "Incomplete", subject=name, detail="the list lacks one that exists")


def _missing_names(row: _PrincipalTypeRow, principals: Iterable[Any], known: set[str]) -> set[str]:
    """Those of the known names that are not listed under any spelling."""
    _, by_folded_name = _spellings(row.name_of(principal) for principal in principals)
    return {name for name in known if name.casefold() not in by_folded_name}


async def _look_up_group(caller: Caller, name: str) -> Group | None:
    members = await ram.members(caller, name)
    return None if members is None else Group(name, members=members)


_PRINCIPAL_TYPES = (
    _PrincipalTypeRow(
        type="IMSUser",
        action=LIST_USERS,
        name_of=lambda user: user.user_name,
        listed_in=lambda principals: principals.users,
        read_list=ram.users,
        look_up=ram.user,
        unresolved=User,
    ),
    _PrincipalTypeRow(
        type="IMSGroup",
        action=LIST_GROUPS,
        name_of=lambda group: group.group_name,
        listed_in=lambda principals: principals.groups,
        read_list=ram.groups,
        look_up=_look_up_group,
        unresolved=Group,
    ),
    _PrincipalTypeRow(
        type="ServiceRole",
        action=LIST_ROLES,
        name_of=lambda role: role.role_name,
        listed_in=lambda principals: principals.roles,
        read_list=ram.roles,
        look_up=ram.role,
        unresolved=Role,
    ),
)
"""In the order of the lists in `ListedPrincipals`."""
