"""Which built-in checks and rows are collected, as the node ids on the command line name them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from .node_ids import ROOT, NamedRow


class NodeTarget(NamedTuple):
    """The target of a node id: a row of a check, a whole check, or every check where both are None."""

    check: str | None = None
    row: str | None = None


class NodeAddress(NamedTuple):
    """A node id given on the command line."""

    text: str
    target: NodeTarget


_ADDRESS = re.compile(rf"(?:.*/)?{ROOT}(?:/(?P<check>[^/:]+))?/?")


def address_of(argument: str) -> NodeAddress | None:
    """Parse an argument as the node id of built-in checks; None for any other argument.

    The node id may have been printed relative to another folder.

    >>> address_of("../eci-checks/slr-exists::prod:AliyunServiceRoleForECI").target
    NodeTarget(check='slr-exists', row='prod:AliyunServiceRoleForECI')
    >>> address_of("tests/test_x.py::test_y[eci-checks/x]") is None
    True
    """
    path, separator, row = argument.partition("::")
    match = _ADDRESS.fullmatch(path)
    if match is None:
        return None
    target = NodeTarget(match["check"] or "", row) if separator else NodeTarget(match["check"])
    return NodeAddress(argument, target)


def account_of(address: NodeAddress) -> str:
    """The name of the account in the node id of a row; empty where the node id names no account.

    >>> account_of(NodeAddress("", NodeTarget("slr-exists", "prod:AliyunServiceRoleForECI")))
    'prod'
    """
    name = (address.target.row or "").partition(":")[0]
    return name if re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name) else ""


@dataclass(frozen=True)
class Selection:
    """The built-in checks to collect: those that the addresses name, or all of them without addresses.

    `builtin` is false where no built-in check is collected at all.
    """

    builtin: bool
    addresses: tuple[NodeAddress, ...] = ()

    def of(self, checks: Mapping[str, Sequence[NamedRow]]) -> Iterator[tuple[str, list[NamedRow]]]:
        """The selected rows of `checks`, by check; checks without a selected row are left out."""
        for check, rows in checks.items():
            selected = [row for row in rows if self._selects(row)] if self.builtin else []
            if selected:
                yield check, selected

    def unmatched(self, checks: Mapping[str, Sequence[NamedRow]]) -> list[NodeAddress]:
        """The addresses that name no row."""
        known = {target for rows in checks.values() for row in rows for target in _targets(row)}
        return [address for address in self.addresses if address.target not in known]

    def _selects(self, row: NamedRow) -> bool:
        return not self._targets or not self._targets.isdisjoint(_targets(row))

    @cached_property
    def _targets(self) -> frozenset[NodeTarget]:
        return frozenset(address.target for address in self.addresses)


def _targets(named: NamedRow) -> tuple[NodeTarget, ...]:
    """Every target that includes the row."""
    return NodeTarget(), NodeTarget(named.row.check), NodeTarget(named.row.check, named.name)
