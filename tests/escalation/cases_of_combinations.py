"""Hand-made cases about wide actions on narrow resources, chains of four and five steps, and roles that start."""

from __future__ import annotations

from tests.emulator import Attachment, Group
from tests.escalation.accounts import ACCOUNT_ID, ram, root, statement, trust
from tests.escalation.case import APP, DELETE, OPS_ROLE, case, role, with_roles
from tests.escalation.cases_of_chains import FULL, IN_TEST, TEAM, policy

DEV, OPS = ram("user/dev"), ram("user/ops")

WIDE = (
    case(
        "wide: ram:Create* rewrites policies too",
        statement("ram:Create*"),
        certain=("any-permission", DELETE),
    ),
    case("wide: ram:*Policy*", statement("ram:*Policy*"), certain=("any-permission", DELETE)),
    case("wide: ram:*Policy* on the user alone", statement("ram:*Policy*", DEV)),
    case("wide: every action on its own user", statement("*", DEV)),
    case("wide: every action on a role", statement("*", OPS_ROLE), certain=("role/OpsRole",)),
    case("wide: every action on users", statement("*", ram("user/*")), certain=("user/ops",)),
    case("wide: every action of RAM on a role", statement("ram:*", OPS_ROLE)),
    case("wide: every action of RAM on groups", statement("ram:*", ram("group/*"))),
    case(
        "wide: every action of RAM on a policy that it does not hold", statement("ram:*", ram("policy/Team"))
    ),
    case(
        "wide: every action of RAM on custom policies and its own user",
        statement("ram:*", [DEV, ram("policy/*")]),
        certain=("any-permission", DELETE),
    ),
    case("wide: every action on another service", statement("*", "acs:oss:*:*:*")),
    case(
        "wide: every action on another service, and a role for an identity provider",
        statement("*", "acs:oss:*:*:*"),
        roles=with_roles(role("OpsRole", trust(Federated=[f"acs:ram::{ACCOUNT_ID}:saml-provider/idp"]))),
    ),
    case("wide: every action on ECI", statement("*", "acs:eci:*:*:*"), certain=("role/AppRole", DELETE)),
    case(
        "wide: everything, and a Deny on RAM and STS",
        statement("*"),
        statement(["ram:*", "sts:*"], effect="Deny"),
        certain=("role/AppRole", DELETE),
    ),
    case(
        "wide: everything, and a group that denies everything",
        statement("*"),
        policies=(policy("Nothing", statement("*", effect="Deny")),),
        attachments=(Attachment("Custom/Nothing", group="team"),),
        group=TEAM,
    ),
    case(
        "wide: creations in a region without instances",
        statement("eci:CreateContainerGroup", "acs:eci:cn-beijing:*:containergroup/*"),
        statement("ram:PassRole", APP),
        certain=("role/AppRole",),
    ),
)

LONG = (
    case(
        "long: a key, a group, a role, an instance, its role",
        statement("ram:CreateAccessKey", OPS),
        policies=(
            policy("Join", statement("ram:AddUserToGroup", [OPS, ram("group/late")])),
            policy("Assume", statement("sts:AssumeRole", OPS_ROLE)),
            policy("Exec", statement("eci:ExecContainerCommand")),
            policy("Delete", statement("eci:Delete*")),
        ),
        attachments=(
            Attachment("Custom/Join", user="ops"),
            Attachment("Custom/Assume", group="late"),
            Attachment("Custom/Exec", role="OpsRole"),
            Attachment("Custom/Delete", role="AppRole"),
        ),
        group=Group("late"),
        certain=("user/ops", "group/late", "role/OpsRole", "role/AppRole", DELETE),
    ),
    case(
        "long: a version, a group, a Deny that is detached, a tag",
        statement("ram:SetDefaultPolicyVersion", ram("policy/Version")),
        policies=(
            policy(
                "Version", statement("oss:Get*"), v2=statement("ram:AddUserToGroup", [ram("group/late"), DEV])
            ),
            policy(
                "Late",
                statement(["ram:DetachPolicyFromUser", "eci:TagResources"]),
                statement("eci:Delete*", Condition=IN_TEST),
            ),
        ),
        attachments=(
            Attachment("Custom/Version", user="dev"),
            Attachment("Custom/Late", group="late"),
            Attachment("Custom/NoDelete", user="dev"),
        ),
        group=Group("late"),
        certain=("policy/Custom/Version", "group/late", DELETE),
    ),
    case(
        "long: a new user in a group that rewrites its policy",
        statement(["ram:CreateUser", "ram:CreateAccessKey"], [ram("user/*"), ram("user/n*")]),
        statement("ram:AddUserToGroup", [ram("user/n*"), ram("group/team")]),
        policies=(policy("Rewrite", statement("ram:CreatePolicyVersion", ram("policy/Team"))),),
        attachments=(Attachment("Custom/Rewrite", group="team"),),
        certain=("user/ops", "group/team", "any-permission", DELETE),
    ),
    case(
        "long: a group is left that keeps it in another group, with a Deny",
        statement("eci:Delete*"),
        statement("ram:RemoveUserFromGroup"),
        policies=(policy("Keep", statement("ram:RemoveUserFromGroup", ram("group/first"), effect="Deny")),),
        attachments=(
            Attachment("Custom/NoDelete", group="first"),
            Attachment("Custom/Keep", group="second"),
        ),
        groups=(Group("first", ("dev",)), Group("second", ("dev",))),
        certain=(DELETE,),
    ),
    case(
        "long: the Deny of a group that only another user may take it out of",
        statement("eci:Delete*"),
        statement("ram:CreateAccessKey", OPS),
        policies=(
            policy("Lock", statement(["eci:Delete*", "ram:Remove*"], effect="Deny")),
            policy("Remove", statement("ram:RemoveUserFromGroup")),
        ),
        attachments=(Attachment("Custom/Lock", group="team"), Attachment("Custom/Remove", user="ops")),
        group=TEAM,
        certain=("user/ops", DELETE),
    ),
    case(
        "long: its own policy has the Deny, and is detached",
        statement("eci:Delete*", effect="Deny"),
        statement("ram:DetachPolicyFromUser", [DEV, ram("policy/Debug")]),
        policies=(policy("Delete", statement("eci:Delete*")),),
        attachments=(Attachment("Custom/Delete", user="dev"),),
        certain=(DELETE,),
    ),
    case(
        "long: names of a new user that fit two patterns",
        statement("ram:CreateUser"),
        statement("ram:CreateAccessKey", ram("user/a-*")),
        statement("ram:AddUserToGroup", [ram("user/*-b"), ram("group/team")]),
        certain=("group/team",),
    ),
)

