"""The steps that change what an identity has: policies, group memberships, Denies.

Each function takes an `actor`, who makes the calls, and a `gainer`, who gains by them: the actor itself, or another
identity that it already acts as. Sources: the authorisation tables of RAM and ResourceManager, and the pages of
AttachPolicyToUser, CreatePolicyVersion, SetDefaultPolicyVersion, AddUserToGroup at help.aliyun.com.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...inventory.facts import PolicyRef, Unreadable
from ..decision import Gap
from ..document import Document, parse, undecidable
from ..three_valued import Truth, all_of
from .account import ADMINISTRATOR, ANYTHING, AccountIndex, HeldGrant, State
from .ask import Answer, Ask, best, both, unknown_policy
from .model import ANY_PERMISSION, Step, StepName
from .versions import allows_more


@dataclass(frozen=True)
class Move:
    """A step that changes a state: grants that are added, dropped, and that cannot be read. `reaches` is its name
    among what is reached, None where it reaches nothing by itself."""

    step: Step
    gainer: State
    reaches: str | None
    add: tuple[HeldGrant, ...] = ()
    drop: tuple[HeldGrant, ...] = ()
    gaps: tuple[Gap, ...] = ()
    grows: bool = False

    @property
    def only_gains(self) -> bool:
        """Whether the identity certainly loses nothing by it: no Deny is added, no Allow dropped."""
        if self.gaps:
            return False
        return self.grows or not (
            any(one.has_deny for one in self.add) or any(one.has_allow for one in self.drop)
        )

    @property
    def key(self) -> object:
        """What the move does, whoever takes it."""
        return (self.gainer.identity, self.reaches, self.add, self.drop, self.gaps)

    def applied(self, state: State) -> State:
        """The state after the move."""
        return state.changed(self.drop, self.add, self.gaps)

    def at_best(self, account: AccountIndex, state: State) -> State:
        """A state that allows at least what the state after the move allows: without the Denies that it adds, with
        the Allows that it drops."""
        add = [account.stripped(one) for one in self.add]
        kept = [account.stripped(one) for one in self.drop if one in state.grants]
        return state.changed(self.drop, [*kept, *add], self.gaps)


def _step(
    name: StepName, answer: Answer, gainer: State, to: str, on: str, truth: Truth = True, doubt: str = ""
) -> Step:
    certain = answer.truth is True and truth is True
    actor = answer.actor or str(gainer.identity)
    return Step(name, actor, to, on, certain, answer.decisions, "" if truth is True else doubt)


# attach-policy


def attach_policy(ask: Ask, actor: State, gainer: State) -> Iterator[Move]:
    """Attaching is allowed on the gainer (or a group that it is in) and on the policy.

    Creating a policy in order to attach it is possible.
    """
    for action, named, where, group in _attach_ways(ask, gainer):
        if not ask.may(actor, action):
            continue
        any_policy = [
            ask.ram(actor, action, policy=unknown_policy(kind), **named) for kind in ("System", "Custom")
        ]
        if all(one.truth is False for one in any_policy):
            continue
        if _without_limit(ask, actor, action, named):
            grant = ask.account.given(ADMINISTRATOR, None, group)
            yield _attached(gainer, both(*any_policy), where, grant, free=True)
            continue
        yield from _limited(ask, actor, gainer, (action, named, where, group))


def _without_limit(ask: Ask, actor: State, action: str, named: dict[str, object]) -> bool:
    """Whether no policy, known or new, is kept from being attached."""
    account = ask.account
    taken = [one.policy_name for one in account.policies]
    new = [
        PolicyRef(kind, name)
        for kind in ("System", "Custom")
        for name in ask.new_names("policy", taken, system=kind == "System")
    ]
    policies = [*(some[0] for some in account.policy_classes), *new]
    return all(ask.ram(actor, action, policy=policy, **named).truth is not False for policy in policies)


def _attach_ways(ask: Ask, gainer: State) -> Iterator[tuple[str, dict[str, object], str, str | None]]:
    kind, name, new = gainer.identity
    if kind == "user":
        groups = () if new else ask.account.groups_of(name)
        yield "ram:AttachPolicyToUser", {"user": name}, f"user {name}", None
        for group in groups:
            yield "ram:AttachPolicyToGroup", {"group": group}, f"group {group}", group
        yield "ram:AttachPolicy", {"user": name}, f"user {name}", None
        for group in groups:
            yield "ram:AttachPolicy", {"group": group}, f"group {group}", group
    else:
        yield "ram:AttachPolicyToRole", {"role": name}, f"role {name}", None
        yield "ram:AttachPolicy", {"role": name}, f"role {name}", None


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
    step = _step("attach-policy", answer, gainer, reaches, on, truth, doubt)
    return Move(step, gainer, reaches, add=(grant,))


def _limited(
    ask: Ask, actor: State, gainer: State, way: tuple[str, dict[str, object], str, str | None]
) -> Iterator[Move]:
    """The policies that may be attached where not all of them may."""
    action, named, where, group = way
    account = ask.account
    has = {one.held.policy for one in gainer.grants if one.held.resource_group_id is None}
    for policies in account.policy_classes:
        answer = ask.ram(actor, action, policy=policies[0], **named)
        if answer.truth is not False:
            for policy in policies:
                if policy not in has:
                    yield _attached(gainer, answer, where, account.given(policy, None, group))
    yield from _attached_unlisted(ask, actor, gainer, way)
    custom = [one.policy_name for one in account.policies if one.policy_type == "Custom"]
    for name in ask.new_names("policy", custom):
        policy = PolicyRef("Custom", name)
        answer = ask.ram(actor, action, policy=policy, **named)
        created = ask.ram(actor, "ram:CreatePolicy", policy=policy) if answer.truth is not False else answer
        if all_of((answer.truth, created.truth)) is not False:
            doubt = f"it needs a new policy {name}"
            grant = account.given(ADMINISTRATOR, None, group)
            yield _attached(gainer, both(answer, created), where, grant, free=True, truth=None, doubt=doubt)
            return


def _attached_unlisted(
    ask: Ask, actor: State, gainer: State, way: tuple[str, dict[str, object], str, str | None]
) -> Iterator[Move]:
    """Where the system policies are not listed, one that nobody holds may be attached: its document is not known."""
    action, named, where, _ = way
    account = ask.account
    if account.all_system_policies_listed or ask.ram(actor, action, policy=ADMINISTRATOR, **named).truth:
        return
    known = [one.policy_name for one in account.policies if one.policy_type == "System"]
    for name in ask.new_names("policy", known, system=True):
        policy = PolicyRef("System", name)
        answer = ask.ram(actor, action, policy=policy, **named)
        if answer.truth is not False:
            doubt = "the system policies were not listed"
            grant = account.written(account.given(policy).held, undecidable(doubt), "not read")
            yield _attached(gainer, answer, where, grant, truth=None, doubt=doubt)


# rewrite-policy, switch-policy-version


def rewrite_policy(ask: Ask, actor: State, gainer: State) -> Iterator[Move]:
    """`ram:CreatePolicyVersion` is allowed on a custom policy that the gainer has."""
    for policy, attached in _custom_policies(gainer):
        answer = ask.ram(actor, "ram:CreatePolicyVersion", policy=policy)
        if answer.truth is not False:
            step = _step("rewrite-policy", answer, gainer, ANY_PERMISSION, str(policy))
            add = tuple(ask.account.written(one.held, ANYTHING, "rewritten") for one in attached)
            # Its new text may allow all that the old one allows.
            yield Move(step, gainer, ANY_PERMISSION, add, attached, grows=True)


def switch_policy_version(ask: Ask, actor: State, gainer: State) -> Iterator[Move]:
    """`ram:SetDefaultPolicyVersion` is allowed on a custom policy that the gainer has, and another version of it
    allows more. Possible where the versions could not be read."""
    for policy, attached in _custom_policies(gainer):
        answer = ask.ram(actor, "ram:SetDefaultPolicyVersion", policy=policy)
        if answer.truth is False:
            continue
        for document, label, truth in _versions(ask.account, policy, attached):
            doubt = "whether the version allows more is not known"
            reaches = f"policy/{policy}"
            step = _step("switch-policy-version", answer, gainer, reaches, f"{policy} {label}", truth, doubt)
            add = tuple(ask.account.written(one.held, document, label) for one in attached)
            yield Move(step, gainer, reaches, add, attached)


def _custom_policies(state: State) -> Iterator[tuple[PolicyRef, tuple[HeldGrant, ...]]]:
    """The custom policies of a state, each with its attachments."""
    policies = dict.fromkeys(one.held.policy for one in state.grants)
    for policy in policies:
        if policy.policy_type == "Custom" and policy.policy_name:
            yield policy, tuple(one for one in state.grants if one.held.policy == policy)


def _versions(
    account: AccountIndex, policy: PolicyRef, attached: tuple[HeldGrant, ...]
) -> Iterator[tuple[Document, str, Truth]]:
    versions = account.inventory.policy_versions.get(policy)
    if versions is None or isinstance(versions, Unreadable):
        yield undecidable("the versions of the policy could not be read"), "another version", None
        return
    default = attached[0].grant.document
    for version in versions:
        text = version.policy_document
        if version.is_default_version:
            continue
        if isinstance(text, Unreadable):
            yield undecidable(f"the version could not be read ({text.code})"), version.version_id, None
            continue
        document = parse(text)
        more = allows_more(document, default)
        if more is not False:
            yield document, version.version_id, more


# join-group


def join_group(ask: Ask, actor: State, gainer: State) -> Iterator[Move]:
    """`ram:AddUserToGroup` is allowed on the group and on the user. A role is never in a group."""
    kind, name, _ = gainer.identity
    if kind != "user" or not ask.may(actor, "ram:AddUserToGroup"):
        return
    for group, members in ask.account.groups.items():
        known = not isinstance(members, Unreadable)
        if group in ask.account.groups_of(name):
            continue
        answer = ask.ram(actor, "ram:AddUserToGroup", user=name, group=group)
        if answer.truth is not False:
            grants, gaps = ask.account.group_grants(group)
            doubt = "the members of the group could not be read"
            step = _step(
                "join-group", answer, gainer, f"group/{group}", f"group {group}", known or None, doubt
            )
            yield Move(step, gainer, f"group/{group}", grants, gaps=gaps)


# lift-deny


def lift_deny(ask: Ask, actor: State, gainer: State) -> Iterator[Move]:
    """The policy that denies can be detached from where it is attached, or the user removed from its group."""
    denying = [one for one in gainer.grants if one.has_deny]
    for one in denying:
        answer, truth = _detach(ask, actor, gainer, one)
        if answer.truth is not False:
            where = f"group {one.held.group}" if one.held.group else str(gainer.identity).replace("/", " ")
            doubt = "whether RAM detaches what is attached on a resource group is not documented"
            step = _step(
                "lift-deny",
                answer,
                gainer,
                str(gainer.identity),
                f"{one.held.policy} of {where}",
                truth,
                doubt,
            )
            yield Move(step, gainer, None, drop=(one,))
    if gainer.identity.kind == "user":
        yield from _leave_group(ask, actor, gainer, denying)


def _detach(ask: Ask, actor: State, gainer: State, one: HeldGrant) -> tuple[Answer, Truth]:
    kind, name, _ = gainer.identity
    named: dict[str, object] = {"policy": one.held.policy}
    named |= {"group": one.held.group} if one.held.group else {kind: name}
    noun = "Group" if one.held.group else kind.capitalize()
    by_ram = ask.ram(actor, f"ram:DetachPolicyFrom{noun}", **named)
    by_manager = ask.ram(actor, "ram:DetachPolicy", **named)
    if one.held.resource_group_id is None:
        return best((by_ram, by_manager)), True
    return (by_manager, True) if by_manager.truth is True else (best((by_ram, by_manager)), None)


def _leave_group(ask: Ask, actor: State, gainer: State, denying: list[HeldGrant]) -> Iterator[Move]:
    for group in dict.fromkeys(one.held.group for one in denying if one.held.group):
        answer = ask.ram(actor, "ram:RemoveUserFromGroup", user=gainer.identity.name, group=group)
        if answer.truth is not False:
            dropped = tuple(one for one in gainer.grants if one.held.group == group)
            step = _step("lift-deny", answer, gainer, str(gainer.identity), f"membership in group {group}")
            yield Move(step, gainer, None, drop=dropped)


def moves(ask: Ask, actor: State, gainer: State) -> Iterator[Move]:
    """Every step by which an actor gives more to an identity."""
    yield from rewrite_policy(ask, actor, gainer)
    yield from attach_policy(ask, actor, gainer)
    yield from join_group(ask, actor, gainer)
    yield from switch_policy_version(ask, actor, gainer)
    yield from lift_deny(ask, actor, gainer)


CHANGING = (
    "ram:CreatePolicyVersion",
    "ram:SetDefaultPolicyVersion",
    "ram:AttachPolicyToUser",
    "ram:AttachPolicyToGroup",
    "ram:AttachPolicyToRole",
    "ram:AttachPolicy",
    "ram:AddUserToGroup",
    "ram:RemoveUserFromGroup",
    "ram:DetachPolicyFromUser",
    "ram:DetachPolicyFromGroup",
    "ram:DetachPolicyFromRole",
    "ram:DetachPolicy",
)
"""The actions of these steps: who may be allowed none of them takes none."""
