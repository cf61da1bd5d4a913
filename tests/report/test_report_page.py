"""The page in a real Chromium: it runs its script under its own policy, filters, and keeps everything in reach."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import report_samples

from pytest_eci_compliance.report import render
from pytest_eci_compliance.report.model import Report, count

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


def seen(tmp_path: Path, report: Report, fragment: str = "") -> str:
    """The page's elements after its script has run, without a complaint of the browser's."""
    page, complaints = browsed(tmp_path, render(".html", report), fragment)
    assert not complaints
    return page


def browsed(tmp_path: Path, text: str, fragment: str = "") -> tuple[str, list[str]]:
    path = tmp_path / "report.html"
    path.write_text(text, encoding="utf-8")
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
        " --disable-component-update --disable-sync --enable-logging=stderr"
    )
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [str(CHROMIUM), *flags.split(), profile, "--dump-dom", f"{path.as_uri()}{fragment}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def rows(page: str) -> dict[str, int]:
    """How many rows are shown and hidden."""
    found = re.findall(r'<li class="row"[^>]*>', page)
    hidden = sum(" hidden" in one for one in found)
    return {"shown": len(found) - hidden, "hidden": hidden}


def test_every_result_is_there_and_the_filter_too(tmp_path: Path) -> None:
    report = report_samples.report()
    page = seen(tmp_path, report)
    assert rows(page) == {"shown": len(report.results), "hidden": 0}
    assert re.search(r'<form id="filters"[^>]*hidden', page) is None


def test_an_address_with_a_filter_shows_what_fits(tmp_path: Path) -> None:
    report = report_samples.report()
    page = seen(tmp_path, report, "#results?outcome=failed")
    failed = count(report.results)["failed"]
    assert rows(page) == {"shown": failed, "hidden": len(report.results) - failed}
    assert f"{failed} of {len(report.results)} results shown" in page
    page = seen(tmp_path, report, "#results?outcome=failed&region=cn-beijing&q=WEB-7")
    assert rows(page)["shown"] == 2
    page = seen(tmp_path, report, "#results?q=nobody-has-this")
    assert rows(page)["shown"] == 0
    assert re.search(r'id="nothing">', page)


def test_a_filter_opens_what_was_closed(tmp_path: Path) -> None:
    page = seen(tmp_path, report_samples.report(), "#results?outcome=passed&q=auditor-visibility")
    group = page[page.index('id="check-auditor-visibility"') :]
    assert re.match(r"[^>]* open", group)
    assert re.search(r'<details class="quiet"[^>]* open', group)


def test_hostile_names_run_nothing(tmp_path: Path) -> None:
    name = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    page = seen(tmp_path, report_samples.with_name(report_samples.report(2), name))
    assert "<title>owned" not in page
    assert page.count("<script>") == 1


def test_a_script_that_got_in_would_not_run(tmp_path: Path) -> None:
    """The page's policy holds even where escaping would fail."""
    text = render(".html", report_samples.report(0))
    injected = text.replace("</main>", "<script>document.title = 'owned'</script></main>")
    page, complaints = browsed(tmp_path, injected)
    assert "<title>owned" not in page
    assert any("Content Security Policy" in one for one in complaints)
