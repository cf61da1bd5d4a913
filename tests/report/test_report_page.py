"""The page in a real Chromium: its script runs under its own policy, filters, links, and keeps everything in reach.

The tests need Chromium (or Chrome) and `pip install ".[browser]"`.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from pytest_eci_compliance.report import comparison, former_report, render, write
from pytest_eci_compliance.report.model import Report, count
from tests.report import report_samples

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not installed: pip install '.[browser]'"
)
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

DESKTOP, PHONE = (1400, 900), (400, 800)
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)

Page: TypeAlias = Any
Open: TypeAlias = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a report as a page: a window of a size, with a fragment. Complaints of the browser are kept with it."""
    contexts = []

    def open_page(
        report: Report | str, fragment: str = "", size: tuple[int, int] = DESKTOP, **options: Any
    ) -> Page:
        path = tmp_path / "report.html"
        path.write_text(report if isinstance(report, str) else render(".html", report), encoding="utf-8")
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"{path.as_uri()}{fragment}")
        return page

    yield open_page
    for context in contexts:
        context.close()


def rows(page: Page) -> dict[str, int]:
    """How many rows are shown and hidden."""
    total, hidden = page.locator(".row").count(), page.locator(".row[hidden]").count()
    return {"shown": total - hidden, "hidden": hidden}


def box(page: Page, selector: str) -> dict[str, float]:
    place: dict[str, float] = page.locator(selector).first.bounding_box()
    return place


def test_every_result_is_there_and_the_filter_too(opened: Open) -> None:
    report = report_samples.report()
    page = opened(report)
    assert rows(page) == {"shown": len(report.results), "hidden": 0}
    assert page.locator("#filters").is_visible()
    assert not page.complaints


def test_without_scripts_everything_is_there(opened: Open) -> None:
    report = report_samples.report()
    page = opened(report, java_script_enabled=False)
    assert page.locator("#filters").is_hidden()
    assert page.locator(".group .row").first.is_visible()
    page.locator("#first li a").first.click()
    assert page.locator(".row:target").is_visible()


def test_an_address_with_a_filter_shows_what_fits(opened: Open) -> None:
    report = report_samples.report()
    failed = count(report.results)["failed"]
    page = opened(report, "#results?outcome=failed")
    assert rows(page) == {"shown": failed, "hidden": len(report.results) - failed}
    assert page.locator("#shown").inner_text() == f"{failed} of {len(report.results)} results shown"
    page = opened(report, "#results?outcome=failed&region=cn-beijing&q=WEB-7")
    assert rows(page)["shown"] == 2
    page = opened(report, "#results?q=nobody-has-this")
    assert rows(page)["shown"] == 0
    assert page.locator("#nothing").is_visible()


def test_a_filter_opens_what_was_closed(opened: Open) -> None:
    page = opened(report_samples.report(), "#results?outcome=passed&q=auditor-visibility")
    assert page.locator("#check-auditor-visibility .quiet .row").is_visible()


def test_the_counts_of_a_check_follow_the_filter(opened: Open) -> None:
    page = opened(report_samples.report())
    check = page.locator("#check-instance-required-tags > summary")
    before = check.inner_text()
    failed, unknown = (check.locator(f"[data-number={outcome}]") for outcome in ("failed", "unknown"))
    total = failed.inner_text().split()[0]
    page.goto(page.url + "#results?outcome=failed&region=cn-beijing")
    shown = page.locator("#check-instance-required-tags .row:not([hidden])").count()
    assert 0 < shown < int(total)
    assert failed.inner_text() == f"{shown} of {total} failed"
    assert unknown.is_hidden()
    page.locator("#clear").click()
    page.wait_for_function("!document.querySelector('.row[hidden]')")
    assert check.inner_text() == before


def test_a_number_of_a_severity_filters_by_it(opened: Open) -> None:
    report = report_samples.report()
    page = opened(report)
    page.locator(".severities [data-only=failed][data-severity=critical]").click()
    expected = sum(
        result.row.outcome == "failed" and result.row.severity == "critical" for result in report.results
    )
    assert rows(page)["shown"] == expected


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_first_finding_is_on_the_first_screen(opened: Open, size: tuple[int, int]) -> None:
    page = opened(report_samples.report(), size=size)
    first = box(page, "#first li")
    assert first["y"] + first["height"] <= size[1]
    assert "critical" in page.locator("#first li").first.inner_text()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == size[0]


def test_a_result_that_is_filtered_out_is_shown_by_its_link(opened: Open) -> None:
    page = opened(report_samples.report(), "#results?outcome=unknown")
    page.locator("#first li a").first.click()
    page.wait_for_function("!document.querySelector('.row[hidden]')")
    assert page.locator(".row:target").is_visible()
    assert box(page, ".row:target")["y"] < DESKTOP[1]


def changed(tmp_path: Path, instances: int = 24) -> Report:
    """The report with a comparison: one failed result is new, the others are not."""
    report = report_samples.report(instances)
    new = next(result for result in report.results if result.row.outcome == "failed")
    then = tuple(
        replace(result, row=replace(result.row, outcome="passed")) if result is new else result
        for result in report.results
    )
    path = tmp_path / "former.json"
    write(path, replace(report, results=then, started="2026-10-20T00:00:00Z"))
    return replace(report, since=comparison.compare_reports(former_report.read(path), report))


def test_what_is_new_can_be_shown_alone(opened: Open, tmp_path: Path) -> None:
    page = opened(changed(tmp_path))
    page.locator("#since [data-since=new]").click()
    assert rows(page)["shown"] == 1
    assert "new" in page.locator(".row:not([hidden])").inner_text()
    assert page.url.endswith("#results?since=new")


