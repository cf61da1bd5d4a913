"""Which cells of the matrices failed results are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from ..policy.authorization import PASS_ROLE
from ..policy.patterns import matches
from ..results import Row
from .model import Report
from .permission_matrix import PASS_ROLES, PERMISSIONS

_ACTIONS = {**PERMISSIONS, PASS_ROLES: PASS_ROLE}


def failed_permissions(report: Report, account: str) -> dict[str, frozenset[str]]:
    """By identity (`user/NAME`, `role/NAME`), the titles of the permissions that a failed result is about."""
    titles: dict[str, set[str]] = defaultdict(set)
    for row in _failed_rows(report, account):
        titles[f"{row.resource.type}/{row.resource.id}"].update(_titles(report, row))
    return {identity: frozenset(group_titles) for identity, group_titles in titles.items()}


def failed_policies(report: Report, account: str) -> Mapping[str, frozenset[str]]:
    """By user name, the policies that a failed result is about."""
    policies: dict[str, set[str]] = defaultdict(set)
    for row in _failed_rows(report, account):
        if row.resource.type == "user":
            policies[row.resource.id].update(row.policies)
    return {user: frozenset(policy_titles) for user, policy_titles in policies.items()}


def _failed_rows(report: Report, account: str) -> Iterator[Row]:
    for result in report.results:
        row = result.row
        if row.account == account and row.outcome == "failed" and row.resource.type in ("user", "role"):
            yield row


def _titles(report: Report, row: Row) -> Iterator[str]:
    if row.check.endswith("-pass-role"):
        yield PASS_ROLES
    elif row.check == "access":
        patterns = _patterns(report, row)
        for title, action in _ACTIONS.items():
            if any(matches(pattern.lower(), action.lower()) for pattern in patterns):
                yield title


def _patterns(report: Report, row: Row) -> tuple[str, ...]:
    """The actions of the expectation that a result of `access` is about."""
    configured = report.loaded.configuration.accounts.get(row.account) if report.loaded else None
    index = row.config_path[1] if len(row.config_path) > 1 else None
    if configured is None or not isinstance(index, int) or index >= len(configured.access or ()):
        return ()
    expectation = (configured.access or ())[index]
    return tuple(expectation.can or expectation.cannot or ())
