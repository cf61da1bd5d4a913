"""The members of a closure that can change what identities have: of those with the same grants about it, one does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ..decision import Principal
from .change_edges import ChangeEdges
from .model import Identity
from .states import State


@dataclass
class Changers:
    """The changers by their present grants about changes, in the order in which they came."""

    edges: ChangeEdges
    _grants: dict[Identity, Principal] = field(default_factory=dict)
    _looked_at_all: dict[Identity, Principal] = field(default_factory=dict)
    """The grants with which each changer has looked at all members."""

    def copy(self) -> Changers:
        """The same changers, for a branch."""
        return replace(self, _grants=dict(self._grants), _looked_at_all=dict(self._looked_at_all))

    def __contains__(self, identity: Identity) -> bool:
        return identity in self._grants

    def note(self, identity: Identity, now: State) -> None:
        """Count a changer with the grants that it has now."""
        self._grants[identity] = self.edges.grants(now)

    def grants_of(self, identity: Identity) -> Principal | None:
        """The present grants of a changer; None for another identity."""
        return self._grants.get(identity)

    def of(
        self, gainer: State, but: Identity | None = None, members: Iterable[Identity] | None = None
    ) -> dict[Identity, None]:
        """The changers of an identity, of those with the same grants the first: in the order in which they came, or in
        that of some `members`. `but` is left out."""
        able = self.edges.among(frozenset(self._grants.values()), gainer)
        changers: dict[Identity, None] = {}
        for identity in (self._grants if members is None else members) if able else ():
            grants = self._grants.get(identity)
            if grants in able and identity != but:
                able.remove(grants)
                changers[identity] = None
        return changers

    def must_look_at_all(self, identity: Identity, grants: Principal) -> bool:
        """Whether no other changer with these grants has looked at all members; from now on it has."""
        others = (
            other
            for other, looked in self._looked_at_all.items()
            if looked is grants and self._grants[other] is grants and other != identity
        )
        must_look = next(others, None) is None
        self._looked_at_all[identity] = grants
        return must_look
