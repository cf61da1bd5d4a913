"""The step `attach-policy`: policies that an actor attaches to an identity or to one of its groups.

Sources: the pages of AttachPolicyToUser, AttachPolicyToGroup and AttachPolicyToRole of RAM, and of AttachPolicy of
ResourceManager, at help.aliyun.com.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...inventory.facts import PolicyRef, PolicyType
from ..document import undecidable
from ..three_valued import Truth, all_of
from .account import AccountIndex
from .ask import Answer, Ask, both, unknown_policy
from .model import ANY_PERMISSION
from .move import Move, change_step
from .new_grants import ADMINISTRATOR
from .states import HeldGrant, State


def attach_policy(ask: Ask, actor: State, gainer: State) -> Iterator[Move]:
    """Attaching is allowed on the gainer (or a group that it is in) and on the policy.

    Creating a policy in order to attach it is possible.
    """
    for way in _attach_ways(ask.account, gainer):
        action, named, where, group, doubt = way
        if not ask.may(actor, action):
            continue
        any_policy = [
            ask.ram(actor, action, policy=unknown_policy(kind), **named) for kind in ("System", "Custom")
        ]
        if all(answer.truth is False for answer in any_policy):
            continue
        if _without_limit(ask, actor, action, named):
            grant = ask.account.new_grants.attached(ADMINISTRATOR, None, group)
            truth: Truth = None if doubt else True
            yield _attached(gainer, both(*any_policy), where, grant, free=True, truth=truth, doubt=doubt)
            continue
        yield from _limited(ask, actor, gainer, way)


def _without_limit(ask: Ask, actor: State, action: str, named: dict[str, object]) -> bool:
    """Whether no policy, known or new, is kept from being attached."""
    account = ask.account
    taken = [policy.policy_name for policy in account.policies]
    new = [
        PolicyRef(kind, name)
        for kind in ("System", "Custom")
        for name in ask.new_names("policy", taken, system=kind == "System")
    ]
    policies = [*(alike[0] for alike in account.policy_classes), *new]
    return all(ask.ram(actor, action, policy=policy, **named).truth is not False for policy in policies)


class AttachWay(NamedTuple):
    """A call that attaches policies: what it names beside the policy, where it attaches (in words), the group that the
    gainer has the policy through, and why it is only possible that the gainer has it."""

    action: str
    named: dict[str, object]
    where: str
    group: str | None = None
    doubt: str = ""


def _attach_ways(account: AccountIndex, gainer: State) -> Iterator[AttachWay]:
    kind, name, new = gainer.identity
    if new and (gainer.grants or gainer.groups):
        for group in gainer.groups:
            yield AttachWay("ram:AttachPolicyToGroup", {"group": group}, f"group {group}", group)
            yield AttachWay("ram:AttachPolicy", {"group": group}, f"group {group}", group)
    elif kind == "user":
        unclear = "whether the user is in the group is not known: its members could not be read"
        groups = dict.fromkeys(gainer.groups, "")
        if not new:
            unread = (group for group in account.identities.unread_groups if group not in groups)
            groups |= dict.fromkeys(unread, unclear)
        yield AttachWay("ram:AttachPolicyToUser", {"user": name}, f"user {name}")
        for group, doubt in groups.items():
            yield AttachWay("ram:AttachPolicyToGroup", {"group": group}, f"group {group}", group, doubt)
        yield AttachWay("ram:AttachPolicy", {"user": name}, f"user {name}")
        for group, doubt in groups.items():
            yield AttachWay("ram:AttachPolicy", {"group": group}, f"group {group}", group, doubt)
    else:
        yield AttachWay("ram:AttachPolicyToRole", {"role": name}, f"role {name}")
        yield AttachWay("ram:AttachPolicy", {"role": name}, f"role {name}")


def _attached(
    gainer: State,
    answer: Answer,
    where: str,
    grant: HeldGrant,
    *,
    free: bool = False,
    truth: Truth = True,
    doubt: str = "",
) -> Move:
    reaches = ANY_PERMISSION if free else f"policy/{grant.held.policy}"
    on = f"any policy to {where}" if free else f"{grant.held.policy} to {where}"
    step = change_step("attach-policy", answer, gainer, reaches, on, truth, doubt)
    return Move(step, gainer, reaches, add=(grant,), attaches=None if free else grant.held.policy)


def _limited(ask: Ask, actor: State, gainer: State, way: AttachWay) -> Iterator[Move]:
    """The policies that may be attached where not all of them may."""
    action, named, where, group, unclear = way
    truth: Truth = None if unclear else True
    account = ask.account
    for policies in ask.policies(actor, action):
        answer = ask.ram(actor, action, policy=policies[0], **named)
        if answer.truth is not False:
            for policy in policies:
                grant = account.new_grants.attached(policy, None, group)
                yield _attached(gainer, answer, where, grant, truth=truth, doubt=unclear)
    for kind in account.unlisted_policy_kinds:
        yield from _attached_unlisted(ask, actor, gainer, way, kind)
    custom = [policy.policy_name for policy in account.policies if policy.policy_type == "Custom"]
    for name in ask.new_names("policy", custom):
        policy = PolicyRef("Custom", name)
        answer = ask.ram(actor, action, policy=policy, **named)
        created = ask.ram(actor, "ram:CreatePolicy", policy=policy) if answer.truth is not False else answer
        if all_of((answer.truth, created.truth)) is not False:
            doubt = f"it needs a new policy {name}"
            grant = account.new_grants.attached(ADMINISTRATOR, None, group)
            yield _attached(gainer, both(answer, created), where, grant, free=True, truth=None, doubt=doubt)
            return


def _attached_unlisted(
    ask: Ask, actor: State, gainer: State, way: AttachWay, kind: PolicyType
) -> Iterator[Move]:
    """Where the policies of a kind are not listed, one that nobody holds may be attached: its document is not known."""
    action, named, where, _, _ = way
    account = ask.account
    if ask.ram(actor, action, policy=ADMINISTRATOR, **named).truth:
        return
    known = [policy.policy_name for policy in account.policies if policy.policy_type == kind]
    for name in ask.new_names("policy", known, system=kind == "System"):
        policy = PolicyRef(kind, name)
        answer = ask.ram(actor, action, policy=policy, **named)
        if answer.truth is not False:
            doubt = f"the {kind.lower()} policies were not listed"
            grant = account.new_grants.written(
                account.new_grants.attached(policy).held, undecidable(doubt), "not read"
            )
            yield _attached(gainer, answer, where, grant, truth=None, doubt=doubt)
