"""Whether a policy has the documented, or the reviewed, content."""

from __future__ import annotations

from collections.abc import Mapping

from ...config.model import Account
from ...inventory.facts import Inventory, Policy, PolicyRef, Unreadable
from ...messages import command, escape, join_words, quote
from ...policy import editions
from ...policy.diff import compare
from .verdicts import Verdict, failed, passed, unknown


def expected_document(intent: Account, policy_name: str, source: str) -> str | None:
    """The expected document as JSON text; `source` is a documented edition, or the path of a reviewed document.

    None where no such edition of that policy is documented.
    """
    if source in editions.editions(policy_name):
        return editions.document(policy_name, source)
    try:
        return intent.document(source)
    except KeyError:
        return None


def document_found(inventory: Inventory, ref: PolicyRef) -> str | Unreadable:
    """The effective document of a policy, or why it is missing."""
    policies: Mapping[PolicyRef, Policy] = inventory.policies
    policy = policies.get(ref)
    if policy is None or not policy.policy_document:
        return Unreadable("ram:GetPolicy", "NotRead", subject=str(ref))
    return policy.policy_document


def content_judged(
    inventory: Inventory, policy: str, expected: str | None, source: str, settled: Mapping[str, bool]
) -> Verdict:
    """Whether a system policy has the content of `expected` (JSON text), which comes from `source`.

    `settled` are the assumptions, by id, that the owner of the account has settled.
    """
    if expected is None:
        known = join_words(map(quote, editions.editions(policy)), last="or")
        return unknown(
            because=f"no edition {quote(source)} of {policy} is documented (known: {known})",
            remediation="Name a documented edition, or the path of a reviewed document, in the configuration.",
        )
    document = document_found(inventory, PolicyRef("System", policy))
    if isinstance(document, Unreadable):
        return unknown(document, because=f"the document of {policy} could not be read")
    difference = compare(expected, document, settled)
    if difference.found:
        edition = _edition_found(policy, source, document)
        is_edition = f"; it is the documented edition {quote(edition)}" if edition else ""
        return failed(
            f"{policy} differs from {quote(source)}{is_edition}: {escape(str(difference))}",
            remediation=_remediation(policy, edition),
            reasons=difference.items,
        )
    if difference.doubts:
        doubts = escape(join_words(difference.doubts))
        return unknown(
            because=f"it cannot be decided whether {policy} differs from {quote(source)}: {doubts}",
            reasons=difference.doubts,
        )
    return passed(f"{policy} has the content of {quote(source)}")


def _edition_found(policy: str, source: str, document: str) -> str | None:
    """The documented edition, other than `source`, that a document has the content of; None where there is none."""
    for edition in editions.other_editions(policy, source):
        difference = compare(editions.document(policy, edition), document)
        if not difference.found and not difference.doubts:
            return edition
    return None


def _remediation(policy: str, edition: str | None) -> str:
    """What to do about a system policy whose content changed: Alibaba Cloud changes it, the account cannot."""
    page = f"Compare it with its official page, {editions.official_page(policy)}"
    if edition is not None:
        return f"{page}, and name the edition {quote(edition)} in the configuration if it is acceptable."
    show = command("aliyun", "ram", "GetPolicy", "--PolicyType", "System", "--PolicyName", policy)
    return f"{page}. If it is acceptable, save the current document ({show}), and name its path in the configuration."
