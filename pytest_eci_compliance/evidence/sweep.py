"""The sweep: one account, read once, into one frozen inventory. Independent lists are read side by side.

What cannot be read is a value in the inventory; only a bug raises.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..config.globs import any_glob_matches
from ..config.model import Account
from ..inventory import (
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
)
from . import eci, ram, resource_manager
from .calls import Caller
from .failure import CallFailed
from .paging import gather
from .principals import Principals, completed, listed, named

SERVICE_LINKED_ROLE = "AliyunServiceRoleForECI"
VIRTUAL_NODE_ROLE = "AliyunServiceRoleForECIVnode"
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
        """Read the account."""
        (principals, attachments, policies, custom), groups, regions = await asyncio.gather(
            self._ram(), resource_manager.resource_groups(self.caller), self._eci()
        )
        asked, everywhere, listings = regions
        lookups = await self._look_up(principals, listings["instance"])
        linked = await self._linked_grants(attachments, lookups)
        policies.update(await self._documents({one.ref for one in linked.items} - policies.keys()))
        return Inventory(
            account_id=self.identity.account_id,
            identity=self.identity,
            regions=asked,
            all_regions=everywhere,
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
            listings=listings,
            incomplete=principals.incomplete,
        )

    async def _ram(
        self,
    ) -> tuple[Principals, Attachments, dict[PolicyRef, Policy], tuple[PolicyRef, ...] | Unreadable]:
        principals, (found, system), (custom, policies) = await asyncio.gather(
            listed(self.caller), self._grants(), self._custom()
        )
        policies = {**policies, **system}
        if isinstance(found, Unreadable):
            # Whoever is found only now has grants to be read too.
            principals = await completed(self.caller, principals, Attachments(), self.identity)
            attachments = await self._fallback(principals, found)
        else:
            attachments = named(found, principals)
            principals = await completed(self.caller, principals, attachments, self.identity)
            attachments = principals.living(attachments)
        wanted = {one.ref for one in attachments.items} | set(
            () if isinstance(custom, Unreadable) else custom
        )
        policies = {**policies, **await self._documents(wanted - policies.keys())}
        return principals, attachments, policies, custom

    async def _grants(self) -> tuple[Attachments | Unreadable, dict[PolicyRef, Policy]]:
        """Every grant, and the documents of every system policy that is held."""
        found = await resource_manager.attachments(self.caller, self.identity.account_id)
        refs = set() if isinstance(found, Unreadable) else {one.ref for one in found}
        documents = await self._documents(
            {one for one in refs if one.policy_type == "System"} | self._linked()
        )
        return (found if isinstance(found, Unreadable) else Attachments(found)), documents

    def _linked(self) -> set[PolicyRef]:
        """The system policies of the service-linked roles that the configuration judges."""
        sections = {
            SERVICE_LINKED_ROLE: self.intent.service_linked_role,
            VIRTUAL_NODE_ROLE: self.intent.virtual_node_role,
        }
        return {_ROLE_POLICIES[name] for name, section in sections.items() if section is not None}

    async def _linked_grants(
        self, attachments: Attachments, lookups: Mapping[str, Role | Unreadable | None]
    ) -> Attachments:
        """The grants of a service-linked role of which ListPolicyAttachments shows none.

        Whether it shows the attachments that a service made for itself is not documented.
        """
        shown = {one.principal_name for one in attachments.items if one.principal_type == "ServiceRole"}
        roles = [lookups.get(name) for name in _ROLE_POLICIES]
        unshown = [one.role_name for one in roles if isinstance(one, Role) and one.role_name not in shown]
        if attachments.gaps or not unshown:
            return Attachments()
        return await ram.grants_by_principal(self.caller, [("ServiceRole", name) for name in unshown])

    async def _custom(self) -> tuple[tuple[PolicyRef, ...] | Unreadable, dict[PolicyRef, Policy]]:
        """Every custom policy, and its document: this need not wait for the grants."""
        found = await ram.custom_policies(self.caller)
        return found, {} if isinstance(found, Unreadable) else await self._documents(found)

    async def _fallback(self, principals: Principals, cause: Unreadable) -> Attachments:
        if cause.permission is None:
            return Attachments((), (GrantGap(cause),))
        found = await ram.grants_by_principal(self.caller, principals.names())
        return Attachments(found.items, (GrantGap(cause, "resource_group"), *found.gaps))

    async def _documents(self, refs: Iterable[PolicyRef]) -> dict[PolicyRef, Policy]:
        wanted = sorted(refs)
        return dict(zip(wanted, await gather(ram.policy(self.caller, ref) for ref in wanted), strict=True))

    async def _eci(
        self,
    ) -> tuple[
        tuple[str, ...] | Unreadable, tuple[str, ...] | Unreadable | None, dict[Kind, tuple[Listing, ...]]
    ]:
        section = self.intent.service_linked_role
        deletable = section is not None and section.expect == "deletable"
        everywhere = await self._all_regions() if deletable or self.intent.regions == "all" else None
        asked = everywhere if self.intent.regions == "all" else tuple(self.intent.regions)
        assert asked is not None  # noqa: S101 - `all` reads the regions
        here = () if isinstance(asked, Unreadable) else asked
        beyond = (
            () if not deletable or isinstance(everywhere, Unreadable) or everywhere is None else everywhere
        )
        blocking = tuple(dict.fromkeys((*here, *beyond)))
        kinds: dict[Kind, tuple[str, ...]] = {
            "instance": blocking,
            "image_cache": blocking,
            "virtual_node": here,
        }
        found = await asyncio.gather(*(self._listings(kind, some) for kind, some in kinds.items()))
        return asked, everywhere if deletable else None, dict(zip(kinds, found, strict=True))

    async def _all_regions(self) -> tuple[str, ...] | Unreadable:
        try:
            return await eci.regions(self.caller)
        except CallFailed as failure:
            return failure.unreadable

    async def _listings(self, kind: Kind, regions: tuple[str, ...]) -> tuple[Listing, ...]:
        return tuple(
            await asyncio.gather(*(eci.listing(self.caller, kind, one, self.started) for one in regions))
        )

    async def _look_up(
        self, principals: Principals, instances: tuple[Listing, ...]
    ) -> dict[str, Role | Unreadable | None]:
        """GetRole of the service-linked roles, the roles that instances carry, and the roles that are judged."""
        names = {SERVICE_LINKED_ROLE} if self.intent.service_linked_role is not None else set()
        names |= {VIRTUAL_NODE_ROLE} if self.intent.virtual_node_role is not None else set()
        for one in instances:
            for item in () if isinstance(one.items, Unreadable) else one.items:
                if isinstance(item, ContainerGroup) and item.ram_role_name:
                    names.add(item.ram_role_name)
        listed = () if isinstance(principals.roles, Unreadable) else principals.roles
        # RAM keeps the case of a role's name, and does not compare by it: one call per role.
        spelled = {one.role_name.casefold(): one.role_name for one in listed}
        wanted = sorted({spelled.get(name.casefold(), name) for name in names} | self._judged(listed))
        found = await gather(ram.role(self.caller, name) for name in wanted)
        return dict(zip(wanted, found, strict=True))

    def _judged(self, listed: Iterable[Role]) -> set[str]:
        patterns = [pattern for entry in self.intent.roles or () for pattern in entry.match]
        return {one.role_name for one in listed if any_glob_matches(patterns, one.role_name)}
