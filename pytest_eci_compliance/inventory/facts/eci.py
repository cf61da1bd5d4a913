"""Facts of ECI: container groups (instances), image caches, virtual nodes, and their lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..marks import Derived, FieldPath, ServiceText
from .containers import Container, Volume
from .tags import Tags
from .unreadable import Unreadable, read_or_empty

Kind: TypeAlias = Literal["instance", "image_cache", "virtual_node"]


@dataclass(frozen=True)
class ContainerGroup:
    """An ECI instance (DescribeContainerGroups).

    `not_shown` names the parts that the answer does not show as what they can be: lists (`tags`, `containers`, …),
    which are empty here, and values within them. What they hold is not known. Tags of which two have the same key
    are among them. An empty `resource_group_id` means that the answer names no resource group.
    `access_key_found_in` and `not_searched_in` are as of a container. `not_kept` is the cause where the recording was
    made by a version that searched or kept less.
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
    not_searched_in: tuple[FieldPath, ...] = ()
    not_kept: Derived[Unreadable | None] = None

    kind: Kind = field(default="instance", init=False, repr=False)

    @property
    def id(self) -> str:
        """The id, under the name that all kinds of resources have."""
        return self.container_group_id

    @property
    def name(self) -> str:
        """The name, as all kinds of resources have it."""
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
        """The id, under the name that all kinds of resources have."""
        return self.image_cache_id

    @property
    def name(self) -> str:
        """The name, as all kinds of resources have it."""
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
        """The id, under the name that all kinds of resources have."""
        return self.virtual_node_id

    @property
    def name(self) -> str:
        """The name, as all kinds of resources have it."""
        return self.virtual_node_name


EciResource: TypeAlias = ContainerGroup | ImageCache | VirtualNode

ENDED = frozenset({"Succeeded", "Failed", "Expired", "ScheduleFailed"})
"""The states in which an instance has ended (product page "lifecycle"); any other state counts as live."""

PLANNED = "planned:"
"""How the id begins of a resource that a planned change creates: the service has not given it an id yet."""


def has_no_id_yet(resource: EciResource) -> bool:
    """Whether a resource is only planned: which id it will have is not known."""
    return resource.id.startswith(PLANNED)


GIVEN_BY_SERVICE = frozenset(
    {
        *("zone_id", "creation_time", "vpc_id", "v_switch_id", "security_group_id"),
        *("instance_type", "cpu", "memory"),
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

    @property
    def all_items(self) -> tuple[EciResource, ...]:
        """The resources that were read, with those that appeared meanwhile. Where the list is `Unreadable`, most may be
        missing: look at `items` as well."""
        return (*self.read_items, *self.later)
