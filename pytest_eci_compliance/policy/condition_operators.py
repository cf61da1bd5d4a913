"""The documented operators of conditions: how each compares what a call shows with a value of the policy.

A test is three-valued: unknown where a text is not of the kind that the operator compares.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from .patterns import matches
from .three_valued import Truth

Test: TypeAlias = Callable[[str, str], Truth]


def _plain(seen: str, value: str) -> Truth:
    return seen == value


def _ignoring_case(seen: str, value: str) -> Truth:
    return seen.lower() == value.lower()


def _like(seen: str, value: str) -> Truth:
    return matches(value, seen)


def _ordered(read: Callable[[str], object], compare: Callable[[object, object], bool]) -> Test:
    def test(seen: str, value: str) -> Truth:
        left, right = read(seen), read(value)
        return None if left is None or right is None else compare(left, right)

    return test


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


@lru_cache(maxsize=65536)
def number(text: str) -> Decimal | None:
    """A decimal number, as JSON and people write it, or None. Larger exponents than any use has are none."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


@lru_cache(maxsize=65536)
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


class _Range(NamedTuple):
    """The addresses of a network, as numbers."""

    version: int
    first: int
    last: int


# Policies list hundreds of ranges, and each is compared with thousands of addresses: each text is read once.
@lru_cache(maxsize=65536)
def _range_of(text: str) -> _Range | None:
    """The range of an address block, or of an address; None where the text is neither."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return _Range(network.version, int(network.network_address), int(network.broadcast_address))


@lru_cache(maxsize=65536)
def _address(text: str) -> tuple[int, int] | None:
    """The version and the number of an address; None where the text is no address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return address.version, int(address)


def _in_network(seen: str, value: str) -> Truth:
    address, block = _address(seen), _range_of(value)
    if address is None or block is None:
        return None
    version, number_ = address
    return version == block.version and block.first <= number_ <= block.last


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


def is_negated(operator: str) -> bool:
    """Whether an operator is negated; one that is not documented may be."""
    return operator not in OPERATORS or OPERATORS[operator].negated


def kind_of_values(operator: str) -> str:
    """What kind of values an operator compares: a text can be of one kind for one, of another for another."""
    return next((kind for kind in ("String", "Numeric", "Date", "Bool") if operator.startswith(kind)), "Ip")