def test_commands_and_remediations_are_copied_as_they_are(opened: Open) -> None:
    report = report_samples.report(0)
    command = "aliyun ram DetachPolicyFromUser --UserName 'li na'"
    fix = f"Detach it: `{command}`. Or accept it in the `users` of the <configuration>."
    page = opened(with_remediation(report, fix), permissions=["clipboard-read", "clipboard-write"])
    copied = []
    for button in page.locator("#results .about .copy:visible").all():
        button.click()
        copied.append(page.evaluate("navigator.clipboard.readText()"))
        assert button.inner_text() == "Copied"
    text = "Detach it: see below. Or accept it in the users of the <configuration>."
    assert copied == [f"{text}\n$ {command}", command]


def with_remediation(report: Report, remediation: str) -> Report:
    result = next(result for result in report.results if result.row.outcome == "failed")
    return replace(report, results=(replace(result, row=replace(result.row, remediation=remediation)),))


# For each element that can have the focus: whether an ancestor cuts off the ring around it.
CUT_RINGS = """() => {
  const cut = [];
  for (const element of document.querySelectorAll("a[href], button, summary, input, select, [tabindex]")) {
    if (!element.checkVisibility({visibilityProperty: true})) continue;
    element.focus({focusVisible: true});
    const style = getComputedStyle(element);
    const ring = element.matches(":focus") ? 3 + parseFloat(style.outlineOffset || 0) : 0;
    const place = element.getBoundingClientRect();
    for (let box = element.parentElement; box && box !== document.body; box = box.parentElement) {
      const clips = getComputedStyle(box);
      if (clips.overflowX === "visible" && !/paint|content|strict/.test(clips.contain)) continue;
      const around = box.getBoundingClientRect();
      if (place.left - ring < around.left || place.right + ring > around.right) cut.push(element.outerHTML);
    }
  }
  return cut;
}"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_focus_rings_are_whole_and_nothing_is_rendered_late(
    opened: Open, tmp_path: Path, size: tuple[int, int]
) -> None:
    page = opened(changed(tmp_path), size=size)
    assert page.evaluate(CUT_RINGS) == []
    late = "[...document.querySelectorAll('*')].filter(e => getComputedStyle(e).contentVisibility === 'auto').length"
    assert page.evaluate(late) == 0


def test_a_matrix_is_legible_on_a_phone(opened: Open) -> None:
    page = opened(report_samples.report(), size=PHONE)
    cells = page.locator("#powers .matrix td:visible")
    assert cells.count() > 6
    for cell in cells.all()[:8]:
        place = cell.bounding_box()
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= PHONE[0]
    label = "getComputedStyle(document.querySelector('#powers .matrix td'), '::before').content"
    assert page.evaluate(label) == '"look"'


def test_the_script_of_a_chinese_page_writes_chinese(opened: Open) -> None:
    report = replace(report_samples.report(), language="zh")
    failed, total = count(report.results)["failed"], len(report.results)
    page = opened(report, "#results?outcome=failed", permissions=["clipboard-read", "clipboard-write"])
    assert rows(page) == {"shown": failed, "hidden": total - failed}
    shown = page.locator("#shown").inner_text()
    assert str(failed) in shown
    assert str(total) in shown
    badge = page.locator("#check-instance-required-tags > summary [data-number=failed]").inner_text()
    button = page.locator("#results .row:visible .copy:visible, #results .about .copy:visible").first
    button.click()
    assert button.inner_text() == "已复制"
    assert [re.findall("[A-Za-z]+", text) for text in (shown, badge)] == [[], []]
    assert not page.complaints


def test_hostile_names_run_nothing(opened: Open) -> None:
    name = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    page = opened(report_samples.with_name(report_samples.report(2), name))
    assert page.title() != "owned"
    assert page.locator("script").count() == 1
    assert not page.complaints


def test_a_script_that_got_in_would_not_run(opened: Open) -> None:
    """The page's policy holds even where escaping would fail."""
    text = render(".html", report_samples.report(0))
    page = opened(text.replace("</main>", "<script>document.title = 'owned'</script></main>"))
    assert page.title() != "owned"
    assert any("Content Security Policy" in complaint for complaint in page.complaints)


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_every_link_of_the_contents_lands_below_what_stays_at_the_top(
    opened: Open, size: tuple[int, int]
) -> None:
    page = opened(report_samples.report(60), size=size)
    links = [link.get_attribute("href") for link in page.locator("nav.toc a").all()]
    assert len(links) >= 8
    for link in links:
        page.evaluate("link => document.querySelector(`nav.toc a[href='${link}']`).click()", link)
        page.wait_for_timeout(30)
        bar, heading = box(page, "#filters"), box(page, f"{link} h2")
        covered = 0 if bar["y"] > 0 else max(0, bar["y"] + bar["height"])
        assert covered - 1 <= heading["y"], link
        at_end = page.evaluate(
            "scrollY + document.documentElement.clientHeight >= document.documentElement.scrollHeight - 2"
        )
        assert heading["y"] < 200 or at_end, link


def test_the_matrices_are_printed_across_the_page(opened: Open) -> None:
    printed = opened(report_samples.report()).pdf(prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert {float(width) > float(height) for width, height in sizes} == {True, False}


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_axe_finds_nothing(opened: Open, tmp_path: Path, size: tuple[int, int], scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = opened(changed(tmp_path, 3), size=size, color_scheme=scheme)
    violations = axe.Axe().run(page).response["violations"]
    assert [(item["id"], [node["html"] for node in item["nodes"][:3]]) for item in violations] == []
