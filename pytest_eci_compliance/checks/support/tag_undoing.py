"""What undoes the tag conditions of a custom policy for a principal that holds it (section 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from ...inventory.facts import PolicyRef, Unreadable
from ...messages import join_words, quote
from ...policy.authorization import LISTS_BY_TAGS, Call, Target
from ...policy.budget import TOO_MUCH, OutOfBudget
from ...policy.choices import Free
from ...policy.conditions import RESOURCE_TAG
from ...policy.decision import Principal
from ...policy.document import Statement
from ...policy.eci_actions import EciAction, eci_action
from ...policy.escalation import Identity
from ...policy.escalation.ask import Ask
from ...policy.escalation.states import State
from ...policy.held_policies import Ground
from ...policy.worst_case import FRESH_GROUP
from ...results import Reason
from .around_tags import (
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
from .case import Case
from .policy_holders import hidden_holders, holders
from .retagging import Detour, detours
from .tag_service import by_tag_service
from .tag_space import SearchTooLargeError
from .tagged_statements import can_work, named_actions

_FREE = Free(request=True, resource=True, group=False)


@dataclass
class UndoneByGrants:
    """What grants undo the tag conditions of a policy, which of them may, in words; and what is not known for it."""

    undone: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    causes: list[Unreadable] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    possible: list[Reason] = field(default_factory=list)

    def add(self, name: str, holder: Principal, ways: _Ways) -> None:
        """Note what undoes the conditions for a holder. Only its first way is sought, so each of its policies counts as
        a reason."""
        undone, doubts = ways
        self.undone += [f"{name} has a grant that undoes it: {words}" for words in undone[:1]]
        self.doubts += [f"{name} may have a grant that undoes it: {words}" for words in doubts[:1]]
        held = tuple(
            f"{grant.policy} {grant.path} {grant.scope} {hash(grant.document)}" for grant in holder.grants
        )
        self.reasons += [Reason(f"undone for {name}", held)] if undone else []
        self.possible += [Reason(f"possibly undone for {name}", held)] if doubts else []


def undone_by_grants(case: Case, ref: PolicyRef, tagged: list[Statement], ask: Ask) -> UndoneByGrants:
    """The holders who are allowed without tags what the policy allows by tags."""
    result = UndoneByGrants()
    allows = [statement for statement in tagged if statement.effect == "Allow"]
    by_tags = {
        row.action for statement in allows for row in named_actions(statement) if can_work(statement, row)
    }
    by_tags |= {action for named in by_tags for action in same_effect(named)}
    on_resource = [statement for statement in tagged if statement.turns_on(RESOURCE_TAG)]
    by_tags_too = case.access.account.settled.get(LISTS_BY_TAGS, False)
    acts = list(
        dict.fromkeys(
            row for statement in on_resource for row in named_actions(statement) if row.tag_key or by_tags_too
        )
    )
    guarded = _Guarded(ref, tuple(tagged), tuple(sorted(by_tags)), tuple(acts))
    by_principal: dict[tuple[Principal, Identity | None], _Ways] = {}
    for identity, holdings in holders(case, ref):
        name = f"{identity.kind} {quote(identity.name)}"
        holder = case.access.holder(holdings)
        lifts = any(map(holder.may_allow, LIFTING))
        key = holder, case.access.escalation.representative(identity) if lifts else None
        if key not in by_principal:
            try:
                by_principal[key] = _undone_by(case, guarded, holder, ask.account.state(identity), ask)
            except OutOfBudget as spent:
                result.doubts.append(
                    f"what {name} and further holders are allowed without the tags takes {spent}"
                )
                break
        result.add(name, holder, by_principal[key])
        result.causes += [gap.cause for gap in holdings.gaps] if by_principal[key][1] else []
    if hidden := list(hidden_holders(case, ref)):
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
    case.access.budget.look_at_the_clock()
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
