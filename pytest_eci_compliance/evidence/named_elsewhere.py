"""What one answer names and the list of another lacks: that list is then not whole, whatever it counts.

A list is read once more where it lacks something, because the account may have moved between the two answers.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeAlias, TypeVar

from ..inventory.facts import (
    Attachments,
    GrantGap,
    Policy,
    PolicyRef,
    ResourceGroup,
    Role,
    Unreadable,
    read_or_empty,
)
from ..inventory.linked_roles import LINKED_ROLE_PREFIX
from . import ram, resource_manager
from .api_actions import LIST_POLICIES, LIST_POLICY_ATTACHMENTS, LIST_RESOURCE_GROUPS, LIST_ROLES, Action
from .caller import Caller
from .completion import PrincipalKey

T = TypeVar("T")
Listed: TypeAlias = "tuple[T, ...] | Unreadable"
_NO_NAME = re.compile(r"[\s/:%]")
_LACKS = "the list lacks one that exists"
_LACKS_GROUP = "the list lacks a resource group on which a policy is attached"


@dataclass(frozen=True)
class Checked(Generic[T]):
    """A list that was held against what names its items: with what a second look has shown, and `incomplete`, what
    it still lacks."""

    listed: Listed[T]
    incomplete: tuple[Unreadable, ...] = ()


async def checked_roles(
    caller: Caller, listed: Listed[Role], lookups: Mapping[str, Role | Unreadable | None]
) -> Checked[Role]:
    """The roles, with those that GetRole found and ListRoles lacks.

    Whether ListRoles shows service-linked roles is not documented: they are no contradiction.
    """
    found = [role for role in lookups.values() if isinstance(role, Role)]
    named = [role for role in found if not role.role_name.startswith(LINKED_ROLE_PREFIX)]
    return await _checked(listed, named, lambda: ram.roles(caller), _name_of_role, LIST_ROLES)


async def checked_custom_policies(
    caller: Caller,
    listed: Listed[PolicyRef],
    attachments: Attachments,
    policies: Mapping[PolicyRef, Policy],
) -> Checked[PolicyRef]:
    """The custom policies, with those that are attached, and exist, and that ListPolicies lacks."""
    attached = {attachment.ref for attachment in attachments.items if attachment.policy_type == "Custom"}
    named = [
        ref for ref in sorted(attached) if ref in policies and isinstance(policies[ref].policy_document, str)
    ]
    return await _checked(listed, named, lambda: ram.custom_policies(caller), _name_of_policy, LIST_POLICIES)


async def checked_resource_groups(
    caller: Caller, listed: Listed[ResourceGroup], attachments: Attachments
) -> Checked[ResourceGroup]:
    """The resource groups, held against those on which policies are attached.

    A policy on a group that is not listed would be taken for a policy on nothing. What is not listed is not added,
    since nothing but its id is known. ECI resources in such a group fail by themselves (`instance-resource-group`).
    """
    ids = {attachment.resource_group_id for attachment in attachments.items}
    named = [ResourceGroup(group) for group in sorted(filter(None, ids))]
    checked = await _checked(
        listed, named, lambda: resource_manager.resource_groups(caller), _id_of_group, LIST_RESOURCE_GROUPS
    )
    if isinstance(checked.listed, Unreadable):
        return checked
    unlisted = {cause.subject for cause in checked.incomplete}
    causes = tuple(replace(cause, detail=_LACKS_GROUP) for cause in checked.incomplete)
    return Checked(tuple(group for group in checked.listed if group.id not in unlisted), causes)


async def unresolved_attachments(
    caller: Caller, account_id: str, attachments: Attachments, gone: Iterable[PrincipalKey]
) -> tuple[GrantGap, ...]:
    """Why it is not known who of a type holds policies: principals that do not exist, and to which a second look
    still shows them attached.

    RAM deletes no principal that an account-wide policy is attached to (DeleteUser: DeleteConflict); of one on a
    resource group that is not documented, and it counts where the text can be no name.
    """
    before = _lasting(attachments) & set(gone)
    if not before:
        return ()
    again = await resource_manager.attachments(caller, account_id)
    after = before if isinstance(again, Unreadable) else before & _lasting(again)
    detail = "a policy is attached to a principal that does not exist"
    return tuple(
        GrantGap(
            Unreadable(LIST_POLICY_ATTACHMENTS.call, "Incomplete", subject=name, detail=detail), "any", kind
        )
        for kind, name in sorted(after)
    )


def _lasting(attachments: Attachments) -> set[PrincipalKey]:
    """The principals whose attachments do not outlast them."""
    return {
        (attachment.principal_type, attachment.principal_name)
        for attachment in attachments.items
        if attachment.resource_group_id is None or not _is_name(attachment.principal_name)
    }


def _is_name(text: str) -> bool:
    """Whether a text can be the name of a principal: it is none of an ARN, a path, or encoded text."""
    return text.isprintable() and _NO_NAME.search(text) is None


async def _checked(
    listed: Listed[T],
    named: Iterable[T],
    read_again: Callable[[], Awaitable[Listed[T]]],
    name_of: Callable[[T], str],
    action: Action,
) -> Checked[T]:
    """The list, with what is named and was not listed. RAM does not compare names by the case of letters."""
    if isinstance(listed, Unreadable):
        return Checked(listed)
    items = {name_of(item).casefold(): item for item in listed}
    wanted = {name_of(item).casefold(): item for item in named}
    if not wanted.keys() - items.keys():
        return Checked(listed)
    items = {**{name_of(item).casefold(): item for item in read_or_empty(await read_again())}, **items}
    lacking = {name: item for name, item in wanted.items() if name not in items}
    causes = tuple(
        Unreadable(action.call, "Incomplete", subject=name_of(item), detail=_LACKS)
        for item in lacking.values()
    )
    return Checked(tuple(sorted({**items, **lacking}.values(), key=name_of)), causes)


def _name_of_role(role: Role) -> str:
    return role.role_name


def _name_of_policy(policy: PolicyRef) -> str:
    return policy.policy_name


def _id_of_group(group: ResourceGroup) -> str:
    return group.id
