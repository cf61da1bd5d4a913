"""What an assumption about the cloud is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
