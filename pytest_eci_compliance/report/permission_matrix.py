"""The users × permissions matrix: what each user can do with ECI, where, and through which policy.

Every answer is the policy evaluator's. A user can do something everywhere, in some resource groups, only under
conditions (on tags, the region, the caller), or not at all; what cannot be decided is said to be so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal, TypeAlias

from ..inventory.facts import Inventory, Unreadable
from ..messages import join_words
from ..policy.authorization import Call, Target
from ..policy.decision import Ground, Principal, Verdict
from ..policy.evaluator import Access
from ..policy.patterns import UNKNOWN, matches, matches_partly_known
from ..policy.settings import Settings
from ..policy.worst_case import FRESH_GROUP, Free, decide_whatever
from .policy_matrix import group_names, said

POWERS = {
    "look": "eci:DescribeContainerGroups",
    "create": "eci:CreateContainerGroup",
    "change": "eci:UpdateContainerGroup",
    "delete": "eci:DeleteContainerGroup",
    "run commands in": "eci:ExecContainerCommand",
}
"""What people call it, and the action that is asked about."""

LENDING = "pass roles"

_LEND = "ram:PassRole"
_NO_ID = "eci-of-no-record"
_NO_ROLE = "role-of-no-record"
_MOST_NAMED = 5
_MOST_LIMITS = 2

Answer: TypeAlias = Literal["yes", "some", "what", "no"]


@dataclass(frozen=True)
class Cell:
    """`kind`: allowed, allowed in part, undecidable, denied; where, in words; and the policies that allow it."""

    kind: Answer
    words: str
    via: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """Users who can do the same, by the same policies."""

    users: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """The matrix; `nothing` are the users who can do nothing of it. `unreadable` says why there is none."""

    powers: tuple[str, ...] = (*POWERS, LENDING)
    lines: tuple[Line, ...] = ()
    nothing: tuple[str, ...] = ()
    unreadable: str | None = None


@dataclass(frozen=True)
class _Finding:
    """`limits` are the only resources that the ground is about, where it is not about all of the account's."""

    answer: Answer
    ground: Ground | None = None
    limits: tuple[str, ...] = ()


def table(
    inventory: Inventory, default_resource_group: str | None = None, settings: Settings | None = None
) -> Table:
    """The matrix of one account."""
    if isinstance(inventory.users, Unreadable):
        return Table(unreadable=said(inventory.users))
    access = Access(inventory, default_resource_group, settings=settings)
    holders: dict[Principal, list[str]] = defaultdict(list)
    for user in inventory.users:
        holders[access.principal(user)].append(user.user_name)
    names, roles = group_names(inventory), _role_names(inventory)
    alike: dict[tuple[Cell, ...], list[str]] = defaultdict(list)
    for principal, users in holders.items():
        alike[tuple(_cells(principal, names, roles))] += users
    lines = [Line(tuple(sorted(users)), cells) for cells, users in alike.items()]
    nothing = [user for line in lines if _denied(line) for user in line.users]
    return Table(
        lines=tuple(sorted((line for line in lines if not _denied(line)), key=lambda line: line.users)),
        nothing=tuple(sorted(nothing)),
    )


def _denied(line: Line) -> bool:
    return all(cell.kind == "no" for cell in line.cells)


def _role_names(inventory: Inventory) -> tuple[str, ...]:
    if isinstance(inventory.roles, Unreadable):
        return ()
    return tuple(sorted(role.role_name for role in inventory.roles))


def _cells(principal: Principal, names: Mapping[str, str], roles: tuple[str, ...]) -> Iterator[Cell]:
    scopes = sorted({grant.scope for grant in principal.grants if grant.scope is not None})
    within = {scope: _within(principal, scope) for scope in (None, *scopes)}
    for action in POWERS.values():
        yield _cell(within, action, names, unread=any(gap.groups for gap in principal.gaps))
    yield _lending(principal, names, roles)


def _cell(
    within: Mapping[str | None, Principal], action: str, names: Mapping[str, str], *, unread: bool
) -> Cell:
    everywhere = _find(within[None], action, FRESH_GROUP)
    # What is allowed under conditions everywhere is so in each group: that need not be found out again.
    deep = everywhere.answer != "some"
    in_groups = {
        names.get(scope, scope): _find(principal, action, scope, deep=deep)
        for scope, principal in within.items()
        if scope is not None
    }
    if everywhere.answer == "yes":
        return _except(everywhere, in_groups, names, unread=unread)
    found = {
        "under conditions": [everywhere] if everywhere.answer == "some" else [],
        _where(in_groups, "yes"): _that(in_groups, "yes"),
        f"{_where(in_groups, 'some')} under conditions": _that(in_groups, "some"),
    }
    words = [word for word, some in found.items() if some]
    if words:
        return Cell("some", "; ".join(words), _via(chain.from_iterable(found.values()), names))
    doubt = unread or _that({"": everywhere, **in_groups}, "what")
    return Cell("what", "undecidable") if doubt else Cell("no", "no")


