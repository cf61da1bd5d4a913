"""Which things of one kind go with a thing of another kind, each pair judged once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Set
from typing import Generic, TypeVar

First = TypeVar("First", bound=Hashable)
Second = TypeVar("Second", bound=Hashable)


class Matches(Generic[First, Second]):
    """Most pairs do not go together: those that do are found by set operations, without a look at the others."""

    def __init__(self, judge: Callable[[First, Second], bool]) -> None:
        self._judge = judge
        self._judged: dict[First, tuple[set[Second], set[Second]]] = {}

    def of(self, first: First, seconds: Set[Second]) -> set[Second]:
        """Those of some things that go with one of the other kind."""
        judged, matching = self._judged.setdefault(first, (set(), set()))
        for second in seconds - judged:
            judged.add(second)
            if self._judge(first, second):
                matching.add(second)
        return matching & seconds
