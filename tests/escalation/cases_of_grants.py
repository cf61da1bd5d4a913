"""Hand-made cases about how a grant is written: patterns and ARNs, Denies, conditions, resource groups."""

from __future__ import annotations

from tests.emulator import Attachment, Group, Policy
from tests.escalation.accounts import (
    ACCOUNT_ID,
    DEFAULT_SCOPE,
    OTHER_ACCOUNT,
    REGION,
    SCOPE,
    document,
    ram,
    root,
    statement,
    trust,
)
from tests.escalation.case import APP, DELETE, MFA, OPS_ROLE, case, role, with_instance, with_roles

IP = {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}
INSTANCE = f"acs:eci:{REGION}:{ACCOUNT_ID}:containergroup/eci-bp0"
CREATE = ["eci:CreateContainerGroup", "ram:PassRole"]
EXEC = "eci:ExecContainerCommand"
TEAM = Group("team", ("dev",))


def on_scope(name: str, scope: str) -> tuple[Attachment, ...]:
    """The policy of dev with this name, attached on a resource group."""
    return (Attachment(f"Custom/{name}", user="dev", scope=scope),)


PATTERNS = (
    case("pattern: another account", statement("sts:AssumeRole", ram("role/OpsRole", owner=OTHER_ACCOUNT))),
    case("pattern: another kind", statement("sts:AssumeRole", ram("group/OpsRole"))),
    case(
        "pattern: every account and region",
        statement("sts:AssumeRole", "acs:ram:*:*:role/Ops*"),
        certain=("role/OpsRole",),
    ),
    case(
        "pattern: the case of an action does not matter",
        statement("STS:assumerole"),
        certain=("role/OpsRole",),
    ),
    case(
        "pattern: the trust names a role in another case",
        statement("sts:AssumeRole", OPS_ROLE),
        roles=with_roles(role("AppRole", trust(RAM=[f"acs:ram::{ACCOUNT_ID}:role/opsrole"]))),
        policies=(Policy("Chain", document(statement("sts:AssumeRole", APP))),),
        attachments=(Attachment("Custom/Chain", role="OpsRole"),),
        certain=("role/OpsRole",),
        possible=("role/AppRole",),
    ),
    case(
        "pattern: a user by the ARN of IMS",
        statement("ram:CreateAccessKey", f"acs:ims:*:{ACCOUNT_ID}:user/ops"),
    ),
    case(
        "pattern: a user with a concrete region",
        statement("ram:CreateAccessKey", ram("user/ops", region=REGION)),
        possible=("user/ops",),
    ),
    case("pattern: exactly the instance", statement(EXEC, INSTANCE), certain=("role/AppRole",)),
    case("pattern: an instance in another region", statement(EXEC, "acs:eci:cn-beijing:*:containergroup/*")),
    case("pattern: image caches only", statement(EXEC, "acs:eci:*:*:imagecache/*")),
    case(
        "pattern: the instance names its role in another case",
        statement(EXEC),
        regions=with_instance(ram_role="approle"),
        certain=("role/AppRole",),
    ),
    case(
        "pattern: the instance names a role that does not exist",
        statement(EXEC),
        regions=with_instance(ram_role="Gone"),
    ),
    case(
        "pattern: PassRole by a pattern",
        statement("eci:CreateContainerGroup"),
        statement("ram:PassRole", "acs:ram:*:*:role/App*"),
        certain=("role/AppRole",),
    ),
    case(
        "pattern: PassRole with an empty region",
        statement("eci:CreateContainerGroup"),
        statement("ram:PassRole", ram("role/AppRole", region="")),
        certain=("role/AppRole",),
    ),
    case(
        "pattern: PassRole with a concrete region",
        statement("eci:CreateContainerGroup"),
        statement("ram:PassRole", ram("role/AppRole", region=REGION)),
        possible=("role/AppRole",),
    ),
    case(
        "pattern: PassRole in another case",
        statement("eci:CreateContainerGroup"),
        statement("ram:PassRole", ram("role/approle")),
        possible=("role/AppRole",),
    ),
    case(
        "pattern: a creation is authorised on containergroup/*, not on an id",
        statement("eci:CreateContainerGroup", INSTANCE),
        statement("ram:PassRole"),
    ),
    case(
        "pattern: a Resource of ECI opens nothing of another service",
        statement(["ecs:*", "fc:*", "ros:*"], "acs:eci:*:*:*"),
        statement("ram:PassRole"),
    ),
    case(
        "pattern: all custom policies are no system policies",
        statement("ram:AttachPolicyToUser", [ram("user/dev"), ram("policy/*")]),
        certain=("policy/Custom/Team", "policy/Custom/NoDelete"),
    ),
    case(
        "pattern: any owner of a policy is the system too",
        statement("ram:AttachPolicyToUser", [ram("user/dev"), "acs:ram:*:*:policy/AliyunECIFullAccess"]),
        certain=("policy/AliyunECIFullAccess", "role/AppRole", DELETE),
    ),
    case(
        "pattern: user and policy in two statements",
        statement("ram:AttachPolicyToUser", ram("user/dev")),
        statement("ram:AttachPolicyToUser", ram("policy/Team")),
        certain=("policy/Custom/Team",),
    ),
    case(
        "pattern: system policies cannot be rewritten",
        statement("ram:CreatePolicyVersion", ram("policy/*", owner="system")),
    ),
)

