"""The kinds of ECI resources: one row per kind.

To add a kind, write its fact class in `facts.eci` and add a row here: the sweep, the checks, the evaluator, the
configuration, the reports and the fixtures read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .facts import PLANNED, Unreadable, has_no_id_yet
from .facts.eci import ContainerGroup, EciResource, ImageCache, Kind, VirtualNode
from .marks import fact_fields

RuleSection: TypeAlias = Literal["instances", "image_caches", "virtual_nodes"]
ArnKind: TypeAlias = Literal["containergroup", "imagecache", "virtualnode", "datacache"]
"""A kind of resource, as ECI's ARNs spell it (data caches are not read)."""


@dataclass(frozen=True)
class EciKind:
    """A kind of ECI resource.

    `section` is the section of the configuration with its rules. `fact` is its class in the inventory.
    `list_action` describes its resources and `count_actions` support that list. `arn_kind` is its name in ARNs,
    `tag_type` its name in TagResources. `delete_action` and `id_option` delete one with the command-line tool,
    `move_action` changes its resource group (None where no action does).
    """

    name: Kind
    noun: str
    section: RuleSection
    fact: type[EciResource]
    list_action: str
    arn_kind: ArnKind
    tag_type: str
    delete_action: str
    id_option: str
    move_action: str | None = None
    count_actions: tuple[str, ...] = ()

    @property
    def plural(self) -> str:
        """The noun for several of them."""
        return f"{self.noun}s"

    @property
    def fixture(self) -> str:
        """The fixture that gives one of them to a test."""
        return f"eci_{self.name}"

    @property
    def items(self) -> str:
        """The field of the answer that has the list."""
        return self.list_action.removeprefix("Describe")

    @property
    def key(self) -> str:
        """The field of an item that identifies it: the first of its fact class."""
        return fact_fields(self.fact)[0].wire_names[0]

    @property
    def list_call(self) -> str:
        """The call that describes the resources, as `eci:Action`."""
        return f"eci:{self.list_action}"

    @property
    def calls(self) -> tuple[str, ...]:
        """Every call that a complete list of the resources rests on, as `eci:Action`."""
        return ("eci:DescribeRegions", *(f"eci:{action}" for action in self.count_actions), self.list_call)


INSTANCE = EciKind(
    name="instance",
    noun="instance",
    section="instances",
    fact=ContainerGroup,
    list_action="DescribeContainerGroups",
    count_actions=("DescribeContainerGroupStatus",),
    arn_kind="containergroup",
    tag_type="ContainerGroup",
    delete_action="DeleteContainerGroup",
    id_option="--ContainerGroupId",
    move_action="UpdateContainerGroup",
)
IMAGE_CACHE = EciKind(
    name="image_cache",
    noun="image cache",
    section="image_caches",
    fact=ImageCache,
    list_action="DescribeImageCaches",
    arn_kind="imagecache",
    tag_type="ImageCache",
    delete_action="DeleteImageCache",
    id_option="--ImageCacheId",
    move_action="UpdateImageCache",
)
VIRTUAL_NODE = EciKind(
    name="virtual_node",
    noun="virtual node",
    section="virtual_nodes",
    fact=VirtualNode,
    list_action="DescribeVirtualNodes",
    arn_kind="virtualnode",
    tag_type="VirtualNode",
    delete_action="DeleteVirtualNode",
    id_option="--VirtualNodeId",
)

KINDS: Mapping[Kind, EciKind] = {kind.name: kind for kind in (INSTANCE, IMAGE_CACHE, VIRTUAL_NODE)}
"""Every kind, by its name."""


def unshown(resource: EciResource, part: str) -> Unreadable:
    """Why a part of a resource is not known: the answer does not show it as what it can be, or a plan lacks it."""
    if has_no_id_yet(resource):
        address = resource.id.removeprefix(PLANNED)
        detail = f"the plan does not have its {part}"
        return Unreadable(KINDS[resource.kind].list_call, "NotPlanned", subject=address, detail=detail)
    return Unreadable(
        KINDS[resource.kind].list_call,
        "Incomplete",
        region=resource.region_id or None,
        subject=resource.id,
        detail=f"the answer does not show its {part}",
    )
