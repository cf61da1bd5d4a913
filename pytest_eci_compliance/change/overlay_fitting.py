"""An overlay fitted to the account: it names resource groups, and does not say whether a policy or role exists."""

from __future__ import annotations

from dataclasses import replace

from ..inventory.facts import Inventory, read_or_empty
from .draft import fold_name
from .model import (
    ChangeSet,
    EciState,
    GrantState,
    PlannedChange,
    PlannedState,
    PolicyState,
    ResourceGroupState,
    RoleState,
)


def fitted(change_set: ChangeSet, inventory: Inventory) -> ChangeSet:
    """An overlay with the ids of the resource groups that it names, and with changes of what the account has.

    `policies` and `roles` of an overlay are created or changed; a plan says itself which of both it does.
    """
    if not change_set.is_overlay:
        return change_set
    named = _with_group_ids(change_set, inventory)
    policies = read_or_empty(inventory.custom_policies)
    roles = read_or_empty(inventory.roles)
    known_policies = {
        fold_name(ref.policy_name) for ref in (*policies, *inventory.policies) if ref.policy_type == "Custom"
    }
    known_roles = {fold_name(role.role_name) for role in roles}

    def of(change: PlannedChange) -> PlannedChange:
        match change.action, change.after:
            case "create", PolicyState(name=str(name)) if fold_name(name) in known_policies:
                return replace(change, action="update", before=PolicyState(name))
            case "create", RoleState(name=str(name)) if fold_name(name) in known_roles:
                return replace(change, action="update", before=RoleState(name))
        return change

    return replace(named, changes=tuple(map(of, named.changes)))


def _with_group_ids(change_set: ChangeSet, inventory: Inventory) -> ChangeSet:
    """The changes with ids for the resource groups that an overlay names: recorded groups, then its own."""
    recorded = read_or_empty(inventory.resource_groups)
    ids = {group.name: group.id for group in recorded if group.name}
    own = (change.after for change in change_set.changes)
    ids |= {
        str(state.name): str(state.id)
        for state in own
        if isinstance(state, ResourceGroupState) and state.name not in ids
    }
    known = {group.id for group in recorded}

    def of(state: PlannedState | None) -> PlannedState | None:
        if isinstance(state, GrantState) and isinstance(state.scope, str) and state.scope not in known:
            return replace(state, scope=ids.get(state.scope, state.scope))
        if isinstance(state, EciState) and state.resource.resource_group_id not in known:
            written = state.resource.resource_group_id
            return replace(
                state, resource=replace(state.resource, resource_group_id=ids.get(written, written))
            )
        return state

    changes = tuple(
        replace(change, before=of(change.before), after=of(change.after)) for change in change_set.changes
    )
    return replace(change_set, changes=changes)
