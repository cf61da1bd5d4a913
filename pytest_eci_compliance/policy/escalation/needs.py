"""Which evidence escalation needs beside the grants: judged by action and resource patterns, on the safe side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...inventory.facts import Inventory, PolicyRef, Unreadable
from ..document import Statement, parse
from ..elsewhere import ELSEWHERE
from ..patterns import matches
from .providers import OIDC, SAML
from .trusts import is_service_linked

_INTO_ROLES = ("sts:AssumeRole", "ram:PassRole")
_ATTACHING = (
    "ram:AttachPolicyToUser",
    "ram:AttachPolicyToGroup",
    "ram:AttachPolicyToRole",
    "ram:AttachPolicy",
)


@dataclass(frozen=True)
class Needs:
    """What is to be read: the trust of roles, system policies that could be attached (`system_patterns` where a
    pattern says which), and the versions of custom policies."""

    roles: tuple[str, ...] = ()
    system_policies: tuple[PolicyRef, ...] = ()
    system_patterns: tuple[str, ...] = ()
    versions: tuple[PolicyRef, ...] = ()

    def attachable(self, listed: Iterable[PolicyRef]) -> list[PolicyRef]:
        """The listed system policies that a pattern names."""
        return [
            policy
            for policy in listed
            if any(matches(pattern, policy.policy_name.lower()) for pattern in self.system_patterns)
        ]


def needs(inventory: Inventory) -> Needs:
    """The evidence that the grants of an inventory ask for."""
    held = {attachment.ref for attachment in inventory.attachments.items}
    statements = list(_statements(inventory, held))
    listed = () if isinstance(inventory.roles, Unreadable) else inventory.roles
    names = [role.role_name for role in listed if not is_service_linked(role.role_name)]
    into = [
        statement
        for statement in statements
        if any(statement.names(action) is not False for action in _INTO_ROLES)
    ]
    commands = [*(row.action for row in ELSEWHERE if not row.pass_role), *SAML, *OIDC]
    runs = any(statement.names(action) is not False for statement in statements for action in commands)
    switching = [
        statement for statement in statements if statement.names("ram:SetDefaultPolicyVersion") is not False
    ]
    attaching = [
        statement
        for statement in statements
        if any(statement.names(action) is not False for action in _ATTACHING)
    ]
    exact, patterns = _system_policies(attaching)
    return Needs(
        tuple(name for name in names if runs or _may_name(into, f"role/{name}")),
        tuple(PolicyRef("System", name) for name in exact),
        tuple(patterns),
        tuple(
            sorted(
                ref
                for ref in held
                if ref.policy_type == "Custom" and _may_name(switching, f"policy/{ref.policy_name}")
            )
        ),
    )


def _statements(inventory: Inventory, held: Iterable[PolicyRef]) -> Iterator[Statement]:
    """Every statement that may allow something and that somebody holds."""
    for ref in sorted(held):
        policy = inventory.policies.get(ref)
        if policy is not None and isinstance(policy.policy_document, str):
            yield from (
                statement
                for statement in parse(policy.policy_document).statements
                if statement.effect != "Deny"
            )


def _may_name(statements: Iterable[Statement], name: str) -> bool:
    """Whether a statement's Resource may fit the ARN that ends in a name."""
    return any(
        matches(_last(pattern), name.lower())
        for statement in statements
        for pattern in statement.resources or ("*",)
    )


def _last(pattern: str) -> str:
    """The last part of an ARN pattern in lower case; a variable in it may be any text."""
    known, variable, _ = pattern.partition("${")
    last = known.rpartition(":")[2].lower()
    return f"{last}*" if variable else last


def _system_policies(statements: Iterable[Statement]) -> tuple[list[str], list[str]]:
    """The names of system policies that Resources name, and the patterns of those that they name by a pattern. A
    pattern that covers all of them asks for none: AdministratorAccess is among them."""
    exact: dict[str, None] = {}
    patterns: dict[str, None] = {}
    for pattern in (pattern for statement in statements for pattern in statement.resources or ()):
        kind, slash, name = pattern.rpartition(":")[2].partition("/")
        if kind.lower() != "policy" or not slash or not name.strip("*"):
            continue
        if {"*", "?", "$"} & set(name):
            patterns.setdefault(_last(pattern).partition("/")[2])
        elif ":system:" in pattern.lower():
            exact.setdefault(name)
    return list(exact), list(patterns)
