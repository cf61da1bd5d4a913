"""The sets of tags, the callers and the resources that the conditions of a principal can tell apart (section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from math import prod

from ...policy.authorization import TagItems
from ...policy.condition_values import values_that_matter
from ...policy.conditions import (
    ABSENT,
    CURRENT_TIME,
    MFA_PRESENT,
    REQUEST_TAG,
    RESOURCE_TAG,
    SOURCE_IP,
    Condition,
    Seen,
)
from ...policy.decision import Principal
from ...policy.document import Statement
from ...policy.eci_actions import EciAction, ResourceKind
from ...policy.patterns import UNKNOWN, Pattern, TooManyPatterns, classes

_CALLER = (SOURCE_IP, MFA_PRESENT, CURRENT_TIME)

STEPS_PER_UNIT = 2
"""Steps of the search, without a decision, that are one unit of work."""
_MOST_COMBINATIONS = 20_000


class SearchTooLargeError(Exception):
    """More combinations of tags, callers and resources than the budget allows."""


@dataclass(frozen=True)
class TagSpace:
    """What a search for calls that change tags has to try, for one kind of resource.

    `acts` are the actions that a change of tags may open, `retags` those that change tags.
    """

    principal: Principal
    kind: ResourceKind
    acts: tuple[EciAction, ...]
    retags: tuple[EciAction, ...]
    _by_action: dict[str, list[Statement]] = field(default_factory=dict, repr=False)
    _keys_seen: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    _has_request_conditions: dict[str, bool] = field(default_factory=dict, repr=False)

    def statements(self, row: EciAction) -> list[Statement]:
        """The statements of the principal that name an action, or may name it."""
        if row.action not in self._by_action:
            grounds = self.principal.naming(row.action)
            self._by_action[row.action] = [ground.statement for ground, _ in grounds]
        return self._by_action[row.action]

    def seen(self, row: EciAction, request: TagItems) -> TagItems:
        """As much of the tags of a call as a statement can look at."""
        if row.action not in self._keys_seen:
            prefixes = (REQUEST_TAG, RESOURCE_TAG) if row.tags == "change" else (REQUEST_TAG,)
            self._keys_seen[row.action] = frozenset(
                condition.key[len(prefix) :]
                for statement in self.statements(row)
                for condition in statement.conditions
                for prefix in prefixes
                if condition.key.startswith(prefix)
            )
        return tuple(pair for pair in request if pair[0] in self._keys_seen[row.action])

    def looks_at_request(self, row: EciAction) -> bool:
        """Whether a statement about an action looks at the tags of the request."""
        if row.action not in self._has_request_conditions:
            self._has_request_conditions[row.action] = any(
                statement.turns_on(REQUEST_TAG) for statement in self.statements(row)
            )
        return self._has_request_conditions[row.action]

    @cached_property
    def _conditions(self) -> tuple[Condition, ...]:
        rows = dict.fromkeys((*self.acts, *self.retags))
        return tuple(
            dict.fromkeys(
                condition
                for row in rows
                for statement in self.statements(row)
                for condition in statement.conditions
            )
        )

    @cached_property
    def states(self) -> list[TagItems]:
        """Every set of tags of a resource that the conditions can tell apart."""
        return self._bags(self.resource_keys)

    @cached_property
    def requests(self) -> list[TagItems]:
        """Every set of tags of a call that the conditions can tell apart."""
        return self._bags(self._by_tag)

    @cached_property
    def resource_keys(self) -> frozenset[str]:
        """The keys of the tags of a resource that a condition looks at."""
        prefix = RESOURCE_TAG
        return frozenset(
            condition.key[len(prefix) :] for condition in self._conditions if condition.key.startswith(prefix)
        )

    @cached_property
    def _by_tag(self) -> dict[str, list[Condition]]:
        """The conditions by tag key, whether on the request or on the resource."""
        by_tag: dict[str, list[Condition]] = {}
        for condition, prefix in product(self._conditions, (REQUEST_TAG, RESOURCE_TAG)):
            if condition.key.startswith(prefix):
                tag = condition.key[len(prefix) :]
                by_tag.setdefault(tag, []).append(replace(condition, key=tag))
        return by_tag

    def _bags(self, tags: Iterable[str]) -> list[TagItems]:
        return self._combinations(
            [(tag, values_that_matter(tag, self._by_tag[tag], self.principal.budget)) for tag in sorted(tags)]
        )

    @cached_property
    def callers(self) -> list[TagItems]:
        """Every caller that the conditions can tell apart: its address, its MFA login, and the time."""
        keys = {condition.key for condition in self._conditions}
        return self._combinations(
            [
                (key, values_that_matter(key, self._conditions, self.principal.budget))
                for key in _CALLER
                if key in keys
            ]
        )

    def _combinations(self, choices: Sequence[tuple[str, Sequence[Seen]]]) -> list[TagItems]:
        number = prod(len(values) for _, values in choices)
        if number == 0 or number > _MOST_COMBINATIONS:
            raise SearchTooLargeError
        self.principal.budget.spend(number // STEPS_PER_UNIT)
        return [
            tuple(
                (key, str(value))
                for (key, _), value in zip(choices, values, strict=True)
                if value is not ABSENT
            )
            for values in product(*(values for _, values in choices))
        ]

    @cached_property
    def places(self) -> list[tuple[str, str]]:
        """A region and an id for every way in which resource patterns can tell the ARNs apart."""
        patterns = {
            pattern
            for row in (*self.acts, *self.retags)
            for statement in self.statements(row)
            for pattern in statement.resources or ()
            if pattern != "*"
        }
        if not patterns:
            return [("cn-hangzhou", "x")]
        head, middle = "acs:eci:", f":{self.principal.account.id}:{self.kind}/"
        within = Pattern.partly_known(f"{head}{UNKNOWN}{middle}{UNKNOWN}")
        try:
            texts = classes(
                [Pattern.wild(pattern) for pattern in sorted(patterns)], within, self.principal.budget
            ).values()
        except TooManyPatterns:
            raise SearchTooLargeError from None
        return [(region, id_) for text in texts for region, _, id_ in [text[len(head) :].partition(middle)]]
