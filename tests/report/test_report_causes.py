"""Missing evidence in the HTML report: each cause once, above the results that depend on it."""

from __future__ import annotations

import re
from dataclasses import replace

from pytest_eci_compliance.report import as_html
from pytest_eci_compliance.report.model import Report
from pytest_eci_compliance.results import Cause
from tests.report import report_samples

CAUSE = Cause("call", "Throttling.User", "eci:DescribeContainerGroups", "Throttling.User", "Run it again.")


def blind(*outcomes: str) -> Report:
    """A report in which every unknown result lacks the same answer; with outcomes, only results with these."""
    report: Report = report_samples.report(3)
    results = tuple(
        replace(result, row=replace(result.row, causes=(CAUSE,))) if result.outcome == "unknown" else result
        for result in report.results
        if not outcomes or result.outcome in outcomes
    )
    return replace(report, results=results)


def test_a_cause_is_named_once_and_rows_refer_to_it() -> None:
    page = as_html.render(blind("unknown"))
    causes = page[page.index('id="missing"') : page.index("Evidence</h2>")]
    assert "2 results depend on it" in causes or "1 result depends on it" in causes
    anchors = re.findall(r'<li class="is-unknown" id="(missing-\d+)"', causes)
    unknown = page.count('class="row" id=') - page.count('data-outcome="passed"')
    assert unknown > 1
    assert sum(page.count(f'<a href="#{anchor}">Throttling.User</a>') for anchor in anchors) == unknown
    assert page.count("Run it again") == len(anchors)
    assert 'id="first"' not in page


def test_what_to_fix_first_leaves_out_what_lacks_evidence() -> None:
    page = as_html.render(blind())
    first = page[page.index('id="first"') : page.index('id="missing"')]
    assert "is-failed" in first
    assert "is-unknown" not in first


def test_without_missing_evidence_there_is_no_list() -> None:
    assert 'id="missing"' not in as_html.render(report_samples.report(1))
