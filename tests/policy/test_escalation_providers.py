"""Identity providers: whoever may make or change the provider that a role trusts may come in as the role."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policy.escalation_world import DENIED, DEV, World, arn, trust
from tests.policy.policy_world import UID, allow, deny, document

SAML, OIDC = "saml-provider/idp", "oidc-provider/idp"
POSSIBLE = {"role/Admin": False}
CREATING = ["ram:CreateSAMLProvider", "ram:CreateOIDCProvider"]
UPDATING = [
    "ram:UpdateSAMLProvider",
    "ram:UpdateOIDCProvider",
    "ram:AddClientIdToOIDCProvider",
    "ram:AddFingerprintToOIDCProvider",
]


def world(*statements: object, provider: str = SAML, **statement: Any) -> World:
    """An account with a user `dev`, who holds the statements, and a role that trusts a provider."""
    federated = {"Federated": [f"acs:ram::{UID}:{provider}"]}
    parts = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": federated, **statement}
    account = World()
    account.role("Admin", json.dumps(document(parts)), allow("eci:*"))
    account.hold("user/dev", *statements)
    return account


def provider_of(action: str) -> str:
    return SAML if "SAML" in action else OIDC


@pytest.mark.parametrize("action", [*CREATING, *UPDATING])
def test_control_of_the_provider_makes_the_role_possible(action: str) -> None:
    account = world(allow(action), provider=provider_of(action))
    assert account.reach() == POSSIBLE
    (reached,) = account.escalation().reach(DEV)
    (step,) = reached.paths[0].steps
    assert (step.step, step.to) == ("assume-role", "role/Admin")
    assert step.on == f"Admin through acs:ram::{UID}:{provider_of(action)}"
    assert "it needs control of an identity provider" in step.by
    assert account.can("eci:DeleteContainerGroup") == "undecidable"


@pytest.mark.parametrize("action", [*CREATING, *UPDATING])
def test_the_action_has_to_be_about_the_kind_of_the_provider(action: str) -> None:
    other = OIDC if "SAML" in action else SAML
    assert world(allow(action), provider=other).reach() == {}


@pytest.mark.parametrize("action", UPDATING)
def test_an_update_is_authorised_on_the_arn_of_the_provider(action: str) -> None:
    provider = provider_of(action)
    kind, _, _ = provider.partition("/")
    for pattern in (arn(provider)[0], f"acs:ram::{UID}:{provider}", f"acs:ram:*:*:{kind}/*", "*"):
        assert world(allow(action, pattern), provider=provider).reach() == POSSIBLE
        assert world(allow(action), deny(action, pattern), provider=provider).reach() == {}
    in_a_region = f"acs:ram:cn-hangzhou:*:{provider}"
    assert world(allow(action, in_a_region), provider=provider).reach() == POSSIBLE
    assert world(allow(action), deny(action, in_a_region), provider=provider).reach() == POSSIBLE
    for other in (arn(f"{kind}/other")[0], "acs:ram:*:1:*"):
        assert world(allow(action, other), provider=provider).reach() == {}
        assert world(allow(action), deny(action, other), provider=provider).reach() == POSSIBLE


@pytest.mark.parametrize("action", CREATING)
@pytest.mark.parametrize("pattern", ["acs:ram:*:*:*", f"acs:ram::{UID}:*", "acs:ims:*:*:*"])
def test_on_what_a_provider_is_created_is_open(action: str, pattern: str) -> None:
    """The page of CreateOIDCProvider says all resources: a Deny on every ARN of RAM may not count, nor an Allow."""
    provider = provider_of(action)
    assert world(allow("*"), deny(action, pattern), provider=provider).access().decide(
        "dev", action
    ).outcome == ("undecidable")
    only_creating = [allow(action), deny("ram:*", pattern)]
    assert world(*only_creating, provider=provider).reach() == POSSIBLE
    assert world(allow(action, pattern), provider=provider).reach() == POSSIBLE
    assert world(allow(action), deny(action), provider=provider).reach() == {}


@pytest.mark.parametrize("action", [*CREATING, "ram:Create*"])
@pytest.mark.parametrize(
    "pattern", [*arn("role/Admin", "role/*", "user/dev"), "acs:oss:*:*:*", "acs:eci:*:*:*"]
)
def test_a_grant_on_other_objects_makes_no_provider(action: str, pattern: str) -> None:
    assert "role/Admin" not in world(allow([action, "oss:Get*"], pattern), provider=SAML).reach()


def test_conditions_of_the_trust_change_nothing() -> None:
    """Whoever controls the provider chooses what it says, and what a token says is not known."""
    condition: dict[str, Any] = {
        "Condition": {"StringEquals": {"saml:recipient": "https://signin.example.com/saml-role/sso"}}
    }
    assert world(allow("ram:UpdateSAMLProvider"), **condition).reach() == POSSIBLE


def test_a_role_that_trusts_no_provider_is_not_reached_through_one() -> None:
    account = World()
    account.role("Admin", trust("user/ops"), allow("eci:*"))
    account.hold("user/dev", *(allow(action) for action in (*CREATING, *UPDATING)))
    assert account.reach() == {}


@pytest.mark.parametrize("action", ["sts:AssumeRoleWithSAML", "sts:AssumeRole*", ["sts:*"], "sts:${x}"])
def test_a_trust_may_name_the_call_of_the_provider(action: str) -> None:
    assert world(allow("ram:UpdateSAMLProvider"), Action=action).reach() == POSSIBLE


def test_a_trust_about_another_call_lets_no_provider_in() -> None:
    assert world(allow("ram:UpdateSAMLProvider"), Action="sts:GetCallerIdentity").reach() == {}


@pytest.mark.parametrize("written", [{}, {"Federated": "*"}, {"Somebody": ["x"]}, "*"])
def test_a_principal_that_is_not_understood_may_be_a_provider(written: object) -> None:
    for action in (*CREATING, *UPDATING):
        assert world(allow(action), Principal=written).reach() == POSSIBLE


def test_a_deny_in_the_trust_closes_the_way() -> None:
    assert world(allow("ram:UpdateSAMLProvider"), Effect="Deny").reach() == {}
    federated = {"Action": "sts:AssumeRole", "Principal": {"Federated": [f"acs:ram::{UID}:{SAML}"]}}
    both = [{"Effect": effect, **federated} for effect in ("Allow", "Deny")]
    account = world(allow("ram:UpdateSAMLProvider"))
    account.roles["Admin"] = json.dumps(document(*both))
    assert account.reach() == {}


@pytest.mark.parametrize("action", [*CREATING, *UPDATING])
def test_where_the_trust_could_not_be_read_it_may_name_a_provider(action: str) -> None:
    account = world(allow(action))
    account.roles["Admin"] = DENIED
    assert account.reach() == POSSIBLE


@pytest.mark.parametrize(
    "action", ["ram:CreateSAMLProvider", "ram:UpdateSAMLProvider", "ram:CreateOIDCProvider"]
)
def test_a_new_trust_for_a_provider_needs_no_permission_to_assume(action: str) -> None:
    account = World()
    account.role("Admin", trust("user/ops"))
    account.hold("user/dev", allow(["ram:UpdateRole", action]))
    assert account.reach() == {"role/Admin": False}


def test_a_new_trust_for_a_provider_that_another_identity_controls() -> None:
    account = World(users=["dev", "ops"])
    account.role("Admin", trust("root"))
    account.hold("user/dev", allow("ram:UpdateRole"), allow("ram:CreateAccessKey", arn("user/ops")))
    account.hold("user/ops", allow("ram:UpdateSAMLProvider"))
    assert account.reach() == {"user/ops": True, "role/Admin": False}


def test_a_new_role_may_trust_a_provider() -> None:
    account = World()
    account.hold("user/dev", allow(["ram:CreateRole", "ram:AttachPolicyToRole", "ram:CreateSAMLProvider"]))
    assert account.reach() == {"any-permission": False}


def test_a_provider_of_another_account_cannot_be_changed() -> None:
    account = World()
    provider = "acs:ram::2098765432109876:saml-provider/idp"
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Federated": provider}}
    account.role("Admin", json.dumps(document(statement)))
    account.hold("user/dev", allow("ram:UpdateSAMLProvider"))
    assert account.reach() == {}


@pytest.mark.parametrize(
    ("allowed", "denied", "kept_out"),
    [
        ("sts:AssumeRole", "sts:AssumeRole", True),
        ("sts:AssumeRole", "sts:*", True),
        ("sts:AssumeRoleWithSAML", "sts:*", True),
        ("sts:AssumeRoleWithSAML", "sts:AssumeRole", False),
        ("sts:*", "sts:AssumeRole", False),
        ("sts:AssumeRole", "sts:AssumeRoleWithSAML", False),
    ],
)
def test_a_deny_keeps_a_provider_out_where_it_is_about_the_same_call(
    allowed: str, denied: str, kept_out: bool
) -> None:
    """Whether a Deny of sts:AssumeRole is about AssumeRoleWithSAML, where both are named, is not documented."""
    federated = {"Federated": [f"acs:ram::{UID}:{SAML}"]}
    account = World()
    statements = [
        {"Effect": "Allow", "Action": allowed, "Principal": federated},
        {"Effect": "Deny", "Action": denied, "Principal": federated},
    ]
    account.role("Admin", json.dumps(document(*statements)), allow("eci:*"))
    account.hold("user/dev", allow("ram:UpdateSAMLProvider"))
    assert account.reach() == ({} if kept_out else POSSIBLE)
