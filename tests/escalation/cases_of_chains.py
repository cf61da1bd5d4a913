"""Hand-made cases about several steps: who takes which part, in which order, and what stays behind."""

from __future__ import annotations

from tests.emulator import Attachment, Group, Policy
from tests.escalation.accounts import ACCOUNT_ID, document, ram, statement, trust
from tests.escalation.case import APP, DELETE, MFA, OPS_ROLE, case, role, with_instance, with_roles

FULL = ram("policy/AliyunECIFullAccess", owner="system")
TEAM = Group("team", ("dev",))
NO_DELETE, NO_DELETE_IN_TEAM = (
    Attachment("Custom/NoDelete", user="dev"),
    Attachment("Custom/NoDelete", group="team"),
)
IN_TEST = {"StringEquals": {"acs:ResourceTag/env": "test"}}


def policy(name: str, *statements: dict[str, object], **versions: dict[str, object]) -> Policy:
    return Policy(
        name, document(*statements), versions={key: document(value) for key, value in versions.items()}
    )


CHAINS = (
    case(
        "chain: three roles, each trusted by the one before",
        statement("sts:AssumeRole", OPS_ROLE),
        roles=with_roles(
            role("AppRole", trust(RAM=[f"acs:ram::{ACCOUNT_ID}:role/OpsRole"])),
            role("DeepRole", trust(RAM=[f"acs:ram::{ACCOUNT_ID}:role/AppRole"])),
        ),
        policies=(policy("Chain", statement("sts:AssumeRole")),),
        attachments=(Attachment("Custom/Chain", role="OpsRole"), Attachment("Custom/Chain", role="AppRole")),
        certain=("role/OpsRole", "role/AppRole", "role/DeepRole"),
    ),
    case(
        "chain: a certain step after a possible one is possible",
        statement("ram:UpdateLoginProfile", ram("user/ops")),
        policies=(policy("Assume", statement("sts:AssumeRole", OPS_ROLE)),),
        attachments=(Attachment("Custom/Assume", user="ops"),),
        possible=("user/ops", "role/OpsRole"),
    ),
    case(
        "chain: a role makes a key of a user, and that user joins a group",
        identity="role/OpsRole",
        policies=(
            policy(
                "Key",
                statement("ram:CreateAccessKey", ram("user/dev")),
                statement("ram:AddUserToGroup", [ram("user/dev"), ram("group/team")]),
            ),
        ),
        attachments=(Attachment("Custom/Key", role="OpsRole"),),
        certain=("user/dev", "group/team"),
    ),
    case(
        "chain: what the other user may do only with MFA",
        statement("ram:CreateAccessKey", ram("user/ops")),
        policies=(policy("WithMfa", statement("eci:Delete*", Condition=MFA)),),
        attachments=(Attachment("Custom/WithMfa", user="ops"),),
        certain=("user/ops",),
        possible=(DELETE,),
    ),
    case(
        "chain: the Denies of the other user count",
        statement("ram:CreateAccessKey", ram("user/ops")),
        attachments=(
            Attachment("AliyunECIFullAccess", user="ops"),
            Attachment("Custom/NoDelete", user="ops"),
        ),
        certain=("user/ops", "role/AppRole"),
    ),
    case(
        "chain: the new trust is used by another user",
        statement("ram:UpdateRole", APP),
        statement("ram:CreateAccessKey", ram("user/ops")),
        policies=(policy("Assume", statement("sts:AssumeRole", APP)),),
        attachments=(Attachment("Custom/Assume", user="ops"),),
        certain=("user/ops", "role/AppRole"),
    ),
    case(
        "chain: a new trust for a service is possible at most",
        statement("ram:UpdateRole", OPS_ROLE),
        statement("eci:CreateContainerGroup"),
        statement("ram:PassRole", OPS_ROLE),
        possible=("role/OpsRole",),
    ),
    case(
        "chain: a role attaches a policy to the user who assumed it",
        statement("sts:AssumeRole", OPS_ROLE),
        policies=(policy("Attach", statement("ram:AttachPolicyToUser", [ram("user/dev"), FULL])),),
        attachments=(Attachment("Custom/Attach", role="OpsRole"),),
        certain=("role/OpsRole", "policy/AliyunECIFullAccess", "role/AppRole", DELETE),
    ),
    case(
        "chain: the two ARNs of an attachment are not asked of two identities",
        statement("sts:AssumeRole", OPS_ROLE),
        statement("ram:AttachPolicyToUser", ram("policy/Team")),
        policies=(policy("Attach", statement("ram:AttachPolicyToUser", ram("user/dev"))),),
        attachments=(Attachment("Custom/Attach", role="OpsRole"),),
        certain=("role/OpsRole",),
    ),
    case(
        "chain: creation and PassRole are not asked of two identities",
        statement("sts:AssumeRole", OPS_ROLE),
        statement("eci:CreateContainerGroup"),
        policies=(policy("Pass", statement("ram:PassRole")),),
        attachments=(Attachment("Custom/Pass", role="OpsRole"),),
        certain=("role/OpsRole",),
    ),
    case(
        "chain: to a group that another user is in",
        statement("ram:CreateAccessKey", ram("user/ops")),
        statement("ram:AttachPolicyToGroup", [ram("group/team"), FULL]),
        certain=("user/ops", "policy/AliyunECIFullAccess", "role/AppRole", DELETE),
    ),
    case(
        "chain: a policy that the other user has through a group is no gain",
        statement("ram:CreateAccessKey", ram("user/ops")),
        statement("ram:AttachPolicyToUser", [ram("user/ops"), ram("policy/Team")]),
        certain=("user/ops",),
    ),
    case(
        "chain: to the role of an instance, then into the instance",
        statement("ram:AttachPolicyToRole", [APP, FULL]),
        statement("eci:ExecContainerCommand"),
        certain=("role/AppRole", "policy/AliyunECIFullAccess", DELETE),
    ),
    case(
        "chain: an attached policy passes the role",
        statement("eci:CreateContainerGroup"),
        statement("ram:AttachPolicyToUser", [ram("user/dev"), ram("policy/Pass")]),
        policies=(policy("Pass", statement("ram:PassRole", APP)),),
        certain=("policy/Custom/Pass", "role/AppRole"),
    ),
    case(
        "chain: into a group, and its policy is rewritten",
        statement("ram:AddUserToGroup", [ram("group/team"), ram("user/dev")]),
        statement("ram:CreatePolicyVersion", ram("policy/Team")),
        certain=("group/team", "any-permission", DELETE),
    ),
    case(
        "chain: a new user leaves a Deny behind",
        statement("ram:CreateUser"),
        statement("ram:CreateAccessKey", ram("user/n-*")),
        statement("ram:AddUserToGroup", [ram("user/n-*"), ram("group/team")]),
        statement("eci:*", effect="Deny"),
        attachments=(Attachment("AliyunECIFullAccess", group="team"),),
        group=TEAM,
        certain=("role/AppRole", DELETE),
    ),
    case(
        "chain: the other tag, then into the instance",
        statement("eci:ExecContainerCommand", Condition=IN_TEST),
        statement("eci:TagResources"),
        certain=("role/AppRole",),
    ),
    case(
        "chain: the tags of ECI are changed by another user",
        statement("eci:Delete*", Condition=IN_TEST),
        statement("ram:CreateAccessKey", ram("user/ops")),
        policies=(policy("Tag", statement("eci:TagResources")),),
        attachments=(Attachment("Custom/Tag", user="ops"),),
        certain=("user/ops", DELETE),
    ),
    case(
        "chain: the Tag service under a tag that the instance does not have",
        statement(["tag:TagResources", "eci:Delete*"], Condition=IN_TEST),
        possible=(DELETE,),
    ),
    case(
        "chain: the Tag service on a resource group",
        statement(["tag:TagResources", "eci:Delete*"], Condition=IN_TEST),
        scope="rg-production1",
        regions=with_instance(resource_group="rg-production1"),
        possible=(DELETE,),
    ),
)

