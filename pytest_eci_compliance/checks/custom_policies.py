"""Custom policies that somebody holds: each has the content that was reviewed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..config.model import ANY_DOCUMENT
from ..inventory.facts import PolicyRef, Unreadable
from ..messages import command, escape, join_words, quote
from ..policy.diff import compare
from ..policy.relevance import may_concern_eci, may_deny_eci
from ..results import Resource
from .support.case import Case
from .support.documents import document_found
from .support.registry import check, has_section
from .support.verdicts import Finding, failed, passed, skipped, unknown

if TYPE_CHECKING:
    from ..inventory.facts import PolicyAttachment

CALLS_OF_CUSTOM_POLICIES = ("resourcemanager:ListPolicyAttachments", "ram:GetPolicy")
REVIEW = "Review the document, and detach the policy where its content is not intended."
_PRINCIPALS = {"IMSUser": "user", "IMSGroup": "group", "ServiceRole": "role"}


@check(
    "custom-policy",
    severity="high",
    section="2",
    calls=CALLS_OF_CUSTOM_POLICIES,
    remediation=REVIEW,
    enabled_when=has_section("custom_policies"),
    resource_type="policy",
)
def custom_policy(case: Case) -> Iterator[Finding]:
    """A custom policy that somebody holds has the reviewed content that `custom_policies` names.

    Documents are compared by meaning: order, case of actions, splitting, repetition, and what a wildcard covers
    already, make no difference. A policy that is held and not listed fails: nobody has reviewed it.
    """
    for policy in judged_policies(case):
        yield policy if isinstance(policy, Finding) else _evaluate(case, *policy)


def judged_policies(
    case: Case, *, with_denies: bool = False
) -> Iterator[tuple[PolicyRef, str | Unreadable] | Finding]:
    """Every custom policy that is held and judged, with its document, or why that could not be read.

    Under `grants: eci` a policy that can allow nothing of ECI, and that `custom_policies` does not list, is left out;
    `with_denies` keeps those that may deny ECI actions. Where no policy is left: one skipped
    finding. Where grants could not be read: one unknown finding more.
    """
    anything = False
    for ref in sorted(ref for ref in case.grants.policies() if ref.policy_type == "Custom"):
        text = document_found(case.inventory, ref)
        if _is_judged(case, ref, text) or (
            with_denies and not isinstance(text, Unreadable) and may_deny_eci(text)
        ):
            anything = True
            yield ref, text
    gaps = tuple(gap.cause for gap in case.inventory.attachments.gaps)
    if gaps:
        because = "whether somebody holds further custom policies is not known"
        yield unknown(*gaps, because=because).on(Resource("policy", "*"))
    elif not anything:
        which = " that may concern ECI" if case.intent.grants == "eci" else ""
        message = f"nobody holds a custom policy{which}: every policy attachment of the account was read"
        yield skipped(message).on(Resource("policy", "*"))


def _is_judged(case: Case, ref: PolicyRef, text: str | Unreadable) -> bool:
    """Whether a policy is judged; one that only denies has to be listed for it."""
    if case.intent.grants == "all" or ref.policy_name in (case.intent.custom_policies or {}):
        return True
    return isinstance(text, Unreadable) or may_concern_eci(text)


def policy_resource(ref: PolicyRef) -> Resource:
    """A custom policy as reports name it."""
    return Resource("policy", str(ref), ref.policy_name)


def unread_content(ref: PolicyRef, cause: Unreadable) -> Finding:
    """The finding on a policy whose document could not be read."""
    because = f"the content of {escape(str(ref))} is not known"
    return unknown(cause, because=because).on(policy_resource(ref))


def _evaluate(case: Case, ref: PolicyRef, text: str | Unreadable) -> Finding:
    reviewed = case.intent.custom_policies or {}
    written = reviewed.get(ref.policy_name)
    resource, path = policy_resource(ref), ("custom_policies", ref.policy_name)
    name = escape(str(ref))
    if written is None and case.intent.grants == "eci" and isinstance(text, Unreadable):
        return unread_content(ref, text)  # whether it concerns ECI is not known
    if written is None:
        return failed(
            f"{name} is not reviewed: it is held by {_holders(case, ref)}, and `custom_policies` does not list it",
            remediation=_how_to_list(ref),
            config_path=("custom_policies",),
            reasons=_all_holders(case, ref),
        ).on(resource)
    if written == ANY_DOCUMENT:
        message = f"{name} is listed with `any`: its content is not compared"
        return passed(message, config_path=path).on(resource)
    if isinstance(text, Unreadable):
        return unread_content(ref, text)
    difference = compare(case.intent.document(written), text, case.intent.assumptions)
    which = f"{name}, held by {_holders(case, ref)}, is not as reviewed in {quote(written)}"
    accept = _how_to_accept(ref, written)
    if difference.found:
        message = f"{which}: {escape(str(difference))}"
        reasons = (*difference.items, *_all_holders(case, ref))
        return failed(message, remediation=accept, config_path=path, reasons=reasons).on(resource)
    if difference.doubts:
        because = f"whether {which} cannot be compared: {escape(join_words(difference.doubts))}"
        reasons = (*difference.doubts, *_all_holders(case, ref))
        return unknown(because=because, remediation=accept, config_path=path, reasons=reasons).on(resource)
    return passed(f"{name} means what {quote(written)} means", config_path=path).on(resource)


def _holders(case: Case, ref: PolicyRef) -> str:
    return join_words(_all_holders(case, ref), most=5)


def _all_holders(case: Case, ref: PolicyRef) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_principal, case.grants.holders(ref))))


def _principal(attachment: PolicyAttachment) -> str:
    return f"{_PRINCIPALS[attachment.principal_type]} {quote(attachment.principal_name)}"


def _how_to_accept(ref: PolicyRef, written: str) -> str:
    return (
        f"If the change is intended, accept it, in the folder of the configuration, with {_save(ref, written)}."
        " If it is not, restore the reviewed document as a new default version, or detach the policy."
    )


def _how_to_list(ref: PolicyRef) -> str:
    path = f"reviewed/{ref.policy_name}.json"
    safe = ref.policy_name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    path = path if safe and not ref.policy_name.startswith(".") else "reviewed/NAME.json"
    return (
        f"Review the document. If it is intended, save it, in the folder of the configuration, with {_save(ref, path)}"
        f" and add `{escape(ref.policy_name)}: {path}` to `custom_policies`. If it is not, detach the policy."
    )


def _save(ref: PolicyRef, path: str) -> str:
    """One command that saves the present document where the configuration looks for the reviewed one."""
    fetch = command("aliyun", "ram", "GetPolicy", "--PolicyType", "Custom", "--PolicyName", ref.policy_name)
    target = command(path)
    return f"{fetch[:-1]} | jq -r .DefaultPolicyVersion.PolicyDocument > {target[1:]}"
