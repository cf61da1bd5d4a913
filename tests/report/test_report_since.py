"""What changed since a former report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import starmap
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pytest_eci_compliance.inventory.facts import Inventory, Listing, Unreadable
from pytest_eci_compliance.report import as_html, as_json, as_markdown, comparison, former_report, write
from pytest_eci_compliance.report.former_report import FormerReportError
from pytest_eci_compliance.report.model import ChangedResult, Comparison, Report, RowKey
from pytest_eci_compliance.results import Evidence, Outcome, Resource, Row
from tests.report import report_samples
from tests.report.report_samples import instance, inventory, results, row

EVIDENCE = Evidence("replay", "1098765432109876", report_samples.REGIONS, recorded="2026-10-30T02:00:00Z")
CHECK = "instance-required-tags"

SCHEMA = json.loads((Path(as_json.__file__).parent / "schema.json").read_text(encoding="utf-8"))

Compare = Callable[..., Comparison]


def of_instance(number: int, outcome: Outcome, check: str = CHECK) -> Row:
    container_group = instance(number)
    return row(
        check,
        Resource("instance", container_group.id, container_group.name, container_group.region_id),
        outcome,
        f"is {outcome}",
    )


def run(*rows: Row, inventory_now: Inventory | None = None, **more: Any) -> Report:
    report = Report(
        "0.1.0",
        report_samples.STARTED,
        {"prod": EVIDENCE},
        results(list(rows)),
        inventories={} if inventory_now is None else {"prod": inventory_now},
    )
    return replace(report, **more)


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    def compared(then: Report, now: Report) -> Comparison:
        path = tmp_path / "former.json"
        write(path, then)
        return comparison.compare_reports(former_report.read(path), now)

    return compared


def ids_by_kind(changes: Comparison) -> dict[str, list[str]]:
    return {kind: [change.key.id[-1] for change in of_kind] for kind, of_kind in changes.by_kind() if of_kind}


def test_each_kind_of_change(compare: Compare) -> None:
    before: tuple[Outcome, ...] = ("passed", "failed", "failed", "failed", "failed")
    after: tuple[Outcome, ...] = ("failed", "passed", "failed", "waived")
    then = run(*starmap(of_instance, enumerate(before)))
    now = run(
        *starmap(of_instance, enumerate(after)),
        of_instance(5, "failed"),
        inventory_now=replace(
            inventory(),
            listings={
                "instance": tuple(
                    Listing(
                        region, tuple(instance(n) for n in (0, 1, 2, 3, 5) if instance(n).region_id == region)
                    )
                    for region in report_samples.REGIONS
                )
            },
        ),
    )
    changes = compare(then, now)
    assert ids_by_kind(changes) == {
        "new": ["0", "5"],
        "fixed": ["1"],
        "gone": ["4"],
        "still open": ["2"],
        "waived": ["3"],
    }
    assert changes.not_compared == 0
    assert changes.started == report_samples.STARTED


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("unknown", "failed", "still open"),
        ("failed", "unknown", "still open"),
        ("unknown", "passed", "fixed"),
        ("waived", "failed", "new"),
        ("waived", "passed", "fixed"),
        ("skipped", "failed", "new"),
        ("failed", "skipped", "gone"),
        ("unknown", "skipped", "fixed"),
        ("passed", "passed", None),
        ("waived", "waived", None),
        ("passed", "waived", None),
    ],
)
def test_the_kind_is_reported_by_both_outcomes(
    compare: Compare, before: Outcome, after: Outcome, kind: str | None
) -> None:
    changes = compare(run(of_instance(1, before)), run(of_instance(1, after)))
    assert list(ids_by_kind(changes)) == ([kind] if kind else [])


def test_what_still_exists_or_cannot_be_read_is_not_gone(compare: Compare) -> None:
    then = run(of_instance(0, "passed"), of_instance(1, "failed"))
    left = of_instance(0, "passed")
    unreadable = Unreadable("eci:DescribeContainerGroups", "Throttling")
    blind = replace(inventory(), listings={"instance": (Listing(instance(1).region_id, unreadable),)})
    for inventory_now in (None, inventory(), blind):
        changes = compare(then, run(left, inventory_now=inventory_now))
        assert ids_by_kind(changes) == {}
        assert changes.not_compared == 1


@pytest.mark.parametrize("account_wide", [True, False])
def test_where_a_list_is_unknown_now_nothing_of_it_is_gone(compare: Compare, account_wide: bool) -> None:
    region = None if account_wide else instance(1).region_id
    unknown = row(CHECK, Resource("instance", "*", "", region), "unknown", "Throttling")
    then = run(of_instance(0, "passed"), of_instance(1, "failed"))
    changes = compare(then, run(of_instance(0, "passed"), unknown, inventory_now=inventory(0)))
    assert ids_by_kind(changes) == {"new": ["*"]}
    assert changes.not_compared == 1


def test_a_check_or_an_account_that_did_not_run_is_not_compared(compare: Compare) -> None:
    other = of_instance(1, "passed", "instance-resource-group")
    then = run(of_instance(1, "failed"), other)
    for now in (run(other, inventory_now=inventory(0)), run(accounts={"test": EVIDENCE})):
        assert ids_by_kind(compare(then, now)) == {}
        assert compare(then, now).not_compared == 1
    assert ids_by_kind(compare(run(other), run(other, of_instance(1, "failed")))) == {}


def test_a_check_that_ran_in_part_is_not_compared_for_what_is_missing(compare: Compare) -> None:
    part: dict[str, Any] = {"partial": {"prod": (CHECK,)}}
    then = run(of_instance(0, "failed"), of_instance(1, "failed"))
    changes = compare(then, run(of_instance(0, "passed"), inventory_now=inventory(0), **part))
    assert ids_by_kind(changes) == {"fixed": ["0"]}
    assert changes.not_compared == 1
    changes = compare(
        run(of_instance(0, "passed"), **part), run(of_instance(0, "passed"), of_instance(1, "failed"))
    )
    assert ids_by_kind(changes) == {}


def test_a_region_that_is_not_read_is_not_compared(compare: Compare) -> None:
    then = run(of_instance(0, "passed"), of_instance(1, "failed"))
    fewer = replace(EVIDENCE, regions=(instance(0).region_id,))
    changes = compare(
        then, run(of_instance(0, "passed"), inventory_now=inventory(0), accounts={"prod": fewer})
    )
    assert ids_by_kind(changes) == {}
    assert changes.not_compared == 1


def test_an_expectation_is_compared_with_itself_only(compare: Compare) -> None:
    user = Resource("user", "bob", "bob")
    then = run(row("access", user, "failed", "m", expectation="a"))
    now = run(row("access", user, "failed", "m", expectation="b"))
    assert ids_by_kind(compare(then, now)) == {}
    assert compare(then, now).not_compared == 2


def test_a_list_that_was_unknown_and_is_read_now_is_fixed(compare: Compare) -> None:
    unknown = row(CHECK, Resource("instance", "*", "", "cn-hangzhou"), "unknown", "Throttling")
    changes = compare(run(unknown), run(of_instance(0, "passed"), inventory_now=inventory()))
    assert ids_by_kind(changes) == {"fixed": ["*"]}


@pytest.mark.parametrize(
    ("resource", "gone"),
    [
        (Resource("user", "alice"), False),
        (Resource("user", "zoe"), True),
        (Resource("role", "ECIRamRoleTest"), False),
        (Resource("role", "Former"), True),
        (Resource("policy", "Custom/LendRoles"), False),
        (Resource("policy", "Custom/Former"), True),
        (Resource("policy", "AliyunECIFullAccess"), False),
        (Resource("policy", "AliyunOSSFullAccess"), True),
        (Resource("waiver", "a:b"), True),
        (Resource("account", "prod"), False),
    ],
)
def test_gone_is_derived_from_the_inventory(compare: Compare, resource: Resource, gone: bool) -> None:
    kept = row("slr-policy", Resource(resource.type, "kept"), "passed", "m")
    then = run(kept, row("slr-policy", resource, "failed", "m"))
    assert bool(compare(then, run(kept, inventory_now=inventory())).gone) is gone
    blind = replace(
        inventory(),
        users=Unreadable("ram:ListUsers", "Forbidden.RAM"),
        roles=Unreadable("ram:ListRoles", "Forbidden.RAM"),
        custom_policies=Unreadable("ram:ListPolicies", "Forbidden.RAM"),
    )
    still = resource.type == "waiver" or resource.id == "AliyunOSSFullAccess"
    assert bool(compare(then, run(kept, inventory_now=blind)).gone) is still


def test_a_report_against_itself_has_only_what_is_open(compare: Compare) -> None:
    report = report_samples.report()
    changes = compare(report, report)
    assert list(ids_by_kind(changes)) == ["still open"]
    open_now = [result for result in report.results if result.row.outcome in ("failed", "unknown")]
    assert len(changes.still_open) == len(open_now)


def test_names_that_are_no_text_are_compared_too(compare: Compare) -> None:
    report = run(row("user-intended-policies", Resource("user", "a\ud800\x1b"), "failed", "m\ud800"))
    assert len(compare(report, report).still_open) == 1
    assert not any("\x1b" in line for line in comparison.lines(compare(report, report)))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not a JSON report"),
        (b"{}", "schema"),
        (b"[1]", "not a JSON report"),
        (b'{"schema": 2, "started": "x", "accounts": {}, "results": []}', "schema"),
        (b'{"schema": 1, "started": "x", "accounts": {}, "results": [{"account": 1}]}', "results.0"),
        (b"[" * 100_000, "not a JSON report"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_anything_else_is_refused_with_the_file_and_the_remediation(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = tmp_path / "former.json"
    path.write_bytes(content)
    with pytest.raises(FormerReportError) as caught:
        former_report.read(path)
    assert isinstance(caught.value, ValueError)
    assert str(path) in str(caught.value)
    assert problem in str(caught.value)
    assert "name a JSON report that --eci-report wrote" in str(caught.value)


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(FormerReportError, match="cannot be read"):
            former_report.read(path)


def on(day: int, *rows: Row) -> Report:
    """A live run on a day of November 2026."""
    accounts = {"prod": replace(EVIDENCE, mode="live", recorded=None)}
    return run(*rows, accounts=accounts, started=f"2026-11-{day:02}T06:15:00Z")


def lines_of(report: Report) -> list[str]:
    assert report.since is not None
    return comparison.lines(report.since)


def test_the_day_a_finding_was_first_seen_goes_from_report_to_report(compare: Compare) -> None:
    rows = (of_instance(0, "failed"), of_instance(1, "passed"), of_instance(2, "waived"))
    report = on(1, *rows)
    for day in (2, 5):
        today = on(day, of_instance(0, "unknown"), of_instance(1, "failed"), of_instance(2, "failed"))
        report = replace(today, since=compare(report, today))
    data = json.loads(as_json.render(report))
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    assert [result["first_seen"][:10] for result in data["results"]] == [
        "2026-11-01",
        "2026-11-02",
        "2026-11-01",
    ]
    lines = lines_of(report)
    assert [line.rpartition(": ")[2] for line in lines[1:]] == [
        "unknown, open for 4 days",
        "failed, open for 3 days",
        "failed, open for 4 days",
    ]
    assert "open for 4 days" in as_markdown.render(report)
    assert "open for 4 days" in as_html.render(report)


def test_what_is_fixed_or_not_compared_has_no_first_day(compare: Compare) -> None:
    then = on(1, of_instance(0, "failed"), of_instance(1, "passed"))
    now = on(4, of_instance(0, "passed"), of_instance(1, "failed"), of_instance(2, "failed", "slr-policy"))
    now = replace(now, since=compare(then, now))
    data = json.loads(as_json.render(now))
    days = {result["resource"]["id"][-1]: result.get("first_seen", "")[:10] for result in data["results"]}
    assert days == {"0": "", "1": "2026-11-04", "2": ""}
    assert lines_of(now)[1].endswith(": failed")


def test_a_recording_dates_what_is_seen_by_its_evidence(compare: Compare) -> None:
    then, now = run(of_instance(0, "failed")), on(12, of_instance(0, "failed"))
    assert comparison.lines(compare(then, now))[1].endswith("failed, open for 13 days")


@pytest.mark.parametrize(
    ("message", "kind"), [("Throttling", None), ("there may be more than was shown: x", "new")]
)
def test_what_a_list_lacked_that_was_not_answered_then_is_not_new(
    compare: Compare, message: str, kind: str | None
) -> None:
    unknown = row(CHECK, Resource("instance", "*", "", instance(0).region_id), "unknown", message)
    changes = compare(run(unknown), run(of_instance(0, "failed"), unknown))
    assert [name for name in ids_by_kind(changes) if name != "still open"] == ([kind] if kind else [])
    assert changes.unread_then == (kind is None)
    if kind is None:
        assert changes.why_not_compared == "1 could not be read then"


def test_a_region_that_was_listed_then_is_compared_where_another_list_is_missing(compare: Compare) -> None:
    unknown = row(CHECK, Resource("instance", "*"), "unknown", "the list of regions could not be read")
    then = run(of_instance(0, "passed"), unknown)
    same_region, other_region = of_instance(3, "failed"), of_instance(1, "failed")
    changes = compare(then, run(of_instance(0, "passed"), same_region, other_region))
    assert [change.key.id[-1] for change in changes.new] == ["3"]
    assert changes.unread_then == 1


def test_the_page_marks_and_links_what_is_new(compare: Compare) -> None:
    then = run(of_instance(0, "passed"), of_instance(1, "failed"))
    now = run(of_instance(0, "failed"), of_instance(1, "failed"))
    page = as_html.render(replace(now, since=compare(then, now)))
    marked = re.findall(r'<li class="row" id="(row-\w+)"[^>]* data-since="(\w+)"', page)
    assert sorted(kind for _, kind in marked) == ["new", "open"]
    new = next(anchor for anchor, kind in marked if kind == "new")
    changes = page[page.index('id="since"') : page.index('id="sections"')]
    assert f'href="#{new}"' in changes


def test_the_lines_tell_numbers_then_the_first_of_each(compare: Compare) -> None:
    then = run(*(of_instance(n, "passed") for n in range(9)))
    now = run(*(of_instance(n, "failed") for n in range(9)))
    lines = comparison.lines(compare(then, now))
    assert lines[0].startswith(
        f"since {report_samples.STARTED} (former.json): 9 new, 0 fixed, 0 gone, 0 still"
    )
    assert len(lines) == 1 + 5 + 1
    assert lines[1].endswith("(web-0): failed")
    assert lines[-1].endswith("and 4 more")


def test_the_most_severe_changes_come_first(compare: Compare) -> None:
    low = replace(of_instance(0, "failed"), severity="low", check="a-check")
    high = replace(of_instance(1, "failed"), severity="critical", check="z")
    then = run(*(replace(item, outcome="passed") for item in (low, high)))
    changes = compare(then, run(low, high))
    assert [(item.severity, item.key.check) for item in changes.new] == [
        ("critical", "z"),
        ("low", "a-check"),
    ]
    assert "z (critical)" in comparison.lines(changes)[1]


def test_a_report_of_other_accounts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "former.json"
    path.write_text(as_json.render(run(of_instance(0, "failed"))), encoding="utf-8")
    former = former_report.read(path)
    (there,) = former.contents.regions
    former_report.require_common_account(former, ["other", there])
    with pytest.raises(FormerReportError, match=f"no account other .*it has {there}"):
        former_report.require_common_account(former, ["other"])


def test_every_report_shows_the_changes(compare: Compare) -> None:
    then = run(of_instance(0, "failed"), of_instance(1, "passed"))
    now = run(of_instance(0, "passed"), of_instance(1, "failed"))
    now = replace(now, since=compare(then, now))
    data = json.loads(as_json.render(now))
    schema = json.loads((Path(as_json.__file__).parent / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(data)
    assert [item["resource"]["id"] for item in data["since"]["new"]] == [instance(1).id]
    assert [item["before"] for item in data["since"]["fixed"]] == ["failed"]
    assert "**Fixed**" in as_markdown.render(now)
    assert "Changes since 2026-11-02 06:15:00 UTC" in as_html.render(now)


def test_reports_keep_the_order_of_the_changes_and_name_their_kind() -> None:
    keys = [RowKey("prod", "image-cache-required-tags", "image_cache", item, "cn-beijing") for item in "zam"]
    new = tuple(ChangedResult(key, "", None, "failed") for key in keys)
    report = replace(run(), since=Comparison("former.json", report_samples.STARTED, new=new))
    markdown = as_markdown.render(report)
    assert [line[-17:] for line in markdown.splitlines() if line.startswith("- `prod`")] == [
        f"`{item}` in `cn-beijing`"[-17:] for item in "zam"
    ]
    assert ": image cache `z` in `cn-beijing`" in markdown
    page = as_html.render(report)
    assert page.index("<bdi>z</bdi>") < page.index("<bdi>a</bdi>") < page.index("<bdi>m</bdi>")
    assert "image cache, prod, cn-beijing" in page


@pytest.mark.parametrize("now", ["passed", "failed", "unknown"])
def test_a_waiver_of_an_own_check_is_not_compared_with_a_recording(now: Outcome) -> None:
    """The own check has not judged the recording: what its waiver was then is not known."""
    own, built_in = (
        Row(
            "prod", "waiver", "medium", "-", Resource("waiver", f"{check}:*", "*"), "unknown", "not known", ""
        )
        for check in ("house", CHECK)
    )
    then = former_report.of_recording("former", "prod", "2026-11-01T00:00:00Z", [], [own, built_in])
    changes = comparison.compare_reports(
        then, run(replace(own, outcome=now), replace(built_in, outcome="passed"))
    )
    assert [change.key.id for change in changes.fixed] == [f"{CHECK}:*"]
    assert not changes.new + changes.gone + changes.still_open + changes.waived
    assert changes.not_compared == (now != "passed")
