"""The prior state of a plan against the evidence: what they say differently, and which of them is newer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from ..inventory.facts import Unreadable
from ..messages import join_words, quote
from .documents import same_document
from .draft import Draft, fold_name, key_of
from .model import (
    Change,
    ChangeSet,
    EciState,
    GrantState,
    GroupState,
    MembersState,
    Note,
    NoteKind,
    Origin,
    PolicyState,
    ResourceGroupState,
    RoleState,
    State,
    Unknown,
    UserState,
)


@dataclass(frozen=True)
class Contradictions:
    """What is to be listed, and what is therefore unknown (with its origin and the reason)."""

    notes: tuple[Note, ...]
    doubts: tuple[tuple[State, Origin, str], ...]


def contradictions(draft: Draft, change_set: ChangeSet, evidence_time: str) -> Contradictions:
    """Compare each side before with the evidence."""
    notes: list[Note] = []
    doubts: list[tuple[State, Origin, str]] = []
    newer = _newer(change_set.time, evidence_time)
    for change in change_set.changes:
        for kind, message, doubted in _of(draft, change):
            text = f"{message}{newer}" if kind in ("contradiction", "not there") else message
            notes.append(Note(kind, change.origin, text))
            state = change.after if change.after is not None else change.before
            if doubted and state is not None:
                doubts.append((state, change.origin, message))
                if change.before is not None and change.after is not None:
                    doubts.append((change.before, change.origin, message))
    return Contradictions(tuple(notes), tuple(doubts))


def _newer(plan: str, evidence: str) -> str:
    if not plan or not evidence:
        return ""
    if plan == evidence:
        return f" (plan and evidence are of {plan})"
    which = "plan" if plan > evidence else "evidence"
    return f" (the {which} is newer: plan {plan}, evidence {evidence})"


Told: TypeAlias = "tuple[NoteKind, str, bool]"
"""The kind of a note, its message, and whether what the change touches is unknown."""


def _of(draft: Draft, change: Change) -> Iterator[Told]:
    """What is to be noted of one change."""
    if change.before is None:
        # A version of a policy is an update without a state before.
        is_new = change.action == "create" and not isinstance(change.after, MembersState)
        if is_new and change.after is not None and _exists(draft, change.after):
            yield (
                "already there",
                "the object exists in the account, but not in the Terraform state: import it",
                False,
            )
        return
    exists = _exists(draft, change.before)
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


def _not_there(change: Change) -> Told:
    """The kind and the message for an object that the plan contains and the evidence does not."""
    if change.action == "delete":
        return "not there", "the plan deletes an object that the evidence does not contain", False
    doubted = change.action != "replace"
    return "contradiction", "the plan contains an object that the evidence does not contain", doubted


def _both_have(draft: Draft, change: Change, before: State) -> Iterator[Told]:
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


def _settled(draft: Draft, change: Change) -> bool:
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


def _exists(draft: Draft, state: State) -> bool | None:  # noqa: PLR0911 - a case for each kind of object
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
            return None if isinstance(base.resource_groups, Unreadable) else id_ in draft.resource_groups
        case EciState():
            return _eci_exists(draft, state)
    return None


def _grant_exists(draft: Draft, state: GrantState) -> bool | None:
    key = key_of(state)
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


def _difference(draft: Draft, state: State) -> str:  # noqa: C901 - a case for each kind of object
    """In what an object that both have differs; empty where it does not."""
    match state:
        case UserState(name=str(name)):
            user = draft.user_of(state)
            if user is not None and fold_name(user.user_name) != fold_name(name):
                return f"the user is {quote(name)} in the plan and {quote(user.user_name)} in the evidence"
        case PolicyState(name=str(name), document=str(document)):
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
