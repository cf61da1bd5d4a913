"""Reading ResourceManager: every policy attachment of the account, and the resource groups."""

from __future__ import annotations

from ..inventory.facts import PolicyAttachment, ResourceGroup, Unreadable
from . import parse
from .api_actions import LIST_POLICY_ATTACHMENTS, LIST_RESOURCE_GROUPS
from .caller import Caller
from .errors import Call, CallFailed
from .paging import Item, by_key, paged
from .wire import parse_fact, text

_TYPES = {"System", "Custom"}
_PRINCIPALS = {"IMSUser", "IMSGroup", "ServiceRole"}


def _identity(item: Item) -> object:
    return tuple(
        text(item, name)
        for name in ("PolicyType", "PolicyName", "PrincipalType", "PrincipalName", "ResourceGroupId")
    )


async def attachments(caller: Caller, account_id: str) -> tuple[PolicyAttachment, ...] | Unreadable:
    """Every attachment to users, groups and roles, account-wide and on resource groups (ListPolicyAttachments)."""
    call = Call(LIST_POLICY_ATTACHMENTS, {})
    try:
        items = await paged(caller, call, _identity)
        if not all(_is_known_attachment(item, account_id) for item in items):
            raise caller.incomplete_list(
                call, "Malformed", "a grant names no policy, principal or scope that we know"
            )
    except CallFailed as failure:
        return failure.unreadable
    return tuple(parse.attachment(item, account_id) for item in items)


def _is_known_attachment(item: Item, account_id: str) -> bool:
    """Whether the types and the scope of an attachment are known ones.

    Its scope is the account's id or that of a resource group: the id of another account is neither.
    """
    scope = text(item, "ResourceGroupId")
    return (
        text(item, "PolicyType") in _TYPES
        and text(item, "PrincipalType") in _PRINCIPALS
        and bool(text(item, "PolicyName"))
        and bool(text(item, "PrincipalName").partition("@")[0])
        and (scope == account_id or not scope.isdecimal())
        and bool(scope)
    )


async def resource_groups(caller: Caller) -> tuple[ResourceGroup, ...] | Unreadable:
    """Every resource group, by id (ListResourceGroups)."""
    call = Call(LIST_RESOURCE_GROUPS, {})
    try:
        items = await paged(caller, call, by_key(call))
    except CallFailed as failure:
        return failure.unreadable
    return tuple(sorted((parse_fact(ResourceGroup, item) for item in items), key=lambda group: group.id))
