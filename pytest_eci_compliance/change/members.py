"""Members of user groups that a plan adds and removes.

`alicloud_ram_group_membership` adds on creation, and removes the difference of its state afterwards: its state
holds every member after a refresh, so members that others added go too (documentation of the provider).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..inventory.facts import Unreadable
from ..messages import join_words, quote
from .doubts import CONTRADICTION, doubt_later, doubt_members
from .draft import Draft, fold_name
from .model import NOT_PLANNED, MembersState, Note, Origin, PlannedText, Unknown, UserState


def add(draft: Draft, state: MembersState, origin: Origin, notes: list[Note]) -> None:
    """Add users to a group: on creation the service only adds."""
    if state.whole_group and isinstance(state.group, str) and not isinstance(state.users, Unknown):
        group = draft.groups.get(fold_name(state.group))
        recorded = () if group is None or isinstance(group.members, Unreadable) else group.members
        named = {fold_name(user) for user in state.users if isinstance(user, str)}
        if others := [user for user in recorded if fold_name(user) not in named]:
            message = f"the membership does not list {join_words(map(quote, others))}: the next plan will remove them"
            notes.append(Note("drift", origin, message))
    _change(draft, state.group, origin, removed=(), added=state.users)


def remove(draft: Draft, state: MembersState, origin: Origin) -> None:
    """Remove every user that the state names."""
    _change(draft, state.group, origin, removed=state.users, added=())


def update(draft: Draft, before: MembersState | None, after: MembersState, origin: Origin) -> None:
    """Remove who is no longer named, and add who is named now."""
    old: tuple[PlannedText, ...] | Unknown = () if before is None else before.users
    if isinstance(old, Unknown) or isinstance(after.users, Unknown):
        gone: Unknown = old if isinstance(old, Unknown) else after.users  # type: ignore[assignment]
        _change(draft, after.group, origin, removed=gone, added=())
        return
    removed = tuple(user for user in old if user not in after.users)
    added = tuple(user for user in after.users if user not in old)
    _change(draft, after.group, origin, removed=removed, added=added)


def _change(
    draft: Draft,
    group: PlannedText,
    origin: Origin,
    *,
    removed: tuple[PlannedText, ...] | Unknown,
    added: tuple[PlannedText, ...] | Unknown,
) -> None:
    unknown = _unknown_in(group, removed, added)
    if unknown is not None:
        cause = Unreadable("ram:ListUsersForGroup", NOT_PLANNED, subject=origin.address, detail=str(unknown))
        doubt_members(draft, group, cause)
        return
    known_group = draft.groups.get(fold_name(str(group)))
    if known_group is None and not isinstance(draft.base.groups, Unreadable) and isinstance(added, tuple):
        why = f"the group {quote(str(group))} is neither in the evidence nor planned"
        for user in added:
            doubt_later(draft, UserState(user), origin, why, CONTRADICTION)
    if known_group is None or isinstance(known_group.members, Unreadable):
        return
    gone = {fold_name(str(user)) for user in removed}  # type: ignore[union-attr]
    members = {fold_name(user): user for user in known_group.members if fold_name(user) not in gone}
    for user in added:  # type: ignore[union-attr]
        members.setdefault(fold_name(str(user)), draft.principal_name("IMSUser", str(user)))
    draft.groups[fold_name(str(group))] = replace(known_group, members=tuple(sorted(members.values())))


def _unknown_in(group: PlannedText, *users: tuple[PlannedText, ...] | Unknown) -> Unknown | None:
    parts: Iterable[PlannedText] = (
        part for texts in ((group,), *users) for part in ([texts] if isinstance(texts, Unknown) else texts)
    )
    return next((part for part in parts if isinstance(part, Unknown)), None)
