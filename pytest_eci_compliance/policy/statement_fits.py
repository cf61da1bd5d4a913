"""Whether a statement is about a call: the scope in which it is held, and its Resource.

Both are three-valued: what the documents leave open is a question.
"""

from __future__ import annotations

from functools import lru_cache

from .account_part import with_account
from .authorization import PASS_ROLE, Authorization
from .conditions import VARIABLE, Context
from .held_policies import Ground
from .patterns import UNKNOWN, Pattern, TooManyPatterns, classes, matches_partly_known
from .three_valued import Assumptions, Question, Truth, all_of, any_of

ROLE_CASE = Question(
    "role case",
    "whether a pattern matches a role name that is written in another case",
    assumption="pass-role-ignores-case",
)


RAM_REGION = "region-in-ram-arns-is-ignored"
"""The assumption that settles whether a RAM ARN in a policy with a concrete region fits."""


def in_scope(ground: Ground, authorization: Authorization, asked: Assumptions) -> Truth:
    """Whether the call is authorised in the scope on which a statement is held."""
    scope = ground.grant.scope
    if scope is None:
        return True
    inside = {group == scope for group in authorization.groups_for(ground.statement.effect)}
    if len(inside) == 1:
        return inside.pop()
    why = f" ({authorization.group_unknown})" if authorization.group_unknown and not inside else ""
    what = f"whether {authorization.action} is authorised in resource group {scope}{why}"
    return asked.lookup(
        Question(("group", authorization.action, scope), what, assumption=_settled_by(authorization))
    )


def _settled_by(authorization: Authorization) -> str:
    """The assumption that settles whether a statement on a resource group counts; empty where none does."""
    if authorization.action.lower() == PASS_ROLE.lower():
        return "pass-role-on-resource-group"
    if not authorization.action.lower().startswith("eci:"):
        return "other-services-on-resource-group"
    return "deny-on-own-group-binds-queries-by-id" if authorization.deny_groups else ""


def about(ground: Ground, authorization: Authorization, asked: Assumptions) -> Truth:
    """Whether the Resource of a statement fits the resource of the call."""
    patterns = ground.statement.resources
    if patterns is None:  # the statement has a problem, which is asked about as a whole
        return True
    if "*" in patterns:
        return True
    truth, is_open = _without_assumptions(
        patterns,
        authorization.resource,
        authorization.readings,
        (authorization.role_name, authorization.all_resources),
    )
    return _about(patterns, authorization, asked) if is_open else truth


@lru_cache(maxsize=65536)
def _without_assumptions(
    patterns: tuple[str, ...], resource: str, readings: tuple[str, ...], marks: tuple[bool, bool]
) -> tuple[Truth, bool]:
    """Whether patterns fit the resource of a call, and whether that leaves a question open. `marks` are whether it is
    the ARN of a role, and whether the action is authorised on all resources. The same patterns are compared with the
    same ARN in the decisions on thousands of principals."""
    role_name, all_resources = marks
    authorization = Authorization(
        "", resource, (), Context(), role_name=role_name, readings=readings, all_resources=all_resources
    )
    asked = Assumptions()
    return _about(patterns, authorization, asked), bool(asked.open)


def _about(patterns: tuple[str, ...], authorization: Authorization, asked: Assumptions) -> Truth:
    if authorization.all_resources:
        return any_of(_fits_all(pattern, authorization, asked) for pattern in patterns)
    if not authorization.readings:
        return any_of(_fits(pattern, authorization, authorization.resource, asked) for pattern in patterns)
    by_reading = {
        arn: any_of(_fits(pattern, authorization, arn, asked) for pattern in patterns)
        for arn in authorization.readings
    }
    if len(set(by_reading.values())) == 1:
        return by_reading[authorization.resource]
    what = f"on which ARN {authorization.action} is authorised (the documents print several)"
    assumption = authorization.settled_by.assumption if authorization.settled_by else ""
    reading = asked(
        Question(
            ("reading", authorization.action, authorization.readings),
            what,
            authorization.readings,
            assumption,
        )
    )
    if isinstance(reading, bool) and authorization.settled_by is not None:
        return by_reading[authorization.settled_by.if_true if reading else authorization.settled_by.if_false]
    return None if reading is None else by_reading[str(reading)]


def _fits_all(pattern: str, authorization: Authorization, asked: Assumptions) -> Truth:
    """Whether a pattern other than `*` fits an action that is authorised on all resources: at most the widest ARN of
    the service does."""
    fits = _fits(pattern, authorization, authorization.resource, asked)
    if fits is False:
        return False
    text = f"whether {authorization.action}, which is authorised on all resources, is allowed on {pattern}"
    wide = asked.lookup(
        Question(("all resources", pattern), text, assumption="all-resources-have-an-eci-arn")
    )
    return all_of((fits, wide))


