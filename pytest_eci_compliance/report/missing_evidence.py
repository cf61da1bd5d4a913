"""What evidence is missing: one entry per cause, with what to do and the results that depend on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..causes import LACKS, UNIDENTIFIED
from ..language import ENGLISH, Translator
from ..messages import quote
from ..results import VISIBILITY, Cause, CauseKind, Result, Row
from .model import Report

_MAX_SUBJECTS = 3
_MAX_REASONS = 2


@dataclass(frozen=True)
class MissingEvidence:
    """One cause of unknown results of an account.

    `key` is the name under which rows refer to it: `auditor-visibility`, an error code, the id of an assumption.
    `causes` are what its results carry, `auditor` is the ARN of who reads the account (empty: not known). `subjects`
    are the permissions, calls or addresses that it is about. `results` are the unknown results that depend on it.
    """

    account: str
    key: str
    kind: CauseKind
    causes: tuple[Cause, ...]
    auditor: str
    subjects: tuple[str, ...]
    results: tuple[Result, ...]

    @property
    def problem(self) -> str:
        """Who or what lacks what, without a full stop."""
        return self.problem_in(ENGLISH)

    @property
    def remediation(self) -> str:
        """What to do, without a full stop."""
        return self.remediation_in(ENGLISH)

    @property
    def sentence(self) -> str:
        """The cause, what to do, and the number of results that depend on it, on one line."""
        return self.sentence_in(ENGLISH)

    def sentence_in(self, translator: Translator) -> str:
        """The sentence in a language."""
        depend = translator.plural(
            len(self.results), "{number} result depends on it", "{number} results depend on it"
        )
        return translator.text(
            "{problem}: {remediation}; {results}",
            problem=self.problem_in(translator),
            remediation=self.remediation_in(translator),
            results=depend,
        )

    def named_sentence_in(self, translator: Translator) -> str:
        """The sentence after the key, by which rows refer to it."""
        sentence = self.sentence_in(translator)
        return sentence if self.key == UNIDENTIFIED else f"{self.key}: {sentence}"

    def problem_in(self, translator: Translator) -> str:
        """Who or what lacks what, in a language."""
        return _problem(self.causes, self.auditor, translator)

    def remediation_in(self, translator: Translator) -> str:
        """What to do, in a language."""
        texts = (translator.row(cause.remediation).rstrip(".。") for cause in self.causes)
        return _listed(texts, translator)


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


def reference(row: Row, translator: Translator = ENGLISH) -> str:
    """Where the cause of an unknown row is described: `see auditor-visibility`; empty where no evidence is missing."""
    if is_unidentified(row):
        return translator.text("the account could not be identified")
    keys = dict.fromkeys(cause.key for cause in _causes(row))
    return translator.text("see {causes}", causes=translator.join(keys)) if keys else ""


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
    inventory = report.inventories.get(account)
    return MissingEvidence(
        account=account,
        key=first.key,
        kind=first.kind,
        causes=tuple(causes),
        auditor=inventory.identity.arn if inventory is not None else "",
        subjects=_distinct(cause.subject for cause in causes),
        results=results,
    )


def _problem(causes: Sequence[Cause], auditor: str, translator: Translator) -> str:
    kind, subjects, text = causes[0].kind, _distinct(cause.subject for cause in causes), translator.text
    problems = [translator.row(cause.problem) for cause in causes]
    if kind == "permission":
        return _lacks(causes, _auditor(auditor, translator), translator)
    if kind == "denied":
        permissions = translator.plural(len(subjects), "{number} permission", "{number} permissions")
        return text(
            "{policies} denies {permissions} ({names})",
            policies=_listed(problems, translator),
            permissions=permissions,
            names=_first(subjects, translator),
        )
    if kind == "call":
        calls = translator.plural(len(subjects), "{number} call", "{number} calls")
        return text(
            "{calls} ({names}) failed: {reasons}",
            calls=calls,
            names=_first(subjects, translator),
            reasons=_listed(problems, translator),
        )
    if kind == "assumption":
        return text(
            "the account contradicts the assumption {assumption}", assumption=quote(causes[0].subject)
        )
    return _listed(problems, translator)


def _lacks(causes: Sequence[Cause], auditor: str, translator: Translator) -> str:
    """What the auditing identity lacks, holds only under conditions, or is not shown to hold."""
    lacking = _distinct(cause.subject for cause in causes if cause.problem == LACKS)
    parts = []
    for problem in _distinct(cause.problem for cause in causes):
        permissions = _distinct(cause.subject for cause in causes if cause.problem == problem)
        if problem != LACKS:
            permissions = tuple(permission for permission in permissions if permission not in lacking)
        if permissions:
            number = translator.plural(len(permissions), "{number} permission", "{number} permissions")
            part = translator.text(
                "{permissions} ({names})", permissions=number, names=_first(permissions, translator)
            )
            parts.append((problem != LACKS, f"{translator.word(problem)} {part}"))
    words = translator.text(" and ").join(part for _, part in sorted(parts))
    return translator.text("{auditor} {lacks}", auditor=auditor, lacks=words)


def _auditor(arn: str, translator: Translator) -> str:
    """Who reads the account: `user 'auditor'`, `role 'auditor'`."""
    if ":user/" in arn:
        return translator.text("user {name}", name=quote(arn.partition(":user/")[2]))
    if ":assumed-role/" in arn:
        name = arn.partition(":assumed-role/")[2].partition("/")[0]
        return translator.text("role {name}", name=quote(name))
    return translator.text("the auditing identity")


def _first(subjects: Sequence[str], translator: Translator) -> str:
    """The first permissions or calls: `ram:ListUsers, …`."""
    shown = subjects[:_MAX_SUBJECTS]
    more = ("…",) if len(subjects) > _MAX_SUBJECTS else ()
    return translator.separator.join((*shown, *more))


def _listed(texts: Iterable[str], translator: Translator) -> str:
    distinct = _distinct(texts)
    shown = ("; " if translator.language == "en" else "；").join(distinct[:_MAX_REASONS])
    left = len(distinct) - _MAX_REASONS
    return translator.text("{reasons}; and {number} more", reasons=shown, number=left) if left > 0 else shown


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
