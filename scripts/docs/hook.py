"""Texts that are inserted into pages when the site is built, so that each text has one home.

A page marks the place by a comment on a line of its own:

    <!-- audit policy -->      the RAM policy that the auditing identity needs
    <!-- undecided -->         the points that the evaluator does not decide
    <!-- kept: ACTION -->      the fields of an API answer that a recording keeps

The copy button of a console block copies its commands, without prompts and output.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from pytest_eci_compliance.evidence.redact import Shape
from pytest_eci_compliance.evidence.responses import RESPONSES
from pytest_eci_compliance.plugin.commands import audit_policy
from pytest_eci_compliance.report.assumptions import UNDECIDED

_PLACE = re.compile(r"^<!-- (audit policy|undecided|kept)(?:: (.+))? -->$", re.MULTILINE)

_CONSOLE = re.compile(r"^( *)```console\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INSERTED_PAGE = re.compile(r'^--8<-- "([^":]+\.md)[\d:]*"$', re.MULTILINE)
_BLOCK = '<div class="language-console highlight"'


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page with the text inserted at every mark."""
    return _PLACE.sub(lambda match: _inserted(match[1], match[2] or ""), markdown)


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """The page with the commands of each console block as the text that its copy button copies.

    Raises ValueError where blocks of the page and of its source do not agree.
    """
    before, *blocks = html.split(_BLOCK)
    copied = console_commands(page.markdown)
    if len(copied) != len(blocks):
        raise ValueError(f"{page.file.src_path}: {len(blocks)} console blocks, {len(copied)} in the source")
    parts = (
        f'{_BLOCK} data-copy="{escape(text)}"{block}' if text else f"{_BLOCK}{block}"
        for text, block in zip(copied, blocks, strict=True)
    )
    return "".join((before, *parts))


def console_commands(markdown: str) -> list[str]:
    """The commands of each console block of a page, one per line, without prompts, output and inserted files."""
    text = _INSERTED_PAGE.sub(lambda match: Path(match[1]).read_text(encoding="utf-8"), markdown)
    return ["\n".join(_commands(match[2].splitlines())) for match in _CONSOLE.finditer(text)]


def _commands(lines: list[str]) -> Iterator[str]:
    continues = False
    for line in lines:
        is_command = line.lstrip().startswith("$ ")
        if is_command or continues:
            text = line.strip()
            yield text.removeprefix("$ ") if is_command else text
            continues = text.endswith("\\")


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """The page with its language in the `html` element."""
    return output.replace('<html lang="en"', '<html lang="zh"', 1) if page.url.startswith("zh/") else output


def on_post_build(config: Any, **_: Any) -> None:
    """Copy the sitemap: the language switch requests one beside the first page of each language."""
    site = Path(config.site_dir)
    shutil.copy(site / "sitemap.xml", site / "zh" / "sitemap.xml")


def _inserted(name: str, argument: str) -> str:
    if name == "undecided":
        return "\n".join(f"- {point}" for point in UNDECIDED)
    if name == "kept":
        return "\n".join(f"- `{field}`" for field in _fields(RESPONSES[argument], ""))
    return f"```json\n{audit_policy()}\n```"


def _fields(shape: Shape, at: str) -> Iterator[str]:
    if isinstance(shape, dict):
        for name, below in shape.items():
            yield from _fields(below, f"{at}.{name}".lstrip("."))
    elif isinstance(shape, list):
        yield from _fields(shape[0], f"{at}[]")
    else:
        yield at if shape is None else f"{at} (a marker)"
