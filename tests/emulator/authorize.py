"""May this caller do that? A small and naive evaluator of RAM policies, for the emulator's own decisions.

It shares nothing with the package's evaluator. What the documents leave open it decides in the simplest
way: an explicit deny in any applicable policy wins; a missing key and an unknown operator never match.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, Literal

Verdict = Literal["Allow", "ExplicitDeny", "ImplicitDeny"]


@dataclass(frozen=True)
class Grant:
    """A policy document that the caller holds, on the account (`scope` None) or on one resource group."""

    policy: str
    statements: Sequence[Mapping[str, Any]]
    scope: str | None = None


def statements(document: Mapping[str, Any] | str) -> Sequence[Mapping[str, Any]]:
    """The statements of a document; a document that is not valid grants nothing."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return ()
    found = document.get("Statement", ()) if isinstance(document, Mapping) else ()
    return [found] if isinstance(found, Mapping) else [one for one in found if isinstance(one, Mapping)]


def decide(
    grants: Iterable[Grant],
    action: str,
    arn: str,
    context: Mapping[str, Sequence[str]],
    group: str | None = None,
) -> Verdict:
    """The verdict of every applicable grant together; `group` is the resource group that the call acts in."""
    effects = {
        statement.get("Effect")
        for grant in grants
        if grant.scope is None or grant.scope == group
        for statement in grant.statements
        if applies(statement, action, arn, context)
    }
    if "Deny" in effects:
        return "ExplicitDeny"
    return "Allow" if "Allow" in effects else "ImplicitDeny"


def applies(
    statement: Mapping[str, Any], action: str, arn: str, context: Mapping[str, Sequence[str]]
) -> bool:
    if "NotAction" in statement:
        named = not any(_glob(one.lower(), action.lower()) for one in texts(statement["NotAction"]))
    else:
        named = any(_glob(one.lower(), action.lower()) for one in texts(statement.get("Action", ())))
    return (
        named
        and any(_glob(one, arn) for one in texts(statement.get("Resource", ())))
        and all(
            _holds(operator, key, texts(values), context)
            for operator, keys in (statement.get("Condition") or {}).items()
            for key, values in keys.items()
        )
    )


def trusts(document: Mapping[str, Any] | str, principals: set[str]) -> bool:
    """Whether a trust policy lets one of `principals` (ARNs, services) call sts:AssumeRole."""
    verdicts = set()
    for statement in statements(document):
        named = {one for values in (statement.get("Principal") or {}).values() for one in texts(values)}
        if {one.lower() for one in named} & {one.lower() for one in principals} or "*" in named:
            verdicts.add(statement.get("Effect"))
    return "Allow" in verdicts and "Deny" not in verdicts


def texts(value: Any) -> list[str]:
    """A text or a list of texts, numbers or truth values, as a list of texts."""
    values = value if isinstance(value, (list, tuple)) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def _holds(operator: str, key: str, values: Sequence[str], context: Mapping[str, Sequence[str]]) -> bool:
    given = context.get(key)
    if not given:
        return False
    negated = "Not" in operator
    test = _TESTS.get(operator.replace("Not", ""))
    if test is None:
        return False
    try:
        matched = any(test(one, value) for one in given for value in values)
    except ValueError:
        return False
    return matched is not negated


def _date(text: str) -> datetime:
    when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)


def _in_network(given: str, network: str) -> bool:
    return ip_address(given) in ip_network(network, strict=False)


_TESTS = {
    "StringEquals": lambda given, value: given == value,
    "StringEqualsIgnoreCase": lambda given, value: given.lower() == value.lower(),
    "StringLike": lambda given, value: _glob(value, given),
    "NumericEquals": lambda given, value: float(given) == float(value),
    "NumericLessThan": lambda given, value: float(given) < float(value),
    "NumericLessThanEquals": lambda given, value: float(given) <= float(value),
    "NumericGreaterThan": lambda given, value: float(given) > float(value),
    "NumericGreaterThanEquals": lambda given, value: float(given) >= float(value),
    "DateEquals": lambda given, value: _date(given) == _date(value),
    "DateLessThan": lambda given, value: _date(given) < _date(value),
    "DateLessThanEquals": lambda given, value: _date(given) <= _date(value),
    "DateGreaterThan": lambda given, value: _date(given) > _date(value),
    "DateGreaterThanEquals": lambda given, value: _date(given) >= _date(value),
    "Bool": lambda given, value: given.lower() == value.lower(),
    "IpAddress": _in_network,
}


def _glob(pattern: str, text: str) -> bool:
    return pattern == "*" or _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=8192)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(char, re.escape(char)) for char in pattern), re.DOTALL)
