"""Which objects a change touches: to find changes that contradict each other, and to name them in reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from .draft import draft_key, fold_name
from .model import (
    ChangeSet,
    EciState,
    GrantState,
    GroupState,
    MembersState,
    Origin,
    PlannedChange,
    PlannedState,
    PolicyState,
    ResourceGroupState,
    RoleState,
    Unknown,
    UserState,
)

Conflict: TypeAlias = "tuple[PlannedState, Origin, str]"
"""What cannot be known, where the change stands, and why."""


def states(change: PlannedChange) -> list[PlannedState]:
    """The sides of a change that are there."""
    return [state for state in (change.before, change.after) if state is not None]


def without_recreated(change_set: ChangeSet) -> ChangeSet:
    """The changes without deletions outside Terraform that the plan undoes: the object is there afterwards."""
    created = {key for change in change_set.changes if change.after is not None for key in keys(change.after)}
    kept = (
        change
        for change in change_set.changes
        if change.action != "absent" or change.before is None or not created.intersection(keys(change.before))
    )
    return replace(change_set, changes=tuple(kept))


def is_version(change: PlannedChange) -> bool:
    """Whether a change makes a version of a policy the default one: an update without a state before."""
    return change.action == "update" and change.before is None and isinstance(change.after, PolicyState)


def _made_twice(change_set: ChangeSet) -> Iterable[Conflict]:
    """Objects that two addresses of one file create or change."""
    makers: dict[tuple[object, ...], list[PlannedChange]] = defaultdict(list)
    for change in change_set.changes:
        if change.action in ("create", "update", "replace") and change.after is not None:
            for key in keys(change.after):
                makers[key].append(change)
    for key, changes in makers.items():
        addresses = sorted({change.origin.address for change in changes})
        if len(addresses) < 2 or _agree(key, changes):
            continue
        why = f"{' and '.join(addresses)} change the same object in an unknown order"
        for change in changes:
            if change.after is not None:
                yield change.after, change.origin, why


def _agree(key: tuple[object, ...], changes: list[PlannedChange]) -> bool:
    """Whether several changes of one object have one outcome, in whatever order they are made."""
    if key[0] in ("grant", "member"):
        return True
    if key[0] == "members":
        return all(change.action == "create" for change in changes)
    # The default version of a new policy counts, not the document that the policy began with.
    others = [change for change in changes if not is_version(change)]
    return len(others) == 1 and others[0].action == "create" and len(changes) == len(others) + 1


def within(change_set: ChangeSet) -> Iterable[Conflict]:
    """Changes of one file that contradict each other."""
    by_key: dict[tuple[object, ...], list[tuple[PlannedChange, PlannedState]]] = defaultdict(list)
    for change in change_set.changes:
        for key, state in objects(change):
            by_key[key].append((change, state))
    for touching in by_key.values():
        addresses = {change.origin.address for change, _ in touching}
        deletes = [change for change, _ in touching if change.action == "delete"]
        others = [change for change, _ in touching if change.action not in ("delete", "none")]
        if len(addresses) > 1 and deletes and others:
            change, state = touching[-1]
            names = " and ".join(sorted(addresses))
            yield (
                state,
                change.origin,
                f"{names} delete and create the same object in an unknown order",
            )
    yield from _made_twice(change_set)
    whole = {
        _group_of(state) for change in change_set.changes for state in states(change) if _is_whole(state)
    }
    for change in change_set.changes:
        for state in states(change):
            single = isinstance(state, MembersState) and not state.whole_group
            if change.action != "none" and single and _group_of(state) in whole:
                why = "a membership of the whole group and an attachment of one user manage the same group"
                yield state, change.origin, why


def _is_whole(state: PlannedState) -> bool:
    return isinstance(state, MembersState) and state.whole_group


def _group_of(state: PlannedState) -> object:
    if not isinstance(state, MembersState):
        return None
    return fold_name(state.group) if isinstance(state.group, str) else None


def objects(change: PlannedChange) -> list[tuple[tuple[object, ...], PlannedState]]:
    """The objects that a change touches, each by what identifies it; unknown ones have no key."""
    if change.action in ("none", "absent"):
        return []
    by_key: dict[tuple[object, ...], PlannedState] = {}
    for state in states(change):
        for key in keys(state):
            by_key[key] = state
    return list(by_key.items())


def keys(state: PlannedState) -> list[tuple[object, ...]]:  # noqa: PLR0911 - a case for each kind of object
    """What identifies the objects of a state; nothing where a part of it is unknown."""
    match state:
        case UserState(name=str(name)):
            return [("user", fold_name(name))]
        case GroupState(name=str(name)):
            return [("group", fold_name(name))]
        case RoleState(name=str(name)):
            return [("role", fold_name(name))]
        case PolicyState(name=str(name), is_default=True):
            return [("policy", fold_name(name))]
        case MembersState(group=str(group)) if state.whole_group:
            users = () if isinstance(state.users, Unknown) else state.users
            named = [fold_name(user) for user in users if isinstance(user, str)]
            return [("members", fold_name(group)), *(("member", fold_name(group), user) for user in named)]
        case MembersState(group=str(group)) if not isinstance(state.users, Unknown):
            return [
                ("member", fold_name(group), fold_name(user)) for user in state.users if isinstance(user, str)
            ]
        case GrantState():
            key = draft_key(state)
            return [("grant", *key)] if key is not None else []
        case ResourceGroupState(id=str(id_)):
            return [("resource group", id_)]
        case EciState():
            return [("eci", state.resource.kind, state.resource.id)]
    return []


def touched(sets: Iterable[ChangeSet]) -> dict[tuple[str, str], tuple[str, ...]]:
    """By kind and name of an object, the addresses of the changes that touch it."""
    by_object: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    planned = (
        change
        for change_set in sets
        for change in change_set.changes
        if change.action not in ("none", "absent")
    )
    for change in planned:
        for key in (key for state in states(change) for key in _subjects(state)):
            by_object[key][change.origin.address] = None
    return {key: tuple(addresses) for key, addresses in by_object.items()}


def _subjects(state: PlannedState) -> list[tuple[str, str]]:
    match state:
        case UserState(name=str(name)):
            return [("IMSUser", fold_name(name))]
        case GroupState(name=str(name)):
            return [("IMSGroup", fold_name(name))]
        case RoleState(name=str(name)):
            return [("ServiceRole", fold_name(name))]
        case PolicyState(name=str(name)):
            return [("policy", fold_name(f"Custom/{name}"))]
        case MembersState():
            users = () if isinstance(state.users, Unknown) else state.users
            return [("IMSUser", fold_name(user)) for user in users if isinstance(user, str)]
        case GrantState(principal_type=str(kind), principal_name=str(name)):
            policy = (
                str(state.policy_name) if state.policy_type == "System" else f"Custom/{state.policy_name}"
            )
            return [(kind, fold_name(name)), ("policy", fold_name(policy))]
        case EciState():
            return [(state.resource.kind, state.resource.id)]
    return []
