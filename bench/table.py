"""Tables in Markdown, so that figures can be pasted as they are printed."""

from __future__ import annotations

from collections.abc import Iterable


def heading(name: str, text: str) -> str:
    return f"## {name}\n\n{' '.join(text.split())}\n"


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    columns = list(header)
    print(f"| {' | '.join(columns)} |")
    print(f"|{' --- |' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(_shown(cell) for cell in row)} |", flush=True)


def _shown(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
