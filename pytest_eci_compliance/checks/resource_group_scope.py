"""Users who are meant for some resource groups, and what they can do in others (section 3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..inventory.facts import Unreadable
from ..messages import join_words, pluralize
from ..policy import decision as evaluate
from ..policy.authorization import Call, Target
from ..policy.eci_actions import ACTIONS, EciAction, fitting
from ..policy.evaluator import Decision
from ..policy.worst_case import FRESH_GROUP, Free
from .support.case import Case, Finding, check, failed, passed, unknown
from .support.principals import CALLS_USERS, Principal, nobody, users
from .support.resources import group_label

if TYPE_CHECKING:
    from ..config.model import Account

_FREE = Free(request=True, resource=True, group=False)


def _unless_groups(intent: Account) -> str | None:
    if any(one.resource_groups is not None for one in intent.users or ()):
        return None
    return "no entry of `users` has `resource_groups`"


@check(
    "user-resource-groups",
    severity="high",
    section="3",
    calls=(*CALLS_USERS, "resourcemanager:ListResourceGroups", "ram:GetPolicy"),
    remediation="Detach what the message names, or attach it on the intended resource groups alone.",
    off=_unless_groups,
    about="user",
)
def user_resource_groups(case: Case) -> Iterator[Finding]:
    """No grant lets a user who is meant for some resource groups change anything of ECI in another one.

    Intended or not, whatever the call carries and whatever the resource is like; Describe* and List* apart.
    """
    anybody = False
    for one in users(case):
        if isinstance(one, Finding):
            anybody = True
            yield one
        elif any(entry.intent.resource_groups is not None for entry in one.entries):
            anybody = True
            yield _judged(case, one)
    if not anybody:
        yield nobody(case, "users", "no user whom an entry with `resource_groups` fits exists")


def _judged(case: Case, one: Principal) -> Finding:
    meant = [entry for entry in one.entries if entry.intent.resource_groups is not None]
    doubts: list[Unreadable] = [entry.fits for entry in meant if isinstance(entry.fits, Unreadable)]
    own: set[str] = set()
    for written in (
        group for entry in meant if entry.fits is True for group in entry.intent.resource_groups or ()
    ):
        found = case.resource_groups.id_of(written)
        own.add(found if isinstance(found, str) else written)
        doubts += [found] if isinstance(found, Unreadable) and not written.startswith("rg-") else []
    holder = case.access.holder(one.holdings)
    scopes = {grant.scope for grant in holder.grants if grant.scope is not None}
    others = [FRESH_GROUP, *sorted(scopes - own)]
    decisions = [
        (row, group, decision)
        for group in others
        for row in _changing(holder)
        for decision in [_worst(case, holder, row, group)]
    ]
    can = [found for found in decisions if found[2].outcome == "allowed"]
    if can and not doubts:
        actions = list(dict.fromkeys(row.action for row, _, _ in can))
        _, group, decision = can[0]
        message = f"it can {join_words(actions, most=4)} in {_group_words(case, group)}: {decision.why}"
        return failed(one.resource, message, config_path=one.config_path)
    turning = [decision.why for _, _, decision in decisions if decision.outcome != "denied"]
    turning += _unheard_of(holder, own)
    if turning or (doubts and can):
        causes = [*doubts, *holder.causes]
        because = f"what it can do in other resource groups is not known: {turning[0]}"
        return unknown(one.resource, *causes, because=because, config_path=one.config_path)
    groups = join_words(group_label(case, each) for each in sorted(own))
    within = f"it can change nothing of ECI outside {groups}" if own else "it can change nothing of ECI"
    tried = f"{pluralize(len(decisions), 'kind')} of call tried"
    return passed(one.resource, f"{within}: {tried}", config_path=one.config_path)


def _unheard_of(holder: evaluate.Principal, own: set[str]) -> list[str]:
    """What may be allowed elsewhere of actions that the SDK does not know: what they do is not known either."""
    found: dict[str, None] = {}
    for grant in holder.grants:
        for one in grant.document.statements if grant.scope not in own else ():
            patterns = () if one.effect == "Deny" or one.not_action else one.actions or ()
            odd = [pattern for pattern in patterns if _is_unheard_of(pattern.lower())]
            if odd:
                ground = evaluate.Ground(grant, one)
                found[f"what {join_words(odd)} means, which {ground} allows, is not known"] = None
    return list(found)


def _is_unheard_of(pattern: str) -> bool:
    looking = pattern.startswith(("eci:describe", "eci:list"))
    return pattern.startswith("eci:") and not looking and not any(fitting(pattern))


def _changing(holder: evaluate.Principal) -> Iterator[EciAction]:
    """The actions other than Describe* and List* that the principal could be allowed at all."""
    for row in ACTIONS.values():
        looking = row.name.startswith(("Describe", "List"))
        if not looking and holder.may_allow(row.action):
            yield row


def _worst(case: Case, holder: evaluate.Principal, row: EciAction, group: str) -> Decision:
    """The worst decision on an action in that group."""
    if row.id == "no":
        calls = [Call(row.action, group=group)]
    else:
        calls = [Call(row.action, Target(kind, group=group), group=group) for kind in row.kinds]
    decisions = [case.access.decide_whatever(holder, call, _FREE) for call in calls]
    order = ("allowed", "undecidable", "denied")
    return min(decisions, key=lambda one: order.index(one.outcome))


def _group_words(case: Case, group: str) -> str:
    return "any resource group" if group == FRESH_GROUP else f"resource group {group_label(case, group)}"
