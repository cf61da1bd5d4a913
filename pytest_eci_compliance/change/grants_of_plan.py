"""Policy attachments that a plan adds and removes."""

from __future__ import annotations

from ..inventory.facts import PolicyAttachment, PrincipalType
from .doubts import doubt
from .draft import Draft, draft_key, fold_name
from .model import GrantState, Origin, Unknown


def add_grant(draft: Draft, state: GrantState, origin: Origin) -> None:
    """Attach a policy; what is unknown of it makes the grants unknown that it could be."""
    key = draft_key(state)
    if key is None:
        doubt(draft, state, origin, _unknown_part(state))
        return
    kind: PrincipalType = state.principal_type  # type: ignore[assignment]
    ref = draft.policy_ref(str(state.policy_name), str(state.policy_type))
    name = draft.principal_name(kind, str(state.principal_name))
    draft.grants.setdefault(key, PolicyAttachment(ref.policy_type, ref.policy_name, kind, name, key.scope))


def remove_grant(draft: Draft, state: GrantState, origin: Origin) -> None:
    """Detach a policy. Deletions of what is not there are listed elsewhere, and change nothing."""
    key = draft_key(state)
    if key is None:
        doubt(draft, state, origin, _unknown_part(state))
        take_away(draft, state)
    else:
        draft.grants.pop(key, None)


def take_away(draft: Draft, state: GrantState) -> None:
    """Take away every policy attachment that a state with unknown parts may be: a Deny that may go protects nobody."""
    names = (state.policy_name, state.principal_name)
    policy, principal = (fold_name(name) if isinstance(name, str) else None for name in names)
    for key in list(draft.grants):
        parts = (
            (state.policy_type, key.policy_type),
            (policy, key.policy_name),
            (state.principal_type, key.principal_type),
            (principal, key.principal_name),
        )
        is_possible = all(not isinstance(part, str) or part == own for part, own in parts)
        if is_possible and (isinstance(state.scope, Unknown) or state.scope == key.scope):
            draft.grants.pop(key)


def _unknown_part(state: GrantState) -> str:
    parts = (state.policy_type, state.policy_name, state.principal_type, state.principal_name, state.scope)
    return "; ".join(str(part) for part in parts if isinstance(part, Unknown))
