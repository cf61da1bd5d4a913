"""Whether the auditing identity sees everything: the positive control for ECI's empty answers (section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..evidence.api_actions import READ_LIST
from ..inventory.facts import PrincipalType, Unreadable
from ..inventory.grants import PrincipalGrants
from ..messages import join_words, quote
from ..policy.authorization import Call, Target
from ..policy.decision import Principal
from ..policy.eci_actions import eci_action
from ..policy.evaluator import Decision
from ..results import Resource
from .support.case import Case
from .support.registry import check
from .support.verdicts import Finding, failed, passed, unknown

_CALLS = (
    "sts:GetCallerIdentity",
    "resourcemanager:ListPolicyAttachments",
    "ram:ListGroups",
    "ram:ListUsersForGroup",
    "ram:GetPolicy",
)
# GetCallerIdentity needs no permission.
_NEEDED = tuple(
    one.permission
    for one in READ_LIST
    if not (one.fallback or one.on_request or one.as_needed) and one.permission != "sts:GetCallerIdentity"
)


@check(
    "auditor-visibility",
    severity="high",
    section="4",
    calls=_CALLS,
    remediation="Attach the policy that `pytest --eci-audit-policy` prints to the auditing identity, on the whole"
    " account and without conditions.",
    resource_type="account",
)
def auditor_visibility(case: Case) -> Iterator[Finding]:
    """The auditing identity's own policies allow everything that the sweep reads, unconditionally.

    ECI answers a denied query with an empty list and no error: only then does empty mean empty.
    """
    yield _judged(case, Resource("account", case.name, case.name))


def _judged(case: Case, account: Resource) -> Finding:
    identity = case.inventory.identity
    if identity.identity_type == "Account":
        return passed("the account itself is the auditing identity, and sees everything").on(account)
    held = _holdings(case)
    if held is None:
        return unknown(because=f"what the auditing identity {quote(identity.arn)} holds is not recorded").on(
            account
        )
    who, holdings = held
    holder = case.access.holder(holdings)
    decisions = {one: _decided(case, holder, one) for one in dict.fromkeys(_NEEDED)}
    lacking = [one for one, decision in decisions.items() if decision.outcome == "denied"]
    if lacking:
        why = decisions[lacking[0]].why
        return failed(f"the auditing identity, {who}, is not allowed {join_words(lacking)}: {why}").on(
            account
        )
    turning = {one: decision for one, decision in decisions.items() if decision.outcome == "undecidable"}
    if turning and _turns_on_conditions(case, holder, turning):
        why = next(iter(turning.values())).why
        return failed(
            f"the auditing identity, {who}, is allowed {join_words(turning)} only under conditions: {why}",
            remediation="Grant the auditing identity what `pytest --eci-audit-policy` prints, on the whole account and"
            " without conditions, and take away the Deny statements that may apply to it.",
        ).on(account)
    if turning:
        causes = [gap.cause for gap in holdings.gaps]
        because = (
            f"it is not shown that the auditing identity, {who}, may read everything ({join_words(turning)}):"
            f" {next(iter(turning.values())).why}"
        )
        return unknown(*causes, because=because).on(account)
    return passed(f"the auditing identity, {who}, is allowed {join_words(decisions, most=4)} everywhere").on(
        account
    )


def _turns_on_conditions(case: Case, holder: Principal, turning: Iterable[str]) -> bool:
    """Whether it is conditions alone, not missing evidence, that leave these permissions undecided."""
    plain = holder.without(lambda ground: bool(ground.statement.conditions))
    return all(_decided(case, plain, one).outcome != "undecidable" for one in turning)


def _holdings(case: Case) -> tuple[str, PrincipalGrants] | None:
    """Who the auditing identity is, and what it holds; None for what is neither a user nor a role."""
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
    names = {one.principal_name for one in grants if one.principal_type == kind}
    if kind == "IMSUser" and not isinstance(users, Unreadable):
        names |= {one.user_name for one in users}
    same = sorted(name for name in names if name.casefold() == written.casefold())
    return written if written in names or not same else same[0]


def _decided(case: Case, holder: Principal, permission: str) -> Decision:
    """The least of every call that the sweep makes with a permission: in each region, with and without
    ids."""
    row = eci_action(permission)
    if row is None:
        return case.access.decide_call(holder, Call(permission))
    calls = [Call(permission, region=one) for one in _regions(case)] or [Call(permission)]
    if row.id != "no":
        calls += [Call(permission, Target(kind, region=one.region)) for one in calls for kind in row.kinds]
    order = ("denied", "undecidable", "allowed")
    return min(
        (case.access.decide_call(holder, one) for one in calls), key=lambda one: order.index(one.outcome)
    )


def _regions(case: Case) -> tuple[str, ...]:
    """Every region that was read: those that are asked for, and all there are where the deletion of the role
    rests on them."""
    parts = (case.inventory.regions, case.inventory.all_regions)
    return tuple(dict.fromkeys(one for part in parts if isinstance(part, tuple) for one in part))
