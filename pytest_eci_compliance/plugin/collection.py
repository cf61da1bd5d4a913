"""The built-in checks as pytest collects them: one collector per check, one item per row.

Rows were judged before anything is collected; an item only says what its row says, in pytest's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import pytest

from ..messages import one_line, visible, visible_lines
from ..results import Outcome, Row
from .node_ids import ROOT, node_id, row_names


class Named(NamedTuple):
    """A row and its name below its check."""

    name: str
    row: Row

    @property
    def nodeid(self) -> str:
        return node_id(self.row.check, self.name)


def by_check(rows: Iterable[Row]) -> dict[str, tuple[Named, ...]]:
    """The rows of each check, by name: the same order wherever the snapshot is loaded."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.check, []).append(row)
    return {
        check: tuple(sorted(map(Named, row_names(found[check]), found[check]), key=lambda one: one.name))
        for check in sorted(found)
    }


class Target(NamedTuple):
    """What a node id names: a row of a check, a check, or (both None) every check."""

    check: str | None = None
    row: str | None = None


class Address(NamedTuple):
    """A node id given on the command line."""

    text: str
    target: Target


_ADDRESS = re.compile(rf"(?:.*/)?{ROOT}(?:/(?P<check>[^/:]+))?/?")


def address_of(argument: str) -> Address | None:
    """The built-in checks that an argument names, from whatever folder its node id was printed; else None.

    >>> address_of("../eci-checks/slr-exists::prod:AliyunServiceRoleForECI").target
    Target(check='slr-exists', row='prod:AliyunServiceRoleForECI')
    >>> address_of("tests/test_x.py::test_y[eci-checks/x]") is None
    True
    """
    path, separator, row = argument.partition("::")
    fits = _ADDRESS.fullmatch(path)
    if fits is None:
        return None
    target = Target(fits["check"] or "", row) if separator else Target(fits["check"])
    return Address(argument, target)


@dataclass(frozen=True)
class Selection:
    """Which built-in checks are collected: those that the addresses name; every one where there are none."""

    builtin: bool
    addresses: tuple[Address, ...] = ()

    def of(self, checks: Mapping[str, Sequence[Named]]) -> Iterator[tuple[str, list[Named]]]:
        for check, rows in checks.items():
            chosen = [row for row in rows if self._chosen(row)] if self.builtin else []
            if chosen:
                yield check, chosen

    def unmatched(self, checks: Mapping[str, Sequence[Named]]) -> list[Address]:
        """The addresses that name no row."""
        there = {target for named in checks.values() for row in named for target in _targets(row)}
        return [one for one in self.addresses if one.target not in there]

    def _chosen(self, row: Named) -> bool:
        return not self._targets or not self._targets.isdisjoint(_targets(row))

    @cached_property
    def _targets(self) -> frozenset[Target]:
        return frozenset(one.target for one in self.addresses)


def _targets(named: Named) -> tuple[Target, ...]:
    """Everything that names the row."""
    return Target(), Target(named.row.check), Target(named.row.check, named.name)


class CheckCollector(pytest.Collector):
    """A built-in check; its node id does not depend on where the plugin is installed."""

    def __init__(self, *, rows: Sequence[Named], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows = rows
        first = rows[0].row
        self.add_marker("eci")
        self.add_marker(f"eci_{first.severity}")
        self.extra_keyword_matches |= {first.check, first.check.replace("-", "_"), first.severity}

    def collect(self) -> Iterator[RowItem]:
        for name, row in self.rows:
            yield RowItem.from_parent(self, name=name, row=row)


class RowItem(pytest.Item):
    """A row as a test."""

    def __init__(self, *, row: Row, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.row = row
        self.user_properties = properties(row, self._outcome)
        if row.resource.id not in self.name:
            self.extra_keyword_matches.add(row.resource.id)
        if row.outcome == "skipped":
            # The marker places the skip at the item; `runtest` skips too, where pytest's own marks are off.
            self.add_marker(pytest.mark.skip(reason=one_line(row.message)))

    @property
    def _outcome(self) -> Outcome:
        """Under --runxfail a waived failure is a failure."""
        waived = self.row.outcome == "waived" and self.config.getoption("runxfail", False)
        return "failed" if waived else self.row.outcome

    def setup(self) -> None:
        if self.row.outcome == "unknown":
            raise pytest.fail.Exception(explanation(self.row), pytrace=False)

    def runtest(self) -> None:
        outcome = self._outcome
        if outcome == "passed":
            return
        if outcome == "waived":
            raise pytest.xfail.Exception(waiver_reason(self.row))
        if outcome == "skipped":
            raise pytest.skip.Exception(one_line(self.row.message))
        raise pytest.fail.Exception(explanation(self.row), pytrace=False)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, pytest.fail.Exception):
            return excinfo.value.msg
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, int, str]:
        check = self.row.check
        return str(self.config.rootpath / ROOT / check), 0, f"{check} {self.name}"


def properties(row: Row, outcome: Outcome) -> list[tuple[str, object]]:
    """The properties of a row for pytest's own --junitxml.

    Names and ids are escaped as in messages: pytest-xdist cannot send a lone surrogate to the controller.
    """
    resource = row.resource
    facts = [
        ("account", row.account),
        ("check", row.check),
        ("severity", row.severity),
        ("section", row.section),
        ("resource_type", resource.type),
        ("resource_id", resource.id),
        ("region", resource.region or ""),
        ("outcome", outcome),
        *((("expectation", row.expectation),) if row.expectation else ()),
        *((("plan", row.plan),) if row.plan else ()),
    ]
    return [(name, visible(value)) for name, value in facts]


def explanation(row: Row) -> str:
    """The message of a row and its mend, safe for a terminal."""
    named = row.resource.name not in ("", row.resource.id)
    message = f"{one_line(row.resource.name)}: {row.message}" if named else row.message
    lines = [message, _plan(row), f"Mend: {row.remediation}" if row.remediation else ""]
    if row.outcome == "waived":
        lines.insert(0, f"Waived ({waiver_reason(row)}), but --runxfail counts it as the failure that it is.")
    return visible_lines("\n".join(filter(None, lines)))


def _plan(row: Row) -> str:
    """What a planned change does to the row, and by which of its changes."""
    if row.plan is None:
        return ""
    by = f", by {', '.join(row.plan_addresses[:5])}" if row.plan_addresses else ""
    return one_line(f"{row.plan[0].upper()}{row.plan[1:]}{by}.")


def waiver_reason(row: Row) -> str:
    """By whom, until when and why a row is waived."""
    waiver = row.waiver
    if waiver is None:
        return one_line(row.message)
    return visible(f"waived by {waiver.owner} until {waiver.expires}: {one_line(waiver.reason)}")
