"""ECI 2018-08-08, the calls that change or use an instance, and ResourceManager's MoveResources.

A call that names an instance is authorised on its ARN, in its own resource group, with its tags as
`acs:ResourceTag`; one that creates an instance on `containergroup/*`, in the group it names, with its tags as
`acs:RequestTag`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import authorize, outside
from .account import Container, Instance, stable_id
from .errors import ApiError, missing, no_such
from .permission import is_allowed, ram_arn, require
from .readings import (
    EXEC_BEFORE_RUNNING,
    MOVE_RESOURCE,
    PASS_ROLE_ON_UPDATE,
    RUN_COMMAND,
    TAG_SERVICE,
    agree,
    settle,
)
from .request import Request
from .world import World

Body = dict[str, Any]


def exec_container_command(request: Request) -> Body:
    """Run a command; with Sync the answer carries what it printed."""
    instance = _own_instance(request)
    _check_running(request, instance)
    return {"SyncResponse": outside.shell(request.world, instance, request.text("Command"))}


def run_command(request: Request) -> Body:
    """`eci:RunCommand` stands in the RAM table of ECI, not in its SDK: what it does is a reading."""
    instance = _own_instance(request)
    if not settle(request.world.readings, RUN_COMMAND, helps=True):
        raise ApiError(404, "InvalidAction.NotFound", "Specified api is not found.")
    _check_running(request, instance)
    return {"SyncResponse": outside.shell(request.world, instance, request.text("Command"))}


def update_container_group(request: Request) -> Body:
    """New images, new tags, another resource group. The role of an instance cannot change."""
    instance = _named_instance(request)
    _require_update(request, instance)
    if instance.status not in outside.LIVE:
        raise ApiError(400, "IncorrectStatus", f"The instance is {instance.status}.")
    if instance.ram_role and settle(request.world.readings, PASS_ROLE_ON_UPDATE, helps=False):
        _require_pass_role(request, instance.ram_role, _group(request, instance))
    changed = instance
    image = request.params.get("Container.1.Image")
    if image:
        changed = replace(changed, containers=(Container(image=image),))
    if request.tags:
        changed = replace(changed, tags=_sent_tags(request))
    if request.params.get("ResourceGroupId"):
        changed = _moved(request, changed)
    request.world.put(request.text("RegionId"), changed)
    return {}


def create_container_group(request: Request) -> Body:
    """A new instance, which may carry a role: that needs `ram:PassRole`, and the role must trust ECS."""
    world, region = request.world, request.text("RegionId")
    group = request.params.get("ResourceGroupId") or world.default_resource_group
    if group not in world.resource_groups:
        raise no_such("ResourceGroup", group, plural=True)
    require(
        request, "eci:CreateContainerGroup", _arn(request, "*"), group=group, context=_context(request, None)
    )
    role = request.params.get("RamRoleName", "")
    if role:
        _require_pass_role(request, role, group)
        _require_service_trust(world, role)
    name, image = request.text("ContainerGroupName"), request.text("Container.1.Image")
    number = sum(len(shelves.instances) for shelves in world.shelves.values())
    identifier = f"eci-{stable_id(name, str(number))}"
    world.put(
        region,
        Instance(
            identifier,
            name,
            resource_group=group,
            ram_role=role,
            tags=_sent_tags(request),
            containers=(Container(image=image),),
        ),
    )
    return {"ContainerGroupId": identifier}


def delete_container_group(request: Request) -> Body:
    instance = _own_instance(request)
    request.world.remove(request.text("RegionId"), instance)
    return {}


def restart_container_group(request: Request) -> Body:
    _own_instance(request)
    return {}


def tag_resources(request: Request) -> Body:
    instance = _tagged_instance(request)
    context = _context(request, instance)
    require(
        request,
        "eci:TagResources",
        _arn(request, instance.id),
        group=_group(request, instance),
        context=context,
    )
    return _put_tags(request, instance)


def untag_resources(request: Request) -> Body:
    instance = _tagged_instance(request)
    context = _context(request, instance)
    require(
        request,
        "eci:UntagResources",
        _arn(request, instance.id),
        group=_group(request, instance),
        context=context,
    )
    return _drop_tags(request, instance)


def service_tag_resources(request: Request) -> Body:
    """The Tag service's own call. Whether ECI's permission is checked as well is not documented."""
    _require_tag_service(request)
    return _put_tags(request, _tagged_instance(request))


def service_untag_resources(request: Request) -> Body:
    _require_tag_service(request)
    return _drop_tags(request, _tagged_instance(request))


def move_resources(request: Request) -> Body:
    """ResourceManager's MoveResources. Whether it takes ECI's resources is a reading."""
    require(request, "resourcemanager:MoveResources", "*")
    region, identifier = request.text("Resources.1.RegionId"), request.text("Resources.1.ResourceId")
    instance = request.world.region(region).instances.get(identifier)
    moved = instance is not None and settle(request.world.readings, MOVE_RESOURCE, helps=True)
    if instance is not None and moved:
        request.world.put(region, replace(instance, resource_group=request.text("ResourceGroupId")))
    return {"Responses": [{"ResourceId": identifier, "Status": "SUCCESS" if moved else "FAIL"}]}


def _named_instance(request: Request) -> Instance:
    identifier = request.text("ContainerGroupId")
    instance = request.world.region(request.text("RegionId")).instances.get(identifier)
    if instance is None:
        raise ApiError(400, "InvalidParameter.NotFound", f"The container group does not exist: {identifier}")
    return instance


def _own_instance(request: Request) -> Instance:
    """The named instance, on which the caller is allowed the call's own action."""
    instance = _named_instance(request)
    require(
        request,
        f"eci:{request.action}",
        _arn(request, instance.id),
        group=_group(request, instance),
        context=_context(request, instance),
    )
    return instance


