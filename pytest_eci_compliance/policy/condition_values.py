"""The values of a condition key that the conditions of a principal's policies can tell apart.

A decision that tries these values has tried them all: no other value comes out differently.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from .budget import Budget
from .condition_operators import OPERATORS, kind_of_values, moment, number
from .conditions import (
    ABSENT,
    CURRENT_TIME,
    MFA_PRESENT,
    SECURE_TRANSPORT,
    SOURCE_IP,
    UNSTATED,
    Condition,
    Conditions,
    Seen,
)
from .patterns import ANY_TEXT, Pattern, explore, most_steps, spend_steps

_EXACT = ("StringEquals", "StringNotEquals")
_STEPS_OF_A_VALUE = 256
"""The steps that finding one of some values may take, where only a few values are of use."""


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


def values_by_key(conditions: Iterable[Condition], most: int) -> Mapping[str, tuple[Seen, ...]] | None:
    """The values that matter of each key of these conditions; None where one of them cannot be said, or where they have
    more than `most` combinations. There may be very many keys: the search ends at the first one too many."""
    return _values_by_key(conditions if isinstance(conditions, Conditions) else Conditions(conditions), most)


@lru_cache(maxsize=4096)
def _values_by_key(conditions: Conditions, most: int) -> Mapping[str, tuple[Seen, ...]] | None:
    by_key: dict[str, list[Condition]] = {}
    for condition in conditions:
        by_key.setdefault(condition.key, []).append(condition)
    values: dict[str, tuple[Seen, ...]] = {}
    combinations = 1
    for key, about in by_key.items():
        # Values that take more steps to find are more than `most`, or as good as.
        values[key], _ = _values_that_matter(key, _about(key, about), most * _STEPS_OF_A_VALUE, most)
        combinations *= len(values[key])
        if not 0 < combinations <= most:
            return None
    return values


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


@lru_cache(maxsize=16384)
def _values_that_matter(
    key: str, conditions: tuple[Condition, ...], most: int, most_values: int | None = None
) -> tuple[tuple[Seen, ...], int]:
    """The values, and the steps that finding them took: at most `most`. None where there are more than
    `most_values`: the search ends at the first one too many."""
    if key in _TYPED_KEYS:
        operators, values = _TYPED_KEYS[key]
        fits = (
            condition.operator.startswith(operators) or _compares_addresses(key, condition)
            for condition in conditions
        )
        return values(conditions) if all(fits) else (), 0
    if len({kind_of_values(condition.operator) for condition in conditions}) > 1:
        return (), 0
    texts, steps = _texts(conditions, most, most_values)
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


def _texts(
    conditions: Iterable[Condition], most: int, most_values: int | None
) -> tuple[Iterable[str] | None, int]:
    literals = _literals(conditions)
    if literals is not None:
        is_too_much = most_values is not None and len(literals) > most_values
        return None if is_too_much else literals, 2 * sum(map(len, literals))
    patterns = {
        Pattern.wild(value)
        if "Like" in condition.operator
        else Pattern.literal(value, ignore_case="IgnoreCase" in condition.operator)
        for condition in conditions
        if condition.operator.startswith("String")
        for value in condition.values
    }
    examples, steps = explore(tuple(sorted(patterns, key=repr)), ANY_TEXT, most, most_values)
    return None if examples is None else examples.values(), steps


def _literals(conditions: Iterable[Condition]) -> list[str] | None:
    """The texts that conditions tell apart which compare with whole texts alone: each of these texts, and the empty one
    for all others. None where a condition compares with patterns, or with the empty text.

    They come as `explore` gives them: the shortest first.
    """
    of_texts = [condition for condition in conditions if condition.operator.startswith("String")]
    texts = {value for condition in of_texts for value in condition.values}
    if "" in texts or any(condition.operator not in _EXACT for condition in of_texts):
        return None
    return sorted({*texts, ""}, key=lambda text: (len(text), text))


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
