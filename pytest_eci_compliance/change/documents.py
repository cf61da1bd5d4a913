"""Policy documents that a plan shows as blocks: put together as JSON text, with what is unknown left open."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .model import PlannedText, Unknown
from .values import has_unknown

_OPEN = {"PlanUnknown": {"acs:PlanUnknown": "known after apply"}}
"""A condition whose operator no edition of the RAM language has: whether it is satisfied cannot be decided."""


def same_document(first: str, other: str) -> bool:
    """Whether two JSON texts say the same; the order of keys and spaces do not count, as for the provider.

    >>> same_document('{"a": 1, "b": 2}', '{"b":2,"a":1}')
    True
    """
    try:
        return bool(json.loads(first) == json.loads(other))
    except (ValueError, RecursionError):
        return first == other


def is_document(text: str) -> bool:
    """Whether a text is an object in JSON: a name that stands within a document is not the document."""
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def document_of_statements(statements: Any, version: Any = "1") -> PlannedText:
    """The document that statement blocks make (`alicloud_ram_policy`, `data.alicloud_ram_policy_document`).

    A statement with an unknown element becomes two: the known elements for certain, and the statement with
    anything in their place under a condition that cannot be decided.
    """
    if isinstance(statements, Unknown):
        return statements
    blocks = [block for block in statements or () if isinstance(block, Mapping | Unknown)]
    if not blocks:
        return Unknown("statement")
    written: list[dict[str, Any]] = []
    for block in blocks:
        # Whom a statement is about decides everything: no part of it is certain without.
        if isinstance(block, Unknown) or has_unknown([block.get("effect"), block.get("principal")]):
            return Unknown("statement")
        if not _are_texts(block.get("action")) or not _are_texts(block.get("resource") or []):
            return Unknown("statement", "not of its type")
        written += _statements(block)
    written_version = version if isinstance(version, str) else "1"
    return json.dumps({"Version": written_version, "Statement": written})


def _statements(block: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    actions, resources = block.get("action"), block.get("resource")
    principals, conditions = block.get("principal") or (), block.get("condition") or ()
    is_conditional = has_unknown(conditions)
    known = {
        "Effect": block.get("effect") or "Allow",
        "Action": _known(actions),
        **({"Resource": _known(resources)} if resources is not None else {}),
        **_principal(principals),
        **_condition(conditions),
    }
    if not (has_unknown(actions) or has_unknown(resources) or is_conditional):
        return [known]
    maybe = {**known, "Condition": {**known.get("Condition", {}), **_OPEN}}
    if has_unknown(actions):
        maybe["Action"] = ["*"]
    if has_unknown(resources):
        maybe["Resource"] = ["*"]
    certain = not is_conditional and known["Action"] and known.get("Resource", True)
    return [known, maybe] if certain else [maybe]


def _are_texts(items: Any) -> bool:
    if isinstance(items, Unknown):
        return True
    return isinstance(items, list) and all(isinstance(item, str | Unknown) for item in items)


def _known(items: Any) -> list[str]:
    return [item for item in items if isinstance(item, str)] if isinstance(items, list) else []


def _principal(blocks: Any) -> dict[str, Any]:
    principals: dict[str, list[str]] = {}
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, Mapping) and isinstance(block.get("entity"), str):
            principals.setdefault(block["entity"], []).extend(_known(block.get("identifiers")))
    return {"Principal": principals} if principals else {}


def _condition(blocks: Any) -> dict[str, Any]:
    """The conditions that are known.

    One with an unknown value is left out: the others of its values may not satisfy it, and the unknown one may.
    """
    conditions: dict[str, dict[str, list[str]]] = {}
    shown = [block for block in blocks if isinstance(block, Mapping)] if isinstance(blocks, list) else []
    open_ = [(block.get("operator"), block.get("variable")) for block in shown if has_unknown(block)]
    for block in shown:
        if isinstance(block.get("operator"), str) and (block["operator"], block.get("variable")) not in open_:
            values = conditions.setdefault(block["operator"], {})
            values.setdefault(str(block.get("variable")), []).extend(_known(block.get("values")))
    return {"Condition": conditions} if conditions else {}


def trust_document(users: Any, services: Any, version: Any = "1") -> PlannedText | None:
    """The trust policy that `ram_users` and `services` of a role make; None where neither is set."""
    if has_unknown(users) or has_unknown(services):
        return Unknown("assume_role_policy_document")
    principal = {
        key: names for key, names in (("RAM", _known(users)), ("Service", _known(services))) if names
    }
    if not principal:
        return None
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": principal}
    written_version = version if isinstance(version, str) else "1"
    return json.dumps({"Version": written_version, "Statement": [statement]})
