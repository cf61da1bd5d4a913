"""The verdict in a headline: never better than what ran."""

from __future__ import annotations

import pytest

from pytest_eci_compliance.report import as_html, as_markdown
from pytest_eci_compliance.report.model import Report
from pytest_eci_compliance.report.summary import headline
from pytest_eci_compliance.results import Outcome, OwnTest, Resource
from tests.report import report_samples
from tests.report.report_samples import results, row


def run(*outcomes: Outcome, tests: tuple[Outcome, ...] = (), partial: bool = False) -> Report:
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
    ("report", "state", "text"),
    [
        (run("passed", "skipped"), "passed", "Everything passed"),
        (run("passed", "waived"), "passed", "Everything passed or is waived"),
        (run("passed", partial=True), "passed", "Everything that was selected passed"),
        (run("passed", "failed", "unknown"), "failed", "1 result failed"),
        (run("failed", "failed"), "failed", "2 results failed"),
        (run("passed", "unknown"), "unknown", "Inconclusive"),
        (run("skipped"), "skipped", "No check was applicable"),
        (run("waived"), "waived", "Everything passed or is waived"),
        (run(), "skipped", "Nothing was judged"),
        (run("passed", tests=("passed", "failed")), "failed", "1 own test did not pass"),
        (run(tests=("unknown", "failed")), "failed", "2 own tests did not pass"),
        (run("unknown", tests=("failed",)), "unknown", "Inconclusive, 1 own test did not pass"),
    ],
)
def test_the_headline_states_the_result_of_the_run(report: Report, state: str, text: str) -> None:
    head = headline(report)
    assert (head.state, head.text) == (state, text)
    assert f"<h1>{text}</h1>" in as_html.render(report)
    assert f"ECI compliance: {text}\n" in as_markdown.render(report)


def test_the_sentence_counts_what_the_headline_leaves_out() -> None:
    head = headline(run("passed", "failed", "unknown", "waived", "skipped", tests=("failed", "passed")))
    assert head.sentence == (
        "1 of 5 results passed, 1 failed, 1 unknown, 1 waived, 1 not applicable,"
        " 1 of 2 own tests did not pass."
    )
