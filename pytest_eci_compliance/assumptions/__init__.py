"""What the plugin assumes about Alibaba Cloud, as data: one row per assumption.

A verdict rests on the evidence and on how the cloud behaves. Where public documents say how it behaves, the row
names them. Where they do not, the row says what the plugin takes for granted, and what turns on it. An owner who
knows better settles an open question of the evaluator under `assumptions` in the configuration.

The rows about how the account is read are in `reading.py`, the open questions of the evaluator in `questions.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .model import BASES, Assumption, Basis
from .questions import EVALUATOR
from .reading import READING

__all__ = [
    "BASES",
    "Assumption",
    "Basis",
    "assumptions",
    "by_id",
    "that_owners_settle",
    "that_support",
]


def assumptions() -> tuple[Assumption, ...]:
    """Every assumption, the open questions of the evaluator last, otherwise in the order of the rows."""
    return (*READING, *EVALUATOR)


def by_id() -> Mapping[str, Assumption]:
    """Every assumption by its id."""
    return {assumption.id: assumption for assumption in assumptions()}


def that_owners_settle() -> tuple[Assumption, ...]:
    """The open questions of the evaluator, which `assumptions` in the configuration may settle."""
    return tuple(assumption for assumption in assumptions() if assumption.owner_may_settle)


def that_support(check_id: str, calls: Iterable[str]) -> tuple[Assumption, ...]:
    """The assumptions that a decided row of a check rests on, given the calls that the check rests on."""
    read = frozenset(calls)
    return tuple(
        assumption
        for assumption in assumptions()
        if check_id in assumption.checks or not read.isdisjoint(assumption.calls)
    )
