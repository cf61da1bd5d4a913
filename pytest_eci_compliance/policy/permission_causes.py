"""By which change of the account an identity gained or lost a permission."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from ..inventory.grants import Grant
from .decision import AccessDecision
from .permission_sides import Content, Identity, Side

Source: TypeAlias = "tuple[Content, str | None]"
"""The document that decides, and the scope in which it is held."""


def source_of(side: Side, verdict: AccessDecision) -> Source | None:
    """The document that decides a verdict, and its scope; None where no statement does."""
    if verdict.ground is None:
        return None
    grant = verdict.ground.grant
    kind, _, name = grant.policy.rpartition("/")
    policy = next(
        ref
        for ref in side.inventory.policies
        if ref.policy_name == name and (ref.policy_type == "Custom") == (kind == "Custom")
    )
    return side.content(policy), grant.scope


def causes(
    identity: Identity,
    here: Side,
    there: Side,
    allow: Source | None,
    deny: Source | None,
    *,
    appeared: bool,
) -> str:
    """Why an identity has a permission on the side `here` and not on the side `there`.

    `allow` is what allows it here, `deny` what denies it there. `appeared` says that `here` is the later side.
    """
    if identity not in there.identities:
        return f"new identity: {identity}" if appeared else f"identity removed: {identity}"
    reasons: dict[str, None] = {}
    if allow is not None:
        reasons |= dict.fromkeys(_differences(identity, here, there, allow, appeared=appeared))
    if deny is not None:
        reasons |= dict.fromkeys(_differences(identity, there, here, deny, appeared=not appeared))
    return "; ".join(reasons) or "grant: what it holds changed"


def _differences(
    identity: Identity, with_it: Side, without: Side, source: Source, *, appeared: bool
) -> Iterator[str]:
    """Why an identity holds a document on one side, and not on the other. `came` says that it came."""
    for grant in with_it.held(identity, *source):
        others = without.holdings(identity).held
        same = [other for other in others if other[:2] == grant[:2]]
        if same:
            if with_it.content(grant.policy) != without.content(grant.policy):
                yield f"document: {grant.policy} changed"
            return  # it is held on both sides, by whatever path
        yield _grant(identity, without, grant, appeared=appeared)


def _grant(identity: Identity, without: Side, grant: Grant, *, appeared: bool) -> str:
    scope = (
        "the whole account"
        if grant.resource_group_id is None
        else f"resource group {grant.resource_group_id}"
    )
    if grant.group is not None and grant.group not in without.groups_of(identity):
        verb = "joined" if appeared else "left"
        return f"membership: {identity} {verb} group/{grant.group}, which holds {grant.policy} on {scope}"
    holder = identity if grant.group is None else f"group/{grant.group}"
    verb = "attached to" if appeared else "detached from"
    return f"grant: {grant.policy} {verb} {holder} on {scope}"


def allowing_condition(verdict: AccessDecision) -> str:
    """The condition of the statement that allows a call."""
    if verdict.ground is None:
        return ""
    return " and ".join(map(str, verdict.ground.statement.conditions))
