"""GitHub's annotations and job summary."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from ..messages import join_words, label, pluralize, visible_lines
from ..report import render
from ..report.missing_evidence import missing_evidence, reference
from ..report.model import Report, ordered
from ..results import SEVERITIES, Outcome, Result, Row

_MAX_ANNOTATIONS = 10  # GitHub shows that many of each level for a step
_LEVELS: Mapping[Outcome, str] = {"failed": "error", "unknown": "warning"}
_MAX_TEXT = 4000
_SUMMARY_LIMIT = 1024 * 1024


def emit(report: Report, environ: Mapping[str, str], write: Callable[[str], None]) -> None:
    """On GitHub, annotate failed and unknown results, and append the report to the summary of the job.

    Outside of GitHub nothing happens. `write` writes one line to the log, where GitHub reads its commands.
    """
    if not environ.get("GITHUB_ACTIONS"):
        return
    for line in commands(report, environ.get("GITHUB_WORKSPACE", "")):
        write(line)
    if summary := environ.get("GITHUB_STEP_SUMMARY"):
        try:
            _append(Path(summary), render(".md", report))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            write(_command("warning", {}, f"the summary of the job could not be written: {reason}"))


def commands(report: Report, workspace: str) -> Iterator[str]:
    """The annotations: `::error` for failed results, `::warning` for unknown ones, at their configuration line.

    Results that lack evidence are one warning per cause. Above the number that GitHub shows, results of one check are
    grouped, and the rest is counted.
    """
    for entry in missing_evidence(report)[:_MAX_ANNOTATIONS]:
        title = {"title": f"evidence is missing: {entry.key}"}
        yield _command("warning", title, f"{entry.account}: {entry.sentence}")
    for outcome, level in _LEVELS.items():
        results = sorted(
            (
                result
                for result in ordered(report.results)
                if result.row.outcome == outcome and not reference(result.row)
            ),
            key=lambda result: SEVERITIES.index(result.row.severity),
        )
        groups = [[result] for result in results] if len(results) <= _MAX_ANNOTATIONS else _grouped(results)
        for group in groups[:_MAX_ANNOTATIONS]:
            yield _command(level, _properties(group[0].row, report, workspace), _text(group))
        if rest := sum(map(len, groups[_MAX_ANNOTATIONS:])):
            text = f"and {pluralize(rest, 'more result')} {outcome}: the report has all of them"
            yield _command("notice", {"title": "ECI compliance"}, text)


def _grouped(results: Iterable[Result]) -> list[list[Result]]:
    """The results of each check at each place of the configuration."""
    groups: dict[tuple[object, ...], list[Result]] = {}
    for result in results:
        row = result.row
        groups.setdefault((row.account, row.check, row.config_path), []).append(result)
    return list(groups.values())


def _text(group: list[Result]) -> str:
    row = group[0].row
    resources = join_words((label(result.row) for result in group), most=3)
    separator = "; the first: " if len(group) > 1 else ": "
    remediation = f"\nFix: {row.remediation}" if row.remediation else ""
    text = f"{row.account}: {resources}{separator}{row.message}{remediation}"
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"


def _properties(row: Row, report: Report, workspace: str) -> Mapping[str, str]:
    """The title of an annotation; with the file and line of the configuration where it is in the checkout."""
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
    """A workflow command, escaped so that no text in it can end it or begin another.

    >>> _command("error", {"file": "a,b:c.yaml", "line": "3"}, "50%\\nmore")
    '::error file=a%2Cb%3Ac.yaml,line=3::50%25%0Amore'
    """
    parameters = ",".join(
        f"{key}={_escaped(value).replace(':', '%3A').replace(',', '%2C')}"
        for key, value in properties.items()
    )
    return f"::{level}{' ' if parameters else ''}{parameters}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return visible_lines(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _append(path: Path, text: str) -> None:
    """Append the report, cut to GitHub's limit: it drops a larger summary as a whole. Raises OSError."""
    size = path.stat().st_size if path.exists() else 0
    room = _SUMMARY_LIMIT - size - 1
    content = text.encode()
    if len(content) > room:
        end = b"\n\nThe rest does not fit into the summary: see the report.\n"
        kept = content[: max(0, room - len(end))]
        content = kept[: kept.rfind(b"\n") + 1] + end if room > len(end) else b""
    with path.open("ab") as file:
        file.write(b"\n" + content if size else content)
