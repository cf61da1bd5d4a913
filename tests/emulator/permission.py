"""Is this call authorised? The question that every writing call of the emulator asks first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .errors import ApiError, no_permission
from .readings import agree
from .request import Request

Context = Mapping[str, Sequence[str]]


def require(
    request: Request, action: str, *arns: str, group: str | None = None, context: Context | None = None
) -> None:
    """Raise `NoPermission` unless `action` is allowed on every one of `arns`."""
    for arn in arns:
        verdict = request.caller.verdict(action, arn, context or request.context, group)
        if verdict != "Allow":
            raise _refusal(request, action, arn, verdict)


def require_reading(
    request: Request, action: str, question: str, alternatives: Sequence[Sequence[str]]
) -> None:
    """Raise `NoPermission` unless `action` is allowed on the ARNs that count.

    The documents leave open which of `alternatives` these are; `question` names that silence.
    """
    outcomes = [is_allowed(request, action, *arns) for arns in alternatives]
    if not agree(request.world.readings, question, outcomes):
        raise _refusal(request, action, alternatives[0][0], "ImplicitDeny")


def is_allowed(
    request: Request, action: str, *arns: str, group: str | None = None, context: Context | None = None
) -> bool:
    """Whether `action` is allowed on every one of `arns`."""
    try:
        require(request, action, *arns, group=group, context=context)
    except ApiError:
        return False
    return True


def ram_arn(request: Request, path: str) -> str:
    """The ARN of a RAM object of this account."""
    return f"acs:ram:*:{request.world.account.account_id}:{path}"


def policy_arn(request: Request, policy_type: str, name: str) -> str:
    """The ARN of a policy: system policies have `system` in the place of the account."""
    owner = "system" if policy_type == "System" else request.world.account.account_id
    return f"acs:ram:*:{owner}:policy/{name}"


def _refusal(request: Request, action: str, arn: str, verdict: str) -> ApiError:
    return no_permission(
        action,
        principal_type="SubUser" if request.caller.kind == "RAMUser" else "AssumedRoleUser",
        owner=request.world.account.account_id,
        principal=request.caller.name,
        denial=verdict,
        resource=arn,
    )
