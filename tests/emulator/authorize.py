"""May this caller do that? A small and naive evaluator of RAM policies, for the emulator's own decisions.

It shares nothing with the package's evaluator. What the documents leave open it asks `readings`. By default
the simplest reading counts: an explicit deny in any applicable policy wins; a missing key and an unknown operator
never match.
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

from .readings import (
    ARN_REGION,
    DENY_ON_GROUP_WINS,
    NEGATED_ON_MISSING_KEY,
    NEGATED_ON_SOME_VALUES,
    RAM_GRANT_ON_GROUP,
    ROLE_NAME_CASE,
    Readings,
    Simplest,
    settle,
)

SIMPLEST = Simplest()

Verdict = Literal["Allow", "ExplicitDeny", "ImplicitDeny"]


@dataclass(frozen=True)
class Grant:
    """A policy document that the caller holds, on the account (`scope` None) or on one resource group."""

    policy: str
    statements: Sequence[Mapping[str, Any]]
    scope: str | None = None


_PARSED: dict[int, tuple[object, Sequence[Mapping[str, Any]]]] = {}


def statements(document: Mapping[str, Any] | str) -> Sequence[Mapping[str, Any]]:
    """The statements of a document; a document that is not valid grants nothing.

    Documents never change, so each object is read once.
    """
    parsed = _PARSED.get(id(document))
    if parsed is None or parsed[0] is not document:
        if len(_PARSED) > 10_000:
            _PARSED.clear()
        parsed = _PARSED[id(document)] = (document, _read_statements(document))
    return parsed[1]


def _read_statements(document: Mapping[str, Any] | str) -> Sequence[Mapping[str, Any]]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return ()
    statements = document.get("Statement", ()) if isinstance(document, Mapping) else ()
    return (
        [statements]
        if isinstance(statements, Mapping)
        else [statement for statement in statements if isinstance(statement, Mapping)]
    )


def decide(
    grants: Iterable[Grant],
    action: str,
    arn: str,
    context: Mapping[str, Sequence[str]],
    group: str | None = None,
    readings: Readings = SIMPLEST,
) -> Verdict:
    """The verdict of every applicable grant together; `group` is the resource group that the call acts in."""
    effects: set[tuple[str, str]] = set()
    for grant in grants:
        place = _place(grant, action, group)
        if place is None:
            continue
        for statement in grant.statements:
            effect = statement.get("Effect")
            if effect not in ("Allow", "Deny") or (effect, place) in effects:
                continue
            if not applies(statement, action, arn, context, readings):
                continue
            if place != "void" or settle(readings, RAM_GRANT_ON_GROUP, helps=effect == "Allow"):
                effects.add((effect, "group" if place == "void" else place))
    if ("Deny", "account") in effects:
        return "ExplicitDeny"
    if ("Deny", "group") in effects and (
        ("Allow", "account") not in effects or settle(readings, DENY_ON_GROUP_WINS, helps=False)
    ):
        return "ExplicitDeny"
    return "Allow" if {("Allow", "account"), ("Allow", "group")} & effects else "ImplicitDeny"


VOID_ON_GROUPS = {
    "eci:deletecontainergroups",
    "eci:deletelaunchtemplate",
    "eci:describecommandresult",
    "eci:describecontainergroupprice",
    "eci:describecontainerinstancestatus",
    "eci:describeimagecachemetrics",
    "eci:describeupdateconfigmaptask",
    "eci:describeupdatesecrettask",
    "eci:describevnodecapacity",
    "eci:listusage",
    "eci:runcommand",
    "eci:updatevirtualnodestatusevents",
    "eci:uploadvirtualnodeconfig",
}
"""ECI actions that do not work at resource-group level (ECI: fine-grained control by resource groups)."""


def _place(grant: Grant, action: str, group: str | None) -> Literal["account", "group", "void"] | None:
    """Where a grant counts: on the account, on the group of the call, or perhaps nowhere (`void`)."""
    if grant.scope is None:
        return "account"
    if not action.startswith("eci:"):
        return "void"
    return "group" if grant.scope == group and action.lower() not in VOID_ON_GROUPS else None


def applies(
    statement: Mapping[str, Any],
    action: str,
    arn: str,
    context: Mapping[str, Sequence[str]],
    readings: Readings = SIMPLEST,
) -> bool:
    """Whether a statement matches a call, under one reading of the documents."""
    helps = statement.get("Effect") != "Deny"
    if "NotAction" in statement:
        named = not any(glob_matches(text.lower(), action.lower()) for text in texts(statement["NotAction"]))
    else:
        named = any(glob_matches(text.lower(), action.lower()) for text in texts(statement.get("Action", ())))
    return (
        named
        and _covers(texts(statement.get("Resource", ())), arn, readings, helps)
        and all(
            _holds(operator, key, texts(values), context, readings, helps)
            for operator, keys in (statement.get("Condition") or {}).items()
            for key, values in keys.items()
        )
        and all(
            settle(readings, f"the element {element} matches", helps)
            for element in statement
            if element not in _ELEMENTS
        )
    )


_ELEMENTS = {"Effect", "Action", "NotAction", "Resource", "Condition", "Sid", "Principal"}


def _covers(patterns: Sequence[str], arn: str, readings: Readings, helps: bool) -> bool:
    """Whether one of the Resource patterns covers `arn`."""
    if not arn.startswith("acs:ram:"):
        return any(glob_matches(pattern, arn) for pattern in patterns)
    questions = {_ram_match(pattern, arn) for pattern in patterns}
    if "" in questions:
        return True
    return any(settle(readings, question, helps) for question in sorted(questions - {"no"}))


def _ram_match(pattern: str, arn: str) -> str:
    """How a pattern compares with a RAM ARN: "" for a match, "no", or the open question that decides it.

    RAM's pages print the region of these ARNs empty or as `*`, for one and the same thing; role names are printed
    in lower case.
    """
    parts, wanted = pattern.split(":", 4), arn.split(":", 4)
    if len(parts) < 5:
        return (
            ""
            if glob_matches(pattern, arn) or glob_matches(pattern, arn.replace(":ram:*:", ":ram::", 1))
            else "no"
        )
    if not all(glob_matches(parts[index], wanted[index]) for index in (0, 1, 3)):
        return "no"
    question = "" if parts[2] in ("", "*") else ARN_REGION
    if glob_matches(parts[4], wanted[4]):
        return question
    if wanted[4].startswith("role/") and glob_matches(parts[4].lower(), wanted[4].lower()):
        return ROLE_NAME_CASE
    return "no"


def trusts(document: Mapping[str, Any] | str, principals: set[str], readings: Readings = SIMPLEST) -> bool:
    """Whether a trust policy lets one of `principals` (ARNs, services) call sts:AssumeRole."""
    verdicts = {
        statement.get("Effect")
        for statement in statements(document)
        if _trust_applies(statement, principals, readings)
    }
    return "Allow" in verdicts and "Deny" not in verdicts


def _trust_applies(statement: Mapping[str, Any], principals: set[str], readings: Readings) -> bool:
    helps = statement.get("Effect") != "Deny"
    if not any(glob_matches(text.lower(), "sts:assumerole") for text in texts(statement.get("Action", "*"))):
        return False
    principal = statement.get("Principal") or {}
    kinds = principal.values() if isinstance(principal, Mapping) else [principal]
    named = {name for values in kinds for name in texts(values)}
    if not named & principals:
        if not any(name.startswith("acs:") for name in principals):
            return False
        questions = [_form_question(name, principals) for name in sorted(named)]
        if not any(settle(readings, question, helps) for question in questions if question):
            return False
    return all(
        settle(readings, f"trust condition {operator} {key} {texts(values)}", helps)
        for operator, keys in (statement.get("Condition") or {}).items()
        for key, values in keys.items()
    )


def _form_question(name: str, principals: set[str]) -> str:
    """The open question whether this form of principal takes the caller in; "" where it certainly does not.

    Documented forms are the root, a user and a role of this account, services and identity providers.
    """
    if name.lower() in {principal.lower() for principal in principals}:
        return f"trust principal {name} matches in another case"
    if name == "*":
        return "trust principal * takes the caller in"
    if "*" in name or ":assumed-role/" in name:
        return f"the pattern {name} as principal of a trust takes the caller in"
    account = next(iter(principals)).split(":")[3]
    foreign = name.startswith("acs:ram::") and name.split(":")[3] != account
    return f"the principal {name} of another account takes the caller in" if foreign else ""


def texts(value: Any) -> list[str]:
    """A text or a list of texts, numbers or truth values, as a list of texts."""
    values = value if isinstance(value, (list, tuple)) else [value]
    return [str(entry).lower() if isinstance(entry, bool) else str(entry) for entry in values]


def _holds(
    operator: str,
    key: str,
    values: Sequence[str],
    context: Mapping[str, Sequence[str]],
    readings: Readings,
    helps: bool,
) -> bool:
    """Whether a condition holds. A key that is not in `context` is missing; `context[OPEN_KEYS]` says that keys
    may have any value: `ALL` of them, or those that are no tags (`BUT_TAGS`)."""
    given = context.get(key)
    negated = "Not" in operator
    test = _TESTS.get(operator.replace("Not", ""))
    open_keys = context.get(OPEN_KEYS)
    if open_keys and (test is None or open_keys == ALL or not key.startswith(TAG_KEYS)):
        return settle(readings, f"condition {operator} {key} {list(values)}", helps)
    if test is None:
        return False
    if not given:
        return negated and settle(readings, f"{NEGATED_ON_MISSING_KEY}: {operator}", helps)
    try:
        results = [any(test(text, value) for text in given) for value in values]
    except ValueError:
        return False
    if negated and any(results) and not all(results):
        return settle(readings, f"{NEGATED_ON_SOME_VALUES}: {operator}", helps)
    return any(results) is not negated


OPEN_KEYS = "open keys"
ALL, BUT_TAGS = ("all",), ("all but tags",)
TAG_KEYS = ("acs:RequestTag/", "acs:ResourceTag/")


def _date(text: str) -> datetime:
    when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)


def _in_network(given: str, network: str) -> bool:
    return ip_address(given) in ip_network(network, strict=False)


_TESTS = {
    "StringEquals": lambda given, value: given == value,
    "StringEqualsIgnoreCase": lambda given, value: given.lower() == value.lower(),
    "StringLike": lambda given, value: glob_matches(value, given),
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


def glob_matches(pattern: str, text: str) -> bool:
    """Whether a pattern with `*` and `?` covers the whole text."""
    return pattern == "*" or _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=8192)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(char, re.escape(char)) for char in pattern), re.DOTALL)
