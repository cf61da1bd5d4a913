"""ECI 2018-08-08: instances, image caches, virtual nodes. Lists are flat; what may not be seen is left out.

A denied query answers with an empty result and no error, as the documents say: the caller's grants are asked
once per request where the request names no id, and once per resource where it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .account import Container, ImageCache, Instance, Tags, VirtualNode, Volume, stable_id
from .authorize import BUT_TAGS, OPEN_KEYS
from .errors import ApiError
from .request import Request, from_offset
from .world import Resource, Shelf

Body = dict[str, Any]

LIVE = ("Pending", "Running", "Restarting", "Updating", "Terminating")
FILTERS = {
    "ResourceGroupId",
    "Tag",
    "ContainerGroupName",
    "Status",
    "ImageCacheName",
    "SnapshotId",
    "Image",
    "VirtualNodeName",
    "ZoneId",
    "VSwitchId",
    "SecurityGroupId",
}
STATUSES = ("Scheduling", "ScheduleFailed", "Succeeded", "Failed", "Expired", *LIVE)


def describe_regions(request: Request) -> Body:
    allowed = _may(request, "region/*", None)
    return {"Regions": [_region(request, region.id) for region in request.world.account.regions if allowed]}


def describe_container_groups(request: Request) -> Body:
    _check_status(request)
    instances = request.world.region(request.text("RegionId")).instances
    ids = request.ids("ContainerGroupIds", 20)
    match = _visible(request, instances, "containergroup", ids, _instance_fits)
    return _listed(request, "ContainerGroups", match, 20, lambda instance: _instance(request, instance))


def describe_container_group_status(request: Request) -> Body:
    instances = request.world.region(request.text("RegionId")).instances
    ids = request.ids("ContainerGroupIds", 200)
    match = _visible(request, instances, "containergroup", ids, _instance_fits)
    quirks = request.quirks
    if quirks.status_hides or quirks.status_most is not None:
        shown = [instance for _, instance in match.after(0) if instance.status not in quirks.status_hides]
        match = _found(shown[: quirks.status_most])
    if not quirks.status_tokens:
        match = Found(lambda _, after=match.after: after(0), match.count)  # type: ignore[misc]
    return _listed(request, "Data", match, 200, _status)


def describe_image_caches(request: Request) -> Body:
    caches = request.world.region(request.text("RegionId")).image_caches
    id_ = request.text("ImageCacheId", "")
    match = _visible(request, caches, "imagecache", [id_] if id_ else None, _cache_fits)
    return _listed(request, "ImageCaches", match, 20, lambda cache: _image_cache(request, cache))


def describe_virtual_nodes(request: Request) -> Body:
    nodes = request.world.region(request.text("RegionId")).virtual_nodes
    match = _visible(request, nodes, "virtualnode", request.ids("VirtualNodeIds", 20), _node_fits)
    return _listed(request, "VirtualNodes", match, 20, lambda node: _virtual_node(request, node))


def list_tag_resources(request: Request) -> Body:
    """Rows of (resource, tag); a resource without tags does not appear."""
    shelves = request.world.region(request.text("RegionId"))
    kinds: Mapping[str, tuple[Any, str]] = {
        "ContainerGroup": (shelves.instances, "containergroup"),
        "ImageCache": (shelves.image_caches, "imagecache"),
        "VirtualNode": (shelves.virtual_nodes, "virtualnode"),
        "DataCache": (Shelf[Instance](()), "datacache"),
    }
    kind = request.text("ResourceType")
    if kind not in kinds:
        raise ApiError(400, "InvalidParameter", "The specified ResourceType is not valid.")
    shelf, arn_kind = kinds[kind]
    ids = request.numbered("ResourceId") or None
    match = _visible(request, shelf, arn_kind, ids, lambda *_: True)
    rows = [
        (number, {"ResourceType": kind, "ResourceId": resource.id, "TagKey": key, "TagValue": value})
        for number, (resource, key, value) in enumerate(
            ((tagged, key, value) for _, tagged in match.after(0) for key, value in _pairs(tagged.tags)), 1
        )
    ]
    start = request.cursor("NextToken")
    page, token = request.take((row for row in rows if row[0] > start), request.number("Limit", 20, 50))
    return {"TagResources": page, **({"NextToken": token} if token else {})}


def list_usage(request: Request) -> Body:
    shelves = request.world.region(request.text("RegionId"))
    if not _may(request, "*", None):
        return {"Attributes": {}}
    live = sum(instance.cpu for instance in shelves.instances if instance.status in LIVE)
    counts = {"UsedCpu": live, "UsedImageCacheCount": len(shelves.image_caches)}
    return {"Attributes": {**counts, "UsedAutoImageCacheCount": 0, "UsedDataCacheCount": 0}}


@dataclass(frozen=True)
class Found:
    """What fits a request and the caller may see. `after(position)` gives (position, resource) in order."""

    after: Callable[[int], Iterator[tuple[int, Any]]]
    count: Callable[[], int]


def _found(items: Sequence[Any]) -> Found:
    return Found(lambda start: from_offset(items, start), lambda: len(items))


def _visible(
    request: Request,
    shelf: Shelf[Any],
    arn_kind: str,
    ids: Sequence[str] | None,
    fits: Callable[[Request, Any], bool],
) -> Found:
    if ids is not None:
        named = [
            candidate
            for candidate in (shelf.get(resource_id) for resource_id in dict.fromkeys(ids))
            if candidate
        ]
        return _found(
            [
                resource
                for resource in named
                if _fits(request, resource, fits) and _may(request, f"{arn_kind}/{resource.id}", resource)
            ]
        )
    if not _may(request, f"{arn_kind}/*", None):
        return _found([])
    walk = shelf.skip if request.quirks.positions == "offset" else shelf.after
    if not FILTERS & {name.partition(".")[0] for name, value in request.params.items() if value}:
        return Found(walk, lambda: len(shelf))

    def after(start: int) -> Iterator[tuple[int, Any]]:
        return ((position, resource) for position, resource in walk(start) if _fits(request, resource, fits))

    return Found(after, lambda: sum(1 for _ in after(0)))


def _may(request: Request, path: str, named: Resource | None) -> bool:
    """Sections 3 and 4: RequestTag is what the request carries, ResourceTag needs an id in the request, and a
    grant on a resource group counts where the request names the group."""
    world = request.world
    region = request.params.get("RegionId", "*")
    context = dict(request.context)
    if OPEN_KEYS in context:
        context[OPEN_KEYS] = BUT_TAGS
    context.update(
        {f"acs:RequestTag/{key}": [value] for key, value in request.tags.items() if value is not None}
    )
    if named is not None:
        context.update({f"acs:ResourceTag/{key}": [value] for key, value in _pairs(named.tags)})
    arn = f"acs:eci:{region}:{world.account.account_id}:{path}"
    group = request.params.get("ResourceGroupId") or None
    return request.caller.verdict(f"eci:{request.action}", arn, context, group) == "Allow"


def _fits(request: Request, resource: Any, fits: Callable[[Request, Any], bool]) -> bool:
    group = request.params.get("ResourceGroupId")
    if group and group != _group_of(request, resource):
        return False
    if request.tags:
        tags = dict(_pairs(resource.tags))
        if any(key not in tags or value not in (None, tags[key]) for key, value in request.tags.items()):
            return False
    return fits(request, resource)


def _instance_fits(request: Request, instance: Instance) -> bool:
    params = request.params
    return params.get("ContainerGroupName") in (None, "", instance.name) and params.get("Status") in (
        None,
        "",
        instance.status,
    )


def _cache_fits(request: Request, cache: ImageCache) -> bool:
    params = request.params
    return (
        params.get("ImageCacheName") in (None, "", cache.name)
        and params.get("SnapshotId") in (None, "", cache.snapshot)
        and (not params.get("Image") or params["Image"] in cache.images)
    )


def _node_fits(request: Request, node: VirtualNode) -> bool:
    params = request.params
    return params.get("VirtualNodeName") in (None, "", node.name) and params.get("Status") in (
        None,
        "",
        node.status,
    )


def _check_status(request: Request) -> None:
    status = request.text("Status", "")
    if status and status not in STATUSES:
        raise ApiError(400, "InvalidParameter", "The specified Status is not valid.")


def _listed(request: Request, key: str, match: Found, maximum: int, wire: Callable[[Any], Body]) -> Body:
    size = request.number("Limit", maximum, maximum)
    page, token = request.take(match.after(request.cursor("NextToken")), size)
    body: Body = {key: [wire(resource) for resource in page]}
    if request.quirks.total_count == "page":
        body["TotalCount"] = len(page)
    elif request.quirks.total_count == "all":
        body["TotalCount"] = match.count()
    return {**body, "NextToken": token} if token else body


def _pairs(tags: Tags) -> list[tuple[str, str]]:
    return list(tags.items() if isinstance(tags, dict) else tags or ())


def _with_tags(body: Body, tags: Tags) -> Body:
    if tags is None:
        return body
    return {**body, "Tags": [{"Key": key, "Value": value} for key, value in _pairs(tags)]}


def _group_of(request: Request, resource: Any) -> str:
    return str(resource.resource_group or request.world.default_resource_group)


def _region(request: Request, region_id: str) -> Body:
    declared = request.world.account.region(region_id)
    zones = list(declared.zones) or [f"{region_id}-a", f"{region_id}-b"]
    endpoint = declared.endpoint or request.quirks.central_host.format(region=region_id)
    return {"RegionId": region_id, "RegionEndpoint": endpoint, "Zones": zones, "RecommendZones": zones[:1]}


def _instance(request: Request, instance: Instance) -> Body:
    region = request.params["RegionId"]
    body: Body = {
        "ContainerGroupId": instance.id,
        "ContainerGroupName": instance.name or instance.id,
        "RegionId": region,
        "ZoneId": instance.zone or f"{region}-a",
        "Status": instance.status,
        "CreationTime": instance.creation_time,
        "ResourceGroupId": _group_of(request, instance),
        "Cpu": instance.cpu,
        "Memory": instance.memory,
        "RestartPolicy": "Always",
        "SpotStrategy": "NoSpot",
        "InstanceType": "ecs.c6.large",
        "VpcId": f"vpc-{stable_id(region, 'vpc')}",
        "VSwitchId": f"vsw-{stable_id(region, 'vsw')}",
        "SecurityGroupId": f"sg-{stable_id(region, 'sg')}",
        "EniInstanceId": f"eni-{stable_id(instance.id)}",
        "IntranetIp": "172.16.0.1",
        "InternetIp": "",
        "Ipv6Address": "",
        "Discount": 0,
        "EphemeralStorage": 30,
        "ComputeCategory": "general",
        "Containers": [_container(container, "Commands") for container in instance.containers],
        "InitContainers": [_container(container, "Command") for container in instance.init_containers],
        "Volumes": [_volume(volume) for volume in instance.volumes],
        "Events": [],
        "HostAliases": [],
        "EciSecurityContext": {"Sysctls": []},
        "DnsConfig": {"NameServers": [], "Options": [], "Searches": []},
    }
    times = {
        "SucceededTime": instance.succeeded_time,
        "FailedTime": instance.failed_time,
        "ExpiredTime": instance.expired_time,
    }
    body.update({key: value for key, value in times.items() if value})
    if instance.ram_role:
        body["RamRoleName"] = instance.ram_role
    return {**_with_tags(body, instance.tags), **instance.wire}


def _container(container: Container, commands: str) -> Body:
    env = container.env.items() if isinstance(container.env, dict) else container.env
    probes = {"LivenessProbe": container.liveness_probe, "ReadinessProbe": container.readiness_probe}
    return {
        "Name": container.name,
        "Image": container.image,
        "ImagePullPolicy": "IfNotPresent",
        "Cpu": container.cpu,
        "Memory": container.memory,
        "Gpu": 0,
        commands: list(container.commands),
        "Args": list(container.args),
        "EnvironmentVars": [{"Key": key, "Value": value} for key, value in env],
        "Ports": [],
        "VolumeMounts": [],
        "WorkingDir": "",
        "Ready": True,
        "RestartCount": 0,
        "CurrentState": {
            "State": "Running",
            "StartTime": "2026-01-15T08:00:10Z",
            "DetailStatus": "",
            "Message": "",
        },
        **{
            name: {"Execs": list(command), "PeriodSeconds": 10} for name, command in probes.items() if command
        },
        **container.wire,
    }


def _volume(volume: Volume) -> Body:
    body: Body = {"Name": volume.name, "Type": volume.type}
    if volume.files:
        body["ConfigFileVolumeConfigFileToPaths"] = [
            {"Path": path, "Content": content} for path, content in volume.files.items()
        ]
    if volume.options:
        body["FlexVolumeOptions"] = volume.options
    return {**body, **volume.wire}


def _status(instance: Instance) -> Body:
    return {
        "ContainerGroupId": instance.id,
        "Name": instance.name or instance.id,
        "Namespace": "default",
        "Status": instance.status,
        "uuid": stable_id(instance.id, "uuid"),
        "Annotations": "{}",
        "PodStatus": {
            "Phase": instance.status,
            "PodIp": "172.16.0.1",
            "HostIp": "172.16.0.1",
            "QosClass": "Burstable",
            "StartTime": instance.creation_time,
            "Conditions": [],
            "ContainerStatuses": [],
            "PodIps": [{"Ip": "172.16.0.1"}],
        },
    }


def _image_cache(request: Request, cache: ImageCache) -> Body:
    body: Body = {
        "ImageCacheId": cache.id,
        "ImageCacheName": cache.name or cache.id,
        "RegionId": request.params["RegionId"],
        "Status": cache.status,
        "ResourceGroupId": _group_of(request, cache),
        "ContainerGroupId": cache.container_group or f"eci-{stable_id(cache.id)}",
        "SnapshotId": cache.snapshot or f"s-{stable_id(cache.id)}",
        "FlashSnapshotId": "",
        "CreationTime": cache.creation_time,
        "LastMatchedTime": cache.creation_time,
        "Progress": "100%",
        "ImageCacheSize": 20,
        "EliminationStrategy": "",
        "Images": list(cache.images),
        "Events": [],
    }
    if cache.expire_date_time:
        body["ExpireDateTime"] = cache.expire_date_time
    return {**_with_tags(body, cache.tags), **cache.wire}


def _virtual_node(request: Request, node: VirtualNode) -> Body:
    body: Body = {
        "VirtualNodeId": node.id,
        "VirtualNodeName": node.name or node.id,
        "RegionId": request.params["RegionId"],
        "Status": node.status,
        "ResourceGroupId": _group_of(request, node),
        "CreationTime": node.creation_time,
        "InternetIp": "",
        "IntranetIp": "172.16.0.2",
        "VpcId": f"vpc-{stable_id(node.id, 'vpc')}",
        "VirtualNodeVSwitchId": f"vsw-{stable_id(node.id, 'vsw')}",
        "VirtualNodeSecurityGroupId": f"sg-{stable_id(node.id, 'sg')}",
        "Events": [],
    }
    return {**_with_tags(body, node.tags), **node.wire}
