"""The sweep: one account, read once, into one frozen inventory. Independent lists are read side by side.

What cannot be read is a value in the inventory; only a bug raises.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..config.model import Account
from ..globs import any_glob_matches
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
from . import eci, ram, resource_manager
from .caller import Caller
from .completion import (
    ListedPrincipals,
    complete_principals,
    list_principals,
    with_listed_names,
    with_listed_policies,
)
from .errors import CallFailed
from .escalation_needs import with_escalation_needs
from .grants_by_principal import grants_by_principal
from .linked_attachments import linked_attachments
from .named_elsewhere import (
    checked_custom_policies,
    checked_resource_groups,
    checked_roles,
    unresolved_attachments,
)
from .observations import observed
from .policy_documents import documents_if_any, documents_of
from .role_lookups import RoleLookups


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
        roles = RoleLookups(self.caller)
        (principals, attachments, policies, custom), groups, _, _ = await asyncio.gather(
            self._ram(listed_roles),
            resource_manager.resource_groups(self.caller),
            self._look_up(roles, listings["instance"], listed_roles),
            asyncio.gather(*listings.values()),
        )
        await roles.look_up(self._judged(principals.roles))  # those that only a second look has shown
        lookups = roles.answers(principals.roles)
        requested, all_regions = await regions
        linked = await linked_attachments(self.caller, attachments, lookups)
        policies.update(
            await documents_of(self.caller, {attachment.ref for attachment in linked.items} - policies.keys())
        )
        read_listings = {kind: await listing for kind, listing in listings.items()}
        named_roles, named_policies, named_groups = await asyncio.gather(
            checked_roles(self.caller, principals.roles, lookups),
            checked_custom_policies(self.caller, custom, attachments, policies),
            checked_resource_groups(self.caller, groups, attachments),
        )
        inventory = Inventory(
            account_id=self.identity.account_id,
            identity=self.identity,
            regions=requested,
            all_regions=all_regions if self._kinds_of_every_region else None,
            users=principals.users,
            groups=principals.groups,
            roles=named_roles.listed,
            role_lookups=lookups,
            attachments=Attachments(
                (*attachments.items, *linked.items), (*attachments.gaps, *principals.gaps, *linked.gaps)
            ),
            policies=policies,
            custom_policies=named_policies.listed,
            resource_groups=named_groups.listed,
            listings=read_listings,
            incomplete=(
                *principals.incomplete,
                *named_roles.incomplete,
                *named_policies.incomplete,
                *named_groups.incomplete,
            ),
            observations=observed(
                self.caller.observations, principals, named_groups.listed, attachments, read_listings
            ),
        )
        return await with_escalation_needs(self.caller, self.intent, inventory, roles, inventory.roles)

    async def for_plan(
        self, policies: Iterable[PolicyRef], roles: Iterable[str]
    ) -> tuple[dict[PolicyRef, Policy], dict[str, Role | Unreadable | None]]:
        """What only a planned change needs: documents of policies that nobody has, and trust policies."""
        lookups = RoleLookups(self.caller)
        documents, _ = await asyncio.gather(documents_of(self.caller, policies), lookups.look_up(roles))
        return documents, lookups.answers(())

    async def for_planned(self, planned: Inventory) -> Inventory:
        """The planned account, with what escalation needs in it and did not need in the account as it is.

        What it makes possible to act as, to attach or to switch is read as far as it exists.
        """
        return await with_escalation_needs(self.caller, self.intent, planned, RoleLookups(self.caller), ())

    async def _ram(
        self, roles: Awaitable[tuple[Role, ...] | Unreadable]
    ) -> tuple[ListedPrincipals, Attachments, dict[PolicyRef, Policy], tuple[PolicyRef, ...] | Unreadable]:
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
            unresolved = await unresolved_attachments(
                self.caller, self.identity.account_id, read, principals.gone
            )
            causes = (gap.cause for gap in unresolved)
            principals = replace(principals, incomplete=(*principals.incomplete, *causes))
            attachments = with_listed_names(principals.without_gone(read), principals)
            attachments = replace(attachments, gaps=(*attachments.gaps, *unresolved))
        attachments = with_listed_policies(attachments, read_or_empty(custom))
        needed = {*(attachment.ref for attachment in attachments.items), *read_or_empty(custom)}
        policies = {**policies, **await documents_of(self.caller, needed - policies.keys())}
        return principals, attachments, policies, custom

    async def _attachments(self) -> tuple[Attachments | Unreadable, dict[PolicyRef, Policy]]:
        """Every policy attachment, and the documents of every system policy that is attached."""
        attachments = await resource_manager.attachments(self.caller, self.identity.account_id)
        listed = () if isinstance(attachments, Unreadable) else attachments.items
        refs = {attachment.ref for attachment in listed}
        attached = {ref for ref in refs if ref.policy_type == "System"}
        documents, others = await asyncio.gather(
            documents_of(self.caller, attached),
            documents_if_any(self.caller, self._linked_policies() - attached),
        )
        return attachments, {**documents, **others}

    def _linked_policies(self) -> set[PolicyRef]:
        """The system policies of the service-linked roles that the configuration judges."""
        return {linked.policy_ref for linked, _ in self.intent.service_linked_roles}

    async def _custom(self) -> tuple[tuple[PolicyRef, ...] | Unreadable, dict[PolicyRef, Policy]]:
        """Every custom policy, and its document: this need not wait for the attachments."""
        custom = await ram.custom_policies(self.caller)
        return custom, await documents_of(self.caller, read_or_empty(custom))

    async def _fallback(self, principals: ListedPrincipals, cause: Unreadable) -> Attachments:
        """The account-wide attachments, principal by principal, where `cause` is that their list was denied."""
        if cause.permission is None:
            return Attachments((), (GrantGap(cause),))
        attachments = await grants_by_principal(self.caller, principals.names())
        return Attachments(attachments.items, (GrantGap(cause, "resource_group"), *attachments.gaps))

    @property
    def _kinds_of_every_region(self) -> frozenset[Kind]:
        """The kinds of resources that are read in every region: none of them may be left."""
        return frozenset(
            kind
            for linked, section in self.intent.service_linked_roles
            if section.expect == "deletable"
            for kind in linked.blocking
        )

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
        roles: RoleLookups,
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

        await asyncio.gather(
            roles.look_up(linked.name for linked, _ in self.intent.service_linked_roles), carried(), judged()
        )

    def _judged(self, listed_roles: tuple[Role, ...] | Unreadable) -> list[str]:
        """The names of the roles that the configuration judges."""
        patterns = [pattern for entry in self.intent.roles or () for pattern in entry.match]
        names = (role.role_name for role in read_or_empty(listed_roles))
        return [name for name in names if any_glob_matches(patterns, name)]


class _Regions(NamedTuple):
    """The requested regions, and every region of ECI: empty where nothing needs it."""

    requested: tuple[str, ...] | Unreadable
    all_regions: tuple[str, ...] | Unreadable
