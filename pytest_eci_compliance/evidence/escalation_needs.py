"""What privilege escalation needs beside the lists: trust policies, system policies, versions of custom policies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from ..config.model import Account
from ..globs import has_wildcard
from ..inventory.facts import Inventory, PolicyRef, Role, Unreadable, read_or_empty
from ..policy.editions import editions
from ..policy.escalation.needs import Needs, needs
from . import ram
from .caller import Caller
from .paging import gather
from .policy_documents import documents_of
from .role_lookups import RoleLookups


def _judges_escalation(intent: Account) -> bool:
    """Whether a check turns on escalation, or own tests may ask."""
    return intent.users is not None or intent.roles is not None or bool(intent.access)


async def with_escalation_needs(
    caller: Caller,
    intent: Account,
    inventory: Inventory,
    roles: RoleLookups,
    listed_roles: tuple[Role, ...] | Unreadable,
) -> Inventory:
    """The inventory with the trust of the roles that somebody could act as, the system policies that somebody could
    attach, and the versions of the policies whose default version somebody could change.

    `listed_roles` are the roles that are known to exist in the account. Where no check turns on escalation, nothing
    is read.
    """
    if not _judges_escalation(intent):
        return inventory
    wanted = needs(inventory)
    unread_versions = [ref for ref in wanted.versions if ref not in inventory.policy_versions]
    _, listed, versions = await asyncio.gather(
        roles.look_up(name for name in wanted.roles if name not in inventory.role_lookups),
        _system_policies(caller, intent, wanted, inventory),
        gather(ram.policy_versions(caller, ref) for ref in unread_versions),
    )
    system = read_or_empty(listed or ())
    attachable = {*wanted.system_policies, *wanted.attachable(system)} - inventory.policies.keys()
    documents = await documents_of(caller, attachable & set(system) if system else attachable)
    return replace(
        inventory,
        role_lookups={**roles.answers(listed_roles), **inventory.role_lookups},
        policies={**inventory.policies, **documents},
        system_policies=listed,
        policy_versions={**inventory.policy_versions, **dict(zip(unread_versions, versions, strict=True))},
    )


async def _system_policies(
    caller: Caller, intent: Account, wanted: Needs, inventory: Inventory
) -> tuple[PolicyRef, ...] | Unreadable | None:
    """The names of all system policies, where somebody could attach some of them by a pattern, or where the
    configuration names one that is neither attached nor documented: the name may be misspelt."""
    if inventory.system_policies is not None:
        return inventory.system_policies
    unproven = any(
        ref.policy_type == "System" and ref not in inventory.policies and not editions(ref.policy_name)
        for ref in _named_policies(intent)
    )
    return await ram.system_policies(caller) if wanted.system_patterns or unproven else None


def _named_policies(intent: Account) -> Iterator[PolicyRef]:
    """The policies that the entries of `users` and `roles` name."""
    for entry in (*(intent.users or ()), *(intent.roles or ())):
        by_group = (*(entry.resource_groups or {}).values(), *entry.required_resource_groups.values())
        reached = (target[7:] for target in entry.may_reach if target.startswith("policy/"))
        targets = tuple(name for name in reached if name and not has_wildcard(name))
        lists = (entry.policies, entry.required_policies, *by_group, targets)
        yield from (PolicyRef.parse(name) for names in lists for name in names)
