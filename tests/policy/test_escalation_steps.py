"""Each step: where it is certain, where it is possible, where it is absent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_eci_compliance.inventory.facts import GrantGap, Listing, PolicyRef, PolicyVersion, Unreadable
from pytest_eci_compliance.policy.escalation import Identity
from tests.policy.escalation_world import ADMIN, DENIED, EVERYTHING, FULL_ACCESS, World, arn, trust
from tests.policy.policy_world import REGION, UID, allow, deny, document

MFA = {"Bool": {"acs:MFAPresent": "true"}}
CERTAIN, POSSIBLE = True, False


def world(*statements: object, trusting: Unreadable | str | None = None) -> World:
    """An account with a user `dev`, who holds the statements, and a role Admin, which may delete instances."""
    world = World()
    world.role("Admin", trust("ecs.aliyuncs.com") if trusting is None else trusting, allow("eci:Delete*"))
    if statements:
        world.hold("user/dev", *statements)
    return world


# assume-role


@pytest.mark.parametrize(
    ("principals", "statement", "expected"),
    [
        (["root"], {}, CERTAIN),
        (["user/dev"], {}, CERTAIN),
        (["user/other"], {}, None),
        (["role/dev"], {}, None),
        (["ecs.aliyuncs.com"], {}, None),
        (["ecs.aliyuncs.com", "root"], {}, CERTAIN),
        (["user/DEV"], {}, POSSIBLE),
        (["user/*"], {}, POSSIBLE),
        (["role/*"], {}, None),
        (["*"], {}, POSSIBLE),
        (["acs:ram::1:root"], {}, POSSIBLE),
        ([f"acs:ram:*:{UID}:root"], {}, POSSIBLE),
        (["root"], {"Condition": MFA}, POSSIBLE),
        (["user/other"], {"Condition": MFA}, None),
        (["root"], {"Action": "*"}, CERTAIN),
        (["root"], {"Action": "sts:AssumeRoleWithSAML"}, None),
        (["root"], {"Effect": "Deny"}, None),
        (["root"], {"Effect": "Maybe"}, POSSIBLE),
        (["root"], {"NotPrincipal": {}}, POSSIBLE),
    ],
)
def test_assume_role_needs_the_trust(
    principals: list[str], statement: dict[str, Any], expected: bool | None
) -> None:
    subject = world(allow("sts:AssumeRole", arn("role/Admin")), trusting=trust(*principals, **statement))
    assert subject.reach().get("role/Admin") is expected


@pytest.mark.parametrize("document", [None, DENIED, "not JSON", '{"Version": "1"}'])
def test_a_trust_that_could_not_be_read_is_possible(document: Unreadable | str | None) -> None:
    subject = world(allow("sts:AssumeRole"))
    subject.roles["Admin"] = document
    assert subject.reach() == {"role/Admin": POSSIBLE}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], None),
        ([allow("sts:AssumeRole")], CERTAIN),
        ([allow("sts:*", arn("role/A*"))], CERTAIN),
        ([allow("sts:AssumeRole", arn("role/Other"))], None),
        ([allow("sts:AssumeRole", arn("role/admin"))], POSSIBLE),
        ([allow("sts:AssumeRole", "acs:ram:cn-hangzhou:*:role/Admin")], POSSIBLE),
        ([allow("sts:AssumeRole", Condition=MFA)], POSSIBLE),
        ([allow("sts:AssumeRole"), deny("sts:AssumeRole", arn("role/Admin"))], None),
        ([allow("sts:AssumeRole"), deny("sts:AssumeRole", Condition=MFA)], POSSIBLE),
        ([{"Effect": "Allow", "NotAction": ["ram:*", "ecs:*", "eci:*"], "Resource": "*"}], CERTAIN),
    ],
)
def test_assume_role_needs_the_permission(statements: list[dict[str, Any]], expected: bool | None) -> None:
    subject = world(*statements, trusting=trust("root"))
    assert subject.reach().get("role/Admin") is expected


def test_a_deny_in_a_trust_policy_wins() -> None:
    both = [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": f"acs:ram::{UID}:root"}},
        {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": {"RAM": f"acs:ram::{UID}:user/dev"}},
    ]
    subject = world(allow("sts:AssumeRole"))
    subject.roles["Admin"] = json.dumps(document(*both))
    assert subject.reach() == {}
    subject.users.append("ops")
    subject.hold("user/ops", allow("sts:AssumeRole"))
    assert subject.reach(Identity("user", "ops")) == {"role/Admin": CERTAIN}


def test_a_service_linked_role_is_never_reached() -> None:
    world = World()
    world.role("AliyunServiceRoleForECI", trust("root", "eci.aliyuncs.com"), EVERYTHING)
    world.hold("user/dev", allow("sts:*"), allow("ram:UpdateRole"))
    assert world.reach() == {}


# create-access-key, set-login-profile


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("ram:CreateAccessKey"), CERTAIN),
        (allow("ram:CreateAccessKey", arn("user/ops")), CERTAIN),
        (allow("ram:CreateAccessKey", f"acs:ram::{UID}:user/ops"), CERTAIN),
        (allow("ram:CreateAccessKey", arn("user/dev")), None),
        (allow("ram:CreateAccessKey", Condition=MFA), POSSIBLE),
        (allow("ram:UpdateAccessKey"), None),
        (allow("ram:CreateLoginProfile"), POSSIBLE),
        (allow("ram:UpdateLoginProfile", arn("user/ops")), POSSIBLE),
        (allow("ram:UpdateLoginProfile", arn("user/dev")), None),
        (allow("ram:SetUserSsoSettings"), POSSIBLE),
    ],
)
def test_credentials_of_another_user(statement: dict[str, Any], expected: bool | None) -> None:
    world = World(users=["dev", "ops"])
    world.hold("user/dev", statement)
    assert world.reach().get("user/ops") is expected
    assert "user/dev" not in world.reach()


# exec-in-instance, update-instance


@pytest.mark.parametrize(
    ("action", "status", "expected"),
    [
        ("eci:ExecContainerCommand", "Running", CERTAIN),
        ("eci:ExecContainerCommand", "Pending", POSSIBLE),
        ("eci:ExecContainerCommand", "Strange", POSSIBLE),
        ("eci:ExecContainerCommand", "Succeeded", None),
        ("eci:RunCommand", "Running", POSSIBLE),
        ("eci:RunCommand", "Failed", None),
        ("eci:UpdateContainerGroup", "Running", POSSIBLE),
        ("eci:UpdateContainerGroup", "Expired", None),
        ("eci:RestartContainerGroup", "Running", None),
    ],
)
def test_code_in_an_instance_that_carries_a_role(action: str, status: str, expected: bool | None) -> None:
    subject = world(allow(action))
    subject.instance("eci-1", "Admin", status)
    assert subject.reach().get("role/Admin") is expected


@pytest.mark.parametrize(
    "status", ["Scheduling", "Pending", "Running", "Restarting", "Updating", "Terminating"]
)
def test_an_update_with_pass_role_is_certain_on_every_live_instance(status: str) -> None:
    subject = world(
        allow("eci:UpdateContainerGroup"), allow("ram:PassRole", arn("role/Adm*")), trusting=trust("root")
    )
    subject.instance("eci-1", "Admin", status)
    assert subject.reach() == {"role/Admin": CERTAIN}
    assert subject.steps("role/Admin") == ["update-instance"]


def test_scopes_and_tags_scope_the_step_into_an_instance() -> None:
    subject = world()
    subject.instance("eci-1", "Admin", group="rg-prod", env="prod")
    subject.hold("user/dev", allow("eci:ExecContainerCommand"), scope="rg-other")
    assert subject.reach() == {}
    subject.hold(
        "user/dev",
        allow("eci:ExecContainerCommand", Condition={"StringEquals": {"acs:ResourceTag/env": "dev"}}),
    )
    assert subject.reach() == {}
    subject.hold("user/dev", allow("eci:ExecContainerCommand"), scope="rg-prod")
    assert subject.reach() == {"role/Admin": CERTAIN}


def test_a_region_that_could_not_be_read_may_hold_an_instance_with_any_role() -> None:
    subject = world(allow("eci:ExecContainerCommand"))
    subject.unread.append(Listing("cn-beijing", Unreadable("eci:DescribeContainerGroups", "NoPermission")))
    assert subject.reach() == {"role/Admin": POSSIBLE}


# create-instance, run-elsewhere


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow("eci:CreateContainerGroup"), allow("ram:PassRole", arn("role/Admin"))], CERTAIN),
        ([allow("eci:Create*"), allow("ram:PassRole", f"acs:ram::{UID}:role/Admin")], CERTAIN),
        ([allow("eci:CreateContainerGroup"), allow("ram:PassRole", arn("role/Other"))], None),
        ([allow("eci:CreateContainerGroup")], None),
        ([allow("ram:PassRole")], None),
        (
            [
                allow("eci:CreateContainerGroup", Condition={"StringEquals": {"acs:RequestTag/env": "dev"}}),
                allow("ram:PassRole"),
            ],
            CERTAIN,
        ),
        (
            [
                allow("eci:CreateContainerGroup", f"acs:eci:{REGION}:*:containergroup/*"),
                allow("ram:PassRole"),
            ],
            CERTAIN,
        ),
        ([allow("eci:CreateContainerGroup", Condition=MFA), allow("ram:PassRole")], POSSIBLE),
        (
            [
                allow("eci:CreateContainerGroup"),
                allow("ram:PassRole", Condition={"StringEquals": {"acs:Service": "eci.aliyuncs.com"}}),
            ],
            POSSIBLE,
        ),
        ([allow("eci:CreateContainerGroupFromTemplate"), allow("ram:PassRole")], POSSIBLE),
    ],
)
def test_an_instance_that_is_created_with_a_role(
    statements: list[dict[str, Any]], expected: bool | None
) -> None:
    subject = world(*statements)
    assert subject.reach().get("role/Admin") is expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (trust("ecs.aliyuncs.com"), CERTAIN),
        (trust("root"), None),
        (DENIED, POSSIBLE),
        (trust("eci.aliyuncs.com"), None),
    ],
)
def test_the_role_must_trust_ecs(document: Unreadable | str, expected: bool | None) -> None:
    subject = world(allow("eci:CreateContainerGroup"), allow("ram:PassRole"), trusting=document)
    assert subject.reach().get("role/Admin") is expected
    subject = world(allow("ecs:RunInstances"), allow("ram:PassRole"), trusting=document)
    assert subject.reach().get("role/Admin") is expected


def test_a_creation_on_a_resource_group_is_a_creation() -> None:
    subject = world(allow("ram:PassRole"))
    subject.hold("user/dev", allow("eci:CreateContainerGroup"), scope="rg-prod")
    assert subject.reach() == {"role/Admin": CERTAIN}


@pytest.mark.parametrize(
    ("statements", "document", "expected"),
    [
        ([allow("ecs:RunInstances"), allow("ram:PassRole")], trust("ecs.aliyuncs.com"), CERTAIN),
        ([allow("ecs:*"), allow("ram:PassRole", arn("role/Admin"))], trust("ecs.aliyuncs.com"), CERTAIN),
        (
            [allow("ecs:RunInstances"), allow("ram:PassRole", Condition=MFA)],
            trust("ecs.aliyuncs.com"),
            POSSIBLE,
        ),
        (
            [allow("ecs:RunInstances", Condition=MFA), allow("ram:PassRole")],
            trust("ecs.aliyuncs.com"),
            POSSIBLE,
        ),
        (
            [allow("ecs:RunInstances", "acs:ecs:*:*:instance/*"), allow("ram:PassRole")],
            trust("ecs.aliyuncs.com"),
            POSSIBLE,
        ),
        ([allow("ecs:RunInstances")], trust("ecs.aliyuncs.com"), None),
        ([allow("ecs:AttachInstanceRamRole"), allow("ram:PassRole")], trust("ecs.aliyuncs.com"), POSSIBLE),
        ([allow("ecs:RunCommand")], trust("ecs.aliyuncs.com"), POSSIBLE),
        ([allow("ecs:RunCommand")], trust("fc.aliyuncs.com"), None),
        ([allow("fc:CreateFunction"), allow("ram:PassRole")], trust("fc.aliyuncs.com"), POSSIBLE),
        ([allow("fc:CreateFunction")], trust("fc.aliyuncs.com"), None),
        ([allow("fc:UpdateFunction")], trust("fc.aliyuncs.com"), POSSIBLE),
        ([allow("ros:CreateStack"), allow("ram:PassRole")], trust("ros.aliyuncs.com"), POSSIBLE),
        ([allow("oos:StartExecution"), allow("ram:PassRole")], trust("oos.aliyuncs.com"), POSSIBLE),
    ],
)
def test_code_in_other_services(
    statements: list[dict[str, Any]], document: str, expected: bool | None
) -> None:
    subject = world(*statements, trusting=document)
    assert subject.reach().get("role/Admin") is expected


# update-trust


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow("ram:UpdateRole"), allow("sts:AssumeRole")], CERTAIN),
        ([allow("ram:UpdateRole", arn("role/Admin")), allow("sts:AssumeRole", arn("role/Admin"))], CERTAIN),
        ([allow("ram:UpdateRole"), allow("sts:AssumeRole", arn("role/Other"))], None),
        ([allow("ram:UpdateRole")], None),
        (
            [
                allow("ram:UpdateRole", Condition={"StringEquals": {"ram:TrustedPrincipalTypes": "RAM"}}),
                allow("sts:AssumeRole"),
            ],
            POSSIBLE,
        ),
        ([allow("ram:UpdateRole"), allow("eci:CreateContainerGroup"), allow("ram:PassRole")], POSSIBLE),
    ],
)
def test_a_new_trust(statements: list[dict[str, Any]], expected: bool | None) -> None:
    subject = world(*statements, trusting=trust("user/nobody"))
    assert subject.reach().get("role/Admin") is expected


def test_a_new_trust_for_another_identity_that_is_acted_as() -> None:
    subject = world(
        allow("ram:UpdateRole", arn("role/Admin")),
        allow("ram:CreateAccessKey", arn("user/ops")),
        trusting=trust("user/x"),
    )
    subject.users.append("ops")
    subject.hold("user/ops", allow("sts:AssumeRole", arn("role/Admin")))
    assert subject.reach() == {"user/ops": CERTAIN, "role/Admin": CERTAIN}


# attach-policy


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow("ram:AttachPolicyToUser")], {"any-permission": CERTAIN}),
        ([allow("ram:Attach*")], {"any-permission": CERTAIN}),
        (
            [allow("ram:AttachPolicyToUser", arn("user/dev", "policy/delete"))],
            {"policy/Custom/delete": CERTAIN},
        ),
        (
            [allow("ram:AttachPolicyToUser", arn("user/dev", "system/AdministratorAccess"))],
            {"policy/AdministratorAccess": CERTAIN},
        ),
        ([allow("ram:AttachPolicyToUser", arn("user/ops", "policy/delete"))], {}),
        ([allow("ram:AttachPolicyToUser", arn("user/dev"))], {}),
        ([allow("ram:AttachPolicyToUser", arn("policy/delete"))], {}),
        ([allow("ram:AttachPolicyToRole")], {}),
        ([allow("ram:AttachPolicyToGroup")], {}),
        (
            [allow("ram:AttachPolicyToUser", Condition=MFA)],
            {"any-permission": POSSIBLE},
        ),
        ([allow("ram:AttachPolicy")], {"any-permission": CERTAIN}),
        ([allow("ram:AttachPolicy", arn("user/dev", "policy/delete"))], {"policy/Custom/delete": POSSIBLE}),
        ([allow("ram:AttachPolicy", arn("policy/delete"))], {}),
        (
            [allow("ram:AttachPolicyToUser", arn("user/dev", "policy/new-*")), allow("ram:CreatePolicy")],
            {"any-permission": POSSIBLE},
        ),
        ([allow("ram:AttachPolicyToUser", arn("user/dev", "policy/new-*"))], {}),
        (
            [allow("ram:AttachPolicyToUser", arn("user/dev", "policy/delete")), allow("ram:CreatePolicy")],
            {"policy/Custom/delete": CERTAIN},
        ),
    ],
)
def test_policies_that_a_user_attaches_to_itself(
    statements: list[dict[str, Any]], expected: dict[str, Any]
) -> None:
    world = World()
    world.policy("Custom/delete", allow("eci:Delete*"))
    world.hold("user/dev", *statements, name="Custom/own")
    reached = {name: certain for name, certain in world.reach().items() if name != "policy/Custom/own"}
    if "policy/AdministratorAccess" in expected:
        assert reached.pop("any-permission") is CERTAIN, "who attaches it may write policies"
    assert reached == expected


def test_policies_are_attached_to_a_group_that_the_user_is_in() -> None:
    world = World(groups={"team": ("dev",), "other": ("ops",)}, users=["dev", "ops"])
    world.policy("Custom/delete", allow("eci:Delete*"))
    world.hold(
        "user/dev", allow("ram:AttachPolicyToGroup", arn("group/other", "policy/delete")), name="Custom/own"
    )
    assert world.reach() == {}
    world.hold(
        "user/dev", allow("ram:AttachPolicyToGroup", arn("group/team", "policy/delete")), name="Custom/more"
    )
    world.instance("eci-1")
    assert world.reach() == {"policy/Custom/delete": CERTAIN}
    assert world.can("eci:DeleteContainerGroup", "eci-1") == "yes"


def test_a_policy_that_is_attached_counts_for_another_identity_that_is_acted_as() -> None:
    subject = world(
        allow("ram:AttachPolicyToRole", arn("role/Admin", "policy/exec")),
        allow("sts:AssumeRole"),
        trusting=trust("root"),
    )
    subject.policy("Custom/exec", allow("eci:ExecContainerCommand"))
    subject.instance("eci-1")
    assert subject.reach() == {"role/Admin": CERTAIN, "policy/Custom/exec": CERTAIN}
    assert subject.can("eci:ExecContainerCommand", "eci-1") == "yes"
    without = world(allow("ram:AttachPolicyToRole", arn("role/Admin", "policy/exec")), trusting=trust("root"))
    without.policy("Custom/exec", allow("eci:ExecContainerCommand"))
    assert without.reach() == {}


@pytest.mark.parametrize(("listed", "expected"), [((), None), (None, POSSIBLE)])
def test_a_system_policy_that_was_not_listed_may_be_attached(
    listed: tuple[Any, ...] | None, expected: bool | None
) -> None:
    world = World(system=listed)
    world.hold("user/dev", allow("ram:AttachPolicyToUser", arn("user/dev", "system/AliyunEC*")))
    assert world.reach().get("policy/AliyunEC") is expected


def test_a_system_policy_that_is_listed_and_not_read_is_possible_in_what_it_allows() -> None:
    world = World(system=(PolicyRef("System", "AliyunECIFullAccess"),))
    world.hold("user/dev", allow("ram:AttachPolicyToUser", arn("user/dev", "system/AliyunEC*")))
    world.instance("eci-1")
    assert world.reach()["policy/AliyunECIFullAccess"] is CERTAIN
    assert world.can("eci:DeleteContainerGroup", "eci-1") == "undecidable"


# rewrite-policy, switch-policy-version


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("ram:CreatePolicyVersion"), CERTAIN),
        (allow("ram:CreatePolicyVersion", arn("policy/own")), CERTAIN),
        (allow("ram:CreatePolicyVersion", arn("policy/other")), None),
        (allow("ram:CreatePolicyVersion", Condition=MFA), POSSIBLE),
        (allow("ram:DeletePolicyVersion"), None),
    ],
)
def test_a_policy_that_is_rewritten(statement: dict[str, Any], expected: bool | None) -> None:
    world = World()
    world.policy("Custom/other", allow("eci:Delete*"))
    world.hold("user/dev", statement, name="Custom/own")
    assert world.reach().get("any-permission") is expected


def test_a_policy_that_is_rewritten_on_a_resource_group_gives_eci_there_and_nothing_certain_of_ram() -> None:
    subject = world(trusting=trust("root"))
    subject.hold("user/dev", allow("eci:Describe*"), name="Custom/own", scope="rg-prod")
    subject.hold("user/dev", allow("ram:CreatePolicyVersion", arn("policy/own")), name="Custom/rewrite")
    subject.instance("eci-prod", group="rg-prod")
    subject.instance("eci-other")
    assert subject.reach()["any-permission"] is POSSIBLE
    assert subject.can("eci:DeleteContainerGroup", "eci-prod") == "yes"
    assert subject.can("eci:DeleteContainerGroup", "eci-other") != "yes"
    assert subject.reach()["role/Admin"] is POSSIBLE


def test_denies_by_another_policy_still_bind_what_is_rewritten() -> None:
    world = World()
    world.hold("user/dev", allow("ram:CreatePolicyVersion", arn("policy/own")), name="Custom/own")
    world.hold("user/dev", deny(["eci:Delete*", "ram:*", "sts:*"]), name="Custom/never")
    world.instance("eci-1")
    assert world.can("eci:DeleteContainerGroup", "eci-1") == "no"
    world = World()
    world.hold(
        "user/dev",
        allow("ram:CreatePolicyVersion", arn("policy/own")),
        deny("eci:Delete*"),
        name="Custom/own",
    )
    world.instance("eci-1")
    assert world.can("eci:DeleteContainerGroup", "eci-1") == "yes"


def version(number: int, *statements: object, default: bool = False) -> PolicyVersion:
    return PolicyVersion(f"v{number}", default, json.dumps(document(*statements)))


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ((version(1, allow("eci:Delete*")),), CERTAIN),
        ((version(1, allow("eci:DescribeRegions")),), None),
        ((version(1, allow("eci:Describe*"), allow("eci:List*")),), None),
        ((version(1, allow("eci:Delete*"), deny("eci:*")),), None),
        ((), None),
        (Unreadable("ram:ListPolicyVersions", "NoPermission"), POSSIBLE),
        (None, POSSIBLE),
    ],
)
def test_another_version_of_a_policy(
    versions: Unreadable | tuple[PolicyVersion, ...] | None, expected: bool | None
) -> None:
    world = World()
    now = [allow(["eci:Describe*", "eci:List*"]), allow("ram:SetDefaultPolicyVersion", arn("policy/own"))]
    ref = world.hold("user/dev", *now, name="Custom/own")
    if versions is not None:
        world.versions[ref] = (
            versions if isinstance(versions, Unreadable) else (*versions, version(2, *now, default=True))
        )
    assert world.reach().get("policy/Custom/own") is expected


def test_another_version_allows_what_it_says() -> None:
    world = World()
    ref = world.hold("user/dev", allow("eci:Describe*"), name="Custom/own")
    world.hold("user/dev", allow("ram:SetDefaultPolicyVersion", arn("policy/own")), name="Custom/switch")
    world.versions[ref] = (version(1, allow("eci:Delete*")), version(2, allow("eci:Describe*"), default=True))
    world.instance("eci-1")
    assert world.can("eci:DeleteContainerGroup", "eci-1") == "yes"
    assert world.can("eci:UpdateContainerGroup", "eci-1") == "no"


# join-group


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("ram:AddUserToGroup"), CERTAIN),
        (allow("ram:AddUserToGroup", arn("group/ops", "user/dev")), CERTAIN),
        (allow("ram:AddUserToGroup", arn("group/ops")), None),
        (allow("ram:AddUserToGroup", arn("user/*")), None),
        (allow("ram:AddUserToGroup", Condition=MFA), POSSIBLE),
    ],
)
def test_a_group_that_is_joined(statement: dict[str, Any], expected: bool | None) -> None:
    world = World(groups={"ops": ()})
    world.hold("group/ops", allow("eci:Delete*"))
    world.hold("user/dev", statement)
    world.instance("eci-1")
    assert world.reach().get("group/ops") is expected
    assert (
        world.can("eci:DeleteContainerGroup", "eci-1")
        == {True: "yes", False: "undecidable", None: "no"}[expected]
    )


def test_a_role_is_in_no_group() -> None:
    world = World(groups={"ops": ()})
    world.hold("group/ops", allow("eci:Delete*"))
    world.role(
        "Admin", trust("root"), allow("ram:AddUserToGroup", arn("group/ops", "role/*")), allow("sts:*")
    )
    assert world.reach(ADMIN) == {}


def test_a_group_whose_members_could_not_be_read_is_possible() -> None:
    world = World(groups={"ops": Unreadable("ram:ListUsersForGroup", "NoPermission")})
    world.hold("group/ops", allow("eci:Delete*"))
    world.instance("eci-1")
    assert world.can("eci:DeleteContainerGroup", "eci-1") == "undecidable"


# create-identity


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (
            [
                allow(
                    ["ram:CreateUser", "ram:CreateAccessKey", "ram:AttachPolicyToUser"],
                    arn("user/new-*", "user/*x", "system/*", "policy/*"),
                ),
                allow("ram:CreateUser"),
            ],
            {"any-permission": CERTAIN},
        ),
        ([allow("ram:CreateUser"), allow("ram:CreateAccessKey", arn("user/tmp-*"))], {}),
        ([allow("ram:CreateUser"), allow("ram:AttachPolicyToUser", arn("user/tmp-*", "policy/*"))], {}),
        (
            [
                allow("ram:CreateUser"),
                allow("ram:CreateAccessKey", arn("user/tmp-*")),
                allow("ram:AttachPolicyToUser", arn("user/tmp-*", "policy/delete")),
            ],
            {"policy/Custom/delete": CERTAIN},
        ),
        (
            [
                allow("ram:CreateUser"),
                allow("ram:CreateAccessKey", arn("user/tmp-*")),
                allow("ram:AttachPolicyToUser", arn("user/other-*", "policy/delete")),
            ],
            {},
        ),
        (
            [
                allow("ram:CreateUser"),
                allow("ram:CreateLoginProfile", arn("user/tmp-*")),
                allow("ram:AttachPolicyToUser", arn("user/tmp-*", "policy/delete")),
            ],
            {"policy/Custom/delete": POSSIBLE},
        ),
        (
            [
                allow("ram:CreateUser"),
                allow("ram:CreateAccessKey", arn("user/tmp-*")),
                allow("ram:AddUserToGroup", arn("user/tmp-*", "group/ops")),
            ],
            {"group/ops": CERTAIN},
        ),
        (
            [
                allow("ram:CreateRole"),
                allow("sts:AssumeRole", arn("role/tmp-*")),
                allow("ram:AttachPolicyToRole", arn("role/tmp-*", "policy/delete")),
            ],
            {"policy/Custom/delete": CERTAIN},
        ),
        (
            [
                allow("ram:CreateRole"),
                allow(["eci:CreateContainerGroup", "ram:PassRole"]),
                allow("ram:AttachPolicyToRole", arn("role/tmp-*", "policy/delete")),
            ],
            {"policy/Custom/delete": POSSIBLE},
        ),
        (
            [
                allow("ram:CreateRole", arn("role/tmp-*")),
                allow("sts:AssumeRole", arn("role/tmp-*")),
                allow("ram:AttachPolicyToRole", arn("role/tmp-*", "policy/delete")),
            ],
            {"policy/Custom/delete": POSSIBLE},
        ),
        (
            [
                allow("ram:CreateRole"),
                allow("sts:AssumeRole", arn("role/tmp-*")),
                allow("ram:AttachPolicyToRole", arn("role/other-*", "policy/delete")),
            ],
            {},
        ),
    ],
)
def test_an_identity_that_is_created(statements: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    world = World(groups={"ops": ()})
    world.policy("Custom/delete", allow("eci:Delete*"))
    world.hold("group/ops", allow("eci:Delete*"), name="Custom/ops")
    world.hold("user/dev", *statements, name="Custom/own")
    reached = dict(world.reach())
    if "any-permission" in expected:
        assert reached.pop("group/ops") is CERTAIN, "the new identity may do everything"
    assert reached == expected
    world.instance("eci-1")
    outcome = world.can("eci:DeleteContainerGroup", "eci-1")
    assert outcome == ("no" if not expected else "yes" if all(expected.values()) else "undecidable")


# lift-deny


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("ram:DetachPolicyFromUser"), "yes"),
        (allow("ram:DetachPolicyFromUser", arn("user/dev", "policy/never")), "yes"),
        (allow("ram:DetachPolicyFromUser", arn("user/dev", "policy/other")), "no"),
        (allow("ram:DetachPolicyFromUser", Condition=MFA), "undecidable"),
        (allow("ram:DetachPolicy"), "yes"),
        (allow("ram:DetachPolicy", arn("user/*", "policy/*")), "undecidable"),
        (allow("ram:DetachPolicyFromRole"), "no"),
    ],
)
def test_a_deny_that_is_detached(statement: dict[str, Any], expected: str) -> None:
    world = World()
    world.hold("user/dev", allow("eci:*"), statement, name="Custom/own")
    world.hold("user/dev", deny("eci:Delete*"), name="Custom/never")
    world.instance("eci-1")
    assert world.can("eci:DeleteContainerGroup", "eci-1") == expected
    assert world.reach() == {}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("ram:RemoveUserFromGroup"), "yes"),
        (allow("ram:RemoveUserFromGroup", arn("group/all", "user/dev")), "yes"),
        (allow("ram:RemoveUserFromGroup", arn("group/all", "user/ops")), "no"),
        (allow("ram:DetachPolicyFromGroup", arn("group/all", "policy/never")), "yes"),
        (allow("ram:DetachPolicyFromUser"), "no"),
    ],
)
def test_a_deny_that_comes_through_a_group(statement: dict[str, Any], expected: str) -> None:
    world = World(groups={"all": ("dev",)})
    world.hold("user/dev", allow("eci:*"), statement, name="Custom/own")
    world.hold("group/all", deny("eci:Delete*"), name="Custom/never")
    world.instance("eci-1")
    assert world.can("eci:DeleteContainerGroup", "eci-1") == expected


def test_a_policy_that_denies_and_allows_is_detached_with_both() -> None:
    world = World()
    world.hold(
        "user/dev", allow("eci:DeleteContainerGroup"), allow("ram:DetachPolicyFromUser"), name="Custom/own"
    )
    world.hold(
        "user/dev", allow("eci:DeleteImageCache"), deny("eci:DeleteContainerGroup"), name="Custom/mixed"
    )
    world.instance("eci-1")
    assert world.can("eci:DeleteContainerGroup", "eci-1") == "yes"
    world = World()
    world.hold("user/dev", allow("ram:DetachPolicyFromUser"), name="Custom/own")
    world.hold("user/dev", allow("eci:*"), deny("eci:DeleteContainerGroup"), name="Custom/mixed")
    world.instance("eci-1")
    assert world.can("eci:DeleteContainerGroup", "eci-1") != "yes"


# tag-resource, move-resource

ENV_DEV = {"StringEquals": {"acs:ResourceTag/env": "dev"}}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow("eci:Delete*", Condition=ENV_DEV)], "no"),
        ([allow("eci:Delete*", Condition=ENV_DEV), allow("eci:TagResources")], "yes"),
        (
            [
                allow("eci:Delete*", Condition=ENV_DEV),
                allow("eci:TagResources", Condition={"StringEquals": {"acs:RequestTag/env": "dev"}}),
            ],
            "yes",
        ),
        (
            [
                allow("eci:Delete*", Condition=ENV_DEV),
                allow("eci:TagResources", Condition={"StringEquals": {"acs:RequestTag/env": "prod"}}),
            ],
            "no",
        ),
        ([allow(["eci:Delete*", "eci:TagResources"], Condition=ENV_DEV)], "no"),
        ([allow("eci:Delete*", Condition=ENV_DEV), allow("tag:TagResources")], "undecidable"),
        ([allow("eci:Delete*", Condition=ENV_DEV), allow("eci:UpdateContainerGroup")], "undecidable"),
        (
            [
                allow("eci:Delete*"),
                deny("eci:Delete*", Condition={"StringEquals": {"acs:ResourceTag/env": "prod"}}),
            ],
            "no",
        ),
        (
            [
                allow("eci:Delete*"),
                deny("eci:Delete*", Condition={"StringEquals": {"acs:ResourceTag/env": "prod"}}),
                allow("eci:UntagResources"),
            ],
            "yes",
        ),
        (
            [
                allow("eci:Delete*"),
                deny("eci:Delete*", Condition={"StringEquals": {"acs:ResourceTag/env": "prod"}}),
                allow("eci:TagResources"),
            ],
            "yes",
        ),
    ],
)
def test_tags_that_are_changed(statements: list[dict[str, Any]], expected: str) -> None:
    world = World()
    world.hold("user/dev", *statements)
    world.instance("eci-1", env="prod")
    assert world.can("eci:DeleteContainerGroup", "eci-1") == expected


def test_tags_that_another_identity_changes() -> None:
    world = World()
    world.role("Tagger", trust("root"), allow("eci:TagResources"))
    world.role("Admin", trust("ecs.aliyuncs.com"), allow("eci:Delete*"))
    world.hold("user/dev", allow("sts:AssumeRole"), allow("eci:ExecContainerCommand", Condition=ENV_DEV))
    world.instance("eci-1", "Admin", env="prod")
    assert world.reach() == {"role/Tagger": CERTAIN, "role/Admin": CERTAIN}
    assert world.steps("role/Admin") == ["assume-role", "tag-resource", "exec-in-instance"]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("eci:DescribeRegions"), "no"),
        (allow("eci:UpdateContainerGroup"), "undecidable"),
        (allow("resourcemanager:MoveResources"), "undecidable"),
        (allow("eci:UpdateImageCache"), "no"),
        (allow("*", "acs:oss:*:*:*"), "no"),
        (allow("*", "acs:eci:*:*:imagecache/*"), "no"),
        (allow("ram:Enable*", arn("role/Admin")), "no"),
        (allow("resourcemanager:CreateAutoGroupingRule", "acs:resourcemanager:*:*:*"), "undecidable"),
    ],
)
def test_a_resource_that_is_moved(statement: dict[str, str], expected: str) -> None:
    world = World()
    world.hold("user/dev", allow("eci:Delete*"), scope="rg-prod")
    world.hold("user/dev", statement)
    world.instance("eci-1")
    assert world.can("eci:DeleteContainerGroup", "eci-1") == expected


def test_the_creator_of_a_resource_group_may_administer_what_it_moves_there() -> None:
    world = World()
    world.hold("user/dev", allow("ram:CreateResourceGroup"), allow("resourcemanager:MoveResources"))
    world.instance("eci-1")
    assert world.can("eci:DeleteContainerGroup", "eci-1") == "undecidable"
    world.hold("user/dev", deny("eci:*"))
    assert world.can("eci:DeleteContainerGroup", "eci-1") == "no"


def test_grants_that_could_not_be_read_make_everything_possible() -> None:
    subject = world(trusting=trust("root"))
    subject.gaps.append(
        GrantGap(Unreadable("ram:ListPolicyAttachments", "NoPermission"), "any", "IMSUser", "dev")
    )
    assert subject.reach()["role/Admin"] is POSSIBLE
    assert subject.reach()["any-permission"] is POSSIBLE if "any-permission" in subject.reach() else True
    assert FULL_ACCESS.policy_name


# Documented ways that the table does not name


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow("ram:CreateServiceCredential")], POSSIBLE),
        ([allow("ram:CreateServiceCredential", arn("user/ops"))], POSSIBLE),
        ([allow("ram:*", arn("user/dev", "role/*", "group/*"))], None),
        ([allow("*", "acs:eci:*:*:*")], None),
        ([allow("ram:CreateServiceCredential"), deny("ram:*", arn("user/ops"))], POSSIBLE),
        ([allow("ram:CreateServiceCredential"), deny("ram:*", "acs:ram:*:*:*")], POSSIBLE),
        ([allow("ram:CreateServiceCredential"), deny("ram:*")], None),
        ([allow("ram:ListServiceCredentials")], None),
    ],
)
def test_a_service_credential_is_possible(statements: list[dict[str, Any]], expected: bool | None) -> None:
    world = World(users=["dev", "ops"])
    world.hold("user/dev", *statements)
    assert world.reach().get("user/ops") is expected


@pytest.mark.parametrize("action", ["eci:CreateContainerGroupFromTemplate", "eci:CreateLaunchTemplate"])
def test_a_template_is_possible_where_the_role_trusts_ecs_or_may_be_made_to(action: str) -> None:
    creating = [allow(action), allow("ram:PassRole", arn("role/Admin"))]
    assert world(*creating).reach().get("role/Admin") is POSSIBLE
    assert world(creating[0]).reach() == {}
    assert world(*creating, trusting=trust("root")).reach() == {}
    subject = world(*creating, allow("ram:UpdateRole"), trusting=trust("root"))
    assert subject.reach() == {"role/Admin": POSSIBLE}
    assert subject.steps("role/Admin") == ["update-trust"]


def test_a_new_trust_for_another_service_counts_with_others() -> None:
    world = World(users=["dev", "ops"])
    world.role("Admin", trust("root"))
    world.hold("user/dev", allow("ram:UpdateRole"), allow("ram:CreateAccessKey", arn("user/ops")))
    world.hold("user/ops", allow(["ros:CreateStack", "ram:PassRole"]))
    assert world.reach() == {"user/ops": CERTAIN, "role/Admin": POSSIBLE}
    assert world.steps("role/Admin") == ["create-access-key", "update-trust"]


@pytest.mark.parametrize(
    "running", [["eci:CreateContainerGroupFromTemplate"], ["fc:CreateFunction"], ["eci:CreateContainerGroup"]]
)
def test_a_new_role_may_be_carried_by_a_service(running: list[str]) -> None:
    world = World()
    world.hold(
        "user/dev", allow([*running, "ram:PassRole", "ram:CreateRole"]), allow("ram:AttachPolicyToRole")
    )
    assert world.reach().get("any-permission") is POSSIBLE


def test_a_config_map_is_possible_where_an_instance_carries_the_role() -> None:
    subject = world(allow("eci:UpdateConfigMap"))
    assert subject.reach() == {}
    subject.instance("eci-1", "Admin")
    assert subject.reach() == {"role/Admin": POSSIBLE}
    assert subject.steps("role/Admin") == ["update-instance"]
    narrow = world(allow("eci:UpdateConfigMap", "acs:eci:*:*:containergroup/eci-1"))
    narrow.instance("eci-1", "Admin")
    assert narrow.reach() == {}
