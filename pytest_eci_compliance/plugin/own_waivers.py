"""The waivers of own checks. They are judged after the tests, when the outcomes of all workers are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

import pytest

from ..checks.waiver import evaluate_own_waiver
from ..checks.waiver import waiver as waiver_check
from ..messages import escape
from ..results import OPEN_OUTCOMES, Row
from .collection import CheckCollector, RowItem
from .node_ids import NamedRow

if TYPE_CHECKING:
    from .own_rows import Collected
    from .session import RunResults, Session


def run(pytest_session: pytest.Session, session: Session, collected: Collected, results: RunResults) -> None:
    """Judge the selected waivers of own checks, and run each of them as a test."""
    items = list(_items(pytest_session, session, collected, results))
    pytest_session.testscollected += len(items)
    for item, following in zip_longest(items, items[1:]):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def _items(
    pytest_session: pytest.Session, session: Session, collected: Collected, results: RunResults
) -> Iterator[RowItem]:
    selected = set(collected.waivers)
    judged = [
        NamedRow(named.name, _judge(named.row, session, collected, results))
        for rows in session.checks.values()
        for named in rows
        if named.nodeid in selected
    ]
    for named in judged:
        results.replace_row(named)
    if judged:
        yield from _collect(pytest_session, judged)


def _collect(pytest_session: pytest.Session, judged: Iterable[NamedRow]) -> Iterator[RowItem]:
    rows = list(judged)
    parent = rows[0].nodeid.partition("::")[0]
    yield from CheckCollector.from_parent(pytest_session, name=parent, nodeid=parent, rows=rows).collect()


def _judge(row: Row, session: Session, collected: Collected, results: RunResults) -> Row:
    """The row of a waiver, with the outcomes of the own checks of its account."""
    case = session.case(row.account)
    index = row.config_path[-1]
    if case is None or not isinstance(index, int):
        return row
    waiver = case.intent.waivers[index]
    ran = {nodeid: own for nodeid, own in results.own_rows.items() if own.account == row.account}
    wanted = {nodeid for nodeid, key in collected.checks.items() if key == (row.account, waiver.check)}
    verdict = evaluate_own_waiver(
        replace(case, rows=tuple(ran.values())),
        waiver,
        all_collected=session.all_own_tests,
        all_ran=wanted <= ran.keys(),
    )
    remediation = waiver_check.remediation if verdict.remediation is None else verdict.remediation
    return replace(
        row,
        outcome=verdict.outcome,
        message=escape(verdict.message),
        remediation=escape(remediation) if verdict.outcome in OPEN_OUTCOMES else "",
    )
