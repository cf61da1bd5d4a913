"""The steps of identities, computed once for all identities that take the same ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from ..authorization import Call, Target
from ..decision import Principal
from .ask import TRUTHS, Answer, Ask
from .edge import Edge, taken_by
from .edge_lists import Bundle, EdgeList, RankedEdge, best_by_target
from .instance_steps import (
    INTO,
    PUSH,
    RESTART,
    IntoClass,
    needs_passing,
    open_actions,
    unread_instances,
    update_config_map,
)
from .move import Move
from .moves import CHANGES
from .new_identities import Creation, create_identity
from .renames import RENAME, by_new_name
from .resources import MOVING, Way, turns_on_changes, ways
from .retagging import TAGGING, could_retag
from .states import State
from .steps import ACTING, CONFIG_MAP, own_edges, update_trust

if TYPE_CHECKING:
    from ..public_decision import Decision

Decide: TypeAlias = "Callable[[Principal, Call], Decision]"
INTO_INSTANCES = (
    "eci:ExecContainerCommand",
    "eci:RunCommand",
    "eci:UpdateContainerGroup",
    "eci:UpdateContainerGroupByTemplate",
    "eci:RestartContainerGroup",
    CONFIG_MAP,
    "ram:CreateResourceGroup",
)

NO_BUNDLES: tuple[Bundle, ...] = ()

_CHANGING_RESOURCES = (*TAGGING, *MOVING)
"""The actions by which an identity helps others: it changes resources for them."""


class Edges:
    """The steps that states can take; identities with the same grants share them."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._own: dict[Hashable, tuple[Edge, ...]] = {}
        self._turning: dict[Principal, bool] = {}
        self._opened: dict[Hashable, tuple[int, tuple[Bundle, ...]]] = {}
        self._bundles: dict[Hashable, Bundle] = {}
        self._openable: dict[tuple[Principal, int], bool] = {}
        self._calls_into: dict[str, tuple[tuple[Target, Call], ...]] = {}
        self._into: dict[Hashable, tuple[int, tuple[Bundle, ...]]] = {}
        self._lists: dict[Hashable, EdgeList] = {}
        self._may: dict[tuple[Principal, tuple[str, ...]], bool] = {}
        self._helpers: dict[Principal, State] = {}
        self._crews: dict[frozenset[Principal], tuple[State, ...]] = {}
        self._changeable: dict[tuple[tuple[State, ...], int], bool] = {}
        self._call_ways: dict[Hashable, tuple[Way, ...]] = {}
        self._everything: dict[tuple[Principal, bool], bool] = {}
        self._trusts: dict[Hashable, tuple[Edge, ...]] = {}
        self._renames: dict[Hashable, tuple[Edge, ...]] = {}
        self._known_ways: dict[Hashable, tuple[Way, ...]] = {}
        self._moves: dict[State, dict[State, tuple[Move, ...]]] = {}
        self._shared_moves: dict[Hashable, tuple[Move, ...]] = {}
        self._creations: dict[Hashable, tuple[Creation, ...]] = {}

    def may(self, state: State, actions: tuple[str, ...]) -> bool:
        """Whether a state may be allowed one of these actions at all."""
        principal = self._ask.account.principal(state)
        key = (principal, actions)
        may = self._may.get(key)
        if may is None:
            may = self._may[key] = any(principal.may_allow(action) for action in actions)
        return may

    def has_everything(self, state: State, *, at_best: bool) -> bool:
        """Whether a state allows everything, and denies nothing; at best, whether it may."""
        principal = self._ask.account.principal(state)
        key = (principal, at_best)
        everything = self._everything.get(key)
        if everything is None:
            everything = self._everything[key] = _has_everything(principal, at_best=at_best)
        return everything

    def helping(self, state: State) -> Principal | None:
        """The grants by which a state may change resources, by the first that say the same; None where it has none."""
        if not self.may(state, _CHANGING_RESOURCES):
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
        narrow = account.shared(account.principal(actor), (call.action, "ram:CreateResourceGroup"))
        # The engine asks about each call by its first: it has the same id.
        key = (narrow, id(call), crew, decide)
        found = self._call_ways.get(key)
        if found is None:

            def judge(judged_actor: State, judged: Call) -> Answer:
                decision = decide(self._ask.principal_for(judged_actor, judged), judged)
                return Answer(TRUTHS[decision.outcome], (decision,), str(judged_actor.identity))

            found = self._call_ways[key] = tuple(ways(self._ask, actor, call, crew, name, judge))
        return found

    def of(self, state: State, crew: Sequence[State], *, at_best: bool) -> EdgeList:
        """The steps of a state to other identities. The crew may change resources before a step. The actor of the
        steps may be another identity that takes the same ones."""
        account = self._ask.account
        principal = account.principal(state)
        own_key = (account.shared(principal, ACTING), account.trust_class(state.identity))
        own = self._own.get(own_key)
        if own is None:
            own = self._own[own_key] = tuple(own_edges(self._ask, state))
        number, bundles = 0, NO_BUNDLES
        if self.may(state, INTO_INSTANCES):
            crew = tuple(crew) if self.turns_on_resources(state) else ()
            key = (account.shared(principal, (*INTO_INSTANCES, PUSH, "ram:PassRole")), crew)
            into = self._into.get(key)
            if into is None:
                into = self._into[key] = self._into_instances(state, crew)
            number, bundles = into
        list_key = (own_key, number, at_best)
        edges = self._lists.get(list_key)
        if edges is None:
            edges = self._lists[list_key] = EdgeList(own, bundles, at_best=at_best)
        return edges

    def _into_instances(self, state: State, crew: tuple[State, ...]) -> tuple[int, tuple[Bundle, ...]]:
        """The steps into instances, with a number that is the same for all crews that open the same ways."""
        bundles = []
        for number, into in open_actions(self._ask, state):
            calls = self._calls(into.action)
            self._ask.effort.spend(len(calls))
            for target, call in calls:
                open_ways = self._ways(state, call, crew)
                if open_ways:
                    bundles.append(self._bundle(state, number, target, open_ways))
        more = [*update_config_map(self._ask, state), *unread_instances(self._ask, state)]
        if more:
            bundles.append(self._bundle_of(tuple(more)))
        # Bundles are remembered for good: the same ones have the same ids.
        key = tuple(map(id, bundles))
        return self._opened.setdefault(key, (len(self._opened) + 1, tuple(bundles)))

    def _calls(self, action: str) -> tuple[tuple[Target, Call], ...]:
        """The calls of an action on a recorded instance of each class that carries a role."""
        calls = self._calls_into.get(action)
        if calls is None:
            calls = self._calls_into[action] = tuple(
                (target, Call(action, target)) for target in self._ask.account.carried_roles
            )
        return calls

    def _bundle(self, state: State, number: int, target: Target, open_ways: tuple[Way, ...]) -> Bundle:
        passing = None
        if needs_passing(INTO[number]):
            account = self._ask.account
            passing = account.shared(account.principal(state), ("ram:PassRole",))
        # Ways are remembered for good: the same ones have the same ids.
        key = (passing, number, id(target), id(open_ways))
        bundle = self._bundles.get(key)
        if bundle is None:
            into = IntoClass(self._ask, state, number, target, open_ways)
            bundle = self._bundles[key] = into.bundle()
        return bundle

    def _bundle_of(self, edges: tuple[Edge, ...]) -> Bundle:
        """Edges that name no recorded instance, or that are taken in none of them for certain."""
        bundle = self._bundles.get(edges)
        if bundle is None:
            ranked = (
                RankedEdge((not edge.certain, len(edge.steps), len(INTO), place), edge)
                for place, edge in enumerate(edges)
            )
            bundle = self._bundles[edges] = Bundle.of(ranked)
        return bundle

    def turns_on_resources(self, state: State) -> bool:
        """Whether a change of an instance could open a step of this state."""
        principal = self._ask.account.principal(state)
        turns = self._turning.get(principal)
        if turns is None:
            turns = self._turning[principal] = self._turns_on_resources(principal)
        return turns

    def _turns_on_resources(self, principal: Principal) -> bool:
        return any(
            ground.grant.scope is not None or ground.statement.turns_on_tags or ground.statement.problem
            for action in (into.action for into in INTO)
            for ground, _ in principal.naming(action)
        ) or self._may_administer(principal)

    def _may_administer(self, principal: Principal) -> bool:
        return principal.may_allow("ram:CreateResourceGroup")

    def _ways(self, actor: State, call: Call, crew: tuple[State, ...]) -> tuple[Way, ...]:
        """The ways to make one of the calls on a class of instances."""
        account = self._ask.account
        narrow = account.shared(account.principal(actor), (call.action, "ram:CreateResourceGroup"))
        if crew and not (self._can_change(crew, call.target) and self._turns_on_changes(narrow, actor, call)):
            crew = ()
        # The calls are remembered for good: the same ones have the same ids.
        key = (narrow, id(call), crew)
        known = self._known_ways.get(key)
        if known is None:
            known = self._known_ways[key] = tuple(ways(self._ask, actor, call, crew, ""))
        return known

    def _turns_on_changes(self, narrow: Principal, actor: State, call: Call) -> bool:
        """Whether other tags, or another resource group, could open a call on a resource that is not open as it is."""
        key = (narrow, id(call))
        turns = self._openable.get(key)
        if turns is None:
            turns = self._openable[key] = turns_on_changes(self._ask, actor, call)
        return turns

    def _can_change(self, crew: tuple[State, ...], target: Target | None) -> bool:
        """Whether somebody of the crew may change a resource as it is now."""
        key = (crew, id(target))
        can = self._changeable.get(key)
        if can is None:
            can = self._changeable[key] = target is not None and any(
                self.may(state, MOVING) or could_retag(self._ask, state, target) for state in crew
            )
        return can

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
        if not self.may(opener, (RENAME,)):
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
            or not self.may(pusher, (PUSH,))
            or not self.may(actor, (RESTART,))
        ):
            return ()
        if (
            self._ask.call(pusher, Call(PUSH)).truth is False
            or self._ask.call(actor, Call(PUSH)).truth is True
        ):
            return ()
        edges = list(unread_instances(self._ask, actor, pushed=True))
        number = next(number for number, into in enumerate(INTO) if into.action == RESTART)
        for target, call in self._calls(RESTART):
            open_ways = self._ways(actor, call, crew)
            if open_ways:
                bundle = self._bundle(actor, number, target, open_ways)
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


def _has_everything(principal: Principal, *, at_best: bool) -> bool:
    statements = [(grant, statement) for grant in principal.grants for statement in grant.document.statements]
    denied = {grant.bundle for grant, statement in statements if statement.effect == "Deny"}
    if None in denied:
        return False
    allowing = any(
        grant.scope is None
        and grant.bundle not in denied
        and statement.effect == "Allow"
        and not statement.problem
        and not statement.not_action
        and not statement.conditions
        and "*" in (statement.actions or ())
        and "*" in (statement.resources or ())
        for grant, statement in statements
    )
    unclear = any(grant.scope is None and statement.effect is None for grant, statement in statements)
    gap = any(one.account for one in principal.gaps)
    return (
        (allowing or gap or unclear)
        if at_best
        else allowing and not unclear and not principal.gaps and principal.account.control_policies is None
    )
