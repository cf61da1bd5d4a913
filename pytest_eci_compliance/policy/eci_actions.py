"""ECI's request model as data: what each call of API version 2018-08-08 carries, one row per action.

Sources: the request models of the SDK (`alibabacloud_eci20180808`) for what a call carries; sections 3 and
4 of the security chapters for how it is authorised; "fine-grained resource control using resource groups"
(2026-01-27) for the kinds and actions that are authorised by resource group; the RAM page of ECI (2025-06-12) for
the resources of each action and for the actions that the SDK lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .patterns import matches

ResourceKind: TypeAlias = Literal["containergroup", "imagecache", "virtualnode", "datacache"]
"""A kind of resource, as ECI's ARNs spell it."""

CarriesId: TypeAlias = Literal["no", "may", "must"]
CarriesTags: TypeAlias = Literal["no", "filter", "new", "change"]
GroupRule: TypeAlias = Literal["none", "create", "query", "own"]


@dataclass(frozen=True)
class EciAction:
    """One call.

    `kind` is what it is about: None for nothing of its own, `any` where the call says which. `id` is
    whether it names a resource. `tags`: `filter` a query by them, `new` binds them, `change` replaces those
    of the resource (then both the old and the new must be held). `group`: `create` names the group of what
    is created, else it is the default one; `query` names a group to look into, else the account; `own` is
    the group of the resource that it names. `role` is whether it can lend a RAM role to an instance. `each`
    is whether its ARN ends in the id, rather than in `*`. `moves` is whether it can carry a new group for the
    resource. `tag_key` is False where the call is about resources and the RAM page lists no condition key for tags:
    whether a condition on tags counts is then not documented. `all_resources` marks actions that are authorised on
    the resource `*` alone. `in_sdk` is False for actions that the SDK lacks: what their calls carry is taken from
    their names.
    """

    name: str
    kind: ResourceKind | Literal["any"] | None
    id: CarriesId
    tags: CarriesTags
    group: GroupRule
    role: bool = False
    each: bool = True
    moves: bool = False
    all_resources: bool = False
    in_sdk: bool = True
    tag_key: bool = True

    @property
    def action(self) -> str:
        """As policies name it: `eci:Name`."""
        return f"eci:{self.name}"

    @property
    def kinds(self) -> tuple[ResourceKind, ...]:
        """The kinds of resources that it can be about."""
        if self.kind == "any":
            return ("containergroup", "imagecache", "virtualnode", "datacache")
        return () if self.kind is None else (self.kind,)


_ROWS = (
    EciAction("CommitContainer", "containergroup", "must", "no", "own", each=False),
    EciAction("CopyDataCache", "datacache", "must", "new", "create"),
    EciAction("CreateContainerGroup", "containergroup", "no", "new", "create", role=True),
    EciAction("CreateDataCache", "datacache", "no", "new", "create"),
    EciAction("CreateImageCache", "imagecache", "no", "new", "create"),
    EciAction("CreateInstanceOpsTask", "containergroup", "must", "no", "own"),
    EciAction("CreateVirtualNode", "virtualnode", "no", "new", "create"),
    EciAction("DeleteContainerGroup", "containergroup", "must", "no", "own"),
    EciAction("DeleteDataCache", "datacache", "must", "no", "own"),
    EciAction("DeleteImageCache", "imagecache", "must", "no", "own"),
    EciAction("DeleteVirtualNode", "virtualnode", "must", "no", "own"),
    EciAction("DescribeAvailableResource", None, "no", "no", "none"),
    EciAction("DescribeCommitContainerTask", "containergroup", "may", "no", "own", each=False),
    EciAction("DescribeContainerGroupEvents", "containergroup", "may", "filter", "query"),
    EciAction("DescribeContainerGroupMetric", "containergroup", "must", "no", "own"),
    EciAction("DescribeContainerGroupPrice", None, "no", "no", "none"),
    EciAction("DescribeContainerGroupStatus", "containergroup", "may", "filter", "query"),
    EciAction("DescribeContainerGroups", "containergroup", "may", "filter", "query"),
    EciAction("DescribeContainerLog", "containergroup", "must", "no", "own"),
    EciAction("DescribeDataCaches", "datacache", "may", "filter", "query"),
    EciAction("DescribeImageCaches", "imagecache", "may", "filter", "query"),
    EciAction("DescribeInstanceOpsRecords", "containergroup", "must", "no", "own"),
    EciAction("DescribeMultiContainerGroupMetric", "containergroup", "must", "no", "query"),
    EciAction("DescribeRegions", None, "no", "no", "none"),
    EciAction("DescribeVirtualNodes", "virtualnode", "may", "filter", "query"),
    EciAction("ExecContainerCommand", "containergroup", "must", "no", "own"),
    EciAction("ListTagResources", "any", "may", "filter", "own", all_resources=True, tag_key=False),
    EciAction("ListUsage", None, "no", "no", "none", all_resources=True),
    EciAction("ResizeContainerGroupVolume", "containergroup", "must", "no", "own", all_resources=True),
    EciAction("RestartContainerGroup", "containergroup", "must", "no", "own"),
    EciAction("TagResources", "any", "must", "new", "own"),
    EciAction("UntagResources", "any", "must", "no", "own"),
    EciAction("UpdateContainerGroup", "containergroup", "must", "change", "own", moves=True),
    EciAction("UpdateDataCache", "datacache", "must", "change", "own", moves=True),
    EciAction("UpdateImageCache", "imagecache", "must", "change", "own", moves=True),
    EciAction("UpdateVirtualNode", "virtualnode", "must", "change", "own"),
)


