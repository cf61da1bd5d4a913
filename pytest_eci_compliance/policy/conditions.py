"""Conditions of RAM policies: every documented operator, three-valued.

Values of a key are alternatives (or), keys and operators must all hold (and). A positive operator on a
missing key does not match. What a negated operator means on a missing key, or with several values of which
some match, is not documented: both are questions, never decided here.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from .budget import Budget
from .patterns import ANY_TEXT, Pattern, explore, matches, most_steps, spend_steps
from .three_valued import Assumptions, Question, Truth, any_of

REQUEST_TAG = "acs:RequestTag/"
RESOURCE_TAG = "acs:ResourceTag/"
SOURCE_IP, MFA_PRESENT = "acs:SourceIp", "acs:MFAPresent"
CURRENT_TIME, SECURE_TRANSPORT = "acs:CurrentTime", "acs:SecureTransport"
SERVICE = "acs:Service"
VARIABLE = "${"
_LONGEST = 160  # characters of a condition's values in a message


class NoValue(Enum):
    """Why a key has no value: the call is known to lack it, or nobody said what the call has."""

    ABSENT = "absent"
    UNSTATED = "unstated"


ABSENT, UNSTATED = NoValue.ABSENT, NoValue.UNSTATED
Seen: TypeAlias = str | NoValue
TagMap: TypeAlias = "Mapping[str, Seen] | None"
ValuesOf: TypeAlias = "Callable[[str], tuple[Seen, ...]]"
Test: TypeAlias = Callable[[str, str], Truth]


@dataclass(frozen=True)
class Condition:
    """One key under one operator: `values` are alternatives. `operator` is kept as written."""

    operator: str
    key: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        values = " or ".join(self.values)
        return (
            f"{self.operator} {self.key} = {values if len(values) <= _LONGEST else f'{values[:_LONGEST]}…'}"
        )


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


def _plain(seen: str, value: str) -> Truth:
    return seen == value


def _ignoring_case(seen: str, value: str) -> Truth:
    return seen.lower() == value.lower()


def _like(seen: str, value: str) -> Truth:
    return matches(value, seen)


def _ordered(read: Callable[[str], object], holds: Callable[[object, object], bool]) -> Test:
    def test(seen: str, value: str) -> Truth:
        left, right = read(seen), read(value)
        return None if left is None or right is None else holds(left, right)

    return test


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def number(text: str) -> Decimal | None:
    """A decimal number, as JSON and people write it, or None. Larger exponents than any use has are none."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def moment(text: str) -> datetime | None:
    """A time in ISO 8601 with its offset (`2026-01-31T08:00:00Z`), or None."""
    parts = _TIME.fullmatch(text)
    if not parts:
        return None
    day, minute, second, fraction, offset = parts.groups()
    micro = f"{fraction or '.':0<7}"[:7]
    try:
        return datetime.fromisoformat(
            f"{day}T{minute}{second or ':00'}{micro}{offset.replace('Z', '+00:00')}"
        )
    except ValueError:
        return None


