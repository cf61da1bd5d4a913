"""What the owner of an account tells the evaluator beyond the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .document import parse
from .held_policies import HeldPolicy

ControlPolicies: TypeAlias = "tuple[tuple[str, str], ...] | Literal['unknown'] | None"
"""The documents of the control policies that bind an account, as pairs of a name and JSON text; `unknown` where it is
not known which do; None where none is assumed to."""


@dataclass(frozen=True)
class Settings:
    """`settled` are the open questions, by the id of the assumption, that are settled, and `control_policies` the
    ceiling of what RAM may allow."""

    settled: tuple[tuple[str, bool], ...] = ()
    control_policies: ControlPolicies = None

    @property
    def answers(self) -> Mapping[str, bool]:
        """The settled questions by id."""
        return dict(self.settled)

    def ceiling(self) -> tuple[HeldPolicy, ...] | Literal["unknown"] | None:
        """The control policies as the evaluator takes them. No document at all binds nobody."""
        if self.control_policies is None or self.control_policies == "unknown":
            return self.control_policies
        policies = tuple(
            HeldPolicy(f"control policy {name}", parse(text), path="by the resource directory")
            for name, text in self.control_policies
        )
        return policies or None
