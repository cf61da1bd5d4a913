"""What an identity reaches, and how: identities, steps, paths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from ..public_decision import Decision

StepName: TypeAlias = Literal[
    "assume-role",
    "create-access-key",
    "set-login-profile",
    "exec-in-instance",
    "update-instance",
    "create-instance",
    "run-elsewhere",
    "update-trust",
    "attach-policy",
    "rewrite-policy",
    "switch-policy-version",
    "join-group",
    "create-identity",
    "lift-deny",
    "tag-resource",
    "move-resource",
]
ANY_PERMISSION = "any-permission"
"""What an identity reaches that can give itself every permission."""


ON_GROUP = " on resource group "
"""Stands between a policy that is rewritten and the resource groups that it is attached on, where it is attached on
nothing else."""


ANY_INSTANCE = "an instance"
"""What a step needs that is taken in an instance which could not be read."""


PASSING = frozenset({"create-instance", "run-elsewhere"})
"""The steps that pass a role to a service: the only ones that intended roles to pass cover."""


GRANTS = " with "
"""Stands between the name of a new identity and what it is given, where closures tell new identities apart."""


class Identity(NamedTuple):
    """A RAM user or role. `new` marks one that does not exist: a step creates it."""

    kind: Literal["user", "role"]
    name: str
    new: bool = False

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def plain_name(self) -> str:
        """Its name, without the grants that closures tell new identities apart by."""
        return self.name.partition(GRANTS)[0]


@dataclass(frozen=True)
class Step:
    """One step: `actor` takes it, `to` is what it reaches (the actor itself where it reaches no identity), `on` the
    resource or attachment that it needs. `decisions` are the calls that it makes. `certain` is False where one of
    them, or what the step does, is undecidable; `doubt` says what, apart from the calls."""

    step: StepName
    actor: str
    to: str
    on: str = ""
    certain: bool = True
    decisions: tuple[Decision, ...] = field(default=(), compare=False, repr=False)
    doubt: str = ""

    @property
    def by(self) -> str:
        """The statements that allow the calls of the step, or why they are undecidable."""
        parts = [_by(decision) for decision in self.decisions]
        return "; ".join(dict.fromkeys([*parts, *([self.doubt] if self.doubt else [])]))

    def as_data(self) -> dict[str, Any]:
        """The step as the JSON report shows it."""
        return {"step": self.step, "from": self.actor, "to": self.to, "on": self.on, "by": self.by}

    def __str__(self) -> str:
        on = f" {self.on}" if self.on else ""
        return f"{self.step}{on} ({self.by})"


def _by(decision: Decision) -> str:
    if decision.policy is None:
        return decision.why
    scope = "" if decision.scope is None else f" on resource group {decision.scope}"
    return f"statement {decision.statement} of {decision.policy}, held {decision.path}{scope}"


@dataclass(frozen=True)
class Path:
    """A chain of steps to what is reached: a role, a user, a group, a policy or any permission.

    `works` is False where each step may be certain, and it is not shown that they can be taken one after the other.
    `doubt` stands for steps that were not followed: it says why. `only_on_group` marks a path that works and gives any
    permission of ECI on a resource group: what else it gives there is not documented.
    """

    reaches: str
    steps: tuple[Step, ...] = ()
    works: bool = True
    doubt: str = ""
    only_on_group: bool = False

    @property
    def certain(self) -> bool:
        """Whether every step is certain, and the chain works."""
        return self.works and all(step.certain for step in self.steps)

    def as_data(self) -> dict[str, Any]:
        """The path as the JSON report shows it."""
        return {
            "reaches": self.reaches,
            "certain": self.certain,
            "steps": [step.as_data() for step in self.steps],
        }

    def __str__(self) -> str:
        """The steps in words, as messages show them."""
        if not self.steps:
            return self.doubt
        return " → ".join(f"{step} → {_effect(step)}" for step in self.steps)


def _effect(step: Step) -> str:
    kind, slash, name = step.to.partition("/")
    if step.step == "lift-deny":
        return "lifts its Deny"
    if step.step == "tag-resource":
        return "changes its tags"
    if step.step == "update-trust" and step.to == step.actor:
        return "changes its trust policy"
    if step.step == "move-resource":
        return "moves it to another resource group"
    if not slash:
        return "has any ECI permission there" if ON_GROUP in step.on else "has any permission"
    if kind in ("role", "user"):
        return f"acts as {kind} {name}"
    return f"is in group {name}" if kind == "group" else f"holds {name}"


@dataclass(frozen=True)
class Reached:
    """One thing that an identity reaches: `role/NAME`, `user/NAME`, `group/NAME`, `policy/NAME`,
    `policy/Custom/NAME` or `any-permission`, with the shortest paths to it."""

    name: str
    paths: tuple[Path, ...]

    @property
    def certain(self) -> bool:
        """Whether a chain of certain steps leads to it."""
        return any(path.certain for path in self.paths)


Outcome: TypeAlias = Literal["yes", "no", "undecidable"]


@dataclass(frozen=True)
class Reach:
    """Whether an identity can make a call in the end; `paths` lead to identities that can, shortest first.

    A path without steps stands for what the identity holds itself. `decisions` are those on the call at the end of
    each path.
    """

    outcome: Outcome
    paths: tuple[Path, ...] = ()
    decisions: tuple[Decision, ...] = ()


def merged(*paths: Iterable[Step]) -> tuple[Step, ...]:
    """Chains of steps as one chain: each step once, in order."""
    return tuple(dict.fromkeys(step for path in paths for step in path))
