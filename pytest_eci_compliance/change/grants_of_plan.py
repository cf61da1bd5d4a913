"""Policy attachments that a plan adds and removes."""

from __future__ import annotations

from ..inventory.facts import PolicyAttachment, PrincipalType
from .draft import Draft, key_of
from .model import GrantState, Origin, Unknown


def add_grant(draft: Draft, state: GrantState, origin: Origin) -> None:
    """Attach a policy; what is unknown of it makes the grants unknown that it could be."""
    key = key_of(state)
    if key is None:
        draft.doubt(state, origin, _unknown_part(state))
        return
    kind: PrincipalType = state.principal_type  # type: ignore[assignment]
    ref = draft.policy_ref(str(state.policy_name), str(state.policy_type))
    name = draft.principal_name(kind, str(state.principal_name))
    draft.grants.setdefault(key, PolicyAttachment(ref.policy_type, ref.policy_name, kind, name, key.scope))


def remove_grant(draft: Draft, state: GrantState, origin: Origin) -> None:
    """Detach a policy. Deletions of what is not there are listed elsewhere, and change nothing."""
    key = key_of(state)
    if key is None:
        draft.doubt(state, origin, _unknown_part(state))
    else:
        draft.grants.pop(key, None)


def _unknown_part(state: GrantState) -> str:
    parts = (state.policy_type, state.policy_name, state.principal_type, state.principal_name, state.scope)
    return "; ".join(str(part) for part in parts if isinstance(part, Unknown))
