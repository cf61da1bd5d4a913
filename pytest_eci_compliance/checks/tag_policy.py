"""Custom policies that grant ECI by tags: whether their conditions can work, and are not undone (section
4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from ..inventory.facts import PolicyRef, Unreadable
from ..inventory.grants import PrincipalGrants
from ..messages import join_words, quote
from ..policy.authorization import LISTS_BY_TAGS, Call, Target
from ..policy.budget import TOO_MUCH, OutOfBudget
from ..policy.choices import Free
from ..policy.conditions import OPERATORS, REQUEST_TAG, RESOURCE_TAG, Condition, is_negated
from ..policy.decision import Principal
from ..policy.document import Statement, parse
from ..policy.eci_actions import ACTIONS, EciAction, eci_action
from ..policy.escalation import Identity
from ..policy.escalation.account import AccountIndex
from ..policy.escalation.ask import Ask
from ..policy.escalation.effort import Effort
from ..policy.escalation.states import State
from ..policy.held_policies import Ground
from ..policy.three_valued import how_to_settle
from ..policy.worst_case import FRESH_GROUP
from ..results import Resource
from .support.around_tags import (
    LIFTING,
    Lifted,
    Opening,
    by_moving,
    by_same_effect,
    denied_by_tags,
    lifted,
    opened,
    same_effect,
)
from .support.case import Case
from .support.documents import document_found
from .support.principals import CALLS
from .support.registry import check, has_section
from .support.retagging import Detour, SearchTooLargeError, detours
from .support.tag_service import by_tag_service
from .support.verdicts import Finding, Verdict, failed, passed, skipped, unknown

_FREE = Free(request=True, resource=True, group=False)


@check(
    "tag-policy",
    severity="high",
    section="4",
    calls=(*CALLS["users"], *CALLS["roles"], "ram:ListPolicies", "ram:GetPolicy"),
    remediation="Use acs:RequestTag for what is created and acs:ResourceTag for what exists, as the worked policy"
    " of section 4 does, and remove statements that allow the same without tags, or that change the tags of resources"
    " outside the scope.",
    enabled_when=has_section("users", "access"),
    resource_type="policy",
)
def tag_policy(case: Case) -> Iterator[Finding]:
    """The tag conditions of a custom policy can work, and no holder has another grant that undoes them.

    A statement is void where no action that it names can satisfy it: acs:ResourceTag where the call names no
    resource (Create*), acs:RequestTag where no tag can be sent. A grant undoes a tag policy where it allows
    the same action without any tag, or lets its holder tag other people's resources into scope, or out of
    the scope of a Deny: by TagResources, UntagResources or an Update* that changes tags. That grant may be a
    statement of the policy itself. By the same actions of the Tag service (`tag:TagResources`) that is possible.
    An action of the same effect counts as the action itself. A Deny that its holder can detach is undone, and a
    resource that its holder can move to another resource group may be.
    """
    anything = False
    ask = Ask(AccountIndex(case.inventory, case.access), Effort(case.access.budget))
    listed_policies = case.inventory.custom_policies
    if isinstance(listed_policies, Unreadable):
        anything = True
        because = "which custom policies exist is not known"
        yield unknown(listed_policies, because=because).on(Resource("policy", "*"))
        listed_policies = ()
    known = {ref for ref in case.inventory.policies if ref.policy_type == "Custom"}
    for ref in sorted(known.union(listed_policies)):
        verdict = _evaluate_policy(case, ref, ask)
        if verdict is not None:
            anything = True
            yield verdict.on(Resource("policy", str(ref), ref.policy_name))
    if not anything:
        yield skipped("no custom policy has tag conditions on ECI actions").on(Resource("policy", "*"))


def _evaluate_policy(case: Case, ref: PolicyRef, ask: Ask) -> Verdict | None:
    """The verdict on one custom policy; None where it has no tag conditions on ECI actions."""
    text = document_found(case.inventory, ref)
    open_question = "whether it has tag conditions is not known"
    if isinstance(text, Unreadable):
        return unknown(text, because=open_question)
    statements = parse(text).statements
    tagged = [statement for statement in statements if _is_tagged(statement) and _named(statement)]
    if not tagged:
        problems = (statement.problem for statement in statements if statement.actions is None)
        problem = next(filter(None, problems), None)
        return unknown(because=f"{open_question}: {problem}") if problem else None
    settled = case.access.account.settled
    void = [words for statement in tagged for words in _void(statement)]
    if settled.get(LISTS_BY_TAGS) is False:
        void += [
            f"statement {statement.index} names only calls that show no tags to conditions"
            for statement in tagged
            if _asks_for_tags_alone(statement)
        ]
    undone = _undone(case, ref, tagged, ask)
    if problems_found := [*void, *undone.undone]:
        words = join_words(problems_found, last="and also", most=5)
        return failed(f"its tag conditions do not hold: {words}")
    doubts = [
        f"statement {statement.index}: {why}"
        for statement in tagged
        for why in _not_understood(statement, settled)
    ]
    doubts += undone.doubts
    if doubts:
        because = f"whether its tag conditions hold is not known: {join_words(doubts, most=3)}"
        return unknown(*undone.causes, because=because)
    return passed("its tag conditions can work, and no principal has another grant that undoes them")


def _is_tagged(statement: Statement) -> bool:
    """Whether a statement has tag conditions, or what may be meant as such."""
    return statement.turns_on_tags or any(map(_is_odd, statement.conditions))


def _is_odd(condition: Condition) -> bool:
    """A key that is documented for tags in another spelling, or (`eci:tag`) without its meaning."""
    folded, prefixes = condition.key.casefold(), (REQUEST_TAG, RESOURCE_TAG)
    as_written = condition.key.startswith(prefixes)
    return folded.startswith(("eci:tag", *map(str.casefold, prefixes))) and not as_written


def _named(statement: Statement) -> list[EciAction]:
    return [row for row in ACTIONS.values() if statement.names(row.action) is not False]


def _not_understood(statement: Statement, settled: Mapping[str, bool]) -> Iterator[str]:
    if statement.problem is not None:
        yield statement.problem
    rows = _named(statement)
    if _asks_for_tags_alone(statement) and LISTS_BY_TAGS not in settled:
        actions = join_words(row.action for row in rows)
        why = f"whether {actions} looks at tags: the RAM page of ECI lists no condition key for it"
        yield f"{why}{how_to_settle(LISTS_BY_TAGS)}"
    for condition in statement.conditions:
        if _is_odd(condition):
            yield f"what the key {condition.key} means"
        if condition.operator not in OPERATORS:
            yield f"the operator {condition.operator}"


def _asks_for_tags_alone(statement: Statement) -> bool:
    """Whether a statement with tag conditions names only actions for which no condition key for tags is documented."""
    rows = _named(statement)
    return statement.turns_on_tags and bool(rows) and not any(row.tag_key for row in rows)


def _can_work(statement: Statement, row: EciAction) -> bool:
    """Whether a call can satisfy the tag conditions at all. Negated operators are not judged."""
    keys = [condition.key for condition in statement.conditions if not is_negated(condition.operator)]
    on_request = any(key.startswith(REQUEST_TAG) for key in keys)
    on_resource = any(key.startswith(RESOURCE_TAG) for key in keys)
    # Section 4 says of Create* as such that no id is in the request, whatever a single one carries.
    names_none = row.id == "no" or row.name.startswith("Create")
    return not (on_request and row.tags == "no") and not (on_resource and names_none)


def _void(statement: Statement) -> Iterator[str]:
    rows = _named(statement)
    if (
        statement.problem is None
        and not _names_others(statement)
        and not any(_can_work(statement, row) for row in rows)
    ):
        keys = join_words(dict.fromkeys(condition.key for condition in statement.conditions))
        actions = join_words((row.action for row in rows), most=3)
        yield f"statement {statement.index} is void, since no call of {actions} can satisfy {keys}"


def is_void(statement: Statement) -> bool:
    """Whether this check fails a statement by itself: no call can satisfy its tag conditions."""
    return _is_tagged(statement) and bool(_named(statement)) and any(_void(statement))


def _names_others(statement: Statement) -> bool:
    """Whether a statement may also name actions of other services."""
    return statement.not_action or any(
        not action.lower().startswith("eci:") for action in statement.actions or ("*",)
    )


@dataclass
class _Undone:
    undone: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    causes: list[Unreadable] = field(default_factory=list)


def _undone(case: Case, ref: PolicyRef, tagged: list[Statement], ask: Ask) -> _Undone:
    """The holders who are allowed without tags what the policy allows by tags."""
    result = _Undone()
    allows = [statement for statement in tagged if statement.effect == "Allow"]
    by_tags = {row.action for statement in allows for row in _named(statement) if _can_work(statement, row)}
    by_tags |= {action for named in by_tags for action in same_effect(named)}
    on_resource = [statement for statement in tagged if statement.turns_on(RESOURCE_TAG)]
    by_tags_too = case.access.account.settled.get(LISTS_BY_TAGS, False)
    acts = list(
        dict.fromkeys(
            row for statement in on_resource for row in _named(statement) if row.tag_key or by_tags_too
        )
    )
    guarded = _Guarded(ref, tuple(tagged), tuple(sorted(by_tags)), tuple(acts))
    by_principal: dict[tuple[Principal, Identity | None], _Ways] = {}
    for identity, holdings in _holders(case, ref):
        who = f"{identity.kind} {quote(identity.name)}"
        holder = case.access.holder(holdings)
        lifts = any(map(holder.may_allow, LIFTING))
        key = holder, case.access.escalation.representative(identity) if lifts else None
        if key not in by_principal:
            try:
                by_principal[key] = _undone_by(case, guarded, holder, ask.account.state(identity), ask)
            except OutOfBudget as spent:
                result.doubts.append(
                    f"what {who} and further holders are allowed without the tags takes {spent}"
                )
                break
        undone, doubts = by_principal[key]
        result.undone += [f"{who} has a grant that undoes it: {words}" for words in undone[:1]]
        result.doubts += [f"{who} may have a grant that undoes it: {words}" for words in doubts[:1]]
        result.causes += [gap.cause for gap in holdings.gaps] if doubts else []
    if hidden := list(_hidden_holders(case, ref)):
        result.doubts.append("who holds it could not be read completely")
        result.causes += hidden
    return result


_Ways: TypeAlias = "tuple[list[str], list[str]]"
"""What undoes the tag conditions of a policy for a holder, and what may: in words."""


@dataclass(frozen=True)
class _Guarded:
    """What a policy guards by tags: the statements with tag conditions, the actions that it allows by tags (and those
    of the same effect), and the actions with conditions on the tags of a resource."""

    ref: PolicyRef
    statements: tuple[Statement, ...]
    by_tags: tuple[str, ...]
    acts: tuple[EciAction, ...]


def _undone_by(case: Case, guarded: _Guarded, holder: Principal, state: State, ask: Ask) -> _Ways:
    """What undoes the tag conditions of a policy for a holder, and what may. Raises `OutOfBudget`."""
    groups = _groups(guarded.ref, holder)
    denied = denied_by_tags(holder, guarded.statements, groups)
    ways: tuple[Callable[[], _Ways], ...] = (
        lambda: _allowed_anyway(case, guarded, holder, groups),
        lambda: _in_words(by_same_effect(case.access, holder, denied), "which has the same effect"),
        lambda: _allowed_by_retagging(case, guarded, holder),
        lambda: _allowed_by_lifting(case, guarded, holder, denied, lifted(ask, state, holder)),
        lambda: _allowed_by_moving(case, guarded, holder),
    )
    doubts: list[str] = []
    for way in ways:
        undone, more = way()
        if undone:
            return undone, doubts
        doubts += more
    return [], doubts


def _in_words(openings: Iterable[Opening], how: str) -> _Ways:
    """The first certain opening, and the first possible one."""
    doubts: list[str] = []
    for opening in openings:
        words = f"{opening.decision.why}, {how}"
        if opening.certain:
            return [words], doubts
        doubts = doubts or [words]
    return [], doubts


def _allowed_by_lifting(
    case: Case, guarded: _Guarded, holder: Principal, denied: tuple[Call, ...], ways: Iterable[Lifted]
) -> _Ways:
    """What a holder is allowed once it lifted Denies: those of the policy, or those that guard it."""
    groups = _groups(guarded.ref, holder)
    doubts: list[str] = []
    for way in ways:
        how = f"once {way.words}"
        parts = (
            _in_words(opened(case.access, holder, way.after, denied), how),
            _allowed_anyway(case, guarded, way.after, groups, f", {how}"),
            _allowed_by_retagging(case, guarded, way.after, f", {how}"),
        )
        for undone, more in parts:
            if undone and way.certain:
                return undone, []
            doubts += [*undone, *more]
    return [], doubts[:1]


def _allowed_by_moving(case: Case, guarded: _Guarded, holder: Principal) -> _Ways:
    """What a holder may be allowed once it moved a resource to another resource group."""
    scopes = {grant.scope for grant in holder.grants if grant.scope is not None}
    how = "once the resource is moved there, which may be allowed"
    ways = by_moving(case.access, holder, guarded.statements, (FRESH_GROUP, *sorted(scopes)))
    return _in_words(islice(ways, 1), how)


def _hidden_holders(case: Case, ref: PolicyRef) -> Iterator[Unreadable]:
    """Why there may be holders that are not known."""
    yield from (gap.cause for gap in case.inventory.attachments.gaps)
    through = {
        holder.principal_name for holder in case.grants.holders(ref) if holder.principal_type == "IMSGroup"
    }
    groups = case.inventory.groups
    if isinstance(groups, Unreadable):
        yield groups
        return
    members = [group.members for group in groups if group.group_name in through]
    yield from (names for names in members if isinstance(names, Unreadable))


def _holders(case: Case, ref: PolicyRef) -> Iterator[tuple[Identity, PrincipalGrants]]:
    """Users, directly or as members, and roles that hold a policy."""
    users: dict[str, None] = {}
    for holder in case.grants.holders(ref):
        if holder.principal_type == "ServiceRole":
            yield Identity("role", holder.principal_name), case.grants.role(holder.principal_name)
        elif holder.principal_type == "IMSUser":
            users[holder.principal_name] = None
        else:
            users |= dict.fromkeys(_members(case, holder.principal_name))
    yield from ((Identity("user", name), case.grants.user(name)) for name in users)


def _members(case: Case, group: str) -> tuple[str, ...]:
    groups = case.inventory.groups
    listed_groups = () if isinstance(groups, Unreadable) else groups
    members = [listed.members for listed in listed_groups if listed.group_name == group]
    return tuple(name for names in members if not isinstance(names, Unreadable) for name in names)


def _allowed_anyway(
    case: Case, guarded: _Guarded, holder: Principal, groups: list[str], how: str = ""
) -> _Ways:
    """What a holder is allowed without the policy's tags, and what it may be; `how` it comes to that."""
    left = holder.without_tag_allows
    doubts: list[str] = []
    for action in guarded.by_tags:
        calls = [call for group in groups for call in _calls(action, group)]
        for call in calls if left.may_allow(action) else ():
            decision = case.access.decide_whatever(left, call, _FREE)
            if decision.outcome == "allowed":
                return [decision.why + how], []
            if decision.is_out_of_budget:
                raise OutOfBudget(TOO_MUCH)
            if decision.outcome == "undecidable" and not doubts:
                doubts.append(decision.why + how)
    return [], doubts


