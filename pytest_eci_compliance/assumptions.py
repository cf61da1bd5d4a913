"""What the plugin assumes about Alibaba Cloud, as data: one row per assumption.

A verdict rests on the evidence and on how the cloud behaves. Where public documents say how it behaves, the row
names them. Where they do not, the row says what the plugin takes for granted, and what turns on it. An owner who
knows better settles an open question of the evaluator under `assumptions` in the configuration.

The rows themselves are in `assumption_rows` and `assumption_questions`: this module imports nothing but them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias, get_args

Basis: TypeAlias = Literal["documented", "seen", "inferred", "unknown"]
"""The public evidence for an assumption: a document; observed answers; an inference from documents; none."""

BASES: Mapping[Basis, str] = {
    "documented": "a document of Alibaba Cloud says so",
    "seen": "public code or tests that run against the real cloud show it",
    "inferred": "it follows from documents, none of which says it",
    "unknown": "no public evidence was found",
}


@dataclass(frozen=True)
class Assumption:
    """One assumption about the cloud.

    `statement` is the sentence that is assumed; for an open question it is the reading that `true` settles on.
    `turns_on_it` names what is decided by it. `owner_may_settle` marks an open question of the evaluator: it is
    undecidable until the configuration settles it. `calls` are the API calls, as `service:Action`, whose answers it is
    about, `checks` are ids of checks that rest on it whatever they call.
    `has_fallback` marks an assumption that the plugin does not rely on where an account contradicts it: it reads in
    another way, or leaves undecided what turns on it.
    """

    id: str
    statement: str
    evidence: Basis
    source: str
    turns_on_it: str
    owner_may_settle: bool = False
    has_fallback: bool = False
    calls: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.evidence not in get_args(Basis):
            raise ValueError(f"{self.id}: {self.evidence!r} is not a kind of evidence")


@lru_cache(maxsize=1)
def assumptions() -> tuple[Assumption, ...]:
    """Every assumption, the open questions of the evaluator last, otherwise in the order of the rows."""
    from .assumption_questions import EVALUATOR  # noqa: PLC0415 - the rows import this module
    from .assumption_rows import READING  # noqa: PLC0415

    return (*READING, *EVALUATOR)


@lru_cache(maxsize=1)
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
