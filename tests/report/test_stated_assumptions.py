"""Reports list the assumptions that verdicts rest on, what the account says of them, and what is settled."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.inventory.facts import CallerIdentity, Inventory, Observed
from pytest_eci_compliance.report import render
from pytest_eci_compliance.report.as_json import as_data
from pytest_eci_compliance.report.model import Report
from pytest_eci_compliance.report.stated_assumptions import stated_assumptions
from pytest_eci_compliance.results import Evidence, Resource, Result, Row

ROW = Row("prod", "instance-required-tags", "high", "4", Resource("instance", "eci-1"), "passed", "fine")
OPEN = (
    "not judged: it turns on a Deny; settle it with"
    " `assumptions: {deny-on-resource-group-wins: true or false}`"
)


def report(*rows: Row, observations: dict[str, Observed] | None = None, **intent: Any) -> Report:
    inventory = Inventory(
        "1", CallerIdentity("1", "RAMUser", "acs:ram::1:user/auditor"), observations=observations or {}
    )
    account = Account(account_id="1", **intent)
    loaded = SimpleNamespace(
        configuration=SimpleNamespace(accounts={"prod": account}),
        path=Path("x.yaml"),
        line_of=lambda _: 1,
    )
    return Report(
        plugin="0.1.0",
        started="2026-04-02T02:00:00Z",
        accounts={"prod": Evidence("live", "1")},
        results=tuple(Result(row, f"id{number}") for number, row in enumerate(rows)),
        loaded=loaded,  # type: ignore[arg-type]
        inventories={"prod": inventory},
    )


def states(report: Report) -> dict[str, str]:
    return {entry.assumption.id: entry.words for entry in stated_assumptions(report)}


def test_only_what_a_verdict_rests_on_is_listed() -> None:
    assert states(report()) == {}
    listed = states(report(ROW))
    assert listed["total-count-counts-the-list"] == "assumed"
    assert "slr-policy" not in listed
    assert "ended-instances-block-the-role" not in listed
    assert "deny-on-resource-group-wins" not in listed


def test_what_could_not_be_judged_rests_on_nothing_but_the_open_question_that_it_names() -> None:
    row = replace(ROW, check="access", outcome="unknown", message=OPEN)
    assert states(report(row)) == {"deny-on-resource-group-wins": "open"}


def test_held_and_contradicted() -> None:
    seen = {
        "total-count-counts-the-list": Observed(7, 0),
        "status-lists-every-instance": Observed(5, 1),
        "a-group-is-named-default": Observed(1, 0),
    }
    listed = states(report(ROW, observations=seen))
    assert listed["total-count-counts-the-list"] == "held here (7 observations)"
    assert listed["status-lists-every-instance"] == "contradicted here (1 observation)"
    assert "a-group-is-named-default" not in listed, "no verdict of this run rests on it"


def test_what_is_settled_is_listed_whatever_rests_on_it() -> None:
    world = report(assumptions={"pass-role-ignores-case": False})
    assert states(world) == {"pass-role-ignores-case": "settled: false"}
    (entry,) = as_data(world)["assumptions"]
    assert (entry["state"], entry["settled"], entry["account"]) == ("settled", "false", "prod")
    for suffix in (".html", ".md", ".json", ".sarif"):
        assert "pass-role-ignores-case" in render(suffix, world)


def cells(report: Report) -> dict[tuple[str, str], str]:
    lines = csv.DictReader(io.StringIO(render(".csv", report)))
    return {(line["check"], line["outcome"]): line["assumptions"] for line in lines}


def test_csv_names_the_assumptions_of_each_row() -> None:
    unknown = replace(ROW, check="access", outcome="unknown", message=OPEN)
    decided = replace(ROW, check="access", outcome="failed")
    seen = {"total-count-counts-the-list": Observed(7, 0)}
    written = cells(report(ROW, unknown, decided, observations=seen))

    held = "total-count-counts-the-list: held here (7 observations)"
    assert held in written["instance-required-tags", "passed"]
    assert written["access", "unknown"] == "deny-on-resource-group-wins: open"
    assert "resources-are-authorised-in-their-own-group: assumed" in written["access", "failed"]


def test_what_is_settled_stands_under_the_rows_that_the_evaluator_decides() -> None:
    settled = {"deny-on-resource-group-wins": True}
    written = cells(report(ROW, replace(ROW, check="access"), assumptions=settled))

    assert "deny-on-resource-group-wins: settled: true" in written["access", "passed"]
    assert "deny-on-resource-group-wins" not in written["instance-required-tags", "passed"]


def test_sarif_names_the_assumptions_of_each_result_and_of_the_run() -> None:
    unknown = replace(ROW, check="access", outcome="unknown", message=OPEN)
    (run,) = json.loads(render(".sarif", report(unknown)))["runs"]

    assert run["results"][0]["properties"]["assumptions"] == ["deny-on-resource-group-wins: open"]
    assert run["properties"]["assumptions"] == [
        {"account": "prod", "id": "deny-on-resource-group-wins", "here": "open"}
    ]


def test_a_named_default_group_settles_which_one_it_is() -> None:
    seen = {"a-group-is-named-default": Observed(0, 1)}
    access = replace(ROW, check="access")
    plain = states(report(access, observations=seen))
    named = states(report(access, observations=seen, default_resource_group="rg-1"))

    assert plain["a-group-is-named-default"] == "contradicted here (1 observation)"
    assert named["a-group-is-named-default"] == "settled: the default resource group is rg-1"
