"""The inventory: one frozen snapshot of the facts of one account.

Facts keep the SDK's field names in snake_case. What could not be read is a value, `Unreadable`, in the place
where the fact would stand; nothing here calls an API, knows pytest, or judges.

A field that is added to a class is kept by redaction and parsed: mark one that can carry a secret (`marks`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, TypeVar

from .marks import AlsoNamed, Derived, FieldPath, Name, Options, Secret, ServiceText

PolicyType: TypeAlias = Literal["System", "Custom"]
PrincipalType: TypeAlias = Literal["IMSUser", "IMSGroup", "ServiceRole"]
Kind: TypeAlias = Literal["instance", "image_cache", "virtual_node"]


@dataclass(frozen=True)
class Unreadable:
    """A part of the account that could not be read, and why.

    `call` is the API action as `service:Action` (for example `ram:ListUsers`), `code` the service's error
    code or one of ours (`Deadline`, `NotRecorded`, `Incomplete`, `Malformed`, `Connection`), `permission` the
    RAM action to grant where the call was denied, `subject` what the call was for (a group, a policy),
    `region` the region it was made in. `denied_by` is what denied the call where it is not a missing permission
    (`a control policy`, `a session policy`), empty where the answer does not say so.
    """

    call: str
    code: str
    permission: str | None = None
    region: str | None = None
    subject: str | None = None
    detail: str = ""
    denied_by: str = ""


T = TypeVar("T")


def read_or_empty(part: tuple[T, ...] | Unreadable) -> tuple[T, ...]:
    """The items of a list that was read, none where it is `Unreadable`.

    It is for where the cause is reported beside: whoever only asks whether something exists must look at the cause.
    """
    return () if isinstance(part, Unreadable) else part


class Tag(NamedTuple):
    """A tag of a resource."""

    key: str
    value: str


class Tags(tuple[Tag, ...]):
    """The tags of a resource: iterates over `Tag`s, and looks up a value by its key.

    >>> tags = Tags([Tag("env", "test")])
    >>> tags["env"], tags.get("owner"), "env" in tags, [t.key for t in tags]
    ('test', None, True, ['env'])
    """

    __slots__ = ()

    def get(self, key: str, default: str | None = None) -> str | None:
        return next((tag.value for tag in self if tag.key == key), default)

    def __contains__(self, key: object) -> bool:
        return any(key in (tag, tag.key) for tag in self)

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __getnewargs__(self) -> tuple[tuple[Tag, ...]]:
        return (tuple(self),)


@dataclass(frozen=True)
class CallerIdentity:
    """GetCallerIdentity. `identity_type` is `Account`, `RAMUser` or `AssumedRoleUser`."""

    account_id: str
    identity_type: str
    arn: str
    principal_id: str = ""


@dataclass(frozen=True)
class User:
    """A RAM user (ListUsers)."""

    user_name: str
    user_id: str = ""
    display_name: str = ""
    create_date: str = ""
    update_date: str = ""


@dataclass(frozen=True)
class Group:
    """A RAM user group; `members` are user names (ListUsersForGroup)."""

    group_name: str
    group_id: str = ""
    create_date: str = ""
    update_date: str = ""
    members: Derived[tuple[str, ...] | Unreadable] = ()


@dataclass(frozen=True)
class Role:
    """A RAM role as ListRoles shows it, and, where GetRole was asked, its trust policy.

    `assume_role_policy_document` is the JSON text, an `Unreadable` where GetRole failed, and `None` where the
    role was not asked for (GetRole is called for roles that instances carry, service-linked roles, and roles
    that the configuration judges).
    """

    role_name: str
    role_id: str = ""
    arn: str = ""
    create_date: str = ""
    update_date: str = ""
    max_session_duration: int | None = None
    assume_role_policy_document: str | Unreadable | None = None


@dataclass(frozen=True)
class Policy:
    """A policy with its effective document (GetPolicy), as JSON text."""

    policy_type: PolicyType
    policy_name: str
    default_version: str = ""
    create_date: str = ""
    update_date: str = ""
    attachment_count: int = 0
    policy_document: Derived[str | Unreadable] = ""

    @property
    def ref(self) -> PolicyRef:
        return PolicyRef(self.policy_type, self.policy_name)


@dataclass(frozen=True)
class PolicyVersion:
    """One version of a custom policy (ListPolicyVersions), with its document as JSON text."""

    version_id: str
    is_default_version: bool = False
    policy_document: str | Unreadable = ""


class PolicyRef(NamedTuple):
    """Which policy: a system one is written `NAME`, a custom one `Custom/NAME`."""

    policy_type: PolicyType
    policy_name: str

    def __str__(self) -> str:
        return self.policy_name if self.policy_type == "System" else f"Custom/{self.policy_name}"

    @classmethod
    def parse(cls, text: str) -> PolicyRef:
        kind, slash, name = text.partition("/")
        return cls("Custom", name) if slash and kind == "Custom" else cls("System", text)


@dataclass(frozen=True)
class PolicyAttachment:
    """A policy that is attached to a principal. `principal_name` is bare, without `@…`.

    `resource_group_id` is `None` for an attachment on the whole account.
    """

    policy_type: PolicyType
    policy_name: str
    principal_type: PrincipalType
    principal_name: str
    resource_group_id: str | None = None
    attach_date: str = ""

    @property
    def ref(self) -> PolicyRef:
        return PolicyRef(self.policy_type, self.policy_name)


@dataclass(frozen=True)
class GrantGap:
    """Grants that could not be read: of one principal, or (`principal_name` None) of every one of that type.

    `scope` says which part is missing: `account` grants, `resource_group` grants, or `any`.
    """

    cause: Unreadable
    scope: Literal["account", "resource_group", "any"] = "any"
    principal_type: PrincipalType | None = None
    principal_name: str | None = None


@dataclass(frozen=True)
class Attachments:
    """The policy attachments of the account that were read, and `gaps`: those that could not be."""

    items: tuple[PolicyAttachment, ...] = ()
    gaps: tuple[GrantGap, ...] = ()


@dataclass(frozen=True)
class ResourceGroup:
    """A resource group (ListResourceGroups)."""

    id: str
    name: str = ""
    display_name: str = ""
    status: str = ""
    create_date: str = ""


@dataclass(frozen=True)
class EnvironmentVar:
    """An environment variable; `value` is a redacted marker."""

    key: Name
    value: Secret = ""


@dataclass(frozen=True)
class Probe:
    """A probe of a container; `execs` is the command that it runs, as redacted markers."""

    execs: tuple[Secret, ...] = ()


@dataclass(frozen=True)
class Container:
    """`commands`, `args` and environment values are redacted markers (see `evidence.redact`).

    A probe is None where the container has none. It is `Unreadable` where the recording was made by a version
    that did not keep probes; the same holds for `Volume.flex_volume_options`.
    `access_key_found_in` names the other fields of the answer in which something looked like an AccessKey id.
    """

    name: str = ""
    image: str = ""
    commands: Annotated[tuple[Secret, ...], AlsoNamed("Command")] = ()
    args: Annotated[tuple[Secret, ...], AlsoNamed("Arg")] = ()
    environment_vars: tuple[EnvironmentVar, ...] = ()
    liveness_probe: Probe | Unreadable | None = None
    readiness_probe: Probe | Unreadable | None = None
    startup_probe: Probe | Unreadable | None = None
    access_key_found_in: tuple[FieldPath, ...] = ()


@dataclass(frozen=True)
class ConfigFile:
    """A config file of a volume; `content` is a redacted marker."""

    path: str = ""
    content: Secret = ""


@dataclass(frozen=True)
class Volume:
    """`flex_volume_options` is a redacted marker, empty where there are no options.

    `access_key_found_in` is as of a container.
    """

    name: str = ""
    type: str = ""
    config_file_volume_config_file_to_paths: tuple[ConfigFile, ...] = ()
    flex_volume_options: Options | Unreadable = ""
    access_key_found_in: tuple[FieldPath, ...] = ()


@dataclass(frozen=True)
class ContainerGroup:
    """An ECI instance (DescribeContainerGroups).

    `not_shown` names the parts that the answer does not show as what they can be: lists (`tags`, `containers`, …),
    which are empty here, and values within them. What they hold is not known. Tags of which two have the same key
    are among them. An empty `resource_group_id` means that the answer names no resource group.
    `access_key_found_in` is as of a container. `not_kept` is the cause where the recording was made by a version
    that searched and kept fewer fields.
    """

    container_group_id: ServiceText
    container_group_name: str = ""
    region_id: ServiceText = ""
    zone_id: ServiceText = ""
    status: ServiceText = ""
    creation_time: ServiceText = ""
    succeeded_time: ServiceText = ""
    failed_time: ServiceText = ""
    expired_time: ServiceText = ""
    resource_group_id: ServiceText = ""
    ram_role_name: str = ""
    tags: Tags = field(default_factory=Tags)
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    vpc_id: ServiceText = ""
    v_switch_id: ServiceText = ""
    security_group_id: ServiceText = ""
    instance_type: ServiceText = ""
    cpu: float | None = None
    memory: float | None = None
    restart_policy: ServiceText = ""
    spot_strategy: ServiceText = ""
    internet_ip: ServiceText = ""
    intranet_ip: ServiceText = ""
    not_shown: Derived[tuple[str, ...]] = ()
    access_key_found_in: tuple[FieldPath, ...] = ()
    not_kept: Derived[Unreadable | None] = None

    kind: Kind = field(default="instance", init=False, repr=False)

    @property
    def id(self) -> str:
        return self.container_group_id

    @property
    def name(self) -> str:
        return self.container_group_name


@dataclass(frozen=True)
class ImageCache:
    """An image cache (DescribeImageCaches). `not_shown` as of an instance."""

    image_cache_id: str
    image_cache_name: str = ""
    region_id: str = ""
    status: str = ""
    creation_time: str = ""
    expire_date_time: str = ""
    resource_group_id: str = ""
    container_group_id: str = ""
    snapshot_id: str = ""
    tags: Tags = field(default_factory=Tags)
    images: tuple[str, ...] = ()
    not_shown: Derived[tuple[str, ...]] = ()

    kind: Kind = field(default="image_cache", init=False, repr=False)

    @property
    def id(self) -> str:
        return self.image_cache_id

    @property
    def name(self) -> str:
        return self.image_cache_name


@dataclass(frozen=True)
class VirtualNode:
    """A virtual node (DescribeVirtualNodes). `not_shown` as of an instance."""

    virtual_node_id: str
    virtual_node_name: str = ""
    region_id: str = ""
    status: str = ""
    creation_time: str = ""
    resource_group_id: str = ""
    tags: Tags = field(default_factory=Tags)
    not_shown: Derived[tuple[str, ...]] = ()

    kind: Kind = field(default="virtual_node", init=False, repr=False)

    @property
    def id(self) -> str:
        return self.virtual_node_id

    @property
    def name(self) -> str:
        return self.virtual_node_name


EciResource: TypeAlias = ContainerGroup | ImageCache | VirtualNode

PLANNED = "planned:"
"""How the id begins of a resource that a planned change creates: the service has not given it an id yet."""


def has_no_id_yet(resource: EciResource) -> bool:
    """Whether a resource is only planned: which id it will have is not known."""
    return resource.id.startswith(PLANNED)


GIVEN_BY_SERVICE = frozenset(
    {
        *(
            "zone_id",
            "creation_time",
            "vpc_id",
            "v_switch_id",
            "security_group_id",
            "instance_type",
            "cpu",
            "memory",
        ),
        *("restart_policy", "spot_strategy", "internet_ip", "intranet_ip"),
        *("status", "expire_date_time", "container_group_id", "snapshot_id"),
    }
)
"""Fields of an ECI resource that the service gives or completes when it creates the resource. A planned resource may
lack them: `not_shown` names those. They carry no text of the user's."""


