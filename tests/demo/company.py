"""Lanternworks, an imaginary web shop: an account whose use of ECI is as its owners intend.

Its intent is `eci-compliance.yaml` at the root of the repository. It holds what real accounts hold and no
recording may keep: passwords, tokens, mail addresses and phone numbers (`SECRETS`).
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from string import ascii_lowercase, digits
from typing import Any

from tests.emulator import (
    Account,
    Attachment,
    Container,
    Credential,
    Group,
    ImageCache,
    Instance,
    Policy,
    Region,
    ResourceGroup,
    Role,
    User,
    VirtualNode,
    Volume,
)
from tests.emulator.documented import (
    ECI_ROLE,
    ECI_ROLE_GRANT,
    VNODE_ROLE,
    VNODE_ROLE_GRANT,
    allow,
    document,
    trust,
)

ACCOUNT_ID = "1928374650918273"
PRODUCTION = "rg-aek2lanternprod"
TEST = "rg-aek2lanterntest"
DEFAULT = "rg-acfmlanterndflt"

PASSWORD = "correct-horse-battery-staple"
TOKEN = "ghs_notArealTokenOfAnybody0123456789"
CONFIG_FILE = "[smtp]\nuser = shop\npassword = paper-lantern-7731\n"
SECRETS = (PASSWORD, TOKEN, "paper-lantern", "--drain-after", "@lanternworks.example", "1380013")
"""Texts that stand in what no recording may keep: environment, commands, config files, addresses, numbers."""

AUDITOR = Credential("LTAI5tDemonstrationOnly1", "not-a-secret-of-anybody", "user/eci-audit")

_ZONE = {"cn-hangzhou": "bp1", "cn-beijing": "2ze", "ap-southeast-1": "t4n", "cn-zhangjiakou": "8vb"}


def resource_id(kind: str, region: str, name: str) -> str:
    """An id as ECI makes them, the same on every run: `kind` is eci, imc or vnd."""
    number, alphabet = (
        int(hashlib.sha256(f"{region}/{name}".encode()).hexdigest(), 16),
        digits + ascii_lowercase,
    )
    drawn = "".join(alphabet[number // 36**place % 36] for place in range(17))
    return f"{kind}-{_ZONE[region]}{drawn}"


def image(repository: str) -> str:
    return f"lanternworks-registry.cn-hangzhou.cr.aliyuncs.com/shop/{repository}"


# RAM users and groups -------------------------------------------------------------------------------------


def _person(name: str, number: int) -> User:
    full = name.replace(".", " ").title()
    return User(
        name,
        display_name=full,
        email=f"{name}@lanternworks.example",
        mobile_phone=f"86-1380013{number:04}",
        console=True,
    )


PLATFORM = ("chen.jie", "liu.yang", "wu.fang")
DEVELOPERS = (
    "huang.ting",
    "li.na",
    "luo.xin",
    "sun.li",
    "wang.min",
    "xu.ming",
    "ye.fei",
    "zhang.wei",
    "zhao.lei",
    "zhou.peng",
)
ON_CALL = ("xu.ming", "zhou.peng")
QA = ("guo.tao", "he.jing")
AUDITORS = ("song.yi", "tan.yun")
FINANCE = ("deng.rui",)
PEOPLE = sorted({*PLATFORM, *DEVELOPERS, *ON_CALL, *QA, *AUDITORS, *FINANCE})
MACHINES = (
    User("ci-preview", comments="Preview environments of merge requests"),
    User("deploy-production", comments="The release pipeline"),
    User("deploy-test", comments="The nightly build"),
    User("eci-audit", comments="Reads the account for pytest-eci-compliance"),
)
GROUPS = (
    Group("auditors", AUDITORS, comments="Internal audit"),
    Group("developers", DEVELOPERS),
    Group("finance", FINANCE),
    Group("on-call", ON_CALL, comments="Restarts and looks into production at night"),
    Group("platform", PLATFORM, comments="Runs the account"),
    Group("qa", QA, comments="Works on what is tagged env=test"),
)

# Policies and grants --------------------------------------------------------------------------------------


def on_role(*names: str) -> dict[str, Any]:
    """A policy that lets its holder lend these roles to instances (section 5)."""
    resources = [f"acs:ram:*:*:role/{name}" for name in names]
    return document({"Effect": "Allow", "Action": "ram:PassRole", "Resource": resources})


def reads_bucket(name: str) -> dict[str, Any]:
    resources = [f"acs:oss:*:*:{name}", f"acs:oss:*:*:{name}/*"]
    return document({"Effect": "Allow", "Action": ["oss:Get*", "oss:List*"], "Resource": resources})


CONSOLE_ACTIONS = (
    "ram:ListRoles",
    "nas:DescribeFileSystems",
    "oss:ListBuckets",
    "vpc:DescribeCommonBandwidthPackages",
    "cr:GetRepoList",
    "cr:GetRepoTags",
    "cr:GetImageManifest",
    "cr:SearchRepo",
)
AUDIT_ACTIONS = (
    "eci:DescribeContainerGroupStatus",
    "eci:DescribeContainerGroups",
    "eci:DescribeImageCaches",
    "eci:DescribeRegions",
    "eci:DescribeVirtualNodes",
    "ram:GetPolicy",
    "ram:GetRole",
    "ram:ListGroups",
    "ram:ListPolicies",
    "ram:ListPolicyAttachments",
    "ram:ListPolicyVersions",
    "ram:ListResourceGroups",
    "ram:ListRoles",
    "ram:ListUsers",
    "ram:ListUsersForGroup",
    "sts:GetCallerIdentity",
)
# The worked policy of section 4.
BY_TAG = document(
    allow("eci:Create*", StringEquals={"acs:RequestTag/env": "test"}),
    allow("eci:*", StringEquals={"acs:ResourceTag/env": "test"}),
    allow("eci:Describe*", StringEquals={"acs:RequestTag/env": "test"}),
    allow("ecs:DescribeSecurityGroups"),
    allow("vpc:DescribeVSwitches", "vpc:DescribeVpcs", "vpc:DescribeEipAddresses"),
    allow(
        "ram:CreateServiceLinkedRole",
        StringEquals={"ram:ServiceName": ["eci.aliyuncs.com", "vnode.eci.aliyuncs.com"]},
    ),
)
POLICIES = (
    Policy("AliyunBSSReadOnlyAccess", document(allow("bss:Describe*", "bss:Query*")), type="System"),
    Policy("ECIAudit", document(allow(*AUDIT_ACTIONS)), description="What pytest --eci-audit-policy prints"),
    Policy("ECIConsole", document(allow(*CONSOLE_ACTIONS)), description="What the ECI console shows"),
    Policy("ECIOnCall", document(allow("eci:RestartContainerGroup", "eci:ExecContainerCommand"))),
    Policy("ECITestByTag", BY_TAG, description="Create and manage what is tagged env=test"),
    Policy("PassReportsRole", on_role("ECIRamRoleReports")),
    Policy("PassShopRole", on_role("ECIRamRoleShop")),
    Policy("ReportsRead", reads_bucket("lanternworks-orders")),
    Policy("ShopRead", reads_bucket("lanternworks-pictures")),
    Policy("TestRead", reads_bucket("lanternworks-test")),
)
ROLES = (
    ECI_ROLE,
    VNODE_ROLE,
    Role("ECIRamRoleReports", trust("ecs.aliyuncs.com"), description="Nightly reports read the orders"),
    Role("ECIRamRoleShop", trust("ecs.aliyuncs.com"), description="The shop reads its pictures"),
    Role("ECIRamRoleTest", trust("ecs.aliyuncs.com"), description="Tests read their fixtures"),
    Role("report-scheduler", trust("fc.aliyuncs.com"), description="Starts the nightly reports"),
)
GRANTS = (
    ECI_ROLE_GRANT,
    VNODE_ROLE_GRANT,
    Attachment("AliyunECIReadOnlyAccess", group="auditors"),
    Attachment("AliyunRAMReadOnlyAccess", group="auditors"),
    Attachment("AliyunECIReadOnlyAccess", group="developers"),
    Attachment("AliyunBSSReadOnlyAccess", group="finance"),
    Attachment("Custom/ECIOnCall", group="on-call", scope=PRODUCTION),
    Attachment("AliyunECIFullAccess", group="platform"),
    Attachment("Custom/ECIConsole", group="platform"),
    Attachment("Custom/ECITestByTag", group="qa"),
    Attachment("Custom/ECITestByTag", user="ci-preview"),
    # The worked example of section 3: two users, each with full access to one resource group.
    Attachment("AliyunECIFullAccess", user="deploy-production", scope=PRODUCTION),
    Attachment("Custom/PassShopRole", user="deploy-production"),
    Attachment("AliyunECIFullAccess", user="deploy-test", scope=TEST),
    Attachment("Custom/ECIAudit", user="eci-audit"),
    Attachment("Custom/ReportsRead", role="ECIRamRoleReports"),
    Attachment("Custom/ShopRead", role="ECIRamRoleShop"),
    Attachment("Custom/TestRead", role="ECIRamRoleTest"),
    Attachment("AliyunECIFullAccess", role="report-scheduler", scope=PRODUCTION),
    Attachment("Custom/PassReportsRole", role="report-scheduler"),
)
RESOURCE_GROUPS = (
    ResourceGroup(PRODUCTION, "production", "Production"),
    ResourceGroup(TEST, "test", "Test"),
)

# Instances, image caches, virtual nodes -------------------------------------------------------------------


def _app(repository: str, tag: str, **more: Any) -> Container:
    env = {"ENVIRONMENT": "see the tag env", "DB_HOST": "shop.rds.aliyuncs.com", "DB_PASSWORD": PASSWORD}
    return Container(repository, image(f"{repository}:{tag}"), env=env, **more)


def instance(region: str, name: str, repository: str, owner: str, **more: Any) -> Instance:
    """A production instance; `more` replaces fields of `Instance`."""
    instance = Instance(
        id=resource_id("eci", region, name),
        name=name,
        resource_group=PRODUCTION,
        tags={"env": "prod", "owner": owner},
        containers=(_app(repository, "2026.02"),),
        creation_time="2026-02-16T09:30:00Z",
    )
    return replace(instance, **more)


def web(region: str, name: str) -> Instance:
    container = _app("web", "2026.02", commands=("/bin/web",), args=("--drain-after", "30s"))
    container = replace(container, liveness_probe=("/bin/web", "--check", PASSWORD))
    return instance(region, name, "web", "shop", ram_role="ECIRamRoleShop", containers=(container,))


def api(region: str, name: str) -> Instance:
    migrate = Container("migrate", image("api:2026.02"), commands=("/bin/migrate", PASSWORD))
    mail = Volume("mail", files={"mail.ini": CONFIG_FILE})
    return instance(
        region, name, "api", "shop", ram_role="ECIRamRoleShop", init_containers=(migrate,), volumes=(mail,)
    )


def report(region: str, name: str, status: str, **more: Any) -> Instance:
    container_group = instance(
        region, name, "report", "data", status=status, ram_role="ECIRamRoleReports", cpu=4.0, memory=8.0
    )
    return replace(container_group, **more)


def on_trial(
    region: str, name: str, repository: str, owner: str, status: str = "Running", role: str = ""
) -> Instance:
    """An instance of the test environment."""
    runner = Container(
        repository, image(f"{repository}:main"), env={"CI_TOKEN": TOKEN}, commands=("/bin/run", "--suite=all")
    )
    return instance(
        region,
        name,
        repository,
        owner,
        status=status,
        resource_group=TEST,
        ram_role=role,
        tags={"env": "test", "owner": owner},
        containers=(runner,),
    )


def cache(region: str, name: str, *repositories: str, **more: Any) -> ImageCache:
    image_cache = ImageCache(
        resource_id("imc", region, name),
        name,
        resource_group=PRODUCTION,
        tags={"env": "prod", "owner": "platform"},
        images=tuple(image(f"{repository}:2026.02") for repository in repositories),
        creation_time="2026-02-16T08:00:00Z",
    )
    return replace(image_cache, **more)


def node(region: str, name: str, **more: Any) -> VirtualNode:
    virtual_node = VirtualNode(
        resource_id("vnd", region, name),
        name,
        resource_group=PRODUCTION,
        tags={"env": "prod", "owner": "platform"},
    )
    return replace(virtual_node, **more)


_TEST_TAGS = {"env": "test", "owner": "qa"}

HANGZHOU = Region(
    "cn-hangzhou",
    instances=(
        *(web("cn-hangzhou", f"shop-web-{number}") for number in range(1, 5)),
        *(api("cn-hangzhou", f"shop-api-{number}") for number in range(1, 4)),
        instance("cn-hangzhou", "search-1", "search", "search"),
        instance("cn-hangzhou", "search-2", "search", "search", status="Updating"),
        instance("cn-hangzhou", "mail-worker-1", "mail", "shop", status="Restarting"),
        instance("cn-hangzhou", "picture-resize-1", "resize", "shop", ram_role="ECIRamRoleShop"),
        report("cn-hangzhou", "report-20260228", "Failed", failed_time="2026-02-28T01:09:10Z"),
        report("cn-hangzhou", "report-20260301", "Succeeded", succeeded_time="2026-03-01T02:17:44Z"),
        report("cn-hangzhou", "report-20260302", "Running"),
        # The one exception, which a waiver accepts.
        instance("cn-hangzhou", "invoice-archive", "archive", "finance", tags={"env": "prod"}),
    ),
    image_caches=(
        cache("cn-hangzhou", "shop", "web", "api"),
        cache("cn-hangzhou", "search", "search"),
        cache("cn-hangzhou", "reports", "report", status="Creating"),
    ),
    virtual_nodes=(node("cn-hangzhou", "vk-shop-1"), node("cn-hangzhou", "vk-shop-2")),
)
BEIJING = Region(
    "cn-beijing",
    instances=(
        *(web("cn-beijing", f"shop-web-{number}") for number in range(1, 3)),
        api("cn-beijing", "shop-api-1"),
        on_trial("cn-beijing", "preview-1841", "web", "shop"),
        on_trial("cn-beijing", "preview-1842", "web", "shop", "Pending"),
        on_trial("cn-beijing", "preview-1843", "web", "shop", "Scheduling"),
        on_trial("cn-beijing", "load-test-1", "load", "qa", role="ECIRamRoleTest"),
        on_trial("cn-beijing", "load-test-2", "load", "qa", "Succeeded", "ECIRamRoleTest"),
        on_trial("cn-beijing", "load-test-3", "load", "qa", "ScheduleFailed", "ECIRamRoleTest"),
        on_trial("cn-beijing", "load-test-4", "load", "qa", "Expired", "ECIRamRoleTest"),
        on_trial("cn-beijing", "acceptance-web", "web", "qa", role="ECIRamRoleTest"),
        on_trial("cn-beijing", "acceptance-api", "api", "qa", role="ECIRamRoleTest"),
    ),
    image_caches=(
        cache("cn-beijing", "shop", "web", "api"),
        cache("cn-beijing", "load-test", "load", resource_group=TEST, tags=_TEST_TAGS),
    ),
    virtual_nodes=(node("cn-beijing", "vk-test-1", resource_group=TEST, tags=_TEST_TAGS),),
)
SINGAPORE = Region(
    "ap-southeast-1",
    instances=(
        *(web("ap-southeast-1", f"shop-web-{number}") for number in range(1, 4)),
        api("ap-southeast-1", "shop-api-1"),
        instance("ap-southeast-1", "search-1", "search", "search"),
        instance("ap-southeast-1", "mail-worker-1", "mail", "shop", status="Terminating"),
    ),
    image_caches=(cache("ap-southeast-1", "shop", "web", "api"),),
)

COMPANY = Account(
    account_id=ACCOUNT_ID,
    alias="lanternworks",
    default_resource_group=DEFAULT,
    users=(*(_person(name, number) for number, name in enumerate(PEOPLE, 1)), *MACHINES),
    groups=GROUPS,
    roles=ROLES,
    policies=POLICIES,
    attachments=GRANTS,
    resource_groups=RESOURCE_GROUPS,
    regions=(HANGZHOU, BEIJING, SINGAPORE, Region("cn-zhangjiakou")),
    credentials=(AUDITOR,),
)
