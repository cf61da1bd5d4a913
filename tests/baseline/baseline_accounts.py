"""Accounts of every sort, small: who holds what, and resources with whatever tags, groups and roles."""

from __future__ import annotations

from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.emulator import (
    Account,
    Attachment,
    Container,
    Group,
    ImageCache,
    Instance,
    Policy,
    Region,
    ResourceGroup,
    Role,
    User,
    VirtualNode,
)
from tests.emulator.account import Credential
from tests.emulator.documented import ECI_ROLE, ECI_ROLE_GRANT, allow, document, trust

ROOT = Credential("LTAI5tBaselineRoot0001", "root-secret", "root")
GROUPS = (ResourceGroup("rg-aek2prod", "production"), ResourceGroup("rg-aek2test", "1e3"))
CONSOLE = (
    "ram:ListRoles",
    "nas:DescribeFileSystems",
    "oss:ListBuckets",
    "vpc:DescribeCommonBandwidthPackages",
    "cr:GetRepoList",
    "cr:GetRepoTags",
    "cr:GetImageManifest",
    "cr:SearchRepo",
)


R = TypeVar("R", ImageCache, VirtualNode)


def lend(*resources: str, effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Action": "ram:PassRole", "Resource": list(resources)}


POLICIES = (
    Policy("Console", document(allow(*CONSOLE))),
    Policy("Buckets", document(allow("oss:Get*", "oss:List*"))),
    Policy("LendApp", document(lend("acs:ram:*:*:role/app-*"))),
    Policy("LendAny", document(lend("*"))),
    Policy("LendNone", document(lend("*", effect="Deny"))),
    Policy("LendNotAdmin", document(lend("acs:ram:*:*:role/admin", effect="Deny"))),
    Policy("Create", document(allow("eci:CreateContainerGroup"))),
    Policy("Tagged", document(allow("eci:Delete*", StringEquals={"acs:ResourceTag/env": "test"}))),
    Policy("Void", document(allow("eci:Create*", StringEquals={"acs:ResourceTag/env": "test"}))),
    Policy("Denies", document({"Effect": "Deny", "Action": "eci:*", "Resource": "*"})),
    Policy("Broken", "{"),
)
HELD = (
    "AdministratorAccess",
    "AliyunECIFullAccess",
    "AliyunECIReadOnlyAccess",
    "AliyunRAMReadOnlyAccess",
    *(f"Custom/{policy.name}" for policy in POLICIES),
)
USERS = ("alice", "bob", "carol.d", "yes", "1e3", "dave.x", "007", "null", "-")
RAM_GROUPS = ("readers", "on", "1_000")
ROLES = ("app-web", "app-batch", "Admin")
BAD_ROLE = Role("app-bad", trust("fc.aliyuncs.com"))
TEXTS = st.one_of(
    st.sampled_from(
        ("prod", "test", "yes", "1e3", "", "~", "a*b", "?", "0x1f", "<<", "=", "2026-01-01", "a: b", "#x")
    ),
    st.text(max_size=12),
)


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    users = draw(st.lists(st.sampled_from(USERS), unique=True, max_size=5))
    groups = draw(st.lists(st.sampled_from(RAM_GROUPS), unique=True, max_size=2))
    scopes = st.sampled_from((None, None, GROUPS[0].id, GROUPS[1].id))
    held = st.sampled_from(HELD)
    attachments = [ECI_ROLE_GRANT] if (linked := draw(st.booleans())) else []
    for kind, names in (("user", users), ("group", groups), ("role", ROLES)):
        for name in names:
            for policy, scope in draw(st.lists(st.tuples(held, scopes), max_size=3)):
                attachments.append(Attachment(policy, scope=scope, **{kind: name}))
    members = st.lists(st.sampled_from(users), unique=True) if users else st.just([])
    return Account(
        "1098765432109876",
        alias="acc",
        users=tuple(map(User, users)),
        groups=tuple(Group(name, tuple(draw(members))) for name in groups),
        roles=(
            *([ECI_ROLE] if linked else []),
            *(Role(name, trust("ecs.aliyuncs.com")) for name in ROLES),
            BAD_ROLE,
        ),
        policies=POLICIES,
        attachments=tuple(dict.fromkeys(attachments)),
        resource_groups=GROUPS,
        regions=tuple(
            Region(
                region,
                instances=tuple(
                    draw(st.lists(instances(region), max_size=4, unique_by=lambda item: item.id))
                ),
                image_caches=tuple(
                    draw(st.lists(things(ImageCache, region), max_size=2, unique_by=lambda item: item.id))
                ),
                virtual_nodes=tuple(
                    draw(st.lists(things(VirtualNode, region), max_size=2, unique_by=lambda item: item.id))
                ),
            )
            for region in ("cn-hangzhou", "cn-beijing")
        ),
        credentials=(ROOT,),
    )


def _common(region: str) -> dict[str, st.SearchStrategy[object]]:
    more = st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=2)
    return {
        "name": TEXTS,
        "resource_group": st.sampled_from(("", GROUPS[0].id, GROUPS[1].id, "rg-gone")),
        "tags": st.builds(lambda own, tags: {**tags, "env": own, "no": "on"}, TEXTS, more),
    }


def instances(region: str) -> st.SearchStrategy[Instance]:
    keys = st.sampled_from(((), (("KEY", "LTAI5tExampleExample1234"),)))
    return st.builds(
        Instance,
        id=st.integers(1, 9).map(lambda number: f"eci-{region}{number}"),
        ram_role=st.sampled_from(("", "app-web", "app-batch", BAD_ROLE.name, "gone")),
        containers=keys.map(lambda env: (Container(env=env),)),
        **_common(region),
    )


def things(sort: type[R], region: str) -> st.SearchStrategy[R]:
    ids = st.integers(1, 9).map(lambda number: f"{sort.__name__[:3].lower()}-{region}{number}")
    return st.builds(sort, id=ids, **_common(region))
