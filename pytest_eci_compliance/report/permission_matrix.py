"""The identities × permissions matrix: what each user and role can do with ECI, where, and through which policy.

Every answer is a decision of the policy evaluator. A permission is allowed everywhere, in some resource groups, only
under conditions (on tags, the region, the caller), not at all, or undecidable. What is not allowed, and is allowed at
the end of an escalation path, says by which path.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..inventory.facts import Inventory, Unreadable
from ..inventory.grants import GrantIndex
from ..language import ENGLISH, Translator
from ..policy.authorization import Call, Target
from ..policy.choices import Free
from ..policy.decision import Principal
from ..policy.escalation import Identity
from ..policy.evaluator import Access, Decision
from ..policy.worst_case import FRESH_GROUP
from .permission_answers import PASS_ROLES, PERMISSIONS, PermissionCell, Wording, cells_of
from .policy_matrix import group_names, short_error
from .reach_table import identities_of, path_words

if TYPE_CHECKING:
    from .failed_cells import FailedPermissions


@dataclass(frozen=True)
class PermissionSource:
    """A policy with its conditions, or a path, and the permissions that it gives (empty: all that the row has)."""

    words: str
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True)
class PermissionRow:
    """Users and roles with the same permissions by the same policies, and a cell per permission."""

    users: tuple[str, ...]
    cells: tuple[PermissionCell, ...]
    roles: tuple[str, ...] = ()

    def sources(self, permissions: Iterable[str]) -> tuple[PermissionSource, ...]:
        """The policies and paths behind the cells, each once. `permissions` are the titles of the cells."""
        by_words: dict[str, list[str]] = defaultdict(list)
        granted = [(title, cell) for title, cell in zip(permissions, self.cells, strict=True) if cell.via]
        for title, cell in granted:
            for words in cell.via:
                by_words[words].append(title)
        return tuple(
            PermissionSource(words, () if len(titles) == len(granted) else tuple(titles))
            for words, titles in by_words.items()
        )


@dataclass(frozen=True)
class PermissionMatrix:
    """The matrix. `without` are the users, `roles_without` the roles without any of the permissions. `unreadable` is
    why there is no matrix."""

    permissions: tuple[str, ...] = (*PERMISSIONS, PASS_ROLES)
    rows: tuple[PermissionRow, ...] = ()
    without: tuple[str, ...] = ()
    unreadable: str | None = None
    roles_without: tuple[str, ...] = ()


def permission_matrix(
    inventory: Inventory,
    default_resource_group: str | None = None,
    *,
    access: Access | None = None,
    failed: FailedPermissions | None = None,
    translator: Translator = ENGLISH,
) -> PermissionMatrix:
    """The matrix of one account. `access` is its evaluator, where there is one already; `failed` are the cells that
    failed results are about."""
    if isinstance(inventory.users, Unreadable):
        return PermissionMatrix(unreadable=short_error(inventory.users, translator))
    access = access or Access(inventory, default_resource_group)
    builder = _MatrixBuilder(inventory, access, failed, translator)
    by_cells: dict[tuple[PermissionCell, ...], list[Identity]] = defaultdict(list)
    for identity in identities_of(inventory):
        by_cells[builder.cells(identity)].append(identity)
    rows = [
        PermissionRow(_names(identities, "user"), cells, _names(identities, "role"))
        for cells, identities in by_cells.items()
    ]
    return PermissionMatrix(
        rows=tuple(sorted((row for row in rows if not _is_without(row)), key=_row_order)),
        without=tuple(sorted(user for row in rows if _is_without(row) for user in row.users)),
        roles_without=tuple(sorted(role for row in rows if _is_without(row) for role in row.roles)),
    )


def _names(identities: Iterable[Identity], kind: str) -> tuple[str, ...]:
    return tuple(sorted(identity.name for identity in identities if identity.kind == kind))


def _row_order(row: PermissionRow) -> tuple[object, ...]:
    return (not row.users, row.users, row.roles)


def _is_without(row: PermissionRow) -> bool:
    return all(cell.kind == "no" and not cell.has_failed for cell in row.cells)


class _MatrixBuilder:
    """The cells of identities. Principals with the same grants are decided once."""

    def __init__(
        self, inventory: Inventory, access: Access, failed: FailedPermissions | None, translator: Translator
    ) -> None:
        self._access, self._failed, self._translator = access, failed, translator
        self._grants = GrantIndex(inventory)
        self._wording = Wording(group_names(inventory), translator)
        self._roles = _role_names(inventory)
        self._cells: dict[Principal, tuple[PermissionCell, ...]] = {}
        self._decide = _OnAnyInstance(access)

    def cells(self, identity: Identity) -> tuple[PermissionCell, ...]:
        """The cells of a user or role, those that only a path allows and those that failed marked."""
        index = self._grants
        grants = index.user(identity.name) if identity.kind == "user" else index.role(identity.name)
        principal = self._access.holder(grants)
        cells = self._cells.get(principal)
        if cells is None:
            cells = self._cells[principal] = tuple(cells_of(principal, self._wording, self._roles))
        titles = (*PERMISSIONS, PASS_ROLES)
        return tuple(self._marked(identity, title, cell) for title, cell in zip(titles, cells, strict=True))

    def _marked(self, identity: Identity, title: str, cell: PermissionCell) -> PermissionCell:
        if cell.kind == "no" and title in PERMISSIONS:
            cell = self._by_path(identity, PERMISSIONS[title]) or cell
        has_failed = self._failed is not None and self._failed.concern(str(identity), title, cell.kind)
        return replace(cell, has_failed=True) if has_failed else cell

    def _by_path(self, identity: Identity, action: str) -> PermissionCell | None:
        reach = self._access.escalation.reaches(identity, Call(action), self._decide)
        paths = [path for path in reach.paths if path.steps]
        if reach.outcome == "no" or not paths:
            return None
        path, text = path_words(paths[0], identity, self._translator), self._translator.text
        if reach.outcome == "yes":
            return PermissionCell("path", text("only by a path"), (path,))
        return PermissionCell("undecidable", text("undecidable, by a path"), (path,))


@dataclass(frozen=True)
class _OnAnyInstance:
    """Decides an action for one principal on any instance, with any request: in the groups on which it has grants,
    and in one on which it has none."""

    access: Access

    def __call__(self, principal: Principal, call: Call) -> Decision:
        scopes = {grant.scope for grant in principal.grants if grant.scope is not None}
        decisions = []
        for group in (FRESH_GROUP, *sorted(scopes)):
            target = Target("containergroup", None, group=group)
            free = Free(request=True, resource=True)
            decisions.append(
                self.access.decide_whatever(principal, Call(call.action, target, group=group), free)
            )
            if decisions[-1].outcome == "allowed":
                return decisions[-1]
        undecidable = (decision for decision in decisions if decision.outcome == "undecidable")
        return next(undecidable, decisions[0])


def _role_names(inventory: Inventory) -> tuple[str, ...]:
    if isinstance(inventory.roles, Unreadable):
        return ()
    return tuple(sorted(role.role_name for role in inventory.roles))
