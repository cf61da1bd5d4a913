"""RAM 2015-05-01: users, groups, roles, policies. Lists are wrapped: {"Users": {"User": [...]}}."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from .account import EPOCH, Attachment, Document, Group, Policy, Role, User
from .errors import invalid, no_such
from .request import Request, from_offset
from .world import World

Body = dict[str, Any]


def list_users(request: Request) -> Body:
    return _marked(request, "Users", "User", list(request.world.users.values()), _user)


def get_user(request: Request) -> Body:
    user = _known_user(request)
    body = _user(request.world, user)
    return {"User": {**body, "LastLoginDate": user.last_login_date}}


def list_groups(request: Request) -> Body:
    return _marked(request, "Groups", "Group", list(request.world.groups.values()), _group, maximum=100)


def list_users_for_group(request: Request) -> Body:
    name = request.text("GroupName")
    group = request.world.groups.get(name)
    if group is None:
        raise no_such("Group", name)
    return _marked(request, "Users", "User", group.members, _member)


def list_groups_for_user(request: Request) -> Body:
    user = _known_user(request)
    groups = (request.world.groups[name] for name in request.world.groups_of.get(user.name, ()))
    return {
        "Groups": {
            "Group": [
                {
                    "GroupName": group.name,
                    "GroupId": request.world.id_of("group", group.name, group.id),
                    "Comments": group.comments,
                    "JoinDate": group.create_date,
                }
                for group in groups
            ]
        }
    }


def list_roles(request: Request) -> Body:
    wanted = _wanted_tags(request)
    roles = [role for role in request.world.roles.values() if wanted.items() <= role.tags.items()]
    return _marked(
        request, "Roles", "Role", roles, lambda world, role: {**_role(world, role), "Tags": _tags(role.tags)}
    )


def get_role(request: Request) -> Body:
    name = request.text("RoleName")
    role = request.world.role(name)
    if role is None:
        account = request.world.account.account_id
        raise no_such("Role", f"acs:ram::{account}:role/{name.lower()}")
    domain = request.world.domain.removesuffix(".onaliyun.com")
    return {
        "Role": {
            **_role(request.world, role),
            "AssumeRolePolicyDocument": text_of(role.trust),
            "IsServiceLinkedRole": bool(role.service_linked),
            "RolePrincipalName": f"{role.name.lower()}@role.{domain}.onaliyunservice.com",
            "LatestDeletionTask": {},
        }
    }


def list_policies(request: Request) -> Body:
    wanted = _wanted_tags(request)
    kind = request.text("PolicyType", "")
    if kind not in ("", "System", "Custom"):
        raise invalid("PolicyType", "it is System or Custom")
    policies = [
        policy
        for policy in request.world.policies.values()
        if kind in ("", policy.type) and wanted.items() <= policy.tags.items()
    ]
    return _marked(
        request,
        "Policies",
        "Policy",
        policies,
        lambda world, policy: {**_policy(world, policy), "Tags": _tags(policy.tags)},
    )


def get_policy(request: Request) -> Body:
    policy = _known_policy(request)
    return {"Policy": _policy(request.world, policy), "DefaultPolicyVersion": _version(policy)}


def get_policy_version(request: Request) -> Body:
    policy = _known_policy(request)
    version = request.text("VersionId")
    if version != policy.default_version and version not in policy.versions:
        raise no_such("Policy.Version", version)
    return {"PolicyVersion": _version(policy, version)}


def list_policy_versions(request: Request) -> Body:
    """Every version with its document; this list has no pages."""
    policy = _known_policy(request)
    names = sorted({policy.default_version, *policy.versions})
    return {"PolicyVersions": {"PolicyVersion": [_version(policy, name) for name in names]}}


def list_policies_for_user(request: Request) -> Body:
    return _policies_of(request, "IMSUser", _known_user(request).name)


def list_policies_for_group(request: Request) -> Body:
    name = request.text("GroupName")
    if name not in request.world.groups:
        raise no_such("Group", name)
    return _policies_of(request, "IMSGroup", name)


def list_policies_for_role(request: Request) -> Body:
    name = request.text("RoleName")
    role = request.world.role(name)
    if role is None:
        raise no_such("Role", name)
    return _policies_of(request, "ServiceRole", role.name)


def list_entities_for_policy(request: Request) -> Body:
    policy = _known_policy(request)
    world = request.world
    grants = [
        attachment
        for attachment in world.account.attachments
        if (attachment.policy_type, attachment.policy_name) == (policy.type, policy.name)
        and attachment.scope is None
    ]
    return {
        "Users": {
            "User": [_entity_user(world, grant) for grant in grants if grant.user],
        },
        "Groups": {
            "Group": [
                {"GroupName": grant.group, "Comments": "", "AttachDate": grant.attach_date}
                for grant in grants
                if grant.group
            ],
        },
        "Roles": {
            "Role": [_entity_role(world, grant) for grant in grants if grant.role],
        },
    }


def get_account_alias(request: Request) -> Body:
    return {"AccountAlias": request.world.account.alias or request.world.account.account_id}


def list_access_keys(request: Request) -> Body:
    """The keys of one user, or of the caller where none is named."""
    name = request.text("UserName", "")
    identity = f"user/{_known_user(request).name}" if name else "root"
    keys = [
        credential
        for credential in request.world.account.credentials
        if credential.identity == identity and not credential.token
    ]
    rows = [
        {"AccessKeyId": credential.access_key_id, "Status": "Active", "CreateDate": EPOCH}
        for credential in keys
    ]
    return {"AccessKeys": {"AccessKey": rows}}


def get_login_profile(request: Request) -> Body:
    user = _known_user(request)
    if not user.console:
        raise no_such("User.LoginProfile", user.name)
    flags = {"MFABindRequired": False, "PasswordResetRequired": False}
    return {"LoginProfile": {"UserName": user.name, "CreateDate": user.create_date, **flags}}


def get_password_policy(request: Request) -> Body:
    required = ("Lowercase", "Uppercase")
    return {
        "PasswordPolicy": {
            **{f"Require{kind}Characters": True for kind in required},
            "RequireNumbers": True,
            "RequireSymbols": True,
            "HardExpiry": False,
            "MaxLoginAttemps": 5,
            "MaxPasswordAge": 90,
            "MinimumPasswordLength": 12,
            "PasswordReusePrevention": 3,
        }
    }


def list_virtual_mfa_devices(request: Request) -> Body:
    return {"VirtualMFADevices": {"VirtualMFADevice": []}}


def text_of(document: Document) -> str:
    """A document as the service keeps it: JSON text, indented."""
    return document if isinstance(document, str) else json.dumps(document, indent=2, ensure_ascii=False)


def role_arn(world: World, name: str) -> str:
    return f"acs:ram::{world.account.account_id}:role/{name.lower()}"


def _marked(
    request: Request,
    outer: str,
    inner: str,
    items: Sequence[Any],
    wire: Callable[[World, Any], Body],
    *,
    maximum: int = 1000,
) -> Body:
    """One page of a wrapped list; `Marker` is there while the list is truncated."""
    size = request.number("MaxItems", 100, maximum)
    page, marker = request.take(from_offset(items, request.cursor("Marker")), size)
    body: Body = {outer: {inner: [wire(request.world, entry) for entry in page]}, "IsTruncated": bool(marker)}
    return {**body, "Marker": marker} if marker else body


def _known_user(request: Request) -> User:
    name = request.text("UserName")
    user = request.world.users.get(name)
    if user is None:
        raise no_such("User", name)
    return user


def _known_policy(request: Request) -> Policy:
    kind, name = request.text("PolicyType"), request.text("PolicyName")
    if kind not in ("System", "Custom"):
        raise invalid("PolicyType", "it is System or Custom")
    policy = request.world.policies.get((kind, name))
    if policy is None:
        raise no_such("Policy", name)
    return policy


def _wanted_tags(request: Request) -> dict[str, str]:
    """RAM takes its tag filter as JSON text."""
    text = request.text("Tag", "")
    return {tag["Key"]: tag["Value"] for tag in json.loads(text)} if text else {}


def _policies_of(request: Request, principal_type: str, name: str) -> Body:
    """Grants on the whole account only: those on a resource group do not appear here."""
    held = request.world.held.get((principal_type, name), ())
    return {
        "Policies": {
            "Policy": [_held(request.world, attachment) for attachment in held if attachment.scope is None]
        }
    }


def _held(world: World, grant: Attachment) -> Body:
    policy = world.policies.get((grant.policy_type, grant.policy_name))
    return {
        "PolicyName": grant.policy_name,
        "PolicyType": grant.policy_type,
        "DefaultVersion": policy.default_version if policy else "v1",
        "AttachDate": grant.attach_date,
        "Description": policy.description if policy else "",
    }


def _user(world: World, user: User) -> Body:
    return {
        "UserName": user.name,
        "UserId": world.id_of("user", user.name, user.id),
        "DisplayName": user.display_name or user.name,
        "Comments": user.comments,
        "Email": user.email,
        "MobilePhone": user.mobile_phone,
        "CreateDate": user.create_date,
        "UpdateDate": user.update_date,
    }


def _member(world: World, name: str) -> Body:
    user = world.users.get(name)
    joined = user.create_date if user else ""
    return {"UserName": name, "DisplayName": (user.display_name if user else "") or name, "JoinDate": joined}


def _group(world: World, group: Group) -> Body:
    return {
        "GroupName": group.name,
        "GroupId": world.id_of("group", group.name, group.id),
        "Comments": group.comments,
        "CreateDate": group.create_date,
        "UpdateDate": group.update_date,
    }


def _role(world: World, role: Role) -> Body:
    return {
        "RoleName": role.name,
        "RoleId": world.id_of("role", role.name, role.id),
        "Arn": role_arn(world, role.name),
        "Description": role.description,
        "MaxSessionDuration": role.max_session_duration,
        "CreateDate": role.create_date,
        "UpdateDate": role.update_date,
    }


def _policy(world: World, policy: Policy) -> Body:
    return {
        "PolicyName": policy.name,
        "PolicyType": policy.type,
        "DefaultVersion": policy.default_version,
        "Description": policy.description,
        "AttachmentCount": world.attachment_counts[policy.type, policy.name],
        "CreateDate": policy.create_date,
        "UpdateDate": policy.update_date,
    }


def _version(policy: Policy, name: str = "") -> Body:
    default = name in ("", policy.default_version)
    return {
        "VersionId": name or policy.default_version,
        "IsDefaultVersion": default,
        "PolicyDocument": text_of(policy.document if default else policy.versions[name]),
        "CreateDate": policy.create_date,
    }


def _entity_user(world: World, grant: Attachment) -> Body:
    user = world.users.get(grant.user)
    return {
        "UserName": grant.user,
        "UserId": world.id_of("user", grant.user, user.id if user else ""),
        "DisplayName": (user.display_name if user else "") or grant.user,
        "AttachDate": grant.attach_date,
    }


def _entity_role(world: World, grant: Attachment) -> Body:
    role = world.role(grant.role)
    return {
        "RoleName": grant.role,
        "RoleId": world.id_of("role", grant.role, role.id if role else ""),
        "Arn": role_arn(world, grant.role),
        "Description": role.description if role else "",
        "AttachDate": grant.attach_date,
    }


def _tags(tags: dict[str, str]) -> Body:
    return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}
