"""The prior state of a plan against the evidence: what they say differently, and which of them is newer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from ..inventory.facts import Unreadable
from ..messages import join_words, quote
from .depending import depending
from .documents import same_document
from .draft import Draft, fold_name
from .existing import exists_in
from .model import (
    ChangeSet,
    EciState,
    MembersState,
    Note,
    NoteKind,
    Origin,
    PlannedChange,
    PlannedState,
    PolicyState,
    ResourceGroupState,
    RoleState,
    Unknown,
    UserState,
)
from .objects import keys


@dataclass(frozen=True)
class Contradictions:
    """What is to be listed, and what is therefore unknown (with its origin and the reason)."""

    notes: tuple[Note, ...]
    doubts: tuple[tuple[PlannedState, Origin, str], ...]


def contradictions(draft: Draft, change_set: ChangeSet, evidence_time: str) -> Contradictions:
    """Compare each side before with the evidence."""
    notes: list[Note] = []
    doubts: list[tuple[PlannedState, Origin, str]] = []
    newer = _newer(change_set.time, evidence_time)
    moved = _removed(change_set)
    for change in change_set.changes:
        for kind, message, doubted in _of(draft, change, moved):
            text = f"{message}{newer}" if kind in ("contradiction", "not there", "already there") else message
            notes.append(Note(kind, change.origin, text))
            state = change.after if change.after is not None else change.before
            if doubted and state is not None:
                doubts.append((state, change.origin, message))
                if change.before is not None and change.after is not None:
                    doubts.append((change.before, change.origin, message))
    doubts += depending(change_set, lambda state: exists_in(draft, state), moved)
    return Contradictions(tuple(notes), tuple(doubts))


def _removed(change_set: ChangeSet) -> frozenset[tuple[object, ...]]:
    """The objects that a change of the same file deletes or replaces: they may be created again."""
    return frozenset(
        key
        for change in change_set.changes
        if change.action in ("delete", "replace") and change.before is not None
        for key in keys(change.before)
    )


def _newer(plan: str, evidence: str) -> str:
    if not plan or not evidence:
        return ""
    if plan == evidence:
        return f" (plan and evidence are of {plan})"
    which = "plan" if plan > evidence else "evidence"
    return f" (the {which} is newer: plan {plan}, evidence {evidence})"


Told: TypeAlias = "tuple[NoteKind, str, bool]"
"""The kind of a note, its message, and whether what the change touches is unknown."""


def _of(draft: Draft, change: PlannedChange, moved: frozenset[tuple[object, ...]]) -> Iterator[Told]:
    """What is to be noted of one change."""
    if change.before is None:
        # A version of a policy is an update without a state before.
        is_new = change.action == "create" and not isinstance(change.after, MembersState)
        is_recreated = change.after is not None and not moved.isdisjoint(keys(change.after))
        if is_new and change.after is not None and not is_recreated and exists_in(draft, change.after):
            yield _there_already(draft, change.after)
        # An overlay changes an ECI resource by its id, without a state before.
        is_eci = isinstance(change.after, EciState) and change.action == "update"
        if is_eci and change.after is not None and exists_in(draft, change.after) is False:
            yield _not_there(change)
        return
    exists = exists_in(draft, change.before)
    if change.action == "absent":
        if exists:
            yield (
                "contradiction",
                "the object was deleted outside Terraform, but the evidence contains it",
                True,
            )
    elif exists is False:
        yield _not_there(change)
    elif exists:
        yield from _both_have(draft, change, change.before)
    if change.action == "update" and (taken := _taken_name(draft, change.before, change.after)):
        yield "contradiction", taken, True


def _there_already(draft: Draft, after: PlannedState) -> Told:
    """A creation of what the account has: unknown where both differ, since the plan may be applied or fail."""
    differs = _difference(draft, after)
    message = (
        "the object exists in the account already, so its creation will fail (EntityAlreadyExists), unless this change"
        " is applied already: import it, or leave it out"
    )
    return "already there", f"{message}; {differs}" if differs else message, bool(differs)


def _taken_name(draft: Draft, before: PlannedState, after: PlannedState | None) -> str:
    """Why a user cannot be renamed: another one has the name."""
    if not isinstance(before, UserState) or not isinstance(after, UserState):
        return ""
    user, other = draft.user_of(before), draft.users.get(fold_name(str(after.name)))
    if user is None or other is None or user is other:
        return ""
    return f"the user {quote(user.user_name)} cannot be renamed: a user {quote(other.user_name)} exists"


def _not_there(change: PlannedChange) -> Told:
    """The kind and the message for an object that the plan contains and the evidence does not."""
    if change.action == "delete":
        return "not there", "the plan deletes an object that the evidence does not contain", False
    doubted = change.action != "replace"
    return "contradiction", "the plan contains an object that the evidence does not contain", doubted


def _both_have(draft: Draft, change: PlannedChange, before: PlannedState) -> Iterator[Told]:
    """Plan and evidence both have the object: what they see differently."""
    message = _difference(draft, before)
    if not message:
        yield from _foreign(draft, before) if isinstance(before, MembersState) else ()
        return
    is_applied = (
        change.after is not None and change.action == "update" and not _difference(draft, change.after)
    )
    if is_applied:
        yield "already there", "the evidence already shows the planned state", False
    else:
        yield "contradiction", message, change.action != "delete" and not _settled(draft, change)


def _settled(draft: Draft, change: PlannedChange) -> bool:
    """Whether the planned state is the same on both bases: the change states what plan and evidence see differently."""
    after = change.after
    if change.action == "replace":
        return True
    if change.action != "update":
        return False
    match after:
        case PolicyState(document=str()) | RoleState(trust=str()):
            return True
        case EciState():
            before = change.before
            return isinstance(before, EciState) and all(
                part in after.given and _part(before, part) != _part(after, part)
                for part in _differing_parts(draft, before)
            )
    return False


def _part(state: EciState, part: str) -> object:
    return getattr(state.resource, _FIELDS[part], None)


def _difference(draft: Draft, state: PlannedState) -> str:  # noqa: C901 - a case for each kind of object
    """In what an object that both have differs; empty where it does not."""
    match state:
        case UserState(name=str(name)):
            user = draft.user_of(state)
            if user is not None and fold_name(user.user_name) != fold_name(name):
                return f"the user is {quote(name)} in the plan and {quote(user.user_name)} in the evidence"
        case PolicyState(name=str(name), document=str(document), is_default=True):
            policy = draft.policies.get(draft.policy_ref(name))
            known = policy.policy_document if policy is not None else None
            if isinstance(known, str) and not same_document(known, document):
                return "the plan and the evidence have different documents of the policy"
        case RoleState(name=str(name), trust=str(trust)):
            role = draft.lookups.get(draft.role_key(name))
            known = role.assume_role_policy_document if role and not isinstance(role, Unreadable) else None
            if isinstance(known, str) and not state.linked_policy and not same_document(known, trust):
                return "the plan and the evidence have different trust policies of the role"
        case MembersState(group=str(group)):
            return _absent_members(draft, state, group)
        case ResourceGroupState(id=str(id_), name=str(name)):
            present = draft.resource_groups.get(id_)
            if present is not None and present.name and present.name != name:
                return f"the resource group is {quote(name)} in the plan and {quote(present.name)} in the evidence"
        case EciState():
            return _eci_difference(draft, state)
    return ""


def _absent_members(draft: Draft, state: MembersState, group: str) -> str:
    known = draft.groups.get(fold_name(group))
    if known is None or isinstance(known.members, Unreadable) or not isinstance(state.users, tuple):
        return ""
    recorded = {fold_name(user) for user in known.members}
    absent = [user for user in state.users if isinstance(user, str) and fold_name(user) not in recorded]
    return (
        f"the plan contains members that the evidence does not contain: {join_words(map(quote, absent))}"
        if absent
        else ""
    )


def _foreign(draft: Draft, state: MembersState) -> Iterator[Told]:
    """Members that a membership of the whole group does not name: a later plan may remove them."""
    known = draft.groups.get(fold_name(str(state.group)))
    if not state.whole_group or known is None or isinstance(known.members, Unreadable):
        return
    if isinstance(state.users, Unknown) or any(isinstance(user, Unknown) for user in state.users):
        return
    named = {fold_name(str(user)) for user in state.users}
    if others := [user for user in known.members if fold_name(user) not in named]:
        names = join_words(map(quote, others))
        message = f"the state of the membership does not list {names}: a later plan may remove them"
        yield "drift", message, False


_FIELDS = {"resource_group": "resource_group_id", "ram_role": "ram_role_name", "tags": "tags"}


def _eci_difference(draft: Draft, state: EciState) -> str:
    parts = [part.replace("_", " ") for part in _differing_parts(draft, state)]
    return f"the plan and the evidence differ in {join_words(parts)}" if parts else ""


def _differing_parts(draft: Draft, state: EciState) -> list[str]:
    """The parts of an ECI resource that a state gives otherwise than the evidence."""
    entry = draft.eci.get((state.resource.kind, state.resource.id))
    if entry is None:
        return []
    _, recorded = entry
    compared = state.given - {*recorded.not_shown, *state.resource.not_shown}
    parts = []
    for part, name in _FIELDS.items():
        if part not in compared or not hasattr(recorded, name):
            continue
        old, new = getattr(recorded, name), getattr(state.resource, name)
        if part == "tags":
            old, new = _own_tags(old), _own_tags(new)
        if old != new:
            parts.append(part)
    return parts


def _own_tags(tags: object) -> set[tuple[str, str]]:
    """The tags without those that the cloud itself sets."""
    return {
        (tag.key, tag.value)
        for tag in tags  # type: ignore[attr-defined]
        if not tag.key.startswith(("acs:", "aliyun"))
    }
