"""The system policies of section 2. ECI updates them, which changes what their holders may do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ..messages import join_words
from ..policy import editions
from ..results import Resource
from .support.case import Case
from .support.documents import content_judged, expected_document
from .support.registry import check, has_section
from .support.verdicts import Finding, skipped, unknown

if TYPE_CHECKING:
    from ..config.model import Account

DOCUMENTED = ("AliyunECIFullAccess", "AliyunECIReadOnlyAccess")


@check(
    "system-policy",
    severity="high",
    section="2",
    calls=("resourcemanager:ListPolicyAttachments", "ram:GetPolicy"),
    remediation="Review the current document (aliyun ram GetPolicy --PolicyType System --PolicyName NAME). If it is"
    " acceptable, save it and pin it under `system_policies`; else attach a custom policy instead.",
    enabled_when=has_section("users", "system_policies"),
    resource_type="policy",
)
def system_policy(case: Case) -> Iterator[Finding]:
    """A system policy that is attached to a principal has the documented content, or the pinned one."""
    sources = _sources(case.intent)
    held = {ref.policy_name for ref in case.grants.policies() if ref.policy_type == "System"}
    for name, source in sorted(sources.items()):
        if name in held:
            yield _finding(case, name, source)
    if held.issuperset(sources):
        return
    gaps = tuple(gap.cause for gap in case.inventory.attachments.gaps)
    if gaps:
        names = join_words(sorted(set(sources) - held), last="or")
        because = f"it is not known whether {names} is attached to a principal"
        yield unknown(*gaps, because=because).on(Resource("policy", "*"))
    elif not held & set(sources):
        names = join_words(sorted(sources), last="or")
        message = f"no principal has {names} (every policy attachment of the account was read)"
        yield skipped(message).on(Resource("policy", "*"))


def _sources(intent: Account) -> Mapping[str, str]:
    """What each policy is compared with: the pinned document, else the newest documented edition."""
    pinned = intent.system_policies or {}
    return {**{name: editions.editions(name)[-1] for name in DOCUMENTED}, **pinned}


def _finding(case: Case, name: str, source: str) -> Finding:
    expected = expected_document(case.intent, name, source)
    is_pinned = name in (case.intent.system_policies or {})
    path = ("system_policies", name) if is_pinned else ("users",)
    verdict = content_judged(case.inventory, name, expected, source, case.intent.assumptions)
    return replace(verdict, config_path=path).on(Resource("policy", name, name))
