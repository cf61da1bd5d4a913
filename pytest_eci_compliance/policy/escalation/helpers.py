"""The members of a closure that can change resources for the others: one for each set of grants about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..decision import Principal
from .edges import Edges
from .model import Identity, Step
from .states import State
from .steps import taken_by

if TYPE_CHECKING:
    from .graph import Member

_CHANGES = frozenset({"tag-resource", "move-resource"})


@dataclass
class Helpers:
    """Helpers with the same grants share the steps that they make possible.

    `crew` names them by the first identity of the account that was seen with these grants; `steps` puts the members
    of the closure in their place.
    """

    edges: Edges
    _members: dict[Principal, Identity] = field(default_factory=dict)

    def add(self, state: State) -> bool:
        """Count a state; returns whether it is a helper with grants that no other one has."""
        grants = self.edges.helping(state)
        if grants is None or grants in self._members:
            return False
        self._members[grants] = state.identity
        return True

    def after(self, state: State, members: Mapping[Identity, Member]) -> Helpers:
        """The helpers after one of the members came into another state."""
        helpers = Helpers(self.edges, dict(self._members))
        if state.identity in self._members.values():
            # It may have lost the grants by which it helped: who else has them?
            helpers = Helpers(self.edges)
            for member in members.values():
                helpers.add(member.now)
        helpers.add(state)
        return helpers

    @property
    def crew(self) -> tuple[State, ...]:
        """A state for each helper, in an order that is the same in all closures."""
        return self.edges.crew(self._members)

    def steps(self, steps: tuple[Step, ...], actor: Identity) -> tuple[Step, ...]:
        """Shared steps, taken by members: the helpers take theirs, `actor` all others."""
        if not any(step.step in _CHANGES for step in steps):
            return tuple(taken_by(step, str(actor)) for step in steps)
        names = {
            str(self.edges.first_helper(grants).identity): str(member)
            for grants, member in self._members.items()
        }
        return tuple(_taken_by(step, names, str(actor)) for step in steps)


def _taken_by(step: Step, helpers: dict[str, str], actor: str) -> Step:
    changes_resource = step.step in _CHANGES
    name = helpers.get(step.actor, actor) if changes_resource else actor
    # Such a step stays at its actor. Another one may reach the identity that was the first to take it.
    to = name if changes_resource else step.to
    return step if (name, to) == (step.actor, step.to) else replace(step, actor=name, to=to)
