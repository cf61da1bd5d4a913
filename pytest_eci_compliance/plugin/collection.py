"""The built-in checks as pytest collects them: one collector per check, one item per row.

Every row is judged before the collection starts. An item reports the outcome of its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from ..printable import one_line, visible, visible_lines
from ..results import Outcome, Row
from .node_ids import ROOT, NamedRow


class CheckCollector(pytest.Collector):
    """A built-in check. Its node id does not depend on where the plugin is installed."""

    def __init__(self, *, rows: Sequence[NamedRow], **kwargs: Any) -> None:
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
            # The marker locates the skip at the item. `runtest` skips too, for runs with `-p no:skipping`.
            self.add_marker(pytest.mark.skip(reason=one_line(row.message)))

    @property
    def _outcome(self) -> Outcome:
        """The outcome of the row. Under --runxfail a waived failure is a failure."""
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
    """The properties of a row for pytest's --junitxml.

    Names and ids are escaped as in messages, because pytest-xdist cannot send a lone surrogate to the controller.
    """
    resource = row.resource
    values = [
        ("account", row.account),
        ("check", row.check),
        ("severity", row.severity),
        ("section", row.section),
        ("resource_type", resource.type),
        ("resource_id", resource.id),
        ("region", resource.region or ""),
        ("outcome", outcome),
        *((("expectation", row.expectation),) if row.expectation else ()),
    ]
    return [(name, visible(value)) for name, value in values]


def explanation(row: Row) -> str:
    """The message and the remediation of a row, safe for a terminal."""
    has_name = row.resource.name not in ("", row.resource.id)
    message = f"{one_line(row.resource.name)}: {row.message}" if has_name else row.message
    lines = [message, f"Fix: {row.remediation}" if row.remediation else ""]
    if row.outcome == "waived":
        lines.insert(0, f"Waived ({waiver_reason(row)}), but --runxfail counts it as the failure that it is.")
    return visible_lines("\n".join(filter(None, lines)))


def waiver_reason(row: Row) -> str:
    """The owner, the last day and the reason of the waiver of a row."""
    waiver = row.waiver
    if waiver is None:
        return one_line(row.message)
    return visible(f"waived by {waiver.owner} until {waiver.expires}: {one_line(waiver.reason)}")
