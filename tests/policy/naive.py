"""A second, deliberately naive evaluator, to compare with: plain documents, regular expressions, brute force.

It shares no code with the package. It tries every reading of what the documents leave open, one after the other,
and decides where all readings agree. It knows conditions on tags only, and takes calls apart by their names.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

DEFAULT_GROUP = "rg-default"
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda seen, value: seen == value,
    "StringEqualsIgnoreCase": lambda seen, value: seen.lower() == value.lower(),
    "StringLike": lambda seen, value: fits(value, seen),
}


Grants: TypeAlias = "Sequence[tuple[dict[str, Any], str | None]]"
"""Policies and the resource group of each, None for the whole account."""
Reading: TypeAlias = "dict[Any, Any]"
"""An answer to each question that the documents leave open: truths, and which order and which group count."""


def fits(pattern: str, text: str) -> bool:
    return (
        re.fullmatch(
            "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern), text, re.DOTALL
        )
        is not None
    )


def as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def condition_holds(operator: str, wanted: list[str], seen: str | None, reading: Reading) -> bool:
    negated = "Not" in operator
    test = OPERATORS[operator.replace("Not", "")]
    if seen is None:
        return negated and bool(reading["missing", operator])
    results = [test(seen, value) for value in as_list(wanted)]
    if not negated:
        return any(results)
    if any(results) and not all(results):
        return bool(reading["some", operator])
    return not any(results)


def statement_applies(
    statement: dict[str, Any],
    action: str,
    arn: str,
    request_tags: dict[str, Any],
    resource_tags: dict[str, Any],
    reading: Reading,
) -> bool:
    actions = as_list(statement.get("Action", statement.get("NotAction")))
    named = any(fits(item.lower(), action.lower()) for item in actions)
    if named == ("NotAction" in statement):
        return False
    if not any(fits(item, arn) for item in as_list(statement["Resource"])):
        return False
    for operator, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            kind, name = key.split("/")
            tags = request_tags if kind == "acs:RequestTag" else resource_tags
            if not condition_holds(operator, wanted, tags.get(name), reading):
                return False
    return True


def has_key(statement: dict[str, Any], kind: str) -> bool:
    return any(key.startswith(kind) for keys in statement.get("Condition", {}).values() for key in keys)


def once(grants: Grants, question: tuple[Any, ...], reading: Reading) -> bool:
    """One authorisation in one reading: True or False."""
    action, arn, group, request_tags, resource_tags, view = question
    also = reading["deny on own group"]
    effects = {
        (statement["Effect"], "account" if scope is None else "group")
        for document, scope in grants
        for statement in as_list(document["Statement"])
        if scope in (None, group) or (statement["Effect"] == "Deny" and scope == also)
        if statement_applies(
            statement, action, arn, *seen_by(statement, view, request_tags, resource_tags), reading
        )
    }
    if reading["order"] == "account first":
        for where in ("account", "group"):
            if ("Deny", where) in effects:
                return False
            if ("Allow", where) in effects:
                return True
        return False
    message = {effect for effect, _ in effects}
    return "Deny" not in message and "Allow" in message


def seen_by(
    statement: dict[str, Any], view: str | None, request_tags: dict[str, Any], resource_tags: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """An update that changes tags is asked twice: for the tags before, and for those after."""
    if view == "before" and not has_key(statement, "acs:ResourceTag"):
        return {}, resource_tags
    if view == "after" and not has_key(statement, "acs:RequestTag"):
        return request_tags, request_tags
    return request_tags, resource_tags


def under_ceiling(ceiling: list[dict[str, Any]], question: tuple[Any, ...], reading: Reading) -> bool:
    """Control policies: no Deny, and an Allow, whatever the scope is."""
    action, arn, _, request_tags, resource_tags, view = question
    effects = {
        statement["Effect"]
        for document in ceiling
        for statement in as_list(document["Statement"])
        if statement_applies(
            statement, action, arn, *seen_by(statement, view, request_tags, resource_tags), reading
        )
    }
    return effects == {"Allow"}


def questions(
    action: str,
    uid: str,
    region: str,
    resource: dict[str, Any] | None,
    request_tags: dict[str, Any],
    group: str | None,
) -> list[tuple[Any, ...]] | None:
    """Sections 3 and 4, read aloud."""
    name = action.split(":")[1]
    resource_tags = resource["tags"] if resource and not name.startswith("CreateC") else {}
    own = resource["group"] if resource else None
    last = resource["id"] if resource and not name.startswith("CreateC") else "*"
    arn = f"acs:eci:{region}:{uid}:containergroup/{last}"
    if name == "CreateContainerGroup":
        return [(action, arn, group or DEFAULT_GROUP, request_tags, {}, None)]
    if name == "DescribeContainerGroups":
        if group and own and group != own:
            return None
        return [(action, arn, group, request_tags, resource_tags, None)]
    if name == "UpdateContainerGroup" and request_tags:
        return [
            (action, arn, own, request_tags, resource_tags, "before"),
            (action, arn, own, request_tags, resource_tags, "after"),
        ]
    return [(action, arn, own, {}, resource_tags, None)]


def decide(
    grants: Grants,
    action: str,
    uid: str,
    region: str,
    resource: dict[str, Any] | None = None,
    request_tags: dict[str, Any] | None = None,
    group: str | None = None,
    *,
    settled: dict[str, bool] | None = None,
    ceiling: list[dict[str, Any]] | str | None = None,
) -> str:
    """`allowed`, `denied`, or `undecidable`.

    A resource whose group is not shown is in one of the account's: each of them is tried. `settled` are the answers
    of the account's owner, `ceiling` the documents of its control policies, or `unknown`.
    """
    worlds = [resource]
    if resource and not resource["group"]:
        scopes = {scope for _, scope in grants if scope} | {group, DEFAULT_GROUP, "rg-elsewhere"} - {None}
        worlds = [{**resource, "group": scope} for scope in sorted(filter(None, scopes))]
    outcomes = set()
    for world in worlds:
        outcomes |= decide_in(
            grants,
            action,
            uid,
            region,
            world,
            request_tags or {},
            group,
            settled=settled or {},
            ceiling=ceiling,
        )
    if len(outcomes) == 2:
        return "undecidable"
    return "allowed" if outcomes.pop() else "denied"


def open_readings(
    action: str, resource: dict[str, Any] | None, group: str | None, settled: dict[str, bool]
) -> tuple[Any, ...]:
    """The readings that are left open: the order of policies, the groups in which a Deny on a query by id counts, and
    whether a call that moves an instance must be allowed in the new group too."""
    # Section 3 says in which group such a query is allowed, not in which one it is denied.
    unsaid = action == "eci:DescribeContainerGroups" and resource and not group
    deny_groups: tuple[str | None, ...] = (None, resource["group"]) if unsaid and resource else (None,)
    orders: tuple[str, ...] = ("deny wins", "account first")
    if "deny-on-resource-group-wins" in settled:
        orders = orders[:1] if settled["deny-on-resource-group-wins"] else orders[1:]
    if unsaid and "deny-on-own-group-binds-queries-by-id" in settled:
        deny_groups = deny_groups[1:] if settled["deny-on-own-group-binds-queries-by-id"] else deny_groups[:1]
    targets: tuple[bool, ...] = (False,)
    if action == "eci:UpdateContainerGroup" and group and resource and group != resource["group"]:
        new = settled.get("new-resource-group-is-authorised")
        targets = (True, False) if new is None else (new,)
    return orders, deny_groups, targets


def decide_in(
    grants: Grants,
    action: str,
    uid: str,
    region: str,
    resource: dict[str, Any] | None,
    request_tags: dict[str, Any],
    group: str | None,
    *,
    settled: dict[str, bool],
    ceiling: list[dict[str, Any]] | str | None,
) -> set[bool]:
    """What comes out in some reading, where everything about the resource is known."""
    asked = questions(action, uid, region, resource, request_tags, group)
    if asked is None:
        return {False}
    operators = sorted(
        {
            operator
            for document in [*(held for held, _ in grants), *(ceiling if isinstance(ceiling, list) else [])]
            for statement in as_list(document["Statement"])
            for operator in statement.get("Condition", {})
            if "Not" in operator
        }
    )
    open_questions = [(text, operator) for text in ("missing", "some") for operator in operators]
    orders, deny_groups, targets = open_readings(action, resource, group, settled)
    ids = {"missing": "negated-operator-on-missing-key", "some": "negated-operator-on-some-values"}
    outcomes = set()
    for answers in itertools.product((True, False), repeat=len(open_questions)):
        if any(
            settled.get(ids[subject], answer) != answer
            for (subject, _), answer in zip(open_questions, answers, strict=True)
        ):
            continue
        for order, also, target in itertools.product(orders, deny_groups, targets):
            reading: Reading = dict(zip(open_questions, answers, strict=True))
            reading |= {"order": order, "deny on own group": also}
            everything = list(asked)
            if target:  # the old and the new tags are not asked about apart there
                everything.append((action, asked[0][1], group, *asked[0][3:5], None))
            allowed = all(once(grants, line, reading) for line in everything)
            if allowed and isinstance(ceiling, list):
                allowed = all(under_ceiling(ceiling, line, reading) for line in everything)
            outcomes |= {allowed, False} if ceiling == "unknown" else {allowed}
    return outcomes