DENIES = (
    case(
        "deny: for everything but ECI",
        statement("sts:AssumeRole"),
        {"Effect": "Deny", "NotAction": ["eci:*"], "Resource": "*"},
    ),
    case(
        "deny: for everything but ECI and STS",
        statement("sts:AssumeRole"),
        {"Effect": "Deny", "NotAction": ["eci:*", "sts:*"], "Resource": "*"},
        certain=("role/OpsRole",),
    ),
    case(
        "deny: under a condition on the caller",
        statement("sts:AssumeRole"),
        statement("sts:AssumeRole", effect="Deny", Condition=IP),
        possible=("role/OpsRole",),
    ),
    case(
        "deny: with a concrete region",
        statement("sts:AssumeRole"),
        statement("sts:AssumeRole", ram("role/OpsRole", region=REGION), effect="Deny"),
        possible=("role/OpsRole",),
    ),
    case(
        "deny: a role name in another case",
        statement("sts:AssumeRole"),
        statement("sts:AssumeRole", ram("role/opsrole"), effect="Deny"),
        possible=("role/OpsRole",),
    ),
    case(
        "deny: in the trust for the account, against an Allow for the user",
        statement("sts:AssumeRole"),
        roles=with_roles(
            role(
                "OpsRole", trust(RAM=[f"acs:ram::{ACCOUNT_ID}:user/dev"]), trust(RAM=[root()], effect="Deny")
            )
        ),
    ),
    case(
        "deny: in the trust under a condition",
        statement("sts:AssumeRole"),
        roles=with_roles(
            role("OpsRole", trust(RAM=[root()]), trust(RAM=[root()], effect="Deny", condition=MFA))
        ),
        possible=("role/OpsRole",),
    ),
    case(
        "deny: of one user among all",
        statement("ram:CreateAccessKey", ram("user/*")),
        statement("ram:CreateAccessKey", ram("user/ops"), effect="Deny"),
    ),
    case(
        "deny: every way into the instance",
        statement("eci:*"),
        statement(["eci:Exec*", "eci:Run*"], INSTANCE, effect="Deny"),
        statement("eci:Update*", effect="Deny"),
        certain=(DELETE,),
    ),
    case("deny: PassRole on the role", statement(CREATE), statement("ram:PassRole", APP, effect="Deny")),
    case(
        "deny: creations without a tag",
        statement(CREATE),
        statement(
            "eci:CreateContainerGroup",
            effect="Deny",
            Condition={"StringNotEquals": {"acs:RequestTag/env": "prod"}},
        ),
        certain=("role/AppRole",),
    ),
    case(
        "deny: the service in the trust",
        statement(CREATE),
        roles=with_roles(
            role(
                "AppRole",
                trust(Service=["ecs.aliyuncs.com"]),
                trust(Service=["ecs.aliyuncs.com"], effect="Deny"),
            )
        ),
    ),
    case(
        "deny: one policy among those that may be attached",
        statement("ram:AttachPolicyToUser", [ram("user/dev"), ram("policy/*")]),
        statement("ram:Attach*", ram("policy/Team"), effect="Deny"),
        certain=("policy/Custom/NoDelete",),
    ),
    case(
        "deny: ResourceManager's action on one form of the principal",
        statement("ram:AttachPolicy"),
        statement("ram:AttachPolicy", ram("user/dev"), effect="Deny"),
        possible=("any-permission", DELETE),
    ),
    case(
        "deny: joining the group",
        statement("ram:AddUserToGroup"),
        statement("ram:AddUserToGroup", ram("group/team"), effect="Deny"),
    ),
)

