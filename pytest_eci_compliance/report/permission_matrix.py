"""The identities × permissions matrix: what each user and role can do with ECI, where, and through which policy.

Every answer is a decision of the policy evaluator. A permission is allowed everywhere, in some resource groups, only
under conditions (on tags, the region, the caller), not at all, or undecidable. What is not allowed, and is allowed at
the end of an escalation path, says by which path.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Literal, TypeAlias

from ..inventory.facts import Inventory, Unreadable
from ..inventory.grants import GrantIndex
from ..messages import join_words
from ..policy.authorization import PASS_ROLE, Call, Target
from ..policy.choices import Free
from ..policy.decision import AccessDecision, Principal
from ..policy.escalation import Identity
from ..policy.evaluator import Access, Decision
from ..policy.held_policies import Ground
from ..policy.patterns import UNKNOWN, matches, matches_partly_known
from ..policy.worst_case import FRESH_GROUP, decide_whatever
from .policy_matrix import group_names, short_error
from .reach_table import identities_of, path_words

if TYPE_CHECKING:
    from .failed_cells import FailedPermissions

PERMISSIONS = {
    "look": "eci:DescribeContainerGroups",
    "create": "eci:CreateContainerGroup",
    "change": "eci:UpdateContainerGroup",
    "delete": "eci:DeleteContainerGroup",
    "run commands in": "eci:ExecContainerCommand",
}
"""The title of each permission, and the action that stands for it."""

PASS_ROLES = "pass roles"  # noqa: S105 - not a password
"""The title of the permission to pass roles."""

_NO_ID = "eci-of-no-record"
_NO_ROLE = "role-of-no-record"
_MOST_NAMED = 5
_MOST_LIMITS = 2

AnswerKind: TypeAlias = Literal["yes", "partly", "path", "undecidable", "no"]


@dataclass(frozen=True)
class PermissionCell:
    """`kind`: allowed, partly allowed, undecidable, denied, or allowed only by an escalation path; `words`: where;
    `via`: the policies that allow it, or the path. `has_failed` where a failed result is about it."""

    kind: AnswerKind
    words: str
    via: tuple[str, ...] = ()
    has_failed: bool = False


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


@dataclass(frozen=True)
class _Answer:
    """A decision and the grant behind it. `limits` are its resource patterns where they do not match every instance."""

    kind: AnswerKind
    ground: Ground | None = None
    limits: tuple[str, ...] = ()


def permission_matrix(
    inventory: Inventory,
    default_resource_group: str | None = None,
    *,
    access: Access | None = None,
    failed: FailedPermissions | None = None,
) -> PermissionMatrix:
    """The matrix of one account. `access` is its evaluator, where there is one already; `failed` are the cells that
    failed results are about."""
    if isinstance(inventory.users, Unreadable):
        return PermissionMatrix(unreadable=short_error(inventory.users))
    builder = _MatrixBuilder(inventory, access or Access(inventory, default_resource_group), failed)
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

    def __init__(self, inventory: Inventory, access: Access, failed: FailedPermissions | None) -> None:
        self._access, self._failed = access, failed
        self._grants = GrantIndex(inventory)
        self._groups, self._roles = group_names(inventory), _role_names(inventory)
        self._cells: dict[Principal, tuple[PermissionCell, ...]] = {}
        self._decide = _OnAnyInstance(access)

    def cells(self, identity: Identity) -> tuple[PermissionCell, ...]:
        """The cells of a user or role, those that only a path allows and those that failed marked."""
        index = self._grants
        grants = index.user(identity.name) if identity.kind == "user" else index.role(identity.name)
        principal = self._access.holder(grants)
        cells = self._cells.get(principal)
        if cells is None:
            cells = self._cells[principal] = tuple(_cells(principal, self._groups, self._roles))
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
        words = "only by a path" if reach.outcome == "yes" else "undecidable, by a path"
        kind: AnswerKind = "path" if reach.outcome == "yes" else "undecidable"
        return PermissionCell(kind, words, (path_words(paths[0], identity),))


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


def _cells(
    principal: Principal, names: Mapping[str, str], roles: tuple[str, ...]
) -> Iterator[PermissionCell]:
    scopes = sorted({grant.scope for grant in principal.grants if grant.scope is not None})
    by_scope = {scope: _restrict(principal, scope) for scope in (None, *scopes)}
    is_incomplete = any(gap.groups for gap in principal.gaps)
    for action in PERMISSIONS.values():
        yield _cell(by_scope, action, names, is_incomplete=is_incomplete)
    yield _pass_roles(principal, names, roles)


def _cell(
    by_scope: Mapping[str | None, Principal], action: str, names: Mapping[str, str], *, is_incomplete: bool
) -> PermissionCell:
    everywhere = _decide(by_scope[None], action, FRESH_GROUP)
    # A permission that is allowed everywhere under conditions is so in each group: no need to search again.
    search = everywhere.kind != "partly"
    in_groups = {
        names.get(scope, scope): _decide(principal, action, scope, search=search)
        for scope, principal in by_scope.items()
        if scope is not None
    }
    if everywhere.kind == "yes":
        return _everywhere(everywhere, in_groups, names, is_incomplete=is_incomplete)
    answers_by_words = {
        "under conditions": [everywhere] if everywhere.kind == "partly" else [],
        _groups_with(in_groups, "yes"): _answers_of_kind(in_groups, "yes"),
        f"{_groups_with(in_groups, 'partly')} under conditions": _answers_of_kind(in_groups, "partly"),
    }
    words = [text for text, answers in answers_by_words.items() if answers]
    if words:
        answers = chain.from_iterable(answers_by_words.values())
        return PermissionCell("partly", "; ".join(words), _via(answers, names))
    if is_incomplete or _answers_of_kind({"": everywhere, **in_groups}, "undecidable"):
        return PermissionCell("undecidable", "undecidable")
    return PermissionCell("no", "no")


def _groups_with(in_groups: Mapping[str, _Answer], kind: AnswerKind) -> str:
    return f"in {', '.join(name for name, answer in in_groups.items() if answer.kind == kind)}"


def _answers_of_kind(in_groups: Mapping[str, _Answer], kind: AnswerKind) -> list[_Answer]:
    return [answer for answer in in_groups.values() if answer.kind == kind]


def _everywhere(
    everywhere: _Answer, in_groups: Mapping[str, _Answer], names: Mapping[str, str], *, is_incomplete: bool
) -> PermissionCell:
    """Allowed on the whole account, except in groups where a Deny applies or may apply."""
    exceptions = [name for name, answer in in_groups.items() if answer.kind != "yes"]
    via = _via([everywhere], names)
    if exceptions:
        return PermissionCell("partly", f"everywhere; denied or undecidable in {', '.join(exceptions)}", via)
    words = "everywhere, by the policies that were read" if is_incomplete else "everywhere"
    return PermissionCell("yes", words, via)


def _restrict(principal: Principal, scope: str | None) -> Principal:
    """The principal with its account-wide grants and, if `scope` names a resource group, those on that group."""
    grants = [grant for grant in principal.grants if grant.scope in (None, scope)]
    gaps = [gap for gap in principal.gaps if gap.account or scope is not None]
    return Principal(grants, principal.account, gaps)


def _decide(principal: Principal, action: str, group: str, *, search: bool = True) -> _Answer:
    """Whether the action is allowed on a plain resource in the group; else, with `search`, under any conditions."""
    plain = principal.decide(
        Call(action, Target("containergroup", _NO_ID, group=group, tags=()), group=group)
    )
    if plain.outcome == "allowed":
        return _Answer("yes", plain.ground)
    best = _decide_best_case(principal, action, group) if search else plain
    if best.outcome == "allowed":
        return _Answer("partly", best.ground, _limits(best.ground, principal.account.id))
    return _Answer("undecidable" if "undecidable" in (plain.outcome, best.outcome) else "no")


def _decide_best_case(principal: Principal, action: str, group: str) -> AccessDecision:
    call = Call(action, Target("containergroup", None, group=group), group=group)
    return decide_whatever(principal, call, Free(request=True, resource=True), [group])


def _limits(ground: Ground | None, account: str) -> tuple[str, ...]:
    """The resource patterns of a statement, unless one of them matches every instance of the account."""
    patterns = ground.statement.resources if ground is not None else None
    every = f"acs:eci:{UNKNOWN}:{account}:containergroup/{UNKNOWN}"
    if not patterns or any(matches_partly_known(pattern, every) is True for pattern in patterns):
        return ()
    return patterns


def _pass_roles(principal: Principal, names: Mapping[str, str], roles: tuple[str, ...]) -> PermissionCell:
    if not principal.naming(PASS_ROLE) and not principal.gaps:
        return PermissionCell("no", "no")
    any_role = principal.decide(Call(PASS_ROLE, role=_NO_ROLE))
    if any_role.outcome == "allowed":
        return PermissionCell("yes", "any role", _via([_Answer("yes", any_role.ground)], names))
    decisions = {
        name: principal.decide(Call(PASS_ROLE, role=name)) for name in roles if _may_pass(principal, name)
    }
    allowed = {name: decision for name, decision in decisions.items() if decision.outcome == "allowed"}
    if allowed:
        more = f" and {len(allowed) - _MOST_NAMED} more" if len(allowed) > _MOST_NAMED else ""
        answers = [_Answer("yes", decision.ground) for decision in allowed.values()]
        return PermissionCell("partly", ", ".join(list(allowed)[:_MOST_NAMED]) + more, _via(answers, names))
    if any(decision.outcome == "undecidable" for decision in (any_role, *decisions.values())):
        return PermissionCell("undecidable", "undecidable")
    return PermissionCell("no", "no role that exists")


def _may_pass(principal: Principal, role: str) -> bool:
    """A quick test before a decision: whether a pattern may match the name of the role, in any case of letters."""
    if principal.gaps:
        return True
    patterns = (
        pattern
        for ground, _ in principal.naming(PASS_ROLE)
        for pattern in ground.statement.resources or ("*",)
    )
    tails = (pattern.rpartition("role/") for pattern in patterns)
    return any("${" in tail or not stem or matches(tail.lower(), role.lower()) for stem, _, tail in tails)


def _via(answers: Iterable[_Answer], names: Mapping[str, str]) -> tuple[str, ...]:
    grants = (_grant(answer.ground, answer.limits, names) for answer in answers if answer.ground is not None)
    return tuple(dict.fromkeys(grants))


def _grant(ground: Ground, limits: tuple[str, ...], names: Mapping[str, str]) -> str:
    grant = ground.grant
    scope = "" if grant.scope is None else f" on {names.get(grant.scope, grant.scope)}"
    path = "" if grant.path == "directly" else f" {grant.path}"
    conditions = "".join(f", where {condition}" for condition in ground.statement.conditions[:2])
    only = f", only {join_words(limits, most=_MOST_LIMITS)}" if limits else ""
    return f"{grant.policy}{scope}{path}{only}{conditions}"
