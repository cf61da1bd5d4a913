"""Whether a system policy still says what was documented, or what was reviewed."""

from __future__ import annotations

from collections.abc import Mapping

from .. import documents
from ..config.model import Account
from ..inventory import Inventory, Policy, PolicyRef, Unreadable
from ..outcome import Resource
from ..policy.compare import compare
from ..words import listed, plain, quote
from .base import Finding, failed, passed, unknown


def expected_document(intent: Account, policy_name: str, written: str) -> str | None:
    """The document that `written`, a documented edition or the path of a reviewed document, names: JSON text.

    None where no such edition of that policy is documented.
    """
    if written in documents.editions(policy_name):
        return documents.document(policy_name, written)
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
        known = listed(map(quote, documents.editions(policy)), last="or")
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
        return failed(resource, f"{which}: {plain(str(difference))}")
    if difference.doubts:
        return unknown(resource, because=f"whether {which}: {plain(listed(difference.doubts))}")
    return passed(resource, f"{policy} says what {quote(written)} says")
