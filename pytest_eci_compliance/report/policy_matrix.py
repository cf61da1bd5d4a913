"""The users × policies matrix: which user has which policy, at which scope, directly or through a group."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from ..inventory.facts import Inventory, PolicyRef, Unreadable
from ..inventory.grants import Grant, GrantIndex
from ..language import ENGLISH, Translator

_SameGrants: TypeAlias = "dict[tuple[tuple[Grant, ...], tuple[str, ...], frozenset[str]], list[str]]"


@dataclass(frozen=True)
class PolicyCell:
    """The grants of one policy to a user, each as scope and path; `is_complete` where no grant can be missing,
    `has_failed` where a failed result is about them."""

    grants: tuple[str, ...]
    is_complete: bool
    has_failed: bool = False


@dataclass(frozen=True)
class PolicyRow:
    """Users with the same grants, their cells in the order of the policies, and why grants may be missing."""

    users: tuple[str, ...]
    cells: tuple[PolicyCell, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True)
class PolicyMatrix:
    """The matrix: the policies of users, the most frequent first, and the users by their grants.

    `without` are the users without any policy. `unreadable` is why there is no matrix.
    """

    policies: tuple[PolicyRef, ...] = ()
    rows: tuple[PolicyRow, ...] = ()
    without: tuple[str, ...] = ()
    unreadable: str | None = None


def policy_matrix(
    inventory: Inventory,
    failed: Mapping[str, frozenset[str]] | None = None,
    translator: Translator = ENGLISH,
) -> PolicyMatrix:
    """The matrix of one account. `failed` has, by user name, the policies that a failed result is about."""
    if isinstance(inventory.users, Unreadable):
        return PolicyMatrix(unreadable=short_error(inventory.users, translator))
    index = GrantIndex(inventory)
    names = group_names(inventory)
    by_grants: _SameGrants = defaultdict(list)
    for user in inventory.users:
        principal_grants = index.user(user.user_name)
        gaps = tuple(dict.fromkeys(short_error(gap.cause, translator) for gap in principal_grants.gaps))
        failed_policies = (failed or {}).get(user.user_name, frozenset())
        by_grants[principal_grants.held, gaps, failed_policies].append(user.user_name)
    without = tuple(sorted(by_grants.pop(((), (), frozenset()), ())))
    policies = _by_frequency(by_grants)
    rows = [
        PolicyRow(
            tuple(sorted(users)),
            tuple(
                replace(
                    _cell(policy, grants, names, translator, is_complete=not gaps),
                    has_failed=str(policy) in failed_policies,
                )
                for policy in policies
            ),
            gaps,
        )
        for (grants, gaps, failed_policies), users in by_grants.items()
    ]
    return PolicyMatrix(policies, tuple(sorted(rows, key=lambda row: row.users)), without)


def group_names(inventory: Inventory) -> dict[str, str]:
    """The names of the resource groups, by id."""
    if isinstance(inventory.resource_groups, Unreadable):
        return {}
    return {group.id: group.name or group.display_name or group.id for group in inventory.resource_groups}


def short_error(cause: Unreadable, translator: Translator = ENGLISH) -> str:
    """A failed call in a few words: the call, its subject, and the error code."""
    if not cause.subject:
        return f"{cause.call}: {cause.code}"
    return translator.text(
        "{call} of {subject}: {code}", call=cause.call, subject=cause.subject, code=cause.code
    )


def _by_frequency(by_grants: _SameGrants) -> tuple[PolicyRef, ...]:
    counts: Counter[PolicyRef] = Counter()
    for (grants, _, _), users in by_grants.items():
        for policy in {grant.policy for grant in grants}:
            counts[policy] += len(users)
    return tuple(sorted(counts, key=lambda policy: (-counts[policy], str(policy))))


def _cell(
    policy: PolicyRef,
    grants: tuple[Grant, ...],
    names: dict[str, str],
    translator: Translator,
    *,
    is_complete: bool,
) -> PolicyCell:
    return PolicyCell(
        tuple(scope_and_path(grant, names, translator) for grant in grants if grant.policy == policy),
        is_complete,
    )


def scope_and_path(grant: Grant, names: dict[str, str], translator: Translator = ENGLISH) -> str:
    """The scope and the path of a grant, for example `account-wide, through group developers`."""
    group_id = grant.resource_group_id
    if group_id is None:
        scope = translator.text("account-wide")
    else:
        scope = translator.text("in {groups}", groups=names.get(group_id, group_id))
    if grant.group is None:
        return scope
    return translator.text("{scope}, through group {group}", scope=scope, group=grant.group)
