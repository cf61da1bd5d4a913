"""Globs of the configuration that match nothing in the account, with their lines."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..checks.selector import MATCHES_NOTHING
from ..language import ENGLISH, Translator
from ..messages import one_line
from .model import Report, ordered

_CHECK = "selector"
_PLACE = re.compile(r"; (?=[a-z_]+[\[.\w\]]* ['\"])")


@dataclass(frozen=True)
class UnmatchedGlobs:
    """The globs of an entry that match nothing. `place` is the file and line; `text` says which they are."""

    account: str
    place: str
    text: str


def unmatched_globs(report: Report) -> Iterator[UnmatchedGlobs]:
    """Every entry of the configuration with a glob that matches nothing, by account and entry."""
    for result in ordered(report.results):
        row = result.row
        if row.check == _CHECK and row.outcome == "skipped" and row.config_path:
            yield UnmatchedGlobs(
                row.account,
                place_in_configuration(report, row.account, row.config_path),
                one_line(row.message),
            )


def place_in_configuration(report: Report, account: str, config_path: tuple[str | int, ...]) -> str:
    """The file and line of a part of the configuration, `eci-compliance.yaml:12`; empty without a configuration."""
    if report.loaded is None:
        return ""
    line = report.loaded.line_of(("accounts", account, *config_path))
    return f"{os.path.relpath(report.loaded.path)}:{max(1, line)}"


def lines(report: Report, translator: Translator = ENGLISH) -> list[str]:
    """The globs that match nothing, for a terminal."""
    return [
        f"selector: {entry.account}: {' '.join(filter(None, (entry.place, translator.row(text))))}"
        for entry in unmatched_globs(report)
        for text in _each(entry.text)
    ]


def _each(text: str) -> list[str]:
    """One text for each glob of a row; the text itself where it lists none."""
    if not text.startswith(MATCHES_NOTHING):
        return [text]
    # A glob may hold the separator itself: a part that does not begin with a place belongs to the one before.
    parts = _PLACE.split(text.removeprefix(MATCHES_NOTHING))
    return [f"{MATCHES_NOTHING}{part}" for part in parts]
