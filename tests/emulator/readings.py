"""How the emulated cloud behaves where Alibaba's documents are silent.

The code of the emulator asks a `Readings` object each such question. A question is a text; its outcomes are what
the call would come to under each reading of the documents. An object of these classes picks one outcome:

- `Simplest`: the plain emulator. One fixed, simple reading.
- `Favourable(True)`: every question is answered for the caller. What fails here fails under every reading.
- `Favourable(False)`: every question is answered against the caller. What works here works under every reading.
- `Consistent`: each question gets one answer for the whole run, the one that is good (or bad) for the caller where
  it is first asked. That is one possible reading of the documents.
- `Chosen`: each question has one answer for the whole run; `combinations` goes through all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

DENY_ON_GROUP_WINS = "a Deny on a resource group wins over an Allow on the account"
NEGATED_ON_MISSING_KEY = "a negated operator matches a missing key"
NEGATED_ON_SOME_VALUES = "a negated operator matches where some of several values match"
RAM_GRANT_ON_GROUP = "a grant on a resource group counts for services without resource groups"
ARN_REGION = "a concrete region in a RAM ARN matches"
ROLE_NAME_CASE = "role names match in another case"
NEW_OBJECT_ARN = "creating is authorised on the name of the new object"
MANAGER_PRINCIPAL_ARN = "the ARN of the principal in ResourceManager's AttachPolicy"
PASS_ROLE_ON_UPDATE = "UpdateContainerGroup checks ram:PassRole on the role of the instance"
EXEC_BEFORE_RUNNING = "a command runs in an instance that is live but not Running"
RUN_COMMAND = "eci:RunCommand runs a command in a container"
CONSOLE_LOGIN = "a console login with a new password succeeds"
MOVE_RESOURCE = "a resource moves to another resource group"
TAG_SERVICE = "the Tag service changes tags of ECI resources"
OTHER_SERVICE = "another service runs code under a passed role"

_HOLDS_IN_SIMPLEST = (DENY_ON_GROUP_WINS, "trust")


class Readings(Protocol):
    """Picks one outcome of a silent question."""

    def choose(self, question: str, outcomes: Sequence[bool], helps: bool) -> bool:
        """Return one of `outcomes`; `helps` is the outcome that is good for the caller."""


def settle(readings: Readings, question: str, helps: bool) -> bool:
    """Whether the sentence `question` is true; `helps` is the answer that is good for the caller."""
    return readings.choose(question, (False, True), helps)


def agree(readings: Readings, question: str, outcomes: Sequence[bool]) -> bool:
    """The common outcome of all readings, or the one that `readings` picks where they differ."""
    return outcomes[0] if len(set(outcomes)) == 1 else readings.choose(question, outcomes, helps=True)


@dataclass(frozen=True)
class Simplest:
    """The emulator as a plain stand-in: unknown conditions do not match, an explicit Deny wins."""

    def choose(self, question: str, outcomes: Sequence[bool], helps: bool) -> bool:
        return outcomes[-1] if question.startswith(_HOLDS_IN_SIMPLEST) else outcomes[0]


@dataclass(frozen=True)
class Favourable:
    """Every question is answered for the caller, or every question against the caller."""

    caller: bool

    def choose(self, question: str, outcomes: Sequence[bool], helps: bool) -> bool:
        wanted = helps is self.caller
        return wanted if wanted in outcomes else outcomes[0]


@dataclass
class Consistent:
    """Each question is answered once, for or against the caller who asks it first, and stays answered so."""

    caller: bool
    answers: dict[str, int] = field(default_factory=dict)

    def choose(self, question: str, outcomes: Sequence[bool], helps: bool) -> bool:
        wanted = helps is self.caller
        index = outcomes.index(wanted) if wanted in outcomes else 0
        return outcomes[self.answers.setdefault(question, index)]


@dataclass
class Chosen:
    """One answer per question for a whole run. `asked` lists the questions met, with their number of outcomes."""

    answers: Mapping[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def choose(self, question: str, outcomes: Sequence[bool], helps: bool) -> bool:
        self.asked[question] = max(len(outcomes), self.asked.get(question, 0))
        return outcomes[self.answers.get(question, 0)]


class TooManyReadingsError(Exception):
    """More combinations of readings than the limit."""


def combinations(run: Callable[[Chosen], object], limit: int) -> Iterator[object]:
    """The results of `run` under every combination of answers to the questions that it really asks.

    Raises `TooManyReadingsError` after `limit` runs.
    """
    pending: list[dict[str, int]] = [{}]
    runs = 0
    while pending:
        answers = pending.pop()
        runs += 1
        if runs > limit:
            raise TooManyReadingsError(f"more than {limit} combinations of readings")
        readings = Chosen(answers)
        result = run(readings)
        question = next((text for text in readings.asked if text not in answers), None)
        if question is None:
            yield result
        else:
            pending += [{**answers, question: index} for index in range(readings.asked[question])]
