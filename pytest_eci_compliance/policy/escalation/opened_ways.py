"""The ways that one identity opens and another one goes, computed once for all pairs with the same grants.

Who may change a trust policy, the name of a user or an image opens ways; who assumes the role, makes a key for the user
or restarts the instance goes them.
"""

from __future__ import annotations

from collections.abc import Hashable, Set

from ..authorization import Call
from ..decision import Principal
from .action_sets import ENTERING, OPENING
from .ask import Ask
from .edge import Edge
from .edge_lists import best_by_target
from .instance_edges import InstanceEdges
from .instance_steps import INTO, PUSH, RESTART, unread_instances
from .matches import Matches
from .renames import RENAME, by_new_name
from .rights import Rights
from .states import State
from .steps import ACTING, update_trust

_GOING = tuple(dict.fromkeys((*ACTING, *ENTERING)))


class OpenedWays:
    """Most identities open no way for most others: `openers` and `goers` tell those that do by set operations."""

    def __init__(self, ask: Ask, rights: Rights, instances: InstanceEdges) -> None:
        self._ask = ask
        self._rights = rights
        self._instances = instances
        self._openers: dict[Principal, State] = {}
        self._goers: dict[Principal, State] = {}
        self._openers_of: Matches[Principal, Principal] = Matches(
            lambda goes, opens: self._is_open(opens, goes)
        )
        self._goers_of: Matches[Principal, Principal] = Matches(self._is_open)
        self._trusts: dict[Hashable, tuple[Edge, ...]] = {}
        self._renames: dict[Hashable, tuple[Edge, ...]] = {}

    def opening(self, state: State) -> Principal:
        """What a state is allowed about opening ways."""
        account = self._ask.account
        grants = account.narrowed(account.principal(state), OPENING)
        self._openers.setdefault(grants, state)
        return grants

    def going(self, state: State) -> Principal:
        """What a state is allowed about going ways that others open."""
        account = self._ask.account
        grants = account.narrowed(account.principal(state), _GOING)
        self._goers.setdefault(grants, state)
        return grants

    def openers(self, goer: State, opening: Set[Principal]) -> set[Principal]:
        """Those of some grants about opening ways that may open one for an identity."""
        return self._openers_of.of(self.going(goer), opening)

    def goers(self, opener: State, going: Set[Principal]) -> set[Principal]:
        """Those of some grants about going ways for which an identity may open one."""
        return self._goers_of.of(self.opening(opener), going)

    def _is_open(self, opening: Principal, going: Principal) -> bool:
        opener, goer = self._openers[opening], self._goers[going]
        return self._rights.may(opener, (RENAME, PUSH)) or bool(self.trusts(opener, goer))

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
        if not self._rights.may(opener, (RENAME,)):
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
            or not self._rights.may(pusher, (PUSH,))
            or not self._rights.may(actor, (RESTART,))
        ):
            return ()
        if (
            self._ask.call(pusher, Call(PUSH)).truth is False
            or self._ask.call(actor, Call(PUSH)).truth is True
        ):
            return ()
        edges = list(unread_instances(self._ask, actor, pushed=True))
        number = next(number for number, into in enumerate(INTO) if into.action == RESTART)
        edges += self._instances.into_unknown_roles(actor, crew, INTO[number : number + 1])
        for target, open_ways in self._instances.open_ways(actor, RESTART, crew):
            bundle = self._instances.bundle(actor, number, target, open_ways)
            edges += [bundle.edge_to(role).edge for role in sorted(bundle.targets)]
        return best_by_target(edges)
