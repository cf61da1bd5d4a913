"""Which RAM roles users and roles may lend to an instance: `ram:PassRole` (section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..inventory.facts import Unreadable
from ..messages import join_words, quote
from ..policy.authorization import PASS_ROLE
from ..policy.decision import Ground
from ..policy.patterns import TooManyPatterns, residues, uncovered
from .support.case import Case, Finding, check, failed, passed, unknown, unless
from .support.principals import CALLS_ROLES, CALLS_USERS, Principal, nobody, roles, users

REMEDIATION = (
    "Name the role in the Resource of the statement (acs:ram:*:*:role/NAME), or add it to `pass_roles`."
)


@check(
    "user-pass-role",
    severity="critical",
    section="5",
    calls=(*CALLS_USERS, "ram:GetPolicy"),
    remediation=REMEDIATION,
    off=unless("users"),
    about="user",
)
def user_pass_role(case: Case) -> Iterator[Finding]:
    """What a user may pass with `ram:PassRole`, less what is plainly denied, is covered by their `pass_roles`.

    It is about every role that there could be, not only those of today; conditions are not counted on.
    """
    yield from _each(case, users(case), "users", "no user exists")


@check(
    "role-pass-role",
    severity="critical",
    section="5",
    calls=(*CALLS_ROLES, "ram:GetPolicy"),
    remediation=REMEDIATION,
    off=unless("roles"),
    about="role",
)
def role_pass_role(case: Case) -> Iterator[Finding]:
    """What a role may pass with `ram:PassRole`, less what is plainly denied, is covered by its `pass_roles`.

    It is about every role that there could be, not only those of today; conditions are not counted on.
    """
    yield from _each(case, roles(case), "roles", "no role that an entry fits exists")


def _each(case: Case, some: Iterable[Principal | Finding], section: str, none: str) -> Iterator[Finding]:
    anybody = False
    for one in some:
        anybody = True
        yield one if isinstance(one, Finding) else _judged(case, one)
    if not anybody:
        yield nobody(case, "users" if section == "users" else "roles", none)


@dataclass
class _Passes:
    """Patterns of role names: what is allowed, by which statement; what is plainly denied; what is in
    doubt."""

    allowed: list[tuple[Ground, tuple[str, ...]]] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    doubted: list[tuple[Ground, tuple[str, ...]]] = field(default_factory=list)


def _judged(case: Case, one: Principal) -> Finding:
    globs = [glob for entry in one.entries if entry.fits is True for glob in entry.intent.pass_roles]
    maybe = [glob for entry in one.entries if entry.fits is not True for glob in entry.intent.pass_roles]
    holder, path = case.access.holder(one.holdings), one.config_path
    found = passes(holder.naming(PASS_ROLE), case.inventory.account_id)
    expected = f"expected {join_words(map(quote, globs)) if globs else 'none'}"
    try:
        beyond = _beyond(found.allowed, [*globs, *maybe, *found.denied])
        perhaps = _beyond([*found.allowed, *found.doubted], [*globs, *found.denied])
        patterns = _left(found)
    except TooManyPatterns:
        because = "the patterns of roles that it may pass are too entangled to be compared"
        return unknown(one.resource, because=because, config_path=path)
    if beyond:
        return _failed(one, beyond, expected)
    causes = [entry.fits for entry in one.entries if isinstance(entry.fits, Unreadable)] if maybe else []
    if perhaps or holder.gaps:
        doubts = join_words(
            [*(words for _, words in perhaps), *dict.fromkeys(gap.why for gap in holder.gaps)]
        )
        because = f"it may pass more than is intended: {doubts}; {expected}"
        return unknown(one.resource, *causes, *holder.causes, because=because, config_path=path)
    may = (
        f"the roles that it may pass ({join_words(map(quote, patterns))}) are"
        if patterns
        else "it may pass no role:"
    )
    return passed(one.resource, f"{may} as intended", config_path=path)


def _failed(one: Principal, beyond: list[tuple[str, str]], expected: str) -> Finding:
    return failed(
        one.resource,
        f"it may pass {'; '.join(words for _, words in beyond)}; {expected}",
        config_path=one.config_path,
        policies=tuple(dict.fromkeys(policy for policy, _ in beyond)),
        without=lambda accepted: _failed(one, [pair for pair in beyond if pair[0] not in accepted], expected),
    )


def _left(found: _Passes) -> list[str]:
    """The patterns of the roles that are allowed and not all denied."""
    allowed = dict.fromkeys(name for _, some in found.allowed for name in some)
    return [name for name in allowed if uncovered([name], [*found.denied, ""]) is not None]


def _beyond(some: Iterable[tuple[Ground, tuple[str, ...]]], intended: list[str]) -> list[tuple[str, str]]:
    """The statements that pass more roles than intended: the policy of each, and the statement in words."""
    found = []
    for ground, patterns in some:
        # A role has a name: the empty text is none.
        if uncovered(patterns, [*intended, ""]) is not None:
            found.append((ground.grant.policy, f"{join_words(map(quote, patterns))} by {ground}"))
    return found


def passes(named: Iterable[tuple[Ground, bool | None]], account_id: str) -> _Passes:
    found = _Passes()
    for ground, names in named:
        one = ground.statement
        understood = names is True and one.problem is None and one.effect is not None
        plain = understood and ground.grant.scope is None
        if one.effect == "Deny":
            if plain and not one.conditions:
                found.denied += _role_names(one.resources, account_id, surely=True)
        elif patterns := _role_names(one.resources, account_id, surely=False):
            known = plain and not any("${" in pattern for pattern in one.resources or ())
            (found.allowed if known else found.doubted).append((ground, patterns))
    return found


def _role_names(resources: tuple[str, ...] | None, account_id: str, *, surely: bool) -> tuple[str, ...]:
    """The patterns of role names that are left of resource patterns.

    The ARN of a role is documented with the region `*`, and recorded with an empty one: `surely` keeps what
    fits both, else what fits either.
    """
    found: dict[str, None] = {}
    for pattern in resources if resources is not None else ("*",):
        known, variable, _ = pattern.partition("${")
        pattern = known + "*" if variable else pattern  # noqa: PLW2901 - a variable may be any text
        either = [set(residues(pattern, f"acs:ram:{region}:{account_id}:role/")) for region in ("*", "")]
        left = either[0] & either[1] if surely else either[0] | either[1]
        # No role's name holds these characters.
        found |= dict.fromkeys(one for one in sorted(left) if not {":", "/"} & set(one))
    return tuple(found)
