"""Every format: valid by its own rules, agreeing with the others, and safe against hostile names."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from pytest_eci_compliance.inventory.facts import Unreadable
from pytest_eci_compliance.report import (
    SUFFIXES,
    as_csv,
    as_html,
    as_json,
    as_markdown,
    as_sarif,
    render,
    wording,
    write,
)
from pytest_eci_compliance.report.charts import charts
from pytest_eci_compliance.report.links import is_address
from pytest_eci_compliance.report.markdown_text import code, escape_markdown
from pytest_eci_compliance.report.model import Links, Report, count
from pytest_eci_compliance.report.waivers import applied_waivers, lines
from pytest_eci_compliance.results import OUTCOMES, Evidence, Outcome, Resource, Waived
from tests.report import report_samples, sarif_essentials
from tests.support.sampling import examples, sample

SCHEMA = json.loads((files("pytest_eci_compliance.report") / "schema.json").read_text(encoding="utf-8"))

hostile = st.one_of(
    st.text(min_size=1, max_size=40),
    st.sampled_from(
        [
            "</script><script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            '"><svg/onload=alert(1)>',
            '=HYPERLINK("http://evil")',
            "@SUM(1+1)|cmd",
            "\t=1",
            "\x1b[2J\x1b]0;owned\x07",
            "\u202egnp.exe",
            "\u2066hidden\u2069\u200b",
            "a|b\n| c | d |\n\n# big",
            "`x` ![i](http://e/p.png) [t](javascript:1) <b>",
            "{{ 7*7 }}{% raw %}",
            "@everyone #1 https://evil.example www.evil.example",
            "\ud800",
            "\r\nnew: line",
            "\u2028\u2029\x85",
            "\\|",
            "]]>--><!--",
        ]
    ),
)


class Page(HTMLParser):
    """What a browser would see: elements with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def loaded(line: int = 7) -> Any:
    """A configuration that stands in the working directory, every part of it in one line."""
    asked: list[tuple[str | int, ...]] = []

    def line_of(path: tuple[str | int, ...]) -> int:
        asked.append(path)
        return line

    configuration = SimpleNamespace(accounts={})
    return SimpleNamespace(
        path=Path("eci compliance.yaml"), line_of=line_of, configuration=configuration, asked=asked
    )


def counts_in(suffix: str, text: str) -> dict[str, int]:
    """The numbers that a report shows."""
    if suffix == ".json":
        return dict(Counter(result["outcome"] for result in json.loads(text)["results"]))
    if suffix == ".csv":
        return dict(Counter(record["outcome"] for record in csv.DictReader(io.StringIO(text))))
    if suffix == ".sarif":
        return dict(json.loads(text)["runs"][0]["properties"]["counts"])
    if suffix == ".md":
        numbers = re.search(r"total \|\n.*\n\| (.*) \|", text)
        assert numbers
        return dict(zip(OUTCOMES, map(int, numbers[1].split(" | ")), strict=False))
    shown = re.findall(r'data-only="(\w+)"><b>([\d,]+)</b>', text)
    return {outcome: int(number.replace(",", "")) for outcome, number in shown}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("instances", [0, 24])
def test_counts_agree_everywhere(suffix: str, instances: int) -> None:
    report = report_samples.report(instances)
    numbers = {item: number for item, number in count(report.results).items() if number}
    shown = {item: number for item, number in counts_in(suffix, render(suffix, report)).items() if number}
    assert shown == numbers
    assert sum(numbers.values()) == len(report.results)