STARTING_ROLES = (
    case(
        "role: it detaches its own Deny",
        identity="role/OpsRole",
        policies=(policy("Own", statement(["eci:Delete*", "ram:DetachPolicyFromRole"])),),
        attachments=(Attachment("Custom/Own", role="OpsRole"), Attachment("Custom/NoDelete", role="OpsRole")),
        certain=(DELETE,),
    ),
    case(
        "role: it attaches a policy to itself",
        identity="role/OpsRole",
        policies=(policy("Own", statement("ram:AttachPolicyToRole", [OPS_ROLE, FULL])),),
        attachments=(Attachment("Custom/Own", role="OpsRole"),),
        certain=("policy/AliyunECIFullAccess", "role/AppRole", DELETE),
    ),
    case(
        "role: it attaches to users that it does not act as",
        identity="role/OpsRole",
        policies=(policy("Own", statement("ram:AttachPolicyToUser")),),
        attachments=(Attachment("Custom/Own", role="OpsRole"),),
    ),
    case(
        "role: one with a Deny on all but STS is a step on the way",
        statement("sts:AssumeRole", OPS_ROLE),
        roles=with_roles(
            role("OpsRole", trust(RAM=[root()])),
            role("AppRole", trust(RAM=[f"acs:ram::{ACCOUNT_ID}:role/OpsRole"])),
            role("LastRole", trust(RAM=[f"acs:ram::{ACCOUNT_ID}:role/AppRole"])),
        ),
        policies=(
            policy("Assume", statement("sts:AssumeRole")),
            policy("OnlySts", {"Effect": "Deny", "NotAction": ["sts:*"], "Resource": "*"}),
            policy("Delete", statement("eci:Delete*")),
        ),
        attachments=(
            Attachment("Custom/Assume", role="OpsRole"),
            Attachment("Custom/Assume", role="AppRole"),
            Attachment("Custom/OnlySts", role="AppRole"),
            Attachment("Custom/Delete", role="LastRole"),
        ),
        certain=("role/OpsRole", "role/AppRole", "role/LastRole", DELETE),
    ),
)

NOT_PLAYED = frozenset(
    {
        "wide: every action on its own user",
        "wide: every action on a role",
        "wide: every action on users",
        "wide: every action of RAM on a role",
        "wide: every action of RAM on groups",
        "wide: every action of RAM on a policy that it does not hold",
        "wide: every action on another service",
        "wide: every action on another service, and a role for an identity provider",
        "wide: every action on ECI",
        "wide: creations in a region without instances",
    }
)
"""Cases that the attacker does not play: it takes every identity that may name an action of an identity provider for
one that may reach everything, and creates instances in no region but those of the account."""

COMBINATIONS = tuple(entry for entry in (*WIDE, *LONG, *STARTING_ROLES) if entry.id not in NOT_PLAYED)
BEYOND_THE_ATTACKER = tuple(entry for entry in WIDE if entry.id in NOT_PLAYED)
