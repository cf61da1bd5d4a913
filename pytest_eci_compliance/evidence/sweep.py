"""The sweep: one account, read once, into one frozen inventory. Independent lists are read side by side.

What cannot be read is a value in the inventory; only a bug raises.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

from ..config.model import Account
from ..globs import any_glob_matches, has_wildcard
from ..inventory.facts import (
    Attachments,
    CallerIdentity,
    ContainerGroup,
    GrantGap,
    Inventory,
    Kind,
    Listing,
    Policy,
    PolicyRef,
    Role,
    Unreadable,
    read_or_empty,
)
from ..inventory.kinds import KINDS
from ..policy.editions import editions
from ..policy.escalation.needs import Needs, needs
from . import eci, ram, resource_manager
from .caller import Caller
from .completion import Principals, complete_principals, list_principals, with_listed_names
from .errors import CallFailed
from .observations import observed
from .paging import gather

SERVICE_LINKED_ROLE = "AliyunServiceRoleForECI"
VIRTUAL_NODE_ROLE = "AliyunServiceRoleForECIVnode"
_SERVICE_LINKED = "AliyunServiceRoleFor"
"""How the names of service-linked roles begin."""
_ROLE_POLICIES = {
    SERVICE_LINKED_ROLE: PolicyRef("System", "AliyunServiceRolePolicyForECI"),
    VIRTUAL_NODE_ROLE: PolicyRef("System", "AliyunServiceRolePolicyForECIVnode"),
}


@dataclass(frozen=True)
class Sweep:
    """What a sweep needs: how to call, what is intended, who calls, and when it began (UTC, ISO 8601)."""

    caller: Caller
    intent: Account
    identity: CallerIdentity
    started: str

    async def inventory(self) -> Inventory:
        """Read the account.

        Nothing waits for what it does not need: a call that never ends makes unreadable what rests on it, and
        nothing else.
        """
        regions = asyncio.ensure_future(self._regions())
        listings = {kind: asyncio.ensure_future(self._listings(kind, regions)) for kind in KINDS}
        listed_roles = asyncio.ensure_future(ram.roles(self.caller))
        roles = _RoleLookups(self.caller)
        (principals, attachments, policies, custom), groups, _, _ = await asyncio.gather(
            self._ram(listed_roles),
            resource_manager.resource_groups(self.caller),
            self._look_up(roles, listings["instance"], listed_roles),
            asyncio.gather(*listings.values()),
        )
        await roles.look_up(self._judged(principals.roles))  # those that only a second look has shown
        lookups = roles.answers(principals.roles)
        requested, all_regions = await regions
        linked = await self._linked_attachments(attachments, lookups)
        policies.update(
            await self._documents({attachment.ref for attachment in linked.items} - policies.keys())
        )
        read_listings = {kind: await listing for kind, listing in listings.items()}
        inventory = Inventory(
            account_id=self.identity.account_id,
            identity=self.identity,
            regions=requested,
            all_regions=all_regions if self._kinds_of_every_region else None,
            users=principals.users,
            groups=principals.groups,
            roles=principals.roles,
            role_lookups=lookups,
            attachments=Attachments(
                (*attachments.items, *linked.items), (*attachments.gaps, *principals.gaps, *linked.gaps)
            ),
            policies=policies,
            custom_policies=custom,
            resource_groups=groups,
            listings=read_listings,
            incomplete=principals.incomplete,
            observations=observed(self.caller.observations, principals, groups, attachments, read_listings),
        )
        return await self._for_escalation(inventory, roles)

    async def _for_escalation(self, inventory: Inventory, roles: _RoleLookups) -> Inventory:
        """What escalation needs beside: the trust of the roles that somebody could act as, the system policies that
        somebody could attach, the versions of the policies whose default version somebody could change."""
        if not self._judges_escalation:
            return inventory
        wanted = needs(inventory)
        _, listed_system, versions = await asyncio.gather(
            roles.look_up(wanted.roles),
            self._system_policies(wanted, inventory),
            gather(ram.policy_versions(self.caller, ref) for ref in wanted.versions),
        )
        system = () if listed_system is None or isinstance(listed_system, Unreadable) else listed_system
        attachable = {*wanted.system_policies, *wanted.attachable(system)} - inventory.policies.keys()
        documents = await self._documents(attachable & set(system) if system else attachable)
        return replace(
            inventory,
            role_lookups=roles.answers(inventory.roles),
            policies={**inventory.policies, **documents},
            system_policies=listed_system,
            policy_versions=dict(zip(wanted.versions, versions, strict=True)),
        )

    async def _system_policies(
        self, wanted: Needs, inventory: Inventory
    ) -> tuple[PolicyRef, ...] | Unreadable | None:
        """The names of all system policies, where somebody could attach some of them by a pattern, or where the
        configuration names one that is neither attached nor documented: the name may be misspelt."""
        unproven = any(
            ref.policy_type == "System" and ref not in inventory.policies and not editions(ref.policy_name)
            for ref in self._named_policies()
        )
        return await ram.system_policies(self.caller) if wanted.system_patterns or unproven else None

    def _named_policies(self) -> Iterator[PolicyRef]:
        """The policies that the entries of `users` and `roles` name."""
        for entry in (*(self.intent.users or ()), *(self.intent.roles or ())):
            by_group = (*(entry.resource_groups or {}).values(), *entry.required_resource_groups.values())
            reached = (target[7:] for target in entry.may_reach if target.startswith("policy/"))
            targets = tuple(name for name in reached if name and not has_wildcard(name))
            lists = (entry.policies, entry.required_policies, *by_group, targets)
            yield from (PolicyRef.parse(name) for names in lists for name in names)

    @property
    def _judges_escalation(self) -> bool:
        """Whether a check turns on escalation, or own tests may ask."""
        intent = self.intent
        return intent.users is not None or intent.roles is not None or bool(intent.access)

    async def for_plan(
        self, policies: Iterable[PolicyRef], roles: Iterable[str]
    ) -> tuple[dict[PolicyRef, Policy], dict[str, Role | Unreadable | None]]:
        """What only a planned change needs: documents of policies that nobody has, and trust policies."""
        lookups = _RoleLookups(self.caller)
        documents, _ = await asyncio.gather(self._documents(policies), lookups.look_up(roles))
        return documents, lookups.answers(())

    async def for_planned(self, planned: Inventory) -> Inventory:
        """The planned account, with what escalation needs in it and did not need in the account as it is.

        What it makes possible to act as, to attach or to switch is read as far as it exists.
        """
        if not self._judges_escalation:
            return planned
        wanted = needs(planned)
        lookups = _RoleLookups(self.caller)
        _, system, versions = await asyncio.gather(
            lookups.look_up(name for name in wanted.roles if name not in planned.role_lookups),
            self._planned_system_policies(wanted, planned),
            gather(ram.policy_versions(self.caller, ref) for ref in _unread_versions(wanted, planned)),
        )
        listed = () if system is None or isinstance(system, Unreadable) else system
        attachable = {*wanted.system_policies, *wanted.attachable(listed)} - planned.policies.keys()
        documents = await self._documents(attachable & set(listed) if listed else attachable)
        return replace(
            planned,
            role_lookups={**lookups.answers(()), **planned.role_lookups},
            policies={**documents, **planned.policies},
            system_policies=system,
            policy_versions={
                **dict(zip(_unread_versions(wanted, planned), versions, strict=True)),
                **planned.policy_versions,
            },
        )

    async def _planned_system_policies(
        self, wanted: Needs, planned: Inventory
    ) -> tuple[PolicyRef, ...] | Unreadable | None:
        known = planned.system_policies
        return await self._system_policies(wanted, planned) if known is None else known

    async def _ram(
        self, roles: Awaitable[tuple[Role, ...] | Unreadable]
    ) -> tuple[Principals, Attachments, dict[PolicyRef, Policy], tuple[PolicyRef, ...] | Unreadable]:
        """Principals, policy attachments, policies with their documents, and which policies are custom."""
        principals, (read, system), (custom, policies) = await asyncio.gather(
            list_principals(self.caller, roles), self._attachments(), self._custom()
        )
        policies = {**policies, **system}
        if isinstance(read, Unreadable):
            # Attachments are then read per principal: those that were not listed have some too.
            principals = await complete_principals(self.caller, principals, Attachments(), self.identity)
            attachments = await self._fallback(principals, read)
        else:
            principals = await complete_principals(self.caller, principals, read, self.identity)
            attachments = with_listed_names(principals.without_gone(read), principals)
        needed = {*(attachment.ref for attachment in attachments.items), *read_or_empty(custom)}
        policies = {**policies, **await self._documents(needed - policies.keys())}
        return principals, attachments, policies, custom

    async def _attachments(self) -> tuple[Attachments | Unreadable, dict[PolicyRef, Policy]]:
        """Every policy attachment, and the documents of every system policy that is attached."""
        attachments = await resource_manager.attachments(self.caller, self.identity.account_id)
        listed = () if isinstance(attachments, Unreadable) else attachments.items
        refs = {attachment.ref for attachment in listed}
        attached = {ref for ref in refs if ref.policy_type == "System"}
        documents, others = await asyncio.gather(
            self._documents(attached), self._documents_if_any(self._linked() - attached)
        )
        return attachments, {**documents, **others}

    async def _documents_if_any(self, refs: Iterable[PolicyRef]) -> dict[PolicyRef, Policy]:
        """The policies, as far as they exist, that nothing is known to be attached to."""
        ordered = sorted(refs)
        policies = await gather(ram.policy_if_any(self.caller, ref) for ref in ordered)
        return {ref: policy for ref, policy in zip(ordered, policies, strict=True) if policy is not None}

    def _linked(self) -> set[PolicyRef]:
        """The system policies of the service-linked roles that the configuration judges."""
        return {_ROLE_POLICIES[name] for name in self._linked_roles()}

    def _linked_roles(self) -> list[str]:
        """The names of the service-linked roles that the configuration judges."""
        sections = {
            SERVICE_LINKED_ROLE: self.intent.service_linked_role,
            VIRTUAL_NODE_ROLE: self.intent.virtual_node_role,
        }
        return [name for name, section in sections.items() if section is not None]

    async def _linked_attachments(
        self, attachments: Attachments, lookups: Mapping[str, Role | Unreadable | None]
    ) -> Attachments:
        """The policy attachments of a service-linked role of which ListPolicyAttachments shows none.

        Whether it shows the attachments that a service made for itself is not documented.
        """
        shown = {
            attachment.principal_name
            for attachment in attachments.items
            if attachment.principal_type == "ServiceRole"
        }
        roles = [
            role
            for role in lookups.values()
            if isinstance(role, Role) and role.role_name.startswith(_SERVICE_LINKED)
        ]
        self._observe_linked_roles(attachments, roles, shown)
        unshown = sorted({role.role_name for role in roles} - shown)
        if _is_blind(attachments) or not unshown:
            return Attachments()
        return await ram.grants_by_principal(self.caller, [("ServiceRole", name) for name in unshown])

    def _observe_linked_roles(
        self, attachments: Attachments, roles: Iterable[Role], shown: Collection[str]
    ) -> None:
        """Whether ListPolicyAttachments, read whole, shows the policies of service-linked roles."""
        if not _is_blind(attachments):
            for role in roles:
                self.caller.observations.note(
                    "service-linked-roles-are-listed-with-policies", role.role_name in shown
                )

    async def _custom(self) -> tuple[tuple[PolicyRef, ...] | Unreadable, dict[PolicyRef, Policy]]:
        """Every custom policy, and its document: this need not wait for the attachments."""
        custom = await ram.custom_policies(self.caller)
        return custom, await self._documents(read_or_empty(custom))

    async def _fallback(self, principals: Principals, cause: Unreadable) -> Attachments:
        """The account-wide attachments, principal by principal, where `cause` is that their list was denied."""
        if cause.permission is None:
            return Attachments((), (GrantGap(cause),))
        attachments = await ram.grants_by_principal(self.caller, principals.names())
        return Attachments(attachments.items, (GrantGap(cause, "resource_group"), *attachments.gaps))

    async def _documents(self, refs: Iterable[PolicyRef]) -> dict[PolicyRef, Policy]:
        """The policies with their documents."""
        ordered = sorted(refs)
        policies = await gather(ram.policy(self.caller, ref) for ref in ordered)
        return dict(zip(ordered, policies, strict=True))

    @property
    def _kinds_of_every_region(self) -> frozenset[Kind]:
        """The kinds of resources that are read in every region: none of them may be left."""
        sections = (
            (self.intent.service_linked_role, ("instance", "image_cache")),
            (self.intent.virtual_node_role, ("virtual_node",)),
        )
        deletable = (kinds for section, kinds in sections if section and section.expect == "deletable")
        return frozenset(cast("Kind", kind) for kinds in deletable for kind in kinds)

    async def _regions(self) -> _Regions:
        """The requested regions, and every region of ECI where something needs it."""
        requested = self.intent.regions
        all_regions = await self._all_regions() if self._kinds_of_every_region or requested == "all" else ()
        return _Regions(all_regions if requested == "all" else tuple(requested), all_regions)

    async def _all_regions(self) -> tuple[str, ...] | Unreadable:
        try:
            return await eci.regions(self.caller)
        except CallFailed as failure:
            return failure.unreadable

    async def _listings(self, kind: Kind, regions: Awaitable[_Regions]) -> tuple[Listing, ...]:
        """The listings of a kind, in every region where it can block the service-linked role's deletion."""
        requested, all_regions = await regions
        everywhere = kind in self._kinds_of_every_region
        names = dict.fromkeys(
            (*read_or_empty(requested), *(read_or_empty(all_regions) if everywhere else ()))
        )
        return tuple(
            await asyncio.gather(*(eci.listing(self.caller, kind, name, self.started) for name in names))
        )

    async def _look_up(
        self,
        roles: _RoleLookups,
        instances: Awaitable[tuple[Listing, ...]],
        listed_roles: Awaitable[tuple[Role, ...] | Unreadable],
    ) -> None:
        """GetRole of the service-linked roles, the roles that instances carry, and the roles that are judged."""

        async def carried() -> None:
            resources = (resource for listing in await instances for resource in listing.read_items)
            names = (resource.ram_role_name for resource in resources if isinstance(resource, ContainerGroup))
            await roles.look_up(filter(None, names))

        async def judged() -> None:
            await roles.look_up(self._judged(await listed_roles))

        await asyncio.gather(roles.look_up(self._linked_roles()), carried(), judged())

    def _judged(self, listed_roles: tuple[Role, ...] | Unreadable) -> list[str]:
        """The names of the roles that the configuration judges."""
        patterns = [pattern for entry in self.intent.roles or () for pattern in entry.match]
        names = (role.role_name for role in read_or_empty(listed_roles))
        return [name for name in names if any_glob_matches(patterns, name)]


