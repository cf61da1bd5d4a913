"""What a principal is allowed, as a cell of the matrix of permissions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal, TypeAlias

from ..language import Translator
from ..policy.authorization import PASS_ROLE, Call, Target
from ..policy.choices import Free
from ..policy.conditions import RESOURCE_TAG
from ..policy.decision import AccessDecision, Principal
from ..policy.held_policies import Ground
from ..policy.patterns import UNKNOWN, matches, matches_partly_known
from ..policy.worst_case import FRESH_GROUP, decide_whatever

PERMISSIONS = {
    "look": "eci:DescribeContainerGroups",
    "create": "eci:CreateContainerGroup",
    "change": "eci:UpdateContainerGroup",
    "delete": "eci:DeleteContainerGroup",
    "run commands in": "eci:ExecContainerCommand",
}
"""The title of each permission, and the action that stands for it."""

PASS_ROLES = "pass roles"  # noqa: S105 - not a password
"""The title of the permission to pass roles."""

_NO_ID = "eci-of-no-record"

_NO_ROLE = "role-of-no-record"

_MOST_NAMED = 5

_MOST_LIMITS = 2

AnswerKind: TypeAlias = Literal["yes", "partly", "path", "undecidable", "no"]


@dataclass(frozen=True)
class PermissionCell:
    """`kind`: allowed, partly allowed, undecidable, denied, or allowed only by an escalation path; `words`: where;
    `via`: the policies that allow it, or the path. `has_failed` where a failed result is about it."""

    kind: AnswerKind
    words: str
    via: tuple[str, ...] = ()
    has_failed: bool = False


@dataclass(frozen=True)
class _Answer:
    """A decision and the grant behind it. `limits` are its resource patterns where they do not match every instance;
    `denials` are the Deny statements that may apply to some instances, or under some conditions, with their limits."""

    kind: AnswerKind
    ground: Ground | None = None
    limits: tuple[str, ...] = ()
    denials: tuple[tuple[Ground, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Wording:
    """The words of cells: the names of resource groups by id, and the language."""

    groups: Mapping[str, str]
    translator: Translator

    def text(self, english: str, /, **values: object) -> str:
        """The text in the language."""
        return self.translator.text(english, **values)

    def group(self, group_id: str) -> str:
        """The name of a resource group."""
        return self.groups.get(group_id, group_id)

    def listed(self, names: Iterable[str]) -> str:
        """Names in a list."""
        return self.translator.separator.join(names)


def cells_of(principal: Principal, wording: Wording, roles: tuple[str, ...]) -> Iterator[PermissionCell]:
    """The cells of a principal, in the order of `PERMISSIONS`, and the one of `PASS_ROLES`."""
    scopes = sorted({grant.scope for grant in principal.grants if grant.scope is not None})
    by_scope = {scope: _restrict(principal, scope) for scope in (None, *scopes)}
    is_incomplete = any(gap.groups for gap in principal.gaps)
    for action in PERMISSIONS.values():
        yield _cell(by_scope, action, wording, is_incomplete=is_incomplete)
    yield _pass_roles(principal, wording, roles)


def _cell(
    by_scope: Mapping[str | None, Principal], action: str, wording: Wording, *, is_incomplete: bool
) -> PermissionCell:
    everywhere = _decide(by_scope[None], action, FRESH_GROUP)
    # A permission that is allowed everywhere under conditions is so in each group: no need to search again.
    search = everywhere.kind != "partly"
    in_groups = {
        wording.group(scope): _decide(principal, action, scope, search=search)
        for scope, principal in by_scope.items()
        if scope is not None
    }
    if everywhere.kind == "yes":
        return _everywhere(everywhere, in_groups, wording, is_incomplete=is_incomplete)
    partly = _groups_with(in_groups, "partly", wording)
    answers_by_words = {
        wording.text("under conditions"): [everywhere] if everywhere.kind == "partly" else [],
        wording.text("in {groups}", groups=_groups_with(in_groups, "yes", wording)): (
            _answers_of_kind(in_groups, "yes")
        ),
        wording.text("in {groups} under conditions", groups=partly): _answers_of_kind(in_groups, "partly"),
    }
    words = [text for text, answers in answers_by_words.items() if answers]
    if words:
        answers = chain.from_iterable(answers_by_words.values())
        return PermissionCell("partly", "; ".join(words), _via(answers, wording))
    if is_incomplete or _answers_of_kind({"": everywhere, **in_groups}, "undecidable"):
        return PermissionCell("undecidable", wording.text("undecidable"))
    return PermissionCell("no", wording.text("no"))


def _groups_with(in_groups: Mapping[str, _Answer], kind: AnswerKind, wording: Wording) -> str:
    return wording.listed(name for name, answer in in_groups.items() if answer.kind == kind)


def _answers_of_kind(in_groups: Mapping[str, _Answer], kind: AnswerKind) -> list[_Answer]:
    return [answer for answer in in_groups.values() if answer.kind == kind]


def _everywhere(
    everywhere: _Answer, in_groups: Mapping[str, _Answer], wording: Wording, *, is_incomplete: bool
) -> PermissionCell:
    """Allowed on the whole account, except in groups where a Deny applies or may apply."""
    exceptions = [name for name, answer in in_groups.items() if answer.kind != "yes"]
    via, text = _via([everywhere], wording), wording.text
    if exceptions:
        groups = wording.listed(exceptions)
        words = text("everywhere; denied or undecidable in {groups}", groups=groups)
        return PermissionCell("partly", words, via)
    if is_incomplete:
        return PermissionCell("yes", text("everywhere, by the policies that were read"), via)
    return PermissionCell("yes", text("everywhere"), via)


def _restrict(principal: Principal, scope: str | None) -> Principal:
    """The principal with its account-wide grants and, if `scope` names a resource group, those on that group."""
    grants = [grant for grant in principal.grants if grant.scope in (None, scope)]
    gaps = [gap for gap in principal.gaps if gap.account or scope is not None]
    return Principal(grants, principal.account, gaps)


def _decide(principal: Principal, action: str, group: str, *, search: bool = True) -> _Answer:
    """Whether the action is allowed on a plain resource in the group; else, with `search`, under any conditions."""
    plain = principal.decide(
        Call(action, Target("containergroup", _NO_ID, group=group, tags=()), group=group)
    )
    account = principal.account.id
    denials = tuple((denial, _limits(denial, account)) for denial in _denials(principal, action))
    if plain.outcome == "allowed":
        return _Answer("partly" if denials else "yes", plain.ground, denials=denials)
    best = _decide_best_case(principal, action, group) if search else plain
    if best.outcome == "allowed":
        return _Answer("partly", best.ground, _limits(best.ground, account), denials)
    return _Answer("undecidable" if "undecidable" in (plain.outcome, best.outcome) else "no")


def _decide_best_case(principal: Principal, action: str, group: str) -> AccessDecision:
    call = Call(action, Target("containergroup", None, group=group), group=group)
    return decide_whatever(principal, call, Free(request=True, resource=True), [group])


def _denials(principal: Principal, action: str) -> Iterator[Ground]:
    """The Deny statements that may apply to an action on some instance, or to some creation."""
    is_creation = action == PERMISSIONS["create"]
    arn = f"acs:eci:{UNKNOWN}:{principal.account.id}:containergroup/{'*' if is_creation else UNKNOWN}"
    for ground, _ in principal.naming(action):
        statement = ground.statement
        if statement.effect != "Deny":
            continue
        # A new instance has no tags yet that a condition could see.
        is_about_tags = any(condition.key.startswith(RESOURCE_TAG) for condition in statement.conditions)
        patterns = statement.resources or ("*",)
        fits = any("${" in pattern or matches_partly_known(pattern, arn) is not False for pattern in patterns)
        if fits and not (is_creation and is_about_tags):
            yield ground


def _limits(ground: Ground | None, account: str) -> tuple[str, ...]:
    """The resource patterns of a statement, unless one of them matches every instance of the account."""
    patterns = ground.statement.resources if ground is not None else None
    every = f"acs:eci:{UNKNOWN}:{account}:containergroup/{UNKNOWN}"
    if not patterns or any(matches_partly_known(pattern, every) is True for pattern in patterns):
        return ()
    return patterns


def _pass_roles(principal: Principal, wording: Wording, roles: tuple[str, ...]) -> PermissionCell:
    text = wording.text
    if not principal.naming(PASS_ROLE) and not principal.gaps:
        return PermissionCell("no", text("no"))
    any_role = principal.decide(Call(PASS_ROLE, role=_NO_ROLE))
    if any_role.outcome == "allowed":
        return PermissionCell("yes", text("any role"), _via([_Answer("yes", any_role.ground)], wording))
    decisions = {
        name: principal.decide(Call(PASS_ROLE, role=name)) for name in roles if _may_pass(principal, name)
    }
    allowed = {name: decision for name, decision in decisions.items() if decision.outcome == "allowed"}
    if allowed:
        words, more = wording.listed(list(allowed)[:_MOST_NAMED]), len(allowed) - _MOST_NAMED
        if more > 0:
            words = text("{words} and {number} more", words=words, number=more)
        answers = [_Answer("yes", decision.ground) for decision in allowed.values()]
        return PermissionCell("partly", words, _via(answers, wording))
    if any(decision.outcome == "undecidable" for decision in (any_role, *decisions.values())):
        return PermissionCell("undecidable", text("undecidable"))
    return PermissionCell("no", text("no role that exists"))


def _may_pass(principal: Principal, role: str) -> bool:
    """A quick test before a decision: whether a pattern may match the name of the role, in any case of letters."""
    if principal.gaps:
        return True
    patterns = (
        pattern
        for ground, _ in principal.naming(PASS_ROLE)
        for pattern in ground.statement.resources or ("*",)
    )
    tails = (pattern.rpartition("role/") for pattern in patterns)
    return any("${" in tail or not stem or matches(tail.lower(), role.lower()) for stem, _, tail in tails)


def _via(answers: Iterable[_Answer], wording: Wording) -> tuple[str, ...]:
    grants: dict[str, None] = {}
    for answer in answers:
        if answer.ground is not None:
            grants[_grant(answer.ground, answer.limits, wording)] = None
        for denial, limits in answer.denials:
            policy = _grant(denial, limits, wording)
            grants[wording.text("denied by {policy}", policy=policy)] = None
    return tuple(grants)


def _grant(ground: Ground, limits: tuple[str, ...], wording: Wording) -> str:
    grant, text = ground.grant, wording.text
    words = str(grant.policy)
    if grant.scope is not None:
        words = text("{policy} on {group}", policy=words, group=wording.group(grant.scope))
    if grant.path != "directly":
        words += f" {wording.translator.row(grant.path)}"
    if limits:
        patterns = wording.translator.join(limits, most=_MOST_LIMITS)
        words = text("{policy}, only {resources}", policy=words, resources=patterns)
    for condition in ground.statement.conditions[:2]:
        words = text("{policy}, where {condition}", policy=words, condition=condition)
    return words