SCOPES = (
    case(
        "scope: a Deny on a resource group against an Allow on the account",
        statement(EXEC),
        policies=(Policy("NoExec", document(statement("eci:Exec*", effect="Deny"))),),
        attachments=on_scope("NoExec", SCOPE),
        regions=with_instance(resource_group=SCOPE),
        possible=("role/AppRole",),
    ),
    case(
        "scope: a Deny on another resource group",
        statement(EXEC),
        policies=(Policy("NoExec", document(statement("eci:Exec*", effect="Deny"))),),
        attachments=on_scope("NoExec", SCOPE),
        certain=("role/AppRole",),
    ),
    case(
        "scope: the default resource group",
        statement(EXEC),
        scope=DEFAULT_SCOPE,
        certain=("role/AppRole",),
    ),
    case(
        "scope: through a group of users",
        policies=(Policy("Exec", document(statement(EXEC))),),
        attachments=(Attachment("Custom/Exec", group="team", scope=SCOPE),),
        group=TEAM,
        regions=with_instance(resource_group=SCOPE),
        certain=("role/AppRole",),
    ),
    case(
        "scope: creations denied in the default group are made in another one",
        statement(CREATE),
        policies=(Policy("NoCreate", document(statement("eci:Create*", effect="Deny"))),),
        attachments=on_scope("NoCreate", DEFAULT_SCOPE),
        certain=("role/AppRole",),
    ),
    case(
        "scope: PassRole on a resource group",
        statement("eci:CreateContainerGroup"),
        policies=(Policy("Pass", document(statement("ram:PassRole"))),),
        attachments=on_scope("Pass", SCOPE),
        possible=("role/AppRole",),
    ),
    case(
        "scope: CreateAccessKey on a resource group",
        statement("ram:CreateAccessKey"),
        scope=SCOPE,
        possible=("user/ops",),
    ),
    case(
        "scope: into the instance after it was moved",
        statement(EXEC),
        scope=SCOPE,
        policies=(Policy("Move", document(statement("resourcemanager:MoveResources"))),),
        attachments=(Attachment("Custom/Move", user="dev"),),
        possible=("role/AppRole",),
    ),
    case(
        "scope: out of the group of the Deny",
        statement("eci:Delete*"),
        policies=(Policy("Move", document(statement("resourcemanager:MoveResources"))),),
        attachments=(Attachment("Custom/Move", user="dev"), *on_scope("NoDelete", SCOPE)),
        regions=with_instance(resource_group=SCOPE),
        possible=(DELETE,),
    ),
    case("scope: moving alone gives nothing", statement("resourcemanager:MoveResources")),
    case(
        "scope: the other version of a policy on another resource group",
        statement("ram:SetDefaultPolicyVersion", ram("policy/Other")),
        policies=(
            Policy(
                "Other",
                document(statement("oss:Get*")),
                versions={"v2": document(statement("eci:Delete*"))},
            ),
        ),
        attachments=on_scope("Other", SCOPE),
        certain=("policy/Custom/Other",),
    ),
    case(
        "scope: a policy is rewritten where it is attached on the resource group of the instance",
        statement("ram:CreatePolicyVersion", ram("policy/Other")),
        policies=(Policy("Other", document(statement("oss:Get*"))),),
        attachments=on_scope("Other", SCOPE),
        regions=with_instance(resource_group=SCOPE),
        certain=("role/AppRole", DELETE),
        possible=("any-permission",),
    ),
    case(
        "scope: a policy is rewritten where it is attached on another resource group",
        statement("ram:CreatePolicyVersion", ram("policy/Other")),
        policies=(Policy("Other", document(statement("oss:Get*"))),),
        attachments=on_scope("Other", SCOPE),
        possible=("any-permission", DELETE),
    ),
)
