"""What the written configuration would not pass, and why: comments for the person who reviews it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..checks.service_linked_role import VIRTUAL_NODE
from ..inventory.kinds import KINDS
from ..messages import join_words, one_line
from ..results import Resource, Row

_MOST = 100
# The checks of what users and roles hold: an entry could intend what they fail.
_ENTRIES = ("user-", "role-")
_SECTIONS: Mapping[str, str] = {
    "account": "account",
    "role": "roles",
    "user": "users",
    "policy": "system_policies",
    **{kind: KINDS[kind].section for kind in KINDS},
}


def notes(rows: Iterable[Row]) -> Mapping[str, tuple[str, ...]]:
    """Comments by the section of the configuration where they belong; `account` is the account as a whole.

    `rows` are the verdicts on the configuration that was written. What does not hold needs a decision: it is
    no intent only because it was found.
    """
    # What is said of many resources of a section, or by many checks, in the same words is said once.
    together: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if row.outcome in ("failed", "unknown"):
            together.setdefault((_section(row), row.outcome, row.message), []).append(row)
    said: dict[str, list[str]] = {}
    for (section, _, _), some in together.items():
        said.setdefault(section, []).append(_words(some))
    return {section: tuple(lines) for section, lines in said.items()}


def _section(row: Row) -> str:
    if row.check.startswith("slr-"):
        return VIRTUAL_NODE.section if row.resource.id == VIRTUAL_NODE.name else "service_linked_role"
    if row.resource.type == "policy" and row.check != "system-policy":
        return "users"
    return _SECTIONS.get(row.resource.type, "account")


def _words(same: list[Row]) -> str:
    checks = join_words(dict.fromkeys(row.check for row in same))
    whom = join_words(dict.fromkeys(_label(row.resource) for row in same), most=_MOST)
    told = f"{checks}, {whom}: {same[0].message}"
    return f"DECIDE: {told}. {_end(same[0])}" if same[0].outcome == "failed" else f"UNKNOWN: {told}"


def _end(row: Row) -> str:
    """Until when a check fails that the draft does not pass."""
    if row.check.startswith(_ENTRIES):
        return "No entry intends that: the check fails until one does, or the account is mended."
    return "No line can accept that: the check fails until the account is mended."


def _label(one: Resource) -> str:
    where = f"{one.region} " if one.region else ""
    name = f" ({one.name})" if one.name and one.name not in (one.id, one.id.partition("/")[2]) else ""
    whom = f"every {one.type.replace('_', ' ')}" if one.id == "*" else one.id
    return one_line(f"{where}{whom}{name}")
