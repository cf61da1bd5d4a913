"""The steps that change what an identity has: policies, group memberships, Denies.

Each function takes an `actor`, who makes the calls, and a `gainer`, who gains by them: the actor itself, or another
identity that it already acts as. Sources: the authorisation tables of RAM and ResourceManager, and the pages of
CreatePolicyVersion, SetDefaultPolicyVersion, AddUserToGroup and RemoveUserFromGroup at help.aliyun.com.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from ...inventory.facts import PolicyRef, Unreadable
from ...inventory.grants import Grant
from ..document import Document, parse, undecidable
from ..three_valued import Truth
from .account import AccountIndex
from .ask import Answer, Ask, best
from .attaching import attach_policy
from .model import ANY_PERMISSION, ON_GROUP
from .move import Move, change_step
from .new_grants import ANYTHING
from .states import HeldGrant, State
from .versions import Gain, gain_of

_NOT_KNOWN = Gain(None, lifts_deny=False)

# rewrite-policy, switch-policy-version


def rewrite_policy(ask: Ask, actor: State, gainer: State) -> Iterator[Move]:
    """`ram:CreatePolicyVersion` is allowed on a custom policy that the gainer has.

    A policy on a resource group gives any permission of ECI there; what it gives of RAM and STS is not documented.
    """
    for policy, attached in _custom_policies(gainer):
        answer = ask.ram(actor, "ram:CreatePolicyVersion", policy=policy)
        if answer.truth is not False:
            scopes = dict.fromkeys(grant.held.resource_group_id for grant in attached)
            on = str(policy) if None in scopes else f"{policy}{ON_GROUP}{' and '.join(map(str, scopes))}"
            step = change_step("rewrite-policy", answer, gainer, ANY_PERMISSION, on)
            add = tuple(
                ask.account.new_grants.written(grant.held, ANYTHING, "rewritten") for grant in attached
            )
            # Its new text may allow all that the old one allows.
            on_group = None not in scopes
            reaches = None if on_group else ANY_PERMISSION
            yield Move(step, gainer, reaches, add, attached, grows=True, gives_eci_on_group=on_group)


def switch_policy_version(ask: Ask, actor: State, gainer: State) -> Iterator[Move]:
    """`ram:SetDefaultPolicyVersion` is allowed on a custom policy that the gainer has, and another version of it
    allows more, or denies less: that reaches nothing by itself. Possible where the versions could not be read."""
    for policy, attached in _custom_policies(gainer):
        answer = ask.ram(actor, "ram:SetDefaultPolicyVersion", policy=policy)
        if answer.truth is False:
            continue
        held_labels = {grant.grant.policy for grant in attached}
        for document, label, gain in _versions(ask.account, policy, attached):
            add = tuple(_with_version(ask.account, grant.held, document, label) for grant in attached)
            if len(held_labels) > 1 and held_labels.issuperset(grant.grant.policy for grant in add):
                continue  # A state that stands for all times holds the version already.
            doubt = "whether the version allows more is not known"
            reaches = None if gain.allows_more is False else f"policy/{policy}"
            step = change_step(
                "switch-policy-version",
                answer,
                gainer,
                reaches or str(gainer.identity),
                f"{policy} {label}",
                None if gain.allows_more is None else True,
                doubt,
            )
            yield Move(step, gainer, reaches, tuple(dict.fromkeys(add)), attached)


def _with_version(account: AccountIndex, held: Grant, document: Document, label: str) -> HeldGrant:
    """The grant with another version: the grant of today, where it is switched back."""
    today = account.new_grants.attached(*held)
    return today if document == today.grant.document else account.new_grants.written(held, document, label)


def _custom_policies(state: State) -> Iterator[tuple[PolicyRef, tuple[HeldGrant, ...]]]:
    """The custom policies of a state, each with its attachments."""
    policies = dict.fromkeys(grant.held.policy for grant in state.grants)
    for policy in policies:
        if policy.policy_type == "Custom" and policy.policy_name:
            yield policy, tuple(grant for grant in state.grants if grant.held.policy == policy)


def _versions(
    account: AccountIndex, policy: PolicyRef, attached: tuple[HeldGrant, ...]
) -> Iterator[tuple[Document, str, Gain]]:
    versions = account.inventory.policy_versions.get(policy)
    if versions is None or isinstance(versions, Unreadable):
        document = undecidable("the versions of the policy could not be read")
        yield document, "another version", _NOT_KNOWN
        return
    default = attached[0].grant.document
    is_as_today = default == account.new_grants.attached(policy).grant.document
    for version in versions:
        text = version.policy_document
        if version.is_default_version and is_as_today:
            continue
        if isinstance(text, Unreadable):
            document = undecidable(f"the version could not be read ({text.code})")
            yield document, version.version_id, _NOT_KNOWN
            continue
        document = parse(text)
        gain = gain_of(document, default)
        if gain.allows_more is not False or gain.lifts_deny:
            yield document, version.version_id, gain


# join-group


def join_group(ask: Ask, actor: State, gainer: State) -> Iterator[Move]:
    """`ram:AddUserToGroup` is allowed on the group and on the user. A role is never in a group."""
    kind, name, _ = gainer.identity
    if kind != "user" or not ask.may(actor, "ram:AddUserToGroup"):
        return
    for group, answer in _open_groups(ask, actor, name):
        if group in gainer.groups:
            continue
        known = not isinstance(ask.account.identities.groups[group], Unreadable)
        grants, gaps = ask.account.group_grants(group)
        doubt = "the members of the group could not be read"
        step = change_step(
            "join-group", answer, gainer, f"group/{group}", f"group {group}", known or None, doubt
        )
        yield Move(step, gainer, f"group/{group}", grants, gaps=gaps, joins=group)


def _open_groups(ask: Ask, actor: State, user: str) -> list[tuple[str, Answer]]:
    """The groups to which an actor may add a user, with the answers, in the order of the account."""
    action = "ram:AddUserToGroup"
    answers: dict[str, Answer] = {}
    for groups in ask.account.groups_seen_by(ask.account.principal(actor), action):
        answer = ask.ram(actor, action, user=user, group=groups[0])
        if answer.truth is not False:
            answers |= dict.fromkeys(groups, answer)
    in_order = ask.account.identities.groups if len(answers) > 1 else answers
    return [(group, answers[group]) for group in in_order if group in answers]


# lift-deny


def lift_deny(ask: Ask, actor: State, gainer: State) -> Iterator[Move]:
    """The policy that denies can be detached from where it is attached, or the user removed from its group."""
    denying = [
        grant
        for grant in gainer.grants
        if grant.has_deny and not ask.account.new_grants.comes_and_goes(grant)
    ]
    for grant in denying:
        answer, truth = _detach(ask, actor, gainer, grant)
        if answer.truth is not False:
            where = (
                f"group {grant.held.group}" if grant.held.group else str(gainer.identity).replace("/", " ")
            )
            doubt = "whether RAM detaches what is attached on a resource group is not documented"
            step = change_step(
                "lift-deny",
                answer,
                gainer,
                str(gainer.identity),
                f"{grant.held.policy} of {where}",
                truth,
                doubt,
            )
            yield Move(step, gainer, None, drop=(grant,))
    if gainer.identity.kind == "user":
        yield from _leave_group(ask, actor, gainer, denying)


def _detach(ask: Ask, actor: State, gainer: State, grant: HeldGrant) -> tuple[Answer, Truth]:
    kind, name, _ = gainer.identity
    named: dict[str, object] = {"policy": grant.held.policy}
    named |= {"group": grant.held.group} if grant.held.group else {kind: name}
    noun = "Group" if grant.held.group else kind.capitalize()
    by_ram = ask.ram(actor, f"ram:DetachPolicyFrom{noun}", **named)
    by_manager = ask.ram(actor, "ram:DetachPolicy", **named)
    if grant.held.resource_group_id is None:
        return best((by_ram, by_manager)), True
    return (by_manager, True) if by_manager.truth is True else (best((by_ram, by_manager)), None)


def _leave_group(ask: Ask, actor: State, gainer: State, denying: list[HeldGrant]) -> Iterator[Move]:
    for group in dict.fromkeys(grant.held.group for grant in denying if grant.held.group):
        answer = ask.ram(actor, "ram:RemoveUserFromGroup", user=gainer.identity.name, group=group)
        if answer.truth is not False:
            dropped = tuple(
                grant
                for grant in gainer.grants
                if grant.held.group == group and not ask.account.new_grants.comes_and_goes(grant)
            )
            step = change_step(
                "lift-deny", answer, gainer, str(gainer.identity), f"membership in group {group}"
            )
            yield Move(step, gainer, None, drop=dropped, leaves=group)


@dataclass(frozen=True)
class Change:
    """One kind of step: the function that takes it, the actions that it needs, what of a gainer it turns on (`view`),
    and whether it is taken for new identities too: these get their policies and groups when they are created."""

    take: Callable[[Ask, State, State], Iterator[Move]]
    actions: tuple[str, ...]
    view: Callable[[State], Hashable]
    of_new: bool = True


def _groups_and_whether_it_has_grants(state: State) -> Hashable:
    return state.groups, bool(state.grants)


def _groups(state: State) -> Hashable:
    return state.groups


def _grants(state: State) -> Hashable:
    return state.grants


CHANGES = (
    Change(rewrite_policy, ("ram:CreatePolicyVersion",), _grants),
    Change(
        attach_policy,
        (
            "ram:AttachPolicyToUser",
            "ram:AttachPolicyToGroup",
            "ram:AttachPolicyToRole",
            "ram:AttachPolicy",
            "ram:CreatePolicy",
        ),
        _groups_and_whether_it_has_grants,
    ),
    Change(join_group, ("ram:AddUserToGroup",), _groups, of_new=False),
    Change(switch_policy_version, ("ram:SetDefaultPolicyVersion",), _grants),
    Change(
        lift_deny,
        (
            "ram:RemoveUserFromGroup",
            "ram:DetachPolicyFromUser",
            "ram:DetachPolicyFromGroup",
            "ram:DetachPolicyFromRole",
            "ram:DetachPolicy",
        ),
        _grants,
        of_new=False,
    ),
)
"""Every step by which an actor gives more to an identity."""

CHANGING = tuple(action for change in CHANGES for action in change.actions if action != "ram:CreatePolicy")
"""The actions of these steps: who may be allowed none of them takes none."""
