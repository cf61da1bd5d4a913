"""The changes that identities can make for others, computed once for all that are allowed the same about changes."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Set

from ..decision import Principal
from .ask import Ask
from .matches import Matches
from .move import Move
from .moves import CHANGES
from .states import State

_ACTIONS = tuple(action for change in CHANGES for action in change.actions)


class ChangeEdges:
    """The changes by the grants that allow them. Most grants change nothing of most identities: `among` tells those
    that do without a look at the others."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._actors: dict[Principal, State] = {}
        self._moves: dict[Principal, dict[State, tuple[tuple[Move, ...], ...]]] = {}
        self._shared: dict[Hashable, tuple[Move, ...]] = {}
        self._changers: Matches[State, Principal] = Matches(
            lambda gainer, grants: bool(self.of(grants, gainer))
        )

    def grants(self, actor: State) -> Principal:
        """What a state is allowed about changes: all with the same of it make the same changes."""
        account = self._ask.account
        grants = account.narrowed(account.principal(actor), _ACTIONS)
        self._actors.setdefault(grants, actor)
        return grants

    def among(self, grants: Set[Principal], gainer: State) -> set[Principal]:
        """Those of some grants that allow a change of what an identity has."""
        return self._changers.of(gainer, grants)

    def of(self, grants: Principal, gainer: State) -> tuple[tuple[Move, ...], ...]:
        """The changes that some grants allow, by kinds; the steps name the first actor that was seen with them.

        States of an identity that do not differ for a kind of change share its tuple, which is remembered for good.
        """
        known = self._moves.setdefault(grants, {})
        moves = known.get(gainer)
        if moves is None:
            self._ask.effort.spend(2)
            moves = known[gainer] = tuple(self._find(grants, gainer))
        return moves

    def _find(self, grants: Principal, gainer: State) -> Iterator[tuple[Move, ...]]:
        account, actor = self._ask.account, self._actors[grants]
        for change in CHANGES:
            if gainer.identity.new and not change.of_new:
                continue
            narrow = account.narrowed(grants, change.actions)
            if not (narrow.grants or narrow.gaps):
                continue
            key = (change, narrow, gainer.identity, change.view(gainer))
            shared = self._shared.get(key)
            if shared is None:
                shared = self._shared[key] = tuple(change.take(self._ask, actor, gainer))
            if shared:
                yield shared
