"""The Markdown report. It fits the summary page of a CI job, whatever the number of results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby

from ..messages import one_line
from ..results import OPEN_OUTCOMES, OUTCOMES, Evidence, Result, Row
from .assumptions import UNDECIDED
from .former_report import row_key
from .markdown_changes import permission_section, plan_sections, since_section
from .markdown_paths import path_section
from .markdown_text import OUTCOME_SIGNS, Detail, code, escape_markdown, omitted, row_resource, shorten, table
from .missing_evidence import missing_evidence, reference
from .model import Report, RowKey, count, ordered
from .open_since import ages
from .planned import plan_effect
from .rules import CheckRule, by_urgency, rules
from .stated_assumptions import stated_assumptions
from .summary import headline
from .unmatched import unmatched_globs
from .waivers import applied_waivers
from .wording import ANSWERED, SYNTHETIC, Completeness, completeness

LIMIT = 900_000
"""Bytes. A job summary may have 1 MiB; the rest is left for other steps of the job."""

COMMENT_LIMIT = 65_000
"""Characters. The report of a planned account is a comment on a pull request, which may have 65,536."""

_READ_COMPLETELY: dict[Completeness, str] = {"yes": "yes", "answered": ANSWERED, "no": "**no**"}


_DETAILS = (
    Detail(2000, 100_000),
    Detail(160, 100_000),
    Detail(0, 100_000),
    Detail(160, 200),
    Detail(0, 20),
)


def render(report: Report) -> str:
    """The report with the most detail that fits the limit."""
    text = ""
    for detail in _DETAILS:
        text = "\n".join(_lines(report, detail)) + "\n"
        if _fits(report, text):
            return text
    return _cut(text) if report.plans else text


def _fits(report: Report, text: str) -> bool:
    return len(text) <= COMMENT_LIMIT if report.plans else len(text.encode()) <= LIMIT


def _cut(text: str) -> str:
    """The text up to the end of a line within the limit of a comment: the effect of the plan comes first."""
    kept = text[:COMMENT_LIMIT].rpartition("\n")[0]
    return f"{kept}\n\nCut to the length of a comment: see another format of this report.\n"


def _lines(report: Report, detail: Detail) -> Iterator[str]:
    results = ordered(report.results)
    known = rules(results)
    yield from _headline(report)
    yield from _missing_evidence(report)
    yield from plan_sections(report, detail)
    yield from permission_section(report, detail)
    yield from since_section(report, detail)
    yield from _open_results(results, known, detail, ages(report))
    yield from path_section(results, detail)
    yield from _waivers(report)
    yield from _unmatched(report)
    yield from _checks(results, known)
    yield from _tests(report)
    yield from _assumptions(report)
    yield "---"
    yield ""
    yield f"pytest-eci-compliance {escape_markdown(report.plugin)}, {escape_markdown(report.started)}"


def _headline(report: Report) -> Iterator[str]:
    numbers = count(report.results)
    total = sum(numbers.values())
    head = headline(report)
    yield f"# {OUTCOME_SIGNS[head.state]} ECI compliance: {head.text}"
    yield ""
    yield head.sentence
    yield ""
    heads = [*(f"{OUTCOME_SIGNS[outcome]} {outcome}" for outcome in OUTCOMES), "total"]
    yield from table(heads, [[*numbers.values(), total]])
    for name, plan in sorted(report.plans.items()):
        effect = plan_effect(report, name)
        yield f"**{code(name)} is {escape_markdown(plan.sentence)}.** {effect.numbers}."
        yield ""
    yield from table(
        ["account", "id", "evidence", "regions", "calls", "read completely"],
        [
            _account(name, evidence, completeness(report, name))
            for name, evidence in sorted(report.accounts.items())
        ],
    )


def _missing_evidence(report: Report) -> Iterator[str]:
    """Each cause of unknown results once, with what to do: rows refer to it."""
    entries = missing_evidence(report)
    if not entries:
        return
    yield "## Missing evidence"
    yield ""
    yield from table(
        ["account", "cause", "what is missing", "what to do", "results that depend on it"],
        [
            [
                code(entry.account),
                code(entry.key),
                escape_markdown(entry.problem),
                escape_markdown(entry.remediation),
                len(entry.results),
            ]
            for entry in entries
        ],
    )


def _account(name: str, evidence: Evidence, read: Completeness) -> list[object]:
    source = (
        "live"
        if evidence.recorded is None
        else f"{evidence.mode}, recorded {escape_markdown(evidence.recorded)}"
    )
    source += f", **synthetic: {SYNTHETIC}**" if evidence.synthetic else ""
    regions = ", ".join(map(code, evidence.regions)) or "none"
    return [code(name), code(evidence.account_id), source, regions, evidence.calls, _READ_COMPLETELY[read]]


def _open_results(
    results: list[Result], known: dict[str, CheckRule], detail: Detail, words: Mapping[RowKey, str]
) -> Iterator[str]:
    open_results = [
        result for outcome in OPEN_OUTCOMES for result in results if result.row.outcome == outcome
    ]
    if not open_results:
        return
    yield "## Failed and unknown"
    yield ""
    by_rule = sorted(open_results, key=lambda result: by_urgency(known[result.row.check]))
    for check, of_check in groupby(by_rule, key=_check_of):
        yield from _check_details(known[check], list(of_check), detail, words)


def _check_details(
    rule: CheckRule, results: list[Result], detail: Detail, words: Mapping[RowKey, str]
) -> Iterator[str]:
    numbers = count(results)
    counts = ", ".join(f"{numbers[outcome]} {outcome}" for outcome in OPEN_OUTCOMES if numbers[outcome])
    yield f"### {code(rule.id)}: {counts}"
    yield ""
    yield f"{rule.severity.capitalize()}; {escape_markdown(rule.place)}. {escape_markdown(rule.text)}"
    yield ""
    remediations = {result.row.remediation for result in results if not reference(result.row)}
    if len(remediations) == 1:
        yield f"**Fix:** {escape_markdown(*remediations)}"
        yield ""
    heads = ["", "account", "region", "resource"] + (["message"] if detail.message else [])
    several = len(remediations) > 1
    yield from table(
        heads,
        [
            _row(result, detail, words.get(row_key(result.row), ""), with_remediation=several)
            for result in results[: detail.rows]
        ],
    )
    yield from omitted(len(results) - detail.rows)


def _row(result: Result, detail: Detail, words: str, *, with_remediation: bool) -> list[object]:
    row, resource = result.row, result.row.resource
    cells: list[object] = [
        f"{OUTCOME_SIGNS[row.outcome]} {row.outcome}",
        code(row.account),
        code(resource.region) if resource.region else "",
        row_resource(row) + (f", **{words}**" if words else ""),
    ]
    if detail.message:
        cells.append(_message(row, detail, with_remediation=with_remediation))
    return cells


def _message(row: Row, detail: Detail, *, with_remediation: bool) -> str:
    """The message of a row and its own remediation; of one that lacks evidence, where the cause is described."""
    if words := reference(row):
        return escape_markdown(words)
    fix = f" **Fix:** {escape_markdown(shorten(row.remediation, detail.message))}" if with_remediation else ""
    return escape_markdown(shorten(row.message, detail.message)) + fix


def _waivers(report: Report) -> Iterator[str]:
    waivers = applied_waivers(report)
    if not waivers:
        return
    yield "## Waivers"
    yield ""
    heads = ["check", "resources", "covers", "reason", "owner", "until", ""]
    yield from table(
        heads,
        [
            [
                f"{code(item.account)} {code(item.check)}",
                code(item.pattern) if item.pattern else "",
                item.covers,
                escape_markdown(item.waiver.reason),
                escape_markdown(item.waiver.owner),
                item.until,
                item.left if item.state == "valid" else f"⚠️ **{item.left}**",
            ]
            for item in waivers
        ],
    )


def _unmatched(report: Report) -> Iterator[str]:
    entries = tuple(unmatched_globs(report))
    if not entries:
        return
    yield "## Globs that match nothing"
    yield ""
    yield from table(
        ["account", "line", "globs"],
        [
            [code(entry.account), code(entry.place) if entry.place else "", escape_markdown(entry.text)]
            for entry in entries
        ],
    )


def _checks(results: list[Result], known: dict[str, CheckRule]) -> Iterator[str]:
    if not results:
        return
    yield "## Every check"
    yield ""
    by_check = {
        check: count(of_check) for check, of_check in groupby(sorted(results, key=_check_of), key=_check_of)
    }
    order = sorted((known[check] for check in by_check), key=lambda rule: (rule.section, by_urgency(rule)))
    yield from table(
        ["check", "section", "severity", *OUTCOMES],
        [
            [code(rule.id), escape_markdown(rule.place), rule.severity, *by_check[rule.id].values()]
            for rule in order
        ],
    )


def _check_of(result: Result) -> str:
    return result.row.check


def _tests(report: Report) -> Iterator[str]:
    if not report.tests:
        return
    yield "## Own tests"
    yield ""
    numbers = Counter(test.outcome for test in report.tests)
    yield ", ".join(f"{number} {escape_markdown(outcome)}" for outcome, number in sorted(numbers.items()))
    yield ""
    yield from (
        f"- {escape_markdown(test.outcome)} {code(test.nodeid)}"
        + (f": {escape_markdown(one_line(test.message))}" if test.message else "")
        for test in sorted(report.tests, key=lambda test: test.nodeid)
        if test.outcome not in ("passed", "skipped")
    )
    yield ""


def _assumptions(report: Report) -> Iterator[str]:
    yield "## Assumptions"
    yield ""
    yield "Beyond the evidence, the verdicts assume:"
    yield ""
    yield from table(
        ["account", "assumption", "evidence", "here"],
        [
            [
                escape_markdown(entry.account),
                f"{escape_markdown(entry.assumption.id)}: {escape_markdown(entry.assumption.statement)}",
                escape_markdown(entry.assumption.evidence),
                escape_markdown(entry.words),
            ]
            for entry in stated_assumptions(report)
        ],
    )
    cases = "; ".join(map(escape_markdown, UNDECIDED))
    yield f"Undecidable, and so never allowed: a decision that depends on {cases}."
    yield ""
