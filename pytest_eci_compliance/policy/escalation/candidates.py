"""The names that the statements of a principal may be about, found without a look at the others.

An account may have a policy for each of its users: whatever is asked for every user about every name then takes the
square of their number. Most patterns end in one name, or in a prefix of names, and are looked up. What is found may
still be denied: the evaluator decides. What is not found is denied, because no Resource of an Allow fits its ARN.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from ..authorization import PASS_ROLE
from ..conditions import VARIABLE
from ..decision import Principal
from ..ram_actions import ram_action

Name = TypeVar("Name")
_WILDCARDS = frozenset("*?")
_LAST = "\U0010ffff"


class Tail:
    """The last part of a pattern, `kind/NAME` or `kind/PREFIX*`, in lower case. `kind` is None where wildcards or
    policy variables stand elsewhere: the pattern may be about any name."""

    def __init__(self, pattern: str) -> None:
        kind, slash, name = pattern.rpartition(":")[2].lower().partition("/")
        self.text = name.removesuffix("*")
        self.is_prefix = self.text != name
        is_plain = slash and VARIABLE not in pattern and not _WILDCARDS & set(kind + self.text)
        self.kind = kind if is_plain else None


class Candidates(Generic[Name]):
    """Classes of names of one kind (`user`, `group`, `role`, `policy`), in order, each with its names as texts."""

    def __init__(self, kind: str, classes: Sequence[tuple[Name, Iterable[str]]]) -> None:
        self._kind = kind
        self._classes = tuple(first for first, _ in classes)
        self._names = sorted(
            (name.lower(), number) for number, (_, names) in enumerate(classes) for name in names
        )

    def about(self, patterns: Iterable[str] | None) -> Sequence[Name]:
        """The classes with a name that one of some patterns may fit; all of them where the patterns are not known."""
        if patterns is None:
            return self._classes
        numbers: set[int] = set()
        for tail in map(Tail, patterns):
            if tail.kind is None:
                return self._classes
            if tail.kind == self._kind:
                numbers.update(self._numbers(tail))
        return [self._classes[number] for number in sorted(numbers)]

    def _numbers(self, tail: Tail) -> Iterator[int]:
        first = bisect_left(self._names, (tail.text, -1))
        end = (tail.text + _LAST,) if tail.is_prefix else (tail.text, len(self._classes))
        last = bisect_right(self._names, end)
        return (number for _, number in self._names[first:last])


def allowing_patterns(principal: Principal, actions: Iterable[str], kind: str) -> frozenset[str] | None:
    """The patterns of which one must fit the ARN of a user, group, role or policy, for one of some actions to be
    allowed on it; None where anything may be allowed, or where an action is not authorised on the ARN of that name."""
    patterns: set[str] = set()
    for action in actions:
        if principal.gaps or not _names_its(kind, action):
            return None
        for ground, _ in principal.naming(action):
            if ground.statement.effect != "Deny":
                if ground.statement.resources is None:
                    return None
                patterns.update(ground.statement.resources)
    return frozenset(patterns)


def _names_its(kind: str, action: str) -> bool:
    """Whether an action is authorised on the ARN that ends in the name of a user, group, role or policy: one that is
    in no table is asked about on that ARN."""
    if action == PASS_ROLE:
        return kind == "role"
    row = ram_action(action)
    end = f":{kind}/{{{kind}}}"
    return row is None or any(all(arn.endswith(end) for arn in readings) for readings in row.arns)