BEFORE_THE_LOSS = (
    case(
        "before a loss: the tag is set by the grant of the group, then the group is left",
        statement("eci:Delete*", Condition=IN_TEST),
        statement("ram:RemoveUserFromGroup"),
        policies=(policy("Tag", statement("eci:TagResources"), statement("eci:Delete*", effect="Deny")),),
        attachments=(Attachment("Custom/Tag", group="team"),),
        group=TEAM,
        certain=(DELETE,),
    ),
    case(
        "before a loss: the trust is changed by the grant of the group, then the group is left",
        statement("sts:AssumeRole", APP),
        statement("ram:RemoveUserFromGroup"),
        policies=(policy("Trust", statement("ram:UpdateRole"), statement("sts:*", effect="Deny")),),
        attachments=(Attachment("Custom/Trust", group="team"),),
        group=TEAM,
        certain=("role/AppRole",),
    ),
    case(
        "before a loss: the tag is set by one version, the call made by the other",
        statement("eci:Delete*", Condition=IN_TEST),
        statement("ram:SetDefaultPolicyVersion", ram("policy/Tag")),
        policies=(
            policy(
                "Tag",
                statement("eci:TagResources"),
                statement("eci:Delete*", effect="Deny"),
                v2=statement("oss:Get*"),
            ),
        ),
        attachments=(Attachment("Custom/Tag", user="dev"),),
        certain=(DELETE,),
    ),
    case(
        "before a loss: the tag is set, then the policy for it is detached",
        statement("eci:Delete*", Condition=IN_TEST),
        statement("ram:DetachPolicyFromUser"),
        policies=(policy("Tag", statement("eci:TagResources"), statement("eci:Delete*", effect="Deny")),),
        attachments=(Attachment("Custom/Tag", user="dev"),),
        certain=(DELETE,),
    ),
    case(
        "before a loss: the tag is set before the group that denies it is joined",
        statement(["eci:TagResources", "ram:AddUserToGroup"]),
        policies=(
            policy(
                "Delete",
                statement("eci:Delete*", Condition=IN_TEST),
                statement("eci:TagResources", effect="Deny"),
            ),
        ),
        attachments=(Attachment("Custom/Delete", group="team"),),
        certain=("group/team", DELETE),
    ),
    case(
        "before a loss: the trust is changed before the group that denies it is joined",
        statement(["ram:UpdateRole", "ram:AddUserToGroup"]),
        policies=(
            policy("Assume", statement("sts:AssumeRole", APP), statement("ram:UpdateRole", effect="Deny")),
        ),
        attachments=(Attachment("Custom/Assume", group="team"),),
        certain=("group/team", "role/AppRole"),
    ),
    case(
        "before a loss: the tag is set, the group is left, then into the instance",
        statement("eci:ExecContainerCommand", Condition=IN_TEST),
        statement("ram:RemoveUserFromGroup"),
        policies=(policy("Tag", statement("eci:TagResources"), statement("eci:Exec*", effect="Deny")),),
        attachments=(Attachment("Custom/Tag", group="team"),),
        group=TEAM,
        certain=("role/AppRole",),
    ),
    case(
        "before a loss: nobody may set the tag, before or after",
        statement("eci:Delete*", Condition=IN_TEST),
        statement("ram:RemoveUserFromGroup"),
        policies=(
            policy(
                "Tag",
                statement("eci:TagResources", Condition={"StringEquals": {"acs:RequestTag/env": "stage"}}),
                statement("eci:Delete*", effect="Deny"),
            ),
        ),
        attachments=(Attachment("Custom/Tag", group="team"),),
        group=TEAM,
    ),
)

