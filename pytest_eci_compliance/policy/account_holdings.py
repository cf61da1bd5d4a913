"""What the principals of an account hold, each policy read once."""

from __future__ import annotations

from ..inventory.facts import GrantGap, Inventory, PolicyRef, Unreadable
from ..inventory.grants import Grant, PrincipalGrants
from .authorization import Account
from .budget import Budget
from .decision import Principal
from .document import Document, parse, undecidable
from .held_policies import Gap, HeldPolicy


class AccountHoldings:
    """The principals and the policies of an account: the same object for those that hold, or say, the same."""

    def __init__(self, inventory: Inventory, account: Account, budget: Budget) -> None:
        self._inventory, self._account, self._budget = inventory, account, budget
        self._documents: dict[PolicyRef, Document] = {}
        self._policies: dict[Grant, HeldPolicy] = {}
        self._principals: dict[PrincipalGrants, Principal] = {}

    def principal(self, holdings: PrincipalGrants) -> Principal:
        """The principal that holds these grants: the same object for the same grants."""
        principal = self._principals.get(holdings)
        if principal is None:
            gaps = map(_gap, holdings.gaps)
            principal = Principal(map(self.policy, holdings.held), self._account, gaps, self._budget)
            self._principals[holdings] = principal
        return principal

    def policy(self, grant: Grant) -> HeldPolicy:
        """The policy as it is held: the same object for every principal that holds it alike."""
        if grant not in self._policies:
            self._policies[grant] = self._held_policy(grant)
        return self._policies[grant]

    def _held_policy(self, grant: Grant) -> HeldPolicy:
        policy = self._inventory.policies.get(grant.policy)
        text = (
            Unreadable("ram:GetPolicy", "NotRead", subject=str(grant.policy))
            if policy is None
            else policy.policy_document
        )
        path = "directly" if grant.group is None else f"through group {grant.group}"
        unread = text if isinstance(text, Unreadable) else None
        document = (
            self._document(grant.policy, text)
            if isinstance(text, str)
            else undecidable(f"its document could not be read ({text.code})")
        )
        return HeldPolicy(str(grant.policy), document, grant.resource_group_id, path, unread)

    def _document(self, ref: PolicyRef, text: str) -> Document:
        if ref not in self._documents:
            self._documents[ref] = parse(text)
        return self._documents[ref]


def _gap(gap: GrantGap) -> Gap:
    return Gap(
        f"grants that could not be read ({gap.cause.call}: {gap.cause.code})",
        gap.scope != "resource_group",
        gap.scope != "account",
        gap.cause,
    )
