"""The built-in checks as pytest collects them: one collector per check, one item per row.

Every row is judged before the collection starts. An item reports the outcome of its row.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

import pytest

from ..language import ENGLISH, Translator
from ..messages import one_line, visible, visible_lines
from ..results import Outcome, Row, Severity
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
        add_allure_labels(self, row)
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
            text = explanation(self.row)
            if writes_allure(self.config):
                raise NotJudgedError(text)
            raise pytest.fail.Exception(text, pytrace=False)

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
        if isinstance(excinfo.value, pytest.fail.Exception | NotJudgedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, int, str]:
        check = self.row.check
        return str(self.config.rootpath / ROOT / check), 0, f"{check} {self.name}"


class NotJudgedError(Exception):
    """A verdict that is unknown. It is no pytest.fail, so that Allure shows it as broken, and not as failed."""

    __module__ = "builtins"  # as pytest's own: messages show the name without its module


class NotJudgedReports:
    """Shows the text of a NotJudgedError without a traceback, in Allure too. Registered where Allure writes results."""

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if call.excinfo is not None and isinstance(call.excinfo.value, NotJudgedError):
            report.longrepr = str(call.excinfo.value)
        return report


_ALLURE_SEVERITIES: dict[Severity, str] = {
    "critical": "blocker",
    "high": "critical",
    "medium": "normal",
    "low": "minor",
}


def writes_allure(config: pytest.Config) -> bool:
    """Whether allure-pytest writes results (`--alluredir`)."""
    return bool(config.getoption("allure_report_dir", None))


def add_allure_labels(item: pytest.Item, row: Row) -> None:
    """Add the markers by which allure-pytest knows the severity and the labels of a test, and selects by them."""
    if item.config.pluginmanager.has_plugin("allure_pytest"):
        labels = {"severity": _ALLURE_SEVERITIES[row.severity], "check": row.check, "section": row.section}
        for name, value in labels.items():
            item.add_marker(pytest.mark.allure_label(value, label_type=name))


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
        *((("plan", row.plan),) if row.plan else ()),
    ]
    return [(name, visible(value)) for name, value in values]


def explanation(row: Row, translator: Translator = ENGLISH) -> str:
    """The message and the remediation of a row, safe for a terminal."""
    message, text = translator.row(row.message), translator.text
    if row.resource.name not in ("", row.resource.id):
        message = f"{one_line(row.resource.name)}: {message}"
    remediation = translator.row(row.remediation)
    fix = text("Fix: {remediation}", remediation=remediation) if remediation else ""
    lines = [message, _plan(row, translator), fix]
    if row.outcome == "waived":
        lines.insert(
            0,
            text(
                "Waived ({reason}), but --runxfail counts it as the failure that it is.",
                reason=waiver_reason(row),
            ),
        )
    return visible_lines("\n".join(filter(None, lines)))


def _plan(row: Row, translator: Translator) -> str:
    """What a planned change does to the row, and by which of its changes."""
    if row.plan is None:
        return ""
    plan = translator.word(row.plan)
    words = f"{plan[0].upper()}{plan[1:]}"
    addresses = translator.separator.join(row.plan_addresses[:5])
    if addresses:
        words = translator.text("{plan}, by {addresses}", plan=words, addresses=addresses)
    return one_line(translator.text("{words}.", words=words))


def waiver_reason(row: Row) -> str:
    """The owner, the last day and the reason of the waiver of a row."""
    waiver = row.waiver
    if waiver is None:
        return one_line(row.message)
    return visible(f"waived by {waiver.owner} until {waiver.expires}: {one_line(waiver.reason)}")
