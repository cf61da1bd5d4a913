"""What one identity reaches, said of another one that nothing tells apart from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .model import Path, Reached, Step


@dataclass
class Renaming:
    """Puts two identities (`kind/NAME`) in each other's place. Paths share their steps: each is renamed once."""

    old: str
    new: str
    _steps: dict[int, tuple[Step, Step]] = field(default_factory=dict)

    def of_all(self, reached: Iterable[Reached]) -> tuple[Reached, ...]:
        """Everything that the other identity reaches."""
        return tuple(
            Reached(self.name(result.name), tuple(map(self.path, result.paths))) for result in reached
        )

    def name(self, name: str) -> str:
        """The name of an identity or of another target."""
        return self.new if name == self.old else self.old if name == self.new else name

    def path(self, path: Path) -> Path:
        """The path of the other identity."""
        return replace(path, reaches=self.name(path.reaches), steps=tuple(map(self._step, path.steps)))

    def _step(self, step: Step) -> Step:
        known = self._steps.get(id(step))
        if known is None:
            # The step is kept with its copy, so that no other one gets its id.
            known = self._steps[id(step)] = (step, self._renamed(step))
        return known[1]

    def _renamed(self, step: Step) -> Step:
        actor, to, on = self.name(step.actor), self.name(step.to), self._named_anew(step)
        if (actor, to, on) == (step.actor, step.to, step.on):
            return step
        return Step(step.step, actor, to, on, step.certain, step.decisions, step.doubt)

    def _named_anew(self, step: Step) -> str:
        """What a step is taken on: a name by itself where it is that of the identity that the step reaches, or
        `user NAME` and `role NAME` at the end."""
        for mine, other in ((self.old, self.new), (self.new, self.old)):
            kind, _, name = mine.partition("/")
            if not step.on.endswith(name):
                continue
            if step.on == name and step.to == mine:
                return other.partition("/")[2]
            if step.on.endswith(f" {kind} {name}"):
                return step.on.removesuffix(name) + other.partition("/")[2]
        return step.on
