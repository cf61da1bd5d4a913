"""What one answer names and the list of another lacks: that list is then not whole, whatever it counts.

A list is read once more where it lacks something, because the account may have moved between the two answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from ..inventory.facts import (
    Attachments,
    Kind,
    Listing,
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
_LACKS = "the list lacks one that exists"


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
    caller: Caller,
    listed: Listed[ResourceGroup],
    attachments: Attachments,
    listings: Mapping[Kind, tuple[Listing, ...]],
) -> Checked[ResourceGroup]:
    """The resource groups, held against those on which policies are attached, and in which ECI resources are.

    What is not listed is not added: nothing but its id is known.
    """
    resources = (
        resource
        for of_kind in listings.values()
        for listing in of_kind
        for resource in (*listing.read_items, *listing.later)
    )
    ids = {
        *(attachment.resource_group_id for attachment in attachments.items),
        *(resource.resource_group_id for resource in resources),
    }
    named = [ResourceGroup(group) for group in sorted(filter(None, ids))]
    checked = await _checked(
        listed, named, lambda: resource_manager.resource_groups(caller), _id_of_group, LIST_RESOURCE_GROUPS
    )
    if isinstance(checked.listed, Unreadable):
        return checked
    unlisted = {cause.subject for cause in checked.incomplete}
    return Checked(tuple(group for group in checked.listed if group.id not in unlisted), checked.incomplete)


async def unresolved_attachments(
    caller: Caller, account_id: str, attachments: Attachments, gone: Iterable[PrincipalKey]
) -> tuple[Unreadable, ...]:
    """Why it is not known who holds account-wide policies: principals that do not exist, and to which a second look
    still shows them attached. RAM deletes no principal that a policy is attached to (DeleteUser: DeleteConflict)."""
    before = _account_wide(attachments) & set(gone)
    if not before:
        return ()
    again = await resource_manager.attachments(caller, account_id)
    after = before if isinstance(again, Unreadable) else before & _account_wide(again)
    detail = "a policy is attached to a principal that does not exist"
    return tuple(
        Unreadable(LIST_POLICY_ATTACHMENTS.call, "Incomplete", subject=name, detail=detail)
        for _, name in sorted(after)
    )


def _account_wide(attachments: Attachments) -> set[PrincipalKey]:
    return {
        (attachment.principal_type, attachment.principal_name)
        for attachment in attachments.items
        if attachment.resource_group_id is None
    }


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
