"""From the items of answers to the facts of the inventory: one function per class, wire names to fields.

A value of a type that it should not have becomes an empty one; what identifies an item was checked before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, TypeGuard, TypeVar, cast

from ..inventory.facts import (
    ConfigFile,
    Container,
    ContainerGroup,
    EnvironmentVar,
    Group,
    ImageCache,
    Policy,
    PolicyAttachment,
    PolicyType,
    PolicyVersion,
    PrincipalType,
    Probe,
    ResourceGroup,
    Role,
    Tag,
    Tags,
    Unreadable,
    User,
    VirtualNode,
    Volume,
)
from .redact import FOUND_IN, NOT_KEPT

Item: TypeAlias = "Mapping[str, Any]"
T = TypeVar("T")
_CONFIG_FILES = "ConfigFileVolumeConfigFileToPaths"


def text(item: Item, name: str) -> str:
    value = item.get(name)
    return (
        value
        if isinstance(value, str)
        else ""
        if value is None or isinstance(value, (dict, list))
        else str(value)
    )


def _number(item: Item, name: str) -> float | None:
    value = item.get(name)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _objects(item: Item, name: str) -> list[Item]:
    value = item.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(item: Item, *names: str) -> tuple[str, ...]:
    values = [item.get(name) for name in names]
    return tuple(one for some in values if isinstance(some, list) for one in some if isinstance(one, str))


def _are_objects(value: object) -> TypeGuard[list[Item]]:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _shows_tags(item: Item) -> bool:
    """An answer without Tags shows that there are none, as the SDK reads it; anything but tags shows nothing.

    A key has one value: of two tags with the same key, the answer does not show which counts.
    """
    shown = item.get("Tags", [])
    keys = [text(one, "Key") or text(one, "TagKey") for one in shown] if _are_objects(shown) else [""]
    return all(keys) and len(set(keys)) == len(keys)


def _shows_containers(item: Item, name: str) -> bool:
    shown = item.get(name)
    return _are_objects(shown) and all(_are_objects(one.get("EnvironmentVars") or []) for one in shown)


def _not_shown(item: Item) -> tuple[str, ...]:
    """The parts of an instance of which the answer does not say what they hold. It always has containers."""
    shown = {
        "tags": _shows_tags(item),
        "containers": bool(item.get("Containers")) and _shows_containers(item, "Containers"),
        "init_containers": item.get("InitContainers") is None or _shows_containers(item, "InitContainers"),
        "volumes": item.get("Volumes") is None or _are_objects(item["Volumes"]),
    }
    lists = tuple(name for name, is_shown in shown.items() if not is_shown)
    return (*lists, *_values_not_shown(item))


def _values_not_shown(item: Item) -> Iterator[str]:
    """The values of environment variables and the config files of which the answer shows nothing, in words.

    A value that is shown as empty is a value, and so is a list of config files.
    """
    for kind, name in (("container", "Containers"), ("init container", "InitContainers")):
        for container in _objects(item, name):
            for variable in _objects(container, "EnvironmentVars"):
                if not item.get(NOT_KEPT) and not _shows_value(variable):
                    yield (
                        f"value for environment variable '{text(variable, 'Key')}'"
                        f" of {kind} '{text(container, 'Name')}'"
                    )
    for volume in _objects(item, "Volumes"):
        name = f"volume '{text(volume, 'Name')}'"
        if not _shows_config_files(volume):
            yield f"config files of {name}"
        for file in _objects(volume, _CONFIG_FILES):
            if file.get("Content") is None:
                yield f"content for config file '{text(file, 'Path')}' of {name}"


def _shows_value(variable: Item) -> bool:
    """A variable has a `Value`, or takes it from a field of the instance (`ValueFrom`)."""
    source = variable.get("ValueFrom")
    field = source.get("FieldRef") if isinstance(source, dict) else None
    refers = isinstance(field, dict) and bool(text(field, "FieldPath"))
    return refers or variable.get("Value") is not None


def _shows_config_files(volume: Item) -> bool:
    """Only a volume of another type has no config files; where no type is shown, it may have some."""
    files = volume.get(_CONFIG_FILES)
    if files is None:
        return text(volume, "Type") not in ("", "ConfigFileVolume")
    return _are_objects(files)


def tags(item: Item) -> Tags:
    return Tags(
        Tag(text(one, "Key") or text(one, "TagKey"), text(one, "Value") or text(one, "TagValue"))
        for one in _objects(item, "Tags")
    )


def user(item: Item) -> User:
    return User(
        user_name=text(item, "UserName"),
        user_id=text(item, "UserId"),
        display_name=text(item, "DisplayName"),
        create_date=text(item, "CreateDate"),
        update_date=text(item, "UpdateDate"),
    )


def group(item: Item) -> Group:
    return Group(
        group_name=text(item, "GroupName"),
        group_id=text(item, "GroupId"),
        create_date=text(item, "CreateDate"),
        update_date=text(item, "UpdateDate"),
    )


def role(item: Item) -> Role:
    duration = _number(item, "MaxSessionDuration")
    trust = item.get("AssumeRolePolicyDocument")
    return Role(
        role_name=text(item, "RoleName"),
        role_id=text(item, "RoleId"),
        arn=text(item, "Arn"),
        create_date=text(item, "CreateDate"),
        update_date=text(item, "UpdateDate"),
        max_session_duration=None if duration is None else int(duration),
        assume_role_policy_document=trust if isinstance(trust, str) else None,
    )


def policy(item: Item, document: str) -> Policy:
    return Policy(
        policy_type=cast(PolicyType, text(item, "PolicyType")),
        policy_name=text(item, "PolicyName"),
        default_version=text(item, "DefaultVersion"),
        create_date=text(item, "CreateDate"),
        update_date=text(item, "UpdateDate"),
        attachment_count=int(_number(item, "AttachmentCount") or 0),
        policy_document=document,
    )


def policy_version(item: Item) -> PolicyVersion:
    """A version; its document is unreadable where the answer does not show it."""
    document = item.get("PolicyDocument")
    unread = Unreadable("ram:ListPolicyVersions", "Malformed", subject=text(item, "VersionId"))
    return PolicyVersion(
        version_id=text(item, "VersionId"),
        is_default_version=item.get("IsDefaultVersion") is True,
        policy_document=document if isinstance(document, str) else unread,
    )


def attachment(item: Item, account_id: str) -> PolicyAttachment:
    """A grant: `ResourceGroupId` is the account's id where it is for the whole account (ListPolicyAttachments)."""
    scope = text(item, "ResourceGroupId")
    return PolicyAttachment(
        policy_type=cast(PolicyType, text(item, "PolicyType")),
        policy_name=text(item, "PolicyName"),
        principal_type=cast(PrincipalType, text(item, "PrincipalType")),
        principal_name=text(item, "PrincipalName").partition("@")[0],
        resource_group_id=None if scope == account_id else scope,
        attach_date=text(item, "AttachDate"),
    )