def _require_update(request: Request, instance: Instance) -> None:
    """An update without tags is authorised on the old tags; one with tags on the old and on the new ones."""
    bare = replace(request, params={k: v for k, v in request.params.items() if not k.startswith("Tag.")})
    contexts = [_context(bare, instance)]
    if request.tags:
        contexts.append(_context(request, replace(instance, tags=_sent_tags(request))))
    for context in contexts:
        require(
            request,
            "eci:UpdateContainerGroup",
            _arn(request, instance.id),
            group=_group(request, instance),
            context=context,
        )


def _check_running(request: Request, instance: Instance) -> None:
    running = instance.status == "Running"
    if not running and not (
        instance.status in outside.LIVE and settle(request.world.readings, EXEC_BEFORE_RUNNING, helps=True)
    ):
        raise ApiError(400, "IncorrectStatus", f"The instance is {instance.status}.")


def _require_pass_role(request: Request, role: str, group: str) -> None:
    if not is_allowed(request, "ram:PassRole", ram_arn(request, f"role/{role}"), group=group):
        raise ApiError(403, "InvalidUser.PassRoleForbidden", "The user is not authorized to pass the role.")


def _require_service_trust(world: World, name: str) -> None:
    role = world.role(name)
    if role is None:
        raise no_such("Role", name)
    if role.service_linked or not authorize.trusts(role.trust, {"ecs.aliyuncs.com"}, world.readings):
        raise ApiError(400, "InvalidParameter.RAMRole.NotEcs", "The RAM role does not belong to ECS.")


def _require_tag_service(request: Request) -> None:
    region, account = request.text("RegionId"), request.world.account.account_id
    require(request, f"tag:{request.action}", f"acs:tag:{region}:{account}:*")
    if not settle(request.world.readings, TAG_SERVICE, helps=True):
        raise ApiError(403, "NoPermission.Tag", "The service of the resource refuses the tags.")


def _moved(request: Request, instance: Instance) -> Instance:
    """Whether the target group is authorised too is not documented: both are tried."""
    target = request.params["ResourceGroupId"]
    in_target = is_allowed(
        request,
        "eci:UpdateContainerGroup",
        _arn(request, instance.id),
        group=target,
        context=_context(request, instance),
    )
    possible = settle(request.world.readings, MOVE_RESOURCE, helps=True)
    if not possible or not agree(request.world.readings, f"{MOVE_RESOURCE}: target group", [in_target, True]):
        raise ApiError(403, "Forbidden.ResourceGroup", "The instance cannot move to this resource group.")
    return replace(instance, resource_group=target)


def _tagged_instance(request: Request) -> Instance:
    identifiers = request.numbered("ResourceId")
    if not identifiers:
        raise missing("ResourceId")
    instance = request.world.region(request.text("RegionId")).instances.get(identifiers[0])
    if instance is None:
        raise ApiError(400, "InvalidParameter.NotFound", f"The resource does not exist: {identifiers[0]}")
    return instance


def _put_tags(request: Request, instance: Instance) -> Body:
    tags = {**_tags(instance), **_sent_tags(request)}
    request.world.put(request.text("RegionId"), replace(instance, tags=tags))
    return {}


def _drop_tags(request: Request, instance: Instance) -> Body:
    gone = set(request.numbered("TagKey"))
    tags = {key: value for key, value in _tags(instance).items() if key not in gone}
    request.world.put(request.text("RegionId"), replace(instance, tags=tags))
    return {}


def _sent_tags(request: Request) -> dict[str, str]:
    return {key: value or "" for key, value in request.tags.items()}


def _tags(instance: Instance) -> dict[str, str]:
    return dict(instance.tags or ())


def _group(request: Request, instance: Instance) -> str:
    return instance.resource_group or request.world.default_resource_group


def _arn(request: Request, identifier: str) -> str:
    region, account = request.text("RegionId"), request.world.account.account_id
    return f"acs:eci:{region}:{account}:containergroup/{identifier}"


def _context(request: Request, instance: Instance | None) -> dict[str, Any]:
    """The condition keys of a call: the tags it sends, those of the instance, and what the caller's are."""
    context = dict(request.context)
    if authorize.OPEN_KEYS in context:
        context[authorize.OPEN_KEYS] = authorize.BUT_TAGS
    context.update({f"acs:RequestTag/{key}": [value] for key, value in _sent_tags(request).items()})
    if instance is not None:
        context.update({f"acs:ResourceTag/{key}": [value] for key, value in _tags(instance).items()})
    return context
