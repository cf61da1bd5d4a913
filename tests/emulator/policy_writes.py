"""Policies, versions and attachments: the calls of RAM 2015-05-01 and of ResourceManager 2020-03-31 that change them.

ResourceManager's AttachPolicy and DetachPolicy are authorised as `ram:AttachPolicy` and `ram:DetachPolicy`, on the
policy and on the principal. Its pages have printed the principal's ARN in two forms, and later none at all.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from .account import Attachment, Policy
from .errors import ApiError, invalid, no_such
from .permission import policy_arn, ram_arn, require, require_reading
from .readings import MANAGER_PRINCIPAL_ARN, NEW_OBJECT_ARN
from .request import Request

Body = dict[str, Any]

UNPUBLISHED = "acs:unpublished"
"""An ARN that nobody knows: only the Resource `*` covers it."""


def create_policy(request: Request) -> Body:
    name, text = request.text("PolicyName"), request.text("PolicyDocument")
    require_reading(
        request,
        "ram:CreatePolicy",
        NEW_OBJECT_ARN,
        [[ram_arn(request, "policy/*")], [ram_arn(request, f"policy/{name}")]],
    )
    if ("Custom", name) in request.world.policies:
        raise ApiError(409, "EntityAlreadyExists.Policy", f"The policy already exists: {name}")
    request.world.change(policies=(*request.world.account.policies, Policy(name, _document(text))))
    return {"Policy": {"PolicyName": name, "PolicyType": "Custom", "DefaultVersion": "v1"}}


def create_policy_version(request: Request) -> Body:
    """A new version; with SetAsDefault no further permission is needed. The oldest one makes room for it."""
    policy = _custom_policy(request)
    require(request, "ram:CreatePolicyVersion", policy_arn(request, "Custom", policy.name))
    document = _document(request.text("PolicyDocument"))
    numbers = [int(name.lstrip("v")) for name in (policy.default_version, *policy.versions)]
    name = f"v{max(numbers) + 1}"
    _replace_policy(request, replace(policy, versions={**policy.versions, name: document}))
    if request.text("SetAsDefault", "false").lower() == "true":
        _set_default(request, policy.name, name)
    return {"PolicyVersion": {"VersionId": name, "PolicyDocument": request.text("PolicyDocument")}}


def set_default_policy_version(request: Request) -> Body:
    policy = _custom_policy(request)
    require(request, "ram:SetDefaultPolicyVersion", policy_arn(request, "Custom", policy.name))
    _set_default(request, policy.name, request.text("VersionId"))
    return {}


def attach_policy_to_user(request: Request) -> Body:
    return _attach(request, "user", "UserName")


def attach_policy_to_group(request: Request) -> Body:
    return _attach(request, "group", "GroupName")


def attach_policy_to_role(request: Request) -> Body:
    return _attach(request, "role", "RoleName")


def detach_policy_from_user(request: Request) -> Body:
    return _detach(request, "user", "UserName")


def detach_policy_from_group(request: Request) -> Body:
    return _detach(request, "group", "GroupName")


def detach_policy_from_role(request: Request) -> Body:
    return _detach(request, "role", "RoleName")


def manager_attach_policy(request: Request) -> Body:
    """ResourceManager's AttachPolicy, on the account (its ID as ResourceGroupId) or on a resource group."""
    return _add(request, _manager_attachment(request, "ram:AttachPolicy"))


def manager_detach_policy(request: Request) -> Body:
    return _remove(request, _manager_attachment(request, "ram:DetachPolicy"))


def _attach(request: Request, kind: str, parameter: str) -> Body:
    return _add(request, _attachment(request, kind, parameter))


def _detach(request: Request, kind: str, parameter: str) -> Body:
    return _remove(request, _attachment(request, kind, parameter))


def _attachment(request: Request, kind: str, parameter: str) -> Attachment:
    """The attachment on the account that a RAM call names, after the caller's permission for it is checked."""
    name = _principal(request, kind, request.text(parameter))
    policy = _policy(request)
    arns = (ram_arn(request, f"{kind}/{name}"), policy_arn(request, policy.type, policy.name))
    require(request, f"ram:{request.action}", *arns)
    return Attachment(_key(policy), **{kind: name})


