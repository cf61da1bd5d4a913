"""The steps of states into instances, in bundles: one for each class of instances and each action."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import product

from ..authorization import Call, Target
from ..decision import Principal
from .ask import Ask
from .crews import Crews
from .edge import Edge
from .edge_lists import Bundle, RankedEdge
from .instance_steps import (
    INTO,
    PUSH,
    Into,
    IntoClass,
    into_unknown_role,
    needs_passing,
    open_actions,
    unread_instances,
    update_config_map,
)
from .resources import Way, turns_on_changes, ways
from .rights import Rights
from .states import State
from .steps import CONFIG_MAP

INTO_INSTANCES = (
    "eci:ExecContainerCommand",
    "eci:RunCommand",
    "eci:UpdateContainerGroup",
    "eci:UpdateContainerGroupByTemplate",
    "eci:RestartContainerGroup",
    CONFIG_MAP,
    "ram:CreateResourceGroup",
)
"""The actions of the steps into instances, and the one by which their resource group changes."""

NO_BUNDLES: tuple[Bundle, ...] = ()


class InstanceEdges:
    """The steps into instances; identities with the same grants share them."""

    def __init__(self, ask: Ask, rights: Rights) -> None:
        self._ask = ask
        self._rights = rights
        self.crews = Crews(ask)
        self._turning: dict[Principal, bool] = {}
        self._opened: dict[Hashable, tuple[int, tuple[Bundle, ...]]] = {}
        self._bundles: dict[Hashable, Bundle] = {}
        self._openable: dict[tuple[Principal, int], bool] = {}
        self._calls_into: dict[str, dict[int, Call]] = {}
        self._calls_into_unknown: dict[tuple[str, Target], Call] = {}
        self._into: dict[Hashable, tuple[int, tuple[Bundle, ...]]] = {}
        self._known_ways: dict[Hashable, tuple[Way, ...]] = {}

    def of(self, state: State, crew: Sequence[State]) -> tuple[int, tuple[Bundle, ...]]:
        """The steps of a state into instances, with a number that is the same for all crews that open the same
        ways. The crew may change resources before a step."""
        if not self._rights.may(state, INTO_INSTANCES):
            return 0, NO_BUNDLES
        account = self._ask.account
        crew = tuple(crew) if self.turns_on_resources(state) else ()
        key = (account.shared(account.principal(state), (*INTO_INSTANCES, PUSH, "ram:PassRole")), crew)
        into = self._into.get(key)
        if into is None:
            into = self._into[key] = self._find(state, crew)
        return into

    def _find(self, state: State, crew: tuple[State, ...]) -> tuple[int, tuple[Bundle, ...]]:
        """The steps into instances, with a number that is the same for all crews that open the same ways."""
        bundles = []
        for number, into in open_actions(self._ask, state):
            for target, open_ways in self.open_ways(state, into.action, crew):
                bundles.append(self.bundle(state, number, target, open_ways))
        more = [
            *update_config_map(self._ask, state),
            *unread_instances(self._ask, state),
            *self.into_unknown_roles(state, crew, (into for _, into in open_actions(self._ask, state))),
        ]
        if more:
            bundles.append(self._bundle_of(tuple(more)))
        # Bundles are remembered for good: the same ones have the same ids.
        key = tuple(map(id, bundles))
        return self._opened.setdefault(key, (len(self._opened) + 1, tuple(bundles)))

    def into_unknown_roles(
        self, state: State, crew: tuple[State, ...], actions: Iterable[Into]
    ) -> Iterator[Edge]:
        """The steps into instances that may carry any role: what they carry is not known."""
        carriers = self._ask.account.carriers.of_unknown_role
        for carrier, into in product(carriers, actions if carriers else ()):
            key = (into.action, carrier.target)
            call = self._calls_into_unknown.setdefault(key, Call(*key))
            for way in self._ways_to(state, call, crew)[:1]:
                yield from into_unknown_role(self._ask, into, state, carrier, way)

    def open_ways(
        self, actor: State, action: str, crew: tuple[State, ...]
    ) -> Iterator[tuple[Target, tuple[Way, ...]]]:
        """The classes of instances that carry a role on which the actor may be allowed an action, each with the ways to
        it. The crew may change instances before."""
        account = self._ask.account
        narrow = account.narrowed(account.principal(actor), (action,))
        changeable = self.crews.changeable_by(crew)
        numbers = (account.resources.about(narrow, (action,)) | changeable) & self._carriers.keys()
        self._ask.effort.spend(len(numbers))
        calls = self._calls(action)
        for number in sorted(numbers):
            ways_to_it = self._ways_to(actor, calls[number], crew if number in changeable else ())
            if ways_to_it:
                yield self._carriers[number], ways_to_it

    def _calls(self, action: str) -> dict[int, Call]:
        """The calls of an action on a recorded instance of each class that carries a role, by its number."""
        calls = self._calls_into.get(action)
        if calls is None:
            calls = {number: Call(action, target) for number, target in self._carriers.items()}
            self._calls_into[action] = calls
        return calls

    @cached_property
    def _carriers(self) -> dict[int, Target]:
        """The classes of instances that carry a role, by their numbers."""
        account = self._ask.account
        numbered = ((account.resources.number(target), target) for target in account.carriers.carried_roles)
        return {number: target for number, target in numbered if number is not None}

    def bundle(self, state: State, number: int, target: Target, open_ways: tuple[Way, ...]) -> Bundle:
        """The steps into one class of instances by the action with a number in `INTO`, by each of the open ways."""
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
            for ground, _ in (*principal.naming(action), *principal.naming_in_ceiling(action))
        ) or self._may_administer(principal)

    def _may_administer(self, principal: Principal) -> bool:
        return principal.may_allow("ram:CreateResourceGroup")

    def _ways_to(self, actor: State, call: Call, crew: tuple[State, ...]) -> tuple[Way, ...]:
        """The ways to make one of the calls on a class of instances."""
        account = self._ask.account
        narrow = account.shared(account.principal(actor), (call.action, "ram:CreateResourceGroup"))
        if crew and not self._turns_on_changes(narrow, actor, call):
            crew = ()
        # The calls are remembered for good: the same ones have the same ids.
        key = (narrow, id(call), crew)
        known = self._known_ways.get(key)
        if known is None:
            who = self.crews.who_matter(actor, call, crew)
            find = partial(ways, self._ask, actor, call, crew, "")
            known = self._known_ways[key] = tuple(find()) if who == crew else self._ways_to(actor, call, who)
        return known

    def _turns_on_changes(self, narrow: Principal, actor: State, call: Call) -> bool:
        """Whether other tags, or another resource group, could open a call on a resource that is not open as it is."""
        key = (narrow, id(call))
        turns = self._openable.get(key)
        if turns is None:
            turns = self._openable[key] = turns_on_changes(self._ask, actor, call)
        return turns
