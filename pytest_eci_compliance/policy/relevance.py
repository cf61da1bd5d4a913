"""Whether a policy may have to do with ECI at all: judged by action patterns alone, on the safe side."""

from __future__ import annotations

from functools import lru_cache

from .document import Statement, parse
from .patterns import Pattern, TooManyPatterns, classes, uncovered

# ECI itself, lending roles to instances, and changing who holds what or what it says. The RAM actions are in
# lower case; ResourceManager's AttachPolicy and DetachPolicy are RAM actions too.
CONCERNS = (
    "eci:*",
    "ram:passrole",
    "ram:attach*",
    "ram:detach*",
    "ram:createpolicy*",
    "ram:updatepolicy*",
    "ram:deletepolicy*",
    "ram:setdefaultpolicyversion",
    "ram:addusertogroup",
    "ram:removeuserfromgroup",
    "ram:updaterole",
    "resourcemanager:attachpolicy",
    "resourcemanager:detachpolicy",
)


@lru_cache(maxsize=4096)
def may_concern_eci(document: str) -> bool:
    """Whether a policy document (JSON text) may allow an ECI action, ram:PassRole or changing RAM grants.

    Resources, conditions and Deny statements are not counted on; what cannot be read may allow anything.
    """
    return any(_may_allow(statement) for statement in parse(document).statements)


def _may_allow(statement: Statement) -> bool:
    if statement.effect == "Deny":
        return False
    if statement.actions is None:
        return True
    patterns = tuple(action.lower() for action in statement.actions)
    if statement.not_action:
        return any(_leaves(patterns, concern) for concern in CONCERNS)
    return any(_meets(pattern, concern) for pattern in patterns for concern in CONCERNS)


def _leaves(exceptions: tuple[str, ...], concern: str) -> bool:
    try:
        return uncovered([concern], exceptions) is not None
    except TooManyPatterns:
        return True


@lru_cache(maxsize=65536)
def _meets(pattern: str, concern: str) -> bool:
    """Whether some action fits both."""
    if "${" in pattern:
        return True
    try:
        return any(fits[0] for fits in classes([Pattern.wild(pattern)], Pattern.wild(concern)))
    except TooManyPatterns:
        return True
