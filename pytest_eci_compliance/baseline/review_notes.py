"""Comments for the reviewer: the checks that the written configuration does not pass, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..inventory.kinds import KINDS
from ..inventory.linked_roles import LINKED_ROLES
from ..messages import join_words, one_line
from ..results import OPEN_OUTCOMES, Resource, Row

_MOST = 100
# Checks of the permissions of users and roles: an entry of the configuration could allow what they fail for.
_ENTRIES = ("user-", "role-")
_SECTIONS: Mapping[str, str] = {
    "account": "account",
    "role": "roles",
    "user": "users",
    "policy": "system_policies",
    **{kind: KINDS[kind].section for kind in KINDS},
}


def notes(rows: Iterable[Row]) -> Mapping[str, tuple[str, ...]]:
    """Comments by the section of the configuration to which they belong; `account` is the account as a whole.

    `rows` are the verdicts with the written configuration. A failure needs a decision: that something exists does
    not make it intended.
    """
    # Rows of one section with the same outcome and message become one comment.
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if row.outcome in OPEN_OUTCOMES:
            groups.setdefault((_section(row), row.outcome, row.message), []).append(row)
    comments: dict[str, list[str]] = {}
    for (section, _, _), group in groups.items():
        comments.setdefault(section, []).append(_comment(group))
    return {section: tuple(texts) for section, texts in comments.items()}


def _section(row: Row) -> str:
    if row.check.startswith("slr-"):
        sections = (role.section for role in LINKED_ROLES if role.name == row.resource.id)
        return next(sections, LINKED_ROLES[0].section)
    if row.check == "custom-policy":
        return "custom_policies"
    if row.resource.type == "policy" and row.check != "system-policy":
        return "users"
    return _SECTIONS.get(row.resource.type, "account")


def _comment(rows: list[Row]) -> str:
    """The comment for rows with the same outcome and message."""
    first = rows[0]
    checks = join_words(dict.fromkeys(row.check for row in rows))
    resources = join_words(dict.fromkeys(_resource_words(row.resource) for row in rows), most=_MOST)
    text = f"{checks}, {resources}: {first.message}"
    return f"DECIDE: {text}. {_consequence(first)}" if first.outcome == "failed" else f"UNKNOWN: {text}"


def _consequence(row: Row) -> str:
    """How long a check fails that the written configuration does not pass."""
    if row.check.startswith(_ENTRIES):
        return "No entry allows this; the check fails until an entry does, or the account is fixed."
    return "Cannot be accepted in the configuration; the check fails until the account is fixed."


def _resource_words(resource: Resource) -> str:
    region = f"{resource.region} " if resource.region else ""
    own_names = ("", resource.id, resource.id.partition("/")[2])
    name = f" ({resource.name})" if resource.name not in own_names else ""
    id_ = f"every {resource.type.replace('_', ' ')}" if resource.id == "*" else resource.id
    return one_line(f"{region}{id_}{name}")
