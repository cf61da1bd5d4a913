"""The causes of missing evidence, as rows carry them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .messages import describe_error, escape, quote, suggest_fix
from .results import VISIBILITY, Cause

if TYPE_CHECKING:
    from .inventory.facts import Unreadable

ATTACH = "attach the policy of `--eci-audit-policy`"
"""The remediation of a permission that the auditing identity lacks."""

UNIDENTIFIED = "account"
"""The key of the cause that the account could not be identified."""

LACKS = "lacks"
CONDITIONAL = "holds only under conditions"
NOT_SHOWN = "is not shown to hold"

_OF_A_PLAN = ("NotPlanned", "Contradiction")


def cause_of(unreadable: Unreadable) -> Cause:
    """The cause that a part of the account could not be read."""
    code = escape(unreadable.code)
    if code in _OF_A_PLAN:
        subject = escape(unreadable.subject or "")
        return Cause("plan", code, subject, describe_error(unreadable), suggest_fix(unreadable))
    if unreadable.denied_by:
        fix = f"have {unreadable.denied_by} allow them to the auditing identity: a grant in RAM does not help"
        return Cause("denied", code, unreadable.permission or unreadable.call, unreadable.denied_by, fix)
    if unreadable.permission:
        return lacking(unreadable.permission)
    region = f" in {escape(unreadable.region)}" if unreadable.region else ""
    subject = f" for {quote(unreadable.subject)}" if unreadable.subject else ""
    call = f"{unreadable.call}{subject}{region}"
    return Cause("call", code, call, escape(unreadable.detail) or code, suggest_fix(unreadable))


def lacking(permission: str, problem: str = LACKS) -> Cause:
    """The cause that the auditing identity does not hold a permission, or is not shown to."""
    return Cause("permission", VISIBILITY, permission, problem, ATTACH)


def all_lacking(permissions: Iterable[str], problem: str = LACKS) -> tuple[Cause, ...]:
    """The causes that the auditing identity does not hold permissions, or is not shown to."""
    return tuple(lacking(permission, problem) for permission in permissions)