def test_html_rows_and_sarif_results_are_as_many_as_counted() -> None:
    report = report_samples.report()
    numbers = count(report.results)
    page = Page(as_html.render(report))
    rows = Counter(value for _, name, value in page.attributes if name == "data-outcome")
    assert rows == Counter({item: number for item, number in numbers.items() if number})
    results = json.loads(as_sarif.render(report))["runs"][0]["results"]
    suppressed = [result for result in results if "suppressions" in result]
    assert len(suppressed) == numbers["waived"]
    assert len(results) - len(suppressed) == numbers["failed"] + numbers["unknown"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_order_in_which_tests_ran_does_not_show(suffix: str) -> None:
    report = report_samples.report()
    results = list(report.results)
    random.Random(4).shuffle(results)
    shuffled = replace(report, results=tuple(results), tests=report.tests[::-1])
    assert render(suffix, shuffled) == render(suffix, report)


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_a_run_without_results_is_no_pass(suffix: str) -> None:
    text = render(suffix, Report("0.1.0", report_samples.STARTED, {}, ()))
    assert "othing was judged" in text
    assert "Everything passed" not in text
    assert "✅ ECI" not in text


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_every_failed_and_unknown_resource_is_in_the_text(suffix: str) -> None:
    report = report_samples.report(200)
    text = render(suffix, report)
    for result in report.results:
        if result.row.outcome in ("failed", "unknown") and result.row.resource.id != "*":
            assert result.row.resource.id in text
            assert result.row.message.split("\n")[0].split("*")[0] in text


def test_json_is_as_published() -> None:
    report = report_samples.report()
    data = json.loads(as_json.render(report))
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    assert data["schema"] == 1
    assert data["accounts"]["prod"]["recorded"] == "2026-10-30T02:00:00Z"
    assert data["accounts"]["test"]["recorded"] is None
    by_check = {result["check"]: result for result in data["results"]}
    assert by_check["access"]["expectation"] == "prod is not deleted by hand"
    assert [check for check, item in by_check.items() if "expectation" in item] == ["access"]
    assert by_check["slr-policy"]["resource"] == {
        "type": "role",
        "id": "AliyunServiceRoleForECI",
        "name": "AliyunServiceRoleForECI",
        "region": None,
    }
    assert "since" not in data
    assert "partial" not in data


def test_json_schema_is_a_schema_and_refuses_other_things() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    data = json.loads(as_json.render(report_samples.report()))
    data["results"][0]["outcome"] = "ok"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(data)


def test_csv_has_a_line_per_result_and_no_formula() -> None:
    report = report_samples.with_name(report_samples.report(1), "=1+1")
    lines_of_text = as_csv.render(report).splitlines()
    assert len(lines_of_text) == 1 + len(report.results)
    for line in csv.DictReader(lines_of_text):
        assert line["resource_id"] == line["message"] == "'=1+1"


def test_markdown_reads_well(snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_eci_compliance.report.rules.CHECKS", ())
    assert as_markdown.render(report_samples.report(4)) == snapshot


def test_markdown_stays_within_a_job_summary() -> None:
    report = report_samples.report(2000)
    wordy = replace(
        report,
        results=tuple(
            replace(result, row=replace(result.row, message=result.row.message * 20))
            for result in report.results
        ),
    )
    assert sum(len(result.row.message) for result in wordy.results) > as_markdown.LIMIT
    text = as_markdown.render(wordy)
    assert len(text.encode()) <= as_markdown.LIMIT
    assert counts_in(".md", text) == count(report.results)
    assert "instance-no-access-keys" in text


@pytest.mark.parametrize("suffix", sample(SUFFIXES, every=3))
def test_ten_thousand_results_are_no_trouble(suffix: str) -> None:
    report = report_samples.report(3400)
    assert len(report.results) > 10_000
    text = render(suffix, report)
    assert len(text) < 12_000_000
    assert counts_in(suffix, text)["failed"] == count(report.results)["failed"]


def test_sarif_has_the_essential_structure() -> None:
    report = replace(report_samples.report(), loaded=loaded())
    log = json.loads(as_sarif.render(report))
    jsonschema.Draft202012Validator(sarif_essentials.SCHEMA).validate(log)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert {result.row.check for result in report.results} <= {rule["id"] for rule in rules}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"] == {"uri": "eci%20compliance.yaml", "uriBaseId": "%SRCROOT%"}
        assert physical["region"] == {"startLine": 7}
    levels = {result["ruleId"]: result["level"] for result in run["results"]}
    assert levels["instance-no-access-keys"] == "error"
    assert levels["instance-resource-group"] == "warning"


def test_sarif_locates_a_result_where_the_configuration_asks_for_it() -> None:
    configuration = loaded()
    as_sarif.render(replace(report_samples.report(1), loaded=configuration))
    assert ("accounts", "prod", "service_linked_role", "policy") in configuration.asked


def test_sarif_fingerprints_are_one_per_result_and_ignore_the_message() -> None:
    def prints(report: Report) -> list[str]:
        results = json.loads(as_sarif.render(report))["runs"][0]["results"]
        return [result["partialFingerprints"]["eciComplianceRow/v1"] for result in results]

    report = report_samples.report()
    reworded = replace(
        report,
        results=tuple(replace(result, row=replace(result.row, message="other")) for result in report.results),
    )
    assert len(set(prints(report))) == len(prints(report))
    assert prints(reworded) == prints(report)


def test_sarif_says_who_waived_and_until_when() -> None:
    results = json.loads(as_sarif.render(report_samples.report()))["runs"][0]["results"]
    waived = [result for result in results if "suppressions" in result]
    assert [item["suppressions"] for item in waived] == [
        [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "migrating, OPS-1234 (platform-team, until 2026-11-10)",
            }
        ]
    ]


def test_the_page_loads_nothing_and_allows_only_its_own_script() -> None:
    text = as_html.render(report_samples.report())
    page = Page(text)
    assert page.tags["script"] == page.tags["style"] == 1
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name != "style", tag
        if name in ("src", "href", "srcset", "action", "xlink:href"):
            assert value == "data:," or (value or "").startswith("#")
    assert "url(http" not in text
    assert "@import" not in text
    policy = next(
        value for tag, name, value in page.attributes if tag == "meta" and "default-src" in (value or "")
    )
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_page_links_the_documentation_and_the_configuration_line(tmp_path: Path) -> None:
    configuration = loaded(12)
    links = Links("https://audit.example/checks.html")
    report = replace(report_samples.report(2), loaded=configuration, links=links)
    path = tmp_path / "reports" / "out.html"
    path.parent.mkdir()
    write(path, report)
    hrefs = {value for _, name, value in Page(path.read_text(encoding="utf-8")).attributes if name == "href"}
    assert "https://audit.example/checks.html#instance-required-tags" in hrefs
    relative = Path(os.path.relpath(configuration.path, path.parent)).as_posix().replace(" ", "%20")
    assert f"{relative}#L12" in hrefs
    web = replace(links, configuration="https://git.example/eci.yaml")
    assert 'href="https://git.example/eci.yaml#L12"' in as_html.render(replace(report, links=web))
    plain = as_html.render(replace(report, loaded=None, links=Links()))
    assert "Documentation of" not in plain
    assert "Required by" not in plain


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "file:///etc"])
def test_only_web_addresses_and_paths_are_addresses(address: str) -> None:
    assert not is_address(address)


