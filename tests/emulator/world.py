"""The living account: an `Account` with look-ups, and resources that can come and go while it is read."""

from __future__ import annotations

import secrets
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Generic, Literal, TypeVar

from . import authorize
from .account import (
    Account,
    Attachment,
    Credential,
    ImageCache,
    Instance,
    Policy,
    ResourceGroup,
    Role,
    VirtualNode,
    stable_id,
)
from .documented import SYSTEM_POLICIES
from .errors import ApiError
from .readings import Readings, Simplest

Resource = Instance | ImageCache | VirtualNode
T = TypeVar("T", bound=Resource)


@dataclass(frozen=True)
class Quirks:
    """How the service behaves where the documents leave it open.

    `total_count`: of ECI lists, the number of all resources, of this page, or not sent.
    `positions`: what an ECI token remembers: the last resource sent (`item`), how many were sent (`offset`).
    `max_page`: token pages are never longer than this, whatever was asked for.
    `service_linked_grants`: whether ListPolicyAttachments shows the grants of service-linked roles.
    `central_host`: what DescribeRegions gives as the endpoint of a region that has none declared.
    `status_hides`: instances in these states are left out by DescribeContainerGroupStatus.
    `status_most`: it lists no more instances than this, over all its pages.
    `status_tokens`: whether it reads the token that it is given; else it answers with its first page.
    """

    total_count: Literal["all", "page", "absent"] = "all"
    positions: Literal["item", "offset"] = "item"
    max_page: int | None = None
    service_linked_grants: bool = True
    central_host: str = "eci.{region}.aliyuncs.com"
    status_hides: frozenset[str] = frozenset()
    status_most: int | None = None
    status_tokens: bool = True


class Shelf(Generic[T]):
    """Resources of one kind in one region, in order of arrival.

    A position stays good while others come and go.
    """

    def __init__(self, items: Iterable[T]) -> None:
        self._positions: list[int] = []
        self._items: dict[int, T] = {}
        self._by_id: dict[str, int] = {}
        self._next = 1
        for item in items:
            self.put(item)

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._items.values()))

    def get(self, resource_id: str) -> T | None:
        position = self._by_id.get(resource_id)
        return None if position is None else self._items[position]

    def put(self, item: T) -> None:
        """Add a resource, or replace the one with its id where it stands."""
        position = self._by_id.get(item.id)
        if position is None:
            position, self._next = self._next, self._next + 1
            self._positions.append(position)
            self._by_id[item.id] = position
        self._items[position] = item

    def remove(self, resource_id: str) -> T:
        position = self._by_id.pop(resource_id)
        del self._positions[bisect_right(self._positions, position) - 1]
        return self._items.pop(position)

    def after(self, position: int) -> Iterator[tuple[int, T]]:
        """(position, resource) of everything that stands behind `position`."""
        for index in range(bisect_right(self._positions, position), len(self._positions)):
            yield self._positions[index], self._items[self._positions[index]]

    def skip(self, count: int) -> Iterator[tuple[int, T]]:
        """(number so far, resource) of everything behind the first `count`."""
        for index in range(count, len(self._positions)):
            yield index + 1, self._items[self._positions[index]]


@dataclass(frozen=True)
class Caller:
    """Who makes a call: the account itself, a RAM user, or an assumed role with its session."""

    world: World
    kind: Literal["Account", "RAMUser", "AssumedRoleUser"]
    name: str = ""
    session: str = ""
    grants: Sequence[authorize.Grant] = ()
    session_grants: Sequence[authorize.Grant] | None = None

    @property
    def arn(self) -> str:
        account = self.world.account.account_id
        if self.kind == "Account":
            return f"acs:ram::{account}:root"
        if self.kind == "RAMUser":
            return f"acs:ram::{account}:user/{self.name}"
        return f"acs:ram::{account}:assumed-role/{self.name.lower()}/{self.session}"

    @property
    def principals(self) -> set[str]:
        """The ARNs by which a trust policy may name this caller."""
        account = self.world.account.account_id
        names = {f"acs:ram::{account}:root", self.arn}
        return names | {f"acs:ram::{account}:role/{self.name}"} if self.kind == "AssumedRoleUser" else names

    def verdict(
        self, action: str, arn: str, context: Mapping[str, Sequence[str]], group: str | None = None
    ) -> authorize.Verdict:
        if self.kind == "Account":
            return "Allow"
        readings = self.world.readings
        verdict = authorize.decide(self.grants, action, arn, context, group, readings)
        if verdict == "Allow" and self.session_grants is not None:
            return authorize.decide(self.session_grants, action, arn, context, group, readings)
        return verdict