def _is_blind(attachments: Attachments) -> bool:
    """Whether the attachments of principals are missing that nothing names."""
    return any(gap.principal_name is None for gap in attachments.gaps)


class _Regions(NamedTuple):
    """The requested regions, and every region of ECI: empty where nothing needs it."""

    requested: tuple[str, ...] | Unreadable
    all_regions: tuple[str, ...] | Unreadable


class _RoleLookups:
    """GetRole, once per role: RAM keeps the case of a role's name, and does not compare by it."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._lookups: dict[str, tuple[str, asyncio.Future[Role | Unreadable | None]]] = {}

    async def look_up(self, names: Iterable[str]) -> None:
        """Look up the roles of these names that were not looked up yet, and wait for every answer."""
        for name in sorted(set(names)):
            if name.casefold() not in self._lookups:
                self._lookups[name.casefold()] = name, asyncio.ensure_future(ram.role(self._caller, name))
        await asyncio.gather(*(answer for _, answer in self._lookups.values()))

    def answers(self, listed_roles: tuple[Role, ...] | Unreadable) -> dict[str, Role | Unreadable | None]:
        """The answer for each role, by its name as it is listed. A role that is listed exists."""
        listed_names = {role.role_name.casefold(): role.role_name for role in read_or_empty(listed_roles)}
        answers: dict[str, Role | Unreadable | None] = {}
        for folded, (name, lookup) in sorted(self._lookups.items()):
            answer = lookup.result()
            if answer is None and folded in listed_names:
                answer = ram.contradicted_role(self._caller, name)
            answers[listed_names.get(folded, name)] = answer
        return answers


def _unread_versions(wanted: Needs, planned: Inventory) -> list[PolicyRef]:
    """The policies whose versions escalation needs, and that were not read yet."""
    return [ref for ref in wanted.versions if ref not in planned.policy_versions]