def test_the_page_tells_the_verdict_and_the_age_of_the_evidence_first() -> None:
    text = as_html.render(report_samples.report())
    words = re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)
    assert words.index("results failed") < words.index("3 days old") < words.index("By section")
    assert words.index("Not everything could be read") < words.index("By section")


@pytest.mark.parametrize(
    ("recorded", "age"),
    [
        ("2026-11-02T06:00:00Z", "less than an hour old"),
        ("2026-11-02T05:15:00Z", "1 hour old"),
        ("2026-10-31T07:00:00Z", "47 hours old"),
        ("2026-10-31T06:00:00.5Z", "2 days old"),
    ],
)
def test_the_age_is_reported_in_hours_then_days(recorded: str, age: str) -> None:
    evidence = Evidence("replay", "1", recorded=recorded, complete=True)
    report = Report("0.1.0", report_samples.STARTED, {"prod": evidence}, ())
    assert age in as_html.render(report)


def test_the_page_shows_which_grants_by_which_path() -> None:
    text = " ".join(Page(as_html.render(report_samples.report())).text.split())
    assert "account-wide, through group developers" in text
    assert "1 user has no policies attached: erin" in text


def test_what_the_rules_say_in_backticks_is_code_and_nothing_else_is_markup() -> None:
    text = as_html.render(report_samples.report())
    assert "<code>pass_roles</code>" in text
    nasty = as_html.render(report_samples.with_name(report_samples.report(1), "`<b>` <i>"))
    assert "<code>&lt;b&gt;</code> &lt;i&gt;" in nasty


