"""The Markdown report. It fits the summary page of a CI job, whatever the number of results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from ..results import OPEN_OUTCOMES, OUTCOMES, Evidence, Outcome, ResourceType, Result
from .assumptions import ASSUMED, UNDECIDED
from .markdown_text import code, escape_markdown, table
from .model import Change, Report, count, ordered
from .rules import CheckRule, by_urgency, rules
from .summary import headline
from .waivers import applied_waivers
from .wording import ANSWERED, SYNTHETIC, Completeness, all_of, completeness, noun

LIMIT = 900_000
"""Bytes. A job summary may have 1 MiB; the rest is left for other steps of the job."""

SIGNS: dict[Outcome, str] = {"passed": "✅", "failed": "❌", "unknown": "❓", "waived": "🟡", "skipped": "⚪"}

_READ_COMPLETELY: dict[Completeness, str] = {"yes": "yes", "answered": ANSWERED, "no": "**no**"}


@dataclass(frozen=True)
class _Detail:
    """The amount of detail: characters of a message, and rows of a check or of a kind of change."""

    message: int
    rows: int


_DETAILS = (
    _Detail(2000, 100_000),
    _Detail(160, 100_000),
    _Detail(0, 100_000),
    _Detail(160, 200),
    _Detail(0, 20),
)


def render(report: Report) -> str:
    """The report with the most detail that fits the limit."""
    text = ""
    for detail in _DETAILS:
        text = "\n".join(_lines(report, detail)) + "\n"
        if len(text.encode()) <= LIMIT:
            break
    return text


def _lines(report: Report, detail: _Detail) -> Iterator[str]:
    results = ordered(report.results)
    known = rules(results)
    yield from _headline(report)
    yield from _since(report, detail)
    yield from _open_results(results, known, detail)
    yield from _waivers(report)
    yield from _checks(results, known)
    yield from _tests(report)
    yield from _assumptions()
    yield "---"
    yield ""
    yield f"pytest-eci-compliance {escape_markdown(report.plugin)}, {escape_markdown(report.started)}"


def _headline(report: Report) -> Iterator[str]:
    numbers = count(report.results)
    total = sum(numbers.values())
    head = headline(report)
    yield f"# {SIGNS[head.state]} ECI compliance: {head.text}"
    yield ""
    yield head.sentence
    yield ""
    heads = [*(f"{SIGNS[outcome]} {outcome}" for outcome in OUTCOMES), "total"]
    yield from table(heads, [[*numbers.values(), total]])
    yield from table(
        ["account", "id", "evidence", "regions", "calls", "read completely"],
        [
            _account(name, evidence, completeness(report, name))
            for name, evidence in sorted(report.accounts.items())
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


def _since(report: Report, detail: _Detail) -> Iterator[str]:
    if report.since is None:
        return
    yield f"## Since {escape_markdown(report.since.started)} ({code(report.since.report)})"
    yield ""
    kinds = list(report.since.by_kind())
    yield from table(
        [*(kind for kind, _ in kinds), "not compared"],
        [[*(len(changes) for _, changes in kinds), report.since.not_compared]],
    )
    for kind, changes in kinds:
        if kind in ("new", "fixed", "gone") and changes:
            yield f"**{kind.capitalize()}**"
            yield ""
            yield from (_change(change) for change in changes[: detail.rows])
            yield ""
            yield from _more(len(changes) - detail.rows)


def _change(change: Change) -> str:
    key = change.key
    region = f" in {code(key.region)}" if key.region else ""
    return f"- {code(key.account)} {code(key.check)}: {_resource(key.check, key.type, key.id)}{region}"


def _resource(check: str, resource_type: ResourceType, id_: str) -> str:
    return all_of(check, resource_type) if id_ == "*" else f"{noun(resource_type)} {code(id_)}"


def _open_results(results: list[Result], known: dict[str, CheckRule], detail: _Detail) -> Iterator[str]:
    open_results = [
        result for outcome in OPEN_OUTCOMES for result in results if result.row.outcome == outcome
    ]
    if not open_results:
        return
    yield "## Failed and unknown"
    yield ""
    by_rule = sorted(open_results, key=lambda result: by_urgency(known[result.row.check]))
    for check, of_check in groupby(by_rule, key=_check_of):
        yield from _check_details(known[check], list(of_check), detail)


def _check_details(rule: CheckRule, results: list[Result], detail: _Detail) -> Iterator[str]:
    numbers = count(results)
    counts = ", ".join(f"{numbers[outcome]} {outcome}" for outcome in OPEN_OUTCOMES if numbers[outcome])
    yield f"### {code(rule.id)}: {counts}"
    yield ""
    yield f"{rule.severity.capitalize()}; {escape_markdown(rule.place)}. {escape_markdown(rule.text)}"
    yield ""
    remediations = {result.row.remediation for result in results}
    if len(remediations) == 1:
        yield f"**Fix:** {escape_markdown(*remediations)}"
        yield ""
    heads = ["", "account", "region", "resource"] + (["message"] if detail.message else [])
    several = len(remediations) > 1
    yield from table(
        heads, [_row(result, detail, with_remediation=several) for result in results[: detail.rows]]
    )
    yield from _more(len(results) - detail.rows)


def _row(result: Result, detail: _Detail, *, with_remediation: bool) -> list[object]:
    row, resource = result.row, result.row.resource
    name = f" ({code(resource.name)})" if resource.name and resource.name != resource.id else ""
    expectation = f" [{code(row.expectation)}]" if row.expectation else ""
    cells: list[object] = [
        f"{SIGNS[row.outcome]} {row.outcome}",
        code(row.account),
        code(resource.region) if resource.region else "",
        f"{_resource(row.check, resource.type, resource.id)}{name}{expectation}",
    ]
    if detail.message:
        fix = (
            f" **Fix:** {escape_markdown(_shorten(row.remediation, detail.message))}"
            if with_remediation
            else ""
        )
        cells.append(escape_markdown(_shorten(row.message, detail.message)) + fix)
    return cells


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
        for test in sorted(report.tests, key=lambda test: test.nodeid)
        if test.outcome not in ("passed", "skipped")
    )
    yield ""


def _assumptions() -> Iterator[str]:
    yield "## Assumptions"
    yield ""
    yield "Assumed, beyond the evidence:"
    yield ""
    yield from (f"- {escape_markdown(assumption)}" for assumption in ASSUMED)
    yield ""
    cases = "; ".join(map(escape_markdown, UNDECIDED))
    yield f"Undecidable, and so never allowed: a decision that depends on {cases}."
    yield ""


def _more(number: int) -> Iterator[str]:
    if number > 0:
        yield f"… and {number} more: see another format of this report."
        yield ""


def _shorten(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
