"""How the trust policy of a role decides on one identity then and now, call by call.

Conditions of a trust policy are tried as those of any policy are: one call for each way in which they tell calls
apart. What a caller leaves out is not known, so the absence of a condition key is not tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import product
from math import prod

from .condition_operators import OPERATORS
from .condition_values import values_that_matter
from .conditions import ABSENT, VARIABLE, Condition, Context, Seen
from .three_valued import Truth
from .trust_principals import TrustPolicy

_MOST_CONTEXTS = 4096


@lru_cache(maxsize=16384)
def trust_outcomes(
    old: TrustPolicy, new: TrustPolicy, kind: str, name: str
) -> frozenset[tuple[Truth, Truth]]:
    """Whether the old and the new trust policy let an identity in, once for each kind of call; one undecided pair where
    the conditions cannot be compared."""
    conditions = (*old.conditions_for(kind, name), *new.conditions_for(kind, name))
    contexts = _contexts(conditions)
    if contexts is None:
        return frozenset({(None, None)})
    return frozenset(
        (old.lets_in_where(kind, name, context), new.lets_in_where(kind, name, context))
        for context in contexts
    )


def _contexts(conditions: Iterable[Condition]) -> Iterator[Context] | None:
    """A context for every way in which conditions tell calls apart; None where that is not known."""
    by_key: dict[str, list[Condition]] = {}
    for condition in conditions:
        texts = (condition.key, *condition.values)
        if condition.operator not in OPERATORS or any(VARIABLE in text for text in texts):
            return None
        by_key.setdefault(condition.key, []).append(condition)
    choices: list[list[tuple[str, Seen]]] = []
    for key, key_conditions in sorted(by_key.items()):
        values = [value for value in values_that_matter(key, key_conditions) if value is not ABSENT]
        if not values:
            return None
        choices.append([(key, value) for value in values])
    if prod(map(len, choices)) > _MOST_CONTEXTS:
        return None
    return (Context(stated=dict(pairs)) for pairs in product(*choices))
