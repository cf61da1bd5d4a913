"""A small account in order, its intent, and the changes that could be made to it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.change.plan_writer import Writer
from tests.emulator import (
    Account,
    Attachment,
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
from tests.emulator.documented import ECI_ROLE, ECI_ROLE_GRANT, allow, document, trust
from tests.evidence.sandbox import ROOT

PROD, TEST = "rg-prod00000001", "rg-test00000001"
TAGGED = document(allow("eci:*", StringEquals={"acs:ResourceTag/env": "test"}))
LEND = document({"Effect": "Allow", "Action": "ram:PassRole", "Resource": "acs:ram:*:*:role/app"})
READ = document(allow("oss:Get*"))
DENY = document({"Effect": "Deny", "Action": ["eci:Delete*"], "Resource": ["*"]})
DOCUMENTS = (
    document(allow("eci:*")),
    document(allow("eci:Describe*", "oss:List*")),
    document({"Effect": "Allow", "Action": ["ram:PassRole"], "Resource": ["*"]}),
    document({"Effect": "Allow", "Action": ["eci:*"], "Resource": ["*"]}, DENY["Statement"][0]),
    TAGGED,
    READ,
)
TRUSTS = (trust("ecs.aliyuncs.com"), trust("fc.aliyuncs.com"))
KEY = "LTAI5tAbCdEfGhIjKlMnOpQr"

ACCOUNT = Account(
    account_id="1098765432109876",
    alias="prod",
    users=tuple(User(name) for name in ("alice", "bob", "carol", "dave", "frank")),
    groups=(
        Group("admins", ("bob",)),
        Group("readers", ("alice", "carol")),
        Group("empty"),
        Group("others", ("frank",)),
    ),
    roles=(ECI_ROLE, Role("app", TRUSTS[0]), Role("judged", TRUSTS[0])),
    policies=(Policy("Tagged", TAGGED), Policy("Lend", LEND), Policy("Read", READ), Policy("Guard", DENY)),
    attachments=(
        ECI_ROLE_GRANT,
        Attachment("AliyunECIFullAccess", group="admins"),
        Attachment("AliyunECIReadOnlyAccess", group="readers"),
        Attachment("Custom/Tagged", user="carol"),
        Attachment("Custom/Tagged", user="frank"),
        Attachment("Custom/Guard", group="readers"),
        Attachment("Custom/Lend", user="dave"),
        Attachment("Custom/Read", role="app"),
        Attachment("AliyunECIFullAccess", user="dave", scope=TEST),
    ),
    resource_groups=(ResourceGroup(PROD, "prod"), ResourceGroup(TEST, "test")),
    regions=(
        Region(
            "cn-hangzhou",
            instances=(
                Instance("eci-web00001", "web", tags={"env": "prod"}, resource_group=PROD, ram_role="app"),
                Instance("eci-test0001", "test", tags={"env": "test"}, resource_group=TEST),
                Instance("eci-bare0001", "bare", resource_group=PROD),
            ),
            image_caches=(ImageCache("imc-web0001", "web", tags={"env": "prod"}, resource_group=PROD),),
            virtual_nodes=(VirtualNode("vnd-web0001", "web", tags={"env": "prod"}, resource_group=PROD),),
        ),
    ),
    credentials=(ROOT,),
)

INTENT: dict[str, Any] = {
    "service_linked_role": {"expect": "present", "policy": "2022-05-11"},
    "users": [
        {"match": "*", "policies": ["AliyunECIReadOnlyAccess", "Custom/Guard"]},
        {"match": "group/admins", "policies": ["AliyunECIFullAccess"], "console": True},
        {"match": ["carol", "frank"], "policies": ["Custom/Tagged"]},
        {
            "match": "dave",
            "policies": ["Custom/Lend"],
            "pass_roles": ["app"],
            "resource_groups": {"test": ["AliyunECIFullAccess"]},
            "required_policies": ["Custom/Lend"],
        },
    ],
    "roles": [{"match": "app", "policies": ["Custom/Read"]}, {"match": ["judged", "new-*"]}],
    "instances": [
        {
            "required_tags": {"env": ["prod", "test"]},
            "resource_groups": ["prod", "test"],
            "ram_roles": ["app"],
        },
        {"resources": {"resource_group": "prod"}, "required_tags": {"env": "prod"}},
    ],
    "image_caches": {"required_tags": {"env": "?*"}, "resource_groups": ["prod"]},
    "virtual_nodes": {"required_tags": {"env": "?*"}, "resource_groups": ["prod"]},
    "access": [
        {
            "name": "only admins delete production",
            "users": "*",
            "except": ["group/admins"],
            "cannot": ["eci:DeleteContainerGroup"],
            "resources": {"tags": {"env": "prod"}},
        },
        {
            "name": "admins delete",
            "users": "group/admins",
            "can": ["eci:DeleteContainerGroup"],
            "resources": {},
        },
        {"name": "roles do nothing", "roles": "*", "cannot": ["eci:Create*"], "request": "any"},
    ],
}


def random_changes(writer: Writer, rng: Random, number: int) -> None:
    """Plan some changes, each of another object."""
    changes: list[Callable[[], object]] = [
        lambda: _new_policy(writer, rng),
        lambda: writer.change_policy(
            "Tagged", TAGGED, rng.choice(DOCUMENTS[:4]), rng.choice(["policy_document", "document"])
        ),
        lambda: writer.remove_policy("Read", READ),
        lambda: writer.attach(
            Attachment("AliyunECIFullAccess", user="alice", scope=rng.choice([None, PROD, TEST]))
        ),
        lambda: writer.detach(Attachment("Custom/Guard", group="readers")),
        lambda: writer.detach(Attachment("AliyunECIFullAccess", user="dave", scope=TEST)),
        lambda: _new_user(writer, rng),
        lambda: writer.members("admins", ("bob",), ("bob", "carol")),
        lambda: writer.members("empty", None, ("dave",)),
        lambda: writer.members("readers", ("alice", "carol"), rng.choice([(), ("alice",), ("alice", "bob")])),
        lambda: _new_role(writer, rng),
        lambda: writer.change_trust("judged", TRUSTS[0], TRUSTS[1]),
        lambda: _new_resource_group(writer, rng),
        lambda: writer.retag_instance(
            writer.account.regions[0].instances[1],
            rng.choice([{"env": "prod"}, {"env": "other", "a.b": "c"}]),
        ),
        lambda: writer.remove_instance(writer.account.regions[0].instances[2]),
        lambda: writer.add_image_cache("cache", rng.choice([PROD, TEST])),
        lambda: writer.add_virtual_node("node", PROD, rng.choice([{}, {"env": "prod"}])),
        lambda: writer.add_instance(
            "plain", PROD, {"env": "prod"}, rng.choice(["", "app"]), {"K": rng.choice(["v", KEY])}
        ),
    ]
    rng.shuffle(changes)
    for planned in changes[:number]:
        planned()


def _new_policy(writer: Writer, rng: Random) -> None:
    argument = rng.choice(["policy_document", "document", "statement"])
    # Blocks show no condition, so they are written for documents without one.
    content = rng.choice(DOCUMENTS[:4] if argument == "statement" else DOCUMENTS)
    writer.add_policy("Fresh", content, argument)
    user = rng.choice(["alice", "bob"])
    writer.attach(Attachment("Custom/Fresh", user=user, scope=rng.choice([None, PROD])))


def _new_user(writer: Writer, rng: Random) -> None:
    if rng.random() < 0.3:
        writer.rename_user("frank", "francis")
        return
    if rng.random() < 0.3:
        writer.remove_user("bob")
        return
    writer.add_user("erin")
    writer.add_group("night")
    writer.join("night", "erin")
    writer.attach(Attachment(rng.choice(["AliyunECIFullAccess", "Custom/Guard"]), group="night"))


def _new_role(writer: Writer, rng: Random) -> None:
    argument = rng.choice(["assume_role_policy_document", "document"])
    writer.add_role("new-role", rng.choice(TRUSTS), argument)
    writer.attach(Attachment("AliyunECIFullAccess", role="new-role"))
    writer.add_instance("carrier", PROD, {"env": "prod"}, "new-role", {})


def _new_resource_group(writer: Writer, rng: Random) -> None:
    group_id = writer.add_resource_group("fresh")
    writer.attach(Attachment("AliyunECIFullAccess", user=rng.choice(["carol", "alice"]), scope=group_id))
    writer.add_instance("placed", group_id, {"env": "test"}, "", {})
