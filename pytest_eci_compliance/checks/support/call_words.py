"""Calls and decisions in the words of messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...messages import quote
from ...policy.authorization import PASS_ROLE, Call

if TYPE_CHECKING:
    from ...policy.evaluator import Decision

MOST_EXPLAINED = 40
"""The calls of a row of which each is explained, where no statement decides: an explanation costs work."""


def call_words(call: Call, resources: Sequence[str]) -> str:
    """A call in words: the action, what it carries, and the first resources that it names."""
    carries = [f"tag {quote(key)}={quote(str(value))}" for key, value in call.tags]
    carries += [f"resource group {call.group}"] if call.group else []
    carries += [f"role {quote(call.role)}"] if call.role and call.action.lower() != PASS_ROLE.lower() else []
    where = f" in {call.region}" if call.region else ""
    named = f" on {', '.join(resources[:3])}" if resources else ""
    more = f" and {len(resources) - 3} more" if len(resources) > 3 else ""
    return f"{call.action}{named}{more}{where}{' with ' + ', '.join(carries) if carries else ''}"


def deciding_words(decision: Decision, *, explained: bool) -> str:
    """What decides a call: the statement and how it is held, or, where none does and `explained` is set, why.

    Two decisions with the same words are made for the same reason. An explanation costs work.
    """
    if decision.policy is None:
        return decision.reason if explained else decision.outcome
    scope = f" on resource group {decision.scope}" if decision.scope else ""
    return f"{decision.outcome} by statement {decision.statement} of {decision.policy} {decision.path}{scope}"
