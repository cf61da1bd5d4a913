"""Changes that depend on a creation which will fail, because the account has the object already."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..messages import quote
from .draft import fold_name
from .model import (
    ChangeSet,
    GrantState,
    GroupState,
    MembersState,
    Origin,
    PlannedState,
    PolicyState,
    RoleState,
    UserState,
)
from .objects import keys

_NOUNS: dict[type, tuple[str, str]] = {
    UserState: ("IMSUser", "user"),
    GroupState: ("IMSGroup", "group"),
    RoleState: ("ServiceRole", "role"),
    PolicyState: ("policy", "policy"),
}


def depending(
    change_set: ChangeSet,
    exists: Callable[[PlannedState], bool | None],
    moved: frozenset[tuple[object, ...]],
) -> Iterator[tuple[PlannedState, Origin, str]]:
    """The attachments and memberships of objects whose creation will fail, as far as the account lacks them.

    Terraform makes nothing that depends on what failed. `exists` says whether the evidence has an object, `moved`
    are the objects that a change of the same file deletes.
    """
    failing: dict[tuple[str, str], str] = {}
    for change in change_set.changes:
        after = change.after
        if change.action != "create" or change.before is not None or type(after) not in _NOUNS:
            continue
        if after is not None and moved.isdisjoint(keys(after)) and exists(after):
            kind, noun = _NOUNS[type(after)]
            name = str(getattr(after, "name", ""))
            failing[kind, fold_name(name)] = f"the {noun} {quote(name)}"
    if not failing:
        return
    for change in change_set.changes:
        if change.action not in ("create", "update", "replace") or change.after is None:
            continue
        needed = [failing[key] for key in _needed(change.after) if key in failing]
        if needed and exists(change.after) is not True:
            yield change.after, change.origin, f"it depends on {needed[0]}, whose creation will fail"


def _needed(state: PlannedState) -> Iterator[tuple[str, str]]:
    """The principals, groups and custom policies that an attachment or a membership needs."""
    match state:
        case GrantState(principal_type=str(kind), principal_name=str(name)):
            yield kind, fold_name(name)
            if state.policy_type == "Custom" and isinstance(state.policy_name, str):
                yield "policy", fold_name(state.policy_name)
        case MembersState(group=str(group)):
            yield "IMSGroup", fold_name(group)
            for user in state.users if isinstance(state.users, tuple) else ():
                if isinstance(user, str):
                    yield "IMSUser", fold_name(user)
