"""What a CI system shows beside its log: GitHub's annotations and the summary of a job."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from ..messages import join_words, label, pluralize, visible_lines
from ..report import render
from ..report.model import Report, ordered
from ..results import SEVERITIES, Outcome, Result, Row

# GitHub shows that many annotations of each level for a step.
_MOST = 10
_LEVELS: Mapping[Outcome, str] = {"failed": "error", "unknown": "warning"}
_LONGEST = 4000
_SUMMARY_LIMIT = 1024 * 1024


def emit(report: Report, environ: Mapping[str, str], write: Callable[[str], None]) -> None:
    """On GitHub, annotate what does not hold at the configuration line that asks for it, and append the report to
    the job's summary. Elsewhere nothing happens.

    `write` writes one line to the log, where GitHub reads commands.
    """
    if not environ.get("GITHUB_ACTIONS"):
        return
    for line in commands(report, environ.get("GITHUB_WORKSPACE", "")):
        write(line)
    if summary := environ.get("GITHUB_STEP_SUMMARY"):
        try:
            _append(Path(summary), render(".md", report))
        except OSError as error:
            why = error.strerror or type(error).__name__
            write(_command("warning", {}, f"the summary of the job could not be written: {why}"))


def commands(report: Report, workspace: str) -> Iterator[str]:
    """The commands for what does not hold: `::error` for what fails, `::warning` for what could not be judged.

    As many as GitHub shows; what a check says of many resources is then said once, and the rest is counted.
    """
    for outcome, level in _LEVELS.items():
        found = sorted(
            (one for one in ordered(report.results) if one.row.outcome == outcome),
            key=lambda one: SEVERITIES.index(one.row.severity),
        )
        groups = [[one] for one in found] if len(found) <= _MOST else list(_together(found))
        for some in groups[:_MOST]:
            yield _command(level, _place(some[0].row, report, workspace), _words(some))
        if rest := sum(map(len, groups[_MOST:])):
            said = f"and {pluralize(rest, 'more result')} {outcome}: the report has all of them"
            yield _command("notice", {"title": "ECI compliance"}, said)


def _together(found: Iterable[Result]) -> Iterable[list[Result]]:
    """Results of one check at one place of the configuration."""
    groups: dict[tuple[object, ...], list[Result]] = {}
    for one in found:
        groups.setdefault((one.row.account, one.row.check, one.row.config_path), []).append(one)
    return groups.values()


def _words(some: list[Result]) -> str:
    row = some[0].row
    whom = join_words((label(one.row) for one in some), most=3)
    first = "; the first: " if len(some) > 1 else ": "
    mend = f"\n{row.remediation}" if row.remediation else ""
    text = f"{row.account}: {whom}{first}{row.message}{mend}"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _place(row: Row, report: Report, workspace: str) -> Mapping[str, str]:
    """The title, and the configuration's file and line where it lies in the checkout."""
    title = {"title": f"{row.check} {row.outcome} ({row.severity})"}
    loaded = report.loaded
    if loaded is None:
        return title
    path = os.path.relpath(loaded.path.resolve(), Path(workspace or ".").resolve())
    if path.startswith(os.pardir) or os.path.isabs(path):  # noqa: PTH117 - another drive
        return title
    line = loaded.line_of(("accounts", row.account, *row.config_path))
    return {"file": Path(path).as_posix(), "line": str(max(1, line)), **title}


def _command(level: str, properties: Mapping[str, str], message: str) -> str:
    """A workflow command: nothing in it can end it, or begin another.

    >>> _command("error", {"file": "a,b:c.yaml", "line": "3"}, "50%\\nmore")
    '::error file=a%2Cb%3Ac.yaml,line=3::50%25%0Amore'
    """
    said = ",".join(
        f"{key}={_data(value).replace(':', '%3A').replace(',', '%2C')}" for key, value in properties.items()
    )
    return f"::{level}{' ' if said else ''}{said}::{_data(message)}"


def _data(text: str) -> str:
    return visible_lines(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _append(path: Path, text: str) -> None:
    """Append the report: GitHub drops a whole summary that is larger than its limit. Raises OSError."""
    before = path.stat().st_size if path.exists() else 0
    room = _SUMMARY_LIMIT - before - 1
    content = text.encode()
    if len(content) > room:
        end = b"\n\nThe rest does not fit into the summary: see the report.\n"
        kept = content[: max(0, room - len(end))]
        content = kept[: kept.rfind(b"\n") + 1] + end if room > len(end) else b""
    with path.open("ab") as file:
        file.write(b"\n" + content if before else content)
