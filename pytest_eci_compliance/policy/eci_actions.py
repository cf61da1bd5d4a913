"""ECI's request model as data: what each call of API version 2018-08-08 carries, one row per action.

Sources: the request models of the SDK (`alibabacloud_eci20180808`) for what a call carries; sections 3 and
4 of the security chapters for how it is authorised. Where the chapters are silent (calls that name a
resource and are not in section 3), the resource's own group is assumed, as for DeleteContainerGroup.
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
    is whether its ARN ends in the id, rather than in `*`.
    """

    name: str
    kind: ResourceKind | Literal["any"] | None
    id: CarriesId
    tags: CarriesTags
    group: GroupRule
    role: bool = False
    each: bool = True

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
    EciAction("ListTagResources", "any", "may", "filter", "own"),
    EciAction("ListUsage", None, "no", "no", "none"),
    EciAction("ResizeContainerGroupVolume", "containergroup", "must", "no", "own"),
    EciAction("RestartContainerGroup", "containergroup", "must", "no", "own"),
    EciAction("TagResources", "any", "must", "new", "own"),
    EciAction("UntagResources", "any", "must", "no", "own"),
    EciAction("UpdateContainerGroup", "containergroup", "must", "change", "own"),
    EciAction("UpdateDataCache", "datacache", "must", "change", "own"),
    EciAction("UpdateImageCache", "imagecache", "must", "change", "own"),
    EciAction("UpdateVirtualNode", "virtualnode", "must", "change", "own"),
)

ACTIONS: Mapping[str, EciAction] = {row.action.lower(): row for row in _ROWS}
"""Every action, by its lower-cased name as policies write it (`eci:createcontainergroup`)."""


_TABLE_ONLY = (
    EciAction("CreateContainerGroupFromTemplate", "containergroup", "no", "new", "create", role=True),
    EciAction("RunCommand", "containergroup", "must", "no", "none"),
    EciAction("UpdateContainerGroupByTemplate", "containergroup", "must", "change", "own"),
)
TABLE_ONLY: Mapping[str, EciAction] = {row.action.lower(): row for row in _TABLE_ONLY}
"""Actions that only ECI's table of RAM actions names: the SDK has no call for them. They are taken to be authorised
like the calls that they resemble."""


def eci_action(action: str) -> EciAction | None:
    """The row of an action, whatever the case of its letters; None where the SDK does not know it."""
    return ACTIONS.get(action.lower())


def fitting(pattern: str) -> Iterator[EciAction]:
    """Every ECI action that a pattern with wildcards names, for example `eci:Delete*` or `*`."""
    return (row for name, row in ACTIONS.items() if matches(pattern.lower(), name))
