"""The permissions that changed since a former recording, in the form that every report uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from ..language import ENGLISH, Translator
from ..language.columns import pad
from ..messages import visible

if TYPE_CHECKING:
    from ..policy.permissions import Permission, PermissionChanges
    from .model import Report

ChangeKind: TypeAlias = Literal["gained", "lost", "not_compared"]

CHANGE_KINDS: tuple[ChangeKind, ...] = ("gained", "lost", "not_compared")
"""The kinds of change, in the order of reports."""


class PermissionGroup(NamedTuple):
    """Permissions of an identity that differ in nothing but the action."""

    account: str
    identity: str
    actions: tuple[str, ...]
    scope: str
    condition: str
    cause: str

    def action_list(self, most: int = 6, translator: Translator = ENGLISH) -> str:
        """The actions in a line: at most `most` of them, then the number of the others."""
        rest = len(self.actions) - most
        shown = translator.words(self.actions[:most])
        return translator.text("{words} and {number} more", words=shown, number=rest) if rest > 0 else shown


def title(report: Report, translator: Translator = ENGLISH) -> str:
    """The heading of the changed permissions."""
    if report.permissions_of_plan:
        return translator.text("Permissions that the plan changes")
    return translator.text("Permissions since the recording")


def kind_words(kind: ChangeKind) -> str:
    """The words for a kind of change."""
    return kind.replace("_", " ")


def permissions_of(report: Report, kind: ChangeKind) -> Iterator[tuple[str, Permission]]:
    """The changed permissions of one kind, each with its account."""
    for account, changes in sorted((report.permissions or {}).items()):
        yield from ((account, permission) for permission in _of_kind(changes, kind))


def number_of(report: Report, kind: ChangeKind) -> int:
    """The number of changed permissions of one kind."""
    return sum(len(_of_kind(changes, kind)) for changes in (report.permissions or {}).values())


def as_data(permissions: Mapping[str, PermissionChanges]) -> dict[str, list[dict[str, Any]]]:
    """The changed permissions as plain data."""
    return {
        kind: [
            {
                "account": account,
                "identity": permission.identity,
                "action": permission.action,
                "where": permission.where,
                "condition": permission.condition or None,
                "cause": permission.cause,
            }
            for account, changes in sorted(permissions.items())
            for permission in _of_kind(changes, kind)
        ]
        for kind in CHANGE_KINDS
    }


def groups_of(report: Report, kind: ChangeKind) -> list[PermissionGroup]:
    """The changed permissions of one kind, grouped by identity, scope, condition and cause, sorted."""
    actions: dict[tuple[str, str, str, str, str], list[str]] = defaultdict(list)
    for account, permission in permissions_of(report, kind):
        key = (account, permission.identity, permission.where, permission.condition, permission.cause)
        actions[key].append(action_of(permission))
    return [
        PermissionGroup(account, identity, tuple(sorted(of_group)), scope, condition, cause)
        for (account, identity, scope, condition, cause), of_group in sorted(actions.items())
    ]


def action_of(permission: Permission) -> str:
    """The action of a permission; `every action` where none could be compared."""
    return permission.action or "every action"


def lines(report: Report, most: int = 10, translator: Translator = ENGLISH) -> list[str]:
    """The changes for a terminal: a line of numbers, then at most `most` lines of each kind."""
    if report.permissions is None:
        return []
    words = {kind: translator.word(kind_words(kind)) for kind in CHANGE_KINDS}
    numbers = translator.comma.join(
        translator.counted(number_of(report, kind), kind_words(kind)) for kind in CHANGE_KINDS
    )
    text = [f"{title(report, translator).lower()}: {numbers}"]
    for kind in CHANGE_KINDS:
        groups = groups_of(report, kind)
        text += [f"  {pad(words[kind], 12)}  {line}" for line in _group_lines(groups[:most], translator)]
        if len(groups) > most:
            more = translator.text("and {number} more", number=len(groups) - most)
            text.append(f"  {'':<12}  {more}")
    return text


def has_gain(report: Report) -> bool:
    """Whether a permission was gained, or could not be compared and so may have been gained."""
    return any(number_of(report, kind) for kind in ("gained", "not_compared"))


def _of_kind(changes: PermissionChanges, kind: ChangeKind) -> Sequence[Permission]:
    by_kind = {"gained": changes.gained, "lost": changes.lost, "not_compared": changes.not_compared}
    return by_kind[kind]


def _group_lines(groups: Iterable[PermissionGroup], translator: Translator) -> Iterator[str]:
    for group in groups:
        permission = translator.text(
            "{actions} on {scope}",
            actions=group.action_list(translator=translator),
            scope=translator.scope(group.scope),
        )
        if group.condition:
            permission = translator.text(
                "{permission} where {condition}",
                permission=permission,
                condition=translator.row(group.condition),
            )
        cause = translator.row(group.cause)
        yield visible(f"{group.account}  {group.identity}: {permission} ({cause})")
