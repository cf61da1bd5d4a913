"""The HTML report (design A6): one self-contained file that loads nothing from elsewhere.

The template is `page/report.html`, with its style and script beside it. Everything that other people named is
escaped, and what would steer the reader's eye is made visible.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from ..printable import visible_lines
from ..results import Evidence, Outcome, Resource, Result
from .assumptions import UNDECIDED
from .charts import Bar, bar, pictures
from .model import Report, count, ordered
from .permission_matrix import Table, table
from .policy_matrix import matrix
from .rules import ELSEWHERE, SECTIONS, SEVERITIES, Rule, by_urgency, rules
from .stated_assumptions import stated_assumptions
from .summary import state_of, verdict
from .waivers import Accepted, accepted, until
from .wording import ANSWERED, SYNTHETIC, Whole, everything, noun, whole

if TYPE_CHECKING:
    from .comparison import Key

SIGNS: dict[Outcome, str] = {"failed": "✕", "unknown": "?", "waived": "~", "passed": "✓", "skipped": "–"}
"""So that no meaning is in a colour alone; in the order in which the page tells the outcomes."""

_LOUD: tuple[Outcome, ...] = ("failed", "unknown", "waived")
_QUIET: tuple[Outcome, ...] = ("passed", "skipped")
_MARKS = {
    "failed": "hatch",
    "unknown": "dots",
    "waived": "waves",
    "passed": "",
    "skipped": "",
    "not judged": "",
}
_TONES = {"new": "failed", "fixed": "passed", "gone": "skipped", "still open": "unknown", "waived": "waived"}
_ANSWERS = {"yes": "✓", "some": "◐", "what": "?", "no": "–"}
_CHANGES_SHOWN = 200

# A name may go on in the next line where a part of it ends; a long part gets a place too, so that no table is
# wider than a page.
_PART_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=/)(?=\w)")
_LONG_PART = re.compile("([^\\s\u200b]{24})(?=[^\\s\u200b])")


@dataclass(frozen=True)
class Account:
    """An account of the run: how it was read, how old that is, and what of it was selected only in part."""

    name: str
    evidence: Evidence
    whole: Whole
    age: str
    source: str
    calls: str
    partial: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """A check and its results. `loud` are those that need a person, `remedy` is the one mend of them all."""

    rule: Rule
    numbers: Mapping[Outcome, int]
    loud: tuple[Result, ...]
    quiet: tuple[Result, ...]
    remedy: str

    @property
    def anchor(self) -> str:
        return "check-" + re.sub(r"[^\w-]", "-", self.rule.id)

    @property
    def state(self) -> Outcome:
        return state_of(self.numbers)

    @property
    def open(self) -> bool:
        return bool(self.numbers["failed"] or self.numbers["unknown"])

    @property
    def words(self) -> str:
        return words_of(self.numbers)

    @property
    def quiet_words(self) -> str:
        return " and ".join(f"{self.numbers[one]:,} {one}" for one in _QUIET if self.numbers[one])


@dataclass(frozen=True)
class Chapter:
    """A section of the documents, with the checks that rest on it."""

    number: str
    title: str
    groups: tuple[Group, ...]
    bar: Bar
    state: Outcome
    words: str


def render(report: Report) -> str:
    style, script = _source("report.css"), _source("report.js")
    results = ordered(report.results)
    groups = _groups(results)
    waivers = accepted(report)
    return _template().render(
        policy=_policy(style, script),
        css=Markup(style),  # noqa: S704 - a file of this package
        js=Markup(script),  # noqa: S704 - a file of this package
        plugin=report.plugin,
        started=_moment(report.started),
        verdict=verdict(report),
        numbers=count(results),
        whole=bar("All results", count(results)),
        told=tuple(SIGNS),
        signs=SIGNS,
        marks=_MARKS,
        tones=_TONES,
        noun=noun,
        subject=_subject,
        until=until,
        answered=ANSWERED,
        synthetic=SYNTHETIC,
        most=_CHANGES_SHOWN,
        accounts=tuple(_accounts(report)),
        many_accounts=len(report.accounts) > 1,
        since=report.since,
        chapters=tuple(_chapters(groups)),
        groups=groups,
        choices=_choices(results),
        powers=tuple(_powers(report)),
        answers=_ANSWERS,
        holdings=tuple((name, matrix(one)) for name, one in sorted(report.inventories.items())),
        pictures=pictures(report),
        waivers=waivers,
        ends=tuple(_ends(waivers)),
        tests=sorted(report.tests, key=lambda one: one.nodeid),
        stated=stated_assumptions(report),
        undecided=UNDECIDED,
    )


def words_of(numbers: Mapping[Outcome, int]) -> str:
    """The numbers in words: those that need a person, else that all hold."""
    loud = [f"{numbers[one]:,} {one}" for one in _LOUD if numbers[one]]
    if not numbers["failed"] and not numbers["unknown"] and numbers["passed"]:
        loud.insert(0, "holds" if numbers["passed"] == 1 else f"{numbers['passed']:,} hold")
    return ", ".join(loud) or "nothing to judge"


def _accounts(report: Report) -> Iterator[Account]:
    for name, one in sorted(report.accounts.items()):
        age, source = "Read live, in this run", str(one.mode)
        if one.recorded is not None:
            age = f"Evidence of {_moment(one.recorded)}, {_age(one.recorded, report.started)}"
            source = f"{one.mode}, recorded {_moment(one.recorded)}"
        calls = ", ".join(
            (_many(one.calls, "call"), _many(one.pages, "page"), _many(one.retries, "retry", "retries"))
        )
        yield Account(
            name, one, whole(report, name), age, source, calls, tuple(sorted(report.partial.get(name, ())))
        )


def _ends(waivers: Iterable[Accepted]) -> Iterator[tuple[str, tuple[Accepted, ...]]]:
    """The waivers that have expired, then those that will soon, each under its words."""
    for state, one, many in (
        ("expired", "waiver has expired", "waivers have expired"),
        ("expires soon", "waiver expires soon", "waivers expire soon"),
    ):
        some = tuple(waiver for waiver in waivers if waiver.state == state)
        if some:
            yield _many(len(some), one, many), some


def _subject(check: str, resource: Resource | Key) -> str:
    return everything(check, resource.type) if resource.id == "*" else resource.id


def _many(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _powers(report: Report) -> Iterator[tuple[str, Table]]:
    for name, inventory in sorted(report.inventories.items()):
        configured = report.loaded.configuration.accounts.get(name) if report.loaded else None
        if configured is None:
            yield name, table(inventory)
        else:
            settings = configured.evaluator_settings
            yield name, table(inventory, configured.default_resource_group, settings)


def _moment(text: str) -> str:
    return text.replace("T", " ").replace("Z", " UTC")


def _age(recorded: str, started: str) -> str:
    """How old the evidence was when the run started, in days or hours."""
    then, now = (datetime.fromisoformat(one[:19]) for one in (recorded, started))
    hours = int((now - then).total_seconds() // 3600)
    if hours < 1:
        return "less than an hour old"
    return f"{_many(hours, 'hour') if hours < 48 else _many(hours // 24, 'day')} old"


def _groups(results: Iterable[Result]) -> tuple[Group, ...]:
    """The checks with their results: what fails first, then what is unknown, by urgency."""
    results = list(results)
    known = rules(results)
    by_check = sorted(results, key=_check_of)
    made = [_group(known[check], list(some)) for check, some in groupby(by_check, key=_check_of)]
    return tuple(sorted(made, key=_attention))


def _check_of(result: Result) -> str:
    return result.row.check


def _group(rule: Rule, results: list[Result]) -> Group:
    loud = tuple(
        sorted(
            (one for one in results if one.row.outcome in _LOUD), key=lambda one: _LOUD.index(one.row.outcome)
        )
    )
    quiet = tuple(one for one in results if one.row.outcome not in _LOUD)
    remedies = {one.row.remediation for one in loud}
    return Group(rule, count(results), loud, quiet, remedies.pop() if len(remedies) == 1 else "")


def _attention(group: Group) -> tuple[int, tuple[int, str]]:
    return list(SIGNS).index(group.state), by_urgency(group.rule)


def _chapters(groups: Iterable[Group]) -> Iterator[Chapter]:
    titles = [*SECTIONS.items(), ("", ELSEWHERE)]
    for number, title in titles:
        mine = tuple(group for group in groups if group.rule.chapter == title)
        if mine:
            numbers = count(result for group in mine for result in (*group.loud, *group.quiet))
            words = f"{numbers['passed']:,} of {sum(numbers.values()) - numbers['skipped']:,} hold"
            yield Chapter(number, title, mine, bar(title, numbers), state_of(numbers), words)


def _choices(results: Iterable[Result]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """What the results can be filtered by: the field, its label and its values."""
    rows = [one.row for one in results]
    severities = {row.severity for row in rows}
    return (
        ("account", "Account", tuple(sorted({row.account for row in rows}))),
        ("region", "Region", tuple(sorted({row.resource.region for row in rows if row.resource.region}))),
        ("severity", "Severity", tuple(one for one in SEVERITIES if one in severities)),
    )


@cache
def _template() -> Template:
    made = Environment(
        loader=PackageLoader(__package__, "page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"prose": _prose, "moment": _moment, "breakable": _breakable}
    return made.get_template("report.html")


def _prose(text: str) -> Markup:
    """Prose in which what stands in backticks is code."""
    parts = re.split(r"`([^`]+)`", visible_lines(text))
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if index % 2 else part for index, part in enumerate(parts))


def _breakable(name: str) -> Markup:
    """A name that may go on in the next line where one of its parts ends, and nowhere else."""
    # No visible text has a zero-width space, so it can mark the places.
    marked = _LONG_PART.sub("\\1\u200b", _PART_ENDS.sub("\u200b", visible_lines(name)))
    return Markup("<wbr>").join(escape(part) for part in marked.split("\u200b"))


def _shown(value: object) -> object:
    return visible_lines(value) if type(value) is str else value


def _source(name: str) -> str:
    return (files(__package__) / "page" / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """The Content-Security-Policy: nothing but this style and this script."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
