"""Identity providers: whoever may make or change one that a role trusts may come in as the role.

Sources: the pages of AssumeRoleWithSAML and AssumeRoleWithOIDC, and of the calls on identity providers, at
help.aliyun.com.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..authorization import Call
from ..patterns import UNKNOWN
from ..trust_principals import is_of_another_account
from .ask import Ask, best
from .edge import Edge, edge, role
from .states import State

SAML = ("ram:UpdateSAMLProvider", "ram:CreateSAMLProvider")
OIDC = (
    "ram:UpdateOIDCProvider",
    "ram:CreateOIDCProvider",
    "ram:AddClientIdToOIDCProvider",
    "ram:AddFingerprintToOIDCProvider",
)
"""The actions that change an identity provider, or make one of a name that a trust policy names."""


def through_provider(ask: Ask, actor: State) -> Iterator[Edge]:
    """An identity provider that the role trusts may be changed: at most possible.

    AssumeRoleWithSAML and AssumeRoleWithOIDC need no permission, so that whoever controls the provider may come in.
    """
    doubt = "it needs control of an identity provider, and claims that the trust policy accepts"
    for name, trust in ask.account.trusts.policies.items():
        for provider in trust.providers:
            if provider is not None and is_of_another_account(provider, ask.account.account_id):
                continue
            answer = best(
                ask.call(actor, call) for call in calls_on_provider(provider, ask.account.account_id)
            )
            if answer.truth is not False:
                on = f"{name} through {provider or 'an identity provider'}"
                yield edge("assume-role", actor, role(name), answer, on, None, doubt)


def calls_on_provider(provider: str | None, account_id: str) -> Iterator[Call]:
    """The calls that make or change an identity provider; None is any provider.

    The page of CreateOIDCProvider says all resources, and none says anything of CreateSAMLProvider. A grant on the
    ARN of the provider, as RAM or IMS write it, may count for both; one on other objects of RAM does not. The other
    calls are authorised on the ARN of the provider.
    """
    for kind, other, actions in (
        ("saml-provider", "oidc-provider", SAML),
        ("oidc-provider", "saml-provider", OIDC),
    ):
        if provider is not None and f":{other}/" in provider:
            continue
        known = provider is not None and f":{kind}/" in provider
        arn = str(provider) if known else f"acs:ram:*:{account_id}:{kind}/{UNKNOWN}"
        for action in actions:
            yield Call(action, arn=arn)
            if action.startswith("ram:Create"):
                yield Call(action, arn="*")
                yield Call(action, arn=arn.replace("acs:ram:", "acs:ims:", 1).replace("::", ":*:", 1))
