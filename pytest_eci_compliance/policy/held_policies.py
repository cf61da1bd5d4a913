"""Policies as a principal holds them, what each says about an action, and grants that could not be read."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, TypeAlias

from ..inventory.facts import Unreadable
from .conditions import RESOURCE_TAG, Condition, condition_work
from .document import Document, Naming, Statement
from .patterns import match_work
from .three_valued import Truth


@dataclass(frozen=True, eq=False)
class HeldPolicy:
    """A policy as a principal holds it: `scope` is the resource group, None for the whole account; `path`
    says how it came (`directly`, `through group x`). `cause` is why its document could not be read, if so.

    `bundle` marks policies that are held together, and only at times: their Deny statements deny what the Allow
    statements of the same bundle allow, and nothing else. None stands for a policy that is held at all times."""

    policy: str
    document: Document = field(repr=False)
    scope: str | None = None
    path: str = "directly"
    cause: Unreadable | None = None
    bundle: Hashable = None
    _about: dict[str, AboutAction] = field(default_factory=dict, init=False, repr=False)
    _by_naming: dict[int, AboutAction] = field(default_factory=dict, init=False, repr=False)

    def about(self, action: str) -> AboutAction:
        """What the policy says about an action: the same object for all actions that the same statements name."""
        known = self._about.get(action)
        if known is None:
            naming = self.document.naming(action)
            # The document remembers these tuples: the same one has the same id.
            known = self._by_naming.get(id(naming))
            if known is None:
                known = self._by_naming[id(naming)] = _about_action(self, naming)
            self._about[action] = known
        return known

    @cached_property
    def grounds(self) -> Mapping[int, Ground]:
        """The statements as they are held, by their index."""
        return {statement.index: Ground(self, statement) for statement in self.document.statements}

    def with_statements(self, statements: tuple[Statement, ...]) -> HeldPolicy:
        """The policy as if its document had these statements."""
        return replace(self, document=replace(self.document, statements=statements))

    @cached_property
    def without_tag_allows(self) -> HeldPolicy:
        """The policy without the statements that allow something by tags."""
        statements = self.document.statements
        kept = tuple(
            statement
            for statement in statements
            if not (statement.effect == "Allow" and statement.turns_on_tags)
        )
        return self if kept == statements else self.with_statements(kept)

    @property
    def attachment(self) -> str:
        """How the policy is attached: `attached directly, account-wide`."""
        scope = "account-wide" if self.scope is None else f"on resource group {self.scope}"
        return f"attached {self.path}, {scope}"


@dataclass(frozen=True)
class Gap:
    """Grants that could not be read, and the `cause`. `account` and `groups` say which scopes they may have."""

    why: str
    account: bool = True
    groups: bool = True
    cause: Unreadable | None = None


@dataclass(frozen=True, eq=False)
class Ground:
    """A statement that decides, and how its principal came to hold it."""

    grant: HeldPolicy
    statement: Statement

    def __str__(self) -> str:
        return f"statement {self.statement.index} of {self.grant.policy} ({self.grant.attachment})"


NamedGround: TypeAlias = "tuple[Ground, Truth]"
"""A statement as it is held, and whether it names an action: True, or None where that is not known."""


class AboutAction(NamedTuple):
    """What a policy says about one action: the statements that name it, and the units of work that looking at them once
    takes; whether a statement could allow it, whether one denies it whatever the call is like, and whether one is on
    other resources than all; and the conditions on tags of a resource in these statements."""

    grounds: tuple[NamedGround, ...]
    work: int
    may_allow: bool
    denies_outright: bool
    by_resource: bool
    tag_conditions: tuple[Condition, ...]


def _about_action(held: HeldPolicy, naming: Naming) -> AboutAction:
    return AboutAction(
        tuple((held.grounds[statement.index], named) for statement, named in naming),
        sum(_statement_work(statement) for statement, _ in naming),
        any(statement.effect != "Deny" for statement, _ in naming),
        held.scope is None
        and held.bundle is None
        and any(named is True and _denies_outright(statement) for statement, named in naming),
        any(statement.resources != ("*",) for statement, _ in naming),
        tuple(
            condition
            for statement, _ in naming
            for condition in statement.conditions
            if condition.key.startswith(RESOURCE_TAG)
        ),
    )


def _statement_work(statement: Statement) -> int:
    resources = sum(match_work(pattern) for pattern in statement.resources or () if pattern != "*")
    return 1 + resources // 16 + sum(map(condition_work, statement.conditions))


def _denies_outright(statement: Statement) -> bool:
    return (
        statement.effect == "Deny"
        and statement.problem is None
        and not statement.conditions
        and "*" in (statement.resources or ())
    )
