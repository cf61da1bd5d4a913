"""Is one authorisation allowed by the policies of a principal and of the account?

A statement held on a resource group counts only where the call is authorised in that group. What could not be read, or
cannot be understood, may allow or deny: the answer is then unknown.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from .authorization import Authorization
from .conditions import holds
from .held_policies import Ground
from .scope_order import ByScope, in_order, no_effect
from .statement_fits import about, in_scope
from .three_valued import Assumptions, Question, Truth, all_of, any_of, negation

if TYPE_CHECKING:
    from .decision import Principal

CEILING = Question(
    "ceiling",
    "whether a control policy of the resource directory allows it (`control_policies` is `unknown`)",
)
SHOWN = Question("shown", "whether the resource is in the resource group that the query names")


def is_allowed(principal: Principal, authorization: Authorization, assumptions: Assumptions) -> Truth:
    """Whether control policies and the principal's own policies allow it: both have to."""
    if authorization.only_if is not None:
        allowed = is_allowed(principal, replace(authorization, only_if=None), assumptions)
        if allowed:
            return True
        needed = assumptions.lookup(authorization.only_if)
        return allowed if needed else negation(needed)
    by_ram = is_allowed_by_ram(principal, authorization, assumptions)
    if by_ram is False or principal.account.control_policies is None:
        return by_ram
    return all_of((by_ram, _is_allowed_by_ceiling(principal, authorization, assumptions)))


def _is_allowed_by_ceiling(
    principal: Principal, authorization: Authorization, assumptions: Assumptions
) -> Truth:
    """Whether the control policies allow it: no Deny, and an Allow. They are evaluated before RAM's policies (RAM,
    policy evaluation)."""
    if principal.account.control_policies == "unknown":
        return assumptions.lookup(CEILING)
    denies: Truth = False
    allows: Truth = False
    for ground, named in principal.naming_in_ceiling(authorization.action):
        is_applied = applies(principal, ground, named, authorization, assumptions)
        effect = ground.statement.effect
        allow = effect == "Allow" if effect else assumptions.lookup(_is_allow(ground))
        allows = any_of((allows, all_of((is_applied, allow))))
        denies = any_of((denies, all_of((is_applied, negation(allow)))))
    return all_of((negation(denies), allows))


def is_allowed_by_ram(principal: Principal, authorization: Authorization, assumptions: Assumptions) -> Truth:
    """Whether the policies that the principal holds allow it. The Deny statements of a bundle deny what its own
    Allow statements allow, and nothing else."""
    by_bundle: dict[Hashable, tuple[ByScope, ByScope]] = {None: (no_effect(), no_effect())}
    unread: set[str | None] = set()
    for ground, named in principal.naming(authorization.action):
        if ground.grant.cause is not None and ground.grant.bundle is None:
            # One unread policy may allow or deny anything in its scope: another of that scope adds nothing.
            if ground.grant.scope in unread:
                continue
            unread.add(ground.grant.scope)
        is_applied = applies(principal, ground, named, authorization, assumptions)
        if is_applied is False:
            continue
        denies, allows = by_bundle.setdefault(ground.grant.bundle, (no_effect(), no_effect()))
        effect, account = ground.statement.effect, ground.grant.scope is None
        allow = effect == "Allow" if effect else assumptions.lookup(_is_allow(ground))
        allows[account] = any_of((allows[account], all_of((is_applied, allow))))
        denies[account] = any_of((denies[account], all_of((is_applied, negation(allow)))))
    denies, allows = by_bundle.pop(None)
    for own_denies, own_allows in by_bundle.values():
        for account, own in own_allows.items():
            alone = {account: own, not account: False}
            allows[account] = any_of((allows[account], in_order(own_denies, alone, assumptions)))
    _add_gaps(principal, authorization, denies, allows, assumptions)
    allowed = in_order(denies, allows, assumptions)
    if authorization.shown or allowed is False:
        return allowed
    return all_of((allowed, assumptions.lookup(SHOWN)))


def applies(
    principal: Principal, ground: Ground, named: Truth, authorization: Authorization, assumptions: Assumptions
) -> Truth:
    """Whether a statement that names the action applies: its scope, its resource, its conditions."""
    statement = ground.statement
    parts = [in_scope(ground, authorization, assumptions), about(ground, authorization, assumptions)]
    if False in parts:
        return False
    context = authorization.context_for(statement)
    for condition in statement.conditions:
        matches = holds(condition, context, assumptions, principal.values_of)
        if matches is False:
            return False
        parts.append(matches)
    if named is None or statement.problem:
        parts.append(assumptions.lookup(_understood(ground, authorization)))
    return all_of(parts)


def _add_gaps(
    principal: Principal,
    authorization: Authorization,
    denies: ByScope,
    allows: ByScope,
    assumptions: Assumptions,
) -> None:
    """What could not be read may hold an Allow or a Deny, in every scope that counts for this call."""
    # Gaps of the same scopes leave the same open.
    gaps = {(gap.account, gap.groups): gap for gap in reversed(principal.gaps)}
    for gap in gaps.values():
        for account, (effect, truths) in product((True, False), (("Deny", denies), ("Allow", allows))):
            if gap.account if account else gap.groups and authorization.groups_for(effect) != (None,):
                missing = Question(
                    ("gap", gap, account, effect, authorization.action, authorization.unless_on), gap.why
                )
                truths[account] = any_of((truths[account], assumptions.lookup(missing)))


def _understood(ground: Ground, authorization: Authorization | None = None) -> Question:
    """Whether a statement that cannot be understood applies to what is asked, by whatever path it is held."""
    problem = ground.statement.problem or "an action holds a policy variable, which is not documented"
    topic = (
        "statement",
        ground.grant.policy,
        ground.statement.index,
        authorization and (authorization.action, authorization.unless_on),
    )
    return Question(topic, problem)


def _is_allow(ground: Ground) -> Question:
    topic = ("effect", ground.grant.policy, ground.statement.index)
    return Question(topic, str(ground.statement.problem))
