"""The users and roles that hold a policy."""

from __future__ import annotations

from collections.abc import Iterator

from ...inventory.facts import PolicyRef, Unreadable, read_or_empty
from ...inventory.grants import PrincipalGrants
from ...policy.escalation import Identity
from .case import Case


def hidden_holders(case: Case, ref: PolicyRef) -> Iterator[Unreadable]:
    """Why there may be holders that are not known."""
    yield from (gap.cause for gap in case.inventory.attachments.gaps)
    through = {
        holder.principal_name for holder in case.grants.holders(ref) if holder.principal_type == "IMSGroup"
    }
    groups = case.inventory.groups
    if isinstance(groups, Unreadable):
        yield groups
        return
    members = [group.members for group in groups if group.group_name in through]
    yield from (names for names in members if isinstance(names, Unreadable))


def holders(case: Case, ref: PolicyRef) -> Iterator[tuple[Identity, PrincipalGrants]]:
    """Users, directly or as members, and roles that hold a policy."""
    users: dict[str, None] = {}
    for holder in case.grants.holders(ref):
        if holder.principal_type == "ServiceRole":
            yield Identity("role", holder.principal_name), case.grants.role(holder.principal_name)
        elif holder.principal_type == "IMSUser":
            users[holder.principal_name] = None
        else:
            users |= dict.fromkeys(_members(case, holder.principal_name))
    yield from ((Identity("user", name), case.grants.user(name)) for name in users)


def _members(case: Case, group: str) -> tuple[str, ...]:
    members = (
        listed.members for listed in read_or_empty(case.inventory.groups) if listed.group_name == group
    )
    return tuple(name for names in members for name in read_or_empty(names))
