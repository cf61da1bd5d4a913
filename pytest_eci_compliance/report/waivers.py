"""The waivers of a run: what each accepts, its owner, its last day, and whether it expires soon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from ..language import ENGLISH, Translator
from ..messages import one_line
from ..results import Row, Waived
from .model import Report

SOON = 14
"""A waiver is announced that many days before its last day."""

NO_END = "no end"

# The last year that a date can have stands for no end.
_NEVER = "9999-"


class _WaiverKey(NamedTuple):
    account: str
    check: str
    waiver: Waived


@dataclass(frozen=True)
class AppliedWaiver:
    """A waiver, the number of failed rows of this run that it covers, and the days left (0: its last day).

    `pattern` names the resources that it accepts.
    """

    account: str
    check: str
    pattern: str
    waiver: Waived
    covers: int
    days: int

    @property
    def state(self) -> str:
        """`valid`, `expires soon` or `expired`."""
        if self.days < 0:
            return "expired"
        return "expires soon" if self.days <= SOON else "valid"

    @property
    def left(self) -> str:
        """The time left, in words."""
        return self.left_in(ENGLISH)

    def left_in(self, translator: Translator) -> str:
        """The time left, in words of a language."""
        if self.days < 0:
            return translator.plural(-self.days, "expired {number} day ago", "expired {number} days ago")
        if _endless(self.waiver):
            return translator.word(NO_END)
        if self.days == 0:
            return translator.text("ends today")
        return translator.plural(self.days, "expires in {number} day", "expires in {number} days")

    @property
    def until(self) -> str:
        """The last day, in words."""
        return NO_END if _endless(self.waiver) else self.waiver.expires


def applied_waivers(report: Report) -> tuple[AppliedWaiver, ...]:
    """The waivers of the accounts of this run, the first to expire first."""
    today = date.fromisoformat(report.started[:10])
    covers = Counter(
        _WaiverKey(row.account, row.check, waiver)
        for row in (result.row for result in report.results)
        for waiver in _waivers_of(row)
    )
    patterns = {**dict.fromkeys(covers, ""), **dict(_configured(report))}
    waivers = (
        AppliedWaiver(
            key.account,
            key.check,
            pattern,
            key.waiver,
            covers[key],
            (date.fromisoformat(key.waiver.expires) - today).days,
        )
        for key, pattern in patterns.items()
    )
    return tuple(
        sorted(waivers, key=lambda item: (item.waiver.expires, item.account, item.check, item.pattern))
    )


def until(waiver: Waived, translator: Translator = ENGLISH) -> str:
    """The end of a waiver, in words: `until 2026-11-10`, `without an end`."""
    if _endless(waiver):
        return translator.text("without an end")
    return translator.text("until {day}", day=waiver.expires)


def lines(report: Report, translator: Translator = ENGLISH) -> list[str]:
    """The waivers that have expired or expire soon, one line each, for a terminal."""
    return [
        one_line(
            f"{item.account}  {item.check}:{item.pattern}  {item.left_in(translator)}"
            f" ({item.waiver.expires}){translator.comma}{item.waiver.owner}"
        )
        for item in applied_waivers(report)
        if item.state != "valid"
    ]


def _waivers_of(row: Row) -> tuple[Waived, ...]:
    """The waivers that cover a row, or a part of a row that still fails.

    A failed row with a waiver of its own was waived, and --runxfail counts it as a failure.
    """
    if row.waiver is None:
        return row.covered_by if row.outcome == "failed" else ()
    return (row.covered_by or (row.waiver,)) if row.outcome == "waived" else ()


def _configured(report: Report) -> Iterator[tuple[_WaiverKey, str]]:
    """The waivers of the configuration for the accounts of this run, each with the resources that it accepts."""
    if report.loaded is None:
        return
    accounts = report.loaded.configuration.accounts
    for name in report.accounts:
        for waiver in accounts[name].waivers if name in accounts else ():
            waived = Waived(waiver.reason, waiver.owner, waiver.expires.isoformat(), waiver.narrowing)
            pattern = (waiver.resource or "(by resources)", waiver.narrowing)
            yield _WaiverKey(name, waiver.check, waived), ":".join(filter(None, pattern))


def _endless(waiver: Waived) -> bool:
    return waiver.expires.startswith(_NEVER)
