"""The links of the HTML report: from a check to its documentation, from a result to the line of the configuration.

The documentation has the address that pytest's setting `eci_docs` names; without it, the file in the checkout of the
plugin, where it runs from one. The configuration is linked as a file
relative to the folder of the report, or at the address that `eci_config_url` names.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ..results import Row
from .model import Report


@dataclass(frozen=True)
class ConfigurationLine:
    """The line of the configuration that requires a row: the file, the number of the line, and its address."""

    file: str
    number: int
    address: str


def is_address(text: str) -> bool:
    """Whether a setting is an address that a page may link: a web address, or a path without a scheme.

    >>> is_address("https://audit.example/checks.html"), is_address("docs/checks.md"), is_address("javascript:alert(1)")
    (True, True, False)
    """
    return bool(re.match(r"https?://[^\s/]", text)) or not re.match(r"[^/\\?#]*:", text)


def own_documentation() -> str:
    """The path of the page of the checks in the checkout that the plugin runs from; empty where it is installed."""
    page = Path(__file__).parents[2] / "docs" / "reference" / "checks.md"
    return str(page) if page.is_file() else ""


def documentation(report: Report, check: str) -> str:
    """The address of the documentation of a check; empty where no address is configured."""
    address = report.links.documentation
    return address and f"{_linked(address, report)}#{quote(check)}"


def configuration_line(report: Report, row: Row) -> ConfigurationLine | None:
    """The line of the configuration that requires a row; None where no line of it does."""
    loaded = report.loaded
    if loaded is None or not row.config_path:
        return None
    line = max(1, loaded.line_of(("accounts", row.account, *row.config_path)))
    address = _linked(report.links.configuration or str(loaded.path.absolute()), report)
    return ConfigurationLine(loaded.path.name, line, f"{address}#L{line}")


def _linked(address: str, report: Report) -> str:
    """A web address as it is; a path relative to the folder of the report."""
    if re.match("https?://", address):
        return address
    try:
        relative = os.path.relpath(address, report.links.folder or None)
    except ValueError:  # another drive
        return Path(address).absolute().as_uri()
    return quote(Path(relative).as_posix())
