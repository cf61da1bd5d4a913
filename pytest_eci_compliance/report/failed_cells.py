"""Which cells of the matrices failed results are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..policy.authorization import PASS_ROLE
from ..policy.patterns import matches
from ..results import Row
from .model import Report
from .permission_answers import PASS_ROLES, PERMISSIONS, AnswerKind

_ACTIONS = {**PERMISSIONS, PASS_ROLES: PASS_ROLE}
_BY_PATH = ("user-escalation", "role-escalation")
_ALLOWED: frozenset[AnswerKind] = frozenset({"yes", "partly", "path"})
_NOT_ALLOWED: frozenset[AnswerKind] = frozenset({"no", "partly", "path", "undecidable"})


@dataclass(frozen=True)
class FailedPermissions:
    """The cells that failed results are about: by identity (`user/NAME`, `role/NAME`) and title of the permission, the
    kinds of answers. A failed `cannot` is about what is allowed, a failed `can` about what is not."""

    kinds: Mapping[tuple[str, str], frozenset[AnswerKind]] = field(default_factory=dict)

    def concern(self, identity: str, title: str, kind: AnswerKind) -> bool:
        """Whether a failed result is about the cell."""
        return kind in self.kinds.get((identity, title), ())


def failed_permissions(report: Report, account: str) -> FailedPermissions:
    """The permissions of users and roles that failed results are about."""
    kinds: dict[tuple[str, str], frozenset[AnswerKind]] = defaultdict(frozenset)
    for row in _failed_rows(report, account):
        identity = f"{row.resource.type}/{row.resource.id}"
        for title, of_row in _titles(report, row):
            kinds[identity, title] |= of_row
    return FailedPermissions(dict(kinds))


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


def _titles(report: Report, row: Row) -> Iterator[tuple[str, frozenset[AnswerKind]]]:
    """The permissions that a row is about, with the answers that make it fail."""
    if row.check.endswith("-pass-role"):
        yield PASS_ROLES, _ALLOWED | _NOT_ALLOWED  # a pattern may name roles that do not exist
    elif row.check in _BY_PATH:
        yield from ((title, frozenset[AnswerKind]({"path"})) for title in _ACTIONS)
    elif row.check == "access":
        patterns, kinds = _patterns(report, row)
        for title, action in _ACTIONS.items():
            if any(matches(pattern.lower(), action.lower()) for pattern in patterns):
                yield title, kinds


def _patterns(report: Report, row: Row) -> tuple[tuple[str, ...], frozenset[AnswerKind]]:
    """The actions of the expectation that a result of `access` is about, and the answers that make it fail."""
    configured = report.loaded.configuration.accounts.get(row.account) if report.loaded else None
    index = row.config_path[1] if len(row.config_path) > 1 else None
    if configured is None or not isinstance(index, int) or index >= len(configured.access or ()):
        return (), frozenset()
    expectation = (configured.access or ())[index]
    if expectation.can:
        return tuple(expectation.can), _NOT_ALLOWED
    return tuple(expectation.cannot or ()), _ALLOWED