@settings(examples(30), suppress_health_check=[HealthCheck.too_slow])
@given(name=hostile)
def test_hostile_names_stay_names(name: str) -> None:
    plain = report_samples.report(1)
    report = report_samples.with_name(plain, name)
    rendered = {suffix: render(suffix, report) for suffix in SUFFIXES}

    for suffix, text in rendered.items():
        text.encode("utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", text), (
            suffix
        )

    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(rendered[".json"]))
    jsonschema.Draft202012Validator(sarif_essentials.SCHEMA).validate(json.loads(rendered[".sarif"]))

    cells = list(csv.reader(io.StringIO(rendered[".csv"])))
    assert {len(line) for line in cells} == {len(as_csv.COLUMNS)}
    assert len(cells) == 1 + len(report.results)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for line in cells for cell in line)

    usual, page = Page(as_html.render(plain)), Page(rendered[".html"])
    assert page.tags["script"] == usual.tags["script"]
    assert not (page.tags - usual.tags).keys() - {"p", "b", "br", "code"}
    assert {name for _, name, _ in page.attributes} <= {name for _, name, _ in usual.attributes}

    tables = [line for line in rendered[".md"].splitlines() if line.startswith("| ❌ failed |")]
    assert len(tables) == count(report.results)["failed"]
    assert "<img" not in rendered[".md"]
    assert "<script" not in rendered[".md"]


def test_json_keeps_names_as_they_are() -> None:
    name = "\u202eevil \x1b[2J 名 \U000e0041"
    text = as_json.render(report_samples.with_name(report_samples.report(1), name))
    assert {result["resource"]["id"] for result in json.loads(text)["results"]} == {name}
    assert "名" in text
    assert "\u202e" not in text


def test_markdown_makes_nothing_a_link_or_a_mention() -> None:
    assert escape_markdown("by @alice, #12 at https://x") == "by `@alice,` `#12` at `https://x`"
    assert escape_markdown("[a](b) <i> a_b _c_ |") == r"\[a\](b) &lt;i&gt; a_b \_c\_ \|"
    assert code("a`|b") == "<code>a&#96;&#124;b</code>"


def test_waivers_are_told_with_the_time_that_is_left() -> None:
    report = report_samples.report()
    (waiver,) = applied_waivers(report)
    assert (waiver.covers, waiver.days, waiver.state, waiver.left) == (
        1,
        8,
        "expires soon",
        "expires in 8 days",
    )
    assert "expires in 8 days (2026-11-10), platform-team" in lines(report)[0]


@pytest.mark.parametrize(
    ("expires", "state", "left"),
    [
        ("2026-11-01", "expired", "expired 1 day ago"),
        ("2026-11-02", "expires soon", "ends today"),
        ("2026-11-16", "expires soon", "expires in 14 days"),
        ("2026-11-03", "expires soon", "expires in 1 day"),
        ("2026-11-17", "valid", "expires in 15 days"),
        ("9999-12-31", "valid", "no end"),
    ],
)
def test_a_waiver_is_announced_two_weeks_ahead(expires: str, state: str, left: str) -> None:
    resource = Resource("user", "dave")
    waiver = Waived("r", "o", expires)
    row = report_samples.row("user-intended-policies", resource, "waived", "m", waiver=waiver)
    report = replace(report_samples.report(0), results=report_samples.results([row]))
    (item,) = applied_waivers(report)
    assert (item.state, item.left) == (state, left)
    assert bool(lines(report)) is (state != "valid")


