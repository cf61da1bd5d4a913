"""RAM 2015-05-01, the calls that change an account: keys, logins, users, groups, roles.

Each asks for the permission that RAM's "Authorization information" page gives, on all the ARNs of that page.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import Any

from .account import Credential, Group, Role, User
from .errors import ApiError, invalid, no_such
from .permission import ram_arn, require, require_reading
from .readings import NEW_OBJECT_ARN
from .request import Request

Body = dict[str, Any]


def create_access_key(request: Request) -> Body:
    """A key of a user. Without UserName the caller's own, which needs the same permission here."""
    user = _user(request, request.text("UserName", request.caller.name))
    require(request, "ram:CreateAccessKey", ram_arn(request, f"user/{user.name}"))
    key = Credential(f"LTAI5t{secrets.token_hex(9)}", secrets.token_hex(15), f"user/{user.name}")
    request.world.change(credentials=(*request.world.account.credentials, key))
    return {
        "AccessKey": {
            "AccessKeyId": key.access_key_id,
            "AccessKeySecret": key.access_key_secret,
            "Status": "Active",
            "CreateDate": user.create_date,
        }
    }


def create_login_profile(request: Request) -> Body:
    return _set_password(request, "ram:CreateLoginProfile")


def update_login_profile(request: Request) -> Body:
    return _set_password(request, "ram:UpdateLoginProfile")


def _set_password(request: Request, action: str) -> Body:
    """Whether the user has a profile already is not asked: that too is part of the reading of a login."""
    user = _user(request, request.text("UserName"))
    require(request, action, ram_arn(request, f"user/{user.name}"))
    request.world.passwords[user.name] = request.text("Password")
    users = tuple(
        replace(listed, console=True) if listed.name == user.name else listed
        for listed in request.world.account.users
    )
    request.world.change(users=users)
    flags = {"MFABindRequired": False, "PasswordResetRequired": False}
    return {"LoginProfile": {"UserName": user.name, "CreateDate": user.create_date, **flags}}


def create_user(request: Request) -> Body:
    name = request.text("UserName")
    require(request, "ram:CreateUser", ram_arn(request, "user/*"))
    if name in request.world.users:
        raise ApiError(409, "EntityAlreadyExists.User", f"The user already exists: {name}")
    request.world.change(users=(*request.world.account.users, User(name)))
    return {"User": {"UserName": name, "UserId": request.world.id_of("user", name, ""), "DisplayName": name}}


def create_role(request: Request) -> Body:
    name, trust = request.text("RoleName"), request.text("AssumeRolePolicyDocument")
    require_reading(
        request,
        "ram:CreateRole",
        NEW_OBJECT_ARN,
        [[ram_arn(request, "role/*")], [ram_arn(request, f"role/{name}")]],
    )
    if request.world.role(name):
        raise ApiError(409, "EntityAlreadyExists.Role", f"The role already exists: {name}")
    role = Role(name, _document(trust, "AssumeRolePolicyDocument"))
    request.world.change(roles=(*request.world.account.roles, role))
    return {"Role": {"RoleName": name, "AssumeRolePolicyDocument": trust}}


def update_role(request: Request) -> Body:
    """A new trust policy. Those of service-linked roles cannot be changed."""
    role = request.world.role(request.text("RoleName"))
    if role is None:
        raise no_such("Role", request.text("RoleName"))
    require(request, "ram:UpdateRole", ram_arn(request, f"role/{role.name}"))
    if role.service_linked:
        raise ApiError(400, "InvalidOperation.Role.ServiceLinkedRole", "The role belongs to its service.")
    text = request.text("NewAssumeRolePolicyDocument")
    changed = replace(role, trust=_document(text, "NewAssumeRolePolicyDocument"))
    roles = tuple(changed if listed.name == role.name else listed for listed in request.world.account.roles)
    request.world.change(roles=roles)
    return {"Role": {"RoleName": role.name, "AssumeRolePolicyDocument": text}}


def add_user_to_group(request: Request) -> Body:
    user, group = _member(request, "ram:AddUserToGroup")
    return _set_members(request, group, (*(name for name in group.members if name != user.name), user.name))


def remove_user_from_group(request: Request) -> Body:
    user, group = _member(request, "ram:RemoveUserFromGroup")
    if user.name not in group.members:
        raise no_such("User.Group", user.name)
    return _set_members(request, group, tuple(name for name in group.members if name != user.name))


def _member(request: Request, action: str) -> tuple[User, Group]:
    user = _user(request, request.text("UserName"))
    group = request.world.groups.get(request.text("GroupName"))
    if group is None:
        raise no_such("Group", request.text("GroupName"))
    arns = (ram_arn(request, f"group/{group.name}"), ram_arn(request, f"user/{user.name}"))
    require(request, action, *arns)
    return user, group


def _set_members(request: Request, group: Group, members: tuple[str, ...]) -> Body:
    changed = replace(group, members=members)
    groups = tuple(
        changed if listed.name == group.name else listed for listed in request.world.account.groups
    )
    request.world.change(groups=groups)
    return {}


def _user(request: Request, name: str) -> User:
    user = request.world.users.get(name)
    if user is None:
        raise no_such("User", name)
    return user


def _document(text: str, parameter: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        raise invalid(parameter, "it is not JSON") from None
    if not isinstance(document, dict):
        raise invalid(parameter, "it is not a policy document")
    return document