def resource_group(item: Item) -> ResourceGroup:
    return ResourceGroup(
        id=text(item, "Id"),
        name=text(item, "Name"),
        display_name=text(item, "DisplayName"),
        status=text(item, "Status"),
        create_date=text(item, "CreateDate"),
    )


def _not_kept(item: Item, region: str) -> Unreadable | None:
    """Why parts of an instance that is replayed are missing; None where the answer has all that is kept."""
    if not item.get(NOT_KEPT):
        return None
    return Unreadable(
        "eci:DescribeContainerGroups",
        "NotRecorded",
        region=region,
        subject=text(item, "ContainerGroupId"),
        detail="an earlier version made the recording: it kept no probes, lifecycle hooks and volume options,"
        " and searched fewer fields and encodings for AccessKeys",
    )


def _probe(item: Item, name: str, not_kept: Unreadable | None) -> Probe | Unreadable | None:
    shown = item.get(name)
    return not_kept or (Probe(_texts(shown, "Execs")) if isinstance(shown, dict) else None)


def _container(item: Item, not_kept: Unreadable | None) -> Container:
    return Container(
        name=text(item, "Name"),
        image=text(item, "Image"),
        commands=_texts(item, "Commands", "Command"),
        args=_texts(item, "Args", "Arg"),
        environment_vars=tuple(
            EnvironmentVar(text(one, "Key"), text(one, "Value")) for one in _objects(item, "EnvironmentVars")
        ),
        liveness_probe=_probe(item, "LivenessProbe", not_kept),
        readiness_probe=_probe(item, "ReadinessProbe", not_kept),
        startup_probe=_probe(item, "StartupProbe", not_kept),
        access_key_found_in=_texts(item, FOUND_IN),
    )


