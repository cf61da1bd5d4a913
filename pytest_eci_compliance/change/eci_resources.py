"""ECI resources of a plan as facts of the inventory: redacted as answers of the API are, before anything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..evidence import parse
from ..evidence.responses import redact
from ..inventory.facts import GIVEN_BY_SERVICE, Container, ContainerGroup, EciResource, Kind, Unreadable
from ..inventory.kinds import IMAGE_CACHE, INSTANCE, VIRTUAL_NODE, EciKind
from ..messages import join_words
from .model import NOT_PLANNED, EciState, Unknown
from .open_text import lacks_text, open_arguments
from .resolver import planned_id
from .values import has_unknown
from .wire_items import containers, text, volumes
from .wire_items import item as wire_item

if TYPE_CHECKING:
    from .side import PlanSide

UNKNOWN_PARTS = ("tags", "containers", "init_containers", "volumes", "resource_group", "ram_role", "name")
"""The parts of an ECI resource that a plan can leave open, as `not_shown` names them."""

NEW_STATUS = "Running"
"""The status in which a planned instance is judged: its creation ends when it runs."""

COMPLETED = (
    "zone_id",
    "instance_type",
    "cpu",
    "memory",
    "restart_policy",
    "spot_strategy",
    "internet_ip",
    "intranet_ip",
)
"""Arguments of an instance that the provider computes where the configuration leaves them out: their fields have the
same names."""

_NAMED_OTHERWISE = {"vswitch_id": "v_switch_id", "security_group_id": "security_group_id"}
"""By argument, the fields of ids that the configuration gives."""

_GIVEN_LATER: Mapping[Kind, tuple[str, ...]] = {
    "instance": ("creation_time", "vpc_id"),
    "image_cache": ("status", "creation_time", "expire_date_time", "container_group_id", "snapshot_id"),
    "virtual_node": ("status", "creation_time"),
}
"""By kind, the fields of a new resource that no plan has."""

_ARGUMENTS: Mapping[str, str] = {
    "tags": "tags",
    "containers": "containers",
    "init_containers": "init_containers",
    "volumes": "volumes",
    "ram_role_name": "ram_role",
    "container_group_name": "name",
    "image_cache_name": "name",
    "virtual_node_name": "name",
}


def container_group(side: PlanSide) -> EciState:
    """An ECI instance (`alicloud_eci_container_group`)."""
    get = side.get
    item = {
        **wire_item(side.attributes),
        **_common(side),
        "ContainerGroupId": _id(side),
        "ContainerGroupName": text(get("container_group_name")),
        "RamRoleName": text(get("ram_role_name")),
        "Status": _status(side),
        "SpotStrategy": text(get("spot_strategy")),
        "InstanceType": text(get("instance_type")),
        "RestartPolicy": text(get("restart_policy")),
        "SecurityGroupId": text(get("security_group_id")),
        "VSwitchId": text(get("vswitch_id")),
        "ZoneId": text(get("zone_id")),
        "Containers": containers(side.attributes.get("containers")),
        "InitContainers": containers(side.attributes.get("init_containers")),
        "Volumes": volumes(side.attributes.get("volumes")),
    }
    return _state(side, _resource(INSTANCE, item, side.region or ""))


def _status(side: PlanSide) -> str:
    """The status of an instance: what was read, or the one in which the plan leaves a new instance.

    `status` is known only after the apply. The provider waits for Running or Succeeded, and an instance that succeeded
    has run before: whoever may execute commands in it could have done so.
    """
    if side.is_after and "create" in side.change.actions:
        return NEW_STATUS
    return text(side.attributes.get("status"))


def image_cache(side: PlanSide) -> EciState:
    """An image cache (`alicloud_eci_image_cache`, `alicloud_eci_openapi_image_cache`): it has no tags."""
    images = side.attributes.get("images")
    item = {
        **_common(side),
        "ImageCacheId": _id(side),
        "ImageCacheName": text(side.get("image_cache_name")),
        "Images": [image for image in images if isinstance(image, str)] if isinstance(images, list) else [],
    }
    return _state(side, _resource(IMAGE_CACHE, item, side.region or ""))


def virtual_node(side: PlanSide) -> EciState:
    """A virtual node (`alicloud_eci_virtual_node`)."""
    item = {
        **_common(side),
        "VirtualNodeId": _id(side),
        "VirtualNodeName": text(side.get("virtual_node_name")),
    }
    return _state(side, _resource(VIRTUAL_NODE, item, side.region or ""))


def _resource(kind: EciKind, item: Mapping[str, Any], region: str) -> EciResource:
    """The fact of an item, redacted as an answer of the service is."""
    field = kind.list_action.removeprefix("Describe")
    body = redact(kind.list_action, 200, {field: [item]})
    items = body[field] if isinstance(body, dict) else []
    return parse.resource(kind.fact, items[0], region)


def _id(side: PlanSide) -> str:
    known = side.attributes.get("id")
    return known if isinstance(known, str) else planned_id(side.change)


def _common(side: PlanSide) -> dict[str, Any]:
    tags = side.attributes.get("tags")
    known = tags.items() if isinstance(tags, dict) else ()
    return {
        "RegionId": side.region or "",
        "ResourceGroupId": text(side.get("resource_group_id")),
        "Tags": [{"Key": key, "Value": text(value)} for key, value in known],
    }


def _state(side: PlanSide, resource: EciResource) -> EciState:
    """The state, with the parts that the plan does not have named in `not_shown`."""
    open_parts = {
        part
        for argument, part in _ARGUMENTS.items()
        if argument in side.attributes
        and _is_open(side, argument)
        and not (part in ("ram_role", "name") and isinstance(side.get(argument), str))
        and not _stays(side, argument)
    }
    group = side.get("resource_group_id")
    in_default = _names_no_group(side, group)
    is_left_out = group is None and side.is_after and not in_default
    if (
        (isinstance(group, Unknown) or is_left_out)
        and not in_default
        and not _stays(side, "resource_group_id")
    ):
        open_parts.add("resource_group")
    is_new = side.is_after and "create" in side.change.actions
    if is_new and resource.kind == "instance" and not isinstance(side.attributes.get("containers"), list):
        open_parts.add("containers")
    open_parts.update(_not_given(side, resource, is_new=is_new))
    given = {part for argument, part in _ARGUMENTS.items() if side.attributes.get(argument) is not None} | (
        {"resource_group"} if group not in (None, "") and not in_default else set()
    )
    shown = replace(resource, not_shown=in_order(open_parts))
    if isinstance(shown, ContainerGroup):
        shown = replace(shown, not_kept=_lacks_other_text(side))
    return EciState(shown, side.region, frozenset(given), in_default)


def in_order(parts: Iterable[str]) -> tuple[str, ...]:
    """Parts that are not known, in the order of `not_shown`: those that a plan can leave open, then all others."""
    known = [*UNKNOWN_PARTS, *sorted(GIVEN_BY_SERVICE)]
    unique = dict.fromkeys(parts)
    return (*(part for part in known if part in unique), *(part for part in unique if part not in known))


def new_parts(kind: Kind) -> frozenset[str]:
    """The fields of a new resource that only its service knows, where the change says nothing of them."""
    return frozenset({*_GIVEN_LATER[kind], *(COMPLETED if kind == "instance" else ())})


def _is_open(side: PlanSide, argument: str) -> bool:
    """Whether an argument has an unknown part that a check looks at."""
    value = side.attributes[argument]
    if argument not in ("containers", "init_containers", "volumes"):
        return has_unknown(value)
    return lacks_text(value, (side.written or {}).get(argument))


def _not_given(side: PlanSide, resource: EciResource, *, is_new: bool) -> Iterator[str]:
    """The fields that the service gives and the plan does not have."""
    if is_new:
        yield from _GIVEN_LATER[resource.kind]
    if resource.kind != "instance":
        return
    named = {**dict(zip(COMPLETED, COMPLETED, strict=True)), **_NAMED_OTHERWISE}
    for argument, field in named.items():
        value = side.attributes.get(argument)
        is_unknown = isinstance(value, Unknown) and not _stays(side, argument)
        if is_unknown or (is_new and value is None and argument in COMPLETED):
            yield field


def _lacks_other_text(side: PlanSide) -> Unreadable | None:
    """The cause where text of an instance that no field of the fact keeps is not in the plan."""
    names = [name for name in open_arguments(side.attributes, side.written) if not _stays(side, name)]
    if not names:
        return None
    detail = f"the plan does not have all text of its {join_words(names)}"
    return Unreadable(INSTANCE.list_call, NOT_PLANNED, subject=side.change.address, detail=detail)


def _stays(side: PlanSide, argument: str) -> bool:
    """Whether an update leaves an argument as it is: a sensitive value is then the one that was read."""
    before = side.change.before
    if not side.is_after or before is None or "create" in side.change.actions:
        return False
    return bool(before.get(argument) == side.attributes.get(argument))


def redacted_containers(blocks: list[dict[str, Any]]) -> tuple[Container, ...]:
    """Containers written by hand, redacted as those of the cloud are."""
    item = {"ContainerGroupId": "new", "Containers": containers(blocks)}
    instance = _resource(INSTANCE, item, "")
    return instance.containers if isinstance(instance, ContainerGroup) else ()


def _names_no_group(side: PlanSide, group: Any) -> bool:
    """Whether the configuration of a new resource names no resource group: the service takes the default one."""
    if not side.is_after or "create" not in side.change.actions:
        return False
    written = side.written
    if group is None:
        return True
    return isinstance(group, Unknown) and written is not None and "resource_group_id" not in written
