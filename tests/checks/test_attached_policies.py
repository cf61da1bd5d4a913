"""The policies attached to RAM users and roles, against those intended and required."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Literal

import pytest

from pytest_eci_compliance.inventory.facts import (
    Attachments,
    GrantGap,
    Group,
    Policy,
    PolicyAttachment,
    PolicyRef,
    PrincipalType,
    ResourceGroup,
    Role,
    Unreadable,
    User,
)
from pytest_eci_compliance.results import Row

DENIED = Unreadable("ram:ListUsers", "NoPermission", permission="ram:ListUsers")
GROUPS = (ResourceGroup("rg-prod", "production"), ResourceGroup("rg-test", "test"))
READ_ONLY, FULL = "AliyunECIReadOnlyAccess", "AliyunECIFullAccess"
TYPES: dict[str, PrincipalType] = {"user": "IMSUser", "group": "IMSGroup", "role": "ServiceRole"}


def grant(principal: str, policy: str, group: str | None = None) -> PolicyAttachment:
    """`grant("user/ann", "Custom/X", "rg-prod")`."""
    kind, _, name = principal.partition("/")
    ref = PolicyRef.parse(policy)
    return PolicyAttachment(ref.policy_type, ref.policy_name, TYPES[kind], name, group)


def account(*grants: PolicyAttachment, gaps: tuple[GrantGap, ...] = (), **more: Any) -> dict[str, Any]:
    return {
        "users": (User("ann"), User("bob")),
        "groups": (Group("dev", members=("bob",)),),
        "resource_groups": GROUPS,
        "attachments": Attachments(grants, gaps),
        **more,
    }


def outcomes(rows: Iterable[Row]) -> dict[str, str]:
    return {row.resource.id: row.outcome for row in rows}


INTENDED = "user-intended-policies"


def test_the_worked_example_of_section_3(rows_of: Callable[..., list[Row]]) -> None:
    intent = (
        "users:\n"
        "- {match: ann, resource_groups: {production: [AliyunECIFullAccess]}}\n"
        "- {match: bob, resource_groups: {rg-test: [AliyunECIFullAccess]}}\n"
    )
    rows = rows_of(
        INTENDED, intent, **account(grant("user/ann", FULL, "rg-prod"), grant("user/bob", FULL, "rg-prod"))
    )
    assert outcomes(rows) == {"ann": "passed", "bob": "failed"}
    message = rows[1].message
    assert (
        "bob has 'AliyunECIFullAccess', attached directly, on resource group rg-prod ('production')"
        in message
    )
    assert "allowed: 'AliyunECIFullAccess' on resource group rg-test ('test')" in message
    assert "--ResourceGroupId rg-prod --PrincipalType IMSUser" in rows[1].remediation
    assert rows[1].config_path == ("users", 1)


def test_whom_no_entry_fits_may_hold_nothing(rows_of: Callable[..., list[Row]]) -> None:
    rows = rows_of(INTENDED, "users: []", **account(grant("user/ann", READ_ONLY)))
    assert outcomes(rows) == {"ann": "failed", "bob": "passed"}
    assert "aliyun ram DetachPolicyFromUser --PolicyType System" in rows[0].remediation
    assert rows[0].config_path == ("users",)


def test_entries_add_up(rows_of: Callable[..., list[Row]]) -> None:
    intent = f"users: [{{match: '*', policies: [{READ_ONLY}]}}, {{match: a*, policies: [Custom/Mine]}}]"
    both = (grant("user/ann", READ_ONLY), grant("user/ann", "Custom/Mine"))
    rows = rows_of(INTENDED, intent, **account(*both, grant("user/bob", "Custom/Mine")))
    assert outcomes(rows) == {"ann": "passed", "bob": "failed"}


def test_every_path_is_reported(rows_of: Callable[..., list[Row]]) -> None:
    grants = (
        grant("user/bob", "Custom/X"),
        grant("group/dev", "Custom/X"),
        grant("group/dev", "Custom/Y", "rg-prod"),
    )
    rows = rows_of(INTENDED, "users: []", **account(*grants))
    message = rows[1].message
    assert "'Custom/X', attached directly, account-wide" in message
    assert "'Custom/X', attached through group 'dev', account-wide" in message
    assert "'Custom/Y', attached through group 'dev', on resource group rg-prod" in message
    assert "RemoveUserFromGroup --UserName bob --GroupName dev" in rows[1].remediation


@pytest.mark.parametrize(
    ("intent", "scope", "outcome"),
    [
        ("policies: [AliyunECIFullAccess]", None, "passed"),
        ("policies: [AliyunECIFullAccess]", "rg-prod", "passed"),
        ("resource_groups: {rg-prod: [AliyunECIFullAccess]}", None, "failed"),
        ("resource_groups: {production: [AliyunECIFullAccess]}", "rg-prod", "passed"),
        ("resource_groups: {production: [AliyunECIFullAccess]}", "rg-test", "failed"),
        ("resource_groups: {production: [AliyunECIFullAccess]}", "rg-gone", "failed"),
        ("resource_groups: {rg-prod: []}", "rg-prod", "failed"),
        ("policies: [Custom/AliyunECIFullAccess]", None, "failed"),
        ("required_policies: [AliyunECIFullAccess]", None, "failed"),
    ],
)
def test_scopes(rows_of: Callable[..., list[Row]], intent: str, scope: str | None, outcome: str) -> None:
    rows = rows_of(
        INTENDED,
        f"users: {{match: ann, {intent}}}".replace("{match", "[{match") + "]",
        **account(grant("user/ann", FULL, scope)),
    )
    assert outcomes(rows)["ann"] == outcome


def test_names_of_resource_groups_that_cannot_be_listed(rows_of: Callable[..., list[Row]]) -> None:
    unread = Unreadable("resourcemanager:ListResourceGroups", "NoPermission")
    grants = (grant("user/ann", FULL, "rg-prod"), grant("user/bob", FULL, "rg-test"))
    intent = "users: [{match: '*', resource_groups: {rg-prod: [AliyunECIFullAccess], testing: [AliyunECIFullAccess]}}]"
    rows = rows_of(INTENDED, intent, **account(*grants, resource_groups=unread))
    assert outcomes(rows) == {"ann": "passed", "bob": "unknown"}
    assert "resourcemanager:ListResourceGroups" in rows[1].message


def test_entries_for_the_members_of_a_group(rows_of: Callable[..., list[Row]]) -> None:
    intent = "users: [{match: group/dev, policies: [Custom/X]}]"
    grants = (grant("user/ann", "Custom/X"), grant("user/bob", "Custom/X"))
    assert outcomes(rows_of(INTENDED, intent, **account(*grants))) == {"ann": "failed", "bob": "passed"}
    unread = Unreadable("ram:ListUsersForGroup", "Throttling.User", subject="dev")
    rows = rows_of(INTENDED, intent, **account(*grants, groups=(Group("dev", members=unread),)))
    assert outcomes(rows) == {"ann": "unknown", "bob": "unknown"}


def test_groups_that_cannot_be_listed(rows_of: Callable[..., list[Row]]) -> None:
    unread = Unreadable("ram:ListGroups", "NoPermission")
    rows = rows_of(INTENDED, "users: []", **account(grant("user/ann", FULL), groups=unread))
    assert outcomes(rows) == {"ann": "failed", "bob": "unknown"}


def test_missing_grants_are_unknown_but_a_violation_is_one(rows_of: Callable[..., list[Row]]) -> None:
    gap = GrantGap(Unreadable("resourcemanager:ListPolicyAttachments", "NoPermission"), "resource_group")
    intent = f"users: [{{match: '*', policies: [{READ_ONLY}]}}]"
    rows = rows_of(
        INTENDED, intent, **account(grant("user/ann", FULL), grant("user/bob", READ_ONLY), gaps=(gap,))
    )
    assert outcomes(rows) == {"ann": "failed", "bob": "unknown"}


def test_users_that_cannot_be_listed(rows_of: Callable[..., list[Row]]) -> None:
    (row,) = rows_of(INTENDED, "users: []", **account(users=DENIED))
    assert (row.outcome, row.resource.type, row.resource.id) == ("unknown", "user", "*")
    assert "ram:ListUsers could not be read: NoPermission, ram:ListUsers is not granted" in row.message
    assert "Grant ram:ListUsers to the auditing identity" in row.remediation


def test_no_user_is_skipped(rows_of: Callable[..., list[Row]]) -> None:
    (row,) = rows_of(INTENDED, "users: []", **account(users=()))
    assert (row.outcome, row.resource.id, row.message) == (
        "skipped",
        "*",
        "no user exists (0 users read, the list is complete)",
    )


def test_off_without_users(rows_of: Callable[..., list[Row]]) -> None:
    assert rows_of(INTENDED, "", **account(grant("user/ann", FULL))) == []
    assert rows_of("role-intended-policies", "users: []", **account()) == []


def test_a_grant_to_a_user_who_was_not_listed_is_unknown(rows_of: Callable[..., list[Row]]) -> None:
    gap = GrantGap(Unreadable("ram:GetUser", "NoPermission", subject="eve"), "any", "IMSUser", "eve")
    rows = rows_of(INTENDED, "users: []", **account(grant("user/dan", FULL), gaps=(gap,)))
    assert outcomes(rows) == {"ann": "passed", "bob": "passed", "dan": "unknown", "eve": "unknown"}


def document(**statement: Any) -> str:
    return json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Resource": "*", **statement}]})


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (document(Action="oss:*"), "passed"),
        (document(Action=["oss:*", "eci:Describe*"]), "failed"),
        (document(Action="ram:PassRole"), "failed"),
        (document(Action="ram:AttachPolicyToUser"), "failed"),
        (document(NotAction="oss:*"), "failed"),
        ("no document", "failed"),
        (Unreadable("ram:GetPolicy", "NoPermission", permission="ram:GetPolicy"), "unknown"),
        (None, "unknown"),
    ],
)
def test_with_grants_eci_only_what_may_concern_eci_is_judged(
    rows_of: Callable[..., list[Row]], text: Unreadable | str | None, outcome: str
) -> None:
    ref = PolicyRef("Custom", "X")
    policies = {} if text is None else {ref: Policy("Custom", "X", policy_document=text)}
    parts = account(grant("user/ann", "Custom/X"), policies=policies)
    assert outcomes(rows_of(INTENDED, "{grants: eci, users: []}", **parts))["ann"] == outcome
    assert outcomes(rows_of(INTENDED, "{grants: all, users: []}", **parts))["ann"] == "failed"
    assert (
        outcomes(rows_of(INTENDED, "{grants: eci, users: [{match: ann, policies: [Custom/X]}]}", **parts))[
            "ann"
        ]
        == "passed"
    )


def test_hostile_names_stay_on_one_line(rows_of: Callable[..., list[Row]]) -> None:
    name = "ev\x1b[2Jil\n`rm`"
    parts = account(grant(f"user/{name}", "Custom/\x07p", "rg-\n1"), users=(User(name),))
    (row,) = rows_of(INTENDED, "users: []", **parts)
    assert row.outcome == "failed"
    assert (row.message + row.remediation).isprintable()


ROLES = (Role("ECIRamRoleTest"), Role("Other"))


def test_roles_that_an_entry_fits(rows_of: Callable[..., list[Row]]) -> None:
    intent = "roles: [{match: ECIRamRole*, policies: [Custom/AppRead]}]"
    check = "role-intended-policies"
    grants = (grant("role/ECIRamRoleTest", "Custom/AppRead", "rg-prod"), grant("role/Other", FULL))
    assert outcomes(rows_of(check, intent, **account(*grants, roles=ROLES))) == {"ECIRamRoleTest": "passed"}
    rows = rows_of(check, intent, **account(*grants, grant("role/ECIRamRoleTest", FULL), roles=ROLES))
    assert outcomes(rows) == {"ECIRamRoleTest": "failed"}
    assert "DetachPolicyFromRole" in rows[0].remediation
    assert rows[0].config_path == ("roles", 0)


def test_roles_that_cannot_be_judged(rows_of: Callable[..., list[Row]]) -> None:
    check, intent = "role-intended-policies", "roles: [{match: ECIRamRole*}]"
    (row,) = rows_of(check, intent, **account(roles=Unreadable("ram:ListRoles", "NoPermission")))
    assert (row.outcome, row.resource.type, row.resource.id) == ("unknown", "role", "*")
    gap = GrantGap(Unreadable("resourcemanager:ListPolicyAttachments", "NoPermission"))
    assert outcomes(rows_of(check, intent, **account(gaps=(gap,), roles=ROLES))) == {
        "ECIRamRoleTest": "unknown"
    }
    (row,) = rows_of(check, "roles: [{match: Nobody}]", **account(roles=ROLES))
    assert (row.outcome, row.message) == (
        "skipped",
        "no role matches an entry of `roles` (2 roles read, the list is complete)",
    )
    rows = rows_of(
        check, intent, **account(grant("role/ECIRamRoleNew", FULL), grant("role/X", FULL), roles=ROLES)
    )
    assert outcomes(rows) == {"ECIRamRoleNew": "unknown", "ECIRamRoleTest": "passed"}


REQUIRED = "user-required-policies"


@pytest.mark.parametrize(
    ("grants", "outcome"),
    [
        ([grant("user/bob", READ_ONLY)], "passed"),
        ([grant("group/dev", READ_ONLY)], "passed"),
        ([grant("user/bob", READ_ONLY, "rg-prod")], "failed"),
        ([grant("user/bob", "Custom/" + READ_ONLY)], "failed"),
        ([], "failed"),
    ],
)
def test_required_account_wide(
    rows_of: Callable[..., list[Row]], grants: list[PolicyAttachment], outcome: str
) -> None:
    intent = f"users: [{{match: bob, required_policies: [{READ_ONLY}]}}, {{match: '*'}}]"
    rows = rows_of(REQUIRED, intent, **account(*grants))
    assert outcomes(rows) == {"bob": outcome}
    assert (
        outcome == "passed" or f"bob lacks '{READ_ONLY}' account-wide, which is required" in rows[0].message
    )


@pytest.mark.parametrize(
    ("group", "outcome"), [("rg-prod", "passed"), ("rg-test", "failed"), (None, "failed")]
)
def test_required_on_a_resource_group(
    rows_of: Callable[..., list[Row]], group: str | None, outcome: str
) -> None:
    intent = f"users: [{{match: ann, required_resource_groups: {{production: [{FULL}]}}}}]"
    assert outcomes(rows_of(REQUIRED, intent, **account(grant("user/ann", FULL, group)))) == {"ann": outcome}


def test_required_on_a_resource_group_that_does_not_exist_or_is_not_known(
    rows_of: Callable[..., list[Row]],
) -> None:
    intent = "users: [{match: ann, required_resource_groups: {%s: [AliyunECIFullAccess]}}]"
    held = grant("user/ann", FULL, "rg-prod")
    (row,) = rows_of(REQUIRED, intent % "nowhere", **account(held))
    assert (row.outcome, "nowhere, which does not exist" in row.message) == ("failed", True)
    unread = Unreadable("resourcemanager:ListResourceGroups", "NoPermission")
    assert outcomes(rows_of(REQUIRED, intent % "production", **account(held, resource_groups=unread))) == {
        "ann": "unknown"
    }
    assert outcomes(rows_of(REQUIRED, intent % "rg-prod", **account(held, resource_groups=unread))) == {
        "ann": "passed",
        "*": "unknown",
    }


@pytest.mark.parametrize(
    ("scope", "outcome"), [("any", "unknown"), ("account", "unknown"), ("resource_group", "failed")]
)
def test_a_gap_hides_what_could_be_in_it(
    rows_of: Callable[..., list[Row]], scope: Literal["any", "account", "resource_group"], outcome: str
) -> None:
    gap = GrantGap(Unreadable("resourcemanager:ListPolicyAttachments", "NoPermission"), scope)
    intent = f"users: [{{match: ann, required_policies: [{READ_ONLY}]}}]"
    lost = {} if outcome == "unknown" else {"*": "unknown"}
    assert outcomes(rows_of(REQUIRED, intent, **account(gaps=(gap,)))) == {"ann": outcome, **lost}
    assert outcomes(rows_of(REQUIRED, intent, **account(grant("user/ann", READ_ONLY), gaps=(gap,)))) == {
        "ann": "passed",
        "*": "unknown",
    }


def test_required_of_members_that_are_not_known(rows_of: Callable[..., list[Row]]) -> None:
    unread = Unreadable("ram:ListUsersForGroup", "Throttling.User", subject="dev")
    intent = f"users: [{{match: group/dev, required_policies: [{READ_ONLY}]}}]"
    parts = account(grant("user/ann", READ_ONLY), groups=(Group("dev", members=unread),))
    assert outcomes(rows_of(REQUIRED, intent, **parts)) == {"ann": "passed", "bob": "unknown"}


def test_required_of_roles(rows_of: Callable[..., list[Row]]) -> None:
    intent = "roles: [{match: ECIRamRole*, required_policies: [Custom/AppRead]}]"
    (row,) = rows_of(REQUIRED, intent, **account(roles=ROLES))
    assert (row.outcome, row.resource.type, row.resource.id) == ("failed", "role", "ECIRamRoleTest")


def test_required_of_nobody(rows_of: Callable[..., list[Row]]) -> None:
    (row,) = rows_of(REQUIRED, "users: [{match: zoe, required_policies: [X]}]", **account())
    assert (row.outcome, row.resource.id) == ("skipped", "*")
    (row,) = rows_of(REQUIRED, "users: [{match: ann, required_policies: [X]}]", **account(users=DENIED))
    assert (row.outcome, row.resource.id) == ("unknown", "*")
    assert rows_of(REQUIRED, "users: [{match: ann, policies: [X]}]", **account()) == []


NO_SUCH: dict[str, Any] = {
    "system_policies": (PolicyRef("System", "AliyunOSSReadOnlyAccess"),),
    "custom_policies": (),
}


def test_a_policy_that_is_intended_under_a_misspelt_name_is_not_to_be_detached_at_once(
    rows_of: Callable[..., list[Row]],
) -> None:
    intent = "users: [{match: '*', policies: [AliyunECIFulAccess]}]"
    parts = account(grant("user/ann", FULL), grant("user/bob", READ_ONLY), **NO_SUCH)
    ann, bob = rows_of(INTENDED, intent, **parts)
    assert (ann.outcome, bob.outcome) == ("failed", "failed")
    assert "did you mean 'AliyunECIFullAccess'?" in ann.message
    assert ann.remediation.startswith(
        "If the configuration means policy 'AliyunECIFullAccess' by 'AliyunECIFulAccess', correct the name there."
        " If not, do what follows. Detach the policy"
    )
    assert "DetachPolicyFromUser" in bob.remediation
    assert "did you mean" not in bob.message


def test_beside_a_misspelt_one_other_policies_are_still_to_be_detached(
    rows_of: Callable[..., list[Row]],
) -> None:
    intent = "users: [{match: '*', policies: [AliyunECIFulAccess]}]"
    parts = account(grant("user/ann", FULL), grant("user/ann", "AdministratorAccess"), **NO_SUCH)
    ann = rows_of(INTENDED, intent, **parts)[0]
    first, _, second = ann.remediation.partition("If the configuration means")
    assert first.count("DetachPolicyFromUser") == second.count("DetachPolicyFromUser") == 1
    assert "--PolicyName AdministratorAccess" in first
    assert "--PolicyName AliyunECIFullAccess" in second


@pytest.mark.parametrize(
    ("intent", "question", "remediation"),
    [
        (
            "users: [{match: anni, policies: [AliyunECIFullAccess]}, {match: bob, policies: [AliyunECIFullAccess]}]",
            "the configuration names user 'anni', which does not exist: did you mean 'ann'?",
            "If the configuration means user 'ann' by 'anni', correct the name there.",
        ),
        (
            "users: [{match: ann, resource_groups: {prodution: [AliyunECIFullAccess]}}]",
            "the configuration names resource group 'prodution', which does not exist: did you mean 'production'?",
            "If the configuration means resource group 'production' by 'prodution', correct the name there.",
        ),
    ],
)
def test_what_is_intended_under_a_misspelt_name_is_not_to_be_detached_at_once(
    rows_of: Callable[..., list[Row]], intent: str, question: str, remediation: str
) -> None:
    scope = "rg-prod" if "resource_groups" in intent else None
    parts = account(grant("user/ann", FULL, scope), grant("user/bob", FULL), **NO_SUCH)
    ann = rows_of(INTENDED, intent, **parts)[0]
    assert ann.outcome == "failed"
    assert question in ann.message
    assert ann.remediation.startswith(remediation)


def test_an_intruder_with_a_name_like_a_known_one_is_not_to_be_written_into_the_configuration(
    rows_of: Callable[..., list[Row]],
) -> None:
    """The user of the configuration has left, and an attacker makes one that looks like it, who holds more."""
    intent = "users: [{match: anni, policies: [AliyunECIReadOnlyAccess]}, {match: bob}]"
    ann = rows_of(INTENDED, intent, **account(grant("user/ann", "AdministratorAccess"), **NO_SUCH))[0]
    _, correction, rest = ann.remediation.partition(
        "If the configuration means user 'ann' by 'anni', correct the name there. If not, do what follows. "
    )
    assert (ann.outcome, bool(correction)) == ("failed", True)
    assert "DetachPolicyFromUser" in rest


def test_a_required_policy_under_a_misspelt_name_is_not_to_be_attached(
    rows_of: Callable[..., list[Row]],
) -> None:
    intent = "users: [{match: '*', required_policies: [AliyunECIFulAccess]}]"
    parts = account(grant("user/ann", FULL), grant("user/bob", "AdministratorAccess"), **NO_SUCH)
    for row in rows_of("user-required-policies", intent, **parts):
        assert "did you mean 'AliyunECIFullAccess'?" in row.message
        assert row.remediation.startswith("If the configuration means policy 'AliyunECIFullAccess'")
        assert row.remediation.endswith(
            "Attach the policy at the scope that is required, or change the entry in the configuration."
        )
    other = intent.replace("AliyunECIFulAccess", "NoSuchThing")
    assert "did you mean" not in rows_of("user-required-policies", other, **parts)[0].message


def test_a_policy_that_exists_is_no_misspelling_of_another(rows_of: Callable[..., list[Row]]) -> None:
    intent = "users: [{match: '*', policies: [AliyunOSSReadOnlyAccess]}]"
    ann = rows_of(INTENDED, intent, **account(grant("user/ann", "AliyunECSReadOnlyAccess"), **NO_SUCH))[0]
    assert "did you mean" not in ann.message
    assert "DetachPolicyFromUser" in ann.remediation
