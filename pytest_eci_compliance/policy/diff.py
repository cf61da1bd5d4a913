"""What a policy document says more, or less, than another: by meaning, not by spelling.

Case of actions, order, one text for a list of one, how actions are spread over statements, repetition, and what a
wider statement covers already, make no difference. `diff` finds the calls that are decided differently; this module
puts them into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .changed_calls import changed_calls
from .changed_contexts import ChangedCall, Doubt
from .conditions import Condition
from .document import Document, Statement, parse
from .patterns import matches
from .statement_forms import canonical, conditions_of, understood


@dataclass(frozen=True)
class Difference:
    """How a document differs from the one that is expected, each item in words.

    `lost` are Deny statements that are gone, `narrowed` those that deny less. `doubts` name the statements whose
    meaning cannot be compared; only what differs in spite of them is listed then.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    narrowed: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether the documents certainly differ."""
        return any((self.lost, self.narrowed, self.added, self.removed, self.conditions, self.resources))

    def __str__(self) -> str:
        """`Deny lost: …; added: …; removed: …; condition changed: …`, as far as there is something to say."""
        return "; ".join(f"{heading}: {', '.join(texts)}" for heading, texts in self._parts.items() if texts)

    @property
    def items(self) -> tuple[str, ...]:
        """Each difference by itself: `added: …`."""
        return tuple(f"{heading}: {text}" for heading, texts in self._parts.items() for text in texts)

    @property
    def _parts(self) -> dict[str, tuple[str, ...]]:
        return {
            "Deny lost": self.lost,
            "Deny narrowed": self.narrowed,
            "added": self.added,
            "removed": self.removed,
            "condition changed": self.conditions,
            "resource changed": self.resources,
        }


def compare(expected: str, actual: str, settled: Mapping[str, bool] | None = None) -> Difference:
    """How the document `actual` differs from the one `expected`; both are JSON text. Never raises.

    `settled` are the open questions, by the id of the assumption, that the owner of the account has settled.
    """
    if expected == actual:
        return Difference()
    wanted, there = parse(expected), parse(actual)
    old_odd, new_odd = _only_in_one(canonical(expected, wanted), canonical(actual, there))
    old, new = (
        [statement for statement in document.statements if understood(statement)]
        for document in (wanted, there)
    )
    changes = _Changes()
    doubts = [
        *_doubts(wanted, old_odd, "the expected document"),
        *_doubts(there, new_odd, "the document found"),
    ]
    for change in changed_calls(old, new, settled):
        if isinstance(change, Doubt):
            which = "the expected document" if change.side == "old" else "the document found"
            doubts.append(f"statement {change.index} of {which}: {change.why}")
        else:
            changes.sort_in(change)
    # A statement that is not understood may say anything: what it could say is neither added nor removed.
    return changes.difference(old, new, doubts, no_less=bool(new_odd), no_more=bool(old_odd))


def _only_in_one(old: dict[int, object], new: dict[int, object]) -> tuple[list[int], list[int]]:
    """The statements that are not understood, less those that both documents have."""
    both = set(old.values()) & set(new.values())
    return (
        [index for index, form in old.items() if form not in both],
        [index for index, form in new.items() if form not in both],
    )


def _doubts(document: Document, odd: Sequence[int], which: str) -> list[str]:
    texts = []
    for statement in document.statements:
        if statement.index in odd:
            problem = statement.problem or "a policy variable, whose meaning is not documented"
            texts.append(f"statement {statement.index} of {which}: {problem}")
    return texts


@dataclass(frozen=True)
class _Part:
    """One action of one statement; `action` is as the statement writes it."""

    action: str
    statement: Statement

    @property
    def key(self) -> tuple[str, str, bool]:
        return (self.action.lower(), self.statement.effect or "", self.statement.not_action)

    @property
    def name(self) -> str:
        return f"everything but {self.action}" if self.statement.not_action else self.action

    def __str__(self) -> str:
        return f"Deny {self.name}" if self.statement.effect == "Deny" else self.name


@dataclass
class _Changes:
    """The parts of statements that make calls come out differently."""

    more: dict[_Part, None] = field(default_factory=dict)
    less: dict[_Part, None] = field(default_factory=dict)
    lost: dict[_Part, None] = field(default_factory=dict)

    def sort_in(self, change: ChangedCall) -> None:
        old_allows, new_allows = (_with_effect("Allow", side) for side in (change.old, change.new))
        old_denies, new_denies = (_with_effect("Deny", side) for side in (change.old, change.new))
        if change.before == "denied":
            self.lost |= _parts(old_denies, change.action)
        if change.after == "denied":
            self.more |= _parts(new_denies, change.action)
        if change.after == "allowed" and not old_allows:
            self.more |= _parts(new_allows, change.action)
        if change.before == "allowed" and not new_allows:
            self.less |= _parts(old_allows, change.action)

    def difference(
        self,
        old: Sequence[Statement],
        new: Sequence[Statement],
        doubts: Iterable[str],
        *,
        no_less: bool,
        no_more: bool,
    ) -> Difference:
        more = [] if no_more else list(self.more)
        less, lost = ([], []) if no_less else (list(self.less), list(self.lost))
        kept = {part: narrower for part in lost if (narrower := _narrower(part, new))}
        pairs = [(part, other) for part in less if (other := _same_action(part, new))]
        pairs += [(other, part) for part in more if (other := _same_action(part, old))]
        return Difference(
            added=_words(str(part) for part in more if not _same_action(part, old)),
            removed=_words(str(part) for part in less if not _same_action(part, new)),
            conditions=_words(_condition_change(*pair) for pair in pairs if not _alike(*pair)),
            resources=_words(_resource_change(*pair) for pair in pairs if _alike(*pair)),
            doubts=tuple(dict.fromkeys(doubts)),
            lost=_words(part.name for part in lost if part not in kept),
            narrowed=_words(_narrowing(part, narrower) for part, narrower in kept.items()),
        )


def _with_effect(effect: str, statements: Iterable[Statement]) -> list[Statement]:
    return [statement for statement in statements if statement.effect == effect]


def _parts(statements: Iterable[Statement], action: str) -> dict[_Part, None]:
    """The parts of statements that name an action."""
    parts: dict[_Part, None] = {}
    for statement in statements:
        if statement.not_action:
            parts[_Part(", ".join(sorted(statement.actions or ())), statement)] = None
            continue
        for pattern in dict.fromkeys(statement.actions or ()):
            if matches(pattern.lower(), action):
                parts[_Part(pattern, statement)] = None
    return parts


def _same_action(part: _Part, statements: Iterable[Statement]) -> _Part | None:
    """The same action where a document states it otherwise: under other conditions, or on other resources."""
    for statement in statements:
        actions = statement.actions or ()
        for action in [", ".join(sorted(actions))] if statement.not_action else actions:
            other = _Part(action, statement)
            if other.key == part.key:
                return other
    return None


def _narrower(part: _Part, statements: Iterable[Statement]) -> list[_Part]:
    """What is left of a Deny: the same action, else the denied actions that it covered."""
    if same := _same_action(part, statements):
        return [same]
    if part.statement.not_action:
        return []
    pattern = part.action.lower()
    return [
        _Part(action, statement)
        for statement in statements
        if statement.effect == "Deny" and not statement.not_action
        for action in statement.actions or ()
        if matches(pattern, action.lower())
    ]


def _narrowing(part: _Part, narrower: Sequence[_Part]) -> str:
    if narrower[0].key != part.key:
        return f"{part.name} to {', '.join(_words(other.name for other in narrower))}"
    if _alike(part, narrower[0]):
        return _resource_change(part, narrower[0]).removeprefix("Deny ")
    return _condition_change(part, narrower[0]).removeprefix("Deny ")


def _alike(part: _Part, other: _Part) -> bool:
    return conditions_of(part.statement) == conditions_of(other.statement)


def _words(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(texts)))


def _condition_change(expected: _Part, actual: _Part) -> str:
    return f"{actual} has {_condition_words(actual)}, expected {_condition_words(expected)}"


def _condition_words(part: _Part) -> str:
    texts = sorted(
        str(Condition(condition.operator, condition.key, tuple(sorted(set(condition.values)))))
        for condition in part.statement.conditions
    )
    return " and ".join(texts) or "no condition"


def _resource_change(expected: _Part, actual: _Part) -> str:
    there, wanted = (", ".join(sorted(set(part.statement.resources or ()))) for part in (actual, expected))
    return f"{actual} on {there}, expected {wanted}"
