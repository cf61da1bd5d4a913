"""What is waived, by whom, until when, and what expires soon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from ..printable import one_line
from ..results import Row, Waived
from .model import Report

SOON = 14
"""Days before its expiry from which a waiver is announced."""

NO_END = "no end"

# The last year that a date can have: who writes it means no end.
_NEVER = "9999-"


class _Key(NamedTuple):
    account: str
    check: str
    waiver: Waived


@dataclass(frozen=True)
class Accepted:
    """A waiver, the failing rows of this run that it covers, and the days that are left (0: its last day)."""

    account: str
    check: str
    pattern: str
    waiver: Waived
    covers: int
    days: int

    @property
    def state(self) -> str:
        if self.days < 0:
            return "expired"
        return "expires soon" if self.days <= SOON else "valid"

    @property
    def left(self) -> str:
        if self.days < 0:
            return f"expired {_days(-self.days)} ago"
        if _endless(self.waiver):
            return NO_END
        return "ends today" if self.days == 0 else f"expires in {_days(self.days)}"

    @property
    def until(self) -> str:
        """Its last day."""
        return NO_END if _endless(self.waiver) else self.waiver.expires


def accepted(report: Report) -> tuple[Accepted, ...]:
    """The waivers of the accounts of this run, and what they cover; the first to expire first."""
    today = date.fromisoformat(report.started[:10])
    covers = Counter(
        _Key(row.account, row.check, waiver)
        for row in (result.row for result in report.results)
        for waiver in _used(row)
    )
    patterns = {**dict.fromkeys(covers, ""), **dict(_written(report))}
    made = (
        Accepted(
            key.account,
            key.check,
            pattern,
            key.waiver,
            covers[key],
            (date.fromisoformat(key.waiver.expires) - today).days,
        )
        for key, pattern in patterns.items()
    )
    return tuple(sorted(made, key=lambda one: (one.waiver.expires, one.account, one.check, one.pattern)))


def until(waiver: Waived) -> str:
    """How long it stands, in words: `until 2026-11-10`."""
    return "without an end" if _endless(waiver) else f"until {waiver.expires}"


def lines(report: Report) -> list[str]:
    """The waivers that have expired or will soon, one line each, for a terminal."""
    return [
        one_line(
            f"{one.account}  {one.check}:{one.pattern}  {one.left} ({one.waiver.expires}), {one.waiver.owner}"
        )
        for one in accepted(report)
        if one.state != "valid"
    ]


def _used(row: Row) -> tuple[Waived, ...]:
    """The waivers that cover a row, or, where it fails nonetheless, a part of it.

    A failed row with a waiver of its own is one that --runxfail counts as a failure.
    """
    if row.waiver is None:
        return row.covered_by if row.outcome == "failed" else ()
    return (row.covered_by or (row.waiver,)) if row.outcome == "waived" else ()


def _written(report: Report) -> Iterator[tuple[_Key, str]]:
    """The waivers that the configuration has for the accounts of this run, each with what it is for."""
    if report.loaded is None:
        return
    accounts = report.loaded.configuration.accounts
    for name in report.accounts:
        for one in accounts[name].waivers if name in accounts else ():
            waived = Waived(one.reason, one.owner, one.expires.isoformat(), one.narrowing)
            pattern = (one.resource or "(by resources)", one.narrowing)
            yield _Key(name, one.check, waived), ":".join(filter(None, pattern))


def _endless(waiver: Waived) -> bool:
    return waiver.expires.startswith(_NEVER)


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
