"""What evidence is missing: one entry per cause, with what to do and the results that depend on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..causes import LACKS, UNIDENTIFIED
from ..messages import join_words, pluralize, quote
from ..results import VISIBILITY, Cause, CauseKind, Result, Row
from .model import Report

_MAX_SUBJECTS = 3
_MAX_REASONS = 2


@dataclass(frozen=True)
class MissingEvidence:
    """One cause of unknown results of an account.

    `key` is the name under which rows refer to it: `auditor-visibility`, an error code, the id of an assumption.
    `problem` says who or what lacks what, `remediation` what to do; neither ends in a full stop. `subjects` are the
    permissions, calls or addresses that it is about. `results` are the unknown results that depend on it.
    """

    account: str
    key: str
    kind: CauseKind
    problem: str
    remediation: str
    subjects: tuple[str, ...]
    results: tuple[Result, ...]

    @property
    def sentence(self) -> str:
        """The cause, what to do, and the number of results that depend on it, on one line."""
        number = len(self.results)
        depend = "depends" if number == 1 else "depend"
        return f"{self.problem}: {self.remediation}; {pluralize(number, 'result')} {depend} on it"

    @property
    def named_sentence(self) -> str:
        """The sentence after the key, by which rows refer to it."""
        return self.sentence if self.key == UNIDENTIFIED else f"{self.key}: {self.sentence}"


def missing_evidence(report: Report) -> tuple[MissingEvidence, ...]:
    """Every cause of unknown results: by account, missing permissions first, then what most results depend on.

    A result that depends on several causes counts for each of them.
    """
    causes: dict[tuple[str, CauseKind, str], dict[Cause, None]] = {}
    results: dict[tuple[str, CauseKind, str], dict[Result, None]] = {}
    for result in report.results:
        for cause in _causes(result.row):
            place = (result.row.account, cause.kind, cause.key)
            causes.setdefault(place, {})[cause] = None
            results.setdefault(place, {})[result] = None
    entries = [_entry(report, place[0], tuple(same), tuple(results[place])) for place, same in causes.items()]
    return tuple(sorted(entries, key=_order))


def reference(row: Row) -> str:
    """Where the cause of an unknown row is described: `see auditor-visibility`; empty where no evidence is missing."""
    if is_unidentified(row):
        return "the account could not be identified"
    keys = dict.fromkeys(cause.key for cause in _causes(row))
    return f"see {join_words(keys)}" if keys else ""


def is_unidentified(row: Row) -> bool:
    """Whether a row is unknown because its account could not be identified."""
    return any(cause.key == UNIDENTIFIED for cause in _causes(row))


def _causes(row: Row) -> tuple[Cause, ...]:
    return row.causes if row.outcome == "unknown" else ()


def _order(entry: MissingEvidence) -> tuple[str, bool, int, str]:
    return entry.account, entry.key != VISIBILITY, -len(entry.results), entry.key


def _entry(
    report: Report, account: str, causes: Sequence[Cause], results: tuple[Result, ...]
) -> MissingEvidence:
    first = causes[0]
    return MissingEvidence(
        account=account,
        key=first.key,
        kind=first.kind,
        problem=_problem(report, account, causes),
        remediation=_listed(cause.remediation.rstrip(".") for cause in causes),
        subjects=_distinct(cause.subject for cause in causes),
        results=results,
    )


def _problem(report: Report, account: str, causes: Sequence[Cause]) -> str:
    kind, subjects = causes[0].kind, _distinct(cause.subject for cause in causes)
    if kind == "permission":
        return f"{_auditor(report, account)} {_permissions(causes)}"
    if kind == "denied":
        return f"{_listed(cause.problem for cause in causes)} denies {_counted(subjects, 'permission')}"
    if kind == "call":
        reasons = _listed(cause.problem for cause in causes)
        return f"{_counted(subjects, 'call')} failed: {reasons}"
    if kind == "assumption":
        return f"the account contradicts the assumption {quote(causes[0].subject)}"
    return _listed(cause.problem for cause in causes)


def _permissions(causes: Sequence[Cause]) -> str:
    """What the auditing identity lacks, holds only under conditions, or is not shown to hold."""
    lacking = _distinct(cause.subject for cause in causes if cause.problem == LACKS)
    parts = []
    for problem in _distinct(cause.problem for cause in causes):
        permissions = _distinct(cause.subject for cause in causes if cause.problem == problem)
        if problem != LACKS:
            permissions = tuple(permission for permission in permissions if permission not in lacking)
        if permissions:
            parts.append((problem != LACKS, f"{problem} {_counted(permissions, 'permission')}"))
    return " and ".join(text for _, text in sorted(parts))


def _auditor(report: Report, account: str) -> str:
    """Who reads the account: `user 'auditor'`, `role 'auditor'`."""
    inventory = report.inventories.get(account)
    arn = inventory.identity.arn if inventory is not None else ""
    if ":user/" in arn:
        return f"user {quote(arn.partition(':user/')[2])}"
    if ":assumed-role/" in arn:
        return f"role {quote(arn.partition(':assumed-role/')[2].partition('/')[0])}"
    return "the auditing identity"


def _counted(subjects: Sequence[str], noun: str) -> str:
    """A number of permissions or calls, and the first of them: `9 permissions (ram:ListUsers, …)`."""
    shown = ", ".join(subjects[:_MAX_SUBJECTS])
    more = ", …" if len(subjects) > _MAX_SUBJECTS else ""
    return f"{pluralize(len(subjects), noun)} ({shown}{more})"


def _listed(texts: Iterable[str]) -> str:
    distinct = _distinct(texts)
    shown = "; ".join(distinct[:_MAX_REASONS])
    left = len(distinct) - _MAX_REASONS
    return f"{shown}; and {left} more" if left > 0 else shown


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
