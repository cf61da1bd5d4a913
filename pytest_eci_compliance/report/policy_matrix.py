"""The users × policies matrix: who holds which policy, at which scope, by which path."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from ..inventory.facts import Inventory, PolicyRef, Unreadable
from ..inventory.grants import Grant, GrantIndex


@dataclass(frozen=True)
class Cell:
    """The grants of one policy to one user: scope and path of each; `sure` where none could be missing."""

    lines: tuple[str, ...]
    sure: bool


@dataclass(frozen=True)
class Holders:
    """Users who hold the same, and their cells in the order of the matrix's policies."""

    users: tuple[str, ...]
    cells: tuple[Cell, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True)
class Matrix:
    """Policies that users hold, the most held first; users by what they hold; those who hold nothing apart.

    `unreadable` says why there is no matrix.
    """

    policies: tuple[PolicyRef, ...] = ()
    holders: tuple[Holders, ...] = ()
    without: tuple[str, ...] = ()
    unreadable: str | None = None


def matrix(inventory: Inventory) -> Matrix:
    """The matrix of one account."""
    if isinstance(inventory.users, Unreadable):
        return Matrix(unreadable=said(inventory.users))
    grants = GrantIndex(inventory)
    groups = group_names(inventory)
    alike: dict[tuple[tuple[Grant, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for user in inventory.users:
        holdings = grants.user(user.user_name)
        gaps = tuple(dict.fromkeys(said(gap.cause) for gap in holdings.gaps))
        alike[holdings.held, gaps].append(user.user_name)
    without = tuple(sorted(alike.pop(((), ()), ())))
    policies = _most_held(alike)
    holders = [
        Holders(tuple(sorted(users)), tuple(_cell(one, held, groups, not gaps) for one in policies), gaps)
        for (held, gaps), users in alike.items()
    ]
    return Matrix(policies, tuple(sorted(holders, key=lambda one: one.users)), without)


def group_names(inventory: Inventory) -> dict[str, str]:
    """The names of the resource groups, by id."""
    if isinstance(inventory.resource_groups, Unreadable):
        return {}
    return {group.id: group.name or group.display_name or group.id for group in inventory.resource_groups}


def said(cause: Unreadable) -> str:
    """Why something could not be read, in a few words."""
    subject = f" of {cause.subject}" if cause.subject else ""
    return f"{cause.call}{subject}: {cause.code}"


def _most_held(alike: dict[tuple[tuple[Grant, ...], tuple[str, ...]], list[str]]) -> tuple[PolicyRef, ...]:
    counts: Counter[PolicyRef] = Counter()
    for (held, _), users in alike.items():
        for policy in {one.policy for one in held}:
            counts[policy] += len(users)
    return tuple(sorted(counts, key=lambda policy: (-counts[policy], str(policy))))


def _cell(policy: PolicyRef, held: tuple[Grant, ...], groups: dict[str, str], sure: bool) -> Cell:
    return Cell(tuple(scope(one, groups) for one in held if one.policy == policy), sure)


def scope(one: Grant, groups: dict[str, str]) -> str:
    """The scope and the path of a grant, short: `whole account, by group developers`."""
    where = (
        "whole account"
        if one.resource_group_id is None
        else f"in {groups.get(one.resource_group_id, one.resource_group_id)}"
    )
    return where if one.group is None else f"{where}, by group {one.group}"
