"""What an identity gained or lost, or what could not be compared: rows of the comparison of two inventories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Direction: TypeAlias = Literal["gained", "lost"]


@dataclass(frozen=True)
class Permission:
    """A permission that changed, or (`action` None: any) that could not be compared.

    `identity` is `user/NAME` or `role/NAME`; `where` is `account`, resource groups, roles or resources; `condition`
    is that of the statement that allows it, empty where there is none; `cause` is the change, or the reason.
    """

    identity: str
    action: str | None
    where: str
    cause: str
    condition: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What rows are sorted by."""
        return (self.identity, self.action or "", self.where, self.cause, self.condition)


@dataclass(frozen=True)
class PermissionChanges:
    """What an account's identities gained and lost, and what could not be compared, sorted."""

    gained: tuple[Permission, ...] = ()
    lost: tuple[Permission, ...] = ()
    not_compared: tuple[Permission, ...] = ()
