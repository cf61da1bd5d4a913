"""The steps by which an identity comes to act as another one: one function per row of the table.

Each function takes an identity in some state (`actor`) and yields the steps that it can take, certain or possible.
Sources: "Assume a RAM role", "Use an instance RAM role", the authorisation tables of RAM, STS and ECI, and the policy
texts of the other services, at help.aliyun.com.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..authorization import ECI, Call
from ..elsewhere import ECS, ELSEWHERE, Elsewhere, may_be_about
from ..three_valued import Truth, all_of, how_to_settle
from .ask import NO, Answer, Ask, best, both
from .edge import Edge, edge, role, user
from .providers import OIDC, SAML, calls_on_provider, through_provider
from .states import State
from .trusts import lets_in

CREATE = "eci:CreateContainerGroup"
STACKS_ASK_AGAIN = "updated-stacks-ask-for-pass-role-again"
TEMPLATES = ("eci:CreateContainerGroupFromTemplate", "eci:CreateLaunchTemplate")
CONFIG_MAP = "eci:UpdateConfigMap"
"""Actions that only the table of RAM actions names: what they do is not documented."""
SERVICE_CREDENTIAL = "ram:CreateServiceCredential"


def assume_role(ask: Ask, actor: State) -> Iterator[Edge]:
    """`sts:AssumeRole` is allowed on the role, and its trust names the account, or this user or role."""
    account = ask.account
    if not account.principal(actor).may_allow("sts:AssumeRole"):
        return
    for names in ask.roles(actor, "sts:AssumeRole"):
        answer = ask.ram(actor, "sts:AssumeRole", role=names[0])
        if answer.truth is False:
            continue
        for name in names:
            trusted = lets_in(account.trusts.policies[name], actor.identity)
            if trusted is not False:
                doubt = "whether its trust policy lets the identity in is not known"
                yield edge("assume-role", actor, role(name), answer, name, trusted, doubt)


def create_access_key(ask: Ask, actor: State) -> Iterator[Edge]:
    """`ram:CreateAccessKey` is allowed on the user."""
    if not ask.may(actor, "ram:CreateAccessKey"):
        return
    for names in ask.users(actor, "ram:CreateAccessKey"):
        answer = ask.ram(actor, "ram:CreateAccessKey", user=names[0])
        if answer.truth is not False:
            for name in names:
                truth, doubt = _existence(ask, "user", name)
                yield edge("create-access-key", actor, user(name), answer, name, truth, doubt)


def _existence(ask: Ask, kind: str, name: str) -> tuple[Truth, str]:
    """Whether a user or a role exists, as far as that is known, and the doubt."""
    if ask.account.identities.is_unlisted(kind, name):
        return None, f"the {kind}s of the account could not be listed: one of such a name may exist"
    return True, ""


def create_service_credential(ask: Ask, actor: State) -> Iterator[Edge]:
    """`ram:CreateServiceCredential` is allowed on the user, or on all resources: possible.

    The action names a user. On what it is authorised is not documented: a Resource that names other users, or objects
    of another kind, fits neither.
    """
    doubt = "what a service credential gives access to, and on what it is authorised, is not documented"
    account = ask.account
    if not ask.may(actor, SERVICE_CREDENTIAL):
        return
    on_all = ask.call(actor, Call(SERVICE_CREDENTIAL, arn="*"))
    for names in ask.users(actor, SERVICE_CREDENTIAL) if on_all.truth is False else account.user_classes:
        arn = f"acs:ram:*:{account.account_id}:user/{names[0]}"
        answer = best((on_all, ask.call(actor, Call(SERVICE_CREDENTIAL, arn=arn))))
        if answer.truth is not False:
            for name in names:
                yield edge("create-access-key", actor, user(name), answer, name, None, doubt)


def set_login_profile(ask: Ask, actor: State) -> Iterator[Edge]:
    """`ram:CreateLoginProfile` or `ram:UpdateLoginProfile` is allowed on the user: never certain.

    Whoever may set the identity provider of user SSO may vouch for every user.
    """
    doubt = "whether the user can log in by password (a profile, MFA, SSO) is not known"
    actions = ("ram:CreateLoginProfile", "ram:UpdateLoginProfile")
    sso = ask.ram(actor, "ram:SetUserSsoSettings")
    if sso.truth is False and not any(ask.may(actor, action) for action in actions):
        return
    for names in ask.users(actor, *actions) if sso.truth is False else ask.account.user_classes:
        answer = best([*(ask.ram(actor, action, user=names[0]) for action in actions), sso])
        if answer.truth is not False:
            for name in names:
                yield edge("set-login-profile", actor, user(name), answer, name, None, doubt)


def create_instance(ask: Ask, actor: State) -> Iterator[Edge]:
    """`eci:CreateContainerGroup` with the role is allowed for some request, and the role trusts ECS.

    Possible by the template actions, which only the table of RAM actions names.
    """
    doubt = "whether the role trusts ecs.aliyuncs.com is not known"
    if not (
        ask.may(actor, "ram:PassRole") and any(ask.may(actor, action) for action in (CREATE, *TEMPLATES))
    ):
        return
    for names in ask.roles(actor, "ram:PassRole"):
        answer = ask.create_instance(actor, names[0])
        by_template = _by_template(ask, actor, names[0]) if answer.truth is not True else NO
        if answer.truth is False and by_template.truth is False:
            continue
        for name in names:
            trusts = ask.account.trusts.lets_in_service(name, ECS)
            if trusts is not False and answer.truth is not False:
                yield edge("create-instance", actor, role(name), answer, name, trusts, doubt)
            elif trusts is not False and by_template.truth is not False:
                unclear = "creation from a template is not documented"
                yield edge("create-instance", actor, role(name), by_template, name, None, unclear)


def _by_template(ask: Ask, actor: State, name: str) -> Answer:
    """Whether an instance with a role may be created from a template."""
    answer = best(ask.call(actor, Call(action)) for action in TEMPLATES)
    return both(answer, ask.pass_role(actor, name, ECI)) if answer.truth is not False else NO


def run_elsewhere(ask: Ask, actor: State) -> Iterator[Edge]:
    """`ecs:RunInstances` and `ram:PassRole` on the role are allowed, and the role trusts ECS.

    Possible by every other action that runs code under a role.
    """
    asked_again = ask.settled(STACKS_ASK_AGAIN)
    for row in ELSEWHERE:
        answer = _allowed_elsewhere(ask, actor, row)
        if answer.truth is False:
            continue
        passes = row.pass_role or (row.may_pass_role and asked_again)
        open_question = STACKS_ASK_AGAIN if row.may_pass_role and asked_again is None else ""
        for names in ask.roles(actor, "ram:PassRole") if passes else ask.account.role_classes:
            needed = both(answer, ask.pass_role(actor, names[0])) if passes else answer
            if needed.truth is False:
                continue
            for name in names:
                trusts = ask.account.trusts.lets_in_service(name, row.service)
                if trusts is not False:
                    truth = trusts if row.certain else None
                    doubt = f"what {row.action} needs for the role is not known{how_to_settle(open_question)}"
                    yield edge("run-elsewhere", actor, role(name), needed, name, truth, doubt)


def _allowed_elsewhere(ask: Ask, actor: State, row: Elsewhere) -> Answer:
    """Whether an action of another service may be allowed on a resource of that service, or on all resources."""
    answer = ask.call(actor, Call(row.action))
    principal = ask.account.principal(actor)
    if answer.truth is not None or principal.gaps:
        return answer
    statements = (ground.statement for ground, _ in principal.naming(row.action))
    patterns = (statement.resources for statement in statements if statement.effect != "Deny")
    return answer if any(may_be_about(row, resources) for resources in patterns) else NO


def update_trust(ask: Ask, updater: State, assumer: State) -> Iterator[Edge]:
    """`ram:UpdateRole` and `sts:AssumeRole` on the role are allowed: the new trust names whoever assumes it.

    Possible by a new trust for a service that runs code, or for an identity provider that the assumer controls.
    """
    if not ask.may(updater, "ram:UpdateRole"):
        return
    for names in ask.roles(updater, "ram:UpdateRole"):
        update = ask.ram(updater, "ram:UpdateRole", role=names[0])
        if update.truth is False:
            continue
        answer = both(update, ask.ram(assumer, "sts:AssumeRole", role=names[0]))
        truth: Truth = True
        if answer.truth is False:
            answer, truth = both(update, by_new_trust(ask, assumer, names[0])), None
        if answer.truth is not False:
            doubt = "it needs a new trust for a service and code that runs there, or for an identity provider"
            for name in names:
                exists, why = _existence(ask, "role", name)
                sure = all_of((truth, exists))
                yield edge("update-trust", updater, role(name), answer, name, sure, why or doubt)


def by_new_trust(ask: Ask, actor: State, name: str) -> Answer:
    """Whether an identity may come into a role that trusts every service and every identity provider: by code in an
    instance or elsewhere, or by a provider that it makes or changes."""
    created = best((ask.create_instance(actor, name), _by_template(ask, actor, name)))
    if created.truth is not False:
        return created
    elsewhere = best(_allowed_elsewhere(ask, actor, row) for row in ELSEWHERE if row.pass_role)
    carried = both(elsewhere, ask.pass_role(actor, name)) if elsewhere.truth is not False else NO
    if carried.truth is not False:
        return carried
    return best(ask.call(actor, call) for call in calls_on_provider(None, ask.account.account_id))


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
    *TEMPLATES,
    SERVICE_CREDENTIAL,
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
    yield from create_service_credential(ask, actor)
    yield from create_instance(ask, actor)
    yield from update_trust(ask, actor, actor)
    yield from run_elsewhere(ask, actor)
    yield from set_login_profile(ask, actor)
    yield from through_provider(ask, actor)
