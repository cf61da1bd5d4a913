"""Why a decision came out as it did, in words: the statement that decides, its policy, scope and path; or,
for a denial that nothing states, the nearest statements and what kept them from matching."""

from __future__ import annotations

from collections.abc import Iterator

from .conditions import ABSENT, UNSTATED, Condition, Context, holds
from .evaluate import Ground, Principal, Verdict, about, in_scope
from .logic import Asked
from .request import Authorisation

_NEAREST = 3


def explain(verdict: Verdict, principal: Principal) -> str:
    """The reasons of a verdict that this principal got, in one sentence or two."""
    action = verdict.authorisation.action if verdict.authorisation else verdict.call.action
    if verdict.refused:
        return verdict.refused
    if verdict.outcome == "undecidable":
        turns_on = list(dict.fromkeys(one.text for one in verdict.questions))
        more = f" and {len(turns_on) - 4} more" if len(turns_on) > 4 else ""
        return f"{action} turns on {'; on '.join(turns_on[:4])}{more}"
    if verdict.ground is not None:
        return f"{action} is {verdict.outcome} by {verdict.ground}"
    if verdict.outcome == "allowed" or verdict.authorisation is None:
        return f"{action} is {verdict.outcome} however what the documents leave open is read"
    return f"{action} is denied: {_nearest(verdict.authorisation, principal)}"


def _nearest(one: Authorisation, principal: Principal) -> str:
    allows = [ground for ground, _ in principal.naming(one.action) if ground.statement.effect != "Deny"]
    if not allows:
        return "no statement that is held allows it"
    said = [f"{ground} does not match: {'; '.join(_hindrances(ground, one))}" for ground in allows[:_NEAREST]]
    more = f", nor do {len(allows) - _NEAREST} more" if len(allows) > _NEAREST else ""
    return ". ".join(said) + more


def _hindrances(ground: Ground, one: Authorisation) -> Iterator[str]:
    asked = Asked()
    if in_scope(ground, one, asked) is not True:
        yield f"the call is authorised {_authorised_in(one)}"
    if about(ground, one, asked) is not True:
        resources = " or ".join((ground.statement.resources or ())[:3])
        yield f"its Resource is {resources}, which the call's resource does not fit"
    context = one.context_for(ground.statement)
    for condition in ground.statement.conditions:
        if holds(condition, context, asked) is not True:
            yield f"{condition} is asked for, {_seen(condition, context)}"


def _authorised_in(one: Authorisation) -> str:
    groups = [f"resource group {group}" if group else "the whole account" for group in one.groups]
    return f"in {' or '.join(groups)}" if groups else "in a resource group that is not known"


def _seen(condition: Condition, context: Context) -> str:
    seen = context.look(condition.key)
    if seen is ABSENT:
        return "the call lacks it"
    return "it is not stated" if seen is UNSTATED else f"it is {str(seen)!r}"
