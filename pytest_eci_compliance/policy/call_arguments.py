"""The arguments that state a call, and what they are refused for."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal, TypeAlias

from ..inventory.facts import EciResource, Group, Policy, PolicyRef, Role, User
from .authorization import TagItems
from .condition_operators import moment
from .conditions import CURRENT_TIME, MFA_PRESENT, SOURCE_IP
from .eci_actions import eci_action
from .ram_actions import RamAction, RamResource

if TYPE_CHECKING:
    from .escalation import Identity


Who: TypeAlias = "str | User | Role"
Paths: TypeAlias = Literal["direct", "any"]
"""Whether only what is held is judged, or everything that chains of escalation steps lead to."""
RamTarget: TypeAlias = "User | Group | Role | Policy | PolicyRef"
Named: TypeAlias = "EciResource | RamTarget | str | tuple[RamTarget | str, ...] | None"
"""What a call names: a recorded resource or its id; for RAM actions users, groups, roles and policies, as objects or
as `user/NAME`, `group/NAME`, `role/NAME`, `policy/NAME` or `policy/Custom/NAME`; for other actions an ARN."""


class NotRecorded(LookupError):  # noqa: N818 - says what is the matter
    """A user, role, resource or group that the account is shown not to have, or a list that could not be read."""


def identity_of(who: Who) -> Identity:
    """The identity that a name, a `User` or a `Role` stands for."""
    from .escalation import Identity  # noqa: PLC0415 - it imports this module

    if isinstance(who, Role):
        return Identity("role", who.role_name)
    return Identity("user", who.user_name if isinstance(who, User) else who)


def ram_resource(row: RamAction, resource: Named) -> RamResource:
    """The users, groups, roles and policies that a call names. Raises ValueError for what the action is not about."""
    named = resource if isinstance(resource, tuple) and not isinstance(resource, PolicyRef) else (resource,)
    parts = dict(_ram_part(row, part) for part in named if part is not None)
    if wrong := [kind for kind in parts if kind not in row.kinds]:
        raise ValueError(f"{row.action} is not about a {wrong[0]}")
    return RamResource(**parts)  # type: ignore[arg-type]


def _ram_part(row: RamAction, part: object) -> tuple[str, object]:
    if isinstance(part, User):
        return "user", part.user_name
    if isinstance(part, Group):
        return "group", part.group_name
    if isinstance(part, Role):
        return "role", part.role_name
    if isinstance(part, Policy):
        return "policy", part.ref
    if isinstance(part, PolicyRef):
        return "policy", part
    kind, slash, name = str(part).partition("/")
    if kind == "policy" and slash:
        return kind, PolicyRef.parse(name)
    if kind in ("user", "group", "role") and slash:
        return kind, name
    if len(row.kinds) == 1:
        return row.kinds[0], PolicyRef.parse(str(part)) if row.kinds == ("policy",) else str(part)
    raise ValueError(
        f"{row.action} names {' and '.join(row.kinds)}: write user/NAME, group/NAME, … for {part!r}"
    )


@lru_cache(maxsize=4096)
def refuse_unknown_action(action: str) -> None:
    """Nobody is allowed what does not exist: a misspelt action would look like one that nobody can."""
    service, colon, name = action.partition(":")
    if not (service and colon and name) or {"*", "?"} & set(action):
        raise ValueError(
            f"{action!r} is no action: write one, as policies name it (eci:DeleteContainerGroup)"
        )
    if service.lower() == "eci" and eci_action(action) is None:
        raise ValueError(f"{action!r} is no ECI action of API version 2018-08-08")


def caller(source_ip: str | None, mfa: bool | None, time: datetime | str | None) -> TagItems:
    """The stated condition keys of the caller; a time without an offset is in UTC. Raises ValueError."""
    if isinstance(time, datetime):
        time = (time if time.tzinfo else time.replace(tzinfo=timezone.utc)).isoformat()
    if source_ip is not None:
        ip_address(source_ip)
    if time is not None and moment(time) is None:
        raise ValueError(f"{time!r} is no time: write it as 2026-12-31T08:00:00Z")
    stated = {
        SOURCE_IP: source_ip,
        MFA_PRESENT: None if mfa is None else str(mfa).lower(),
        CURRENT_TIME: time,
    }
    return tuple((key, value) for key, value in stated.items() if value is not None)
