"""Whether a system policy still says what was documented, or what was reviewed."""

from __future__ import annotations

from collections.abc import Mapping

from ...config.model import Account
from ...inventory.facts import Inventory, Policy, PolicyRef, Unreadable
from ...messages import escape, join_words, quote
from ...policy import editions
from ...policy.diff import compare
from ...results import Resource
from .case import Finding, failed, passed, unknown


def expected_document(intent: Account, policy_name: str, written: str) -> str | None:
    """The document that `written`, a documented edition or the path of a reviewed document, names: JSON text.

    None where no such edition of that policy is documented.
    """
    if written in editions.editions(policy_name):
        return editions.document(policy_name, written)
    try:
        return intent.document(written)
    except KeyError:
        return None


def document_found(inventory: Inventory, ref: PolicyRef) -> str | Unreadable:
    """The effective document of a policy, or why it is not there."""
    policies: Mapping[PolicyRef, Policy] = inventory.policies
    policy = policies.get(ref)
    if policy is None or not policy.policy_document:
        return Unreadable("ram:GetPolicy", "NotRead", subject=str(ref))
    return policy.policy_document


def content_judged(
    inventory: Inventory, resource: Resource, policy: str, expected: str | None, written: str
) -> Finding:
    """Whether a system policy has the content of `expected` (JSON text), which `written` names."""
    if expected is None:
        known = join_words(map(quote, editions.editions(policy)), last="or")
        return unknown(
            resource,
            because=f"no edition {quote(written)} of {policy} is documented (known: {known})",
            remediation="Name a documented edition, or the path of a reviewed document, in the configuration.",
        )
    found = document_found(inventory, PolicyRef("System", policy))
    if isinstance(found, Unreadable):
        return unknown(resource, found, because=f"what {policy} says is not known")
    difference = compare(expected, found)
    which = f"{policy} is not as {quote(written)} says"
    if difference.found:
        return failed(resource, f"{which}: {escape(str(difference))}")
    if difference.doubts:
        return unknown(resource, because=f"whether {which}: {escape(join_words(difference.doubts))}")
    return passed(resource, f"{policy} says what {quote(written)} says")
