"""Whom a RAM role trusts: reading a trust policy, as far as its grammar is documented."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..globs import glob_matches
from ..inventory.facts import Role, Unreadable
from ..messages import escape, join_words, quote
from ..unique_json import loads
from .trust_document import ASSUME_ROLE, named_principals, statements_of

_ELEMENTS = frozenset({"Effect", "Action", "Principal"})


@dataclass(frozen=True)
class Trust:
    """What a trust policy says: whether it lets the expected service assume the role, whom else it lets (in
    words), and what in it cannot be judged."""

    own: bool = False
    others: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    def problem(self, service: str) -> str | None:
        """What contradicts that only `service` is trusted; None where nothing does, doubts apart."""
        if self.others:
            return f"it trusts {join_words(self.others)}, expected only the service {quote(service)}"
        if not self.own and not self.doubts:
            return f"it does not let the service {quote(service)} assume it (sts:AssumeRole)"
        return None


def document_of(role: Role) -> str | Unreadable:
    """The trust policy of a role, or why there is none to judge."""
    document = role.assume_role_policy_document
    if document is None:
        return Unreadable("ram:GetRole", "NotRead", subject=role.role_name)
    return document


def trust_in(document: str, service: str) -> Trust:
    """What a trust policy (JSON text) says of a service. What cannot be parsed is a doubt."""
    try:
        statements = statements_of(loads(document))
    except (ValueError, RecursionError):
        return Trust(doubts=("the trust policy is no policy document",))
    read = [_read(statement, service) for statement in statements]
    return Trust(
        any(trust.own for trust in read),
        tuple(dict.fromkeys(other for trust in read for other in trust.others)),
        tuple(dict.fromkeys(doubt for trust in read for doubt in trust.doubts)),
    )


def _read(statement: Mapping[str, Any], service: str) -> Trust:
    if statement.get("Effect") != "Allow":
        return Trust(doubts=("a statement of the trust policy does not say Allow",))
    principals = list(_principals(statement.get("Principal")))
    others = tuple(
        f"{kind} {quote(name)}" for kind, name in principals if (kind, name) != ("Service", service)
    )
    strange = sorted(set(statement) - _ELEMENTS)
    if strange or not principals:
        flaw = f"has {join_words(map(quote, strange))}" if strange else "names no principal"
        return Trust(others=others, doubts=(f"a statement of the trust policy {flaw}",))
    return Trust(("Service", service) in principals and _assumes(statement.get("Action")), others)


def _principals(value: object) -> Iterator[tuple[str, str]]:
    """(kind, name) of every principal, `*` included."""
    if isinstance(value, dict):
        for kind, name in named_principals(value):
            yield escape(kind), "*" if name is None else name
    elif value is not None:
        yield "anyone:", value if isinstance(value, str) else "*"


def _assumes(value: object) -> bool:
    actions = value if isinstance(value, list) else [value]
    return any(
        isinstance(action, str) and glob_matches(action.lower(), ASSUME_ROLE.lower()) for action in actions
    )
