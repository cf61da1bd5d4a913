"""Grants that say the same: policies of equal documents on equal scopes, whatever they are called and however held.

What one principal may do, another one with such grants may do too. The steps of the first are taken over for the
other one, and the statements that allow them are named as the other one holds them.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING

from ..decision import AccessDecision, Principal
from ..document import Document
from ..held_policies import HeldPolicy

if TYPE_CHECKING:
    from ..public_decision import Decision


class AlikeGrants:
    """Finds the first principal with grants that say the same."""

    def __init__(self) -> None:
        self._documents: dict[Document, int] = {}
        self._meanings: dict[HeldPolicy, Hashable] = {}
        self._first: dict[Hashable, Principal] = {}
        self._representative: dict[Principal, Principal] = {}
        self._as_held: dict[tuple[Principal, int], tuple[Decision, Decision]] = {}
        self._by_meaning: dict[Principal, dict[Hashable, HeldPolicy]] = {}

    def representative(self, principal: Principal) -> Principal:
        """The first principal that was asked about of those with grants that say the same."""
        first = self._representative.get(principal)
        if first is None:
            meaning = self._meaning if _may_deny(principal) else self._meaning_of_allow
            key = (tuple(dict.fromkeys(map(meaning, principal.grants))), principal.gaps)
            first = self._representative[principal] = self._first.setdefault(key, principal)
        return first

    def _meaning(self, grant: HeldPolicy) -> Hashable:
        meaning = self._meanings.get(grant)
        if meaning is None:
            meaning = self._meanings[grant] = (self.document(grant), grant.scope, grant.bundle)
        return meaning

    def _meaning_of_allow(self, grant: HeldPolicy) -> Hashable:
        """What a grant says where nothing is denied: that it comes and goes with others makes no difference."""
        return self.document(grant), grant.scope

    def document(self, grant: HeldPolicy) -> int:
        """A number for the document of a grant: the same for documents that say the same."""
        return self._documents.setdefault(grant.document, len(self._documents))

    def as_held_by(self, principal: Principal, decision: Decision) -> Decision:
        """A decision on a principal with grants that say the same, as it is on this one."""
        if decision._principal is principal:
            return decision
        # Both are remembered for good: the same ones have the same ids.
        known = self._as_held.get((principal, id(decision)))
        if known is None:
            translated = self._translated(principal, decision)
            known = self._as_held[principal, id(decision)] = (decision, translated)
        return known[1]

    def _translated(self, principal: Principal, decision: Decision) -> Decision:
        exact = decision._exact
        return replace(
            decision,
            _verdict=self._verdict_of(principal, decision._verdict),
            _principal=principal,
            _exact=None if exact is None else lambda: self._verdict_of(principal, exact()),
        )

    def _verdict_of(self, principal: Principal, verdict: AccessDecision) -> AccessDecision:
        if verdict.ground is None:
            return verdict
        grants = self._by_meaning.get(principal)
        if grants is None:
            grants = {self._meaning_of_allow(grant): grant for grant in reversed(principal.grants)}
            grants |= {self._meaning(grant): grant for grant in reversed(principal.grants)}
            self._by_meaning[principal] = grants
        stated = verdict.ground.grant
        grant = grants.get(self._meaning(stated)) or grants.get(self._meaning_of_allow(stated))
        if grant is None or grant is verdict.ground.grant:
            return verdict
        return replace(verdict, ground=replace(verdict.ground, grant=grant))


def _may_deny(principal: Principal) -> bool:
    return any(
        statement.effect != "Allow" for grant in principal.grants for statement in grant.document.statements
    )
