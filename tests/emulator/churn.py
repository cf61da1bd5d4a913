"""Accounts that move while they are read: what happens between the calls.

Each is a callable for `Emulator(churn=(...,))`. Changes fall between two answers, never within one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import count

from .account import Instance
from .backend import Backend, Call
from .world import Resource, World

Change = Callable[[World], None]


def _world(backend: Backend) -> World:
    return next(iter(backend.worlds.values()))


@dataclass
class After:
    """Do `change` once, after `calls` calls that fit `action` (a glob of `service:Action`)."""

    calls: int
    change: Change
    action: str = "*"
    _seen: int = field(default=0, repr=False)

    def __call__(self, backend: Backend, number: int, call: Call) -> None:
        if fnmatchcase(call.id, self.action):
            self._seen += 1
            if self._seen == self.calls + 1:
                self.change(_world(backend))


@dataclass
class Steady:
    """Before every call on `region` that fits `action`: the oldest `per_call` instances go, as many new ones
    come, made by `make` from a running number. Instances for which `keep` is true never go."""

    region: str
    per_call: int = 1
    action: str = "eci:Describe*"
    make: Callable[[int], Instance] = lambda number: Instance(
        id=f"eci-brief{number:06}", name=f"brief-{number}"
    )
    keep: Callable[[Instance], bool] = lambda instance: False
    _numbers: count[int] = field(default_factory=count, repr=False)

    def __call__(self, backend: Backend, number: int, call: Call) -> None:
        if call.region != self.region or not fnmatchcase(call.id, self.action):
            return
        shelf = _world(backend).region(self.region).instances
        for leaving in [instance for instance in shelf if not self.keep(instance)][: self.per_call]:
            shelf.remove(leaving.id)
        for _ in range(self.per_call):
            shelf.put(self.make(next(self._numbers)))


def arrive(region: str, *resources: Resource) -> Change:
    """A change for `After`: these resources are created."""
    return lambda world: world.put(region, *resources)


def leave(region: str, resources: Iterable[Resource]) -> Change:
    """A change for `After`: these resources are deleted."""

    def change(world: World) -> None:
        for resource in resources:
            world.remove(region, resource)

    return change
