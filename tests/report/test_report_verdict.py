"""The verdict in a headline: never better than what ran."""

from __future__ import annotations

import pytest
import report_samples
from report_samples import Resource, results, row

from pytest_eci_compliance.report import as_html, as_markdown
from pytest_eci_compliance.report.model import Report
from pytest_eci_compliance.report.summary import verdict
from pytest_eci_compliance.results import Outcome, OwnTest


def run(*outcomes: Outcome, tests: tuple[str, ...] = (), partial: bool = False) -> Report:
    rows = [
        row("slr-policy", Resource("role", f"r{number}"), outcome, "m")
        for number, outcome in enumerate(outcomes)
    ]
    return Report(
        "0.1.0",
        report_samples.STARTED,
        {},
        results(rows),
        tests=tuple(OwnTest(f"t{number}", outcome) for number, outcome in enumerate(tests)),
        partial={"prod": ("slr-trust",)} if partial else {},
    )


@pytest.mark.parametrize(
    ("report", "state", "headline"),
    [
        (run("passed", "skipped"), "passed", "Everything holds"),
        (run("passed", "waived"), "passed", "Everything holds or is waived"),
        (run("passed", partial=True), "passed", "Everything that was selected holds"),
        (run("passed", "failed", "unknown"), "failed", "1 result does not hold"),
        (run("failed", "failed"), "failed", "2 results do not hold"),
        (run("passed", "unknown"), "unknown", "Cannot be told"),
        (run("skipped"), "skipped", "There was nothing to judge"),
        (run("waived"), "waived", "Everything holds or is waived"),
        (run(), "skipped", "Nothing was judged"),
        (run("passed", tests=("passed", "failed")), "failed", "1 own test does not pass"),
        (run(tests=("unknown", "failed")), "failed", "2 own tests do not pass"),
        (run("unknown", tests=("failed",)), "unknown", "Cannot be told"),
    ],
)
def test_the_headline_says_what_the_run_comes_to(report: Report, state: str, headline: str) -> None:
    said = verdict(report)
    assert (said.state, said.headline) == (state, headline)
    assert headline in as_html.render(report)
    assert f"ECI compliance: {headline}\n" in as_markdown.render(report)


def test_the_sentence_counts_what_the_headline_leaves_out() -> None:
    said = verdict(run("passed", "failed", "unknown", "waived", "skipped", tests=("failed", "passed")))
    assert said.sentence == (
        "1 of 5 results hold, 1 failed, 1 could not be read, 1 waived, 1 had nothing to judge,"
        " 1 of 2 own tests did not pass."
    )
