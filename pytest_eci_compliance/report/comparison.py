"""What changed since a former JSON report or recording (`--eci-since`): new, fixed, gone, still open.

What was not selected, then or now, is not compared, nor what could not be read in one of the two. A resource is gone
only where the inventory shows that it no longer exists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from ..language import ENGLISH, Translator
from ..language.columns import pad
from ..messages import visible
from ..results import NOTABLE_OUTCOMES, OPEN_OUTCOMES, SEVERITIES, Outcome
from .existence import Existence
from .former_report import ALL_REGIONS_CHECK, Contents, FormerReport, contents_of
from .model import ChangedResult, Comparison, Report, RowKey
from .open_since import moments, open_for


def compare_reports(former: FormerReport, report: Report) -> Comparison:
    """Compare a former report with this one (`report.since` is not read)."""
    then, now = former.contents, contents_of(report)
    changes: dict[str, list[ChangedResult]] = defaultdict(list)
    existence = {name: Existence(inventory) for name, inventory in report.inventories.items()}
    severities = {
        **former.severities,
        **{result.row.check: result.row.severity for result in report.results},
    }
    times = moments(report)
    first_seen: dict[RowKey, str] = {}
    for key in then.rows.keys() | now.rows.keys():
        kind, change = _change(key, then, now, existence.get(key.account))
        if first := _first_seen(key, kind, then, now, times):
            first_seen[key] = first
        severity = severities.get(key.check, "low")
        changes[kind].append(replace(change, severity=severity, first_seen=first))
    for same_kind in changes.values():
        same_kind.sort(key=_sort_key)
    return Comparison(
        former.file,
        former.started,
        new=tuple(changes["new"]),
        fixed=tuple(changes["fixed"]),
        gone=tuple(changes["gone"]),
        still_open=tuple(changes["open"]),
        waived=tuple(changes["waived"]),
        not_compared=sum(len(changes[kind]) for kind in ("not compared", "unread", "unread then")),
        unread=len(changes["unread"]),
        unread_then=len(changes["unread then"]),
        first_seen=first_seen,
        moments=times,
    )


def _first_seen(key: RowKey, kind: str, then: Contents, now: Contents, times: Mapping[str, str]) -> str:
    """When a row that is open or waived now was first seen so; empty where that is not known."""
    after, before = now.rows.get(key), then.rows.get(key)
    if after is None or after.outcome not in NOTABLE_OUTCOMES:
        return ""
    if before is not None and before.outcome in NOTABLE_OUTCOMES:
        return before.first_seen
    return times[key.account] if kind == "new" or before is not None else ""


def _sort_key(change: ChangedResult) -> tuple[int, tuple[str, ...]]:
    return SEVERITIES.index(change.severity), tuple(part or "" for part in change.key)


def lines(comparison: Comparison, most: int = 5, translator: Translator = ENGLISH) -> list[str]:
    """The comparison for a terminal: a line of numbers, then at most `most` changes of each kind."""
    text = [
        translator.text(
            "since {moment} ({report}): {numbers}",
            moment=visible(comparison.started),
            report=visible(comparison.report),
            numbers=_numbers(comparison, translator),
        )
    ]
    for kind, changes in comparison.by_kind():
        title = pad(translator.word(kind), 10)
        text += [
            f"  {title}  {describe(change, translator)}{_age(change, comparison, translator)}"
            for change in changes[:most]
        ]
        if len(changes) > most:
            more = translator.text("and {number} more", number=len(changes) - most)
            text.append(f"  {'':<10}  {more}")
    return text


def _numbers(comparison: Comparison, translator: Translator) -> str:
    """The number of changes of each kind, and of what was not compared."""
    parts = [
        translator.counted(len(changes), kind) for kind, changes in comparison.by_kind() if kind != "waived"
    ]
    if comparison.waived:
        parts.append(translator.text("{number} now waived", number=len(comparison.waived)))
    numbers = translator.comma.join(parts)
    if not comparison.not_compared:
        return numbers
    return translator.text(
        "{numbers}; {number} not compared ({reasons})",
        numbers=numbers,
        number=comparison.not_compared,
        reasons=comparison.why_not_compared_in(translator),
    )


def _age(change: ChangedResult, comparison: Comparison, translator: Translator) -> str:
    moment = comparison.moments.get(change.key.account, "")
    words = open_for(change.now, change.first_seen, moment, translator)
    return words and f"{translator.comma}{words}"


def describe(change: ChangedResult, translator: Translator = ENGLISH) -> str:
    """A change on one line: account, check, resource, the outcome now, and the former one where it differs."""
    key = change.key
    resource = " ".join(part for part in (key.region, key.id) if part)
    name = f" ({change.name})" if change.name and change.name != key.id else ""
    expectation = f" [{key.expectation}]" if key.expectation else ""
    kind = translator.word(key.type.replace("_", " "))
    severity = translator.word(change.severity)
    # The parameters tell tests of one check apart; without any, the check and the resource say enough.
    test = f" {key.test}" if "[" in key.test else ""
    return visible(
        f"{key.account}  {key.check} ({severity}){expectation}{test}  {kind} {resource}{name}:"
        f" {_outcomes(change, translator)}"
    )


def _outcomes(change: ChangedResult, translator: Translator) -> str:
    before = translator.word(change.before or "")
    if change.now not in OPEN_OUTCOMES:
        return translator.text("was {outcome}", outcome=before)
    now = translator.word(change.now)
    if change.before in (None, "passed", change.now):
        return now
    return translator.text("{now}, was {before}", now=now, before=before)


def _change(
    key: RowKey, then: Contents, now: Contents, existence: Existence | None
) -> tuple[str, ChangedResult]:
    """The kind of a change, `passed` where neither report has an open row, and the change itself."""
    before, after = then.rows.get(key), now.rows.get(key)
    if after is None:
        before = then.rows[key]
        kind = _kind_of_missing_row(key, before.outcome, now, existence)
        return kind, ChangedResult(key, before.name, before.outcome, None)
    change = ChangedResult(key, after.name, before and before.outcome, after.outcome, after.message)
    if before is not None:
        return _kind_of_common_row(before.outcome, after.outcome), change
    if after.outcome not in OPEN_OUTCOMES:
        return "passed", change
    if not then.covers(key):
        return "not compared", change
    return "new" if then.lists(key) else "unread then", change


def _kind_of_common_row(before: Outcome, after: Outcome) -> str:
    if after in OPEN_OUTCOMES:
        return "open" if before in OPEN_OUTCOMES else "new"
    if before not in NOTABLE_OUTCOMES:
        return "passed"
    if after == "waived":
        return "waived" if before in OPEN_OUTCOMES else "passed"
    # A skipped row says that nothing is left to evaluate; a former unknown is known now.
    return "gone" if after == "skipped" and before != "unknown" else "fixed"


def _kind_of_missing_row(key: RowKey, before: Outcome, now: Contents, existence: Existence | None) -> str:
    if before not in NOTABLE_OUTCOMES:
        return "passed"
    if not now.covers(key):
        return "not compared"
    if {(key.question, None), (key.question, key.region)} & now.unread:
        return "unread"
    if key.is_list:
        return "fixed" if before == "unknown" else "unread"
    exists = existence.exists(key) if existence is not None else None
    if exists is False:
        return "gone"
    return "fixed" if exists and key.check == ALL_REGIONS_CHECK else "unread"
