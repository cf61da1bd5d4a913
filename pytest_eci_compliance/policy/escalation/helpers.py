"""The members of a closure that can change resources for the others: one for each set of grants about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ..decision import Principal
from .edges import Edges
from .model import Identity, Step
from .states import State

if TYPE_CHECKING:
    from .members import Member

CHANGING_RESOURCES = frozenset({"tag-resource", "move-resource"})
"""The steps that a helper takes for another member."""


class Helper(NamedTuple):
    """A member that can change resources, with the state in which it can."""

    identity: Identity
    state: State


@dataclass
class Helpers:
    """Helpers with grants that say the same share the steps that they make possible.

    `crew` names them by the first identity of the account that was seen with these grants; `steps` puts the members
    of the closure in their place.
    """

    edges: Edges
    _members: dict[Principal, Helper] = field(default_factory=dict)

    def add(self, state: State) -> bool:
        """Count a state; returns whether it is a helper with grants that no other one has."""
        helping = self.edges.helping(state)
        if helping is None or helping in self._members:
            return False
        self._members[helping] = Helper(state.identity, state)
        return True

    def after(self, state: State, members: Mapping[Identity, Member]) -> Helpers:
        """The helpers after one of the members came into another state."""
        helpers = Helpers(self.edges, dict(self._members))
        if any(helper.identity == state.identity for helper in self._members.values()):
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

    def steps(self, steps: tuple[Step, ...], actor: State) -> tuple[Step, ...]:
        """Shared steps, taken by members: the helpers take theirs, `actor` all others."""
        helpers: dict[str, State] = {}
        if any(step.step in CHANGING_RESOURCES for step in steps):
            helpers = {
                str(self.edges.first_helper(grants).identity): helper.state
                for grants, helper in self._members.items()
            }
        return tuple(self._taken_by(step, helpers, actor) for step in steps)

    def _taken_by(self, step: Step, helpers: Mapping[str, State], actor: State) -> Step:
        changes_resource = step.step in CHANGING_RESOURCES
        state = helpers.get(step.actor, actor) if changes_resource else actor
        name = str(state.identity)
        # Such a step stays at its actor. Another one may reach the identity that was the first to take it.
        to = name if changes_resource else step.to
        if (name, to) == (step.actor, step.to):
            return step
        decisions = tuple(self.edges.as_held_by(state, decision) for decision in step.decisions)
        return Step(step.step, name, to, step.on, step.certain, decisions, step.doubt)
