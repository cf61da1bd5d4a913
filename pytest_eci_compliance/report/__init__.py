"""Reports: `--eci-report PATH`, in the format that the suffix names.

A format is a module of this package with `render(report: Report) -> str`, and its suffix in `_RENDERERS`. The module
is imported when a report of its format is written.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from .model import Report

_RENDERERS = {
    ".json": "as_json",
    ".html": "as_html",
    ".md": "as_markdown",
    ".csv": "as_csv",
    ".sarif": "as_sarif",
}

SUFFIXES: tuple[str, ...] = tuple(_RENDERERS)
"""The suffixes of all formats."""


def check_path(path: str | os.PathLike[str]) -> str | None:
    """Why no report can be written to the path, with the remediation; None where one can."""
    target = Path(path).resolve()
    if target.suffix.lower() not in _RENDERERS:
        return f"{path}: the suffix selects the format of a report: use one of {', '.join(SUFFIXES)}"
    if target.is_dir():
        return f"{path} is a directory: name a file in it"
    if target.exists() and not target.is_file():
        return f"{path} is not a regular file: name another file"
    if not target.parent.is_dir():
        return f"{path}: the directory {target.parent} does not exist: create it, or name another directory"
    if not os.access(target.parent, os.W_OK | os.X_OK):
        return f"{path}: the directory {target.parent} is not writable: allow it, or name another directory"
    return None


def render(suffix: str, report: Report) -> str:
    """Render a report in the format of one of `SUFFIXES`. Raises KeyError for another suffix."""
    renderer = import_module(f".{_RENDERERS[suffix.lower()]}", __name__)
    return cast("Callable[[Report], str]", renderer.render)(report)


def write(path: str | os.PathLike[str], report: Report) -> None:
    r"""Write a report completely or not at all, as UTF-8 with `\n` line ends. Raises OSError."""
    target = Path(path).resolve()
    in_place = replace(report, links=replace(report.links, folder=str(target.parent)))
    write_text(path, render(target.suffix, in_place))


def write_text(path: str | os.PathLike[str], text: str) -> None:
    r"""Write a text completely or not at all, as UTF-8 with `\n` line ends. Raises OSError."""
    target = Path(path).resolve()
    draft = target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.tmp")
    try:
        with draft.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        draft.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
