"""Markdown from other people's text: names as code, prose without mark-up, and tables."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from ..messages import one_line


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