@dataclass(frozen=True)
class Listing:
    """The resources of one kind in one region, or `Unreadable`; `pages` is how many pages were read.

    `later` are resources that appeared while the list was read: out of scope for every check, but they block
    the deletion of the service-linked role.
    """

    region: str
    items: tuple[EciResource, ...] | Unreadable
    pages: int = 0
    later: tuple[EciResource, ...] = ()

    @property
    def read_items(self) -> tuple[EciResource, ...]:
        """The resources that were read: none where the list is `Unreadable`, so look at `items` as well."""
        return read_or_empty(self.items)


class Observed(NamedTuple):
    """How often the account's own answers agreed with an assumption about the cloud, and how often they did not."""

    held: int = 0
    contradicted: int = 0


@dataclass(frozen=True)
class Inventory:
    """Everything that is known of one account.

    `regions` are the regions that the configuration asks for; `listings` has one `Listing` per kind and
    region that was read (with `service_linked_role.expect: deletable` also every region in `all_regions`).
    `regions` is `Unreadable` where `regions: all` was asked for and DescribeRegions failed.
    `roles` has every role of ListRoles; `role_lookups` has, by role name, the outcome of each GetRole:
    the role, `None` where there is no such role, or `Unreadable`.
    `policies` has every policy that is attached to a principal, every custom policy, and every system policy that
    somebody could attach. `system_policies` are the names of all system policies, None where nobody could attach one
    by a pattern. `policy_versions` are the versions of the custom policies whose default version somebody could change.
    `incomplete` are lists that were read and yet shown not to be whole: each check that rests on such a call
    has one unknown row more.
    `observations` are, by the id of an assumption about the cloud, what the answers say of it.
    """

    account_id: str
    identity: CallerIdentity
    regions: tuple[str, ...] | Unreadable = ()
    all_regions: tuple[str, ...] | Unreadable | None = None
    users: tuple[User, ...] | Unreadable = ()
    groups: tuple[Group, ...] | Unreadable = ()
    roles: tuple[Role, ...] | Unreadable = ()
    role_lookups: Mapping[str, Role | Unreadable | None] = field(default_factory=dict)
    attachments: Attachments = field(default_factory=Attachments)
    policies: Mapping[PolicyRef, Policy] = field(default_factory=dict)
    custom_policies: tuple[PolicyRef, ...] | Unreadable = ()
    system_policies: tuple[PolicyRef, ...] | Unreadable | None = None
    policy_versions: Mapping[PolicyRef, tuple[PolicyVersion, ...] | Unreadable] = field(default_factory=dict)
    resource_groups: tuple[ResourceGroup, ...] | Unreadable = ()
    listings: Mapping[Kind, tuple[Listing, ...]] = field(default_factory=dict)
    incomplete: tuple[Unreadable, ...] = ()
    observations: Mapping[str, Observed] = field(default_factory=dict)

    @cached_property
    def unread_lists(self) -> tuple[Unreadable, ...]:
        """Why lists of the account could not be read as a whole (ECI lists have a cause per region instead)."""
        lists = (getattr(self, field.name) for field in fields(self))
        grants = (gap.cause for gap in self.attachments.gaps if gap.principal_name is None)
        return tuple(dict.fromkeys(cause for cause in (*lists, *grants) if isinstance(cause, Unreadable)))

    def resources(self, kind: Kind) -> Iterator[EciResource]:
        """Every resource of that kind that was read, in the requested regions."""
        for listing in self.listings_of(kind):
            yield from listing.read_items

    def unread_listings(self, kind: Kind) -> tuple[Unreadable, ...]:
        """Why the resources of that kind could not be read in some regions, or in any."""
        if isinstance(self.regions, Unreadable):
            return (self.regions,)
        listings = self.listings.get(kind, ())
        return tuple(listing.items for listing in listings if isinstance(listing.items, Unreadable))

    def listings_of(self, kind: Kind) -> tuple[Listing, ...]:
        """The listings of the requested regions (not those read only for `slr-deletable`)."""
        regions = read_or_empty(self.regions)
        return tuple(listing for listing in self.listings.get(kind, ()) if listing.region in regions)
