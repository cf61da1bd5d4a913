"""The members of a closure, and the changes that open a branch of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from .model import Step
from .move import Move
from .states import State

Chain: TypeAlias = "tuple[tuple[State, tuple[Step, ...]], ...]"
"""States that an identity has one after the other, each with the steps to it."""


@dataclass
class Member:
    """An identity that is acted as: its state at first and now, and the steps to both."""

    first: State
    now: State
    path: tuple[Step, ...]
    path_now: tuple[Step, ...]
    variants: list[tuple[State, tuple[Step, ...]]] = field(default_factory=list)

    @property
    def states(self) -> Iterator[tuple[State, tuple[Step, ...]]]:
        """The states that the identity has one after the other, each with the steps to it, the plainest first."""
        yield self.first, self.path
        yield from self.variants
        if self.variants and self.variants[-1][0] != self.now:
            yield self.now, self.path_now


@dataclass
class Branch:
    """A change by which an identity also loses something, and the steps up to it."""

    move: Move
    path: tuple[Step, ...]
