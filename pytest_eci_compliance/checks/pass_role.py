"""The RAM roles that users and roles may pass: `ram:PassRole` (section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from ..inventory.facts import Unreadable
from ..messages import escape, join_words, quote
from ..policy.authorization import PASS_ROLE
from ..policy.budget import Budget, OutOfBudget
from ..policy.decision import Ground
from ..policy.decision import Principal as Holder
from ..policy.patterns import TooManyPatterns, residues, uncovered
from .support.case import Case
from .support.decorators import principal_checks
from .support.principals import Principal
from .support.verdicts import Verdict, failed, passed, unknown


@principal_checks(
    "{principal}-pass-role",
    sections={"user": "5", "role": "5"},
    severity="critical",
    calls=("ram:GetPolicy",),
    remediation="Name the role in the Resource of the statement (acs:ram:*:*:role/NAME), or add it to `pass_roles`.",
)
def pass_role(principal: Principal, case: Case) -> Verdict:
    """Every role that a {noun} can pass with `ram:PassRole`, less what is plainly denied, is covered by `pass_roles`.

    The check is about every role that could exist, not only those of today. Conditions are not relied on.
    """
    intended = [glob for entry in principal.entries if entry.fits is True for glob in entry.intent.pass_roles]
    perhaps_intended = [
        glob for entry in principal.entries if entry.fits is not True for glob in entry.intent.pass_roles
    ]
    holder = case.access.holder(principal.holdings)
    expected = f"intended: {'only ' + join_words(map(quote, intended)) if intended else 'none'}"
    name = escape(principal.name)
    try:
        roles = _passable_roles(holder, case.inventory.account_id)
        beyond = _beyond(roles.allowed, [*intended, *perhaps_intended, *roles.denied], case.budget)
        perhaps_beyond = _beyond([*roles.allowed, *roles.doubtful], [*intended, *roles.denied], case.budget)
        patterns = _not_denied(roles, case.budget)
    except TooManyPatterns:
        return unknown(because=f"the patterns of roles that {name} can pass are too many to be compared")
    except OutOfBudget as spent:
        return unknown(because=f"which roles {name} can pass takes {spent}")
    if beyond:
        return _failed(name, beyond, expected)
    causes = [entry.fits for entry in principal.entries if isinstance(entry.fits, Unreadable)]
    if perhaps_beyond or holder.gaps:
        statements = (words for _, words in perhaps_beyond)
        doubts = join_words([*statements, *dict.fromkeys(gap.why for gap in holder.gaps)], between="; ")
        because = f"{name} may be able to pass more than is intended: {doubts}; {expected}"
        return unknown(*(causes if perhaps_intended else ()), *holder.causes, because=because)
    if not patterns:
        return passed(f"{name} can pass no role, as intended")
    return passed(f"{name} can pass only intended roles: {join_words(map(quote, patterns))}")


def _failed(name: str, beyond: list[tuple[str, str]], expected: str) -> Verdict:
    return failed(
        f"{name} can pass {'; '.join(words for _, words in beyond)}; {expected}",
        policies=tuple(dict.fromkeys(policy for policy, _ in beyond)),
        without=lambda accepted: _failed(
            name, [part for part in beyond if part[0] not in accepted], expected
        ),
    )


@dataclass
class PassableRoles:
    """Patterns of role names, by what the statements say of them: allowed, plainly denied, or in doubt."""

    allowed: list[tuple[Ground, tuple[str, ...]]] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    doubtful: list[tuple[Ground, tuple[str, ...]]] = field(default_factory=list)


def _not_denied(roles: PassableRoles, budget: Budget) -> list[str]:
    """The patterns of the roles that are allowed and not all denied."""
    allowed = dict.fromkeys(pattern for _, patterns in roles.allowed for pattern in patterns)
    budget.spend(len(allowed) // 8)
    return [pattern for pattern in allowed if uncovered([pattern], [*roles.denied, ""], budget) is not None]


def _beyond(
    grants: Iterable[tuple[Ground, tuple[str, ...]]], intended: list[str], budget: Budget
) -> list[tuple[str, str]]:
    """The statements that allow more roles than intended: the policy of each, and the statement in words."""
    return [
        (
            ground.grant.policy,
            f"{'any role' if patterns == ('*',) else join_words(map(quote, patterns))}: {ground}",
        )
        for ground, patterns in grants
        # A role has a name: the empty text is none.
        if uncovered(patterns, [*intended, ""], budget) is not None
    ]


def _passable_roles(holder: Holder, account_id: str) -> PassableRoles:
    """The roles that the statements of a principal are about. Raises `OutOfBudget`."""
    holder.spend_look(holder.work(PASS_ROLE))
    return passable_roles(holder.naming(PASS_ROLE), account_id)


def passable_roles(named: Iterable[tuple[Ground, bool | None]], account_id: str) -> PassableRoles:
    """The roles that statements about `ram:PassRole` are about; each comes with whether it names the action."""
    roles = PassableRoles()
    for ground, names in named:
        statement = ground.statement
        is_understood = names is True and statement.problem is None and statement.effect is not None
        is_account_wide = is_understood and ground.grant.scope is None
        if statement.effect == "Deny":
            if is_account_wide and not statement.conditions:
                roles.denied += _role_names(statement.resources, account_id, surely=True)
        elif patterns := _role_names(statement.resources, account_id, surely=False):
            has_variable = any("${" in pattern for pattern in statement.resources or ())
            certain = is_account_wide and not has_variable
            (roles.allowed if certain else roles.doubtful).append((ground, patterns))
    return roles


@lru_cache(maxsize=16384)
def _role_names(resources: tuple[str, ...] | None, account_id: str, *, surely: bool) -> tuple[str, ...]:
    """The patterns of role names that are left of resource patterns.

    The ARN of a role is documented with the region `*`, and recorded with an empty one: `surely` keeps what
    fits both, else what fits either.
    """
    names: dict[str, None] = {}
    for resource in resources if resources is not None else ("*",):
        known, variable, _ = resource.partition("${")
        pattern = known + "*" if variable else resource  # a variable may stand for any text
        by_region = [set(residues(pattern, f"acs:ram:{region}:{account_id}:role/")) for region in ("*", "")]
        fitting = by_region[0] & by_region[1] if surely else by_region[0] | by_region[1]
        # No role's name has these characters.
        names |= dict.fromkeys(name for name in sorted(fitting) if not {":", "/"} & set(name))
    return tuple(names)
