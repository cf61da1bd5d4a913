"""The RAM roles that users and roles may pass: `ram:PassRole` (section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from ..inventory.facts import Unreadable, read_or_empty
from ..messages import escape, join_words, quote
from ..policy.authorization import PASS_ROLE, Account
from ..policy.budget import Budget, OutOfBudget
from ..policy.decision import Principal
from ..policy.held_policies import Ground
from ..policy.patterns import TooManyPatterns, matches, residues, uncovered
from ..policy.statement_fits import RAM_REGION, without_region
from ..policy.three_valued import how_to_settle
from .support.case import Case
from .support.decorators import principal_checks
from .support.principals import CheckedPrincipal
from .support.verdicts import Verdict, failed, passed, unknown

ON_GROUP, IGNORES_CASE = "pass-role-on-resource-group", "pass-role-ignores-case"
_CASE_IS_OPEN = "whether a pattern matches a role name that is written in another case is not documented"


@principal_checks(
    "{principal}-pass-role",
    sections={"user": "5", "role": "5"},
    severity="critical",
    key="pass_roles",
    calls=("ram:GetPolicy",),
    remediation="Name the role in the Resource of the statement (acs:ram:*:*:role/NAME), or add it to `pass_roles`.",
)
def pass_role(principal: CheckedPrincipal, case: Case) -> Verdict:
    """Every role that a {noun} can pass with `ram:PassRole`, less what is plainly denied, is covered by `pass_roles`.

    The check is about every role that could exist, not only those of today. Conditions are not relied on.
    """
    settled = case.access.account.settled
    ignores_case = settled.get(IGNORES_CASE)
    try:
        verdict = _judge(principal, case, fold=ignores_case is True)
        if ignores_case is not None:
            return verdict
        other = _judge(principal, case, fold=True)
    except TooManyPatterns:
        name = escape(principal.name)
        return unknown(because=f"the patterns of roles that {name} can pass are too many to be compared")
    except OutOfBudget as spent:
        return unknown(because=f"which roles {escape(principal.name)} can pass takes {spent}")
    if other.outcome == verdict.outcome or "unknown" in (verdict.outcome, other.outcome):
        return other if other.outcome == "unknown" else verdict
    failure = verdict if verdict.outcome == "failed" else other
    return unknown(because=f"{failure.message}; {_CASE_IS_OPEN}{how_to_settle(IGNORES_CASE)}")


def _judge(principal: CheckedPrincipal, case: Case, *, fold: bool) -> Verdict:
    """The verdict where patterns of role names ignore the case of letters (`fold`), or do not.

    Raises `OutOfBudget` and `TooManyPatterns`.
    """
    intended = [glob for entry in principal.entries if entry.fits is True for glob in entry.intent.pass_roles]
    perhaps_intended = [
        glob for entry in principal.entries if entry.fits is not True for glob in entry.intent.pass_roles
    ]
    holder = case.access.holder(principal.holdings)
    expected = f"intended: {'only ' + join_words(map(quote, intended)) if intended else 'none'}"
    name = escape(principal.name)
    roles = _passable_roles(holder, case.access.account)
    compare = _Comparison(case.budget, fold, _recorded_roles(case) if fold else ())
    beyond = compare.beyond(roles.allowed, [*intended, *perhaps_intended], roles.denied)
    perhaps_beyond = compare.beyond([*roles.allowed, *roles.doubtful], intended, roles.denied)
    patterns = _not_denied(roles, case.budget)
    if beyond:
        return _failed(name, beyond, expected)
    causes = [entry.fits for entry in principal.entries if isinstance(entry.fits, Unreadable)]
    if perhaps_beyond or holder.gaps:
        statements = [excess.words for excess in perhaps_beyond]
        doubtful_gaps = dict.fromkeys(gap.why for gap in holder.gaps)
        doubts = join_words([*statements, *doubtful_gaps], between="; ")
        because = f"{name} may be able to pass more than is intended: {doubts}; {expected}"
        because += how_to_settle(*_turns_on(roles, case.access.account))
        return unknown(
            *(causes if perhaps_intended else ()),
            *holder.causes,
            because=because,
            reasons=[*(reason for excess in perhaps_beyond for reason in excess.reasons), *doubtful_gaps],
        )
    if not patterns:
        return passed(f"{name} can pass no role, as intended")
    return passed(f"{name} can pass only intended roles: {join_words(map(quote, patterns))}")


def _turns_on(roles: PassableRoles, account: Account) -> Iterator[str]:
    """What the owner of the account can settle of the doubts: statements that are held on a resource group, and ARNs
    with a region."""
    grounds = [ground for ground, _ in roles.doubtful]
    if account.settled.get(ON_GROUP) is None and any(ground.grant.scope is not None for ground in grounds):
        yield ON_GROUP
    if account.settled.get(RAM_REGION) is None and any(
        without_region(pattern) for ground in grounds for pattern in ground.statement.resources or ()
    ):
        yield RAM_REGION


def _recorded_roles(case: Case) -> tuple[str, ...]:
    listed = case.inventory.roles
    return tuple(role.role_name for role in read_or_empty(listed))


class _Excess(NamedTuple):
    """A statement that allows more roles than intended: its policy, the patterns or names of roles, and where it is."""

    policy: str
    roles: tuple[str, ...]
    ground: Ground

    @property
    def words(self) -> str:
        roles = "any role" if self.roles == ("*",) else join_words(map(quote, self.roles))
        return f"{roles}: {self.ground}"

    @property
    def reasons(self) -> Iterator[str]:
        return (f"{role}: {self.ground}" for role in self.roles)


def _failed(name: str, beyond: list[_Excess], expected: str) -> Verdict:
    return failed(
        f"{name} can pass {'; '.join(excess.words for excess in beyond)}; {expected}",
        policies=tuple(dict.fromkeys(excess.policy for excess in beyond)),
        reasons=(reason for excess in beyond for reason in excess.reasons),
        without=lambda accepted: _failed(
            name, [excess for excess in beyond if excess.policy not in accepted], expected
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


@dataclass(frozen=True)
class _Comparison:
    """Compares patterns of role names: by any case of their letters where `fold` is set. Then `recorded`, the names of
    the roles of the account, are compared with what is intended as they are written."""

    budget: Budget
    fold: bool
    recorded: tuple[str, ...]

    def beyond(
        self, grants: Iterable[tuple[Ground, tuple[str, ...]]], intended: list[str], denied: list[str]
    ) -> list[_Excess]:
        """The statements that allow more roles than intended."""
        # A role has a name: the empty text is none.
        covered = self._folded([*intended, *denied, ""])
        unintended = [
            name
            for name in self.recorded
            if not self._fits(name, intended) and not self._fits_folded(name, denied)
        ]
        rows = []
        for ground, patterns in grants:
            allowed = [name for name in unintended if self._fits_folded(name, patterns)]
            if uncovered(self._folded(patterns), covered, self.budget) is not None:
                rows.append(_Excess(ground.grant.policy, patterns, ground))
            elif allowed:
                rows.append(_Excess(ground.grant.policy, tuple(allowed), ground))
        return rows

    def _folded(self, patterns: Iterable[str]) -> list[str]:
        return [pattern.lower() if self.fold else pattern for pattern in patterns]

    def _fits_folded(self, name: str, patterns: Iterable[str]) -> bool:
        return self._fits(name.lower(), map(str.lower, patterns))

    def _fits(self, name: str, patterns: Iterable[str]) -> bool:
        patterns = list(patterns)
        self.budget.spend(len(patterns) // 8)
        return any(matches(pattern, name) for pattern in patterns)


def _passable_roles(holder: Principal, account: Account) -> PassableRoles:
    """The roles that the statements of a principal are about. Raises `OutOfBudget`."""
    holder.spend_look(holder.work(PASS_ROLE))
    return passable_roles(holder.naming(PASS_ROLE), account)


def passable_roles(named: Iterable[tuple[Ground, bool | None]], account: Account) -> PassableRoles:
    """The roles that statements about `ram:PassRole` are about; each comes with whether it names the action.

    A statement on a resource group counts as the owner of the account settles it, and is in doubt else. So is one
    whose ARN names a region. A Deny on a resource group is plain only where it is settled that it stands against an
    Allow on the account; else it leaves what is allowed on a resource group in doubt.
    """
    on_group = account.settled.get(ON_GROUP)
    deny_wins = account.settled.get("deny-on-resource-group-wins")
    counting = [
        (ground, names) for ground, names in named if ground.grant.scope is None or on_group is not False
    ]
    has_group_deny = any(
        ground.statement.effect != "Allow" and ground.grant.scope is not None for ground, _ in counting
    )
    ignores_region = account.settled.get(RAM_REGION)
    roles = PassableRoles()
    for ground, names in counting:
        statement = ground.statement
        is_understood = names is True and statement.problem is None and statement.effect is not None
        on_account = ground.grant.scope is None
        resources = _resources(statement.resources, any_region=ignores_region is True)
        if statement.effect == "Deny":
            is_plain = on_account or (on_group is True and deny_wins is True)
            if is_understood and is_plain and not statement.conditions:
                roles.denied += _role_names(resources, account.id, surely=True)
            continue
        has_variable = any("${" in pattern for pattern in statement.resources or ())
        counts = on_account or (on_group is True and (deny_wins is True or not has_group_deny))
        certain = is_understood and counts and not has_variable
        if patterns := _role_names(resources, account.id, surely=False):
            (roles.allowed if certain else roles.doubtful).append((ground, patterns))
        if ignores_region is None:
            in_any_region = _role_names(_resources(resources, any_region=True), account.id, surely=False)
            if more := tuple(name for name in in_any_region if name not in patterns):
                roles.doubtful.append((ground, more))
    return roles


def _resources(resources: tuple[str, ...] | None, *, any_region: bool) -> tuple[str, ...] | None:
    """The resource patterns; with `any_region`, those that name a region fit in every region.

    ARNs of roles are documented without a region, and for ECS with the region of the call.
    """
    if resources is None or not any_region:
        return resources
    return tuple(without_region(pattern) or pattern for pattern in resources)


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
