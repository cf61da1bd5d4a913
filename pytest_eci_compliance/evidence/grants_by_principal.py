"""Policy attachments principal by principal: the fallback where ListPolicyAttachments does not show them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from ..inventory.facts import (
    Attachments,
    GrantGap,
    PolicyAttachment,
    PrincipalType,
    Unreadable,
)
from . import parse, ram
from .api_actions import (
    LIST_POLICIES_FOR_GROUP,
    LIST_POLICIES_FOR_ROLE,
    LIST_POLICIES_FOR_USER,
    Action,
)
from .caller import Caller
from .errors import ApiCall, CallFailed
from .paging import Item, chain, doubt, gather
from .wire import text

_PER_PRINCIPAL: Mapping[PrincipalType, tuple[Action, str, Callable[[Caller, str], Awaitable[object]]]] = {
    "IMSUser": (LIST_POLICIES_FOR_USER, "UserName", ram.user),
    "IMSGroup": (LIST_POLICIES_FOR_GROUP, "GroupName", ram.members),
    "ServiceRole": (LIST_POLICIES_FOR_ROLE, "RoleName", ram.role),
}


async def grants_by_principal(caller: Caller, principals: Iterable[tuple[PrincipalType, str]]) -> Attachments:
    """Account-wide attachments, principal by principal: for where ListPolicyAttachments does not show them.

    ListPoliciesForUser, -Group and -Role do not show attachments on resource groups.
    """
    keys = list(principals)
    answers = await gather(_attached_to(caller, kind, name) for kind, name in keys)
    items: list[PolicyAttachment] = []
    gaps: list[GrantGap] = []
    for (kind, name), attachments in zip(keys, answers, strict=True):
        if isinstance(attachments, Unreadable):
            gaps.append(GrantGap(attachments, "any", kind, name))
        else:
            items += attachments
    return Attachments(tuple(items), tuple(gaps))


async def _attached_to(
    caller: Caller, kind: PrincipalType, name: str
) -> tuple[PolicyAttachment, ...] | Unreadable:
    """The account-wide attachments to one principal; none where it does not exist."""
    action, param, look_up = _PER_PRINCIPAL[kind]
    call = ApiCall(action, {param: name}, subject=name)
    try:
        look = await chain(caller, call, "Marker")
        if why := doubt(look, _policy_of, exact=False):
            raise caller.incomplete_list(call, "Incomplete", why)
    except CallFailed as failure:
        if failure.kind != "absent":
            return failure.unreadable
        principal = await look_up(caller, name)
        if principal is None or isinstance(principal, Unreadable):
            return principal or ()
        return caller.incomplete_list(
            call, "Incomplete", "it exists, but its policies were not found"
        ).unreadable
    return tuple(
        replace(parse.attachment(item, ""), principal_type=kind, principal_name=name, resource_group_id=None)
        for item in look.items
    )


def _policy_of(item: Item) -> object:
    return text(item, "PolicyType"), text(item, "PolicyName")
