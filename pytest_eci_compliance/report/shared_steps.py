"""Escalation steps that several failed results share: one permission, with the results that use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..language import ENGLISH, Translator
from ..results import PathStep, Result

FEWEST = 3
"""A step that the results of fewer identities use is described by their results alone."""
MOST_SHARED_STEPS = 3
"""The number of steps that a summary shows."""


@dataclass(frozen=True)
class SharedStep:
    """A step of escalation and the failed results of one account of which a path uses it, in the order of the report.

    `step.on` is empty where the step is possible on several resources.
    """

    account: str
    step: PathStep
    results: tuple[Result, ...]

    def sentence(self, translator: Translator = ENGLISH) -> str:
        """Who takes the step, by which statement, and how many failed results have a path with it, on one line."""
        results = translator.plural(
            len(self.results),
            "{number} failed result has a path with this step",
            "{number} failed results have a path with this step",
        )
        return translator.text("{step}; {results}", step=self._step(translator), results=results)

    def _step(self, translator: Translator) -> str:
        actor, to, by = self.step.actor, self.step.to, translator.row(self.step.by)
        on = self.step.on if self.step.on and self.step.on not in to else ""
        step = (
            translator.text("{step} on {resource}", step=self.step.step, resource=on)
            if on
            else self.step.step
        )
        if to == actor:
            return translator.text("{actor}: {step} ({statements})", actor=actor, step=step, statements=by)
        return translator.text(
            "{actor} reaches {to}: {step} ({statements})", actor=actor, to=to, step=step, statements=by
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
