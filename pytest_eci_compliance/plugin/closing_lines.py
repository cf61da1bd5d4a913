"""The last lines of a run that is not green: counts by severity, and where to start."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence

from ..language import ENGLISH, Translator
from ..language.columns import pad
from ..messages import label, one_line
from ..report.missing_evidence import MissingEvidence, missing_evidence
from ..report.model import Report
from ..report.remediation import parts
from ..report.unmatched import place_in_configuration
from ..results import OPEN_OUTCOMES, SEVERITIES, VISIBILITY, Outcome, Result, Row
from .node_ids import ROOT

COMMAND = "$ "
"""The heading of the line that is a command."""
_COLUMNS = 12  # of a heading
_TO_FILL_IN = re.compile(r"\b(VALUE|GROUP|DOCUMENT|NAME|[Cc]hoose among|do what follows)\b")
_TAKES_AWAY = re.compile(r"\b(Delete|Detach|Remove|Untag|Disable)")
_AUDIT_POLICY = "pytest --eci-audit-policy"


def closing_lines(
    report: Report, options: Sequence[str] = (), translator: Translator = ENGLISH
) -> list[tuple[str, str]]:
    """Five lines: failed and unknown by severity, the worst finding, its line of the configuration, what to run.

    Each line is its heading and its text. None where nothing failed and nothing is unknown. The command is the one
    that fixes the finding; where there is none that is ready to run, the one that runs its test again, with `options`.
    """
    open_results = [result for result in report.results if result.outcome in OPEN_OUTCOMES]
    if not open_results:
        return []
    worst = min(open_results, key=_urgency)
    cause, text = _cause(report, worst), translator.text
    unknown = _by_severity(open_results, "unknown", translator) + _causes(report, translator)
    lines = {
        text("failed:"): _by_severity(open_results, "failed", translator),
        text("unknown:"): unknown,
        text("start with:"): cause.named_sentence_in(translator)
        if cause
        else _finding(worst.row, translator),
        text("required by:"): _place(report, worst),
    }
    command = _AUDIT_POLICY if cause and cause.kind == "permission" else _fix(worst.row)
    return [
        *((f"{pad(title, _COLUMNS)} ", line) for title, line in lines.items()),
        (COMMAND, command or _again(worst, options)),
    ]


def _urgency(result: Result) -> tuple[int, int, bool]:
    """The sort key: by severity, then failed before unknown; what blinds other checks goes first among equals."""
    row = result.row
    return SEVERITIES.index(row.severity), OPEN_OUTCOMES.index(row.outcome), row.check != VISIBILITY


def _cause(report: Report, result: Result) -> MissingEvidence | None:
    """The first cause that a result depends on; None where it lacks no evidence."""
    return next((entry for entry in missing_evidence(report) if result in entry.results), None)


def _finding(row: Row, translator: Translator) -> str:
    """Severity, check, resource, and the first part of the message."""
    return translator.text(
        "{severity}: {check} {resource}: {message}",
        severity=translator.word(row.severity),
        check=row.check,
        resource=label(row),
        message=_first_clause(translator.row(one_line(row.message))),
    )


def _first_clause(message: str) -> str:
    """The message up to its first semicolon that stands outside of brackets.

    >>> _first_clause("a (b; c); d"), _first_clause("甲（乙；丙）；丁"), _first_clause("a")
    ('a (b; c)', '甲（乙；丙）', 'a')
    """
    depth = 0
    for place, character in enumerate(message):
        depth += (character in "(（") - (character in ")）")
        if character in ";；" and depth == 0:
            return message[:place]
    return message


def _place(report: Report, result: Result) -> str:
    """Where a result is required: a line of the configuration, or, for the check of a user, the file of the test."""
    file = result.nodeid.partition("::")[0]
    if file.partition("/")[0] == ROOT:
        return place_in_configuration(report, result.row.account, result.row.config_path)
    return file


def _fix(row: Row) -> str:
    """The command that fixes a finding; empty where there is none, or where something is left to the reader.

    What takes something away is a decision: the rule may be wrong instead.
    """
    fix = parts(row.remediation)
    decisions = (_TAKES_AWAY.search(" ".join(fix.commands)), _TO_FILL_IN.search(row.remediation))
    return fix.commands[0] if len(fix.commands) == 1 and not any(decisions) else ""


def _again(result: Result, options: Sequence[str]) -> str:
    """The command that runs one result again."""
    return shlex.join(["pytest", f"--eci-account={result.row.account}", *options, one_line(result.nodeid)])


def _by_severity(results: Iterable[Result], outcome: Outcome, translator: Translator) -> str:
    counts = Counter(result.row.severity for result in results if result.outcome == outcome)
    words = (translator.graded(counts[item], item) for item in SEVERITIES if counts[item])
    return translator.comma.join(words) or translator.word("none")


def _causes(report: Report, translator: Translator) -> str:
    number = len(missing_evidence(report))
    if not number:
        return ""
    return translator.plural(
        number,
        " ({number} cause, at the top of this summary)",
        " ({number} causes, at the top of this summary)",
    )
