"""One edge: an identity that another one comes to act as, and the steps to it."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from ..three_valued import Truth
from .ask import Answer
from .model import PASSING, Identity, Step, StepName
from .states import State


class Edge(NamedTuple):
    """An identity that an actor comes to act as, and the steps to it."""

    target: Identity
    steps: tuple[Step, ...]

    @property
    def certain(self) -> bool:
        return all(step.certain for step in self.steps)

    @property
    def passes_role(self) -> bool:
        """Whether it passes a role to a service."""
        return self.steps[-1].step in PASSING


def role(name: str) -> Identity:
    return Identity("role", name)


def user(name: str) -> Identity:
    return Identity("user", name)


def edge(
    step: StepName,
    actor: State,
    target: Identity,
    answer: Answer,
    on: str = "",
    truth: Truth = True,
    doubt: str = "",
) -> Edge:
    """The edge of one step; `truth` is whether, the calls apart, it does what it is taken for."""
    certain = answer.truth is True and truth is True
    return Edge(
        target,
        (
            Step(
                step, str(actor.identity), str(target), on, certain, answer.decisions, "" if truth else doubt
            ),
        ),
    )


def join_steps(actor: Identity, member: Identity, group: str) -> Step:
    """The step by which an identity that may do everything adds a user to a group."""
    return Step("join-group", str(actor), f"group/{group}", f"{member} to group {group}")


def taken_by(step: Step, actor: str) -> Step:
    """The step, taken by another identity."""
    return step if step.actor == actor else replace(step, actor=actor)
