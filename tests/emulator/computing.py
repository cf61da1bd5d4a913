"""Other services that run code under a passed role: ECS for certain, the others under a reading.

Function Compute speaks another style of API in reality; here all of them speak RPC.
"""

from __future__ import annotations

from typing import Any

from . import authorize
from .errors import ApiError, no_such
from .permission import ram_arn, require
from .readings import OTHER_SERVICE, settle
from .request import Request

Body = dict[str, Any]

SERVICES = {"fc": "fc.aliyuncs.com", "ros": "ros.aliyuncs.com", "oos": "oos.aliyuncs.com"}


def run_instances(request: Request) -> Body:
    """A new ECS machine that carries a role and runs the caller's user data. RunInstances is authorised on `*`."""
    require(request, "ecs:RunInstances", "*")
    return {
        "InstanceIdSets": {"InstanceIdSet": [_run(request, request.text("RamRoleName"), "ecs.aliyuncs.com")]}
    }


def attach_instance_ram_role(request: Request) -> Body:
    """A role for a machine that the caller controls already: whether there is such a machine is not known."""
    require(request, "ecs:AttachInstanceRamRole", "*")
    _require_other_service(request)
    _run(request, request.text("RamRoleName"), "ecs.aliyuncs.com")
    return {"TotalCount": 1}


def run_command(request: Request) -> Body:
    """A command on a machine `i-ROLE`: under the reading, each role that trusts ECS is carried by such a machine."""
    require(request, "ecs:RunCommand", "*")
    _require_other_service(request)
    _carry(request, request.text("InstanceId.1").removeprefix("i-"), "ecs.aliyuncs.com")
    return {"CommandId": "c-1"}


def create_function(request: Request) -> Body:
    return _create(request, "fc:CreateFunction", "fc.aliyuncs.com")


def update_function(request: Request) -> Body:
    """New code in a function `ROLE`: under the reading, each role that trusts the service has one already."""
    return _update(request, "fc:UpdateFunction", "fc.aliyuncs.com")


def update_stack(request: Request) -> Body:
    """A new template for a stack `ROLE`, in the same way."""
    return _update(request, "ros:UpdateStack", "ros.aliyuncs.com")


def _update(request: Request, action: str, service: str) -> Body:
    require(request, action, "*")
    _require_other_service(request)
    return {"Id": _carry(request, request.text("Name"), service)}


def create_stack(request: Request) -> Body:
    return _create(request, "ros:CreateStack", "ros.aliyuncs.com")


def start_execution(request: Request) -> Body:
    return _create(request, "oos:StartExecution", "oos.aliyuncs.com")


def _create(request: Request, action: str, service: str) -> Body:
    require(request, action, "*")
    _require_other_service(request)
    return {"Id": _run(request, request.text("RamRoleName"), service)}


def _require_other_service(request: Request) -> None:
    if not settle(request.world.readings, OTHER_SERVICE, helps=True):
        raise ApiError(403, "Forbidden", "The service does not run code of the caller.")


def _run(request: Request, role: str, service: str) -> str:
    require(request, "ram:PassRole", ram_arn(request, f"role/{role}"))
    return _carry(request, role, service)


def _carry(request: Request, name: str, service: str) -> str:
    world = request.world
    role = world.role(name)
    if role is None:
        raise no_such("Role", name)
    if role.service_linked or not authorize.trusts(role.trust, {service}, world.readings):
        raise ApiError(400, "InvalidRamRole.NotTrusted", f"The RAM role does not trust {service}.")
    world.machines[f"{service}/{role.name}"] = role.name
    return f"i-{role.name}"
