"""The sweep: one account, read once, into one frozen inventory. Independent lists are read side by side.

What cannot be read is a value in the inventory; only a bug raises.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, cast

from ..config.model import Account
from ..globs import any_glob_matches
from ..inventory.facts import (
    Attachments,
    CallerIdentity,
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
from .caller import Caller
from .completion import Principals, completed, listed, named
from .errors import CallFailed
from .paging import gather

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
        """Read the account. Nothing waits for what it does not need: a call that never ends spoils what rests on
        it, and nothing else."""
        regions = asyncio.ensure_future(self._regions())
        instances = asyncio.ensure_future(self._listings("instance", regions))
        listed_roles = asyncio.ensure_future(ram.roles(self.caller))
        roles = _RolesAsked(self.caller)
        (principals, attachments, policies, custom), groups, caches, nodes, _ = await asyncio.gather(
            self._ram(listed_roles),
            resource_manager.resource_groups(self.caller),
            self._listings("image_cache", regions),
            self._listings("virtual_node", regions),
            self._ask(roles, instances, listed_roles),
        )
        await roles.ask(self._judged(principals.roles))  # those that only a second look has shown
        lookups = roles.found(principals.roles)
        asked, everywhere = await regions
        listings: dict[Kind, tuple[Listing, ...]] = {
            "instance": await instances,
            "image_cache": caches,
            "virtual_node": nodes,
        }
        linked = await self._linked_grants(attachments, lookups)
        policies.update(await self._documents({one.ref for one in linked.items} - policies.keys()))
        return Inventory(
            account_id=self.identity.account_id,
            identity=self.identity,
            regions=asked,
            all_regions=everywhere if self._deletable else None,
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
        self, roles: Awaitable[tuple[Role, ...] | Unreadable]
    ) -> tuple[Principals, Attachments, dict[PolicyRef, Policy], tuple[PolicyRef, ...] | Unreadable]:
        principals, (found, system), (custom, policies) = await asyncio.gather(
            listed(self.caller, roles), self._grants(), self._custom()
        )
        policies = {**policies, **system}
        if isinstance(found, Unreadable):
            # Whoever is found only now has grants to be read too.
            principals = await completed(self.caller, principals, Attachments(), self.identity)
            attachments = await self._fallback(principals, found)
        else:
            principals = await completed(self.caller, principals, found, self.identity)
            attachments = named(principals.living(found), principals)
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
        return {_ROLE_POLICIES[name] for name in self._linked_roles()}

    def _linked_roles(self) -> list[str]:
        sections = {
            SERVICE_LINKED_ROLE: self.intent.service_linked_role,
            VIRTUAL_NODE_ROLE: self.intent.virtual_node_role,
        }
        return [name for name, section in sections.items() if section is not None]

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

    @property
    def _deletable(self) -> frozenset[Kind]:
        """The kinds of resources that are read in every region: none of them may be left."""
        sections = (
            (self.intent.service_linked_role, ("instance", "image_cache")),
            (self.intent.virtual_node_role, ("virtual_node",)),
        )
        deletable = (kinds for section, kinds in sections if section and section.expect == "deletable")
        return frozenset(cast("Kind", kind) for kinds in deletable for kind in kinds)

    async def _regions(self) -> _Regions:
        """The regions that are asked for, and all there are, where either needs them."""
        needed = self._deletable or self.intent.regions == "all"
        everywhere = await self._all_regions() if needed else ()
        return _Regions(
            everywhere if self.intent.regions == "all" else tuple(self.intent.regions), everywhere
        )

    async def _all_regions(self) -> tuple[str, ...] | Unreadable:
        try:
            return await eci.regions(self.caller)
        except CallFailed as failure:
            return failure.unreadable

    async def _listings(self, kind: Kind, regions: Awaitable[_Regions]) -> tuple[Listing, ...]:
        """The listings of a kind: of what can keep the service-linked role from being deleted, in every region."""
        asked, everywhere = await regions
        wanted = (asked, everywhere) if kind in self._deletable else (asked,)
        names = dict.fromkeys(one for some in wanted if not isinstance(some, Unreadable) for one in some)
        return tuple(
            await asyncio.gather(*(eci.listing(self.caller, kind, one, self.started) for one in names))
        )

    async def _ask(
        self,
        roles: _RolesAsked,
        instances: Awaitable[tuple[Listing, ...]],
        listed_roles: Awaitable[tuple[Role, ...] | Unreadable],
    ) -> None:
        """GetRole of the service-linked roles, the roles that instances carry, and the roles that are judged."""

        async def carried() -> None:
            items = [one.items for one in await instances if not isinstance(one.items, Unreadable)]
            names = (getattr(one, "ram_role_name", "") for some in items for one in some)
            await roles.ask(filter(None, names))

        async def judged() -> None:
            await roles.ask(self._judged(await listed_roles))

        await asyncio.gather(roles.ask(self._linked_roles()), carried(), judged())

    def _judged(self, listed_roles: tuple[Role, ...] | Unreadable) -> list[str]:
        """The roles that the configuration judges."""
        patterns = [pattern for entry in self.intent.roles or () for pattern in entry.match]
        known = () if isinstance(listed_roles, Unreadable) else listed_roles
        return [one.role_name for one in known if any_glob_matches(patterns, one.role_name)]


class _Regions(NamedTuple):
    """The regions that are asked for, and every region of ECI where it was asked for."""

    asked: tuple[str, ...] | Unreadable
    everywhere: tuple[str, ...] | Unreadable


class _RolesAsked:
    """GetRole, once per role: RAM keeps the case of a role's name, and does not compare by it."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._asked: dict[str, tuple[str, asyncio.Future[Role | Unreadable | None]]] = {}

    async def ask(self, names: Iterable[str]) -> None:
        for name in sorted(set(names)):
            if name.casefold() not in self._asked:
                self._asked[name.casefold()] = name, asyncio.ensure_future(ram.role(self._caller, name))
        await asyncio.gather(*(answer for _, answer in self._asked.values()))

    def found(self, listed_roles: tuple[Role, ...] | Unreadable) -> dict[str, Role | Unreadable | None]:
        """What was said of each role, by its name as it is listed. One that is listed exists."""
        known = () if isinstance(listed_roles, Unreadable) else listed_roles
        spelled = {one.role_name.casefold(): one.role_name for one in known}
        found: dict[str, Role | Unreadable | None] = {}
        for folded, (name, answer) in sorted(self._asked.items()):
            one = answer.result()
            if one is None and folded in spelled:
                one = ram.lost_role(self._caller, name)
            found[spelled.get(folded, name)] = one
        return found
