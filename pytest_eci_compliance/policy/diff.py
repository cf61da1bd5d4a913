"""What a policy document says more, or less, than another: by meaning, not by spelling.

Case of actions, order, one text for a list of one, how actions are spread over statements, and what a wider
statement says already, make no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from .conditions import Condition, is_negated
from .document import Document, Statement, parse
from .patterns import TooManyPatterns, uncovered

_MOST_PARTS = 1000

Conditions = frozenset[tuple[str, str, frozenset[str]]]


@dataclass(frozen=True)
class Difference:
    """What a document says otherwise than expected, each in words.

    `doubts` are what in either cannot be judged; only what is different in spite of them is listed then.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        return bool(self.added or self.removed or self.conditions or self.resources)

    def __str__(self) -> str:
        """`added: …; removed: …; condition changed: …`, as far as there is something to say."""
        said = {
            "added": ", ".join(self.added),
            "removed": ", ".join(self.removed),
            "condition changed": ", ".join(self.conditions),
            "resource changed": ", ".join(self.resources),
        }
        return "; ".join(f"{what}: {text}" for what, text in said.items() if text)


def compare(expected: str, found: str) -> Difference:
    """How the document `found` differs from the one `expected`; both are JSON text. Never raises."""
    wanted, there = parse(expected), parse(found)
    doubts = (*_doubts(wanted, "the expected document"), *_doubts(there, "the document found"))
    # A statement that cannot be judged may say anything: what it could hold is neither more nor less.
    more = [] if _doubts(wanted, "") else list(_beyond(there, wanted))
    less = [] if _doubts(there, "") else list(_beyond(wanted, there))
    changed = [(one, other) for one in less if (other := _same_action(one, there))]
    changed += [(other, one) for one in more if (other := _same_action(one, wanted))]
    return Difference(
        added=_words(str(one) for one in more if not _same_action(one, wanted)),
        removed=_words(str(one) for one in less if not _same_action(one, there)),
        conditions=_words(_condition_change(*pair) for pair in changed if not _alike(*pair)),
        resources=_words(_resource_change(*pair) for pair in changed if _alike(*pair)),
        doubts=doubts,
    )


@dataclass(frozen=True)
class _Said:
    """One action of one statement."""

    action: str
    statement: Statement

    @property
    def key(self) -> tuple[str, str, bool]:
        return (self.action.lower(), self.statement.effect or "", self.statement.not_action)

    @property
    def conditions(self) -> Conditions:
        return _normal(self.statement.conditions)

    def __str__(self) -> str:
        effect = "Deny " if self.statement.effect == "Deny" else ""
        return f"{effect}{self.action}"


def _doubts(document: Document, which: str) -> tuple[str, ...]:
    problems = [*(one.problem for one in document.statements), document.problem]
    return tuple(dict.fromkeys(f"{which}: {problem}" for problem in problems if problem))


def _beyond(document: Document, other: Document) -> Iterator[_Said]:
    """What a document says that the other does not."""
    for statement in document.statements:
        if statement.problem is not None:
            continue
        if statement.not_action:
            if not any(_same_exception(statement, one) for one in other.statements):
                yield _Said(f"everything but {', '.join(sorted(statement.actions or ()))}", statement)
            continue
        for part in _parts(statement):
            wider = [one for one in other.statements if _as_wide(one, part)]
            patterns = {action.lower() for one in wider for action in one.actions or ()}
            yield from (
                _Said(action, statement)
                for action in statement.actions or ()
                if not _covered([action.lower()], patterns)
            )


def _parts(statement: Statement) -> list[Statement]:
    """The statement as several, which together say the same: each on one resource, under conditions of one value.

    Values of a key are alternatives, and so are resources; the values of a negated operator are not.
    """
    choices = [
        [one]
        if is_negated(one.operator)
        else [replace(one, values=(value,)) for value in dict.fromkeys(one.values)]
        for one in statement.conditions
    ]
    resources = statement.resources or ()
    if prod(map(len, choices)) * len(resources) > _MOST_PARTS:
        return [statement]
    return [
        replace(statement, resources=(resource,), conditions=some)
        for resource, some in product(resources, product(*choices))
    ]


def _same_exception(one: Statement, other: Statement) -> bool:
    return (
        other.not_action
        and _as_wide(other, one, not_action=True)
        and {action.lower() for action in other.actions or ()}
        <= {action.lower() for action in one.actions or ()}
    )


def _as_wide(one: Statement, than: Statement, *, not_action: bool = False) -> bool:
    """Whether, actions apart, a statement says all that another does: under no further condition."""
    return (
        one.problem is None
        and one.effect == than.effect
        and one.not_action == not_action
        and all(any(_implies(other, each) for other in than.conditions) for each in one.conditions)
        and _covered(than.resources or (), set(one.resources or ()))
    )


def _implies(one: Condition, other: Condition) -> bool:
    """Whether what satisfies one condition satisfies the other."""
    if (one.operator, one.key) != (other.operator, other.key):
        return False
    values, others = set(one.values), set(other.values)
    return values == others if is_negated(one.operator) else values <= others


def _normal(conditions: Iterable[Condition]) -> Conditions:
    return frozenset((one.operator, one.key, frozenset(one.values)) for one in conditions)


def _covered(patterns: Sequence[str], by: set[str]) -> bool:
    left = [one for one in patterns if one not in by]
    if not left or "*" in by:
        return True
    try:
        return bool(by) and uncovered(left, by) is None
    except TooManyPatterns:
        return False


def _same_action(one: _Said, document: Document) -> _Said | None:
    """The same action where a document says it otherwise: under other conditions, or on other resources."""
    if one.statement.not_action:
        return None
    said = (
        _Said(action, statement)
        for statement in document.statements
        if statement.problem is None and not statement.not_action
        for action in statement.actions or ()
    )
    return next((other for other in said if other.key == one.key), None)


def _alike(one: _Said, other: _Said) -> bool:
    return one.conditions == other.conditions


def _words(some: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(some)))


def _condition_change(expected: _Said, found: _Said) -> str:
    return f"{found} has {_condition_words(found)}, expected {_condition_words(expected)}"


def _condition_words(one: _Said) -> str:
    parts = sorted(
        f"{operator} {key} = {' or '.join(sorted(values))}" for operator, key, values in one.conditions
    )
    return " and ".join(parts) or "no condition"


def _resource_change(expected: _Said, found: _Said) -> str:
    there, wanted = (", ".join(sorted(one.statement.resources or ())) for one in (found, expected))
    return f"{found} on {there}, expected {wanted}"
