"""Who can become whom: what each user and role reaches by privilege escalation. Equal reach stands together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ..inventory.facts import Inventory, Unreadable, read_or_empty
from ..language import ENGLISH, Translator
from ..policy.escalation import Escalation, Identity, Path, Reached
from ..policy.escalation.model import ANY_PERMISSION
from .policy_matrix import short_error

_MOST_NAMED = 6
_ITSELF = "itself"


@dataclass(frozen=True)
class PathWords:
    """One path in words, and the identities that it is the path of (empty: of all that stand together)."""

    words: str
    identities: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReachEntry:
    """One target, whether a chain of certain steps leads to it, and the shortest paths."""

    target: str
    is_certain: bool
    paths: tuple[PathWords, ...]

    @property
    def steps_word(self) -> str:
        """The verb of the sentence about the steps."""
        return "reaches" if self.is_certain else "may reach"


@dataclass(frozen=True)
class ReachRow:
    """Identities that reach the same, as `user/NAME` and `role/NAME`, and what they reach, nearest first."""

    identities: tuple[str, ...]
    entries: tuple[ReachEntry, ...]

    @property
    def summary(self) -> str:
        """Who reaches what, in a line: of many, the first ones."""
        return self.summary_in(ENGLISH)

    def summary_in(self, translator: Translator) -> str:
        """Who reaches what, in a line, in a language."""
        certain = [entry.target for entry in self.entries if entry.is_certain]
        possible = [entry.target for entry in self.entries if not entry.is_certain]
        parts = []
        if certain:
            targets = _joined(certain, translator)
            number = len(self.identities)
            reaches = translator.plural(number, "reaches {targets}", "can reach {targets}", targets=targets)
            parts.append(reaches)
        if possible:
            parts.append(translator.text("may reach {targets}", targets=_joined(possible, translator)))
        return f"{_joined(self.identities, translator)}: {'; '.join(parts)}"


@dataclass(frozen=True)
class ReachTable:
    """The rows, the most reach first; `without` are the identities that reach nothing, `unread` the lists of
    identities that could not be read."""

    rows: tuple[ReachRow, ...] = ()
    without: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def _joined(words: Iterable[str], translator: Translator) -> str:
    return translator.join(map(translator.word, words), most=_MOST_NAMED)


def identities_of(inventory: Inventory) -> Iterator[Identity]:
    """Every recorded user and role."""
    yield from (Identity("user", user.user_name) for user in read_or_empty(inventory.users))
    yield from (Identity("role", role.role_name) for role in read_or_empty(inventory.roles))


def reach_table(inventory: Inventory, escalation: Escalation, translator: Translator = ENGLISH) -> ReachTable:
    """What the identities of an account reach."""
    together: dict[frozenset[tuple[str, bool]], list[Identity]] = defaultdict(list)
    for identity in identities_of(inventory):
        targets = _shown(escalation.reach(identity))
        together[frozenset((target.name, target.certain) for target in targets)].append(identity)
    without = together.pop(frozenset(), [])
    rows = [_row(identities, escalation, translator) for identities in together.values()]
    return ReachTable(
        tuple(sorted(rows, key=_most_first)),
        tuple(map(str, without)),
        tuple(
            short_error(cause, translator)
            for cause in (inventory.users, inventory.roles)
            if isinstance(cause, Unreadable)
        ),
    )


def _most_first(row: ReachRow) -> tuple[object, ...]:
    everything = any(entry.target == ANY_PERMISSION and entry.is_certain for entry in row.entries)
    certain = sum(entry.is_certain for entry in row.entries)
    return (not everything, -certain, -len(row.entries), row.identities)


def _shown(reached: tuple[Reached, ...]) -> tuple[Reached, ...]:
    """What is reached: whoever reaches any permission for certain reaches everything, which is not listed."""
    return tuple(target for target in reached if target.name == ANY_PERMISSION and target.certain) or reached


def _row(identities: list[Identity], escalation: Escalation, translator: Translator) -> ReachRow:
    words: dict[str, dict[str, list[str]]] = {}
    targets: dict[str, Reached] = {}
    for identity in identities:
        for target in _shown(escalation.reach(identity)):
            targets.setdefault(target.name, target)
            by_words = words.setdefault(target.name, {})
            words_of_path = path_words(target.paths[0], identity, translator)
            by_words.setdefault(words_of_path, []).append(str(identity))
    entries = (
        ReachEntry(name, targets[name].certain, tuple(_paths(by_words, len(identities))))
        for name, by_words in words.items()
    )
    return ReachRow(tuple(map(str, identities)), tuple(entries))


def _paths(by_words: dict[str, list[str]], of: int) -> Iterable[PathWords]:
    for words, identities in sorted(by_words.items(), key=lambda item: (-len(item[1]), item[0])):
        yield PathWords(words, () if len(identities) == of else tuple(identities))


def path_words(path: Path, identity: Identity, translator: Translator = ENGLISH) -> str:
    """A path in words, the same for every identity that takes it in the same way."""
    own, itself = str(identity), translator.word(_ITSELF)
    steps = tuple(
        replace(step, on=itself if step.on == own else step.on, to=itself if step.to == own else step.to)
        for step in path.steps
    )
    words = translator.row(str(replace(path, steps=steps)))
    return translator.plural(len(steps), "in {number} step: {path}", "in {number} steps: {path}", path=words)
