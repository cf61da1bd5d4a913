"""The documents of policies, read side by side."""

from __future__ import annotations

from collections.abc import Iterable

from ..inventory.facts import Policy, PolicyRef
from . import ram
from .caller import Caller
from .paging import gather


async def documents_of(caller: Caller, refs: Iterable[PolicyRef]) -> dict[PolicyRef, Policy]:
    """The policies with their documents."""
    ordered = sorted(refs)
    policies = await gather(ram.policy(caller, ref) for ref in ordered)
    return dict(zip(ordered, policies, strict=True))


async def documents_if_any(caller: Caller, refs: Iterable[PolicyRef]) -> dict[PolicyRef, Policy]:
    """The policies, as far as they exist, that nothing is known to be attached to."""
    ordered = sorted(refs)
    policies = await gather(ram.policy_if_any(caller, ref) for ref in ordered)
    return {ref: policy for ref, policy in zip(ordered, policies, strict=True) if policy is not None}
