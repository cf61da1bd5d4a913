"""Deny over Allow, where statements are held on the whole account or on a resource group.

Whether a Deny on a resource group stands against an Allow on the whole account is documented both ways: an open
question, that the owner of the account can settle.
"""

from __future__ import annotations

from typing import TypeAlias

from .three_valued import Assumptions, Question, Truth, all_of, any_of, negation

ORDER = Question(
    "order",
    "whether a Deny on a resource group stands against an Allow on the whole account (documented both ways)",
    assumption="deny-on-resource-group-wins",
)

ByScope: TypeAlias = "dict[bool, Truth]"
"""Whether a statement counts: one on the whole account (True), one on a resource group (False)."""


def no_effect() -> ByScope:
    """No statement counts, on the account or on a group."""
    return {True: False, False: False}


def in_order(denies: ByScope, allows: ByScope, assumptions: Assumptions) -> Truth:
    """Deny over Allow. A Deny on a group (False) against an Allow on the account (True) comes out both
    ways."""
    deny_wins = all_of((negation(any_of(denies.values())), any_of(allows.values())))
    account_first = _account_first(denies, allows)
    if deny_wins is None or account_first is None or deny_wins == account_first:
        return deny_wins if deny_wins == account_first else None
    order = assumptions.lookup(ORDER)
    return None if order is None else (deny_wins if order else account_first)


def _account_first(denies: ByScope, allows: ByScope) -> Truth:
    """Account grants end the evaluation; grants on a group are consulted only where they say nothing."""
    on_group = all_of((negation(denies[False]), allows[False]))
    return all_of((negation(denies[True]), any_of((allows[True], on_group))))
