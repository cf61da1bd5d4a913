"""Laying planned changes over an inventory: what is deleted first, then what is changed, then what is created.

Within a plan the provider deletes attachments before the objects that they join, and creates them after; the
order of `resource_changes` is that of addresses and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ..inventory.facts import (
    Inventory,
    Policy,
    PolicyRef,
    PolicyVersion,
    ResourceGroup,
    Role,
    Unreadable,
)
from . import members, principals, resources_of_eci
from .compare import contradictions
from .doubts import CONTRADICTION, doubt, doubt_later, settle
from .draft import Draft, fold_name
from .grants_of_plan import add_grant, remove_grant, take_away
from .missing import missing
from .model import (
    ChangeSet,
    EciState,
    GrantState,
    GroupState,
    MembersState,
    Note,
    Origin,
    PlannedChange,
    PlannedState,
    PolicyState,
    ResourceGroupState,
    RoleState,
    Unknown,
    UserState,
)
from .objects import Conflict, is_version, keys, objects, states, touched, within, without_recreated


@dataclass(frozen=True)
class LayContext:
    """What laying changes needs to know beside the inventory.

    `evidence_time` is when the evidence was taken (UTC), `default_group` the id or name of the default resource
    group, `policies`, `roles`, `versions` and `system_policies` what was read for the plan alone. `live` is False where
    nothing more can be read.
    """

    evidence_time: str = ""
    default_group: str | None = None
    policies: Mapping[PolicyRef, Policy] = field(default_factory=dict)
    roles: Mapping[str, Role | Unreadable | None] = field(default_factory=dict)
    versions: Mapping[PolicyRef, tuple[PolicyVersion, ...] | Unreadable] = field(default_factory=dict)
    system_policies: tuple[PolicyRef, ...] | Unreadable | None = None
    live: bool = False


@dataclass(frozen=True)
class Laid:
    """The planned inventory, what a reader has to know, and the addresses that touch each object."""

    inventory: Inventory
    notes: tuple[Note, ...]
    touched: Mapping[tuple[str, str], tuple[str, ...]]
    count: int


def lay(inventory: Inventory, sets: Sequence[ChangeSet], context: LayContext) -> Laid:
    """The inventory after the changes of several files, one after the other."""
    draft = Draft(inventory)
    draft.versions = {**context.versions, **draft.versions}
    notes: list[Note] = []
    seen: dict[tuple[object, ...], tuple[str, PlannedState, Origin]] = {}
    conflicts: list[Conflict] = []
    for number, change_set in enumerate(sets):
        notes += change_set.notes
        doubts = [*_doubts(draft, change_set, context, notes)]
        _apply(draft, change_set, context, notes)
        settle(draft)
        for state, origin, why in doubts:
            doubt(draft, state, origin, why, CONTRADICTION)
        for change in change_set.changes:
            for key, state in objects(change):
                plan = f"{number}:{change_set.file}"
                first = seen.setdefault(key, (plan, state, change.origin))
                if first[0] != plan:
                    why = f"{first[2]} changes the same object"
                    conflicts.append((state, change.origin, why))
    conflicts += missing(draft, sets)
    for state, origin, why in conflicts:
        notes.append(Note("contradiction", origin, f"{why}: the affected objects are unknown"))
        doubt(draft, state, origin, why, CONTRADICTION)
    _complete(draft, context)
    count = sum(
        change.action not in ("none", "absent") for change_set in sets for change in change_set.changes
    )
    planned = draft.freeze()
    if planned.system_policies is None:
        planned = replace(planned, system_policies=context.system_policies)
    return Laid(planned, tuple(dict.fromkeys(notes)), touched(sets), count)


def _doubts(
    draft: Draft, change_set: ChangeSet, context: LayContext, notes: list[Note]
) -> Iterable[Conflict]:
    """What cannot be known of one file: contradictions with the evidence, and within the file."""
    conflicts = contradictions(draft, without_recreated(change_set), context.evidence_time)
    notes += conflicts.notes
    yield from conflicts.doubts
    for state, origin, why in within(change_set):
        notes.append(Note("contradiction", origin, f"{why}: the affected objects are unknown"))
        yield state, origin, why


_PRINCIPALS = (UserState, GroupState, RoleState, PolicyState)
_REMOVED: tuple[tuple[type, ...], ...] = (
    (GrantState,),
    (MembersState,),
    (EciState,),
    _PRINCIPALS,
    (ResourceGroupState,),
)
_ADDED: tuple[tuple[type, ...], ...] = (
    (*_PRINCIPALS, ResourceGroupState),
    (MembersState,),
    (GrantState,),
    (EciState,),
)


def _apply(draft: Draft, change_set: ChangeSet, context: LayContext, notes: list[Note]) -> None:
    """Everything of one file, in the order in which a provider can do it."""
    removed = [change for change in change_set.changes if change.action in ("delete", "replace")]
    added = [change for change in change_set.changes if change.action in ("create", "replace")]
    for change in _in_order(removed, _REMOVED, "before"):
        _remove(draft, change, notes)
    updated = [change for change in change_set.changes if change.action == "update"]
    for change in updated:
        if not is_version(change):
            _update(draft, change, notes)
    for change in _in_order(added, _ADDED, "after"):
        _add(draft, change, context, notes)
    for change in filter(is_version, updated):
        _update(draft, change, notes)
    for change in change_set.changes:
        if change.action == "undetermined":
            for state in states(change):
                doubt(draft, state, change.origin, change.undetermined)
            if isinstance(change.before, GrantState):
                take_away(draft, change.before)
            message = f"{change.undetermined}: the affected objects are unknown"
            notes.append(Note("contradiction", change.origin, message))


def _in_order(
    changes: Iterable[PlannedChange], kinds: tuple[tuple[type, ...], ...], side: Literal["before", "after"]
) -> list[PlannedChange]:
    """The changes by the kind of what stands on one side; those with nothing there are left out."""
    ordered = list(changes)
    return [change for kind in kinds for change in ordered if isinstance(getattr(change, side), kind)]


def _remove(draft: Draft, change: PlannedChange, notes: list[Note]) -> None:
    before = change.before
    if before is not None and change.create_first and _is_same(before, change.after):
        why = "it is created before the same object is deleted, so whether it stays is not known"
        doubt_later(draft, before, change.origin, why)
    match before:
        case GrantState():
            remove_grant(draft, before, change.origin)
        case MembersState():
            members.remove(draft, before, change.origin)
        case EciState():
            resources_of_eci.remove(draft, before)
        case ResourceGroupState():
            if isinstance(before.id, str):
                draft.resource_groups.pop(before.id, None)
        case UserState() | GroupState() | RoleState() | PolicyState():
            principals.remove(draft, before, change.origin, notes)


def _is_same(before: PlannedState, after: PlannedState | None) -> bool:
    """Whether both sides of a replacement are the same object."""
    if isinstance(before, MembersState) and isinstance(after, MembersState):
        return not isinstance(before.group, str) or before.group == after.group
    return after is not None and not set(keys(before)).isdisjoint(keys(after))


def _update(draft: Draft, change: PlannedChange, notes: list[Note]) -> None:
    before, after = change.before, change.after
    match after:
        case MembersState():
            members.update(draft, before if isinstance(before, MembersState) else None, after, change.origin)
        case EciState():
            resources_of_eci.update(draft, before if isinstance(before, EciState) else None, after)
        case UserState():
            principals.rename(draft, before if isinstance(before, UserState) else None, after, change.origin)
        case GrantState():
            if isinstance(before, GrantState):
                remove_grant(draft, before, change.origin)
            add_grant(draft, after, change.origin)
        case GroupState() | RoleState() | PolicyState():
            principals.change(draft, after, change.origin, notes)
        case ResourceGroupState():
            _resource_group(draft, after, change.origin)


def _add(draft: Draft, change: PlannedChange, context: LayContext, notes: list[Note]) -> None:
    after = change.after
    match after:
        case MembersState():
            members.add(draft, after, change.origin, notes)
        case GrantState():
            add_grant(draft, after, change.origin)
        case EciState():
            resources_of_eci.add(draft, after, change.origin, context.default_group, notes)
        case ResourceGroupState():
            _resource_group(draft, after, change.origin)
        case UserState() | GroupState() | RoleState() | PolicyState():
            principals.add(draft, after, change.origin)
            if isinstance(after, RoleState) and after.linked_policy and isinstance(after.name, str):
                grant = GrantState("System", after.linked_policy, "ServiceRole", after.name)
                add_grant(draft, grant, change.origin)


def _resource_group(draft: Draft, state: ResourceGroupState, origin: Origin) -> None:
    if isinstance(state.id, Unknown) or isinstance(state.name, Unknown):
        doubt(draft, state, origin, str(state.name if isinstance(state.name, Unknown) else state.id))
        return
    known = draft.resource_groups.get(state.id, ResourceGroup(state.id, status="OK"))
    shown = state.display_name if isinstance(state.display_name, str) else ""
    draft.resource_groups[state.id] = replace(
        known, name=state.name, display_name=shown or known.display_name
    )


def _complete(draft: Draft, context: LayContext) -> None:
    """The documents and trust policies that only the plan needs: as they were read, or as not read."""
    for key in draft.grants.values():
        ref = draft.policy_ref(key.policy_name, key.policy_type)
        if ref not in draft.policies:
            draft.policies[ref] = context.policies.get(ref) or Policy(
                ref.policy_type,
                ref.policy_name,
                policy_document=_not_read("ram:GetPolicy", str(ref), context),
            )
    draft.policies = {**context.policies, **draft.policies}
    for name, role in context.roles.items():
        if fold_name(name) in draft.roles and draft.role_key(name) not in draft.lookups:
            draft.lookups[name] = role
    carried = {getattr(resource, "ram_role_name", "") for _, resource in draft.eci.values()}
    for name in sorted(carried - {""}):
        if draft.role_key(name) not in draft.lookups and name in context.roles:
            draft.lookups[name] = context.roles[name]


def _not_read(call: str, subject: str, context: LayContext) -> Unreadable:
    code = "NotRead" if context.live else "NotRecorded"
    return Unreadable(call, code, subject=subject, detail="only the planned change needs it")
