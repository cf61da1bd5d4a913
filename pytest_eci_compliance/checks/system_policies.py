"""The system policies of section 2: ECI updates them, and everybody who holds them then holds something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..messages import join_words
from ..policy import editions
from ..results import Resource
from .support.case import Case, Finding, check, skipped, unknown, unless
from .support.documents import content_judged, expected_document

if TYPE_CHECKING:
    from ..config.model import Account

DOCUMENTED = ("AliyunECIFullAccess", "AliyunECIReadOnlyAccess")


@check(
    "system-policy",
    severity="high",
    section="2",
    calls=("resourcemanager:ListPolicyAttachments", "ram:GetPolicy"),
    remediation="Review what the policy says now (aliyun ram GetPolicy --PolicyType System --PolicyName NAME): if"
    " that is acceptable, save it and pin it under `system_policies`, else attach a custom policy instead.",
    off=unless("users", "system_policies"),
    about="policy",
)
def system_policy(case: Case) -> Iterator[Finding]:
    """A system policy that somebody holds says what is documented, or what was reviewed and pinned."""
    wanted = _wanted(case.intent)
    held = {ref.policy_name for ref in case.grants.policies() if ref.policy_type == "System"}
    for name, written in sorted(wanted.items()):
        if name in held:
            yield _judged(case, name, written)
    if held.issuperset(wanted):
        return
    gaps = tuple(gap.cause for gap in case.inventory.attachments.gaps)
    if gaps:
        missing = join_words(sorted(set(wanted) - held))
        yield unknown(
            Resource("policy", "*"), *gaps, because=f"whether somebody holds {missing} is not known"
        )
    elif not held & set(wanted):
        said = f"nobody holds {join_words(sorted(wanted), last='or')}: every grant of the account was read"
        yield skipped(Resource("policy", "*"), said)


def _wanted(intent: Account) -> Mapping[str, str]:
    """What each policy is compared with, as the configuration writes it: the pinned one, else the documented."""
    pinned = intent.system_policies or {}
    return {**{name: editions.editions(name)[-1] for name in DOCUMENTED}, **pinned}


def _judged(case: Case, name: str, written: str) -> Finding:
    expected = expected_document(case.intent, name, written)
    pinned = name in (case.intent.system_policies or {})
    path = ("system_policies", name) if pinned else ("users",)
    finding = content_judged(case.inventory, Resource("policy", name, name), name, expected, written)
    return Finding(finding.resource, finding.outcome, finding.message, finding.remediation, config_path=path)
