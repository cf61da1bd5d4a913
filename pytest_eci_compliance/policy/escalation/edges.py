"""The steps of identities, computed once for all identities that take the same ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from ..authorization import Call, Target
from ..decision import Principal
from .ask import TRUTHS, Answer, Ask
from .instance_steps import INTO, PUSH, instance_edges, open_ways, unread_instances, update_config_map
from .model import Identity
from .move import Move
from .moves import CHANGES
from .new_identities import Creation, create_identity
from .resources import MOVING, TAGGING, Way, could_retag, ways
from .states import State
from .steps import ACTING, CONFIG_MAP, Edge, own_edges, taken_by, update_trust

if TYPE_CHECKING:
    from ..evaluator import Decision

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


class EdgeList:
    """The edges of a state, by their targets: `entered` are the roles that an edge leads into without passing them to
    a service."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._by_target: dict[Identity, list[tuple[int, Edge]]] = {}
        for number, edge in enumerate(edges):
            self._by_target.setdefault(edge.target, []).append((number, edge))
        every = [edge for numbered in self._by_target.values() for _, edge in numbered]
        self.targets = set(self._by_target)
        self.uncertain_targets = {edge.target for edge in every if not edge.certain}
        self.entered = {
            edge.target for edge in every if edge.target.kind == "role" and not edge.passes_role
        }

    def to(self, targets: Iterable[Identity]) -> list[Edge]:
        """The edges to some targets, the best first."""
        numbered = [pair for target in targets for pair in self._by_target[target]]
        return [edge for _, edge in sorted(numbered, key=itemgetter(0))]


class Edges:
    """The steps that states can take; identities with the same grants share them."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._own: dict[Hashable, tuple[Edge, ...]] = {}
        self._turning: dict[Principal, bool] = {}
        self._opened: dict[Hashable, tuple[Hashable, tuple[Edge, ...]]] = {}
        self._into: dict[Hashable, tuple[Hashable, tuple[Edge, ...]]] = {}
        self._best_edges: dict[Hashable, EdgeList] = {}
        self._may: dict[tuple[Principal, tuple[str, ...]], bool] = {}
        self._helpers: dict[Principal, State] = {}
        self._crews: dict[frozenset[Principal], tuple[State, ...]] = {}
        self._changeable: dict[tuple[tuple[State, ...], Target | None], bool] = {}
        self._call_ways: dict[Hashable, tuple[Way, ...]] = {}
        self._everything: dict[tuple[Principal, bool], bool] = {}
        self._trusts: dict[Hashable, tuple[Edge, ...]] = {}
        self._known_ways: dict[Hashable, tuple[Way, ...]] = {}
        self._moves: dict[Hashable, tuple[Move, ...]] = {}
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
        """The grants by which a state may change resources, None where there are none."""
        principal = self._ask.account.principal(state)
        if not self.may(state, (*TAGGING, *MOVING)):
            return None
        grants = self._ask.account.narrowed(principal, (*TAGGING, *MOVING))
        self._helpers.setdefault(grants, state)
        return grants

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
        """The ways to make a call, computed once for all actors with the same grants about it."""
        account = self._ask.account
        narrow = account.narrowed(account.principal(actor), (call.action, "ram:CreateResourceGroup"))
        key = (narrow, call, crew, decide)
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
        own_key = (account.narrowed(principal, ACTING), account.trust_class(state.identity))
        own = self._own.get(own_key)
        if own is None:
            own = self._own[own_key] = tuple(own_edges(self._ask, state))
        if not self.may(state, INTO_INSTANCES):
            return self._best(own_key, (), own, at_best=at_best)
        crew = tuple(crew) if self.turns_on_resources(state) else ()
        key = (account.narrowed(principal, (*INTO_INSTANCES, PUSH, "ram:PassRole")), crew)
        entered = self._into.get(key)
        if entered is None:
            entered = self._into[key] = self._into_instances(state, key[0], crew)
        into_key, into = entered
        return self._best(own_key, into_key, own, into, at_best=at_best)

    def _into_instances(
        self, state: State, grants: Principal, crew: tuple[State, ...]
    ) -> tuple[Hashable, tuple[Edge, ...]]:
        """The steps into instances, with a key that is the same for all crews that open the same ways."""

        def ways_in(action: str, target: Target) -> tuple[Way, ...]:
            return self._ways(state, Call(action, target), crew)

        opened = open_ways(self._ask, state, ways_in)
        names = tuple(
            (into, tuple((target, tuple(map(id, some))) for target, some in targets))
            for into, targets in opened
        )
        # Ways are remembered for good: the same ones have the same ids.
        key = (grants, names)
        into = self._opened.get(key)
        if into is None:
            edges = (
                *instance_edges(self._ask, state, opened),
                *update_config_map(self._ask, state),
                *unread_instances(self._ask, state),
            )
            # The number stands for the key, which is slow to compare.
            into = self._opened[key] = (len(self._opened), edges)
        return into

    def _best(
        self, own_key: Hashable, into_key: Hashable, *lists: tuple[Edge, ...], at_best: bool
    ) -> EdgeList:
        """The best edge to each target, of lists that are told apart by their keys."""
        key = (own_key, into_key, at_best)
        best = self._best_edges.get(key)
        if best is None:
            edges = _best_by_target(edge for edges in lists for edge in edges)
            best = self._best_edges[key] = EdgeList(edge for edge in edges if at_best or edge.certain)
        return best

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
        account = self._ask.account
        narrow = account.narrowed(account.principal(actor), (call.action, "ram:CreateResourceGroup"))
        crew = crew if self._can_change(crew, call.target) else ()
        key = (narrow, call, crew)
        found = self._known_ways.get(key)
        if found is None:
            found = self._known_ways[key] = tuple(ways(self._ask, actor, call, crew, ""))
        return found

    def _can_change(self, crew: tuple[State, ...], target: Target | None) -> bool:
        """Whether somebody of the crew may change a resource as it is now."""
        key = (crew, target)
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
            edges = self._trusts[key] = _best_by_target(update_trust(self._ask, updater, assumer))
        return edges

    def moves(self, actor: State, gainer: State) -> tuple[Move, ...]:
        """The changes of one identity that another one can make."""
        key = (actor, gainer)
        found = self._moves.get(key)
        if found is None:
            found = self._moves[key] = tuple(self._all_moves(actor, gainer))
        return found

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


def _best_by_target(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """One edge to each identity, and one that does not pass a role to a service: a certain one where there is one,
    else the shortest."""
    best: dict[tuple[Identity, bool], Edge] = {}
    for edge in edges:
        key = (edge.target, edge.passes_role)
        known = best.get(key)
        if known is None or (not known.certain, len(known.steps)) > (not edge.certain, len(edge.steps)):
            best[key] = edge
    return tuple(sorted(best.values(), key=lambda edge: not edge.certain))


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
