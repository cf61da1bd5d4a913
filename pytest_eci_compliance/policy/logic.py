"""Three-valued truth, and the questions that leave it open.

A truth is True, False, or None: the documents or the evidence do not say. What is open is a `Question` with
all its possible answers; `settle` answers the open questions in every way and keeps only what comes out the
same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

Truth: TypeAlias = "bool | None"
T = TypeVar("T")


def any_of(truths: Iterable[Truth]) -> Truth:
    """Or: True where one is, else None where one is open, else False."""
    found: Truth = False
    for truth in truths:
        if truth:
            return True
        if truth is None:
            found = None
    return found


def all_of(truths: Iterable[Truth]) -> Truth:
    """And: False where one is, else None where one is open, else True."""
    found: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            found = None
    return found


@dataclass(frozen=True)
class Question:
    """What is open: `topic` identifies it, `answers` are all the ways it can turn out, `text` says it to
    people."""

    topic: Hashable
    text: str = field(compare=False)
    answers: tuple[object, ...] = field(default=(True, False), compare=False)


class Asked:
    """Answers questions from a set of assumed answers, and remembers those that it could not answer."""

    __slots__ = ("_answers", "open")

    def __init__(self, answers: Mapping[Question, object] | None = None) -> None:
        self._answers = answers or {}
        self.open: dict[Question, None] = {}

    def __call__(self, question: Question) -> object:
        """The assumed answer, or None where the question is open."""
        if question in self._answers:
            return self._answers[question]
        self.open.setdefault(question)
        return None

    def truth(self, question: Question) -> Truth:
        answer = self(question)
        return answer if isinstance(answer, bool) else None


def settle(judge: Callable[[Asked], T | None], limit: int = 2048) -> tuple[T | None, tuple[Question, ...]]:
    """The judgement on which every answer to the open questions agrees, or None and the questions it turns
    on.

    `judge` gives None where it turns on a question that `Asked` could not answer. More than `limit`
    judgements are not tried: the outcome then stays None.
    """
    left = [limit]
    asked = Asked()
    outcome = judge(asked)
    if outcome is not None:
        return outcome, ()
    return _agreed(judge, {}, tuple(asked.open), left), tuple(asked.open)


def _agreed(
    judge: Callable[[Asked], T | None],
    answers: Mapping[Question, object],
    still_open: tuple[Question, ...],
    left: list[int],
) -> T | None:
    if not still_open:
        return None
    question, outcomes = still_open[0], set[T]()
    for answer in question.answers:
        left[0] -= 1
        if left[0] < 0:
            return None
        assumed = {**answers, question: answer}
        asked = Asked(assumed)
        outcome = judge(asked)
        if outcome is None:
            outcome = _agreed(judge, assumed, tuple(asked.open), left)
        if outcome is None:
            return None
        outcomes.add(outcome)
        if len(outcomes) > 1:
            return None
    return outcomes.pop() if outcomes else None
