"""Users, groups, roles and custom policies that a plan adds, changes and removes.

What a deletion takes along, and what blocks it, follows the provider: with `force` it detaches what RAM lists of
the object (attachments on resource groups are not among it), without `force` an object in use stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from ..inventory.facts import Group, Kind, PrincipalType, Role, Unreadable, User
from ..messages import pluralize
from .doubts import CONTRADICTION, doubt, doubt_any, doubt_later
from .draft import Draft, GrantKey, fold_name
from .model import NOT_PLANNED, GroupState, Note, Origin, PolicyState, RoleState, Unknown, UserState

DEPENDENT_KINDS: Mapping[str, tuple[Kind, ...]] = {
    "AliyunServiceRoleForECI": ("instance", "image_cache"),
    "AliyunServiceRoleForECIVnode": ("virtual_node",),
}
"""What keeps a service-linked role from being deleted (Alibaba Cloud, "Service-linked role for ECI")."""
_MOST_VERSIONS = 5
NamedState: TypeAlias = "UserState | GroupState | RoleState | PolicyState"


def add(draft: Draft, state: NamedState, origin: Origin) -> None:
    """Create an object; where it is there already, the end state is computed all the same."""
    if isinstance(state.name, Unknown):
        doubt(draft, state, origin, str(state.name))
        return
    folded = fold_name(state.name)
    match state:
        case UserState():
            draft.users.setdefault(folded, User(state.name, state.id))
        case GroupState():
            draft.groups.setdefault(folded, Group(state.name))
        case RoleState():
            draft.roles.setdefault(folded, Role(state.name))
            _set_trust(draft, state, origin)
        case PolicyState():
            _set_document(draft, state, origin, created=True)


def change(
    draft: Draft, state: GroupState | RoleState | PolicyState, origin: Origin, notes: list[Note]
) -> None:
    """Change the trust policy of a role or the document of a policy; a group has nothing that is judged."""
    if isinstance(state.name, Unknown):
        doubt_any(draft, state, origin, str(state.name))
    elif isinstance(state, RoleState):
        _set_trust(draft, state, origin)
    elif isinstance(state, PolicyState):
        _make_room(draft, state, origin, notes)
        _set_document(draft, state, origin)


def _make_room(draft: Draft, state: PolicyState, origin: Origin, notes: list[Note]) -> None:
    """Say where a policy has no room for another version (RAM, "Limits": five): then its document is unknown."""
    versions = draft.base.policy_versions.get(draft.policy_ref(str(state.name)))
    if state.document is None or state.rotates or not isinstance(versions, tuple):
        return
    if len(versions) >= _MOST_VERSIONS:
        why = f"the policy has {len(versions)} versions already, so a further one will fail"
        notes.append(Note("blocked", origin, f"{why}: delete a version, or set `rotate_strategy`"))
        doubt_later(draft, state, origin, why, CONTRADICTION)


def _set_trust(draft: Draft, state: RoleState, origin: Origin) -> None:
    if state.trust is None:
        return
    name = str(state.name)
    document: str | Unreadable = (
        Unreadable("ram:GetRole", NOT_PLANNED, subject=origin.address, detail=str(state.trust))
        if isinstance(state.trust, Unknown)
        else state.trust
    )
    role = draft.roles.get(fold_name(name), Role(name))
    draft.lookups[draft.role_key(role.role_name)] = replace(role, assume_role_policy_document=document)


def _set_document(draft: Draft, state: PolicyState, origin: Origin, *, created: bool = False) -> None:
    document = state.document
    if document is None:
        if not created:
            return
        document = Unknown("policy_document", "not set")
    ref = draft.policy_ref(str(state.name))
    cause = Unreadable("ram:GetPolicy", NOT_PLANNED, subject=origin.address, detail=str(document))
    give = draft.set_document if state.is_default else draft.add_version
    give(ref, cause if isinstance(document, Unknown) else document)


def rename(draft: Draft, before: UserState | None, after: UserState, origin: Origin) -> None:
    """Rename a user in place: attachments and memberships stay, since the UserId stays."""
    user = draft.user_of(before or after)
    if isinstance(after.name, Unknown):
        doubt(draft, before or after, origin, str(after.name))
        if user is None:
            doubt_any(draft, after, origin, str(after.name))
        else:
            doubt(draft, UserState(after.name), origin, str(after.name))
        return
    if user is None or fold_name(after.name) in draft.users:
        return  # it has the name, or another user has it, so that the renaming fails
    old, new = user.user_name, after.name
    draft.users.pop(fold_name(old))
    draft.users[fold_name(new)] = replace(user, user_name=new)
    for key in draft.held_by("IMSUser", old):
        grant = replace(draft.grants.pop(key), principal_name=new)
        draft.grants[key._replace(principal_name=fold_name(new))] = grant
    for group in list(draft.groups_of(old)):
        members = tuple(new if fold_name(member) == fold_name(old) else member for member in group.members)  # type: ignore[union-attr]
        draft.groups[fold_name(group.group_name)] = replace(group, members=tuple(sorted(members)))
    draft.gaps = [
        replace(gap, principal_name=new)
        if gap.principal_type == "IMSUser" and gap.principal_name == old
        else gap
        for gap in draft.gaps
    ]


def remove(draft: Draft, state: NamedState, origin: Origin, notes: list[Note]) -> None:
    """Delete an object, or say what blocks the deletion: then the object is unknown."""
    user = draft.user_of(state) if isinstance(state, UserState) else None
    if user is not None and isinstance(state, UserState):
        state = replace(state, name=user.user_name)
    if isinstance(state.name, Unknown):
        doubt_any(draft, state, origin, str(state.name))
        return
    uses = _uses(draft, state)
    if isinstance(state, RoleState) and state.linked_policy:
        _remove_linked(draft, state, origin, notes)
        return
    blocking = [key for key in uses if key.scope is not None] if state.force else uses
    joined = _memberships(draft, state)
    if blocking or (joined and not state.force):
        parts = [pluralize(len(blocking), "policy attachment")] if blocking else []
        parts += [pluralize(joined, "group membership")] if joined and not state.force else []
        why = f"the object still has {' and '.join(parts)} that the plan does not remove, so its deletion will fail"
        notes.append(Note("blocked", origin, f"{why}: detach them first, or set `force`"))
        if state.force and not isinstance(state, PolicyState):
            _take_account_wide(draft, state, uses)
        doubt_later(draft, state, origin, why, CONTRADICTION)
        return
    for key in uses:
        draft.grants.pop(key, None)
    _drop(draft, state)


def _take_account_wide(draft: Draft, state: NamedState, uses: list[GrantKey]) -> None:
    """What a forced deletion takes away before it fails: a Deny among it protects nobody any more."""
    for key in uses:
        if key.scope is None:
            draft.grants.pop(key)
    if isinstance(state, UserState):
        _leave_groups(draft, _name(draft, state))


def _remove_linked(draft: Draft, state: RoleState, origin: Origin, notes: list[Note]) -> None:
    """Delete a service-linked role: its policy goes with it, and what depends on it blocks the deletion."""
    kinds = DEPENDENT_KINDS.get(str(state.name), ())
    dependent = sum(1 for kind, _ in draft.eci if kind in kinds)
    read = [listing for kind in kinds for listing in draft.base.listings.get(kind, ())]
    if dependent or any(isinstance(listing.items, Unreadable) for listing in read):
        needed = pluralize(dependent, "ECI resource") if dependent else "ECI resources that could not be read"
        why = f"the role is still needed by {needed}, so its deletion will fail"
        notes.append(Note("blocked", origin, f"{why}: delete them first"))
        doubt_later(draft, state, origin, why, CONTRADICTION)
        return
    for key in _uses(draft, state):
        draft.grants.pop(key, None)
    _drop(draft, state)


def _uses(draft: Draft, state: NamedState) -> list[GrantKey]:
    """The attachments of an object: those that it has, or for a policy those that it is in."""
    kinds: dict[type, PrincipalType] = {
        UserState: "IMSUser",
        GroupState: "IMSGroup",
        RoleState: "ServiceRole",
    }
    if isinstance(state, PolicyState):
        return draft.holding(draft.policy_ref(str(state.name)))
    return draft.held_by(kinds[type(state)], _name(draft, state))


def _name(draft: Draft, state: NamedState) -> str:
    user = draft.user_of(state) if isinstance(state, UserState) else None
    return user.user_name if user is not None else str(state.name)


def _memberships(draft: Draft, state: NamedState) -> int:
    if isinstance(state, UserState):
        return sum(1 for _ in draft.groups_of(_name(draft, state)))
    if isinstance(state, GroupState):
        group = draft.groups.get(fold_name(str(state.name)))
        return 0 if group is None or isinstance(group.members, Unreadable) else len(group.members)
    return 0


def _leave_groups(draft: Draft, name: str) -> None:
    for group in list(draft.groups_of(name)):
        left = tuple(member for member in group.members if fold_name(member) != fold_name(name))  # type: ignore[union-attr]
        draft.groups[fold_name(group.group_name)] = replace(group, members=left)


def _drop(draft: Draft, state: NamedState) -> None:
    name = _name(draft, state)
    match state:
        case UserState():
            _leave_groups(draft, name)
            draft.users.pop(fold_name(name), None)
        case GroupState():
            draft.groups.pop(fold_name(name), None)
        case RoleState():
            draft.roles.pop(fold_name(name), None)
            draft.lookups[draft.role_key(name)] = None
        case PolicyState():
            ref = draft.policy_ref(name)
            draft.policies.pop(ref, None)
            draft.custom.discard(ref)
            draft.versions.pop(ref, None)