def _where(in_groups: Mapping[str, _Finding], answer: Answer) -> str:
    return f"in {', '.join(name for name, one in in_groups.items() if one.answer == answer)}"


def _that(in_groups: Mapping[str, _Finding], answer: Answer) -> list[_Finding]:
    return [one for one in in_groups.values() if one.answer == answer]


def _except(
    everywhere: _Finding, in_groups: Mapping[str, _Finding], names: Mapping[str, str], *, unread: bool
) -> Cell:
    """Allowed on the whole account, but for the groups on which something denies it."""
    less = [name for name, one in in_groups.items() if one.answer != "yes"]
    via = _via([everywhere], names)
    if less:
        return Cell("some", f"everywhere but, or not surely, in {', '.join(less)}", via)
    return Cell("yes", "everywhere, as far as was read" if unread else "everywhere", via)


def _within(principal: Principal, scope: str | None) -> Principal:
    """The principal with what it holds on the whole account and, where one is named, on that resource group."""
    grants = [grant for grant in principal.grants if grant.scope in (None, scope)]
    gaps = [gap for gap in principal.gaps if gap.account or scope is not None]
    return Principal(grants, principal.account, gaps)


def _find(principal: Principal, action: str, group: str, *, deep: bool = True) -> _Finding:
    """Whether it can do it to anything in the group as it comes; else (`deep`) whether there is any way to."""
    plain = principal.decide(
        Call(action, Target("containergroup", _NO_ID, group=group, tags=()), group=group)
    )
    if plain.outcome == "allowed":
        return _Finding("yes", plain.ground)
    somehow = _somehow(principal, action, group) if deep else plain
    if somehow.outcome == "allowed":
        return _Finding("some", somehow.ground, _limits(somehow.ground, principal.account.id))
    return _Finding("what" if "undecidable" in (plain.outcome, somehow.outcome) else "no")


def _somehow(principal: Principal, action: str, group: str) -> Verdict:
    call = Call(action, Target("containergroup", None, group=group), group=group)
    return decide_whatever(principal, call, Free(request=True, resource=True), [group])


def _limits(ground: Ground | None, account: str) -> tuple[str, ...]:
    """The patterns of a statement, unless one of them fits every instance of the account."""
    patterns = ground.statement.resources if ground is not None else None
    every = f"acs:eci:{UNKNOWN}:{account}:containergroup/{UNKNOWN}"
    if not patterns or any(matches_partly_known(one, every) is True for one in patterns):
        return ()
    return patterns


def _lending(principal: Principal, names: Mapping[str, str], roles: tuple[str, ...]) -> Cell:
    if not principal.naming(_LEND) and not principal.gaps:
        return Cell("no", "no")
    anyone = principal.decide(Call(_LEND, role=_NO_ROLE))
    if anyone.outcome == "allowed":
        return Cell("yes", "any role", _via([_Finding("yes", anyone.ground)], names))
    asked = {name: principal.decide(Call(_LEND, role=name)) for name in roles if _could_lend(principal, name)}
    allowed = {name: one for name, one in asked.items() if one.outcome == "allowed"}
    if allowed:
        more = f" and {len(allowed) - _MOST_NAMED} more" if len(allowed) > _MOST_NAMED else ""
        found = [_Finding("yes", one.ground) for one in allowed.values()]
        return Cell("some", ", ".join(list(allowed)[:_MOST_NAMED]) + more, _via(found, names))
    doubt = any(one.outcome == "undecidable" for one in (anyone, *asked.values()))
    return Cell("what", "undecidable") if doubt else Cell("no", "no role that exists")


def _could_lend(principal: Principal, role: str) -> bool:
    """A cheap first look: whether some pattern may fit the role's name, in whatever case."""
    if principal.gaps:
        return True
    patterns = (
        pattern for ground, _ in principal.naming(_LEND) for pattern in ground.statement.resources or ("*",)
    )
    tails = (pattern.rpartition("role/") for pattern in patterns)
    return any("${" in tail or not stem or matches(tail.lower(), role.lower()) for stem, _, tail in tails)


def _via(found: Iterable[_Finding], names: Mapping[str, str]) -> tuple[str, ...]:
    told = (_told(one.ground, one.limits, names) for one in found if one.ground is not None)
    return tuple(dict.fromkeys(told))


def _told(ground: Ground, limits: tuple[str, ...], names: Mapping[str, str]) -> str:
    grant = ground.grant
    where = "" if grant.scope is None else f" on {names.get(grant.scope, grant.scope)}"
    how = "" if grant.path == "directly" else f" {grant.path}"
    conditions = "".join(f", where {one}" for one in ground.statement.conditions[:2])
    only = f", only {join_words(limits, most=_MOST_LIMITS)}" if limits else ""
    return f"{grant.policy}{where}{how}{only}{conditions}"
