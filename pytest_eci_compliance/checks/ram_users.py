"""The policies attached to RAM users and roles, against those intended and required (sections 2 and 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ..inventory.facts import GrantGap, PolicyRef, Unreadable
from ..inventory.grants import Grant
from ..messages import command, escape, join_words, quote
from ..policy.relevance import may_concern_eci
from ..policy.three_valued import all_of, any_of
from ..spelling import near_words, nearest
from .support.case import Case
from .support.decorators import over_principals, principal_checks
from .support.documents import document_found
from .support.misspelt import Misspelt
from .support.principals import CALLS, CheckedPrincipal, Entry, PrincipalSection
from .support.registry import Requirement, check
from .support.resources import group_label, path_label
from .support.selectors import Answer
from .support.verdicts import ConfigPath, Finding, Verdict, failed, passed, unknown

if TYPE_CHECKING:
    from ..config.model import Account, RoleIntent

_ALIKE = 0.85  # of 1: names that differ by a slip of the fingers
_NEAR = 0.75  # the same for names of resource groups, which are short: `pord` and `prod` are 0.75
_REMEDIATION = (
    "Detach the policy, or add it to the entry in the configuration, for the scope in which it is attached."
)
_REQUIRED_REMEDIATION = (
    "Attach the policy at the scope that is required, or change the entry in the configuration."
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
        f"every policy is intended: {escape(principal.name)} has {_grants(case, principal.holdings.held)}"
    )


def _unintended(case: Case, principal: CheckedPrincipal, grants: list[Grant]) -> Verdict:
    misspelt = _misspelt(case, principal.entries, grants)
    slips = _misspelt_groups(case, principal.entries, grants)
    return failed(
        # However many they are: each has to be detached.
        f"{escape(principal.name)} has {_grants(case, grants, most=len(grants))};"
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
        if (name := nearest(policy, missing, _ALIKE)) is not None
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
        for name in near_words(meant, names, _NEAR, most=1) if meant else ():
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


def _is_intended(case: Case, grant: Grant, entries: Iterable[Entry]) -> Answer:
    return any_of(all_of((entry.fits, _covers(case, entry.intent, grant))) for entry in entries)


def _covers(case: Case, intent: RoleIntent, grant: Grant) -> Answer:
    """Whether an entry intends a policy for the scope in which it is attached."""
    policy, group = str(grant.policy), grant.resource_group_id
    if policy in intent.policies:
        return True
    if group is None:
        return False
    by_group = intent.resource_groups or {}
    named = (written for written, policies in by_group.items() if policy in policies)
    return any_of(case.resource_groups.means(written, group) for written in named)


def _is_judged(case: Case, policy: PolicyRef) -> Answer:
    """Whether a policy is judged: with `grants: eci`, only if it may concern ECI."""
    if case.intent.grants == "all":
        return True
    document = document_found(case.inventory, policy)
    return document if isinstance(document, Unreadable) else may_concern_eci(document)


def _grants(case: Case, grants: Iterable[Grant], most: int = 12) -> str:
    """Policies with the paths by which they are held: `'P', attached directly, account-wide`."""
    words = (f"{quote(str(grant.policy))}, {path_label(case, grant)}" for grant in grants)
    return join_words(words, most=most, between="; ")


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


def _requires(intent: RoleIntent) -> bool:
    return bool(intent.required_policies or intent.required_resource_groups)


def _requiring_sections(intent: Account) -> tuple[PrincipalSection, ...]:
    """The sections of the configuration in which some entry requires a policy."""
    sections: tuple[PrincipalSection, ...] = ("users", "roles")
    return tuple(section for section in sections if any(map(_requires, getattr(intent, section) or ())))


@check(
    "user-required-policies",
    severity="medium",
    section="2",
    calls=(*CALLS["users"], "resourcemanager:ListResourceGroups"),
    remediation=_REQUIRED_REMEDIATION,
    enabled_when=Requirement(
        lambda intent: bool(_requiring_sections(intent)),
        "no entry of `users` has `required_policies` or `required_resource_groups`",
    ),
    resource_type="user",
)
def user_required_policies(case: Case) -> Iterator[Finding]:
    """Every required policy is attached at its scope: account-wide, directly or through a group; or on its group.

    Where an entry of `roles` requires a policy, the roles that it matches are judged too.
    """
    return over_principals(
        case,
        _requiring_sections(case.intent),
        _required_policies,
        nobody="no principal matches an entry with required policies",
    )


def _required_policies(case: Case, principal: CheckedPrincipal) -> Verdict | None:
    entries = [entry for entry in principal.entries if _requires(entry.intent)]
    if not entries:
        return None
    missing: list[tuple[str, str]] = []
    causes: list[Unreadable] = []
    for entry in entries:
        for policy, words, hidden_by in _lacking(case, entry.intent, principal):
            reasons = [part for part in (entry.fits, *hidden_by) if isinstance(part, Unreadable)]
            causes += reasons
            missing += [] if reasons else [(policy, words)]
    path = (principal.section, entries[0].index)
    if missing:
        return _missing(case, principal, missing, path)
    if causes:
        return unknown(
            *causes, because="it is not known whether every required policy is attached", config_path=path
        )
    return passed(f"{escape(principal.name)} has every required policy at its scope", config_path=path)


def _missing(
    case: Case, principal: CheckedPrincipal, missing: list[tuple[str, str]], path: ConfigPath
) -> Verdict:
    lacking = dict.fromkeys(words for _, words in missing)
    attached = _grants(case, principal.holdings.held)
    slips = _required_and_misspelt(case, missing)
    return failed(
        f"{escape(principal.name)} lacks {join_words(lacking)}, which is required; attached: {attached}"
        f"{''.join(slip.question for slip in slips)}",
        remediation=" ".join([*(slip.remediation for slip in slips), _REQUIRED_REMEDIATION]),
        config_path=path,
        policies=tuple(dict.fromkeys(policy for policy, _ in missing)),
        reasons=lacking,
        without=lambda accepted: _missing(
            case, principal, [part for part in missing if part[0] not in accepted], path
        ),
    )


def _required_and_misspelt(case: Case, missing: Iterable[tuple[str, str]]) -> list[Misspelt]:
    """The required policies that no policy is called, and whose names are near to that of a policy."""
    names = case.existing.names("policy")
    known = sorted(names) if isinstance(names, frozenset) else []
    return [
        Misspelt("policy", policy, near)
        for policy in dict.fromkeys(policy for policy, _ in missing)
        if case.existing.exists("policy", policy) is False
        for near in near_words(policy, known, _ALIKE, most=1)
    ]


def _lacking(
    case: Case, intent: RoleIntent, principal: CheckedPrincipal
) -> Iterator[tuple[str, str, tuple[Unreadable, ...]]]:
    """Each required policy that is not seen to be attached: its name, its scope in words, and what may hide it."""
    attached = {(str(grant.policy), grant.resource_group_id) for grant in principal.holdings.held}
    gaps = principal.holdings.gaps
    for policy in intent.required_policies:
        if (policy, None) not in attached:
            yield policy, f"{quote(policy)} account-wide", _may_hide(gaps, "account")
    for written, policies in intent.required_resource_groups.items():
        group = case.resource_groups.id_of(written)
        known = group if isinstance(group, str) else written
        ambiguous = (group,) if isinstance(group, Unreadable) else ()
        for policy in policies:
            if (policy, known) in attached:
                continue
            label = f"{quote(policy)} on resource group {group_label(case, known)}"
            if group is None:
                yield policy, f"{label}, which does not exist", ()
            else:
                yield policy, label, (*ambiguous, *_may_hide(gaps, "resource_group"))


def _may_hide(gaps: Iterable[GrantGap], scope: str) -> tuple[Unreadable, ...]:
    return tuple(gap.cause for gap in gaps if gap.scope in (scope, "any"))
