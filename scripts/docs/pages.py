"""The pages that are generated from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from pytest_eci_compliance.assumptions import BASES, assumptions
from pytest_eci_compliance.language import Translator
from pytest_eci_compliance.language.tables import paragraph, read_data
from pytest_eci_compliance.report.rules import BEYOND_DOCUMENTS, SECTIONS

from .checks import entries
from .facts import classes, evaluator, fixtures
from .keys import sections
from .options import options

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CHINESE = read_data("checks.zh.yaml")
"""The translations of the checks, by id, and of the words around them. A missing one falls back to English."""


def pages() -> dict[str, str]:
    """Every generated page as text, by its path below `docs/`."""
    checks = entries(ROOT)
    ini, flags = options()
    return {
        "reference/checks.md": _page(
            "checks.md", checks=checks, chapters=SECTIONS, elsewhere=BEYOND_DOCUMENTS
        ),
        "zh/checks.md": _page("checks.zh.md", checks=checks, chinese=CHINESE),
        "reference/assumptions.md": _page(
            "assumptions.md",
            bases=BASES,
            reading=[assumption for assumption in assumptions() if not assumption.owner_may_settle],
            questions=[assumption for assumption in assumptions() if assumption.owner_may_settle],
        ),
        "reference/configuration.md": _page("configuration.md", sections=sections()),
        "reference/command-line.md": _page("command-line.md", flags=flags, ini=ini),
        "reference/fixtures.md": _page(
            "fixtures.md", fixtures=fixtures(), classes=classes(), evaluator=evaluator()
        ),
    }


def _page(template: str, **facts: Any) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the pages are Markdown
    )
    environment.filters.update(cell=_cell, unbroken=_unbroken, in_chinese=Translator("zh").row)
    return environment.get_template(f"{template}.jinja").render(**facts)


def _unbroken(text: str) -> str:
    """Each paragraph on one line: in Chinese a line break would show as a space."""
    return "\n\n".join(map(paragraph, text.strip().split("\n\n")))


def _cell(text: str) -> str:
    """A text as it stands in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
