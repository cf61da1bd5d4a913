"""Readings of what the documentation leaves open: answers to some questions, any answer to all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from .three_valued import Question

Reading: TypeAlias = "Mapping[Question, object]"

_MOST_STEPS = 4096


def in_every_reading(readings: Iterable[Reading]) -> bool:
    """Whether these readings together leave no reading out; False where that would be too much to try.

    >>> a, b = Question("a", "whether a"), Question("b", "whether b")
    >>> in_every_reading([{a: True}, {a: False, b: True}]), in_every_reading([{a: True}, {a: False}])
    (False, True)
    """
    branches: list[list[Reading]] = [list(readings)]
    for steps, branch in enumerate(branches):
        if not branch or steps > _MOST_STEPS:
            return False
        if not all(branch):
            continue  # a reading of this branch answers none of the remaining questions
        question = next(iter(branch[0]))
        branches += [_where(branch, question, answer) for answer in question.answers]
    return True


def _where(readings: Iterable[Reading], question: Question, answer: object) -> list[Reading]:
    """The readings that agree with one answer, without that question."""
    return [
        {other: value for other, value in reading.items() if other != question}
        for reading in readings
        if reading.get(question, answer) == answer
    ]