@dataclass
class Shelves:
    """The resources of one region."""

    instances: Shelf[Instance]
    image_caches: Shelf[ImageCache]
    virtual_nodes: Shelf[VirtualNode]

    def copy(self) -> Shelves:
        return Shelves(Shelf(self.instances), Shelf(self.image_caches), Shelf(self.virtual_nodes))

    def of(self, resource: Resource) -> Shelf[Resource]:
        if isinstance(resource, Instance):
            return self.instances  # type: ignore[return-value]
        return self.image_caches if isinstance(resource, ImageCache) else self.virtual_nodes  # type: ignore[return-value]


@dataclass
class World:
    """One account as it is now; `sessions` are temporary credentials by their access key id.

    `readings` decides what the documents leave open. `passwords` are those that a caller has set for a user;
    `machines` are computing resources of other services that run the caller's code, with the role they carry.
    """

    account: Account
    sessions: dict[str, Credential] = field(default_factory=dict)
    readings: Readings = field(default_factory=Simplest)
    passwords: dict[str, str] = field(default_factory=dict)
    machines: dict[str, str] = field(default_factory=dict)
    _grants: dict[tuple[str, str], tuple[authorize.Grant, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        account = self.account
        self.shelves: dict[str, Shelves] = {
            region.id: Shelves(
                Shelf(region.instances), Shelf(region.image_caches), Shelf(region.virtual_nodes)
            )
            for region in account.regions
        }
        self._index()

    def _index(self) -> None:
        account = self.account
        self.users = {user.name: user for user in sorted(account.users, key=lambda user: user.name)}
        self.groups = {group.name: group for group in sorted(account.groups, key=lambda group: group.name)}
        self.roles = {role.name: role for role in sorted(account.roles, key=lambda role: role.name)}
        self.policies: dict[tuple[str, str], Policy] = {
            (policy.type, policy.name): policy for policy in (*SYSTEM_POLICIES, *account.policies)
        }
        self.credentials = {credential.access_key_id: credential for credential in account.credentials}

    def change(self, **fields: object) -> None:
        """Replace fields of the account; what resources exist does not change by that."""
        self.account = replace(self.account, **fields)  # type: ignore[arg-type]
        self._grants.clear()
        for name in _CACHED:
            self.__dict__.pop(name, None)
        self._index()

    def copy(self) -> World:
        """A second world in the same state; what happens in one does not show in the other."""
        twin = World(self.account, dict(self.sessions), self.readings)
        twin.passwords, twin.machines = dict(self.passwords), dict(self.machines)
        twin.shelves = {region: shelves.copy() for region, shelves in self.shelves.items()}
        return twin

    def put(self, region: str, *resources: Resource) -> None:
        """Create resources, or change those that exist."""
        for resource in resources:
            self.shelves[region].of(resource).put(resource)

    def remove(self, region: str, resource: Resource) -> None:
        self.shelves[region].of(resource).remove(resource.id)

    @property
    def domain(self) -> str:
        account = self.account
        return account.default_domain or f"{account.alias or account.account_id}.onaliyun.com"

    @property
    def default_resource_group(self) -> str:
        account = self.account
        return account.default_resource_group or f"rg-acfm{stable_id(account.account_id, digits=11)}"

    @cached_property
    def resource_groups(self) -> dict[str, ResourceGroup]:
        """The declared groups; the default one is there in any case."""
        default = ResourceGroup(self.default_resource_group, "default", "default resource group")
        return {group.id: group for group in (default, *self.account.resource_groups)}

    @cached_property
    def attachment_counts(self) -> Counter[tuple[str, str]]:
        return Counter(
            (attachment.policy_type, attachment.policy_name) for attachment in self.account.attachments
        )

    @cached_property
    def held(self) -> Mapping[tuple[str, str], Sequence[Attachment]]:
        """The grants of each principal, by its type and name."""
        held: dict[tuple[str, str], list[Attachment]] = defaultdict(list)
        for attachment in self.account.attachments:
            held[attachment.principal_type, attachment.principal].append(attachment)
        return held

    @cached_property
    def groups_of(self) -> Mapping[str, Sequence[str]]:
        groups: dict[str, list[str]] = defaultdict(list)
        for group in self.groups.values():
            for member in group.members:
                groups[member].append(group.name)
        return groups

    def role(self, name: str) -> Role | None:
        """A role by its name, in any case."""
        return self.roles.get(name) or self._roles_folded.get(name.lower())

    @cached_property
    def _roles_folded(self) -> dict[str, Role]:
        return {name.lower(): role for name, role in self.roles.items()}

    def grants(self, principal_type: str, name: str) -> tuple[authorize.Grant, ...]:
        """Every grant of a principal, those of a user's groups too, with its statements."""
        if (principal_type, name) not in self._grants:
            self._grants[principal_type, name] = self._collect(principal_type, name)
        return self._grants[principal_type, name]

    def _collect(self, principal_type: str, name: str) -> tuple[authorize.Grant, ...]:
        principals = [(principal_type, name)]
        if principal_type == "IMSUser":
            principals += [("IMSGroup", group) for group in self.groups_of.get(name, ())]
        return tuple(
            authorize.Grant(attachment.policy, self._statements(attachment), attachment.scope)
            for principal in principals
            for attachment in self.held.get(principal, ())
        )

    def _statements(self, attachment: Attachment) -> Sequence[Mapping[str, object]]:
        policy = self.policies.get((attachment.policy_type, attachment.policy_name))
        return authorize.statements(policy.document) if policy else ()

    def caller(self, credential: Credential) -> Caller:
        kind, _, rest = credential.identity.partition("/")
        if kind == "root":
            return Caller(self, "Account")
        if kind == "user":
            return Caller(self, "RAMUser", rest, grants=self.grants("IMSUser", rest))
        name, _, session = rest.partition("/")
        role = self.role(name)
        name = role.name if role else name
        limit = credential.session_policy
        session_grants = (authorize.Grant("session", authorize.statements(limit)),) if limit else None
        grants = self.grants("ServiceRole", name)
        return Caller(self, "AssumedRoleUser", name, session or "session", grants, session_grants)

    def open_session(self, role: Role, session: str, seconds: int, policy: str) -> Credential:
        """Temporary credentials of a role that work until they expire."""
        key = f"STS.{secrets.token_hex(12)}"
        credential = Credential(
            access_key_id=key,
            access_key_secret=secrets.token_hex(22),
            identity=f"role/{role.name}/{session}",
            token=secrets.token_urlsafe(180),
            expires=time.time() + seconds,
            session_policy=policy,
        )
        self.sessions[key] = credential
        return credential

    def credential(self, access_key_id: str) -> Credential | None:
        return self.credentials.get(access_key_id) or self.sessions.get(access_key_id)

    def region(self, region_id: str) -> Shelves:
        if region_id not in self.shelves:
            raise ApiError(404, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")
        return self.shelves[region_id]

    def id_of(self, kind: str, name: str, declared: str) -> str:
        return declared or stable_id(self.account.account_id, kind, name)


_CACHED = ("resource_groups", "attachment_counts", "held", "groups_of", "_roles_folded")