def _allowed_by_retagging(case: Case, guarded: _Guarded, holder: Principal, how: str = "") -> _Ways:
    """What a holder is allowed after changing the tags of a resource, and what it may be."""
    ref, acts = guarded.ref, guarded.acts

    def own(ground: Ground) -> bool:
        return ground.grant.policy == str(ref) and ground.statement.turns_on(RESOURCE_TAG)

    other = holder.without(own)
    doubts: list[str] = []
    try:
        for group in _groups(ref, holder):
            for detour in detours(holder, other, acts, group):
                if detour.certain:
                    return [_detour_words(case, holder, detour) + how], []
                doubts = doubts or [_detour_words(case, holder, detour) + how]
    except SearchTooLargeError:
        doubts.append("its conditions tell more tags and callers apart than can be tried")
    if doubts or not acts:
        return [], doubts
    undone, doubts = by_tag_service(case.access, holder, ref, acts, _groups(ref, holder))
    return [words + how for words in undone], [words + how for words in doubts]


def _detour_words(case: Case, holder: Principal, detour: Detour) -> str:
    target = detour.act.target
    tags = (target.tags if target is not None else None) or ()
    before = _tag_words((key, value) for key, value in tags if isinstance(value, str))
    retag = case.access.decide_call(holder, detour.retags[0])
    allowed = "is allowed" if detour.certain else "may be allowed"
    return (
        f"{detour.act.action} {allowed} on a resource with {before}, once"
        f" {join_words(call.action for call in detour.retags)} changed its tags to"
        f" {_tag_words(detour.tags_after)}: {retag.why}"
    )


def _tag_words(tags: Iterable[tuple[str, str]]) -> str:
    """Tags in words.

    >>> _tag_words([("env", "test")]), _tag_words([])
    ("the tag 'env'='test'", 'no tag')
    """
    words = [f"{quote(key)}={quote(value)}" for key, value in tags]
    noun = "tag" if len(words) == 1 else "tags"
    return f"the {noun} {join_words(words)}" if words else "no tag"


def _groups(ref: PolicyRef, holder: Principal) -> list[str]:
    """The resource groups in which the policy is held: for the whole account, one of each kind to the
    holder."""
    scopes = {grant.scope for grant in holder.grants if grant.policy == str(ref)}
    if None in scopes:
        return [FRESH_GROUP, *sorted({grant.scope for grant in holder.grants if grant.scope is not None})]
    return sorted(scope for scope in scopes if scope is not None)


def _calls(action: str, group: str) -> list[Call]:
    row = eci_action(action)
    if row is None or row.id == "no":
        return [Call(action, group=group)]
    named = [Call(action, Target(kind, group=group), group=group) for kind in row.kinds]
    return named if row.id == "must" else [Call(action, group=group), *named]