def _truth_value(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _in_network(seen: str, value: str) -> Truth:
    try:
        return ipaddress.ip_address(seen) in ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


@dataclass(frozen=True)
class Operator:
    """A documented operator: `test` is its positive test of one value; `negated` turns the answer round."""

    test: Test
    negated: bool = False


_COMPARISONS: dict[str, tuple[Callable[[object, object], bool], bool]] = {
    "Equals": (lambda a, b: a == b, False),
    "NotEquals": (lambda a, b: a == b, True),
    "LessThan": (lambda a, b: a < b, False),  # type: ignore[operator]
    "LessThanEquals": (lambda a, b: a <= b, False),  # type: ignore[operator]
    "GreaterThan": (lambda a, b: a > b, False),  # type: ignore[operator]
    "GreaterThanEquals": (lambda a, b: a >= b, False),  # type: ignore[operator]
}

OPERATORS: Mapping[str, Operator] = {
    "StringEquals": Operator(_plain),
    "StringNotEquals": Operator(_plain, negated=True),
    "StringEqualsIgnoreCase": Operator(_ignoring_case),
    "StringNotEqualsIgnoreCase": Operator(_ignoring_case, negated=True),
    "StringLike": Operator(_like),
    "StringNotLike": Operator(_like, negated=True),
    **{f"Numeric{name}": Operator(_ordered(number, how), no) for name, (how, no) in _COMPARISONS.items()},
    **{f"Date{name}": Operator(_ordered(moment, how), no) for name, (how, no) in _COMPARISONS.items()},
    "Bool": Operator(_ordered(_truth_value, lambda a, b: a == b)),
    "IpAddress": Operator(_in_network),
    "NotIpAddress": Operator(_in_network, negated=True),
}


@lru_cache(maxsize=65536)
def condition_work(condition: Condition) -> int:
    """The units of work that looking at a condition once takes."""
    like = "Like" in condition.operator
    return (
        1
        + sum((4 + len(value) // 16 + (len(value) ** 2 // 1024 if like else 0)) for value in condition.values)
        // 16
    )


def is_negated(operator: str) -> bool:
    """Whether an operator is negated; one that is not documented may be."""
    return operator not in OPERATORS or OPERATORS[operator].negated


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
    results = [_test(operator, condition, str(seen), value, ask) for value in condition.values]
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


def values_that_matter(
    key: str, conditions: Iterable[Condition], budget: Budget | None = None
) -> tuple[Seen, ...]:
    """One value of `key` for every way in which these conditions can tell values apart, and ABSENT where a
    call may lack the key. No other value can come out differently.

    Empty where that cannot be said: operators of several types on one key, or of another type on a typed key, or
    too many patterns. The work is taken from `budget`: raises `OutOfBudget`.
    """
    values, steps = _values_that_matter(key, _about(key, conditions), most_steps(budget))
    spend_steps(budget, steps)
    return values


def _about(key: str, conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    mine = (condition for condition in conditions if condition.key == key and condition.operator in OPERATORS)
    return tuple(dict.fromkeys(mine))


def values_to_try(
    key: str, conditions: Iterable[Condition], budget: Budget | None = None
) -> tuple[Seen, ...]:
    """The values of `key` that matter; where they cannot be counted up, values that some condition takes or
    refuses, and UNSTATED, which stands for all others. The work is taken from `budget`: raises `OutOfBudget`."""
    mine = _about(key, conditions)
    if complete := values_that_matter(key, mine, budget):
        return complete
    tried: dict[Seen, None] = {}
    for kind in dict.fromkeys(kind_of_values(condition.operator) for condition in mine):
        alike = tuple(condition for condition in mine if kind_of_values(condition.operator) == kind)
        tried |= dict.fromkeys(values_that_matter(key, alike, budget))
        tried |= dict.fromkeys(value for condition in alike for value in condition.values)
    return (*tried, UNSTATED)


@lru_cache(maxsize=4096)
def _values_that_matter(
    key: str, conditions: tuple[Condition, ...], most: int
) -> tuple[tuple[Seen, ...], int]:
    """The values, and the steps that finding them took: at most `most`."""
    if key in _TYPED_KEYS:
        operators, values = _TYPED_KEYS[key]
        fits = (
            condition.operator.startswith(operators) or _compares_addresses(key, condition)
            for condition in conditions
        )
        return values(conditions) if all(fits) else (), 0
    if len({kind_of_values(condition.operator) for condition in conditions}) > 1:
        return (), 0
    texts, steps = _texts(conditions, most)
    if texts is None:
        return (), steps
    typed = [value for condition in conditions for value in _typed(condition)]
    return (*dict.fromkeys([*texts, *typed]), ABSENT), steps


def _compares_addresses(key: str, condition: Condition) -> bool:
    """Whether a condition on acs:SourceIp compares texts with IPv4 addresses, which are written in one way only."""
    exact = condition.operator.startswith("String") and "Like" not in condition.operator
    return key == SOURCE_IP and exact and all(map(_is_ipv4, condition.values))


def _is_ipv4(text: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(text)) == text
    except ValueError:
        return False


def kind_of_values(operator: str) -> str:
    """What kind of values an operator compares: a text can be of one kind for one, of another for another."""
    return next((kind for kind in ("String", "Numeric", "Date", "Bool") if operator.startswith(kind)), "Ip")


def _texts(conditions: Iterable[Condition], most: int) -> tuple[Iterable[str] | None, int]:
    patterns = {
        Pattern.wild(value)
        if "Like" in condition.operator
        else Pattern.literal(value, ignore_case="IgnoreCase" in condition.operator)
        for condition in conditions
        if condition.operator.startswith("String")
        for value in condition.values
    }
    examples, steps = explore(tuple(sorted(patterns, key=repr)), ANY_TEXT, most)
    return None if examples is None else examples.values(), steps


def _typed(condition: Condition) -> Iterable[str]:
    if condition.operator.startswith("Numeric"):
        for value in condition.values:
            if (at := number(value)) is not None:
                yield from (str(at), str(at - 1), str(at.next_plus()), str(at.next_minus()))
    elif condition.operator.startswith("Date"):
        yield from (str(seen) for seen in _moments([condition]))
    elif condition.operator == "Bool":
        yield from ("true", "false")
    elif condition.operator in ("IpAddress", "NotIpAddress"):
        yield from (str(seen) for seen in _addresses([condition]))


def _addresses(conditions: Iterable[Condition]) -> tuple[Seen, ...]:
    addresses = {ipaddress.ip_address("203.0.113.77"): None, ipaddress.ip_address("2001:db8::77"): None}
    for text in (value for condition in conditions for value in condition.values):
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue
        first, last = network.network_address, network.broadcast_address
        addresses |= dict.fromkeys((first, last))
        if int(first):
            addresses[first - 1] = None
        if int(last) < 2**network.max_prefixlen - 1:
            addresses[last + 1] = None
    return tuple(str(address) for address in addresses)


def _moments(conditions: Iterable[Condition]) -> tuple[Seen, ...]:
    moments = {datetime(2000, 1, 1, tzinfo=timezone.utc): None}
    for at in (moment(value) for condition in conditions for value in condition.values):
        if at is not None:
            second = timedelta(seconds=1)
            try:
                moments |= dict.fromkeys((at, at - second, at + second))
            except OverflowError:
                moments[at] = None
    return tuple(time.isoformat() for time in moments)


_TYPED_KEYS: Mapping[str, tuple[tuple[str, ...], Callable[[Iterable[Condition]], tuple[Seen, ...]]]] = {
    SOURCE_IP: (("IpAddress", "NotIpAddress"), _addresses),
    CURRENT_TIME: (("Date",), _moments),
    MFA_PRESENT: (("Bool",), lambda _: ("true", "false", ABSENT)),
    SECURE_TRANSPORT: (("Bool",), lambda _: ("true", "false")),
}
