"""Lanternworks a month later: moving off ECI, and no longer as intended.

Each change is named by what somebody did, with the checks that it breaks. Together they break every one.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from tests.emulator import (
    Attachment,
    Container,
    Group,
    Policy,
    Region,
    Role,
    User,
    Volume,
)
from tests.emulator.documented import ECI_ROLE, FULL_ACCESS, SYSTEM_POLICIES, allow, document

from .company import (
    AUDIT_ACTIONS,
    COMPANY,
    CONSOLE_ACTIONS,
    DEFAULT,
    PRODUCTION,
    SINGAPORE,
    TEST,
    api,
    cache,
    image,
    instance,
    node,
    on_role,
    on_trial,
    report,
)

_KEYS = {
    "LTAI5tDemonstrationDrift1": "drift-key-of-nobody-1",
    "LTAI5tDemonstrationDrift2": "drift-key-of-nobody-2",
}
(_KEY, _SECRET), (_OTHER_KEY, _OTHER_SECRET) = _KEYS.items()
OSS_CONFIG = f"[Credentials]\naccessKeyID={_OTHER_KEY}\naccessKeySecret={_OTHER_SECRET}\n"
_OSS_FILE = b64encode(OSS_CONFIG.encode()).decode()
SECRETS = (*_KEYS, *_KEYS.values(), _OSS_FILE)
"""What no recording may keep, beyond the `SECRETS` of the company."""

LATER = "2026-03-30T11:20:00Z"

# Policies that changed ------------------------------------------------------------------------------------


def _published_later() -> Policy:
    """ECI updated the policy of its role after the documented edition: slr-policy."""
    former = next(policy for policy in SYSTEM_POLICIES if policy.name == "AliyunServiceRolePolicyForECI")
    assert isinstance(former.document, dict)
    statements = [
        statement
        for statement in former.document["Statement"]
        if "slb:DescribeLoadBalancers" not in statement["Action"]
    ]
    more = allow("ecs:DescribeRegions", "vpc:DescribeRouteTableList", "cr:GetInstance")
    return replace(former, document=document(*statements, more), default_version="v7")


_CREATE = ("eci:CreateContainerGroup", "eci:CreateImageCache", "eci:CreateVirtualNode")

POLICIES = (
    _published_later(),
    # The service did the same to a policy that people hold: system-policy.
    Policy(
        "AliyunECIFullAccess",
        document(*FULL_ACCESS["Statement"], allow("ram:ListRoles", "oss:ListBuckets")),
        type="System",
        default_version="v6",
    ),
    # "China is enough": Singapore's lists now come back empty, as if nothing ran there. auditor-visibility.
    Policy(
        "ECIAudit",
        document(
            {**allow("eci:Describe*"), "Resource": "acs:eci:cn-*:*:*"},
            allow(
                "eci:DescribeRegions", *(action for action in AUDIT_ACTIONS if not action.startswith("eci:"))
            ),
        ),
        default_version="v2",
    ),
    # Somebody tidied up: user-console.
    Policy("ECIConsole", document(allow(*CONSOLE_ACTIONS[:-2])), default_version="v3"),
    # "Nobody deletes at night", and misspelt: ineffective-statement, custom-policy.
    Policy(
        "ECIOnCall",
        document(
            allow("eci:RestartContainerGroup", "eci:ExecContainerCommand"),
            {"Effect": "Deny", "Action": "eci:DeleteContainerGrup", "Resource": "*"},
        ),
        default_version="v2",
    ),
    # "A new role every week, let us not name them": user-pass-role, role-pass-role, custom-policy.
    Policy("PassShopRole", on_role("*"), default_version="v2"),
    Policy("PassReportsRole", on_role("ECIRamRole*"), default_version="v2"),
    # "The nightly report rotates the key that it is published with": see the grant below.
    Policy(
        "RotatePublishingKey",
        document(
            {**allow("ram:CreateAccessKey"), "Resource": "acs:ram:*:*:user/deploy-production"},
        ),
    ),
    # Written from memory: what is yet to be created has no tags. tag-policy.
    Policy(
        "ECIStagingByTag",
        document(allow(*_CREATE, StringEquals={"acs:ResourceTag/env": "staging"})),
    ),
)

# Roles that changed ---------------------------------------------------------------------------------------


def _trusting(**principals: list[str]) -> dict[str, Any]:
    return document({"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": principals})


ROLES = (
    # Another account may assume the role of the service: slr-trust.
    replace(ECI_ROLE, trust=_trusting(Service=["eci.aliyuncs.com"], RAM=["acs:ram::5550001112223334:root"])),
    # Functions may assume the role of the reports: instance-ram-role.
    Role("ECIRamRoleReports", _trusting(Service=["ecs.aliyuncs.com", "fc.aliyuncs.com"])),
)

# Grants that came and went --------------------------------------------------------------------------------

GRANTED = (
    # "Only for tonight", and its waiver ended too: user-intended-policies, access, waiver.
    Attachment("AliyunECIFullAccess", user="li.na", attach_date=LATER),
    # A contractor, by a group that nobody wrote down: user-intended-policies, access.
    Attachment("AliyunECIFullAccess", group="contractors", scope=PRODUCTION, attach_date=LATER),
    # The nightly build failed on permissions: user-intended-policies, user-resource-groups, access; and since
    # its own grant went, user-required-policies.
    Attachment("AliyunECIFullAccess", user="deploy-test", attach_date=LATER),
    # Harmless by itself, but it shows what is not tagged env=test: tag-policy.
    Attachment("AliyunECIReadOnlyAccess", user="he.jing", attach_date=LATER),
    # Whoever breaks into the shop runs instances: role-intended-policies, access.
    Attachment("AliyunECIFullAccess", role="ECIRamRoleShop", attach_date=LATER),
    # By accident this opens a path of two steps: who runs commands in the instance of the nightly report acts as its
    # role, which makes an AccessKey of the release pipeline. role-intended-policies, role-escalation, user-escalation.
    Attachment("Custom/RotatePublishingKey", role="ECIRamRoleReports", attach_date=LATER),
)
WITHDRAWN = (Attachment("AliyunECIFullAccess", user="deploy-test", scope=TEST),)

# What is left of the instances ----------------------------------------------------------------------------

# Whatever is left: slr-deletable. The role of the virtual nodes is left too, and not wanted: slr-exists.
_IMPORT = Container(
    "import",
    image("import:dev"),
    env={"OSS_ACCESS_KEY_ID": _KEY, "OSS_ACCESS_KEY_SECRET": _SECRET},
    commands=("/bin/import",),
)

HANGZHOU = Region(
    "cn-hangzhou",
    instances=(
        api("cn-hangzhou", "shop-api-3"),
        # Its role is trusted by others: instance-ram-role.
        report("cn-hangzhou", "report-20260330", "Running", creation_time=LATER),
        # Made by hand: instance-required-tags, instance-resource-group.
        instance(
            "cn-hangzhou",
            "thumbnail-fix",
            "resize",
            "",
            resource_group=DEFAULT,
            tags={"env": "production"},
            creation_time=LATER,
        ),
        # AccessKeys in the environment and in a config file: instance-no-access-keys.
        instance(
            "cn-hangzhou",
            "import-pictures",
            "import",
            "data",
            containers=(_IMPORT,),
            volumes=(Volume("oss", files={".ossutilconfig": _OSS_FILE}),),
            creation_time=LATER,
        ),
    ),
    image_caches=(cache("cn-hangzhou", "shop", "web", "api"),),
    virtual_nodes=(
        # Tagged by hand: virtual-node-required-tags, virtual-node-resource-group.
        node("cn-hangzhou", "vk-burst-1", resource_group=DEFAULT, tags={"team": "platform"}),
    ),
)
BEIJING = Region(
    "cn-beijing",
    instances=(
        on_trial("cn-beijing", "preview-1902", "web", "shop"),
        # Its role was deleted meanwhile: instance-ram-role. A test among production: instance-required-tags.
        instance(
            "cn-beijing",
            "load-test-9",
            "load",
            "qa",
            ram_role="LoadTest",
            tags={"env": "test", "owner": "qa"},
            creation_time=LATER,
        ),
    ),
    image_caches=(
        # Made by ECI's console, as it proposes: image-cache-required-tags, image-cache-resource-group.
        cache("cn-beijing", "console-20260328", "web", resource_group=DEFAULT, tags={}),
    ),
)
# In a region that the configuration does not name, and that everybody had forgotten: slr-deletable.
ZHANGJIAKOU = Region(
    "cn-zhangjiakou", instances=(instance("cn-zhangjiakou", "encoder-trial", "encoder", "data"),)
)

Named = TypeVar("Named", bound=Role | Policy)


def _replaced(former: Iterable[Named], new: Iterable[Named]) -> tuple[Named, ...]:
    by_name: dict[str, Named] = {item.name: item for item in (*former, *new)}
    return tuple(by_name.values())


A_MONTH_LATER = replace(
    COMPANY,
    users=(*COMPANY.users, User("shen.hao", display_name="Shen Hao", console=True)),
    groups=(*COMPANY.groups, Group("contractors", ("shen.hao",))),
    roles=_replaced(COMPANY.roles, ROLES),
    policies=_replaced(COMPANY.policies, POLICIES),
    attachments=(
        *(attachment for attachment in COMPANY.attachments if attachment not in WITHDRAWN),
        *GRANTED,
    ),
    regions=(HANGZHOU, BEIJING, SINGAPORE, ZHANGJIAKOU),
)