def _fits(pattern: str, authorization: Authorization, arn: str, asked: Assumptions) -> Truth:
    if VARIABLE in pattern:
        if matches_partly_known(pattern.partition(VARIABLE)[0] + "*", arn) is False:
            return False
        what = f"what the policy variable in {pattern} means"
        return asked.lookup(Question(("variable", pattern, arn), what))
    if with_account(pattern) and matches_partly_known(pattern, arn) is not False:
        what = f"whether {pattern}, which names no account, fits a resource"
        return asked.lookup(Question(("no account", pattern), what))
    if arn.startswith(_REGIONLESS):
        return _fits_ram(pattern, arn, asked, role_name=authorization.role_name)
    fits = matches_partly_known(pattern, arn)
    if fits is not None:
        return fits
    what = f"whether the resource of {authorization.action} fits {pattern}"
    return asked.lookup(Question(("resource", pattern, arn), what))


_REGIONLESS = ("acs:ram:*:", "acs:ims:*:", f"acs:{UNKNOWN}:*:")


def _fits_ram(pattern: str, arn: str, asked: Assumptions, *, role_name: bool) -> Truth:
    """ARNs of RAM have no region: the documents print it as `*` or leave it empty, and mean the same.

    What a concrete region in a pattern means is not documented.
    """
    spellings = (arn, arn.replace(":*:", "::", 1))
    region, any_region = _region(pattern)
    same = any_region if region in ("", "*") else pattern
    exact = {matches_partly_known(same, text) for text in spellings}
    if exact == {True}:
        return True
    if exact != {False}:
        return asked.lookup(_spelling(pattern, arn))
    names_region = region not in ("", "*", None)
    fits = matches_partly_known(any_region, arn) if names_region else False
    if fits is None:
        fits = asked.lookup(_spelling(any_region, arn))
    elif not fits:
        may_fit = role_name and any(_fits_in_another_case(any_region, text) for text in spellings)
        fits = asked.lookup(ROLE_CASE) if may_fit else False
    if fits is False or not names_region:
        return fits
    return all_of((fits, asked.lookup(_spelling(pattern, arn, RAM_REGION))))


@lru_cache(maxsize=65536)
def may_fit_role(pattern: str, arn: str) -> bool:
    """Whether a pattern may fit the ARN of a role (`acs:ram:*:ACCOUNT:role/NAME`); False only where it certainly does
    not, whatever the documents leave open: regions, the case of letters, policy variables."""
    if VARIABLE in pattern:
        return True
    folded, any_region = arn.lower(), _region(pattern)[1].lower()
    spellings = (folded, folded.replace(":*:", "::", 1))
    return any(
        matches_partly_known(written, text) is not False
        for written in {pattern.lower(), any_region}
        for text in spellings
    )


def without_region(pattern: str) -> str | None:
    """The pattern for any region, where it names a concrete one; None where it names none."""
    region, any_region = _region(pattern)
    return None if region in ("", "*", None) else any_region


@lru_cache(maxsize=4096)
def _region(pattern: str) -> tuple[str | None, str]:
    """The region that a pattern names (None where it cannot be told apart), and the pattern for any region."""
    parts = pattern.split(":", 3)
    if len(parts) < 4 or "*" in parts[0] + parts[1]:
        return None, pattern
    return parts[2], ":".join((*parts[:2], "*", parts[3]))


@lru_cache(maxsize=4096)
def _fits_in_another_case(pattern: str, arn: str) -> bool:
    """Whether the pattern fits a role's ARN with some letters of the role's name, and of nothing else, in another
    case."""
    if matches_partly_known(pattern.lower(), arn.lower()) is False:
        return False
    head, slash, name = arn.rpartition("/")
    if UNKNOWN in arn:
        return matches_partly_known(pattern.lower(), arn.lower()) is not False
    any_case = Pattern((*Pattern.literal(head + slash).steps, *Pattern.literal(name, ignore_case=True).steps))
    try:
        return any(fits for (fits,) in classes([Pattern.wild(pattern)], any_case))
    except TooManyPatterns:
        return True


def _spelling(pattern: str, arn: str, assumption: str = "") -> Question:
    text = f"whether {pattern} fits the ARN {arn.replace(UNKNOWN, '…')}"
    return Question(("role", pattern, arn), text, assumption=assumption)
