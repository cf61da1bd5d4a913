"""The steps by which an identity comes to act as another one: one function per row of the table.

Each function takes an identity in some state (`actor`) and yields the steps that it can take, certain or possible.
Sources: "Assume a RAM role", "Use an instance RAM role", the authorisation tables of RAM, STS and ECI, and the policy
texts of the other services, at help.aliyun.com.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from ..authorization import ECI, Call, Target
from ..elsewhere import ECS, ELSEWHERE
from ..three_valued import Truth, all_of, how_to_settle
from .account import LIVE, Carrier, lets_in
from .ask import NO, Answer, Ask, best, both
from .model import Identity, Step, StepName
from .states import State

CREATE = "eci:CreateContainerGroup"
UPDATE_NEEDS_PASS_ROLE = "update-instance-needs-pass-role"  # noqa: S105 - an assumption
STACKS_ASK_AGAIN = "updated-stacks-ask-for-pass-role-again"
ANY_INSTANCE = "an instance"
"""What a step is on that rests on instances which could not be read."""
SAML = ("ram:UpdateSAMLProvider", "ram:CreateSAMLProvider")
OIDC = (
    "ram:UpdateOIDCProvider",
    "ram:CreateOIDCProvider",
    "ram:AddClientIdToOIDCProvider",
    "ram:AddFingerprintToOIDCProvider",
)
"""The actions that change an identity provider, or make one of a name that a trust policy names."""


class Edge(NamedTuple):
    """An identity that an actor comes to act as, and the steps to it."""

    target: Identity
    steps: tuple[Step, ...]

    @property
    def certain(self) -> bool:
        return all(step.certain for step in self.steps)


Instances: TypeAlias = "Callable[[State, str, Carrier], Iterator[tuple[Answer, tuple[Step, ...]]]]"
"""The ways in which a state may make a call on an instance: as it is, or after other steps changed the instance."""


def role(name: str) -> Identity:
    return Identity("role", name)


def user(name: str) -> Identity:
    return Identity("user", name)


def edge(
    step: StepName,
    actor: State,
    target: Identity,
    answer: Answer,
    on: str = "",
    truth: Truth = True,
    doubt: str = "",
) -> Edge:
    """The edge of one step; `truth` is whether, the calls apart, it does what it is taken for."""
    certain = answer.truth is True and truth is True
    return Edge(
        target,
        (
            Step(
                step, str(actor.identity), str(target), on, certain, answer.decisions, "" if truth else doubt
            ),
        ),
    )


def assume_role(ask: Ask, actor: State) -> Iterator[Edge]:
    """`sts:AssumeRole` is allowed on the role, and its trust names the account, or this user or role."""
    account = ask.account
    if not account.principal(actor).may_allow("sts:AssumeRole"):
        return
    for names in account.role_classes:
        answer = ask.ram(actor, "sts:AssumeRole", role=names[0])
        if answer.truth is False:
            continue
        for name in names:
            trusted = lets_in(account.trusts[name], actor.identity)
            if trusted is not False:
                doubt = "whether its trust policy lets the identity in is not known"
                yield edge("assume-role", actor, role(name), answer, name, trusted, doubt)


def create_access_key(ask: Ask, actor: State) -> Iterator[Edge]:
    """`ram:CreateAccessKey` is allowed on the user."""
    if not ask.may(actor, "ram:CreateAccessKey"):
        return
    for names in ask.account.user_classes:
        answer = ask.ram(actor, "ram:CreateAccessKey", user=names[0])
        if answer.truth is not False:
            for name in names:
                yield edge("create-access-key", actor, user(name), answer, name)


def set_login_profile(ask: Ask, actor: State) -> Iterator[Edge]:
    """`ram:CreateLoginProfile` or `ram:UpdateLoginProfile` is allowed on the user: never certain.

    Whoever may set the identity provider of user SSO may vouch for every user.
    """
    doubt = "whether the user can log in by password (a profile, MFA, SSO) is not known"
    actions = ("ram:CreateLoginProfile", "ram:UpdateLoginProfile")
    sso = ask.ram(actor, "ram:SetUserSsoSettings")
    if sso.truth is False and not any(ask.may(actor, action) for action in actions):
        return
    for names in ask.account.user_classes:
        answer = best([*(ask.ram(actor, action, user=names[0]) for action in actions), sso])
        if answer.truth is not False:
            for name in names:
                yield edge("set-login-profile", actor, user(name), answer, name, None, doubt)


def exec_in_instance(ask: Ask, actor: State, instances: Instances) -> Iterator[Edge]:
    """`eci:ExecContainerCommand` is allowed on a running instance that carries the role.

    Possible where the instance is live and does not run now, or where the only grant is `eci:RunCommand`.
    """
    for action in ("eci:ExecContainerCommand", "eci:RunCommand"):
        if not (ask.may(actor, action) or ask.may(actor, "ram:CreateResourceGroup")):
            continue
        for name, carriers in ask.account.carriers.items():
            for carrier in carriers:
                truth: Truth = True if carrier.status == "Running" and action != "eci:RunCommand" else None
                doubt = f"the instance is {carrier.status or 'in an unknown state'}, not Running"
                doubt = "what eci:RunCommand runs is not documented" if action == "eci:RunCommand" else doubt
                certain = False
                for answer, before in instances(actor, action, carrier):
                    step = edge("exec-in-instance", actor, role(name), answer, carrier.id, truth, doubt)
                    yield step._replace(steps=(*before, *step.steps))
                    certain = certain or (step.certain and not before)
                if certain:
                    break


def update_instance(ask: Ask, actor: State, instances: Instances) -> Iterator[Edge]:
    """`eci:UpdateContainerGroup` is allowed on a live instance that carries the role, and `ram:PassRole` on the role.

    Possible without `ram:PassRole`: whether it is checked is not documented, unless the owner of the account settles
    it. Possible by a template.
    """
    checked = ask.settled(UPDATE_NEEDS_PASS_ROLE)
    for action in ("eci:UpdateContainerGroup", "eci:UpdateContainerGroupByTemplate"):
        if not (ask.may(actor, action) or ask.may(actor, "ram:CreateResourceGroup")):
            continue
        plain = action == "eci:UpdateContainerGroup"
        for name, carriers in ask.account.carriers.items():
            passing = ask.pass_role(actor, name, ECI)
            if checked and passing.truth is False:
                continue
            allowed = checked is False or passing.truth is True
            for carrier in carriers:
                live: Truth = True if carrier.status in LIVE and plain else None
                doubt = "whether an update needs ram:PassRole is not documented"
                doubt += how_to_settle("" if checked else UPDATE_NEEDS_PASS_ROLE)
                doubt = (
                    doubt if live else f"what {action} does in its state ({carrier.status}) is not documented"
                )
                truth = all_of((live, allowed or checked or None))
                for answer, before in instances(actor, action, carrier):
                    calls = both(answer, passing) if passing.truth is True or checked else answer
                    made = edge("update-instance", actor, role(name), calls, carrier.id, truth, doubt)
                    yield made._replace(steps=(*before, *made.steps))


def unread_instances(ask: Ask, actor: State) -> Iterator[Edge]:
    """In regions that could not be read, an instance may carry any role: every step into it is possible."""
    if not ask.account.unread_regions:
        return
    doubt = "the instances of a region could not be read, and may carry the role"
    anywhere = Target("containergroup")
    for step, action in (
        ("exec-in-instance", "eci:ExecContainerCommand"),
        ("update-instance", "eci:UpdateContainerGroup"),
    ):
        answer = ask.call(actor, Call(action, anywhere))
        if answer.truth is not False:
            for name in ask.account.roles:
                yield edge(step, actor, role(name), answer, ANY_INSTANCE, None, doubt)  # type: ignore[arg-type]


def create_instance(ask: Ask, actor: State) -> Iterator[Edge]:
    """`eci:CreateContainerGroup` with the role is allowed for some request, and the role trusts ECS.

    Possible by the template actions, which only the table of RAM actions names.
    """
    doubt = "whether the role trusts ecs.aliyuncs.com is not known"
    template = Call("eci:CreateContainerGroupFromTemplate")
    if not (ask.may(actor, "ram:PassRole") and any(ask.may(actor, one) for one in (CREATE, template.action))):
        return
    for names in ask.account.role_classes:
        answer = ask.create_instance(actor, names[0])
        by_template = ask.call(actor, template) if answer.truth is not True else NO
        if by_template.truth is not False:
            by_template = both(by_template, ask.pass_role(actor, names[0], ECI))
        if answer.truth is False and by_template.truth is False:
            continue
        for name in names:
            trusts = ask.account.trusts_service(name, ECS)
            if trusts is not False and answer.truth is not False:
                yield edge("create-instance", actor, role(name), answer, name, trusts, doubt)
            elif trusts is not False and by_template.truth is not False:
                unclear = "creation from a template is not documented"
                yield edge("create-instance", actor, role(name), by_template, name, None, unclear)


def run_elsewhere(ask: Ask, actor: State) -> Iterator[Edge]:
    """`ecs:RunInstances` and `ram:PassRole` on the role are allowed, and the role trusts ECS.

    Possible by every other action that runs code under a role.
    """
    asked_again = ask.settled(STACKS_ASK_AGAIN)
    for row in ELSEWHERE:
        answer = ask.call(actor, Call(row.action))
        if answer.truth is False:
            continue
        passes = row.pass_role or (row.may_pass_role and asked_again)
        open_question = STACKS_ASK_AGAIN if row.may_pass_role and asked_again is None else ""
        for names in ask.account.role_classes:
            needed = both(answer, ask.pass_role(actor, names[0])) if passes else answer
            if needed.truth is False:
                continue
            for name in names:
                trusts = ask.account.trusts_service(name, row.service)
                if trusts is not False:
                    truth = trusts if row.certain else None
                    doubt = f"what {row.action} needs for the role is not known{how_to_settle(open_question)}"
                    yield edge("run-elsewhere", actor, role(name), needed, name, truth, doubt)


def update_trust(ask: Ask, updater: State, assumer: State) -> Iterator[Edge]:
    """`ram:UpdateRole` and `sts:AssumeRole` on the role are allowed: the new trust names whoever assumes it.

    Possible by a new trust for ECS, and an instance that is created with the role.
    """
    if not ask.may(updater, "ram:UpdateRole"):
        return
    for names in ask.account.role_classes:
        update = ask.ram(updater, "ram:UpdateRole", role=names[0])
        if update.truth is False:
            continue
        answer = both(update, ask.ram(assumer, "sts:AssumeRole", role=names[0]))
        truth: Truth = True
        if answer.truth is False:
            answer, truth = both(update, _by_service(ask, assumer, names[0])), None
        if answer.truth is not False:
            doubt = "it needs a new trust for a service, and code that runs there"
            for name in names:
                made = edge("update-trust", updater, role(name), answer, name, truth, doubt)
                yield made


def _by_service(ask: Ask, actor: State, name: str) -> Answer:
    created = ask.create_instance(actor, name)
    if created.truth is not False:
        return created
    elsewhere = best(ask.call(actor, Call(row.action)) for row in ELSEWHERE if row.pass_role)
    return both(elsewhere, ask.pass_role(actor, name)) if elsewhere.truth is not False else NO


def through_provider(ask: Ask, actor: State) -> Iterator[Edge]:
    """An identity provider that the role trusts may be changed: at most possible.

    AssumeRoleWithSAML and AssumeRoleWithOIDC need no permission, so that whoever controls the provider may come in.
    """
    doubt = "it needs control of an identity provider, and claims that the trust policy accepts"
    for name, trust in ask.account.trusts.items():
        for provider in trust.providers:
            actions = SAML if ":saml-provider/" in provider else OIDC
            answer = best(ask.call(actor, Call(action, arn=provider)) for action in actions)
            if answer.truth is not False:
                yield edge(
                    "assume-role", actor, role(name), answer, f"{name} through {provider}", None, doubt
                )


RUNNING = tuple(row.action for row in ELSEWHERE)
"""The actions of other services that run code."""

ACTING = (
    "sts:AssumeRole",
    "ram:CreateAccessKey",
    "ram:CreateLoginProfile",
    "ram:UpdateLoginProfile",
    "ram:SetUserSsoSettings",
    "ram:PassRole",
    CREATE,
    "eci:CreateContainerGroupFromTemplate",
    "ram:UpdateRole",
    *RUNNING,
    *SAML,
    *OIDC,
)
"""The actions of the steps of `own_edges`: one of them at least is needed."""


def own_edges(ask: Ask, actor: State) -> Iterator[Edge]:
    """Every step that an identity can take alone to act as another one, those into instances apart."""
    yield from assume_role(ask, actor)
    yield from create_access_key(ask, actor)
    yield from create_instance(ask, actor)
    yield from update_trust(ask, actor, actor)
    yield from run_elsewhere(ask, actor)
    yield from set_login_profile(ask, actor)
    yield from unread_instances(ask, actor)
    yield from through_provider(ask, actor)


def instance_edges(ask: Ask, actor: State, instances: Instances) -> Iterator[Edge]:
    """The steps into recorded instances."""
    yield from exec_in_instance(ask, actor, instances)
    yield from update_instance(ask, actor, instances)


def join_steps(actor: Identity, member: Identity, group: str) -> Step:
    """The step by which an identity that may do everything adds a user to a group."""
    return Step("join-group", str(actor), f"group/{group}", f"{member} to group {group}")


def taken_by(step: Step, actor: str) -> Step:
    """The step, taken by another identity."""
    return step if step.actor == actor else replace(step, actor=actor)


def renamed(step: Step, old: str, new: str) -> Step:
    """The same step taken by another identity."""
    if old == new or (step.actor not in (old, new) and step.to not in (old, new)):
        return step
    swap = {old: new, new: old}
    return replace(step, actor=swap.get(step.actor, step.actor), to=swap.get(step.to, step.to))
