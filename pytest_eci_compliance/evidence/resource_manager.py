"""Reading ResourceManager: every policy attachment of the account, and the resource groups."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from ..inventory.facts import Attachments, GrantGap, PrincipalType, ResourceGroup, Unreadable
from . import parse
from .api_actions import LIST_POLICY_ATTACHMENTS, LIST_RESOURCE_GROUPS
from .caller import Caller
from .errors import ApiCall, CallFailed
from .paging import Item, by_key, paged
from .wire import parse_fact, text

_NO_GROUP = "it names no resource group, and every account has a default one"
_TYPES = {"System", "Custom"}
_PRINCIPALS = {"IMSUser", "IMSGroup", "ServiceRole"}
_RESOURCE_GROUP_ID = "rg-"


def _identity(item: Item) -> object:
    return tuple(
        text(item, name)
        for name in ("PolicyType", "PolicyName", "PrincipalType", "PrincipalName", "ResourceGroupId")
    )


async def attachments(caller: Caller, account_id: str) -> Attachments | Unreadable:
    """Every attachment to users, groups and roles, account-wide and on resource groups (ListPolicyAttachments).

    A record with a type or a scope that is not known is a gap in the grants of the principal that it names, or of all
    principals where it names none.
    """
    call = ApiCall(LIST_POLICY_ATTACHMENTS, {})
    try:
        items = await paged(caller, call, _identity)
    except CallFailed as failure:
        return failure.unreadable
    known = [item for item in items if _is_known_attachment(item, account_id)]
    odd = [item for item in items if not _is_known_attachment(item, account_id)]
    return Attachments(
        tuple(parse.attachment(item, account_id) for item in known),
        tuple(dict.fromkeys(_gap(caller, call, item) for item in odd)),
    )


def _gap(caller: Caller, call: ApiCall, item: Item) -> GrantGap:
    """What an attachment that cannot be understood leaves unknown."""
    name = text(item, "PrincipalName").partition("@")[0] or None
    principal_type = text(item, "PrincipalType")
    failure = caller.incomplete_list(
        replace(call, subject=name),
        "Malformed",
        "a policy attachment has a principal type, a policy type or a scope that is not known",
    )
    known_type = cast("PrincipalType", principal_type) if principal_type in _PRINCIPALS else None
    return GrantGap(failure.unreadable, "any", known_type, name)


def _is_known_attachment(item: Item, account_id: str) -> bool:
    """Whether the types and the scope of an attachment are known ones.

    Its scope is the account's id or that of a resource group (ListPolicyAttachments), which begins with `rg-`. Any
    other text is neither: as a resource group it would narrow the grant to no resource at all.
    """
    scope = text(item, "ResourceGroupId")
    return (
        text(item, "PolicyType") in _TYPES
        and text(item, "PrincipalType") in _PRINCIPALS
        and bool(text(item, "PolicyName"))
        and bool(text(item, "PrincipalName").partition("@")[0])
        and (scope == account_id or scope.startswith(_RESOURCE_GROUP_ID))
    )


async def resource_groups(caller: Caller) -> tuple[ResourceGroup, ...] | Unreadable:
    """Every resource group, by id (ListResourceGroups)."""
    call = ApiCall(LIST_RESOURCE_GROUPS, {})
    try:
        items = await paged(caller, call, by_key(call))
        if not items:
            raise caller.incomplete_list(call, "Incomplete", _NO_GROUP)
    except CallFailed as failure:
        return failure.unreadable
    return tuple(sorted((parse_fact(ResourceGroup, item) for item in items), key=lambda group: group.id))
