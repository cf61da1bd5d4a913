"""The policies that must be attached to RAM users and roles (section 2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..inventory.facts import GrantGap, Unreadable
from ..messages import escape, join_words, quote
from ..spelling import near_words
from .support.case import Case
from .support.decorators import over_principals
from .support.misspelt import POLICIES_ALIKE, Misspelt
from .support.principals import CALLS, CheckedPrincipal, PrincipalSection
from .support.registry import Requirement, check
from .support.resources import grants_label, group_label
from .support.verdicts import ConfigPath, Finding, Verdict, failed, passed, unknown

if TYPE_CHECKING:
    from ..config.model import Account, RoleIntent

_REMEDIATION = "Attach the policy at the scope that is required, or change the entry in the configuration."


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
    remediation=_REMEDIATION,
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
        _judge_required,
        nobody="no principal matches an entry with required policies",
    )


def _judge_required(case: Case, principal: CheckedPrincipal) -> Verdict | None:
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
    attached = grants_label(case, principal.holdings.held)
    slips = _required_and_misspelt(case, missing)
    return failed(
        f"{escape(principal.name)} lacks {join_words(lacking)}, which is required; attached: {attached}"
        f"{''.join(slip.question for slip in slips)}",
        remediation=" ".join([*(slip.remediation for slip in slips), _REMEDIATION]),
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
        for near in near_words(policy, known, POLICIES_ALIKE, most=1)
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
