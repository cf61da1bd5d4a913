"""Which identities may assume which roles, compared: both the grant and the trust policy of the role count."""

from __future__ import annotations

from collections.abc import Mapping

from ..inventory.facts import Unreadable
from ..messages import join_words
from .authorization import Call
from .decision import AccessDecision, Principal
from .permission_causes import allowing_condition, causes, source_of
from .permission_rows import Direction, Permission, PermissionRows
from .permission_sides import NOBODY, Identity, Side, Signature, is_unread
from .permission_statements import say_the_same
from .statement_fits import may_fit_role
from .trust_changes import trust_outcomes
from .trust_document import ASSUME_ROLE, canonical


class RoleComparison:
    """Compares sts:AssumeRole for every role of the two sides."""

    def __init__(self, then: Side, now: Side, rows: PermissionRows, *, one_reading: bool) -> None:
        self.then, self.now, self.rows = then, now, rows
        self._one_reading = one_reading

    def compare(self, pairs: Mapping[tuple[Signature, Signature], list[Identity]]) -> None:
        """sts:AssumeRole counts where both the grant and the trust policy of the role allow it."""
        every_role = sorted(self.then.role_names | self.now.role_names)
        open_roles = [role for role in every_role if not self._same_trust(role)]
        for pair, identities in pairs.items():
            before, after = (side.principal(identities[0]) for side in (self.then, self.now))
            if not (before.may_allow(ASSUME_ROLE) or after.may_allow(ASSUME_ROLE)):
                continue
            same = pair[0] == pair[1] or say_the_same(ASSUME_ROLE, before, after)
            for role in open_roles if same else every_role:
                if not (self._may_assume(before, role) or self._may_assume(after, role)):
                    continue
                verdicts = [self._assume(principal, role) for principal in (before, after)]
                if {verdict.outcome for verdict in verdicts} != {"denied"}:
                    for identity in identities:
                        self._compare_trust(identity, role, *verdicts)

    def _same_trust(self, role: str) -> bool:
        """Whether the trust policy of a role is known, and the same, on both sides."""
        documents = [side.trust(role) for side in (self.then, self.now)]
        exists = role in self.then.role_names and role in self.now.role_names
        return exists and isinstance(documents[0], str) and _same_document(*documents)

    def _may_assume(self, principal: Principal, role: str) -> bool:
        """Whether anything that an identity holds could allow it to assume a role: a cheap bound of the decision."""
        arn = f"acs:ram:*:{self.now.inventory.account_id}:role/{role}"
        return bool(principal.gaps) or any(
            ground.statement.effect != "Deny"
            and (
                ground.statement.resources is None
                or any(may_fit_role(pattern, arn) for pattern in ground.statement.resources)
            )
            for ground, _ in principal.naming(ASSUME_ROLE)
        )

    def _assume(self, principal: Principal, role: str) -> AccessDecision:
        arn = f"acs:ram::{self.now.inventory.account_id}:role/{role}"
        return principal.decide(Call(ASSUME_ROLE, arn=arn))

    def _compare_trust(
        self, identity: Identity, role: str, before: AccessDecision, after: AccessDecision
    ) -> None:
        allowed = [
            _both(verdict, side.trusts(role, identity))
            for side, verdict in ((self.then, before), (self.now, after))
        ]
        if None in allowed:
            self._compare_conditions(identity, role, before, after)
            return
        if allowed[0] == allowed[1]:
            return
        direction: Direction = "gained" if allowed[1] else "lost"
        self._add_trust(direction, identity, role, before, after)

    def _add_trust(
        self,
        direction: Direction,
        identity: Identity,
        role: str,
        before: AccessDecision,
        after: AccessDecision,
    ) -> None:
        appeared = direction == "gained"
        here, there = (self.now, self.then) if appeared else (self.then, self.now)
        verdict, other = (after, before) if appeared else (before, after)
        if other.outcome == "allowed":
            verb = "names" if appeared else "no longer names"
            why = f"trust: the trust policy of role/{role} {verb} {identity}"
            if there.trusts(role, identity) is None:
                why = f"trust: the trust policy of role/{role} has other conditions for {identity}"
            if role not in there.role_names:
                why = f"new identity: role/{role}" if appeared else f"identity removed: role/{role}"
        else:
            sources = (source_of(here, verdict), source_of(there, other))
            why = causes(identity, here, there, *sources, appeared=appeared)
        words = [allowing_condition(verdict), here.trust_conditions(role, identity)]
        condition = " and ".join(filter(None, words))
        self.rows.add(direction, Permission(identity, ASSUME_ROLE, f"role/{role}", why, condition))

    def _compare_conditions(
        self, identity: Identity, role: str, before: AccessDecision, after: AccessDecision
    ) -> None:
        """Compare call by call, where the conditions of trust policies tell calls apart."""
        verdicts = (before, after)
        policies = [
            side.trust_policy(role) if verdict.outcome == "allowed" else NOBODY
            for side, verdict in zip((self.then, self.now), verdicts, strict=True)
        ]
        doubtful = "undecidable" in (before.outcome, after.outcome)
        if doubtful or policies[0] is None or policies[1] is None:
            self._doubt_trust(identity, role, *verdicts)
            return
        outcomes = trust_outcomes(policies[0], policies[1], *identity.split("/", 1))
        if (False, True) in outcomes:
            self._add_trust("gained", identity, role, *verdicts)
        if (True, False) in outcomes:
            self._add_trust("lost", identity, role, *verdicts)
        if any(None in pair for pair in outcomes) and not outcomes & {(False, True), (True, False)}:
            self._doubt_trust(identity, role, *verdicts)

    def _doubt_trust(
        self, identity: Identity, role: str, before: AccessDecision, after: AccessDecision
    ) -> None:
        """Nothing is compared where a trust policy was not read, or where what is not decided has changed."""
        if is_unread(f"role/{role}", self.then, self.now):
            return  # the list of roles could not be read: listed once
        documents = [side.trust(role) for side in (self.then, self.now)]
        same = before.outcome == after.outcome and _same_document(*documents)
        if any(isinstance(document, Unreadable) for document in documents):
            if self._one_reading and not same:
                self.rows.doubt(
                    identity, ASSUME_ROLE, f"role/{role}", "not decided: its trust policy could not be read"
                )
            return  # listed once per reason
        unread = dict.fromkeys(filter(None, (side.trust_problem(role) for side in (self.then, self.now))))
        if unread:
            self.rows.doubt("*", ASSUME_ROLE, f"role/{role}", join_words(unread))
        elif not same:
            self.rows.doubt(
                identity, ASSUME_ROLE, f"role/{role}", "not decided by the grants and the trust policy"
            )


def _same_document(old: str | Unreadable | None, new: str | Unreadable | None) -> bool:
    """Whether two trust policies say the same, however they are spelled."""
    if isinstance(old, str) and isinstance(new, str):
        return old == new or canonical(old) == canonical(new)
    return old == new


def _both(verdict: AccessDecision, trusts: bool | None) -> bool | None:
    if verdict.outcome == "denied" or trusts is False:
        return False
    return trusts if verdict.outcome == "allowed" else None
