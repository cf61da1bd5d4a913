"""Whether a document allows something that another one does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..document import Document, Statement
from ..patterns import Pattern, TooManyPatterns, classes, uncovered
from ..three_valued import Truth


def allows_more(document: Document, default: Document) -> Truth:
    """Whether a version of a policy allows more than its default version; None where that cannot be compared.

    A version allows more where one of its Allow statements is not covered by an Allow statement of the default
    version, or where a Deny statement of the default version is missing from it.
    """
    if any(one.problem or one.effect is None for one in (*document.statements, *default.statements)):
        return None
    new_denies = [one for one in document.statements if one.effect == "Deny"]
    gained = list(_not_covered(document, default, "Allow"))
    if any(not _may_overlap(one, new_denies) for one in gained):
        return True
    if any(True for _ in _not_covered(default, document, "Deny")):
        return True
    return None if gained else False


def _not_covered(document: Document, other: Document, effect: str) -> Iterator[Statement]:
    """The parts of the statements of an effect that no statement of the other document covers."""
    there = [one for one in other.statements if one.effect == effect]
    for statement in document.statements:
        if statement.effect == effect:
            for part in _parts(statement):
                if not any(_covers(one, part) for one in there):
                    yield part


def _parts(statement: Statement) -> Iterator[Statement]:
    """The statement for one action and one resource at a time."""
    actions = [(one,) for one in statement.actions or ()]
    for resource in statement.resources or ():
        for some in [statement.actions or ()] if statement.not_action else actions:
            yield replace(statement, actions=some, resources=(resource,))


def _may_overlap(part: Statement, denies: list[Statement]) -> bool:
    """Whether a Deny may take away something of what a statement allows."""
    return any(
        one.not_action
        or part.not_action
        or any(_meet(outer, inner) for outer in one.actions or () for inner in part.actions or ())
        for one in denies
    )


def _meet(one: str, other: str) -> bool:
    try:
        return any(fits[0] for fits in classes([Pattern.wild(one.lower())], Pattern.wild(other.lower())))
    except TooManyPatterns:
        return True


def _covers(wide: Statement, narrow: Statement) -> bool:
    """Whether a statement applies wherever another one does."""
    if not set(wide.conditions) <= set(narrow.conditions):
        return False
    return _actions_covered(wide, narrow) and _patterns_covered(wide.resources, narrow.resources)


def _actions_covered(wide: Statement, narrow: Statement) -> bool:
    outer = tuple(one.lower() for one in wide.actions or ())
    inner = tuple(one.lower() for one in narrow.actions or ())
    if wide.not_action:
        return narrow.not_action and _patterns_covered(inner, outer)
    return (narrow.not_action and "*" in outer) or (not narrow.not_action and _patterns_covered(outer, inner))


def _patterns_covered(outer: tuple[str, ...] | None, inner: tuple[str, ...] | None) -> bool:
    if outer is None or inner is None:
        return False
    if "*" in outer:
        return True
    try:
        return uncovered(inner, outer) is None
    except TooManyPatterns:
        return False
