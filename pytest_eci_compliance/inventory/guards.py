"""Guards: facts and mappings that raise where a part is read that is not known."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .facts import Unreadable

if TYPE_CHECKING:
    from ..results import Cause

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class MissingPart:
    """A part of the account that is not known.

    `part` is what a test would read, below `eci_account` (`users`, `resources('instance')`); `why` says in words
    why it is not known, `remediation` what makes it readable. `cause` is the call that failed; None where the
    auditing identity is not shown to see every resource: `causes` then say what it lacks.
    """

    part: str
    why: str
    remediation: str
    cause: Unreadable | None = None
    causes: tuple[Cause, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"eci_account.{self.part} is not known: {self.why}\nFix: {self.remediation}"


class UnreadableError(Exception):
    """A test reads a part of the account that is not known. `missing` says which part, and why."""

    def __init__(self, missing: MissingPart) -> None:
        super().__init__(missing)
        self.missing = missing

    def __str__(self) -> str:
        return str(self.missing)


class Guarded:
    """A fact of which some attributes raise `UnreadableError`: those that `_doubts` names.

    It equals the fact that it stands for, and is shown as that fact. Called with values, as `dataclasses.replace`
    does, its class makes a plain fact of them.
    """

    _fact: Any
    _doubts: Mapping[str, MissingPart]

    def __new__(cls, *args: Any, **values: Any) -> Any:
        """A plain fact of the values: a guard is made by `guard`, and copied without values."""
        if not args and not values:
            return object.__new__(cls)
        plain: Any = next(base for base in cls.__mro__ if not issubclass(base, Guarded))
        return plain(*args, **values)

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            missing = self._doubts.get(name)
            if missing is not None:
                raise UnreadableError(missing)
        return object.__getattribute__(self, name)

    def __repr__(self) -> str:
        return repr(self._fact)

    def __eq__(self, other: object) -> bool:
        return bool(self._fact == (other._fact if isinstance(other, Guarded) else other))

    def __hash__(self) -> int:
        return hash(self._fact)


class GuardedMapping(Mapping[K, V]):
    """A mapping of which some entries, or the knowledge of which entries there are, raise `UnreadableError`."""

    def __init__(
        self, entries: Mapping[K, V], doubts: Mapping[K, MissingPart], whole: MissingPart | None = None
    ) -> None:
        self._entries = dict(entries)
        self._doubts = dict(doubts)
        self._whole = whole

    def __getitem__(self, key: K) -> V:
        missing = self._doubts.get(key)
        if missing is None and key not in self._entries:
            missing = self._whole
        if missing is not None:
            raise UnreadableError(missing)
        return self._entries[key]

    def __iter__(self) -> Iterator[K]:
        if self._whole is not None:
            raise UnreadableError(self._whole)
        return iter(dict.fromkeys((*self._entries, *self._doubts)))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return repr(self._entries)


def guard(fact: T, doubts: Mapping[str, MissingPart], **values: Any) -> T:
    """A fact that raises where `doubts` says; `values` replace attributes."""
    guarded: Any = object.__new__(_guarded_class(cast("Hashable", type(fact))))
    vars(guarded).update({**vars(fact), **values}, _fact=fact, _doubts=dict(doubts))
    return cast("T", guarded)


@cache
def _guarded_class(fact: Hashable) -> Any:
    fact_class = cast("type", fact)
    return type(fact_class.__name__, (Guarded, fact_class), {"__module__": fact_class.__module__})
