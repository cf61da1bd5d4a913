"""The steps of identities, computed once for all identities that take the same ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from ..authorization import Call
from ..decision import Principal
from .ask import TRUTHS, Answer, Ask
from .edge import Edge, taken_by
from .edge_lists import EdgeList, best_by_target
from .instance_edges import InstanceEdges
from .instance_steps import (
    INTO,
    PUSH,
    RESTART,
    unread_instances,
)
from .move import Move
from .moves import CHANGES
from .new_identities import Creation, create_identity
from .renames import RENAME, by_new_name
from .resources import MOVING, Way, ways
from .retagging import TAGGING
from .rights import Rights
from .states import State
from .steps import ACTING, own_edges, update_trust

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
        self._own: dict[Hashable, tuple[Edge, ...]] = {}
        self._lists: dict[Hashable, EdgeList] = {}
        self._helpers: dict[Principal, State] = {}
        self._crews: dict[frozenset[Principal], tuple[State, ...]] = {}
        self._call_ways: dict[Hashable, tuple[Way, ...]] = {}
        self._trusts: dict[Hashable, tuple[Edge, ...]] = {}
        self._renames: dict[Hashable, tuple[Edge, ...]] = {}
        self._moves: dict[State, dict[State, tuple[Move, ...]]] = {}
        self._shared_moves: dict[Hashable, tuple[Move, ...]] = {}
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

            def judge(judged_actor: State, judged: Call) -> Answer:
                decision = decide(self._ask.principal_for(judged_actor, judged), judged)
                return Answer(TRUTHS[decision.outcome], (decision,), str(judged_actor.identity))

            call_ways = self._call_ways[key] = tuple(ways(self._ask, actor, call, crew, name, judge))
        return call_ways

    def of(self, state: State, crew: Sequence[State], *, at_best: bool) -> EdgeList:
        """The steps of a state to other identities. The crew may change resources before a step. The actor of the
        steps may be another identity that takes the same ones."""
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

    def trusts(self, updater: State, assumer: State) -> tuple[Edge, ...]:
        """The roles that one identity gives a new trust and another one assumes."""
        account = self._ask.account
        key = (
            updater.identity,
            account.narrowed(account.principal(updater), ("ram:UpdateRole",)),
            account.narrowed(account.principal(assumer), ACTING),
        )
        edges = self._trusts.get(key)
        if edges is None:
            edges = self._trusts[key] = best_by_target(update_trust(self._ask, updater, assumer))
        return edges

    def renames(self, opener: State, actor: State) -> tuple[Edge, ...]:
        """What one identity opens to another one, or to itself, by renaming users."""
        if not self.rights.may(opener, (RENAME,)):
            return ()
        account = self._ask.account
        key = (
            opener.identity,
            actor.identity,
            account.narrowed(account.principal(opener), (RENAME, "ram:DeleteUser")),
            account.narrowed(account.principal(actor), ACTING),
        )
        edges = self._renames.get(key)
        if edges is None:
            edges = self._renames[key] = best_by_target(by_new_name(self._ask, opener, actor))
        return edges

    def restarts(self, pusher: State, actor: State, crew: tuple[State, ...]) -> tuple[Edge, ...]:
        """The roles that an identity comes to act as when it restarts instances whose image another one has pushed."""
        if (
            pusher.identity == actor.identity
            or not self.rights.may(pusher, (PUSH,))
            or not self.rights.may(actor, (RESTART,))
        ):
            return ()
        if (
            self._ask.call(pusher, Call(PUSH)).truth is False
            or self._ask.call(actor, Call(PUSH)).truth is True
        ):
            return ()
        edges = list(unread_instances(self._ask, actor, pushed=True))
        number = next(number for number, into in enumerate(INTO) if into.action == RESTART)
        for target, call in self.instances.calls(RESTART):
            open_ways = self.instances.ways_to(actor, call, crew)
            if open_ways:
                bundle = self.instances.bundle(actor, number, target, open_ways)
                edges += [bundle.edge_to(role).edge for role in sorted(bundle.targets)]
        return best_by_target(edges)

    def moves(self, actor: State, gainer: State) -> tuple[Move, ...]:
        """The changes of one identity that another one can make."""
        known = self.known_moves(actor)
        moves = known.get(gainer)
        if moves is None:
            moves = known[gainer] = tuple(self._all_moves(actor, gainer))
        return moves

    def known_moves(self, actor: State) -> dict[State, tuple[Move, ...]]:
        """The changes that an actor can make, for the identities that were asked about so far."""
        known = self._moves.get(actor)
        if known is None:
            known = self._moves[actor] = {}
        return known

    def _all_moves(self, actor: State, gainer: State) -> Iterator[Move]:
        account = self._ask.account
        principal = account.principal(actor)
        for change in CHANGES:
            if gainer.identity.new and not change.of_new:
                continue
            narrow = account.narrowed(principal, change.actions)
            if not (narrow.grants or narrow.gaps):
                continue
            key = (change, narrow, gainer.identity, change.view(gainer))
            shared = self._shared_moves.get(key)
            if shared is None:
                shared = self._shared_moves[key] = tuple(change.take(self._ask, actor, gainer))
            for move in shared:
                # Identities with the same grants share the moves: the step names the first of them.
                step = taken_by(move.step, str(actor.identity))
                yield move if step is move.step else replace(move, step=step)

    def creations(self, crew: tuple[State, ...], *, at_best: bool) -> tuple[Creation, ...]:
        """The identities that a crew can create."""
        key = (crew, at_best)
        creations = self._creations.get(key)
        if creations is None:
            creations = self._creations[key] = tuple(create_identity(self._ask, crew, at_best=at_best))
        return creations
