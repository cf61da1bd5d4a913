"""What a plan does to a row, and that the report of it fits a comment."""

from __future__ import annotations

import pytest

from pytest_eci_compliance.change.apply import LayContext, lay
from pytest_eci_compliance.change.effect import Planned, compare_rows
from pytest_eci_compliance.change.model import Note, Origin
from pytest_eci_compliance.report import as_markdown
from pytest_eci_compliance.report.model import Report
from pytest_eci_compliance.results import FIXED_BY_PLAN as FIXED
from pytest_eci_compliance.results import NEW_WITH_PLAN as NEW
from pytest_eci_compliance.results import Evidence, Outcome, Resource, Result, Row
from tests.change.planned_rows import inventory
from tests.support.sampling import sample


def row(outcome: Outcome, message: str = "m", id_: str = "ann", check: str = "user-pass-role") -> Row:
    return Row("prod", check, "high", "5", Resource("user", id_, id_), outcome, message)


def mark(before: Row | None, after: Row) -> str | None:
    base = inventory()
    (marked,), _ = compare_rows((before,) if before else (), (after,), lay(base, (), LayContext()), base)
    return marked.plan


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("passed", "failed", NEW),
        (None, "failed", NEW),
        (None, "passed", None),
        ("passed", "passed", None),
        ("failed", "passed", FIXED),
        ("failed", "waived", FIXED),
        ("unknown", "passed", FIXED),
        ("failed", "unknown", NEW),
        ("unknown", "failed", NEW),
        ("passed", "unknown", NEW),
        ("waived", "failed", NEW),
        ("passed", "waived", NEW),
        ("waived", "passed", FIXED),
        ("passed", "skipped", None),
        ("failed", "failed", None),
    ],
)
def test_outcomes(before: Outcome | None, after: Outcome, expected: str | None) -> None:
    assert mark(row(before) if before else None, row(after)) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("it holds 'A' and 'B'; expected none", "it holds 'B'; expected none", None),
        ("it holds 'A'; expected none", "it holds 'A' and 'B'; expected none", NEW),
        ("it holds 'A' on rg-1 and 'B' on rg-2", "it holds 'A' on rg-2 and 'B' on rg-1", NEW),
        ("it holds 'A' through group x", "it holds 'A' directly and through group x", NEW),
        ("it can delete 'a' and 21 more", "it can delete 'a' and 22 more", NEW),
        ("it can delete 'a' and 22 more", "it can delete 'a' and 21 more", None),
    ],
)
def test_a_failure_for_a_further_reason_is_new(before: str, after: str, expected: str | None) -> None:
    assert mark(row("failed", before), row("failed", after)) == expected


def test_a_row_whose_resource_goes_is_gone() -> None:
    base = inventory()
    _, gone = compare_rows((row("failed"), row("passed", id_="ben")), (), lay(base, (), LayContext()), base)

    assert [row.resource.id for row in gone] == ["ann"]


@pytest.mark.parametrize("number", sample([400, 1500, 3], every=3))
def test_the_markdown_report_fits_a_comment(number: int) -> None:
    rows = [
        Row(
            "prod",
            "user-pass-role",
            "high",
            "5",
            Resource("user", f"user-{index}", f"user-{index}"),
            "failed",
            f"{index} " + "a long reason " * 20,
            "Do something about it. " * 5,
            plan=NEW,
            plan_addresses=(f"module.a.alicloud_ram_policy.p[{index}]",),
        )
        for index in range(number)
    ]
    notes = tuple(
        Note("contradiction", Origin("plan.json", f"x.y{index}"), "differs " * 30) for index in range(number)
    )
    report = Report(
        "1.0",
        "2026-03-02T03:00:00Z",
        {"prod": Evidence("replay", "1", planned="planned, from plan.json: 1 change")},
        tuple(Result(row, f"eci-checks/x::{index}") for index, row in enumerate(rows)),
        plans={"prod": Planned(("plan.json",), number, notes=notes)},
    )
    text = as_markdown.render(report)

    assert len(text) < 65_536
    assert text.index("New with the plan") < 3_000
    assert f"{number} new with the plan" in text
