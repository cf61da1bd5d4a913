"""How long a result is open: from the day on which a report first had it to the evidence of this run.

The day is carried from report to report: `--eci-since` reads it from the former report, the JSON report writes it. A
run without `--eci-since`, or without the check, ends the chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..language import ENGLISH, Translator
from ..results import OPEN_OUTCOMES, Outcome
from .model import Report, RowKey


def moments(report: Report) -> dict[str, str]:
    """When the evidence of each account was true: its recording, or the start of a live run (UTC, ISO 8601)."""
    return {name: evidence.recorded or report.started for name, evidence in report.accounts.items()}


def first_seen(report: Report) -> Mapping[RowKey, str]:
    """When each open or waived row was first seen (UTC, ISO 8601), where the comparison knows it."""
    return {} if report.since is None else report.since.first_seen


def ages(report: Report, translator: Translator = ENGLISH) -> Mapping[RowKey, str]:
    """For each failed or unknown row, since a former report: `new`, or how long it is open, in words."""
    if report.since is None:
        return {}
    words = {change.key: "new" for change in report.since.new}
    for change in report.since.still_open:
        moment = report.since.moments.get(change.key.account, "")
        if age := open_for(change.now, change.first_seen, moment, translator):
            words[change.key] = age
    return words


def open_for(outcome: Outcome | None, first: str, now: str, translator: Translator = ENGLISH) -> str:
    """How long a failed or unknown row is open, in words; empty where it is not, or not known to be older than now.

    >>> open_for("failed", "2026-10-30T02:00:00Z", "2026-11-11T06:00:00Z")
    'open for 12 days'
    >>> open_for("passed", "2026-10-30T02:00:00Z", "2026-11-11T06:00:00Z")
    ''
    """
    if outcome not in OPEN_OUTCOMES or not first or not now or first[:19] >= now[:19]:
        return ""
    return translator.text("open for {time}", time=elapsed(first, now, translator))


def elapsed(then: str, now: str, translator: Translator = ENGLISH) -> str:
    """The time between two moments in words: hours, and days from the second one on.

    >>> elapsed("2026-10-30T02:00:00Z", "2026-10-30T02:30:00Z"), elapsed("2026-10-30T02:00:00Z", "2026-11-01T03:00:00Z")
    ('less than an hour', '2 days')
    """
    start, end = (datetime.fromisoformat(text[:19]) for text in (then, now))
    hours = int((end - start).total_seconds() // 3600)
    if hours < 1:
        return translator.text("less than an hour")
    if hours < 48:
        return translator.plural(hours, "{number} hour", "{number} hours")
    return translator.plural(hours // 24, "{number} day", "{number} days")