def _manager_attachment(request: Request, action: str) -> Attachment:
    kinds = {"IMSUser": "user", "IMSGroup": "group", "ServiceRole": "role"}
    kind = kinds.get(request.text("PrincipalType"))
    if kind is None:
        raise invalid("PrincipalType", "it is IMSUser, IMSGroup or ServiceRole")
    name = _principal(request, kind, request.text("PrincipalName").partition("@")[0])
    policy = _policy(request)
    account, scope = request.world.account.account_id, request.text("ResourceGroupId")
    if scope != account and scope not in request.world.resource_groups:
        raise no_such("ResourceGroup", scope, plural=True)
    service = "ram" if kind == "role" else "ims"
    forms = (f"acs:{service}:*:{account}:{kind}/*", ram_arn(request, f"{kind}/{name}"), UNPUBLISHED)
    arn = policy_arn(request, policy.type, policy.name)
    require_reading(request, action, MANAGER_PRINCIPAL_ARN, [[arn, form] for form in forms])
    return Attachment(_key(policy), scope=None if scope == account else scope, **{kind: name})


def _add(request: Request, attachment: Attachment) -> Body:
    if not _same(request, attachment):
        request.world.change(attachments=(*request.world.account.attachments, attachment))
    return {}


def _remove(request: Request, attachment: Attachment) -> Body:
    gone = _same(request, attachment)
    if not gone:
        raise no_such("Policy.Attachment", attachment.policy)
    left = tuple(attachment for attachment in request.world.account.attachments if attachment not in gone)
    request.world.change(attachments=left)
    return {}


def _same(request: Request, wanted: Attachment) -> list[Attachment]:
    key = (wanted.policy, wanted.user, wanted.group, wanted.role, wanted.scope)
    return [
        attachment
        for attachment in request.world.account.attachments
        if (attachment.policy, attachment.user, attachment.group, attachment.role, attachment.scope) == key
    ]


def _principal(request: Request, kind: str, name: str) -> str:
    """The name of an existing principal. The attachments of service-linked roles cannot be changed."""
    world = request.world
    if kind == "role":
        role = world.role(name)
        if role is None:
            raise no_such("Role", name)
        if role.service_linked:
            raise ApiError(400, "InvalidOperation.Role.ServiceLinkedRole", "The role belongs to its service.")
        return role.name
    if name not in (world.users if kind == "user" else world.groups):
        raise no_such(kind.capitalize(), name)
    return name


def _policy(request: Request) -> Policy:
    kind, name = request.text("PolicyType"), request.text("PolicyName")
    policy = request.world.policies.get((kind, name))
    if policy is None:
        raise no_such("Policy", name)
    return policy


def _custom_policy(request: Request) -> Policy:
    """A policy whose versions may change: system policies are not found here."""
    policy = request.world.policies.get(("Custom", request.text("PolicyName")))
    if policy is None:
        raise no_such("Policy", request.text("PolicyName"))
    return policy


def _key(policy: Policy) -> str:
    return policy.name if policy.type == "System" else f"Custom/{policy.name}"


def _replace_policy(request: Request, changed: Policy) -> None:
    policies = tuple(
        changed if (policy.type, policy.name) == ("Custom", changed.name) else policy
        for policy in request.world.account.policies
    )
    request.world.change(policies=policies)


def _set_default(request: Request, policy_name: str, version: str) -> None:
    policy = request.world.policies["Custom", policy_name]
    if version == policy.default_version:
        return
    if version not in policy.versions:
        raise no_such("Policy.Version", version)
    others = {name: document for name, document in policy.versions.items() if name != version}
    others[policy.default_version] = policy.document
    changed = replace(policy, document=policy.versions[version], default_version=version, versions=others)
    _replace_policy(request, changed)


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        raise invalid("PolicyDocument", "it is not JSON") from None
    if not isinstance(document, dict):
        raise invalid("PolicyDocument", "it is not a policy document")
    return document
