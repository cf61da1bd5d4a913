"""Why a decision came out as it did, in words: the statement that decides, its policy, scope and path; or,
for a denial that nothing states, the nearest statements and what kept them from matching."""

from __future__ import annotations

from collections.abc import Iterator

from .authorization import Authorization
from .authorization_decision import applies
from .budget import OutOfBudget
from .conditions import ABSENT, REQUEST_TAG, UNSTATED, Condition, Context, holds
from .decision import AccessDecision, Principal
from .held_policies import Ground
from .scope_order import ORDER
from .statement_fits import about, in_scope
from .three_valued import Assumptions, how_to_settle

_NEAREST = 3


def explain(verdict: AccessDecision, principal: Principal) -> str:
    """The reasons of a verdict that this principal got, in one sentence or two."""
    try:
        return _explained(verdict, principal)
    except OutOfBudget as spent:
        return str(spent)


def _explained(verdict: AccessDecision, principal: Principal) -> str:
    authorization = verdict.authorisation
    action = authorization.action if authorization else verdict.call.action
    action += " for the new tags" if authorization and authorization.unless_on == REQUEST_TAG else ""
    if verdict.refused:
        return verdict.refused
    if verdict.outcome == "undecidable":
        turns_on = list(_turns_on(verdict, principal))
        more = f" and {len(turns_on) - _NEAREST} more" if len(turns_on) > _NEAREST else ""
        return f"{action} turns on {'; on '.join(turns_on[:_NEAREST])}{more}{_how_to_settle(verdict)}"
    if verdict.ground is not None:
        return f"{action} is {verdict.outcome} by {verdict.ground}"
    if verdict.outcome == "allowed" or verdict.authorisation is None:
        return f"{action} is {verdict.outcome} however what the documents leave open is read"
    return f"{action} is denied: {_nearest(verdict.authorisation, principal)}"


def _how_to_settle(verdict: AccessDecision) -> str:
    """The assumptions that the owner of the account may settle, and so decide the verdict; empty where there is
    none."""
    return how_to_settle(*(question.assumption for question in verdict.questions))


def _turns_on(verdict: AccessDecision, principal: Principal) -> Iterator[str]:
    """What the decision turns on: each statement that may or may not apply, and why; then what is no statement's."""
    authorization, explained = verdict.authorisation, set[str]()
    for ground, named in principal.naming(authorization.action) if authorization else ():
        assumptions = principal.assumptions()
        if (
            authorization is not None
            and applies(principal, ground, named, authorization, assumptions) is None
        ):
            texts = dict.fromkeys(question.text for question in assumptions.open)
            explained |= texts.keys()
            yield f"{ground}: {'; '.join(texts)}"
    for question in dict.fromkeys(verdict.questions):
        if question == ORDER and authorization is not None:
            yield f"{question.text}: {_in_conflict(authorization, principal)}"
        elif question.text not in explained:
            yield question.text


def _in_conflict(authorization: Authorization, principal: Principal) -> str:
    """The Deny on a resource group and the Allow on the whole account that stand against each other."""
    grounds: dict[str, Ground] = {}
    for ground, named in principal.naming(authorization.action):
        effect, on_group = ground.statement.effect, ground.grant.scope is not None
        if effect == ("Deny" if on_group else "Allow"):
            is_applied = applies(principal, ground, named, authorization, principal.assumptions())
            if is_applied is not False:
                grounds.setdefault(str(effect), ground)
    return " against ".join(str(grounds[effect]) for effect in ("Deny", "Allow") if effect in grounds)


def _nearest(authorization: Authorization, principal: Principal) -> str:
    allows = [
        ground for ground, _ in principal.naming(authorization.action) if ground.statement.effect != "Deny"
    ]
    if not allows:
        return "no statement that is held allows it"
    hindered = sorted(
        ((ground, tuple(_hindrances(ground, authorization))) for ground in allows),
        key=lambda entry: (in_scope(entry[0], authorization, Assumptions()) is not True, len(entry[1])),
    )
    misses = [
        f"{ground} does not match: {'; '.join(hindrances)}" for ground, hindrances in hindered[:_NEAREST]
    ]
    more = f", nor do {len(allows) - _NEAREST} more" if len(allows) > _NEAREST else ""
    return ". ".join(misses) + more


def _hindrances(ground: Ground, authorization: Authorization) -> Iterator[str]:
    assumptions = Assumptions()
    if in_scope(ground, authorization, assumptions) is not True:
        yield f"the call is authorised {_authorised_in(authorization)}"
    if about(ground, authorization, assumptions) is not True:
        resources = " or ".join((ground.statement.resources or ())[:3])
        yield f"its Resource is {resources}, which the call's resource does not fit"
    context = authorization.context_for(ground.statement)
    for condition in ground.statement.conditions:
        if holds(condition, context, assumptions) is not True:
            yield f"{condition} is asked for, {_seen(condition, context)}"


def _authorised_in(authorization: Authorization) -> str:
    groups = [f"resource group {group}" if group else "the whole account" for group in authorization.groups]
    return f"in {' or '.join(groups)}" if groups else "in a resource group that is not known"


def _seen(condition: Condition, context: Context) -> str:
    seen = context.look(condition.key)
    if seen is ABSENT:
        return "the call lacks it"
    return "it is not stated" if seen is UNSTATED else f"it is {str(seen)!r}"
