"""The facts of an emulated account as the plugin's inventory, as a complete sweep would read them."""

from __future__ import annotations

from pytest_eci_compliance.inventory.facts import (
    Attachments,
    CallerIdentity,
    ContainerGroup,
    Group,
    Inventory,
    Listing,
    Policy,
    PolicyAttachment,
    PolicyRef,
    PolicyVersion,
    ResourceGroup,
    Role,
    Tag,
    Tags,
    User,
)
from tests.emulator import Account, Instance
from tests.emulator.account import Policy as EmulatedPolicy
from tests.emulator.ram import text_of
from tests.emulator.world import World


def inventory(account: Account) -> Inventory:
    """Everything of an account: users, groups, roles with their trust, policies, attachments, instances."""
    world = World(account)
    policies = {
        PolicyRef(policy.type, policy.name): Policy(
            policy.type, policy.name, policy.default_version, policy_document=text_of(policy.document)
        )
        for policy in world.policies.values()
    }
    attachments = tuple(
        PolicyAttachment(row.policy_type, row.policy_name, row.principal_type, row.principal, row.scope)  # type: ignore[arg-type]
        for row in account.attachments
    )
    groups = world.resource_groups.values()
    return Inventory(
        account_id=account.account_id,
        identity=CallerIdentity(account.account_id, "Account", f"acs:ram::{account.account_id}:root"),
        regions=tuple(world.shelves),
        all_regions=tuple(world.shelves),
        users=tuple(User(name) for name in world.users),
        groups=tuple(Group(group.name, members=group.members) for group in world.groups.values()),
        roles=tuple(
            Role(role.name, assume_role_policy_document=text_of(role.trust)) for role in world.roles.values()
        ),
        attachments=Attachments(attachments),
        policies=policies,
        custom_policies=tuple(ref for ref in policies if ref.policy_type == "Custom"),
        system_policies=tuple(ref for ref in policies if ref.policy_type == "System"),
        policy_versions={
            PolicyRef(policy.type, policy.name): _versions(policy)
            for policy in world.policies.values()
            if policy.type == "Custom"
        },
        resource_groups=tuple(ResourceGroup(group.id, group.name) for group in groups),
        listings={"instance": tuple(_listing(world, region) for region in world.shelves)},
    )


def _versions(policy: EmulatedPolicy) -> tuple[PolicyVersion, ...]:
    documents = {**policy.versions, policy.default_version: policy.document}
    return tuple(
        PolicyVersion(name, name == policy.default_version, text_of(text)) for name, text in documents.items()
    )


def _listing(world: World, region: str) -> Listing:
    instances = tuple(_instance(world, region, instance) for instance in world.shelves[region].instances)
    return Listing(region, instances, pages=1)


def _instance(world: World, region: str, instance: Instance) -> ContainerGroup:
    return ContainerGroup(
        instance.id,
        instance.name,
        region_id=region,
        status=instance.status,
        resource_group_id=instance.resource_group or world.default_resource_group,
        ram_role_name=instance.ram_role,
        tags=Tags(Tag(key, value) for key, value in dict(instance.tags or ()).items()),
    )
