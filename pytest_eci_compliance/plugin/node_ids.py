"""Node ids: printable, pastable, unique, and the same on every machine.

Names and ids are other people's input. What could end a node id early (`::`, `[`), hide in it or steer a
terminal is written as in a URL (`%5B`), so that two different resources never share an id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from urllib.parse import quote

from ..results import Row

ROOT = "eci-checks"
"""What the node ids of the built-in checks start with."""

_LONGEST = 160
_PLAIN = "/:@*?=,+~.-_"


def row_names(rows: Sequence[Row]) -> list[str]:
    """The name of each row below its check, in their order: `<account>:<region>:<id>`.

    A row of `access` has its expectation behind the id. Rows that would share a name are numbered.
    """
    return unique(
        identifier(row.account, row.resource.region, row.resource.id, _words(row.expectation)) for row in rows
    )


def identifier(account: str, region: str | None, id: str, *more: str | None) -> str:  # noqa: A002
    """The parts joined by colons, without those that are None, each of them escaped.

    >>> identifier("prod", "cn-hangzhou", "eci-2ze"), identifier("prod", None, "Custom/App Read[1]::x")
    ('prod:cn-hangzhou:eci-2ze', 'prod:Custom/App%20Read%5B1%5D:%3Ax')
    """
    joined = ":".join(_escaped(part) for part in (account, region, id, *more) if part is not None)
    return joined.replace("::", ":%3A")


def unique(names: Iterable[str]) -> list[str]:
    """The names, with `~2`, `~3` … behind those that were there before.

    >>> unique(["a", "b", "a", "a~2"])
    ['a', 'b', 'a~2', 'a~2~2']
    """
    taken: set[str] = set()
    counts: dict[str, int] = {}
    made = []
    for name in names:
        candidate = name
        while candidate in taken:
            counts[name] = counts.get(name, 1) + 1
            candidate = f"{name}~{counts[name]}"
        taken.add(candidate)
        made.append(candidate)
    return made


def node_id(check: str, name: str) -> str:
    """The node id of a row.

    >>> node_id("slr-exists", "prod:AliyunServiceRoleForECI")
    'eci-checks/slr-exists::prod:AliyunServiceRoleForECI'
    """
    return f"{ROOT}/{check}::{name}"


def _escaped(text: str) -> str:
    escaped = quote(text, safe=_PLAIN, errors="surrogatepass")
    if len(escaped) <= _LONGEST:
        return escaped
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    whole = re.sub(r"%[0-9A-F]?$", "", escaped[:_LONGEST])
    return f"{whole}~{digest}"


def _words(text: str | None) -> str | None:
    """Prose as one word, so that a node id can be pasted into a shell without quotes."""
    return None if text is None else "-".join(text.split())