def _outside(
    name: str,
    kind: ResourceKind | None,
    id_: CarriesId,
    group: GroupRule,
    *,
    tags: CarriesTags = "no",
    role: bool = False,
    moves: bool = False,
    all_resources: bool = False,
) -> EciAction:
    """An action that the SDK lacks. The RAM page shows the condition key `eci:tag` for those that name a resource."""
    return EciAction(
        name, kind, id_, tags, group, role, moves=moves, all_resources=all_resources, in_sdk=False
    )


_OUTSIDE_SDK = (
    # The template may name a role, as CreateContainerGroup does.
    _outside("CreateContainerGroupFromTemplate", "containergroup", "no", "create", tags="new", role=True),
    _outside("CreateLaunchTemplate", None, "no", "none"),
    _outside("DeleteContainerGroups", "containergroup", "must", "none"),
    _outside("DeleteLaunchTemplate", None, "no", "none"),
    _outside("DescribeCommandResult", None, "no", "none"),
    _outside("DescribeContainerInstanceStatus", None, "no", "none"),
    _outside("DescribeImageCacheMetrics", "imagecache", "must", "none"),
    _outside("DescribeUpdateConfigMapTask", None, "no", "none"),
    _outside("DescribeUpdateSecretTask", None, "no", "none"),
    _outside("DescribeVnodeCapacity", None, "no", "none"),
    _outside("ExportContainerGroupTemplate", None, "no", "none", all_resources=True),
    _outside("RestartContainer", "containergroup", "must", "own"),
    _outside("RunCommand", "containergroup", "must", "none"),
    _outside("UpdateConfigMap", None, "no", "none", all_resources=True),
    # The template may name another resource group, as UpdateContainerGroup does.
    _outside("UpdateContainerGroupByTemplate", "containergroup", "must", "own", tags="change", moves=True),
    _outside("UpdateVirtualNodeStatusEvents", "virtualnode", "must", "none"),
    _outside("UploadVirtualNodeConfig", "virtualnode", "must", "none"),
)

SAME_EFFECT: Mapping[str, tuple[str, ...]] = {
    "eci:createcontainergroup": ("eci:CreateContainerGroupFromTemplate",),
    "eci:deletecontainergroup": ("eci:DeleteContainerGroups",),
    "eci:execcontainercommand": ("eci:RunCommand",),
    "eci:restartcontainergroup": ("eci:RestartContainer",),
    "eci:updatecontainergroup": ("eci:UpdateContainerGroupByTemplate",),
}
"""Actions that the SDK lacks and that do the same as another one, by the other's lower-cased name."""

GROUP_KINDS: frozenset[ResourceKind] = frozenset({"containergroup", "imagecache"})
"""The kinds of resources that are authorised by resource group: a grant on a group has no effect on others."""

ACTIONS: Mapping[str, EciAction] = {row.action.lower(): row for row in (*_ROWS, *_OUTSIDE_SDK)}
"""Every action, by its lower-cased name as policies write it (`eci:createcontainergroup`)."""


def eci_action(action: str) -> EciAction | None:
    """The row of an action, whatever the case of its letters; None where no edition of the documents does."""
    return ACTIONS.get(action.lower())


def fitting(pattern: str) -> Iterator[EciAction]:
    """Every ECI action that a pattern with wildcards names, for example `eci:Delete*` or `*`."""
    return (row for name, row in ACTIONS.items() if matches(pattern.lower(), name))
