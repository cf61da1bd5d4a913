"""Whether the trust policy of a RAM role lets an identity of the same account assume it.

Only the documented forms of a principal decide: the account root, a user and a role of the account, without
conditions. Anything else may let the identity in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from .patterns import matches
from .three_valued import Truth, any_of

ASSUME_ROLE = "sts:AssumeRole"


def trust_allows(document: str, identity: str, account_id: str) -> Truth:
    """Whether a trust policy (JSON text) names an identity (`user/NAME` or `role/NAME`); None where it may.

    A Deny that names the identity wins.
    """
    try:
        data = json.loads(document)
        statements = data["Statement"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list):
        return None
    effects: dict[object, list[Truth]] = {"Allow": [], "Deny": [], None: []}
    for statement in statements:
        effect = statement.get("Effect") if isinstance(statement, Mapping) else None
        named = _names(statement, identity, account_id)
        effects[effect if effect in ("Allow", "Deny") else None].append(named)
    denied, allowed = any_of(effects["Deny"]), any_of(effects["Allow"])
    if denied:
        return False
    if denied is None or any(named is not False for named in effects[None]):
        return None
    return allowed


def _names(statement: object, identity: str, account_id: str) -> Truth:
    """Whether a statement is about the identity assuming the role."""
    if not isinstance(statement, Mapping) or set(statement) - {"Effect", "Action", "Principal", "Condition"}:
        return None
    actions = list(_texts(statement.get("Action")))
    if not actions:
        return None
    if not any(matches(action.lower(), ASSUME_ROLE.lower()) for action in actions):
        return False
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping):
        return None
    named = any_of(_is(text, identity, account_id) for text in _texts(principal.get("RAM", [])))
    return None if named and statement.get("Condition") else named


def _texts(value: object) -> Iterator[str]:
    values: Iterable[object] = value if isinstance(value, list) else [value]
    return (text for text in values if isinstance(text, str))


def _is(principal: str, identity: str, account_id: str) -> Truth:
    if "*" in principal or "?" in principal or "$" in principal:
        return None
    if principal == f"acs:ram::{account_id}:root":
        return True
    # RAM does not tell role names apart by case, and writes them in lower case in some ARNs.
    return principal.lower() == f"acs:ram::{account_id}:{identity}".lower()
