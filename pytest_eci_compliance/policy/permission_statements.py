"""The statements about an action that principals hold on the two sides of a comparison, and what they say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from .authorization import LISTED_BY_GROUP, PASS_ROLE
from .decision import Principal
from .eci_actions import ACTIONS
from .held_policies import Ground
from .statement_forms import conditions_of
from .three_valued import Truth


def changed_grounds(named: list[tuple[tuple[Ground, Truth], ...]]) -> list[Ground]:
    """The statements that only one of the sides has."""
    before, after = (meaning_of(side) for side in named)
    both = before & after
    return [pair[0] for side in named for pair in side if not meaning_of([pair]) <= both]


def say_the_same(action: str, before: Principal, after: Principal) -> bool:
    """Whether two principals hold statements about an action that say the same."""
    return before.gaps == after.gaps and all(
        meaning_of(old) == meaning_of(new)
        for old, new in (
            (before.naming(action), after.naming(action)),
            (before.naming_in_ceiling(action), after.naming_in_ceiling(action)),
        )
    )


def grounds_about(action: str, *principals: Principal) -> list[Ground]:
    """The statements about an action, those of control policies too: they tell calls apart as well."""
    return [
        ground
        for principal in principals
        for ground, _ in (*principal.naming(action), *principal.naming_in_ceiling(action))
    ]


def actions_decided_alike(before: Principal, after: Principal) -> Iterator[list[str]]:
    """The actions that both principals are asked about, those together that are decided alike."""
    together: dict[object, list[str]] = defaultdict(list)
    for row in ACTIONS.values():
        own_rules = row.action if row.action == LISTED_BY_GROUP else ""
        named = tuple(
            tuple(
                (id(ground.grant), ground.statement.index, truth)
                for ground, truth in (*principal.naming(row.action), *principal.naming_in_ceiling(row.action))
            )
            for principal in (before, after)
        )
        together[replace(row, name=own_rules), named].append(row.action)
    yield from together.values()
    yield [PASS_ROLE]


def meaning_of(named: Iterable[tuple[Ground, Truth]]) -> frozenset[object]:
    """What the statements that name an action say, however they are spread over policies."""
    return frozenset(
        (
            ground.grant.scope,
            ground.statement.effect,
            frozenset(ground.statement.resources or ()),
            conditions_of(ground.statement),
            ground.statement.problem,
            truth,
        )
        for ground, truth in named
    )
