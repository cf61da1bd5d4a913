"""The data of the HTML report: accounts, checks with their results, sections, changes, and filters."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from ..language import ENGLISH, Translator
from ..policy.evaluator import Access
from ..results import BY_ATTENTION, NOTABLE_OUTCOMES, SEVERITIES, Evidence, Outcome, Result
from .charts import Bar, bar
from .failed_cells import failed_permissions, failed_policies
from .missing_evidence import reference
from .model import Report, count
from .open_since import elapsed
from .permission_matrix import PermissionMatrix, permission_matrix
from .permissions import CHANGE_KINDS, PermissionGroup, groups_of, kind_words, number_of
from .planned import PlanEffect, plan_effect
from .policy_matrix import PolicyMatrix, policy_matrix
from .reach_table import ReachTable, reach_table
from .rules import BEYOND_DOCUMENTS, SECTIONS, CheckRule, by_urgency, rules
from .summary import state_of
from .waivers import AppliedWaiver
from .wording import Completeness, completeness

if TYPE_CHECKING:
    from ..change.effect import Planned

_OTHER_OUTCOMES: tuple[Outcome, ...] = tuple(
    outcome for outcome in BY_ATTENTION if outcome not in NOTABLE_OUTCOMES
)


@dataclass(frozen=True)
class HtmlAccount:
    """An account of the run: its evidence, how complete and how old it is, and the checks that ran only in part."""

    name: str
    evidence: Evidence
    completeness: Completeness
    age: str
    source: str
    calls: str
    partial: tuple[str, ...]


@dataclass(frozen=True)
class CheckGroup:
    """A check and its results: `notable` are failed, unknown or waived, `others` passed or skipped.

    `remediation` is the remediation of all notable results, empty where they differ.
    """

    rule: CheckRule
    numbers: Mapping[Outcome, int]
    notable: tuple[Result, ...]
    others: tuple[Result, ...]
    remediation: str

    @property
    def anchor(self) -> str:
        """The id of the section of this check in the page."""
        return "check-" + re.sub(r"[^\w-]", "-", self.rule.id)

    @property
    def state(self) -> Outcome:
        """The outcome that colours the section."""
        return state_of(self.numbers)

    @property
    def is_open(self) -> bool:
        """Whether a result failed or is unknown."""
        return bool(self.numbers["failed"] or self.numbers["unknown"])

    def words(self, translator: Translator) -> str:
        """The number of each outcome, in words."""
        return counts_in_words(self.numbers, translator)

    def other_words(self, translator: Translator) -> str:
        """The numbers of the outcomes that are not open, in words."""
        return translator.text(" and ").join(
            translator.counted(f"{self.numbers[outcome]:,}", outcome)
            for outcome in _OTHER_OUTCOMES
            if self.numbers[outcome]
        )


@dataclass(frozen=True)
class Chapter:
    """A section of the security documents with the checks that rest on it."""

    number: str
    title: str
    groups: tuple[CheckGroup, ...]
    bar: Bar
    state: Outcome
    words: str


@dataclass(frozen=True)
class PlanDescription:
    """The planned change of an account, and its effect on the results."""

    account: str
    plan: Planned
    effect: PlanEffect


def html_accounts(report: Report, translator: Translator) -> Iterator[HtmlAccount]:
    """The accounts of the run, by name."""
    for name, evidence in sorted(report.accounts.items()):
        age, source = _age_and_source(evidence, report.started, translator)
        calls = (
            translator.plural(evidence.calls, "{number:,} call", "{number:,} calls"),
            translator.plural(evidence.pages, "{number:,} page", "{number:,} pages"),
            translator.plural(evidence.retries, "{number:,} retry", "{number:,} retries"),
        )
        partial = tuple(sorted(report.partial.get(name, ())))
        listed = translator.comma.join(calls)
        yield HtmlAccount(name, evidence, completeness(report, name), age, source, listed, partial)


def _age_and_source(evidence: Evidence, started: str, translator: Translator) -> tuple[str, str]:
    """How old the evidence is at the start of the run, and where it comes from."""
    source = translator.word(evidence.mode)
    if evidence.recorded is None:
        return translator.text("Read live, in this run"), source
    recorded = moment_text(evidence.recorded)
    age = translator.text(
        "Evidence of {moment}, {time} old",
        moment=recorded,
        time=elapsed(evidence.recorded, started, translator),
    )
    return age, translator.text("{source}, recorded {moment}", source=source, moment=recorded)


def check_groups(results: Iterable[Result], new: Collection[str] = ()) -> tuple[CheckGroup, ...]:
    """The checks with their results: failed checks first, then unknown ones, each by urgency.

    `new` are the node ids of results that are new since a former report: they come first among those of an outcome.
    """
    results = list(results)
    known = rules(results)
    by_check = sorted(results, key=_check_of)
    groups = [
        _group(known[check], list(of_check), new) for check, of_check in groupby(by_check, key=_check_of)
    ]
    return tuple(sorted(groups, key=_sort_key))


def chapters(groups: Iterable[CheckGroup], translator: Translator) -> Iterator[Chapter]:
    """The sections of the documents that have results, the checks beyond them, the sections of own checks."""
    groups = list(groups)
    known = (*SECTIONS.values(), BEYOND_DOCUMENTS)
    others = sorted({group.rule.chapter for group in groups}.difference(known))
    for number, title in (*SECTIONS.items(), ("", BEYOND_DOCUMENTS), *(("", title) for title in others)):
        in_chapter = tuple(group for group in groups if group.rule.chapter == title)
        if in_chapter:
            numbers = count(result for group in in_chapter for result in (*group.notable, *group.others))
            applicable = sum(numbers.values()) - numbers["skipped"]
            words = translator.text(
                "{passed:,} of {number:,} passed", passed=numbers["passed"], number=applicable
            )
            name = translator.word(title)
            yield Chapter(number, name, in_chapter, bar(name, numbers), state_of(numbers), words)


def filters(
    results: Iterable[Result], translator: Translator
) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """The fields by which results can be filtered: name, label and values."""
    rows = [result.row for result in results]
    severities = {row.severity for row in rows}
    return (
        ("account", translator.text("Account"), tuple(sorted({row.account for row in rows}))),
        (
            "region",
            translator.text("Region"),
            tuple(sorted({row.resource.region for row in rows if row.resource.region})),
        ),
        (
            "severity",
            translator.text("Severity"),
            tuple(severity for severity in SEVERITIES if severity in severities),
        ),
    )


def ending_waivers(
    waivers: Iterable[AppliedWaiver], translator: Translator
) -> Iterator[tuple[str, tuple[AppliedWaiver, ...]]]:
    """The waivers that have expired, then those that expire soon, each under a title."""
    waivers = list(waivers)
    expired = tuple(waiver for waiver in waivers if waiver.state == "expired")
    soon = tuple(waiver for waiver in waivers if waiver.state == "expires soon")
    if expired:
        yield (
            translator.plural(
                len(expired), "{number:,} waiver has expired", "{number:,} waivers have expired"
            ),
            expired,
        )
    if soon:
        yield (
            translator.plural(len(soon), "{number:,} waiver expires soon", "{number:,} waivers expire soon"),
            soon,
        )


@dataclass(frozen=True)
class AccountAccess:
    """Who can do what and who can become whom in one account."""

    name: str
    permissions: PermissionMatrix
    reach: ReachTable


def account_access(report: Report, translator: Translator) -> Iterator[AccountAccess]:
    """The permissions, and the reach by privilege escalation, of the users and roles of each account."""
    for name, inventory in sorted(report.inventories.items()):
        configured = report.loaded.configuration.accounts.get(name) if report.loaded else None
        access = Access(inventory)
        if configured is not None:
            settings = configured.evaluator_settings
            access = Access(inventory, configured.default_resource_group, settings=settings)
        failed = failed_permissions(report, name)
        yield AccountAccess(
            name,
            permission_matrix(inventory, access=access, failed=failed, translator=translator),
            reach_table(inventory, access.escalation, translator),
        )


def policy_matrices(report: Report, translator: Translator) -> Iterator[tuple[str, PolicyMatrix]]:
    """The policies of the users of each account."""
    for name, inventory in sorted(report.inventories.items()):
        yield name, policy_matrix(inventory, failed_policies(report, name), translator)


def plan_descriptions(report: Report) -> Iterator[PlanDescription]:
    """The planned change of each account that has one."""
    for name, plan in sorted(report.plans.items()):
        yield PlanDescription(name, plan, plan_effect(report, name))


def permission_changes(
    report: Report, translator: Translator
) -> Iterator[tuple[str, int, list[PermissionGroup]]]:
    """The kinds of changed permissions: the words, the number and the permissions; none without a recording."""
    if report.permissions is not None:
        for kind in CHANGE_KINDS:
            yield translator.word(kind_words(kind)), number_of(report, kind), groups_of(report, kind)


def counts_in_words(numbers: Mapping[Outcome, int], translator: Translator = ENGLISH) -> str:
    """The notable numbers; before them those that passed, where nothing is open."""
    outcomes = [outcome for outcome in NOTABLE_OUTCOMES if numbers[outcome]]
    if not numbers["failed"] and not numbers["unknown"] and numbers["passed"]:
        outcomes.insert(0, "passed")
    parts = (translator.counted(f"{numbers[outcome]:,}", outcome) for outcome in outcomes)
    return translator.comma.join(parts) or translator.word("not applicable")


def moment_text(text: str) -> str:
    """A time for people: `2026-10-30 02:00:00 UTC`."""
    return text.replace("T", " ").replace("Z", " UTC")


def _check_of(result: Result) -> str:
    return result.row.check


def _group(rule: CheckRule, results: list[Result], new: Collection[str]) -> CheckGroup:
    notable = [result for result in results if result.row.outcome in NOTABLE_OUTCOMES]
    notable.sort(key=lambda result: (NOTABLE_OUTCOMES.index(result.row.outcome), result.nodeid not in new))
    others = tuple(result for result in results if result.row.outcome not in NOTABLE_OUTCOMES)
    remediations = {result.row.remediation for result in notable if not reference(result.row)}
    remediation = remediations.pop() if len(remediations) == 1 else ""
    return CheckGroup(rule, count(results), tuple(notable), others, remediation)


def _sort_key(group: CheckGroup) -> tuple[int, tuple[int, str]]:
    return BY_ATTENTION.index(group.state), by_urgency(group.rule)