def _volume(item: Item, not_kept: Unreadable | None) -> Volume:
    files = _objects(item, _CONFIG_FILES)
    return Volume(
        name=text(item, "Name"),
        type=text(item, "Type"),
        config_file_volume_config_file_to_paths=tuple(
            ConfigFile(text(one, "Path"), text(one, "Content")) for one in files
        ),
        flex_volume_options=not_kept or text(item, "FlexVolumeOptions"),
        access_key_found_in=_texts(item, FOUND_IN),
    )


def container_group(item: Item, region: str) -> ContainerGroup:
    not_kept = _not_kept(item, region)
    return ContainerGroup(
        container_group_id=text(item, "ContainerGroupId"),
        container_group_name=text(item, "ContainerGroupName"),
        region_id=text(item, "RegionId") or region,
        zone_id=text(item, "ZoneId"),
        status=text(item, "Status"),
        creation_time=text(item, "CreationTime"),
        succeeded_time=text(item, "SucceededTime"),
        failed_time=text(item, "FailedTime"),
        expired_time=text(item, "ExpiredTime"),
        resource_group_id=text(item, "ResourceGroupId"),
        ram_role_name=text(item, "RamRoleName"),
        tags=tags(item),
        containers=tuple(_container(one, not_kept) for one in _objects(item, "Containers")),
        init_containers=tuple(_container(one, not_kept) for one in _objects(item, "InitContainers")),
        volumes=tuple(_volume(one, not_kept) for one in _objects(item, "Volumes")),
        vpc_id=text(item, "VpcId"),
        v_switch_id=text(item, "VSwitchId"),
        security_group_id=text(item, "SecurityGroupId"),
        instance_type=text(item, "InstanceType"),
        cpu=_number(item, "Cpu"),
        memory=_number(item, "Memory"),
        restart_policy=text(item, "RestartPolicy"),
        spot_strategy=text(item, "SpotStrategy"),
        internet_ip=text(item, "InternetIp"),
        intranet_ip=text(item, "IntranetIp"),
        not_shown=_not_shown(item),
        access_key_found_in=_texts(item, FOUND_IN),
        not_kept=not_kept,
    )


def image_cache(item: Item, region: str) -> ImageCache:
    return ImageCache(
        image_cache_id=text(item, "ImageCacheId"),
        image_cache_name=text(item, "ImageCacheName"),
        region_id=text(item, "RegionId") or region,
        status=text(item, "Status"),
        creation_time=text(item, "CreationTime"),
        expire_date_time=text(item, "ExpireDateTime"),
        resource_group_id=text(item, "ResourceGroupId"),
        container_group_id=text(item, "ContainerGroupId"),
        snapshot_id=text(item, "SnapshotId"),
        tags=tags(item),
        images=_texts(item, "Images"),
        not_shown=() if _shows_tags(item) else ("tags",),
    )


def virtual_node(item: Item, region: str) -> VirtualNode:
    return VirtualNode(
        virtual_node_id=text(item, "VirtualNodeId"),
        virtual_node_name=text(item, "VirtualNodeName"),
        region_id=text(item, "RegionId") or region,
        status=text(item, "Status"),
        creation_time=text(item, "CreationTime"),
        resource_group_id=text(item, "ResourceGroupId"),
        tags=tags(item),
        not_shown=() if _shows_tags(item) else ("tags",),
    )
