"""ResourceManager 2020-03-31: grants at both scopes, resource groups. Lists are wrapped, pages numbered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .account import Attachment, ResourceGroup
from .errors import ApiError, invalid, no_such
from .request import Request

Body = dict[str, Any]

PRINCIPAL_TYPES = ("IMSUser", "IMSGroup", "ServiceRole")


def list_policy_attachments(request: Request) -> Body:
    """Every grant of the account, or those that fit; 10 to a page unless asked otherwise, at most 100."""
    if request.text("PolicyType", "System") not in ("System", "Custom"):
        raise invalid("PolicyType", "it is System or Custom")
    if request.text("PrincipalType", "IMSUser") not in PRINCIPAL_TYPES:
        raise invalid("PrincipalType", "it is IMSUser, IMSGroup or ServiceRole")
    group = request.text("ResourceGroupId", "")
    account = request.world.account
    if group and group != account.account_id and group not in request.world.resource_groups:
        raise no_such("ResourceGroup", group, plural=True)
    asked = ("ResourceGroupId", "PolicyType", "PolicyName", "PrincipalType", "PrincipalName")
    wanted = {name: request.params[name] for name in asked if request.params.get(name)}
    grants = [
        attachment
        for attachment in account.attachments
        if _listed(request, attachment)
        and (not wanted or wanted.items() <= _attachment(request, attachment).items())
    ]
    return _numbered(request, "PolicyAttachments", "PolicyAttachment", grants, _attachment)


def list_resource_groups(request: Request) -> Body:
    groups = [group for group in request.world.resource_groups.values() if _fits(request, group)]
    return _numbered(request, "ResourceGroups", "ResourceGroup", groups, _resource_group)


def get_service_linked_role_deletion_status(request: Request) -> Body:
    raise ApiError(404, "EntityNotExist.DeletionTask", f"No such task: {request.text('DeletionTaskId')}")


def _listed(request: Request, grant: Attachment) -> bool:
    if request.quirks.service_linked_grants or not grant.role:
        return True
    role = request.world.role(grant.role)
    return role is None or not role.service_linked


def _attachment(request: Request, grant: Attachment) -> Body:
    world = request.world
    policy = world.policies.get((grant.policy_type, grant.policy_name))
    return {
        "PolicyName": grant.policy_name,
        "PolicyType": grant.policy_type,
        "PrincipalType": grant.principal_type,
        "PrincipalName": principal_name(grant, world.domain),
        "ResourceGroupId": grant.scope or world.account.account_id,
        "AttachDate": grant.attach_date,
        "Description": policy.description if policy else "",
    }


def principal_name(grant: Attachment, domain: str) -> str:
    """`alice@acme.onaliyun.com`, `dev@group.acme.onaliyun.com`, `app@role.acme.onaliyunservice.com`."""
    if grant.user:
        return f"{grant.user}@{domain}"
    if grant.group:
        return f"{grant.group}@group.{domain}"
    return f"{grant.role}@role.{domain.replace('.onaliyun.com', '.onaliyunservice.com')}"


def _fits(request: Request, group: ResourceGroup) -> bool:
    return (
        request.text("ResourceGroupId", group.id) == group.id
        and request.text("Name", group.name) == group.name
        and request.text("DisplayName", group.display_name) == group.display_name
        and request.text("Status", group.status) == group.status
        and group.id in (request.numbered("ResourceGroupIds") or [group.id])
    )


def _resource_group(request: Request, group: ResourceGroup) -> Body:
    body: Body = {
        "Id": group.id,
        "Name": group.name or group.id,
        "DisplayName": group.display_name or group.name or group.id,
        "AccountId": request.world.account.account_id,
        "Status": group.status,
        "CreateDate": group.create_date,
    }
    if request.text("IncludeTags", "false").lower() == "true":
        body["Tags"] = {"Tag": [{"TagKey": key, "TagValue": value} for key, value in group.tags.items()]}
    return body


def _numbered(
    request: Request, outer: str, inner: str, items: Sequence[Any], wire: Callable[[Request, Any], Body]
) -> Body:
    number = request.number("PageNumber", 1, 10**9)
    size = request.number("PageSize", 10, 100)
    page = [wire(request, entry) for entry in items[(number - 1) * size : number * size]]
    return {"PageNumber": number, "PageSize": size, "TotalCount": len(items), outer: {inner: page}}
