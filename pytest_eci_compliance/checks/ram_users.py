"""What RAM users and roles hold, against what is intended and what is required (sections 2 and 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from ..inventory.facts import GrantGap, PolicyRef, Unreadable
from ..inventory.grants import Grant
from ..messages import command, join_words, quote
from ..policy.relevance import may_concern_eci
from .support.case import Case, Finding, check, failed, passed, unknown, unless
from .support.documents import document_found
from .support.principals import CALLS_ROLES, CALLS_USERS, Entry, Principal, nobody, roles, users
from .support.resources import group_label, path_label
from .support.selectors import Answer, any_of

if TYPE_CHECKING:
    from ..config.model import Account, RoleIntent

REMEDIATION = (
    "Detach the policy, or add it to the entry in the configuration, for the scope in which it is held."
)
# Resource groups are found by name, and `grants: eci` reads the documents.
_MORE_CALLS = ("resourcemanager:ListResourceGroups", "ram:GetPolicy")


@check(
    "user-intended-policies",
    severity="high",
    section="2",
    calls=(*CALLS_USERS, *_MORE_CALLS),
    remediation=REMEDIATION,
    off=unless("users"),
    about="user",
)
def user_intended_policies(case: Case) -> Iterator[Finding]:
    """Every grant that a user holds, directly, through groups or on a resource group, is intended for that scope.

    What is intended account-wide is intended on every resource group. A user whom no entry fits may hold nothing.
    """
    anybody = False
    for one in users(case):
        anybody = True
        yield one if isinstance(one, Finding) else _intended_judged(case, one)
    if not anybody:
        yield nobody(case, "users", "no user exists")


@check(
    "role-intended-policies",
    severity="high",
    section="5",
    calls=(*CALLS_ROLES, *_MORE_CALLS),
    remediation=REMEDIATION,
    off=unless("roles"),
    about="role",
)
def role_intended_policies(case: Case) -> Iterator[Finding]:
    """Every grant that a role holds is intended for that scope; only roles that an entry fits are judged."""
    anybody = False
    for one in roles(case):
        anybody = True
        yield one if isinstance(one, Finding) else _intended_judged(case, one)
    if not anybody:
        yield nobody(case, "roles", "no role that an entry fits exists")


def _intended_judged(case: Case, one: Principal) -> Finding:
    unintended: list[Grant] = []
    causes: list[Unreadable] = [gap.cause for gap in one.holdings.gaps]
    for held in one.holdings.held:
        allowed = _is_intended(case, held, one.entries)
        concerns = allowed is not True and _is_judged(case, held.policy)
        if allowed is False and concerns is True:
            unintended.append(held)
        elif concerns is not False:
            causes += [part for part in (allowed, concerns) if isinstance(part, Unreadable)]
    if unintended:
        return _unintended_failed(case, one, unintended)
    if causes:
        because = "whether every grant that it holds is intended is not known"
        return unknown(one.resource, *causes, because=because, config_path=one.config_path)
    return passed(one.resource, _passed_words(case, one), config_path=one.config_path)


def _unintended_failed(case: Case, one: Principal, unintended: list[Grant]) -> Finding:
    # However many they are: each is to be mended.
    held_words = join_words(_words(case, unintended), most=len(unintended))
    mends = dict.fromkeys(_detach(case, one, held) for held in unintended[:3])
    return failed(
        one.resource,
        f"it holds {held_words}; expected {_expected(case, one.entries)}",
        remediation=f"{REMEDIATION} To detach: {' '.join(mends)}",
        config_path=one.config_path,
        policies=tuple(dict.fromkeys(str(held.policy) for held in unintended)),
        without=lambda accepted: _unintended_failed(
            case, one, [held for held in unintended if str(held.policy) not in accepted]
        ),
    )


def _is_intended(case: Case, held: Grant, entries: Iterable[Entry]) -> Answer:
    return any_of(_both(entry.fits, _covers(case, entry.intent, held)) for entry in entries)


def _both(one: Answer, other: Answer) -> Answer:
    if one is False or other is False:
        return False
    return other if one is True else one


def _covers(case: Case, intent: RoleIntent, held: Grant) -> Answer:
    """Whether an entry intends a policy for the scope in which it is held."""
    policy, group = str(held.policy), held.resource_group_id
    if policy in intent.policies:
        return True
    if group is None:
        return False
    by_group = intent.resource_groups or {}
    named = (written for written, policies in by_group.items() if policy in policies)
    return any_of(case.resource_groups.means(written, group) for written in named)


def _is_judged(case: Case, policy: PolicyRef) -> Answer:
    """Whether a grant of a policy is judged: with `grants: eci`, only if it may concern ECI."""
    if case.intent.grants == "all":
        return True
    document = document_found(case.inventory, policy)
    return document if isinstance(document, Unreadable) else may_concern_eci(document)


def _passed_words(case: Case, one: Principal) -> str:
    if not one.holdings.held:
        return "it holds nothing"
    held = join_words(_words(case, one.holdings.held))
    return f"every grant that is judged is intended: it holds {held}"


def _words(case: Case, some: Iterable[Grant]) -> Iterator[str]:
    return (f"{quote(str(held.policy))} {path_label(case, held)}" for held in some)


def _expected(case: Case, entries: Iterable[Entry]) -> str:
    """What the entries that fit intend, in words."""
    scopes: dict[str, list[str]] = {}
    for entry in entries:
        scopes.setdefault("on the whole account", []).extend(entry.intent.policies)
        for written, policies in (entry.intent.resource_groups or {}).items():
            scopes.setdefault(f"on resource group {group_label(case, written)}", []).extend(policies)
    said = [
        f"{join_words(map(quote, dict.fromkeys(policies)))} {scope}"
        for scope, policies in scopes.items()
        if policies
    ]
    return f"only {join_words(said)}" if said else "nothing: no entry that fits it intends any policy"


_DETACH = {
    "IMSUser": ("User", "--UserName"),
    "IMSGroup": ("Group", "--GroupName"),
    "ServiceRole": ("Role", "--RoleName"),
}


def _detach(case: Case, one: Principal, held: Grant) -> str:
    """The command that takes a grant away."""
    if held.group is not None:
        return command(
            "aliyun", "ram", "RemoveUserFromGroup", "--UserName", one.name, "--GroupName", held.group
        )
    policy = ("--PolicyType", held.policy.policy_type, "--PolicyName", held.policy.policy_name)
    if held.resource_group_id is None:
        noun, option = _DETACH[one.type]
        return command("aliyun", "ram", f"DetachPolicyFrom{noun}", *policy, option, one.name)
    domain = "onaliyun.com" if one.type == "IMSUser" else "onaliyunservice.com"
    at = "" if one.type == "IMSUser" else "role."
    principal = f"{one.name}@{at}{case.inventory.account_id}.{domain}"
    scope = (
        "--ResourceGroupId",
        held.resource_group_id,
        "--PrincipalType",
        one.type,
        "--PrincipalName",
        principal,
    )
    return command("aliyun", "resourcemanager", "DetachPolicy", *policy, *scope)


def _requires(intent: RoleIntent) -> bool:
    return bool(intent.required_policies or intent.required_resource_groups)


def _nothing_required(intent: Account) -> str | None:
    if any(_requires(entry) for entry in (*(intent.users or ()), *(intent.roles or ()))):
        return None
    return "no entry of `users` has `required_policies` or `required_resource_groups`"


@check(
    "user-required-policies",
    severity="medium",
    section="2",
    calls=(*CALLS_USERS, "resourcemanager:ListResourceGroups"),
    remediation="Attach the policy at the scope that is required, or change the entry in the configuration.",
    off=_nothing_required,
    about="user",
)
def user_required_policies(case: Case) -> Iterator[Finding]:
    """Every required grant is held at its scope: account-wide, directly or through a group; or on its group.

    Where an entry of `roles` requires a policy, the roles that it fits are judged too.
    """
    anybody = False
    for one in _who_must_hold(case):
        anybody = True
        yield one if isinstance(one, Finding) else _required_judged(case, one)
    if not anybody:
        section: Literal["users", "roles"] = (
            "users" if any(map(_requires, case.intent.users or ())) else "roles"
        )
        yield nobody(case, section, "nobody whom an entry with required policies fits exists")


def _who_must_hold(case: Case) -> Iterator[Principal | Finding]:
    if any(map(_requires, case.intent.users or ())):
        yield from (one for one in users(case) if isinstance(one, Finding) or _must_hold(one))
    if any(map(_requires, case.intent.roles or ())):
        yield from (one for one in roles(case) if isinstance(one, Finding) or _must_hold(one))


def _must_hold(one: Principal) -> bool:
    return any(_requires(entry.intent) for entry in one.entries)


def _required_judged(case: Case, one: Principal) -> Finding:
    missing: list[tuple[str, str]] = []
    causes: list[Unreadable] = []
    for entry in one.entries:
        for policy, what, lacking in _lacking(case, entry.intent, one):
            reasons = [part for part in (entry.fits, *lacking) if isinstance(part, Unreadable)]
            causes += reasons
            missing += [] if reasons else [(policy, what)]
    path = next((one.section, entry.index) for entry in one.entries if _requires(entry.intent))
    if missing:
        return _missing_failed(case, one, missing, path)
    if causes:
        because = "whether it holds every required policy is not known"
        return unknown(one.resource, *causes, because=because, config_path=path)
    return passed(one.resource, "it holds every required policy at its scope", config_path=path)


def _missing_failed(
    case: Case, one: Principal, missing: list[tuple[str, str]], path: tuple[str | int, ...]
) -> Finding:
    held = join_words(_words(case, one.holdings.held))
    lacks = join_words(dict.fromkeys(what for _, what in missing))
    return failed(
        one.resource,
        f"it does not hold {lacks}, which is required; it holds {held}",
        config_path=path,
        policies=tuple(dict.fromkeys(policy for policy, _ in missing)),
        without=lambda accepted: _missing_failed(
            case, one, [pair for pair in missing if pair[0] not in accepted], path
        ),
    )


def _lacking(
    case: Case, intent: RoleIntent, one: Principal
) -> Iterator[tuple[str, str, tuple[Unreadable, ...]]]:
    """Each required grant that is not seen to be held: its policy, the grant in words, and what may hide it."""
    held = {(str(held.policy), held.resource_group_id) for held in one.holdings.held}
    for policy in intent.required_policies:
        if (policy, None) not in held:
            words = f"{quote(policy)} on the whole account"
            yield policy, words, _may_hide(one.holdings.gaps, "account")
    for written, policies in intent.required_resource_groups.items():
        group = case.resource_groups.id_of(written)
        known = group if isinstance(group, str) else written
        hidden = (group,) if isinstance(group, Unreadable) else ()
        for policy in policies:
            if (policy, known) not in held:
                nowhere = " (which does not exist)" if group is None else ""
                what = f"{quote(policy)} on resource group {group_label(case, known)}{nowhere}"
                yield (
                    policy,
                    what,
                    () if group is None else (*hidden, *_may_hide(one.holdings.gaps, "resource_group")),
                )


def _may_hide(gaps: Iterable[GrantGap], scope: str) -> tuple[Unreadable, ...]:
    return tuple(gap.cause for gap in gaps if gap.scope in (scope, "any"))
