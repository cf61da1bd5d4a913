"""Whether the evidence has an object that a plan is about."""

from __future__ import annotations

from ..inventory.facts import PLANNED, Unreadable
from .draft import Draft, draft_key, fold_name
from .model import (
    EciState,
    GrantState,
    GroupState,
    MembersState,
    PlannedState,
    PolicyState,
    ResourceGroupState,
    RoleState,
    UserState,
)


def exists_in(  # noqa: PLR0911 - a case for each kind of object
    draft: Draft, state: PlannedState
) -> bool | None:
    """Whether the evidence has the object; None where that cannot be said."""
    base = draft.base
    match state:
        case UserState():
            return None if isinstance(base.users, Unreadable) else draft.user_of(state) is not None
        case GroupState(name=str(name)):
            return None if isinstance(base.groups, Unreadable) else fold_name(name) in draft.groups
        case RoleState(name=str(name)):
            return None if isinstance(base.roles, Unreadable) else fold_name(name) in draft.roles
        case PolicyState(name=str(name)):
            if isinstance(base.custom_policies, Unreadable):
                return None
            return draft.policy_ref(name) in draft.custom
        case GrantState():
            return _grant_exists(draft, state)
        case MembersState(group=str(group)):
            return _members_exist(draft, state, group)
        case ResourceGroupState(id=str(id_)):
            return _resource_group_exists(draft, state, id_)
        case EciState():
            return _eci_exists(draft, state)
    return None


def _grant_exists(draft: Draft, state: GrantState) -> bool | None:
    key = draft_key(state)
    if key is None:
        return None
    if key in draft.grants:
        return True
    hidden = any(
        gap.principal_type in (None, key.principal_type)
        and (gap.principal_name is None or fold_name(gap.principal_name) == key.principal_name)
        and gap.scope in ("any", "account" if key.scope is None else "resource_group")
        for gap in draft.base.attachments.gaps
    )
    return None if hidden else False


def _members_exist(draft: Draft, state: MembersState, group: str) -> bool | None:
    if isinstance(draft.base.groups, Unreadable):
        return None
    known = draft.groups.get(fold_name(group))
    if known is None:
        return False
    if isinstance(known.members, Unreadable) or not isinstance(state.users, tuple):
        return None
    recorded = {fold_name(user) for user in known.members}
    named = {fold_name(user) for user in state.users if isinstance(user, str)}
    if not state.whole_group:
        return named <= recorded
    return True


def _eci_exists(draft: Draft, state: EciState) -> bool | None:
    resource = state.resource
    if (resource.kind, resource.id) in draft.eci:
        return True
    listings = draft.base.listings.get(resource.kind, ())
    if not listings or any(isinstance(listing.items, Unreadable) for listing in listings):
        return None
    # What lies in a region that was not read is not contradicted.
    regions = {listing.region for listing in listings}
    return None if state.region is not None and state.region not in regions else False


def _resource_group_exists(draft: Draft, state: ResourceGroupState, id_: str) -> bool | None:
    """A new group has no id yet: it exists where another one has its name, which is unique in an account."""
    if isinstance(draft.base.resource_groups, Unreadable):
        return None
    if id_.startswith(PLANNED):
        return any(group.name == state.name for group in draft.resource_groups.values())
    return id_ in draft.resource_groups
