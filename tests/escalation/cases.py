"""Hand-made cases, one or more for each step and in both directions, stated from the documents.

Each case is data: an account, an identity, what it certainly reaches, and what it possibly reaches besides.
"""

from __future__ import annotations

from tests.emulator import Attachment, Group, Policy
from tests.emulator.documented import ECI_ROLE
from tests.escalation.accounts import ACCOUNT_ID, OTHER_ACCOUNT, SCOPE, document, ram, root, statement, trust
from tests.escalation.case import APP, DELETE, MFA, OPS_ROLE, Case, case, role, with_instance, with_roles
from tests.escalation.cases_of_chains import CHAINS, ORDER
from tests.escalation.cases_of_combinations import COMBINATIONS
from tests.escalation.cases_of_grants import DENIES, PATTERNS, SCOPES

ASSUME_ROLE = (
    case(
        "assume-role: permission and trust", statement("sts:AssumeRole", OPS_ROLE), certain=("role/OpsRole",)
    ),
    case(
        "assume-role: the region of the ARN may be empty",
        statement("sts:AssumeRole", ram("role/OpsRole", region="")),
        certain=("role/OpsRole",),
    ),
    case(
        "assume-role: a concrete region is a silence",
        statement("sts:AssumeRole", ram("role/OpsRole", region="cn-hangzhou")),
        possible=("role/OpsRole",),
    ),
    case(
        "assume-role: another case of the name is a silence",
        statement("sts:AssumeRole", ram("role/opsrole")),
        possible=("role/OpsRole",),
    ),
    case("assume-role: a trust without the permission is not enough"),
    case(
        "assume-role: a trust in the user without the permission is not enough",
        roles=with_roles(role("OpsRole", trust(RAM=[f"acs:ram::{ACCOUNT_ID}:user/dev"]))),
    ),
    case("assume-role: a service's role is not for users", statement("sts:AssumeRole", APP)),
    case(
        "assume-role: never a service-linked role",
        statement("sts:AssumeRole", ram("role/AliyunServiceRole*")),
    ),
    case(
        "assume-role: another user is trusted",
        statement("sts:AssumeRole"),
        roles=with_roles(role("OpsRole", trust(RAM=[f"acs:ram::{ACCOUNT_ID}:user/ops"]))),
    ),
    case(
        "assume-role: a trust with a condition",
        statement("sts:AssumeRole"),
        roles=with_roles(role("OpsRole", trust(RAM=[root()], condition=MFA))),
        possible=("role/OpsRole",),
    ),
    case(
        "assume-role: a Deny in the trust wins",
        statement("sts:AssumeRole"),
        roles=with_roles(
            role(
                "OpsRole", trust(RAM=[root()]), trust(RAM=[f"acs:ram::{ACCOUNT_ID}:user/dev"], effect="Deny")
            )
        ),
    ),
    case(
        "assume-role: a wildcard in the trust is a silence",
        statement("sts:AssumeRole"),
        roles=with_roles(role("OpsRole", trust(RAM=["*"]))),
        possible=("role/OpsRole",),
    ),
    case(
        "assume-role: another account in the trust is a silence",
        statement("sts:AssumeRole"),
        roles=with_roles(role("OpsRole", trust(RAM=[f"acs:ram::{OTHER_ACCOUNT}:root"]))),
        possible=("role/OpsRole",),
    ),
    case(
        "assume-role: a Deny of the identity wins",
        statement("sts:AssumeRole"),
        statement("sts:AssumeRole", OPS_ROLE, effect="Deny"),
    ),
    case(
        "assume-role: a condition on the caller",
        statement("sts:AssumeRole", Condition={"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}),
        possible=("role/OpsRole",),
    ),
    case(
        "assume-role: everything but RAM is everything of STS",
        {
            "Effect": "Allow",
            "NotAction": ["ram:*", "eci:*", "ecs:*", "fc:*", "ros:*", "oos:*"],
            "Resource": "*",
        },
        certain=("role/OpsRole",),
    ),
    case(
        "assume-role: a chain, in which the role that is assumed brings its own permission",
        statement("sts:AssumeRole", OPS_ROLE),
        roles=with_roles(role("AppRole", trust(RAM=[f"acs:ram::{ACCOUNT_ID}:role/OpsRole"]))),
        policies=(Policy("Chain", document(statement("sts:AssumeRole", APP))),),
        attachments=(Attachment("Custom/Chain", role="OpsRole"),),
        certain=("role/OpsRole", "role/AppRole"),
    ),
    case(
        "assume-role: the caller's own permission does not go along",
        statement("sts:AssumeRole", [OPS_ROLE, APP]),
        roles=with_roles(role("AppRole", trust(RAM=[f"acs:ram::{ACCOUNT_ID}:role/OpsRole"]))),
        certain=("role/OpsRole",),
    ),
    case(
        "assume-role: the caller's Denies stay behind",
        statement("sts:AssumeRole"),
        statement("eci:*", effect="Deny"),
        attachments=(Attachment("AliyunECIFullAccess", role="OpsRole"),),
        certain=("role/OpsRole", "role/AppRole", DELETE),
    ),
    case(
        "assume-role: granted on a resource group",
        statement("sts:AssumeRole"),
        scope=SCOPE,
        possible=("role/OpsRole",),
    ),
)

CREDENTIALS = (
    case(
        "create-access-key: of another user",
        statement("ram:CreateAccessKey", ram("user/ops")),
        certain=("user/ops",),
    ),
    case("create-access-key: only its own", statement("ram:CreateAccessKey", ram("user/dev"))),
    case(
        "create-access-key: then what that user may do",
        statement("ram:CreateAccessKey", ram("user/o*")),
        attachments=(Attachment("AliyunECIFullAccess", user="ops"),),
        certain=("user/ops", "role/AppRole", DELETE),
    ),
    case(
        "set-login-profile: a new password",
        statement("ram:UpdateLoginProfile", ram("user/ops")),
        possible=("user/ops",),
    ),
    case("set-login-profile: a new profile", statement("ram:CreateLoginProfile"), possible=("user/ops",)),
)

INSTANCES = (
    case(
        "exec-in-instance: Running, with a role",
        statement("eci:ExecContainerCommand"),
        certain=("role/AppRole",),
    ),
    case(
        "exec-in-instance: Pending",
        statement("eci:ExecContainerCommand"),
        regions=with_instance(status="Pending"),
        possible=("role/AppRole",),
    ),
    case(
        "exec-in-instance: ended",
        statement("eci:ExecContainerCommand"),
        regions=with_instance(status="Succeeded"),
    ),
    case(
        "exec-in-instance: without a role",
        statement("eci:ExecContainerCommand"),
        regions=with_instance(ram_role=""),
    ),
    case(
        "exec-in-instance: the role belongs to a service",
        statement("eci:ExecContainerCommand"),
        regions=with_instance(ram_role=ECI_ROLE.name),
    ),
    case("exec-in-instance: RunCommand alone", statement("eci:RunCommand"), possible=("role/AppRole",)),
    case("exec-in-instance: granted on another group", statement("eci:ExecContainerCommand"), scope=SCOPE),
    case(
        "exec-in-instance: granted on the group of the instance",
        statement("eci:ExecContainerCommand"),
        scope=SCOPE,
        regions=with_instance(resource_group=SCOPE),
        certain=("role/AppRole",),
    ),
    case(
        "exec-in-instance: only under another tag",
        statement("eci:ExecContainerCommand", Condition={"StringEquals": {"acs:ResourceTag/env": "test"}}),
    ),
    case(
        "exec-in-instance: a negated tag on an instance without it is a silence",
        statement("eci:ExecContainerCommand", Condition={"StringNotEquals": {"acs:ResourceTag/env": "prod"}}),
        regions=with_instance(tags={}),
        possible=("role/AppRole",),
    ),
    case(
        "update-instance: with PassRole",
        statement(["eci:UpdateContainerGroup", "ram:PassRole"]),
        certain=("role/AppRole",),
    ),
    case(
        "update-instance: without PassRole", statement("eci:UpdateContainerGroup"), possible=("role/AppRole",)
    ),
    case(
        "update-instance: ended",
        statement(["eci:UpdateContainerGroup", "ram:PassRole"]),
        regions=with_instance(status="Failed"),
    ),
    case(
        "create-instance: the role trusts ECS",
        statement(["eci:CreateContainerGroup", "ram:PassRole"]),
        certain=("role/AppRole",),
    ),
    case("create-instance: without PassRole", statement("eci:Create*")),
    case(
        "create-instance: PassRole on another role",
        statement(["eci:Create*"]),
        statement("ram:PassRole", OPS_ROLE),
    ),
    case(
        "create-instance: PassRole under a condition",
        statement("eci:Create*"),
        statement("ram:PassRole", APP, Condition={"StringEquals": {"acs:Service": "eci.aliyuncs.com"}}),
        possible=("role/AppRole",),
    ),
    case(
        "create-instance: PassRole under a tag of the request, which it may not see",
        statement(
            ["eci:Create*", "ram:PassRole"], Condition={"StringEquals": {"acs:RequestTag/env": "test"}}
        ),
        possible=("role/AppRole",),
    ),
    case(
        "create-instance: with the tag that is asked for",
        statement("eci:Create*", Condition={"StringEquals": {"acs:RequestTag/env": "test"}}),
        statement("ram:PassRole", APP),
        certain=("role/AppRole",),
    ),
    case(
        "create-instance: a condition on the tags of a resource never holds",
        statement("eci:Create*", Condition={"StringEquals": {"acs:ResourceTag/env": "test"}}),
        statement("ram:PassRole", APP),
    ),
    case(
        "create-instance: only in a resource group",
        statement("eci:Create*"),
        scope=SCOPE,
        policies=(Policy("Pass", document(statement("ram:PassRole", APP))),),
        attachments=(Attachment("Custom/Pass", user="dev"),),
        certain=("role/AppRole",),
    ),
    case(
        "run-elsewhere: a new ECS machine",
        statement(["ecs:RunInstances", "ram:PassRole"]),
        certain=("role/AppRole",),
    ),
    case("run-elsewhere: without PassRole", statement("ecs:RunInstances")),
    case(
        "run-elsewhere: a function",
        statement(["fc:*", "ram:PassRole"]),
        roles=with_roles(role("AppRole", trust(Service=["fc.aliyuncs.com"]))),
        possible=("role/AppRole",),
    ),
    case("run-elsewhere: a command on a machine", statement("ecs:RunCommand"), possible=("role/AppRole",)),
)

GRANTS = (
    case(
        "update-trust: with AssumeRole",
        statement(["ram:UpdateRole", "sts:AssumeRole"], APP),
        certain=("role/AppRole",),
    ),
    case("update-trust: without AssumeRole", statement("ram:UpdateRole", APP)),
    case(
        "update-trust: under a condition",
        statement(
            "ram:UpdateRole", APP, Condition={"StringEquals": {"ram:TrustedPrincipalTypes": "Service"}}
        ),
        statement("sts:AssumeRole", APP),
        possible=("role/AppRole",),
    ),
    case(
        "update-trust: never of a service-linked role",
        statement(["ram:UpdateRole", "sts:AssumeRole"], ram("role/Aliyun*")),
    ),
    case(
        "attach-policy: to itself",
        statement("ram:AttachPolicyToUser", [ram("user/dev"), ram("policy/Team")]),
        certain=("policy/Custom/Team",),
    ),
    case("attach-policy: the policy is not covered", statement("ram:AttachPolicyToUser", ram("user/dev"))),
    case(
        "attach-policy: the user is not covered",
        statement("ram:AttachPolicyToUser", [ram("user/ops"), ram("policy/*")]),
    ),
    case(
        "attach-policy: a system policy",
        statement(
            "ram:AttachPolicyToUser", [ram("user/dev"), ram("policy/AliyunECIFullAccess", owner="system")]
        ),
        certain=("policy/AliyunECIFullAccess", "role/AppRole", DELETE),
    ),
    case(
        "attach-policy: any policy", statement("ram:AttachPolicyToUser"), certain=("any-permission", DELETE)
    ),
    case("attach-policy: to a group it is not in", statement("ram:AttachPolicyToGroup")),
    case(
        "attach-policy: to its group",
        statement("ram:AttachPolicyToGroup", [ram("group/team"), ram("policy/Nothing")]),
        policies=(Policy("Nothing", document(statement("oss:Get*"))),),
        group=Group("team", ("dev", "ops")),
        certain=("policy/Custom/Nothing",),
    ),
    case("attach-policy: to a role it does not act as", statement("ram:AttachPolicyToRole")),
    case(
        "attach-policy: to a role that it assumes",
        statement("sts:AssumeRole", OPS_ROLE),
        statement("ram:AttachPolicyToRole", [OPS_ROLE, ram("policy/Team")]),
        certain=("role/OpsRole", "policy/Custom/Team"),
    ),
    case(
        "attach-policy: ResourceManager's action on exact names",
        statement("ram:AttachPolicy", [ram("user/dev"), ram("policy/Team")]),
        possible=("policy/Custom/Team",),
    ),
    case(
        "attach-policy: ResourceManager's action on both printed forms of the principal",
        statement(
            "ram:AttachPolicy", [ram("policy/Team"), f"acs:ims:*:{ACCOUNT_ID}:user/*", ram("user/dev")]
        ),
        possible=("policy/Custom/Team",),
    ),
    case(
        "attach-policy: ResourceManager's action on everything",
        statement("ram:AttachPolicy"),
        certain=("any-permission", DELETE),
    ),
    case(
        "attach-policy: a Deny on AttachPolicyTo* does not cover ResourceManager's action",
        statement("ram:AttachPolicy"),
        statement("ram:AttachPolicyTo*", effect="Deny"),
        certain=("any-permission", DELETE),
    ),
    case(
        "attach-policy: a Deny on Attach* covers both",
        statement("ram:Attach*"),
        statement("ram:Attach*", effect="Deny"),
    ),
    case(
        "attach-policy: creating a policy for it is possible at most",
        statement("ram:CreatePolicy"),
        statement("ram:AttachPolicyToUser", [ram("user/dev"), ram("policy/*")]),
        certain=("policy/Custom/Team", "policy/Custom/NoDelete"),
        possible=("any-permission", DELETE),
    ),
    case(
        "rewrite-policy: its own",
        statement("ram:CreatePolicyVersion", ram("policy/Debug")),
        certain=("any-permission", DELETE),
    ),
    case(
        "rewrite-policy: one that it does not hold",
        statement("ram:CreatePolicyVersion", ram("policy/NoDelete")),
    ),
    case(
        "rewrite-policy: one of its group",
        statement("ram:CreatePolicyVersion", ram("policy/Team")),
        group=Group("team", ("dev",)),
        certain=("any-permission", DELETE),
    ),
    case(
        "switch-policy-version: another version allows more",
        statement("ram:SetDefaultPolicyVersion", ram("policy/Debug")),
        versions={"v2": document(statement("eci:Delete*"))},
        certain=("policy/Custom/Debug", DELETE),
    ),
    case(
        "switch-policy-version: no other version",
        statement("ram:SetDefaultPolicyVersion", ram("policy/Debug")),
    ),
    case(
        "switch-policy-version: the other version allows less",
        statement("ram:SetDefaultPolicyVersion", ram("policy/Debug")),
        versions={"v2": document(statement("oss:*", effect="Deny"))},
    ),
    case(
        "switch-policy-version: going back from a lesser version gains nothing",
        statement("ram:CreateAccessKey", ram("user/ops")),
        statement("ram:SetDefaultPolicyVersion", ram("policy/Shared")),
        policies=(
            Policy(
                "Shared",
                document(statement(["eci:CreateContainerGroup", "eci:RestartContainerGroup"])),
                versions={"v2": document(statement("eci:CreateContainerGroup"))},
            ),
        ),
        attachments=(Attachment("Custom/Shared", user="ops"),),
        certain=("user/ops",),
    ),
    case(
        "join-group: group and user",
        statement("ram:AddUserToGroup", [ram("group/team"), ram("user/dev")]),
        attachments=(Attachment("AliyunECIFullAccess", group="team"),),
        certain=("group/team", "role/AppRole", DELETE),
    ),
    case("join-group: the user is not covered", statement("ram:AddUserToGroup", ram("group/team"))),
    case(
        "join-group: a role cannot",
        identity="role/OpsRole",
        policies=(Policy("Join", document(statement("ram:AddUserToGroup"))),),
        attachments=(Attachment("Custom/Join", role="OpsRole"),),
    ),
    case(
        "join-group: what a Deny of the group takes away can be done before",
        statement(["ram:AddUserToGroup", "eci:Delete*"]),
        attachments=(Attachment("Custom/NoDelete", group="team"),),
        certain=("group/team", DELETE),
    ),
    case(
        "create-identity: a user with a key in a group",
        statement(
            ["ram:CreateUser", "ram:CreateAccessKey", "ram:AddUserToGroup"],
            [ram("user/*"), ram("group/team")],
        ),
        attachments=(Attachment("AliyunECIFullAccess", group="team"),),
        certain=("user/ops", "group/team", "role/AppRole", DELETE),
    ),
    case(
        "create-identity: the key is for another name",
        statement("ram:CreateUser"),
        statement("ram:CreateAccessKey", ram("user/dev")),
        statement("ram:AddUserToGroup", [ram("group/team"), ram("user/new-*")]),
    ),
    case(
        "create-identity: a role with a policy",
        statement(
            ["ram:CreateRole", "ram:AttachPolicyToRole", "sts:AssumeRole"],
            [ram("role/*"), ram("policy/Team")],
        ),
        certain=("role/OpsRole", "policy/Custom/Team"),
    ),
    case(
        "create-identity: whether CreateRole is authorised on the new name is a silence",
        statement(
            ["ram:CreateRole", "ram:AttachPolicyToRole", "sts:AssumeRole"],
            [ram("role/x-*"), ram("policy/Team")],
        ),
        possible=("policy/Custom/Team",),
    ),
)

RESOURCES = (
    case(
        "lift-deny: the policy can be detached",
        statement("eci:Delete*"),
        statement("ram:DetachPolicyFromUser", [ram("user/dev"), ram("policy/NoDelete")]),
        attachments=(Attachment("Custom/NoDelete", user="dev"),),
        certain=(DELETE,),
    ),
    case(
        "lift-deny: the Deny stays",
        statement("eci:Delete*"),
        attachments=(Attachment("Custom/NoDelete", user="dev"),),
    ),
    case(
        "lift-deny: the group can be left",
        statement("eci:Delete*"),
        statement("ram:RemoveUserFromGroup", [ram("group/team"), ram("user/dev")]),
        attachments=(Attachment("Custom/NoDelete", group="team"),),
        group=Group("team", ("dev",)),
        certain=(DELETE,),
    ),
    case(
        "lift-deny: only the group is covered",
        statement("eci:Delete*"),
        statement("ram:RemoveUserFromGroup", ram("group/team")),
        attachments=(Attachment("Custom/NoDelete", group="team"),),
        group=Group("team", ("dev",)),
    ),
    case(
        "tag-resource: the tag that the grant asks for",
        statement("eci:Delete*", Condition={"StringEquals": {"acs:ResourceTag/env": "test"}}),
        statement("eci:TagResources"),
        certain=(DELETE,),
    ),
    case(
        "tag-resource: another tag only",
        statement("eci:Delete*", Condition={"StringEquals": {"acs:ResourceTag/env": "test"}}),
        statement("eci:TagResources", Condition={"StringEquals": {"acs:RequestTag/team": "a"}}),
    ),
    case(
        "tag-resource: the Tag service",
        statement("eci:Delete*", Condition={"StringEquals": {"acs:ResourceTag/env": "test"}}),
        statement("tag:TagResources"),
        possible=(DELETE,),
    ),
    case(
        "tag-resource: a Deny under a tag is lifted by taking the tag away",
        statement(["eci:Delete*", "eci:UntagResources"]),
        statement("eci:Delete*", effect="Deny", Condition={"StringEquals": {"acs:ResourceTag/env": "prod"}}),
        certain=(DELETE,),
    ),
    case(
        "move-resource: into the group of the grant",
        statement("eci:Delete*"),
        scope=SCOPE,
        policies=(Policy("Move", document(statement("resourcemanager:MoveResources"))),),
        attachments=(Attachment("Custom/Move", user="dev"),),
        possible=(DELETE,),
    ),
    case("move-resource: without a way to move it", statement("eci:Delete*"), scope=SCOPE),
)

CASES: tuple[Case, ...] = (
    *ASSUME_ROLE,
    *CREDENTIALS,
    *INSTANCES,
    *GRANTS,
    *RESOURCES,
    *PATTERNS,
    *DENIES,
    *SCOPES,
    *CHAINS,
    *ORDER,
    *COMBINATIONS,
)
