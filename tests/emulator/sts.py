"""STS 2015-04-01: who calls, and temporary credentials of roles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from . import authorize
from .errors import ApiError, invalid, no_permission, no_such
from .ram import role_arn
from .request import Request
from .world import World

Body = dict[str, Any]


def get_caller_identity(request: Request) -> Body:
    caller, world = request.caller, request.world
    body: Body = {"IdentityType": caller.kind, "AccountId": world.account.account_id, "Arn": caller.arn}
    if caller.kind == "Account":
        return {**body, "PrincipalId": world.account.account_id, "UserId": world.account.account_id}
    if caller.kind == "RAMUser":
        user = world.users.get(caller.name)
        user_id = world.id_of("user", caller.name, user.id if user else "")
        return {**body, "PrincipalId": user_id, "UserId": user_id}
    role = world.role(caller.name)
    role_id = world.id_of("role", caller.name, role.id if role else "")
    return {**body, "PrincipalId": f"{role_id}:{caller.session}", "RoleId": role_id}


def assume_role(request: Request, worlds: Mapping[str, World]) -> Body:
    """The caller needs sts:AssumeRole on the role, and the role's trust policy must name the caller."""
    arn, session = request.text("RoleArn"), request.text("RoleSessionName")
    account, _, name = arn.removeprefix("acs:ram::").partition(":role/")
    if not arn.startswith("acs:ram::") or not name:
        raise invalid("RoleArn", arn)
    world = worlds.get(account)
    role = world.role(name) if world else None
    if world is None or role is None:
        raise no_such("Role", arn)
    if role.service_linked and request.caller.kind != "Account":
        raise ApiError(403, "NoPermission", "Only its service assumes a service-linked role.")
    verdict = request.caller.verdict(
        "sts:AssumeRole", f"acs:ram:*:{account}:role/{role.name}", request.context
    )
    if request.caller.kind == "Account":
        raise ApiError(403, "NoPermission", "Roles may not be assumed by root accounts.")
    if verdict == "Allow" and not authorize.trusts(role.trust, request.caller.principals, world.readings):
        verdict = "ImplicitDeny"
    if verdict != "Allow":
        raise no_permission(
            "sts:AssumeRole",
            principal_type="SubUser",
            owner=account,
            principal=request.caller.name,
            denial=verdict,
            resource=role_arn(world, role.name),
        )
    seconds = request.number("DurationSeconds", 3600, role.max_session_duration, 900)
    credential = world.open_session(role, session, seconds, request.text("Policy", ""))
    expires = datetime.fromtimestamp(credential.expires or 0, timezone.utc)
    return {
        "AssumedRoleUser": {
            "Arn": f"{role_arn(world, role.name)}/{session}",
            "AssumedRoleId": f"{world.id_of('role', role.name, role.id)}:{session}",
        },
        "Credentials": {
            "AccessKeyId": credential.access_key_id,
            "AccessKeySecret": credential.access_key_secret,
            "SecurityToken": credential.token,
            "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    }
