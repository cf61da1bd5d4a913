"""Conditions of RAM policies: every documented operator, three-valued.

Values of a key are alternatives (or), keys and operators must all hold (and). A positive operator on a
missing key does not match. What a negated operator means on a missing key, or with several values of which
some match, is not documented: both are questions, never decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from typing import TypeAlias

from .condition_operators import OPERATORS, Operator, number
from .three_valued import Assumptions, Question, Truth, any_of

REQUEST_TAG = "acs:RequestTag/"
RESOURCE_TAG = "acs:ResourceTag/"
SOURCE_IP, MFA_PRESENT = "acs:SourceIp", "acs:MFAPresent"
CURRENT_TIME, SECURE_TRANSPORT = "acs:CurrentTime", "acs:SecureTransport"
SERVICE = "acs:Service"
VARIABLE = "${"
_LONGEST = 160  # characters of a condition's values in a message
_MOST_REMEMBERED = 256  # values with which the comparison of one condition is remembered


class NoValue(Enum):
    """Why a key has no value: the call is known to lack it, or nobody said what the call has."""

    ABSENT = "absent"
    UNSTATED = "unstated"


ABSENT, UNSTATED = NoValue.ABSENT, NoValue.UNSTATED
Seen: TypeAlias = str | NoValue
TagMap: TypeAlias = "Mapping[str, Seen] | None"
ValuesOf: TypeAlias = "Callable[[str], tuple[Seen, ...]]"


@dataclass(frozen=True)
class Condition:
    """One key under one operator: `values` are alternatives. `operator` is kept as written."""

    operator: str
    key: str
    values: tuple[str, ...]

    @cached_property
    def _hash(self) -> int:
        return hash((self.operator, self.key, self.values))

    def __hash__(self) -> int:
        """The same as that of the fields, computed once: a condition may have hundreds of values, and is looked up for
        every decision."""
        return self._hash

    def __reduce__(self) -> tuple[type[Condition], tuple[str, str, tuple[str, ...]]]:
        """Without the computed hash, which another process computes otherwise."""
        return Condition, (self.operator, self.key, self.values)

    @cached_property
    def _compared_with(self) -> dict[str, tuple[Truth, bool]]:
        return {}

    def compared_with(self, seen: str) -> tuple[Truth, bool]:
        """Whether the condition matches a value, and whether that leaves a question open: with an answer to it, the
        condition may match or not. The same value is compared in thousands of decisions: the result is remembered."""
        known = self._compared_with.get(seen)
        if known is None:
            if len(self._compared_with) >= _MOST_REMEMBERED:
                self._compared_with.clear()
            assumptions = Assumptions()
            truth = _compared(OPERATORS[self.operator], self, seen, assumptions)
            known = self._compared_with[seen] = (truth, bool(assumptions.open))
        return known

    def __str__(self) -> str:
        values = " or ".join(self.values)
        return (
            f"{self.operator} {self.key} = {values if len(values) <= _LONGEST else f'{values[:_LONGEST]}…'}"
        )


class Conditions(tuple[Condition, ...]):  # noqa: SLOT001 - it keeps its hash in its __dict__
    """Conditions as a key of what is remembered about them: their hash is computed once."""

    @cached_property
    def _hash(self) -> int:
        return super().__hash__()

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True)
class Context:
    """What a request shows to conditions.

    `request_tags` are the tags that the call carries, `resource_tags` those of the resource that it names
    (empty where it names none); None where they are not known. `stated` holds the other keys that are
    known. `service` is the host of the service to which a role is passed, where one is. `open_tags` is the assumption
    that settles whether the call shows any tags to conditions, where that is not known.
    """

    request_tags: TagMap = None
    resource_tags: TagMap = None
    stated: Mapping[str, Seen] | None = None
    service: str = ""
    open_tags: str = ""

    def look(self, key: str) -> Seen:
        """The value of a key. Key names in another spelling are unstated: their case rules are not
        documented, nor is what a policy variable in one means."""
        if VARIABLE in key:
            return UNSTATED
        for prefix, tags in ((REQUEST_TAG, self.request_tags), (RESOURCE_TAG, self.resource_tags)):
            if key.startswith(prefix):
                return UNSTATED if tags is None else _tag(tags, key[len(prefix) :])
        return (self.stated or {}).get(key, UNSTATED)


def _tag(tags: Mapping[str, Seen], name: str) -> Seen:
    if name in tags:
        return tags[name]
    folded = name.casefold()
    return UNSTATED if any(tag.casefold() == folded for tag in tags) else ABSENT


@lru_cache(maxsize=65536)
def condition_work(condition: Condition) -> int:
    """The units of work that looking at a condition once takes."""
    like = "Like" in condition.operator
    return (
        1
        + sum((4 + len(value) // 16 + (len(value) ** 2 // 1024 if like else 0)) for value in condition.values)
        // 16
    )


def holds(
    condition: Condition, context: Context, ask: Assumptions, values_of: ValuesOf | None = None
) -> Truth:
    """Whether a condition matches. Where its key is unstated, `values_of` gives the values of a key that could
    matter."""
    operator = OPERATORS.get(condition.operator)
    if operator is None:
        return ask.lookup(Question(condition, f"what the operator {condition.operator} means"))
    seen = context.look(condition.key)
    if seen is UNSTATED:
        seen = _unstated(condition.key, context, ask, values_of)
    if seen is UNSTATED:
        return None
    if seen is ABSENT:
        return operator.negated and ask.lookup(_negated_on_missing(condition))
    truth, is_open = condition.compared_with(str(seen))
    return _compared(operator, condition, str(seen), ask) if is_open else truth


def _compared(operator: Operator, condition: Condition, seen: str, ask: Assumptions) -> Truth:
    results = [_test(operator, condition, seen, value, ask) for value in condition.values]
    return _none_of(condition, results, ask) if operator.negated else any_of(results)


def _none_of(condition: Condition, results: list[Truth], ask: Assumptions) -> Truth:
    """A negated operator: decided where all or none of its values match."""
    if True not in results:
        return None if None in results else True
    if all(results):
        return False
    return None if None in results else ask.lookup(_negated_on_some(condition))


def _test(operator: Operator, condition: Condition, seen: str, value: str, ask: Assumptions) -> Truth:
    truth = None if VARIABLE in value else operator.test(seen, value)
    if truth is not None:
        return truth
    text = f"whether {condition.operator} {condition.key} takes {seen!r} for {value!r}"
    # Two spellings of a number are one question.
    meaning = number(value) if condition.operator.startswith("Numeric") else None
    topic = ("value", condition.operator, condition.key, seen, value if meaning is None else meaning)
    return ask.lookup(Question(topic, text))


def _unstated(key: str, context: Context, ask: Assumptions, values_of: ValuesOf | None) -> Seen:
    answers = values_of(key) if values_of else ()
    if key == SERVICE and context.service:
        is_own = ask.lookup(_sends_its_host(context.service))
        if is_own is not False:
            return context.service if is_own else UNSTATED
        answers = tuple(answer for answer in answers if answer != context.service)
    text = f"the value of {key}, which is not stated"
    is_open = context.open_tags and key.startswith((REQUEST_TAG, RESOURCE_TAG))
    if is_open:
        text = f"whether the call shows {key} to conditions"
    answer = ask(Question(("value of", key), text, answers, context.open_tags if is_open else ""))
    return UNSTATED if answer is None else answer  # type: ignore[return-value]


def _sends_its_host(service: str) -> Question:
    text = f"whether {SERVICE} is {service} where a role is passed to it"
    return Question(("service", service), text, assumption="acs-service-is-eci")


def _negated_on_missing(condition: Condition) -> Question:
    return Question(
        ("negated, missing", condition.operator),
        f"what {condition.operator} means where the key ({condition.key}) is missing",
        assumption="negated-operator-on-missing-key",
    )


def _negated_on_some(condition: Condition) -> Question:
    return Question(
        ("negated, some", condition.operator),
        f"what {condition.operator} means where some of several values of {condition.key} match",
        assumption="negated-operator-on-some-values",
    )