def test_a_waiver_without_an_end_says_so() -> None:
    waiver = Waived("r", "o", "9999-12-31")
    row = report_samples.row("user-intended-policies", Resource("user", "dave"), "waived", "m", waiver=waiver)
    report = replace(report_samples.report(0), results=report_samples.results([row]))
    rendered = {suffix: render(suffix, report) for suffix in (".html", ".md", ".sarif")}
    assert "Waived by o without an end: r" in rendered[".html"]
    assert "| no end | no end |" in rendered[".md"]
    assert "9999" not in "".join(rendered.values())


def test_a_waiver_covers_a_part_of_a_failure() -> None:
    resource = Resource("user", "dave")
    row = report_samples.row("user-intended-policies", resource, "failed", "m")
    used = [Waived("r", "o", "2026-11-10", f"policy={name}") for name in "AB"]
    covered = replace(row, covered_by=tuple(used))
    report = replace(report_samples.report(), results=report_samples.results([covered]), loaded=None)
    assert [(waiver.waiver.narrowing, waiver.covers) for waiver in applied_waivers(report)] == [
        ("policy=A", 1),
        ("policy=B", 1),
    ]


def test_waivers_that_expired_and_that_will_are_told_apart() -> None:
    waivers = [Waived("r", "o", day) for day in ("2026-11-01", "2026-11-10", "2026-11-12")]
    rows = [
        report_samples.row("user-intended-policies", Resource("user", day), "waived", "m", waiver=waiver)
        for day, waiver in zip("abc", waivers, strict=True)
    ]
    text = words(replace(report_samples.report(0), results=report_samples.results(rows)))
    assert "1 waiver has expired: user-intended-policies (o, expired 1 day ago)." in text
    assert "2 waivers expire soon: user-intended-policies (o, expires in 8 days);" in text


def words(report: Report) -> str:
    """What the page says."""
    return " ".join(Page(as_html.render(report)).text.split())


def synthetic() -> Report:
    report = report_samples.report(1)
    accounts = {**report.accounts, "prod": replace(report.accounts["prod"], synthetic=True)}
    return replace(report, accounts=accounts)


def test_evidence_from_a_test_server_is_reported_in_every_format() -> None:
    report = synthetic()
    source = "made from a test server, not from the real cloud"
    assert f"prod: the evidence was {source}" in words(report)
    assert f"Synthetic: {source}." in words(report)
    alone = replace(report, accounts={"prod": report.accounts["prod"]})
    assert f"The evidence was {source}" in words(alone)
    assert f"replay, recorded 2026-10-30T02:00:00Z, **synthetic: {source}** |" in as_markdown.render(report)
    properties = json.loads(as_sarif.render(report))["runs"][0]["properties"]
    assert properties["evidence"] == {"prod": "synthetic, recorded 2026-10-30T02:00:00Z", "test": "live"}
    assert json.loads(as_json.render(report))["accounts"]["prod"]["synthetic"] is True
    lines_of_text = list(csv.DictReader(io.StringIO(as_csv.render(report))))
    assert {(item["account"], item["evidence"]) for item in lines_of_text} == {
        ("prod", "synthetic, recorded 2026-10-30T02:00:00Z"),
        ("test", "live"),
    }


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_evidence_from_the_cloud_is_not_called_synthetic(suffix: str) -> None:
    text = render(suffix, report_samples.report(1))
    assert "ynthetic" not in text
    assert suffix != ".csv" or ",recorded 2026-10-30T02:00:00Z," in text


