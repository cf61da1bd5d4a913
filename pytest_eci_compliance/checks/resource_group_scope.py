"""Users who are meant for some resource groups, and what they can change in others (section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import product

from ..inventory.facts import Unreadable
from ..messages import escape, join_words, pluralize
from ..policy.authorization import Call, Target
from ..policy.choices import Free
from ..policy.decision import Principal
from ..policy.eci_actions import ACTIONS, EciAction, fitting
from ..policy.evaluator import Decision
from ..policy.held_policies import Ground
from ..policy.worst_case import FRESH_GROUP
from .support.call_words import deciding_words
from .support.case import Case
from .support.decorators import principal_check
from .support.principals import CheckedPrincipal, Entry
from .support.registry import Requirement
from .support.resources import group_label
from .support.verdicts import Verdict, failed, passed, unknown

_FREE = Free(request=True, resource=True, group=False)


@principal_check(
    "user-resource-groups",
    principal="user",
    severity="high",
    key="resource_groups",
    section="3",
    calls=("resourcemanager:ListResourceGroups", "ram:GetPolicy"),
    remediation="Detach the policy that the message names, or attach it on the intended resource groups alone.",
    enabled_when=Requirement(
        lambda intent: any(entry.resource_groups is not None for entry in intent.users or ()),
        "no entry of `users` has `resource_groups`",
    ),
    nobody="no user matches an entry with `resource_groups`",
)
def user_resource_groups(user: CheckedPrincipal, case: Case) -> Verdict | None:
    """No policy lets a user who is meant for some resource groups change anything of ECI in another one.

    Intended or not, whatever the call carries and whatever the resource is like; Describe* and List* apart.
    """
    entries = [entry for entry in user.entries if entry.intent.resource_groups is not None]
    if not entries:
        return None
    own, doubts = _own_groups(case, entries)
    holder = case.access.holder(user.holdings)
    scopes = {grant.scope for grant in holder.grants if grant.scope is not None}
    decisions = list(_decisions(case, holder, (FRESH_GROUP, *sorted(scopes - own))))
    allowed = [part for part in decisions if part[2].outcome == "allowed"]
    name = escape(user.name)
    if allowed and not doubts:
        actions = dict.fromkeys(action.action for action, _, _ in allowed)
        _, group, decision = allowed[0]
        return failed(
            f"{name} can {join_words(actions, most=4)} in {_group_words(case, group)}: {decision.why}",
            reasons=(
                f"{action.action} in {where}: {deciding_words(decision, explained=False)}"
                for action, where, decision in allowed
            ),
        )
    undecided = next((decision for _, _, decision in decisions if decision.outcome != "denied"), None)
    reasons = [undecided.why] if undecided is not None else _unknown_actions(holder, own)
    if reasons:
        because = f"it is not known what {name} can change in other resource groups: {reasons[0]}"
        open_calls = [
            f"{action.action} in {where}: {deciding_words(decision, explained=False)}"
            for action, where, decision in decisions
            if decision.outcome != "denied"
        ]
        return unknown(*doubts, *holder.causes, because=because, reasons=[*reasons, *open_calls])
    groups = join_words(group_label(case, group) for group in sorted(own))
    outside = f" outside {groups}" if own else ""
    tried = pluralize(len(decisions), "kind")
    return passed(f"{name} can change nothing of ECI{outside}: {tried} of call tried")


def _decisions(
    case: Case, holder: Principal, groups: Iterable[str]
) -> Iterator[tuple[EciAction, str, Decision]]:
    """The worst decision on every changing action in every group.

    Actions of the same model that the same statements name are decided once.
    """
    decided: dict[object, Decision] = {}
    models = [(action, _model(holder, action)) for action in _changing(holder)]
    for group, (action, model) in product(groups, models):
        alike = (group, model)
        if alike not in decided:
            decided[alike] = _worst(case, holder, action, group)
        yield action, group, decided[alike]


def _model(holder: Principal, action: EciAction) -> tuple[object, ...]:
    """All that the decisions on an action can turn on: what it carries, and the statements that name it."""
    by_resource = any(grant.about(action.action).by_resource for grant in holder.grants)
    kind, each = (action.kind, action.each) if by_resource else (None, False)
    return replace(action, name="", kind=kind, each=each), holder.said_about(action.action)


def _own_groups(case: Case, entries: Iterable[Entry]) -> tuple[set[str], list[Unreadable]]:
    """The ids of the resource groups that a user is meant for, and what could not be read of them."""
    own: set[str] = set()
    doubts: list[Unreadable] = []
    for entry in entries:
        if isinstance(entry.fits, Unreadable):
            doubts.append(entry.fits)
            continue
        for written in entry.intent.resource_groups or {}:
            group = case.resource_groups.id_of(written)
            own.add(group if isinstance(group, str) else written)
            doubts += [group] if isinstance(group, Unreadable) and not written.startswith("rg-") else []
    return own, doubts


def _unknown_actions(holder: Principal, own: set[str]) -> list[str]:
    """Statements that allow, elsewhere, actions of which no edition of the API says what they do."""
    reasons: dict[str, None] = {}
    for grant in holder.grants:
        for statement in grant.document.statements if grant.scope not in own else ():
            patterns = () if statement.effect == "Deny" or statement.not_action else statement.actions or ()
            unknown_patterns = _unknown_patterns(patterns)
            if unknown_patterns:
                ground = Ground(grant, statement)
                reasons[f"the effect of {join_words(unknown_patterns)} is not known; allowed by {ground}"] = (
                    None
                )
    return list(reasons)


@lru_cache(maxsize=16384)
def _unknown_patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pattern for pattern in patterns if _is_unknown(pattern.lower()))


def _is_unknown(pattern: str) -> bool:
    only_reads = pattern.startswith(("eci:describe", "eci:list"))
    return pattern.startswith("eci:") and not only_reads and not any(fitting(pattern))


def _changing(holder: Principal) -> Iterator[EciAction]:
    """The actions other than Describe* and List* that the principal could be allowed at all."""
    for action in ACTIONS.values():
        only_reads = action.name.startswith(("Describe", "List"))
        if not only_reads and holder.may_allow(action.action):
            yield action


def _worst(case: Case, holder: Principal, action: EciAction, group: str) -> Decision:
    """The worst decision on an action in that group."""
    if action.id == "no":
        calls = [Call(action.action, group=group)]
    else:
        calls = [Call(action.action, Target(kind, group=group), group=group) for kind in action.kinds]
    decisions = [case.access.decide_whatever(holder, call, _FREE) for call in calls]
    order = ("allowed", "undecidable", "denied")
    return min(decisions, key=lambda decision: order.index(decision.outcome))


def _group_words(case: Case, group: str) -> str:
    return "any resource group" if group == FRESH_GROUP else f"resource group {group_label(case, group)}"
