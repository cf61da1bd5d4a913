"""Escalation paths in the Markdown report: the shortest path of each failure, and a graph where it is small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..results import EscalationPath, PathStep, Result
from . import shared_steps
from .markdown_text import Detail, code, escape_markdown, omitted, row_resource

MOST_NODES = 14
MOST_EDGES = 20
"""A graph with more is not readable, and is left out."""
_STAYING = frozenset({"lift-deny", "tag-resource", "move-resource"})


def path_section(results: Sequence[Result], detail: Detail) -> Iterator[str]:
    """The steps that failures share, the graph of the shortest path of each failed result, and these paths."""
    failed = [
        result
        for result in results
        if result.row.outcome == "failed" and any(path.steps for path in result.row.paths)
    ]
    if not failed:
        return
    yield "## Escalation paths"
    yield ""
    paths = [_shortest(result) for result in failed]
    yield from _shared(results)
    yield from _graph(paths)
    for result, path in list(zip(failed, paths, strict=True))[: detail.rows]:
        yield f"- {code(result.row.account)} {code(result.row.check)}: {row_resource(result.row)}"
        if detail.message:
            yield from (f"    1. {_step(step)}" for step in path.steps)
    yield ""
    yield from omitted(len(failed) - detail.rows)


def _shared(results: Sequence[Result]) -> Iterator[str]:
    shared = shared_steps.shared_steps(results)[: shared_steps.MOST_SHARED_STEPS]
    if shared:
        yield "Steps that several failures share:"
        yield ""
        yield from (f"- {code(item.account)}: {escape_markdown(item.sentence())}" for item in shared)
        yield ""


def _shortest(result: Result) -> EscalationPath:
    return next(path for path in result.row.paths if path.steps)


def _step(step: PathStep) -> str:
    on = f" on {code(step.on)}" if step.on else ""
    to = "" if step.to == step.actor else f" → {code(step.to)}"
    return f"{code(step.actor)} {escape_markdown(step.step)}{on}{to}: {escape_markdown(step.by)}"


def _graph(paths: Sequence[EscalationPath]) -> Iterator[str]:
    """A Mermaid graph of the steps: who comes to act as whom, or reaches what."""
    edges: dict[tuple[str, str, str], bool] = {}
    for path in paths:
        for step in path.steps:
            if step.step not in _STAYING:
                key = (step.actor, step.to, step.step)
                edges[key] = edges.get(key, False) or path.certain
    nodes = list(dict.fromkeys(name for actor, to, _ in edges for name in (actor, to)))
    if not edges or len(nodes) > MOST_NODES or len(edges) > MOST_EDGES:
        return
    ids = {name: f"n{number}" for number, name in enumerate(nodes)}
    yield "```mermaid"
    yield "graph LR"
    yield from (f'    {ids[name]}["{_label(name)}"]' for name in nodes)
    for (actor, to, name), certain in edges.items():
        arrow = "-->" if certain else "-.->"
        yield f'    {ids[actor]} {arrow}|"{_label(name)}"| {ids[to]}'
    yield "```"
    yield ""


def _label(text: str) -> str:
    """A name in a Mermaid label, in which nothing is mark-up: everything but letters and digits as a character code."""
    return "".join(
        char if (char.isalnum() and char.isascii()) or char in " -./" else f"#{ord(char)};" for char in text
    )
