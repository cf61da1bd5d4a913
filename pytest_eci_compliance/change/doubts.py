"""What a plan leaves open of an object, as unreadable evidence: nothing that is in doubt counts for or against anybody.

An attachment in doubt is taken away, and a gap stands in its place: a Deny that may be gone must not protect.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import replace
from typing import Literal

from ..inventory.facts import GrantGap, PrincipalType, Unreadable
from .draft import LISTED_BY, Draft, draft_key, fold_name
from .eci_resources import UNKNOWN_PARTS
from .model import (
    NOT_PLANNED,
    EciState,
    GrantState,
    GroupState,
    MembersState,
    Origin,
    PlannedState,
    PolicyState,
    ResourceGroupState,
    RoleState,
    Unknown,
    UserState,
)

CONTRADICTION = "Contradiction"
LIST_ATTACHMENTS = "resourcemanager:ListPolicyAttachments"
RESOURCE_GROUPS = "resourcemanager:ListResourceGroups"


def doubt(  # noqa: C901 - a case for each kind of object
    draft: Draft, state: PlannedState, origin: Origin, why: str, code: str = NOT_PLANNED
) -> None:
    """Make unreadable what a state is about."""

    def cause(call: str) -> Unreadable:
        return Unreadable(call, code, subject=origin.address, detail=why)

    match state:
        case UserState(name=str(name)):
            user = draft.user_of(state)
            _doubt_principal(draft, "IMSUser", name if user is None else user.user_name, cause)
        case UserState():
            draft.incomplete.append(cause("ram:ListUsers"))
        case GroupState(name=str(name)):
            _doubt_principal(draft, "IMSGroup", name, cause)
            doubt_members(draft, name, cause("ram:ListUsersForGroup"))
        case GroupState():
            draft.incomplete.append(cause("ram:ListGroups"))
        case MembersState():
            doubt_members(draft, state.group, cause("ram:ListUsersForGroup"))
        case RoleState(name=str(name)):
            _doubt_principal(draft, "ServiceRole", name, cause)
            draft.lookups[draft.role_key(name)] = cause("ram:GetRole")
        case RoleState():
            draft.incomplete.append(cause("ram:ListRoles"))
        case PolicyState(name=str(name)):
            ref = draft.policy_ref(name)
            draft.set_document(ref, cause("ram:GetPolicy"))
            draft.versions[ref] = cause("ram:ListPolicyVersions")
        case PolicyState():
            draft.incomplete.append(cause("ram:ListPolicies"))
        case GrantState():
            _doubt_grant(draft, state, cause)
        case ResourceGroupState():
            draft.incomplete.append(cause(RESOURCE_GROUPS))
        case EciState():
            _doubt_eci(draft, state, cause(LISTED_BY[state.resource.kind]))


def doubt_later(draft: Draft, state: PlannedState, origin: Origin, why: str, code: str = NOT_PLANNED) -> None:
    """Make unreadable what a state is about once every change is laid: nothing that follows undoes it."""
    draft.later.append((state, origin, why, code))


def settle(draft: Draft) -> None:
    """Raise the doubts that waited for the last change of a file."""
    for state, origin, why, code in draft.later:
        doubt(draft, state, origin, why, code)
    draft.later.clear()


def doubt_members(draft: Draft, group: str | Unknown, cause: Unreadable) -> None:
    """The members of a group are not known; of every group, where it is not known which one it is."""
    if isinstance(group, str):
        _doubt_listed(draft, "IMSGroup", group, lambda call: replace(cause, call=call))
    keys = [fold_name(group)] if isinstance(group, str) else list(draft.groups)
    for key in keys:
        if key in draft.groups:
            draft.groups[key] = replace(draft.groups[key], members=cause)


def doubt_any(draft: Draft, state: PlannedState, origin: Origin, why: str) -> None:
    """Make unreadable every object that a state without a name may be, where it changes or deletes what is there."""

    def cause(call: str) -> Unreadable:
        return Unreadable(call, NOT_PLANNED, subject=origin.address, detail=why)

    doubt(draft, state, origin, why)
    match state:
        case PolicyState():
            for ref in [ref for ref in draft.policies if ref.policy_type == "Custom"]:
                doubt(draft, PolicyState(ref.policy_name), origin, why)
        case GroupState():
            doubt_members(draft, Unknown("group_name"), cause("ram:ListUsersForGroup"))
        case RoleState():
            draft.lookups = dict.fromkeys(draft.lookups, cause("ram:GetRole"))
        case UserState():
            _gap(draft, cause(LIST_ATTACHMENTS), "any", "IMSUser", None)


def _doubt_principal(
    draft: Draft, kind: PrincipalType, name: str, cause: Callable[[str], Unreadable]
) -> None:
    _gap(draft, cause(LIST_ATTACHMENTS), "any", kind, name)
    _doubt_listed(draft, kind, name, cause)


def _gap(
    draft: Draft,
    cause: Unreadable,
    scope: Literal["account", "resource_group", "any"],
    kind: PrincipalType | None,
    name: str | None,
) -> None:
    listed = name if name is None or kind is None else draft.principal_name(kind, name)
    gap = GrantGap(cause, scope, kind, listed)
    if gap not in draft.gaps:
        draft.gaps.append(gap)


def _doubt_listed(draft: Draft, kind: PrincipalType, name: str, cause: Callable[[str], Unreadable]) -> None:
    """Where a principal is not listed, the list is incomplete: a doubt about it alone would reach no row."""
    base = draft.base
    lists: dict[PrincipalType, tuple[object, Container[str], str]] = {
        "IMSUser": (base.users, draft.users, "ram:ListUsers"),
        "IMSGroup": (base.groups, draft.groups, "ram:ListGroups"),
        "ServiceRole": (base.roles, draft.roles, "ram:ListRoles"),
    }
    read, listed, call = lists[kind]
    if not isinstance(read, Unreadable) and fold_name(name) not in listed:
        draft.incomplete.append(cause(call))


def _doubt_grant(draft: Draft, state: GrantState, cause: Callable[[str], Unreadable]) -> None:
    scope: Literal["account", "resource_group", "any"] = (
        "any" if isinstance(state.scope, Unknown) else "account" if state.scope is None else "resource_group"
    )
    kind = None if isinstance(state.principal_type, Unknown) else state.principal_type
    known = kind is not None and isinstance(state.principal_name, str)
    if (key := draft_key(state)) is not None:
        draft.grants.pop(key, None)
    _gap(draft, cause(LIST_ATTACHMENTS), scope, kind, str(state.principal_name) if known else None)
    if kind is not None and isinstance(state.principal_name, str):
        _doubt_listed(draft, kind, state.principal_name, cause)


def _doubt_eci(draft: Draft, state: EciState, cause: Unreadable) -> None:
    key = (state.resource.kind, state.resource.id)
    region, resource = draft.eci.get(key, (state.region, state.resource))
    if region is None:
        draft.incomplete.append(cause)
    else:
        parts = tuple(part for part in UNKNOWN_PARTS if part != "name")
        draft.eci[key] = (region, replace(resource, not_shown=parts))
