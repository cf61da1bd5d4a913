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


class PermissionRows:
    """The rows of one comparison, collected."""

    def __init__(self) -> None:
        self._rows: dict[str, set[Permission]] = {"gained": set(), "lost": set(), "not_compared": set()}

    def add(self, kind: Direction | Literal["not_compared"], row: Permission) -> None:
        """Add a row; a row that stands there already changes nothing."""
        self._rows[kind].add(row)

    def doubt(self, identity: str, action: str | None, where: str, why: str) -> None:
        """Add a permission that could not be compared, and why."""
        self._rows["not_compared"].add(Permission(identity, action, where, why))

    def of_action(self, kind: Direction, action: str) -> set[Permission]:
        """The rows of one action, gained or lost."""
        return {row for row in self._rows[kind] if row.action == action}

    def changes(self) -> PermissionChanges:
        """All rows, sorted."""
        gained, lost, not_compared = (
            tuple(sorted(rows, key=lambda row: row.key)) for rows in self._rows.values()
        )
        return PermissionChanges(gained, lost, not_compared)
