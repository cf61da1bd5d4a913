"""ECI resources of a plan as facts of the inventory: redacted as answers of the API are, before anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..evidence import parse
from ..evidence.responses import redact
from ..inventory.facts import Container, ContainerGroup, EciResource
from ..inventory.kinds import IMAGE_CACHE, INSTANCE, VIRTUAL_NODE, EciKind
from .model import EciState, Unknown
from .resolver import planned_id
from .values import has_unknown

if TYPE_CHECKING:
    from .resources import Side

UNKNOWN_PARTS = ("tags", "containers", "init_containers", "volumes", "resource_group", "ram_role", "name")
"""The parts of an ECI resource that a plan can leave open, as `not_shown` names them."""

NEW_STATUS = "Running"
"""The status in which a planned instance is judged: its creation ends when it runs."""

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


def container_group(side: Side) -> EciState:
    """An ECI instance (`alicloud_eci_container_group`)."""
    get = side.get
    item = {
        **_common(side),
        "ContainerGroupId": _id(side),
        "ContainerGroupName": _text(get("container_group_name")),
        "RamRoleName": _text(get("ram_role_name")),
        "Status": _status(side),
        "SpotStrategy": _text(get("spot_strategy")),
        "InstanceType": _text(get("instance_type")),
        "RestartPolicy": _text(get("restart_policy")),
        "SecurityGroupId": _text(get("security_group_id")),
        "VSwitchId": _text(get("vswitch_id")),
        "ZoneId": _text(get("zone_id")),
        "Containers": _containers(side.attributes.get("containers")),
        "InitContainers": _containers(side.attributes.get("init_containers")),
        "Volumes": _volumes(side.attributes.get("volumes")),
    }
    return _state(side, _resource(INSTANCE, item, side.region or ""))


def _status(side: Side) -> str:
    """The status of an instance: what was read, or the one in which the plan leaves a new instance.

    `status` is known only after the apply. The provider waits for Running or Succeeded, and an instance that succeeded
    has run before: whoever may execute commands in it could have done so.
    """
    if side.is_after and "create" in side.change.actions:
        return NEW_STATUS
    return _text(side.attributes.get("status"))


def image_cache(side: Side) -> EciState:
    """An image cache (`alicloud_eci_image_cache`, `alicloud_eci_openapi_image_cache`): it has no tags."""
    images = side.attributes.get("images")
    item = {
        **_common(side),
        "ImageCacheId": _id(side),
        "ImageCacheName": _text(side.get("image_cache_name")),
        "Images": [image for image in images if isinstance(image, str)] if isinstance(images, list) else [],
    }
    return _state(side, _resource(IMAGE_CACHE, item, side.region or ""))


def virtual_node(side: Side) -> EciState:
    """A virtual node (`alicloud_eci_virtual_node`)."""
    item = {
        **_common(side),
        "VirtualNodeId": _id(side),
        "VirtualNodeName": _text(side.get("virtual_node_name")),
    }
    return _state(side, _resource(VIRTUAL_NODE, item, side.region or ""))


def _resource(kind: EciKind, item: Mapping[str, Any], region: str) -> EciResource:
    """The fact of an item, redacted as an answer of the service is."""
    field = kind.list_action.removeprefix("Describe")
    body = redact(kind.list_action, 200, {field: [item]})
    items = body[field] if isinstance(body, dict) else []
    return parse.resource(kind.fact, items[0], region)


def _id(side: Side) -> str:
    known = side.attributes.get("id")
    return known if isinstance(known, str) else planned_id(side.change)


def _common(side: Side) -> dict[str, Any]:
    tags = side.attributes.get("tags")
    known = tags.items() if isinstance(tags, dict) else ()
    return {
        "RegionId": side.region or "",
        "ResourceGroupId": _text(side.get("resource_group_id")),
        "Tags": [{"Key": key, "Value": _text(value)} for key, value in known],
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _containers(blocks: Any) -> list[dict[str, Any]]:
    return [
        {
            "Name": _text(block.get("name")),
            "Image": _text(block.get("image")),
            "Commands": _texts(block.get("commands")),
            "Args": _texts(block.get("args")),
            "EnvironmentVars": [
                {"Key": _text(variable.get("key")), "Value": _text(variable.get("value"))}
                for variable in _blocks(block.get("environment_vars"))
            ],
        }
        for block in _blocks(blocks)
    ]


def _volumes(blocks: Any) -> list[dict[str, Any]]:
    return [
        {
            "Name": _text(block.get("name")),
            "Type": _text(block.get("type")),
            "ConfigFileVolumeConfigFileToPaths": [
                {"Path": _text(path.get("path")), "Content": _text(path.get("content"))}
                for path in _blocks(block.get("config_file_volume_config_file_to_paths"))
            ],
        }
        for block in _blocks(blocks)
    ]


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    return [block for block in value if isinstance(block, Mapping)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


_JUDGED_OF_CONTAINERS = ("name", "image", "commands", "args", "environment_vars")


def _is_open(argument: str, value: Any) -> bool:
    """Whether an argument has an unknown part that a check looks at."""
    if argument in ("containers", "init_containers") and isinstance(value, list):
        return any(
            isinstance(block, Unknown) or any(has_unknown(block.get(name)) for name in _JUDGED_OF_CONTAINERS)
            for block in value
        )
    if argument == "volumes" and isinstance(value, list):
        names = ("name", "type", "config_file_volume_config_file_to_paths")
        return any(
            isinstance(block, Unknown) or any(has_unknown(block.get(name)) for name in names)
            for block in value
        )
    return has_unknown(value)


def _state(side: Side, resource: EciResource) -> EciState:
    """The state, with the parts that the plan does not have named in `not_shown`."""
    open_parts = {
        part
        for argument, part in _ARGUMENTS.items()
        if argument in side.attributes
        and _is_open(argument, side.attributes[argument])
        and not (part in ("ram_role", "name") and isinstance(side.get(argument), str))
        and not _stays(side, argument)
    }
    group = side.get("resource_group_id")
    in_default = _names_no_group(side, group)
    if isinstance(group, Unknown) and not in_default and not _stays(side, "resource_group_id"):
        open_parts.add("resource_group")
    is_new = side.is_after and "create" in side.change.actions
    if is_new and resource.kind == "instance" and not isinstance(side.attributes.get("containers"), list):
        open_parts.add("containers")
    given = {part for argument, part in _ARGUMENTS.items() if side.attributes.get(argument) is not None} | (
        {"resource_group"} if group not in (None, "") and not in_default else set()
    )
    shown = tuple(part for part in UNKNOWN_PARTS if part in open_parts)
    return EciState(replace(resource, not_shown=shown), side.region, frozenset(given), in_default)


def _stays(side: Side, argument: str) -> bool:
    """Whether an update leaves an argument as it is: a sensitive value is then the one that was read."""
    before = side.change.before
    if not side.is_after or before is None or "create" in side.change.actions:
        return False
    return bool(before.get(argument) == side.attributes.get(argument))


def redacted_containers(blocks: list[dict[str, Any]]) -> tuple[Container, ...]:
    """Containers written by hand, redacted as those of the cloud are."""
    item = {"ContainerGroupId": "new", "Containers": _containers(blocks)}
    instance = _resource(INSTANCE, item, "")
    return instance.containers if isinstance(instance, ContainerGroup) else ()


def _names_no_group(side: Side, group: Any) -> bool:
    """Whether the configuration names no resource group: then the service takes the default one."""
    if not side.is_after:
        return False
    written = side.written
    if group is None:
        return True
    return isinstance(group, Unknown) and written is not None and "resource_group_id" not in written
