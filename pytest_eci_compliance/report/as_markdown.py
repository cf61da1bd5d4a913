"""The Markdown report (design A6): it fits the summary page of a CI job, however much there is to say."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from ..printable import one_line
from ..results import Evidence, Outcome, ResourceType, Result
from .assumptions import UNDECIDED
from .comparison import Change
from .model import OUTCOMES, Report, count, ordered
from .rules import Rule, by_urgency, rules
from .stated_assumptions import stated_assumptions
from .summary import verdict
from .waivers import accepted
from .wording import ANSWERED, SYNTHETIC, Whole, everything, noun, whole

LIMIT = 900_000
"""Bytes. A job summary may have 1 MiB; the rest is for what else the job has to say."""

SIGNS: dict[Outcome, str] = {"passed": "✅", "failed": "❌", "unknown": "❓", "waived": "🟡", "skipped": "⚪"}

_OPEN: tuple[Outcome, ...] = ("failed", "unknown")
_WHOLE: dict[Whole, str] = {"yes": "yes", "answered": ANSWERED, "no": "**no**"}


@dataclass(frozen=True)
class _Detail:
    """How much is said: of a message, in characters, and of a check or a kind of change, in rows."""

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
    """The report, with as much detail as the limit leaves room for."""
    text = ""
    for detail in _DETAILS:
        text = "\n".join(_lines(report, detail)) + "\n"
        if len(text.encode()) <= LIMIT:
            break
    return text


def _lines(report: Report, detail: _Detail) -> Iterator[str]:
    results = ordered(report.results)
    known = rules(results)
    yield from _verdict(report)
    yield from _since(report, detail)
    yield from _open(results, known, detail)
    yield from _waivers(report)
    yield from _checks(results, known)
    yield from _tests(report)
    yield from _assumed(report)
    yield "---"
    yield ""
    yield f"pytest-eci-compliance {escaped(report.plugin)}, {escaped(report.started)}"


def _verdict(report: Report) -> Iterator[str]:
    numbers = count(report.results)
    total = sum(numbers.values())
    said = verdict(report)
    yield f"# {SIGNS[said.state]} ECI compliance: {said.headline}"
    yield ""
    yield said.sentence
    yield ""
    yield from _table([*(f"{SIGNS[one]} {one}" for one in OUTCOMES), "total"], [[*numbers.values(), total]])
    yield from _table(
        ["account", "id", "evidence", "regions", "calls", "read completely"],
        [_account(name, one, whole(report, name)) for name, one in sorted(report.accounts.items())],
    )


def _account(name: str, one: Evidence, read: Whole) -> list[object]:
    evidence = "live" if one.recorded is None else f"{one.mode}, recorded {escaped(one.recorded)}"
    evidence += f", **synthetic: {SYNTHETIC}**" if one.synthetic else ""
    regions = ", ".join(map(code, one.regions)) or "none"
    return [
        code(name),
        code(one.account_id),
        evidence,
        regions,
        one.calls,
        _WHOLE[read],
    ]


def _since(report: Report, detail: _Detail) -> Iterator[str]:
    if report.since is None:
        return
    yield f"## Since {escaped(report.since.started)} ({code(report.since.report)})"
    yield ""
    kinds = list(report.since.by_kind())
    yield from _table(
        [*(kind for kind, _ in kinds), "not compared"],
        [[*(len(some) for _, some in kinds), report.since.not_compared]],
    )
    for kind, some in kinds:
        if kind in ("new", "fixed", "gone") and some:
            yield f"**{kind.capitalize()}**"
            yield ""
            yield from (_change(one) for one in some[: detail.rows])
            yield ""
            yield from _more(len(some) - detail.rows)


def _change(one: Change) -> str:
    key = one.key
    where = f" in {code(key.region)}" if key.region else ""
    return f"- {code(key.account)} {code(key.check)}: {_what(key.check, key.type, key.id)}{where}"


def _what(check: str, type_: ResourceType, id_: str) -> str:
    return everything(check, type_) if id_ == "*" else f"{noun(type_)} {code(id_)}"


def _open(results: list[Result], known: dict[str, Rule], detail: _Detail) -> Iterator[str]:
    found = [one for outcome in _OPEN for one in results if one.row.outcome == outcome]
    if not found:
        return
    yield "## What does not hold, or could not be read"
    yield ""
    by_rule = sorted(found, key=lambda one: by_urgency(known[one.row.check]))
    for check, some in groupby(by_rule, key=_check_of):
        yield from _one_check(known[check], list(some), detail)


def _one_check(rule: Rule, found: list[Result], detail: _Detail) -> Iterator[str]:
    numbers = count(found)
    said = ", ".join(f"{numbers[one]} {one}" for one in _OPEN if numbers[one])
    yield f"### {code(rule.id)}: {said}"
    yield ""
    yield f"{rule.severity.capitalize()}; {escaped(rule.place)}. {escaped(rule.text)}"
    yield ""
    remedies = {one.row.remediation for one in found}
    if len(remedies) == 1:
        yield f"**What to do:** {escaped(*remedies)}"
        yield ""
    heads = ["", "account", "region", "resource"] + (["found"] if detail.message else [])
    yield from _table(heads, [_row(one, detail, len(remedies) > 1) for one in found[: detail.rows]])
    yield from _more(len(found) - detail.rows)


def _row(result: Result, detail: _Detail, own_remedy: bool) -> list[object]:
    row, resource = result.row, result.row.resource
    name = f" ({code(resource.name)})" if resource.name and resource.name != resource.id else ""
    expectation = f" [{code(row.expectation)}]" if row.expectation else ""
    cells: list[object] = [
        f"{SIGNS[row.outcome]} {row.outcome}",
        code(row.account),
        code(resource.region) if resource.region else "",
        f"{_what(row.check, resource.type, resource.id)}{name}{expectation}",
    ]
    if detail.message:
        remedy = f" **What to do:** {escaped(_cut(row.remediation, detail.message))}" if own_remedy else ""
        cells.append(escaped(_cut(row.message, detail.message)) + remedy)
    return cells


def _waivers(report: Report) -> Iterator[str]:
    found = accepted(report)
    if not found:
        return
    yield "## Waivers"
    yield ""
    heads = ["check", "resources", "covers", "reason", "owner", "until", ""]
    yield from _table(
        heads,
        [
            [
                f"{code(one.account)} {code(one.check)}",
                code(one.pattern) if one.pattern else "",
                one.covers,
                escaped(one.waiver.reason),
                escaped(one.waiver.owner),
                one.until,
                one.left if one.state == "valid" else f"⚠️ **{one.left}**",
            ]
            for one in found
        ],
    )


def _checks(results: list[Result], known: dict[str, Rule]) -> Iterator[str]:
    if not results:
        return
    yield "## Every check"
    yield ""
    by_check = {check: count(some) for check, some in groupby(sorted(results, key=_check_of), key=_check_of)}
    order = sorted((known[check] for check in by_check), key=lambda rule: (rule.section, by_urgency(rule)))
    yield from _table(
        ["check", "section", "severity", *OUTCOMES],
        [[code(rule.id), escaped(rule.place), rule.severity, *by_check[rule.id].values()] for rule in order],
    )


def _check_of(result: Result) -> str:
    return result.row.check


def _tests(report: Report) -> Iterator[str]:
    if not report.tests:
        return
    yield "## Own tests"
    yield ""
    numbers: dict[str, int] = {}
    for one in report.tests:
        numbers[one.outcome] = numbers.get(one.outcome, 0) + 1
    yield ", ".join(f"{number} {escaped(outcome)}" for outcome, number in sorted(numbers.items()))
    yield ""
    yield from (
        f"- {escaped(one.outcome)} {code(one.nodeid)}"
        for one in sorted(report.tests, key=lambda test: test.nodeid)
        if one.outcome not in ("passed", "skipped")
    )
    yield ""


def _assumed(report: Report) -> Iterator[str]:
    yield "## What it rests on"
    yield ""
    yield "Beyond the evidence, the verdicts assume:"
    yield ""
    yield from _table(
        ["account", "assumption", "evidence", "here"],
        [
            [
                escaped(entry.account),
                f"{escaped(entry.assumption.id)}: {escaped(entry.assumption.statement)}",
                escaped(entry.assumption.evidence),
                escaped(entry.words),
            ]
            for entry in stated_assumptions(report)
        ],
    )
    yield ""
    yield f"Undecidable, and so never allowed: what turns on {'; '.join(map(escaped, UNDECIDED))}."
    yield ""


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    heads = list(heads)
    yield _cells(heads)
    yield _cells("---" for _ in heads)
    yield from (_cells(row) for row in rows)
    yield ""


def _cells(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _more(number: int) -> Iterator[str]:
    if number > 0:
        yield f"… and {number} more: see another format of this report."
        yield ""


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def code(text: str) -> str:
    """A name as code, in which nothing is mark-up, in a table too.

    >>> code("eci-1"), code("a`b|c")
    ('`eci-1`', '<code>a&#96;b&#124;c</code>')
    """
    shown = one_line(text)
    if shown and not re.search(r"[`|\\<>&]|^\s|\s$", shown):
        return f"`{shown}`"
    entities = re.sub(r"[^\w\s]|_", lambda found: f"&#{ord(found.group())};", shown)
    return f"<code>{entities}</code>"


def escaped(text: str) -> str:
    r"""Prose in which nothing is mark-up, a link, a mention or a formula, but for `code`.

    >>> escaped("allows eci:* | <b>"), escaped("by @alice"), escaped("set `users`")
    ('allows eci:\\* \\| &lt;b&gt;', 'by `@alice`', 'set `users`')
    """
    parts = re.split(r"`([^`]+)`", one_line(text))
    return "".join(code(part) if index % 2 else _prose(part) for index, part in enumerate(parts))


def _prose(text: str) -> str:
    return " ".join(map(_word, text.split(" ")))


def _word(word: str) -> str:
    # Code hosts make links and mentions of these wherever they are not code.
    if re.search(r"@|://|www\.|#\d", word):
        return code(word)
    quoted = re.sub(r"[\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_])|^[-+#](?!\w)", r"\\\g<0>", word)
    return html.escape(quoted, quote=False)
