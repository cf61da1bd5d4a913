"""The policies attached to RAM users and roles, against those intended (sections 2 and 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ..inventory.facts import PolicyRef, Unreadable
from ..inventory.grants import Grant
from ..messages import command, escape, join_words, quote
from ..policy.relevance import may_concern_eci
from ..policy.three_valued import all_of, any_of
from ..spelling import near_words, nearest
from .support.case import Case
from .support.decorators import principal_checks
from .support.documents import document_found
from .support.misspelt import ALIKE, POLICIES_ALIKE, Misspelt
from .support.principals import CheckedPrincipal, Entry
from .support.resources import grants_label, group_label, path_label
from .support.selectors import BoolOrUnread
from .support.verdicts import Verdict, failed, passed, unknown

if TYPE_CHECKING:
    from ..config.model import RoleIntent

_REMEDIATION = (
    "Detach the policy, or add it to the entry in the configuration, for the scope in which it is attached."
)


@principal_checks(
    "{principal}-intended-policies",
    sections={"user": "2", "role": "5"},
    severity="high",
    # Resource groups are found by name, and `grants: eci` reads the documents.
    calls=("resourcemanager:ListResourceGroups", "ram:GetPolicy"),
    remediation=_REMEDIATION,
)
def intended_policies(principal: CheckedPrincipal, case: Case) -> Verdict:
    """Every policy attached to a {noun}, directly, through groups or on a resource group, is intended for that scope.

    A policy that is intended account-wide is intended on every resource group. Users matched by no entry must have
    no policies attached. Only roles that an entry matches are judged.
    """
    unintended: list[Grant] = []
    causes: list[Unreadable] = [gap.cause for gap in principal.holdings.gaps]
    for grant in principal.holdings.held:
        intended = _is_intended(case, grant, principal.entries)
        judged = intended is not True and _is_judged(case, grant.policy)
        if intended is False and judged is True:
            unintended.append(grant)
        elif judged is not False:
            causes += [part for part in (intended, judged) if isinstance(part, Unreadable)]
    if unintended:
        return _unintended(case, principal, unintended)
    if causes:
        return unknown(*causes, because="it is not known whether every attached policy is intended")
    if not principal.holdings.held:
        return passed(f"{escape(principal.name)} has no policies attached")
    return passed(
        f"every policy is intended: {escape(principal.name)} has {grants_label(case, principal.holdings.held)}"
    )


def _unintended(case: Case, principal: CheckedPrincipal, grants: list[Grant]) -> Verdict:
    misspelt = _misspelt(case, principal.entries, grants)
    slips = _misspelt_groups(case, principal.entries, grants)
    return failed(
        # However many they are: each has to be detached.
        f"{escape(principal.name)} has {grants_label(case, grants, most=len(grants))};"
        f" allowed: {_allowed(case, principal.entries)}{_did_you_mean(misspelt)}"
        f"{''.join(dict.fromkeys(slip.question for slip in slips.values()))}",
        remediation=_remediation(case, principal, grants, misspelt, slips),
        policies=tuple(dict.fromkeys(str(grant.policy) for grant in grants)),
        reasons=(f"{grant.policy}, {path_label(case, grant)}" for grant in grants),
        without=lambda accepted: _unintended(
            case, principal, [grant for grant in grants if str(grant.policy) not in accepted]
        ),
    )


def _misspelt(case: Case, entries: Iterable[Entry], grants: Iterable[Grant]) -> dict[str, str]:
    """The policies that are attached and, as it seems, intended under a name that no policy has: that name."""
    missing = [
        name
        for entry in entries
        for names in (entry.intent.policies, *(entry.intent.resource_groups or {}).values())
        for name in names
        if case.existing.exists("policy", name) is False
    ]
    return {
        policy: name
        for policy in dict.fromkeys(str(grant.policy) for grant in grants)
        if (name := nearest(policy, missing, POLICIES_ALIKE)) is not None
    }


def _misspelt_groups(case: Case, entries: Iterable[Entry], grants: Iterable[Grant]) -> dict[Grant, Misspelt]:
    """The grants on a resource group that an entry intends, as it seems, under a name that no group has."""
    written = [
        (name, policies)
        for entry in entries
        for name, policies in (entry.intent.resource_groups or {}).items()
        if case.existing.exists("resource group", name) is False
    ]
    slips: dict[Grant, Misspelt] = {}
    for grant in grants:
        meant = case.resource_group_names.get(grant.resource_group_id or "", "")
        names = [name for name, policies in written if str(grant.policy) in policies]
        for name in near_words(meant, names, ALIKE, most=1) if meant else ():
            slips[grant] = Misspelt("resource group", name, meant)
    return slips


def _did_you_mean(misspelt: Mapping[str, str]) -> str:
    return "".join(
        f"; the configuration names {quote(name)}, which no policy is called: did you mean {quote(policy)}?"
        for policy, name in misspelt.items()
    )


def _remediation(
    case: Case,
    principal: CheckedPrincipal,
    grants: Sequence[Grant],
    misspelt: Mapping[str, str],
    slips: Mapping[Grant, Misspelt],
) -> str:
    """How to detach policies; those that may be intended under a misspelt name, or on a misspelt group, come last."""
    in_doubt = [grant for grant in grants if str(grant.policy) in misspelt or grant in slips]
    others = [grant for grant in grants if grant not in in_doubt]
    corrections = [Misspelt("policy", name, policy).remediation for policy, name in misspelt.items()]
    corrections += [slip.remediation for slip in slips.values()]
    return " ".join(
        [
            *(f"{text}." if corrections else text for text in _to_detach(case, principal, others)),
            *dict.fromkeys(corrections),
            *_to_detach(case, principal, in_doubt),
        ]
    )


def _to_detach(case: Case, principal: CheckedPrincipal, grants: Sequence[Grant]) -> Iterator[str]:
    """The remediation for some grants, with the commands for the first of them; none for none."""
    if grants:
        commands = dict.fromkeys(_detach(case, principal, grant) for grant in grants[:3])
        yield f"{_REMEDIATION} To detach: {' '.join(commands)}"


def _is_intended(case: Case, grant: Grant, entries: Iterable[Entry]) -> BoolOrUnread:
    return any_of(all_of((entry.fits, _covers(case, entry.intent, grant))) for entry in entries)


def _covers(case: Case, intent: RoleIntent, grant: Grant) -> BoolOrUnread:
    """Whether an entry intends a policy for the scope in which it is attached."""
    policy, group = str(grant.policy), grant.resource_group_id
    if policy in intent.policies:
        return True
    if group is None:
        return False
    by_group = intent.resource_groups or {}
    named = (written for written, policies in by_group.items() if policy in policies)
    return any_of(case.resource_groups.means(written, group) for written in named)


def _is_judged(case: Case, policy: PolicyRef) -> BoolOrUnread:
    """Whether a policy is judged: with `grants: eci`, only if it may concern ECI."""
    if case.intent.grants == "all":
        return True
    document = document_found(case.inventory, policy)
    return document if isinstance(document, Unreadable) else may_concern_eci(document)


def _allowed(case: Case, entries: Iterable[Entry]) -> str:
    """The policies that the matching entries intend, by scope."""
    scopes: dict[str, list[str]] = {}
    for entry in entries:
        scopes.setdefault("account-wide", []).extend(entry.intent.policies)
        for written, policies in (entry.intent.resource_groups or {}).items():
            scopes.setdefault(f"on resource group {group_label(case, written)}", []).extend(policies)
    allowed = [
        f"{join_words(map(quote, dict.fromkeys(policies)))} {scope}"
        for scope, policies in scopes.items()
        if policies
    ]
    return join_words(allowed) if allowed else "none, because no matching entry lists a policy"


_PRINCIPALS = {
    "IMSUser": ("User", "--UserName"),
    "IMSGroup": ("Group", "--GroupName"),
    "ServiceRole": ("Role", "--RoleName"),
}


def _detach(case: Case, principal: CheckedPrincipal, grant: Grant) -> str:
    """The command that takes a policy away from a principal."""
    if grant.group is not None:
        return command(
            "aliyun", "ram", "RemoveUserFromGroup", "--UserName", principal.name, "--GroupName", grant.group
        )
    policy = ("--PolicyType", grant.policy.policy_type, "--PolicyName", grant.policy.policy_name)
    if grant.resource_group_id is None:
        noun, option = _PRINCIPALS[principal.type]
        return command("aliyun", "ram", f"DetachPolicyFrom{noun}", *policy, option, principal.name)
    account = case.inventory.account_id
    domain = (
        f"{account}.onaliyun.com" if principal.type == "IMSUser" else f"role.{account}.onaliyunservice.com"
    )
    scope = ("--ResourceGroupId", grant.resource_group_id, "--PrincipalType", principal.type)
    name = ("--PrincipalName", f"{principal.name}@{domain}")
    return command("aliyun", "resourcemanager", "DetachPolicy", *policy, *scope, *name)
