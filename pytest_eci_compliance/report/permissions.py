"""The permissions that changed since a former recording, as every report tells them (design A11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..printable import visible

if TYPE_CHECKING:
    from ..policy.permissions import Permission, PermissionChanges
    from .model import Report

KINDS = ("gained", "lost", "not_compared")
_TITLES = {"gained": "gained", "lost": "lost", "not_compared": "not compared"}


def title(kind: str) -> str:
    """One of `KINDS` in words."""
    return _TITLES[kind]


def rows(report: Report, kind: str) -> Iterator[tuple[str, Permission]]:
    """The permissions of one of `KINDS`, with the account of each."""
    for account, changes in sorted((report.permissions or {}).items()):
        yield from ((account, permission) for permission in getattr(changes, kind))


def as_data(permissions: Mapping[str, PermissionChanges]) -> dict[str, list[dict[str, Any]]]:
    """The permissions as plain data."""
    return {
        kind: [
            {
                "account": account,
                "identity": one.identity,
                "action": one.action,
                "where": one.where,
                "condition": one.condition or None,
                "cause": one.cause,
            }
            for account, changes in sorted(permissions.items())
            for one in getattr(changes, kind)
        ]
        for kind in KINDS
    }


def together(report: Report, kind: str) -> list[tuple[str, str, list[str], str, str, str]]:
    """The permissions of one of `KINDS`: those of an identity with one place, condition and cause together, as
    (account, identity, actions, where, condition, cause)."""
    found: dict[tuple[str, str, str, str, str], list[str]] = defaultdict(list)
    for account, one in rows(report, kind):
        key = (account, one.identity, one.where, one.condition, one.cause)
        found[key].append(one.action or "every action")
    return [
        (account, identity, sorted(actions), where, condition, cause)
        for (account, identity, where, condition, cause), actions in sorted(found.items())
    ]


def action_words(actions: list[str], most: int = 6) -> str:
    """Actions in a line: of many, the first ones and how many more."""
    more = f" and {len(actions) - most} more" if len(actions) > most else ""
    return ", ".join(actions[:most]) + more


def lines(report: Report, most: int = 10) -> list[str]:
    """The changes for a terminal: a line of numbers, then up to `most` lines of each kind."""
    if report.permissions is None:
        return []
    numbers = ", ".join(f"{len(list(rows(report, kind)))} {title(kind)}" for kind in KINDS)
    text = [f"permissions since the recording: {numbers}"]
    for kind in KINDS:
        some = together(report, kind)
        for account, identity, actions, where, condition, cause in some[:most]:
            when = f" where {condition}" if condition else ""
            what = f"{account}  {identity}: {action_words(actions)} on {where}{when} ({cause})"
            text.append(f"  {title(kind):<12}  {visible(what)}")
        if len(some) > most:
            text.append(f"  {'':<12}  and {len(some) - most} more")
    return text


def comes_to_more(report: Report) -> bool:
    """Whether a permission was gained, or could not be compared and so may have been."""
    return any(next(rows(report, kind), None) is not None for kind in ("gained", "not_compared"))
