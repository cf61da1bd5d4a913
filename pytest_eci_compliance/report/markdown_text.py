"""Markdown from other people's text: names as code, prose without mark-up, tables, and the resource of a row."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..messages import one_line
from ..results import Outcome, ResourceType, Row
from .wording import noun, words_for_all

OUTCOME_SIGNS: dict[Outcome, str] = {
    "passed": "✅",
    "failed": "❌",
    "unknown": "❓",
    "waived": "🟡",
    "skipped": "⚪",
}


def code(text: str) -> str:
    """A name as code without mark-up, in a table too.

    >>> code("eci-1"), code("a`b|c")
    ('`eci-1`', '<code>a&#96;b&#124;c</code>')
    """
    line = one_line(text)
    if line and not re.search(r"[`|\\<>&]|^\s|\s$", line):
        return f"`{line}`"
    entities = re.sub(r"[^\w\s]|_", lambda match: f"&#{ord(match.group())};", line)
    return f"<code>{entities}</code>"


def escape_markdown(text: str) -> str:
    r"""Escape prose so that nothing in it is mark-up, a link, a mention or a formula, except `code`.

    >>> escape_markdown("allows eci:* | <b>"), escape_markdown("by @alice"), escape_markdown("set `users`")
    ('allows eci:\\* \\| &lt;b&gt;', 'by `@alice`', 'set `users`')
    """
    parts = re.split(r"`([^`]+)`", one_line(text))
    return "".join(code(part) if index % 2 else _escape_prose(part) for index, part in enumerate(parts))


def _escape_prose(text: str) -> str:
    return " ".join(map(_escape_word, text.split(" ")))


def _escape_word(word: str) -> str:
    # Code hosts make links and mentions of these wherever they are not code.
    if re.search(r"@|://|www\.|#\d", word):
        return code(word)
    escaped = re.sub(r"[\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_])|^[-+#](?!\w)", r"\\\g<0>", word)
    return html.escape(escaped, quote=False)


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The lines of a table and an empty line. The cells are Markdown."""
    heads = list(heads)
    yield _table_row(heads)
    yield _table_row("---" for _ in heads)
    yield from map(_table_row, rows)
    yield ""


def _table_row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


@dataclass(frozen=True)
class Detail:
    """The amount of detail: characters of a message, and rows of a check or of a kind of change."""

    message: int
    rows: int


def resource_words(check: str, resource_type: ResourceType, id_: str) -> str:
    """A resource with its noun; for the id `*` every resource that the check evaluates."""
    return words_for_all(check, resource_type) if id_ == "*" else f"{noun(resource_type)} {code(id_)}"


def row_resource(row: Row) -> str:
    """The resource of a row with its name and expectation, where it has them."""
    resource = row.resource
    name = f" ({code(resource.name)})" if resource.name and resource.name != resource.id else ""
    expectation = f" [{code(row.expectation)}]" if row.expectation else ""
    return f"{resource_words(row.check, resource.type, resource.id)}{name}{expectation}"


def omitted(number: int) -> Iterator[str]:
    """The lines for a number of rows that are left out; none for 0 or less."""
    if number > 0:
        yield f"… and {number} more: see another format of this report."
        yield ""


def shorten(text: str, most: int) -> str:
    """The text with at most `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"
