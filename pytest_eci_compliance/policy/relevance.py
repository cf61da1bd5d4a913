"""Whether a policy may have to do with ECI at all: judged by action patterns alone, on the safe side."""

from __future__ import annotations

from functools import lru_cache

from .document import Statement, parse
from .elsewhere import ELSEWHERE
from .patterns import Pattern, TooManyPatterns, classes, uncovered

# ECI itself, passing roles to instances, changing who holds what or what it says, and every other action by which an
# identity comes to act as another one, to hold more, or to bring a resource within its reach. In lower case;
# ResourceManager's AttachPolicy and DetachPolicy are RAM actions too.
CONCERNS = (
    "eci:*",
    "sts:assumerole",
    "ram:passrole",
    "ram:attach*",
    "ram:detach*",
    "ram:createpolicy*",
    "ram:updatepolicy*",
    "ram:deletepolicy*",
    "ram:setdefaultpolicyversion",
    # Taking over an identity by its credentials, or by who vouches for it.
    "ram:createaccesskey",
    "ram:updateaccesskey",
    "ram:createloginprofile",
    "ram:updateloginprofile",
    "ram:bindmfadevice",
    "ram:unbindmfadevice",
    "ram:disablevirtualmfa",
    "ram:createservicecredential",
    "ram:setuserssosettings",
    "ram:setsecuritypreference",
    "ram:createsamlprovider",
    "ram:updatesamlprovider",
    "ram:createoidcprovider",
    "ram:updateoidcprovider",
    "ram:addclientidtooidcprovider",
    "ram:addfingerprinttooidcprovider",
    "ram:restoreuserfromrecyclebin",
    "ram:restoreaccesskeyfromrecyclebin",
    # Making, renaming and filling identities.
    "ram:createuser",
    "ram:updateuser",
    "ram:deleteuser",
    "ram:createrole",
    "ram:updaterole",
    "ram:deleterole",
    "ram:updategroup",
    "ram:deletegroup",
    "ram:addusertogroup",
    "ram:removeuserfromgroup",
    # Moving resources between resource groups, and changing their tags.
    "ram:createresourcegroup",
    "ram:enableassociatedtransfer",
    "resourcemanager:attachpolicy",
    "resourcemanager:detachpolicy",
    "resourcemanager:moveresources",
    "resourcemanager:updateresourcegroupadminsetting",
    "resourcemanager:createautogroupingrule",
    "resourcemanager:updateautogroupingrule",
    "resourcemanager:updateassociatedtransfersetting",
    "tag:tagresources",
    "tag:untagresources",
    # Running code under a role in another service.
    *sorted({row.action.lower() for row in ELSEWHERE}),
)


@lru_cache(maxsize=4096)
def may_concern_eci(document: str) -> bool:
    """Whether a policy document (JSON text) may allow an ECI action or any action of an escalation
    step.

    Resources, conditions and Deny statements are not counted on; what cannot be read may allow anything.
    """
    return any(_may_allow(statement) for statement in parse(document).statements)


@lru_cache(maxsize=4096)
def may_deny_eci(document: str) -> bool:
    """Whether a policy document (JSON text) has a Deny statement that may be about an ECI action."""
    return any(
        statement.effect != "Allow" and _may_be_about(statement, ("eci:*",))
        for statement in parse(document).statements
    )


def _may_allow(statement: Statement) -> bool:
    if statement.effect == "Deny":
        return False
    return _may_be_about(statement, CONCERNS)


def _may_be_about(statement: Statement, concerns: tuple[str, ...]) -> bool:
    if statement.actions is None:
        return True
    patterns = tuple(action.lower() for action in statement.actions)
    if statement.not_action:
        return any(_leaves(patterns, concern) for concern in concerns)
    return any(_meets(pattern, concern) for pattern in patterns for concern in concerns)


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
