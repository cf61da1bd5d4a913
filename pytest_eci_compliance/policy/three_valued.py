"""Three-valued truth, and the questions that leave it open.

A truth is True, False, or None: the documents or the evidence do not say. What is open is a `Question` with
all its possible answers; `settle` answers the open questions in every way and keeps only what comes out the
same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from ..inventory.facts import Unreadable

Truth: TypeAlias = "bool | None"
T = TypeVar("T")
Open = TypeVar("Open", None, Unreadable)


def negation(truth: Truth) -> Truth:
    """Not: unknown stays unknown."""
    return None if truth is None else not truth


def any_of(truths: Iterable[bool | Open]) -> bool | Open:
    """Or: True where one is, else the first that is open, else False.

    Open is what is neither True nor False: None, or a value that says why it is open.
    """
    outcome: bool | Open = False
    for truth in truths:
        if truth is True:
            return True
        if outcome is False:
            outcome = truth
    return outcome


def all_of(truths: Iterable[bool | Open]) -> bool | Open:
    """And: False where one is, else the first that is open, else True."""
    outcome: bool | Open = True
    for truth in truths:
        if truth is False:
            return False
        if outcome is True:
            outcome = truth
    return outcome


@dataclass(frozen=True)
class Question:
    """What is open: `topic` identifies it, `answers` are all the ways it can turn out, `text` says it to
    people. `assumption` is the id of the assumption that settles it, empty where none does."""

    topic: Hashable
    text: str = field(compare=False)
    answers: tuple[object, ...] = field(default=(True, False), compare=False)
    assumption: str = field(default="", compare=False)


def how_to_settle(*ids: str) -> str:
    """How the owner of the account settles open questions, as the end of a message; empty where nothing does.

    >>> how_to_settle("", "pass-role-ignores-case")
    '; settle it with `assumptions: {pass-role-ignores-case: true or false}`'
    """
    settings = ", ".join(f"{id_}: true or false" for id_ in dict.fromkeys(ids) if id_)
    return f"; settle it with `assumptions: {{{settings}}}`" if settings else ""


class Assumptions:
    """Answers questions from a set of assumed answers, and remembers those that it could not answer.

    `settled` are the assumptions, by id, that the owner of the account has settled.
    """

    __slots__ = ("_answers", "_settled", "open")

    def __init__(
        self,
        answers: Mapping[Question, object] | None = None,
        settled: Mapping[str, bool] | None = None,
    ) -> None:
        self._answers = answers or {}
        self._settled = settled or {}
        self.open: dict[Question, None] = {}

    @property
    def assumes(self) -> bool:
        """Whether any answer is assumed."""
        return bool(self._answers)

    def __call__(self, question: Question) -> object:
        """The assumed answer, or None where the question is open."""
        if question.assumption in self._settled:
            return self._settled[question.assumption]
        if question in self._answers:
            return self._answers[question]
        self.open.setdefault(question)
        return None

    def lookup(self, question: Question) -> Truth:
        answer = self(question)
        return answer if isinstance(answer, bool) else None


def resolve(
    judge: Callable[[Assumptions], T | None],
    limit: int = 2048,
    settled: Mapping[str, bool] | None = None,
) -> tuple[T | None, tuple[Question, ...]]:
    """The judgement on which every answer to the open questions agrees, or None and the questions it turns
    on.

    `judge` gives None where it turns on a question that `Assumptions` could not answer. More than `limit`
    judgements are not tried: the outcome then stays None.
    """
    assumptions = Assumptions(settled=settled)
    outcome = judge(assumptions)
    if outcome is not None:
        return outcome, ()
    return _Settling(judge, limit, settled).agreed({}, tuple(assumptions.open))[0], tuple(assumptions.open)


_FEW = 4


class _Settling(Generic[T]):
    """Tries the answers to open questions, one question after the other.

    An outcome that does not turn on the answer to a question need not be tried for its other answers: which answers
    it turns on is found by leaving them out one by one. Otherwise twelve questions, each of no matter, would take
    4,096 judgements.
    """

    def __init__(
        self, judge: Callable[[Assumptions], T | None], limit: int, settled: Mapping[str, bool] | None
    ) -> None:
        self._judge = judge
        self._settled = settled
        self._left = limit

    def agreed(
        self, answers: Mapping[Question, object], still_open: tuple[Question, ...]
    ) -> tuple[T | None, frozenset[Question]]:
        """The outcome that all answers agree on, and the assumed questions that it turns on; None where they do
        not agree, or where that is too much to try."""
        if not still_open:
            return None, frozenset()
        question, outcomes, needed = still_open[0], set[T](), frozenset[Question]()
        for answer in question.answers:
            outcome, turns_on = self._with({**answers, question: answer})
            if outcome is None:
                return None, frozenset()
            outcomes.add(outcome)
            needed |= turns_on
            if len(outcomes) > 1:
                return None, frozenset()
            if question not in turns_on:
                break
        return (outcomes.pop() if outcomes else None), needed - {question}

    def _with(self, assumed: Mapping[Question, object]) -> tuple[T | None, frozenset[Question]]:
        assumptions = Assumptions(assumed, self._settled)
        outcome = self._tried(assumptions)
        if outcome is None:
            return self.agreed(assumed, tuple(assumptions.open)) if self._left >= 0 else (None, frozenset())
        return outcome, self._needed(assumed, outcome)

    def _needed(self, assumed: Mapping[Question, object], outcome: T) -> frozenset[Question]:
        """The assumed questions without whose answers the outcome would not be decided."""
        if len(assumed) < _FEW:
            return frozenset(assumed)
        needed = dict(assumed)
        for question in assumed:
            without = {other: answer for other, answer in needed.items() if other != question}
            if self._tried(Assumptions(without, self._settled)) == outcome:
                needed = without
        return frozenset(needed)

    def _tried(self, assumptions: Assumptions) -> T | None:
        self._left -= 1
        return None if self._left < 0 else self._judge(assumptions)
