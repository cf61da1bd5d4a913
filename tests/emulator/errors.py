"""What the services answer when they refuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class ApiError(Exception):
    """An error answer: HTTP status, code, message, further members of the body, headers."""

    status: int
    code: str
    message: str
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def missing(parameter: str) -> ApiError:
    return ApiError(400, f"Missing{parameter}", f"{parameter} is mandatory for this action.")


def invalid(parameter: str, why: str) -> ApiError:
    return ApiError(400, f"InvalidParameter.{parameter}", f"The specified {parameter} is not valid: {why}.")


def no_such(kind: str, name: str, *, plural: bool = False) -> ApiError:
    """404; ResourceManager spells it EntityNotExists for resource groups."""
    code = f"EntityNotExist{'s' if plural else ''}.{kind}"
    return ApiError(404, code, f"The {kind.lower()} not exists: {name}")


def throttled(code: str = "Throttling", status: int = 400, retry_after: int | None = None) -> ApiError:
    """`retry_after` is in milliseconds, for the x-acs-retry-after header; None sends no header."""
    headers = {} if retry_after is None else {"x-acs-retry-after": str(retry_after)}
    return ApiError(status, code, "Request was denied due to request throttling.", headers=headers)


def no_permission(
    action: str,
    *,
    principal_type: str,
    owner: str,
    principal: str,
    denial: str,
    resource: str,
    policy_type: str = "AccountLevelIdentityBasedPolicy",
) -> ApiError:
    """403 with the AccessDeniedDetail of the RPC gateway; `denial` is ImplicitDeny or ExplicitDeny,
    `policy_type` what kind of policy denied."""
    detail = {
        "AuthAction": action,
        "AuthPrincipalType": principal_type,
        "AuthPrincipalOwnerId": owner,
        "AuthPrincipalDisplayName": principal,
        "NoPermissionType": denial,
        "PolicyType": policy_type,
        "EncodedDiagnosticMessage": "AQEAAAAAaLVN0000000000000000",
    }
    message = f"You are not authorized to do this action. Resource: {resource} Action: {action}"
    return ApiError(403, "NoPermission", message, more={"AccessDeniedDetail": detail})
