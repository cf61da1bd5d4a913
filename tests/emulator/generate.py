"""Accounts of any size, the same on every run: for benchmarks and for tests of paging."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from .account import (
    Account,
    Attachment,
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
    stable_id,
)
from .documented import ECI_ROLE, ECI_ROLE_GRANT, allow, document, trust

REGIONS = [
    "cn-hangzhou",
    "cn-beijing",
    "cn-shanghai",
    "cn-shenzhen",
    "cn-zhangjiakou",
    "cn-chengdu",
    "cn-hongkong",
    "ap-southeast-1",
    "ap-northeast-1",
    "eu-central-1",
    "us-east-1",
    "us-west-1",
]
STATUSES = ("Running", "Running", "Running", "Pending", "Succeeded")
ROOT = Credential("LTAI5tGeneratedRoot0001", "root-secret", "root")
AUDITOR = Credential("LTAI5tGeneratedAudit001", "auditor-secret", "user/auditor")


@dataclass(frozen=True)
class Size:
    """How much of everything. `policies` are custom policies, each held by somebody; `instances` and
    `image_caches` are shared out over the regions; every user is in one group."""

    users: int = 1000
    groups: int = 50
    policies: int = 200
    roles: int = 10
    resource_groups: int = 5
    regions: int = 5
    instances: int = 5000
    image_caches: int = 500
    virtual_nodes: int = 0
    grants_per_user: int = 2


def account(size: Size = Size(), account_id: str = "1098765432109876", alias: str = "generated") -> Account:
    """An account of that size. `AUDITOR` may read all of it, `ROOT` is the account itself."""
    groups = [ResourceGroup(f"rg-gen{number:09}", f"team-{number}") for number in range(size.resource_groups)]
    default = ResourceGroup(f"rg-acfm{stable_id(account_id, digits=11)}", "default", "default resource group")
    users = [User(f"user{number:05}", email=f"user{number}@example.com") for number in range(size.users)]
    return Account(
        account_id=account_id,
        alias=alias,
        default_resource_group=default.id,
        users=(User("auditor"), *users),
        groups=tuple(
            Group(f"group{number:03}", tuple(user.name for user in islice(users, number, None, size.groups)))
            for number in range(size.groups)
        ),
        roles=(
            ECI_ROLE,
            *(Role(f"app{number:03}", trust("ecs.aliyuncs.com")) for number in range(size.roles)),
        ),
        policies=tuple(_policy(number) for number in range(size.policies)),
        attachments=tuple(_attachments(size, groups)),
        resource_groups=(default, *groups),
        regions=tuple(_region(size, groups, number) for number in range(size.regions)),
        credentials=(ROOT, AUDITOR),
    )


def _policy(number: int) -> Policy:
    bucket = f"acs:oss:*:*:bucket{number:03}/*"
    read = {"Effect": "Allow", "Action": ["oss:Get*", "oss:List*"], "Resource": bucket}
    return Policy(f"Bucket{number:03}", document(read, allow("eci:Describe*")))


def _attachments(size: Size, groups: list[ResourceGroup]) -> list[Attachment]:
    attachments = [
        ECI_ROLE_GRANT,
        Attachment("AliyunRAMReadOnlyAccess", user="auditor"),
        Attachment("AliyunECIReadOnlyAccess", user="auditor"),
    ]
    attachments += [
        Attachment("AliyunECIReadOnlyAccess", group=f"group{number:03}") for number in range(size.groups)
    ]
    attachments += [Attachment("AliyunECIFullAccess", role=f"app{number:03}") for number in range(size.roles)]
    for number in range(max(size.users * size.grants_per_user, size.policies) if size.users else 0):
        user, turn = f"user{number % size.users:05}", number // size.users
        if turn == 0 and size.policies:
            attachments.append(Attachment(f"Custom/Bucket{number % size.policies:03}", user=user))
        elif groups:
            attachments.append(
                Attachment("AliyunECIFullAccess", user=user, scope=groups[(number + turn) % len(groups)].id)
            )
    return list(dict.fromkeys(attachments))


def _share(total: int, parts: int, number: int) -> range:
    """The numbers, of `total`, that fall to one of `parts`."""
    return range(number, total, parts)


def _region(size: Size, groups: list[ResourceGroup], number: int) -> Region:
    region = REGIONS[number] if number < len(REGIONS) else f"cn-region-{number}"

    def group(index: int) -> str:
        return groups[index % len(groups)].id if groups else ""

    return Region(
        id=region,
        instances=tuple(
            Instance(
                id=f"eci-gen{index:09}",
                name=f"web-{index}",
                status=STATUSES[index % len(STATUSES)],
                resource_group=group(index),
                ram_role=f"app{index % size.roles:03}" if size.roles and index % 3 == 0 else "",
                tags={"env": "test" if index % 2 else "prod", "owner": f"team-{index % 7}"},
            )
            for index in _share(size.instances, size.regions, number)
        ),
        image_caches=tuple(
            ImageCache(
                f"imc-gen{index:09}", f"cache-{index}", resource_group=group(index), tags={"env": "prod"}
            )
            for index in _share(size.image_caches, size.regions, number)
        ),
        virtual_nodes=tuple(
            VirtualNode(
                f"vnd-gen{index:09}", f"node-{index}", resource_group=group(index), tags={"env": "prod"}
            )
            for index in _share(size.virtual_nodes, size.regions, number)
        ),
    )
