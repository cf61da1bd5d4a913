"""Whether the auditing identity sees everything: the positive control for ECI's empty answers (section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ..causes import ATTACH, CONDITIONAL, NOT_SHOWN, all_lacking
from ..evidence.api_actions import READ_LIST
from ..inventory.facts import PrincipalType, Unreadable
from ..inventory.grants import PrincipalGrants
from ..messages import join_words, quote
from ..policy.authorization import Call, Target
from ..policy.decision import Principal
from ..policy.eci_actions import eci_action
from ..policy.evaluator import Decision
from ..results import VISIBILITY, Cause, Resource
from .support.case import Case
from .support.registry import check
from .support.verdicts import Finding, Verdict, failed, passed, unknown

_CALLS = (
    "sts:GetCallerIdentity",
    "resourcemanager:ListPolicyAttachments",
    "ram:ListGroups",
    "ram:ListUsersForGroup",
    "ram:GetPolicy",
)
# GetCallerIdentity needs no permission.
_PERMISSIONS = tuple(
    dict.fromkeys(
        action.permission
        for action in READ_LIST
        if not (action.fallback or action.on_request or action.as_needed)
        and action.permission != "sts:GetCallerIdentity"
    )
)


@check(
    "auditor-visibility",
    severity="high",
    section="4",
    calls=_CALLS,
    remediation="Attach the policy that `pytest --eci-audit-policy` prints to the auditing identity, account-wide"
    " and without conditions.",
    resource_type="account",
)
def auditor_visibility(case: Case) -> Iterator[Finding]:
    """The auditing identity's own policies allow everything that the sweep reads, unconditionally.

    ECI answers a denied query with an empty list and no error: only then does empty mean empty.
    """
    yield _evaluate_identity(case).on(Resource("account", case.name, case.name))


def _evaluate_identity(case: Case) -> Verdict:
    """Decide every permission of the sweep for the auditing identity."""
    identity = case.inventory.identity
    if identity.identity_type == "Account" and identity.arn == _account_arn(identity.account_id):
        return passed("the auditing identity is the account itself, which sees everything")
    grants = _identity_grants(case)
    if grants is None:
        because = f"the grants of the auditing identity {quote(identity.arn)} are not recorded"
        return unknown(because=because, of=(Cause("account", VISIBILITY, identity.arn, because, ATTACH),))
    subject = f"the auditing identity, {grants[0]},"
    principal = case.access.holder(grants[1])
    decisions = {permission: _worst_decision(case, principal, permission) for permission in _PERMISSIONS}
    denied = {name: decision for name, decision in decisions.items() if decision.outcome == "denied"}
    if denied:
        verdict = failed(
            f"{subject} is not allowed {join_words(denied)}: {_first_reason(denied)}", reasons=denied
        )
        return replace(verdict, causes=all_lacking(denied))
    open_ = {name: decision for name, decision in decisions.items() if decision.outcome == "undecidable"}
    if not open_:
        return passed(f"{subject} is allowed {join_words(decisions, most=4)} everywhere")
    if _turns_on_conditions(case, principal, open_):
        verdict = failed(
            f"{subject} is allowed {join_words(open_)} only under conditions: {_first_reason(open_)}",
            remediation="Attach the policy that `pytest --eci-audit-policy` prints to the auditing identity,"
            " account-wide and without conditions, and remove the Deny statements that may apply to it.",
            reasons=open_,
        )
        return replace(verdict, causes=all_lacking(open_, CONDITIONAL))
    causes = [gap.cause for gap in grants[1].gaps]
    because = f"it is not shown that {subject} is allowed {join_words(open_)}: {_first_reason(open_)}"
    are_denials = all(cause.permission and not cause.denied_by for cause in causes)
    return unknown(
        *causes, because=because, of=all_lacking(open_, NOT_SHOWN) if are_denials else (), reasons=open_
    )


def _account_arn(account_id: str) -> str:
    """The ARN of the account itself, as GetCallerIdentity gives it. With any other ARN, the type is contradicted."""
    return f"acs:ram::{account_id}:root"


def _first_reason(decisions: Mapping[str, Decision]) -> str:
    return next(iter(decisions.values())).why


def _turns_on_conditions(case: Case, principal: Principal, permissions: Iterable[str]) -> bool:
    """Whether it is conditions alone, not missing evidence, that leave these permissions undecided."""
    unconditional = principal.without(lambda ground: bool(ground.statement.conditions))
    return all(
        _worst_decision(case, unconditional, permission).outcome != "undecidable"
        for permission in permissions
    )


def _identity_grants(case: Case) -> tuple[str, PrincipalGrants] | None:
    """Who the auditing identity is, and its grants; None for what is neither a user nor a role."""
    identity = case.inventory.identity
    if identity.identity_type == "RAMUser":
        name = _as_granted(case, "IMSUser", identity.arn.partition(":user/")[2])
        return (f"user {quote(name)}", case.grants.user(name)) if name else None
    if identity.identity_type == "AssumedRoleUser":
        role = identity.arn.partition(":assumed-role/")[2].partition("/")[0]
        name = _as_granted(case, "ServiceRole", role)
        return (f"role {quote(name)}", case.grants.role(name)) if name else None
    return None


def _as_granted(case: Case, kind: PrincipalType, written: str) -> str:
    """A name as grants and lists write it: ARNs may show it in lower case, and RAM does not compare by case."""
    grants, users = case.inventory.attachments.items, case.inventory.users
    names = {grant.principal_name for grant in grants if grant.principal_type == kind}
    if kind == "IMSUser" and not isinstance(users, Unreadable):
        names |= {user.user_name for user in users}
    same = sorted(name for name in names if name.casefold() == written.casefold())
    return written if written in names or not same else same[0]


def _worst_decision(case: Case, principal: Principal, permission: str) -> Decision:
    """The worst decision on every call that the sweep makes with a permission: in each region, with and without
    ids."""
    row = eci_action(permission)
    if row is None:
        return case.access.decide_call(principal, Call(permission))
    calls = [Call(permission, region=region) for region in _regions(case)] or [Call(permission)]
    if row.id != "no":
        calls += [Call(permission, Target(kind, region=call.region)) for call in calls for kind in row.kinds]
    order = ("denied", "undecidable", "allowed")
    return min(
        (case.access.decide_call(principal, call) for call in calls),
        key=lambda decision: order.index(decision.outcome),
    )


def _regions(case: Case) -> tuple[str, ...]:
    """Every region that was read: those that are asked for, and all there are where the deletion of the role
    rests on them."""
    parts = (case.inventory.regions, case.inventory.all_regions)
    return tuple(dict.fromkeys(region for part in parts if isinstance(part, tuple) for region in part))
