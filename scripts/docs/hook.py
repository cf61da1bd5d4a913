"""What pages take from elsewhere when the site is built, so that each text has one home.

A page says where by a comment of its own line:

    <!-- readme: TITLE -->     the section of README.md with that title
    <!-- audit policy -->      the RAM policy that the auditing identity needs
    <!-- undecided -->         what the evaluator does not decide
    <!-- kept: ACTION -->      the fields of an API answer that a recording keeps
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_eci_compliance.evidence.redact import Shape
from pytest_eci_compliance.evidence.responses import RESPONSES
from pytest_eci_compliance.plugin.commands import audit_policy
from pytest_eci_compliance.report.assumptions import UNDECIDED

_README = Path(__file__).parents[2] / "README.md"
_PLACE = re.compile(r"^<!-- (readme|audit policy|undecided|kept)(?:: (.+))? -->$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page with every place filled in."""
    return _PLACE.sub(lambda found: _filled(found[1], found[2] or ""), markdown)


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """The page, saying in which language it is."""
    return output.replace('<html lang="en"', '<html lang="zh"', 1) if page.url.startswith("zh/") else output


def on_post_build(config: Any, **_: Any) -> None:
    """The language switch looks for a sitemap beside the first page of each language, and would find none."""
    site = Path(config.site_dir)
    shutil.copy(site / "sitemap.xml", site / "zh" / "sitemap.xml")


def _filled(what: str, argument: str) -> str:
    if what == "readme":
        return readme_section(argument)
    if what == "undecided":
        return "\n".join(f"- {one}" for one in UNDECIDED)
    if what == "kept":
        return "\n".join(f"- `{one}`" for one in _fields(RESPONSES[argument], ""))
    return f"```json\n{audit_policy()}\n```"


def readme_section(title: str) -> str:
    """The text of a section of the README. Raises LookupError where it has none of that title."""
    found = re.search(
        rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", _README.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    if found is None:
        raise LookupError(f"README.md has no section {title!r}")
    return found[1].strip()


def _fields(shape: Shape, at: str) -> Iterator[str]:
    if isinstance(shape, dict):
        for name, below in shape.items():
            yield from _fields(below, f"{at}.{name}".lstrip("."))
    elif isinstance(shape, list):
        yield from _fields(shape[0], f"{at}[]")
    else:
        yield at if shape is None else f"{at} (a marker)"
