"""What another version of a policy gives to those who have the policy: a comparison with the default version."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ..changed_calls import ChangedCall, changed_calls, understood
from ..document import Document
from ..three_valued import Truth


class Gain(NamedTuple):
    """What a version gives against the default version: `allows_more` is whether it allows a call that the default
    version does not (None: that cannot be compared), `lifts_deny` whether a call is denied no longer that another
    policy may allow."""

    allows_more: Truth
    lifts_deny: bool


@lru_cache(maxsize=4096)
def gain_of(version: Document, default: Document) -> Gain:
    """What a version gives against the default version, by every call that the two decide differently."""
    if version.problem or default.problem:
        return Gain(None, lifts_deny=False)
    if not all(understood(statement) for statement in (*version.statements, *default.statements)):
        return Gain(None, lifts_deny=False)
    lifts_deny, is_doubtful = False, False
    for change in changed_calls(default.statements, version.statements):
        if not isinstance(change, ChangedCall):
            is_doubtful = True
        elif change.after == "allowed":
            return Gain(allows_more=True, lifts_deny=False)
        elif change.before == "denied":
            lifts_deny = True
    return Gain(None if is_doubtful else False, lifts_deny)