@pytest.mark.parametrize(
    ("outcome", "whole"),
    [
        ("passed", "yes"),
        ("failed", "answered"),
        ("unknown", "answered"),
        ("waived", "answered"),
        (None, "answered"),
    ],
)
def test_read_completely_is_only_what_the_auditing_identity_is_shown_to_see(outcome: Any, whole: str) -> None:
    report = report_samples.report(1)
    others = [result for result in report.results if result.row.check != "auditor-visibility"]
    asked = [result for result in report.results if result.row.check == "auditor-visibility"]
    judged = [replace(item, row=replace(item.row, outcome=outcome)) for item in asked if outcome]
    report = replace(report, results=(*others, *judged))
    answered = "very call was answered, but it is not proven that the auditing identity may read everything"
    assert wording.completeness(report, "prod") == whole
    assert wording.completeness(report, "test") == "no"
    assert (answered in words(report)) is (whole == "answered")
    cell = "yes" if whole == "yes" else f"e{answered}"
    assert f"| 35 | {cell} |" in as_markdown.render(report)


def test_a_whole_kind_is_named_in_the_plural() -> None:
    resource = Resource
    rows = [
        report_samples.row("access", resource("user", "*"), "unknown", "m", expectation="e"),
        report_samples.row("slr-policy", resource("role", "*"), "unknown", "m"),
        report_samples.row("image-cache-required-tags", resource("image_cache", "*"), "unknown", "m"),
        replace(
            report_samples.row("slr-policy", resource("role", "*"), "unknown", "m"), check="slr-deletable"
        ),
    ]
    report = replace(report_samples.report(0), results=report_samples.results(rows))
    for text in (words(report), as_markdown.render(report)):
        for words_of_all in ("all users", "all roles", "all image caches", "all instances and image caches"):
            assert words_of_all in text
        assert "image_cache" not in text


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_a_check_of_several_sections_names_them(suffix: str) -> None:
    assert "sections 3, 4 and 5" in render(suffix, report_samples.report(1))


def test_markdown_tells_what_failed_before_what_is_unknown() -> None:
    resources = [Resource("instance", text) for text in ("*", "eci-1", "eci-2")]
    outcomes: tuple[Outcome, ...] = ("unknown", "failed", "failed")
    rows = [
        report_samples.row("instance-required-tags", item, outcome, "m")
        for item, outcome in zip(resources, outcomes, strict=True)
    ]
    text = as_markdown.render(replace(report_samples.report(0), results=report_samples.results(rows)))
    assert text.index("| ❌ failed | `prod` |  | instance `eci-2`") < text.index("| ❓ unknown | `prod` |")


def test_names_in_tables_go_on_in_the_next_line_only_where_a_part_ends() -> None:
    shown = as_html._breakable
    assert shown("Custom/PassShopRole") == "Custom/<wbr>Pass<wbr>Shop<wbr>Role"
    assert shown("AliyunECIReadOnlyAccess") == "Aliyun<wbr>ECI<wbr>Read<wbr>Only<wbr>Access"
    assert shown("everywhere") == "everywhere"
    assert shown("li.na, 2026-03-31") == "li.na, 2026-03-31"
    assert shown("a" * 60) == f"{'a' * 24}<wbr>{'a' * 24}<wbr>{'a' * 12}"
    assert shown("<b>\u200b") == "&lt;b&gt;\\u200b"


def test_what_lies_outside_the_configured_regions_is_shown_and_not_judged() -> None:
    report = report_samples.report(4)
    account = report.inventories["prod"]
    assert not isinstance(account.regions, Unreadable)
    regions = account.regions[:2]
    (by_region, *_) = charts(replace(report, inventories={"prod": replace(account, regions=regions)}))
    bars = {bar.label: bar for bar in by_region.bars}
    assert "ap-southeast-1" not in bars
    assert "cn-hangzhou" in bars
    assert bars["ap-southeast-1 (outside the configured regions)"].total == 1
    # The sample judged it all the same: what was judged is shown.
    unjudged = replace(report, results=(), inventories={"prod": replace(account, regions=regions)})
    assert {bar.words for bar in charts(unjudged)[0].bars} == {"2 not judged", "1 not judged"}
