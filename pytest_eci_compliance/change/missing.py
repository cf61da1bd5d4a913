"""What a plan refers to, and neither the evidence nor the plan itself contains.

The plan may be newer than the evidence, or name what does not exist: what it would change there is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..inventory.facts import PrincipalType, Unreadable
from ..messages import quote
from .draft import Draft, fold_name
from .model import (
    ChangeSet,
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
from .objects import Conflict


def missing(draft: Draft, sets: Iterable[ChangeSet]) -> Iterator[Conflict]:
    """The objects that planned changes refer to and that are not there once every change is laid."""
    for change_set in sets:
        for change in change_set.changes:
            if change.action in ("create", "update", "replace") and change.after is not None:
                for state, subject in _referred(draft, change.after):
                    why = f"{subject} is neither in the evidence nor planned"
                    yield state, change.origin, why


def _referred(draft: Draft, after: PlannedState) -> Iterator[tuple[PlannedState, str]]:
    match after:
        case GrantState():
            if isinstance(after.principal_type, str) and isinstance(after.principal_name, str):
                yield from _principal(draft, after.principal_type, after.principal_name)
            if after.policy_type == "Custom" and isinstance(after.policy_name, str):
                yield from _policy(draft, after.policy_name)
            if isinstance(after.scope, str):
                yield from _resource_group(draft, after.scope)
        case MembersState():
            if isinstance(after.group, str):
                yield from _principal(draft, "IMSGroup", after.group)
            for user in after.users if isinstance(after.users, tuple) else ():
                if isinstance(user, str):
                    yield from _principal(draft, "IMSUser", user)
        case EciState() if after.resource.resource_group_id:
            yield from _resource_group(draft, after.resource.resource_group_id)


def _principal(draft: Draft, kind: PrincipalType, name: str) -> Iterator[tuple[PlannedState, str]]:
    base = draft.base
    if kind == "IMSUser":
        if not isinstance(base.users, Unreadable) and fold_name(name) not in draft.users:
            yield UserState(name), f"the user {quote(name)}"
    elif kind == "IMSGroup":
        if not isinstance(base.groups, Unreadable) and fold_name(name) not in draft.groups:
            yield GroupState(name), f"the group {quote(name)}"
    elif not isinstance(base.roles, Unreadable) and fold_name(name) not in draft.roles:
        yield RoleState(name), f"the role {quote(name)}"


def _policy(draft: Draft, name: str) -> Iterator[tuple[PlannedState, str]]:
    known = draft.base.custom_policies
    if not isinstance(known, Unreadable) and draft.policy_ref(name) not in draft.custom:
        yield PolicyState(name), f"the policy {quote(f'Custom/{name}')}"


def _resource_group(draft: Draft, id_: str) -> Iterator[tuple[PlannedState, str]]:
    if not isinstance(draft.base.resource_groups, Unreadable) and id_ not in draft.resource_groups:
        yield ResourceGroupState(id_, ""), f"the resource group {quote(id_)}"