ORDER = (
    case(
        "order: the grant of the group is attached directly, then the group is left",
        statement("ram:RemoveUserFromGroup"),
        statement("ram:AttachPolicyToUser", [ram("user/dev"), ram("policy/Delete")]),
        policies=(policy("Delete", statement("eci:Delete*")),),
        attachments=(NO_DELETE_IN_TEAM, Attachment("Custom/Delete", group="team")),
        group=TEAM,
        certain=(DELETE,),
    ),
    case(
        "order: the right to leave the group comes through it",
        statement("eci:Delete*"),
        policies=(policy("Leave", statement("ram:RemoveUserFromGroup")),),
        attachments=(NO_DELETE_IN_TEAM, Attachment("Custom/Leave", group="team")),
        group=TEAM,
        certain=(DELETE,),
    ),
    case(
        "order: a key is made by the group's grant before the group is left",
        statement("ram:RemoveUserFromGroup"),
        statement("eci:Delete*"),
        policies=(
            policy(
                "Keys",
                statement("ram:CreateAccessKey", ram("user/ops")),
                statement("eci:Delete*", effect="Deny"),
            ),
        ),
        attachments=(Attachment("Custom/Keys", group="team"),),
        group=TEAM,
        certain=("user/ops", DELETE),
    ),
    case(
        "order: leaving the group takes the grant away too",
        statement("ram:RemoveUserFromGroup"),
        policies=(policy("Both", statement("eci:Delete*"), statement("eci:Delete*", effect="Deny")),),
        attachments=(Attachment("Custom/Both", group="team"),),
        group=TEAM,
    ),
    case(
        "order: one Deny is lifted, the other one stays",
        statement("eci:Delete*"),
        statement("ram:DetachPolicyFromUser", [ram("user/dev"), ram("policy/*")]),
        attachments=(NO_DELETE, NO_DELETE_IN_TEAM),
        group=TEAM,
    ),
    case(
        "order: both Denies are lifted",
        statement("eci:Delete*"),
        statement(["ram:DetachPolicyFromUser", "ram:RemoveUserFromGroup"]),
        attachments=(NO_DELETE, NO_DELETE_IN_TEAM),
        group=TEAM,
        certain=(DELETE,),
    ),
    case(
        "order: a Deny is detached by a role",
        statement("eci:Delete*"),
        statement("sts:AssumeRole", OPS_ROLE),
        policies=(
            policy(
                "Detach", statement("ram:DetachPolicyFromUser", [ram("user/dev"), ram("policy/NoDelete")])
            ),
        ),
        attachments=(NO_DELETE, Attachment("Custom/Detach", role="OpsRole")),
        certain=("role/OpsRole", DELETE),
    ),
    case(
        "order: the Deny denies its own detachment",
        statement(["eci:Delete*", "ram:Detach*"]),
        policies=(policy("Lock", statement(["eci:Delete*", "ram:*"], effect="Deny")),),
        attachments=(Attachment("Custom/Lock", user="dev"),),
    ),
    case(
        "order: the other version of the Deny denies nothing",
        statement("eci:Delete*"),
        statement("ram:SetDefaultPolicyVersion", ram("policy/Freeze")),
        policies=(policy("Freeze", statement("eci:Delete*", effect="Deny"), v2=statement("oss:Get*")),),
        attachments=(Attachment("Custom/Freeze", user="dev"),),
        certain=(DELETE,),
    ),
    case(
        "order: both versions of a policy are used, one after the other",
        statement("ram:SetDefaultPolicyVersion", ram("policy/Both")),
        policies=(
            policy(
                "Both",
                statement("ram:CreateAccessKey", ram("user/ops")),
                v2=statement("eci:Delete*"),
            ),
        ),
        attachments=(Attachment("Custom/Both", user="dev"),),
        certain=("user/ops", "policy/Custom/Both", DELETE),
    ),
    case(
        "order: a policy is attached, and its version switched",
        statement("ram:SetDefaultPolicyVersion", ram("policy/Other")),
        statement("ram:AttachPolicyToUser", [ram("user/dev"), ram("policy/Other")]),
        policies=(policy("Other", statement("oss:Get*"), v2=statement("eci:Delete*")),),
        certain=("policy/Custom/Other", DELETE),
    ),
    case(
        "order: two grants under two tags",
        statement("eci:ExecContainerCommand", Condition=IN_TEST),
        statement("eci:Delete*", Condition={"StringEquals": {"acs:ResourceTag/env": "stage"}}),
        statement("eci:TagResources"),
        certain=("role/AppRole", DELETE),
    ),
    case(
        "order: tagging is allowed under the tag that is wanted, which is too late",
        statement("eci:Delete*", Condition=IN_TEST),
        statement("eci:TagResources", Condition=IN_TEST),
    ),
    case(
        "order: tagging is denied, and that is lifted",
        statement("eci:Delete*", Condition=IN_TEST),
        statement(["eci:TagResources", "ram:DetachPolicyFromUser"]),
        policies=(policy("NoTag", statement("eci:TagResources", effect="Deny")),),
        attachments=(Attachment("Custom/NoTag", user="dev"),),
        certain=(DELETE,),
    ),
    *BEFORE_THE_LOSS,
)
