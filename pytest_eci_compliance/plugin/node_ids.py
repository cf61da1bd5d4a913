"""Node ids: printable, pastable, unique, and the same on every machine.

Names and ids come from the account. Characters that could end a node id early (`::`, `[`), hide in it or control a
terminal are escaped as in a URL (`%5B`), so that two different resources never share a node id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote

from ..results import Row

ROOT = "eci-checks"
"""The beginning of the node id of every built-in check."""

_MAX_LENGTH = 160
_UNESCAPED = "/:@*?=,+~.-_"


class NamedRow(NamedTuple):
    """A row and its name below its check."""

    name: str
    row: Row

    @property
    def nodeid(self) -> str:
        """The node id of the row."""
        return node_id(self.row.check, self.name)


def rows_by_check(rows: Iterable[Row]) -> dict[str, tuple[NamedRow, ...]]:
    """The named rows of each check, sorted by check and name, so that every process has the same order."""
    checks: dict[str, list[Row]] = {}
    for row in rows:
        checks.setdefault(row.check, []).append(row)
    return {
        check: tuple(
            sorted(map(NamedRow, row_names(checks[check]), checks[check]), key=lambda named: named.name)
        )
        for check in sorted(checks)
    }


def row_names(rows: Sequence[Row]) -> list[str]:
    """The name of each row below its check, in their order: `<account>:<region>:<id>`.

    The name of a row of `access` ends with its expectation. Rows that would share a name are numbered.
    """
    return unique(
        identifier(row.account, row.resource.region, row.resource.id, _hyphenated(row.expectation))
        for row in rows
    )


def identifier(account: str, region: str | None, id: str, *more: str | None) -> str:  # noqa: A002
    """Join the parts that are not None with colons, and escape each of them.

    >>> identifier("prod", "cn-hangzhou", "eci-2ze"), identifier("prod", None, "Custom/App Read[1]::x")
    ('prod:cn-hangzhou:eci-2ze', 'prod:Custom/App%20Read%5B1%5D:%3Ax')
    """
    joined = ":".join(_escaped(part) for part in (account, region, id, *more) if part is not None)
    return joined.replace("::", ":%3A")


def unique(names: Iterable[str]) -> list[str]:
    """The names, made unique: the suffix `~2`, `~3` … marks a repeated name.

    >>> unique(["a", "b", "a", "a~2"])
    ['a', 'b', 'a~2', 'a~2~2']
    """
    taken: set[str] = set()
    counts: dict[str, int] = {}
    result = []
    for name in names:
        candidate = name
        while candidate in taken:
            counts[name] = counts.get(name, 1) + 1
            candidate = f"{name}~{counts[name]}"
        taken.add(candidate)
        result.append(candidate)
    return result


def node_id(check: str, name: str) -> str:
    """The node id of a row.

    >>> node_id("slr-exists", "prod:AliyunServiceRoleForECI")
    'eci-checks/slr-exists::prod:AliyunServiceRoleForECI'
    """
    return f"{ROOT}/{check}::{name}"


def _escaped(text: str) -> str:
    escaped = quote(text, safe=_UNESCAPED, errors="surrogatepass")
    if len(escaped) <= _MAX_LENGTH:
        return escaped
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    whole = re.sub(r"%[0-9A-F]?$", "", escaped[:_MAX_LENGTH])
    return f"{whole}~{digest}"


def _hyphenated(text: str | None) -> str | None:
    """Replace white space by hyphens, so that a node id can be pasted into a shell without quotes."""
    return None if text is None else "-".join(text.split())
