"""Escalation steps that several failed results share: one permission, with the results that use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..messages import pluralize
from ..results import PathStep, Result

FEWEST = 3
"""A step that the results of fewer identities use is described by their results alone."""
MOST = 3
"""The number of steps that a summary shows."""


@dataclass(frozen=True)
class SharedStep:
    """A step of escalation and the failed results of one account of which a path uses it, in the order of the report.

    `step.on` is empty where the step is possible on several resources.
    """

    account: str
    step: PathStep
    results: tuple[Result, ...]

    @property
    def sentence(self) -> str:
        """Who takes the step, by which statement, and how many failed results have a path with it, on one line."""
        on = f" on {self.step.on}" if self.step.on and self.step.on not in self.step.to else ""
        to = "" if self.step.to == self.step.actor else f" reaches {self.step.to}"
        return (
            f"{self.step.actor}{to}: {self.step.step}{on} ({self.step.by});"
            f" {pluralize(len(self.results), 'failed result')} have a path with this step"
        )


def shared_steps(all_results: Iterable[Result]) -> tuple[SharedStep, ...]:
    """The steps on certain paths of failed results of at least `FEWEST` identities, the most used first.

    A step on several resources by the same statements counts as one: one change of the policy removes it.
    """
    steps: dict[tuple[str, ...], dict[PathStep, None]] = {}
    results: dict[tuple[str, ...], dict[Result, None]] = {}
    for result in all_results:
        for step in _certain_steps(result):
            key = (result.row.account, step.actor, step.step, step.to, step.by)
            steps.setdefault(key, {})[step] = None
            results.setdefault(key, {})[result] = None
    shared = [
        SharedStep(key[0], _merged(tuple(steps[key])), tuple(same))
        for key, same in results.items()
        if len({result.resource for result in same}) >= FEWEST
    ]
    return tuple(sorted(shared, key=lambda item: (item.account, -len(item.results))))


def _certain_steps(result: Result) -> Iterator[PathStep]:
    if result.row.outcome == "failed":
        for path in result.row.paths:
            if path.certain:
                yield from path.steps


def _merged(steps: tuple[PathStep, ...]) -> PathStep:
    first = steps[0]
    if len(steps) == 1:
        return first
    return PathStep(first.step, first.actor, first.to, "", first.by)
