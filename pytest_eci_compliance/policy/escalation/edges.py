"""The steps of identities, computed once for all identities that take the same ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import TYPE_CHECKING, TypeAlias

from ..authorization import Call
from ..decision import Principal
from .ask import TRUTHS, Answer, Ask
from .change_edges import ChangeEdges
from .edge import Edge
from .edge_lists import EdgeList
from .instance_edges import InstanceEdges
from .new_identities import Creation, create_identity
from .opened_ways import OpenedWays
from .resources import MOVING, Way, ways
from .retagging import TAGGING
from .rights import Rights
from .states import State
from .steps import ACTING, own_edges

if TYPE_CHECKING:
    from ..public_decision import Decision

Decide: TypeAlias = "Callable[[Principal, Call], Decision]"
_CHANGING_RESOURCES = (*TAGGING, *MOVING)
"""The actions by which an identity helps others: it changes resources for them."""


class Edges:
    """The steps that states can take; identities with the same grants share them."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.rights = Rights(ask.account)
        self.instances = InstanceEdges(ask, self.rights)
        self.changes = ChangeEdges(ask)
        self.opened = OpenedWays(ask, self.rights, self.instances)
        self._own: dict[Hashable, tuple[Edge, ...]] = {}
        self._of_state: dict[tuple[State, tuple[State, ...], bool], EdgeList] = {}
        self._lists: dict[Hashable, EdgeList] = {}
        self._helpers: dict[Principal, State] = {}
        self._crews: dict[frozenset[Principal], tuple[State, ...]] = {}
        self._call_ways: dict[Hashable, tuple[Way, ...]] = {}
        self._creations: dict[Hashable, tuple[Creation, ...]] = {}

    def helping(self, state: State) -> Principal | None:
        """The grants by which a state may change resources, by the first that say the same; None where it has none."""
        if not self.rights.may(state, _CHANGING_RESOURCES):
            return None
        account = self._ask.account
        grants = account.shared(account.principal(state), _CHANGING_RESOURCES)
        self._helpers.setdefault(grants, state)
        return grants

    def as_held_by(self, state: State, decision: Decision) -> Decision:
        """A decision on a state with grants that say the same, as it is on this one."""
        account = self._ask.account
        return account.alike_grants.as_held_by(account.principal(state), decision)

    def first_helper(self, grants: Principal) -> State:
        """The first state that was seen with these grants about resources."""
        return self._helpers[grants]

    def crew(self, helpers: Collection[Principal]) -> tuple[State, ...]:
        """A state for each of these grants, in the order in which the account's first ones were seen."""
        order = frozenset(helpers)
        crew = self._crews.get(order)
        if crew is None:
            crew = self._crews[order] = tuple(
                state for grants, state in self._helpers.items() if grants in order
            )
        return crew

    def ways_to(
        self, actor: State, call: Call, crew: tuple[State, ...], decide: Decide, name: str
    ) -> tuple[Way, ...]:
        """The ways to make a call, computed once for all actors with grants about it that say the same. The caller
        keeps the call: it is remembered by its id."""
        account = self._ask.account
        actions = (*self._ask.actions_of(call), "ram:CreateResourceGroup")
        narrow = account.shared(account.principal(actor), actions)
        # The engine asks about each call by its first: it has the same id.
        key = (narrow, id(call), crew, decide)
        call_ways = self._call_ways.get(key)
        if call_ways is None:
            who = self.instances.crews.who_matter(actor, call, crew)
            if who == crew:
                call_ways = self._find_ways(actor, call, crew, decide, name)
            else:
                call_ways = self.ways_to(actor, call, who, decide, name)
            self._call_ways[key] = call_ways
        return call_ways

    def _find_ways(
        self, actor: State, call: Call, crew: tuple[State, ...], decide: Decide, name: str
    ) -> tuple[Way, ...]:
        def judge(judged_actor: State, judged: Call) -> Answer:
            decision = decide(self._ask.principal_for(judged_actor, judged), judged)
            return Answer(TRUTHS[decision.outcome], (decision,), str(judged_actor.identity))

        return tuple(ways(self._ask, actor, call, crew, name, judge))

    def of(self, state: State, crew: tuple[State, ...], *, at_best: bool) -> EdgeList:
        """The steps of a state to other identities. The crew may change resources before a step. The actor of the
        steps may be another identity that takes the same ones."""
        key = (state, crew, at_best)
        edges = self._of_state.get(key)
        if edges is None:
            edges = self._of_state[key] = self._of(state, crew, at_best=at_best)
        return edges

    def _of(self, state: State, crew: tuple[State, ...], *, at_best: bool) -> EdgeList:
        account = self._ask.account
        principal = account.principal(state)
        own_key = (account.shared(principal, ACTING), account.trusts.class_of(state.identity))
        own = self._own.get(own_key)
        if own is None:
            own = self._own[own_key] = tuple(own_edges(self._ask, state))
        number, bundles = self.instances.of(state, crew)
        list_key = (own_key, number, at_best)
        edges = self._lists.get(list_key)
        if edges is None:
            edges = self._lists[list_key] = EdgeList(own, bundles, at_best=at_best)
        return edges

    def creations(self, crew: tuple[State, ...], *, at_best: bool) -> tuple[Creation, ...]:
        """The identities that a crew can create."""
        key = (crew, at_best)
        creations = self._creations.get(key)
        if creations is None:
            creations = self._creations[key] = tuple(create_identity(self._ask, crew, at_best=at_best))
        return creations
