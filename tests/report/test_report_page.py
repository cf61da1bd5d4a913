"""The page in a real Chromium: it runs its script under its own policy, filters, and keeps everything in reach."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from pytest_eci_compliance.report import render
from pytest_eci_compliance.report.model import Report, count
from tests.report import report_samples

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


# It shows the report in a window of its width, follows each link of its contents with whatever motion the page
# has, and tells how far below the top of the window, and below what stays there, each target then is.
FOLLOWING = """<!DOCTYPE html>
<iframe src="/report.html" width="{width}" height="700"></iframe><img src="/held" alt="">
<script>
const pause = () => new Promise((done) => setTimeout(done, 900));
document.querySelector("iframe").addEventListener("load", async (event) => {{
  const page = event.target.contentDocument;
  const positions = {{}};
  for (const link of page.querySelectorAll("nav.toc a")) {{
    link.click();
    await pause();
    const target = page.querySelector(link.hash);
    const bar = page.querySelector("#filters").getBoundingClientRect();
    const covered = bar.top > 0 ? 0 : Math.max(0, bar.bottom);
    const top = target.querySelector("h2").getBoundingClientRect().top;
    const end = page.scrollingElement;
    const atEnd = end.scrollTop + end.clientHeight >= end.scrollHeight - 2;
    positions[link.hash] = {{top, covered, atEnd}};
  }}
  positions.overflow = page.documentElement.scrollWidth - page.documentElement.clientWidth;
  const output = document.createElement("pre");
  output.textContent = JSON.stringify(positions);
  document.body.append(output);
  fetch("/done");
}});
</script>"""


@contextmanager
def served(pages: dict[str, str]) -> Iterator[str]:
    """The pages on this machine; `/held` is answered when `/done` was asked for, so that a browser waits."""
    done = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/held":
                done.wait(60)
            if self.path == "/done":
                done.set()
            self.send_response(200 if self.path in pages else 204)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(pages.get(self.path, "").encode())

        def log_message(self, *_: object) -> None:
            """A test prints nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            done.set()
            server.shutdown()


def seen(tmp_path: Path, report: Report, fragment: str = "") -> str:
    """The page's elements after its script has run, without a complaint of the browser's."""
    page, complaints = browsed(tmp_path, render(".html", report), fragment)
    assert not complaints
    return page


def browsed(tmp_path: Path, text: str, fragment: str = "") -> tuple[str, list[str]]:
    path = tmp_path / "report.html"
    path.write_text(text, encoding="utf-8")
    return opened(tmp_path, f"{path.as_uri()}{fragment}")


def opened(tmp_path: Path, address: str, do: str = "--dump-dom") -> tuple[str, list[str]]:
    """The elements of what is at an address when it has loaded, and what the browser complains of."""
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
        " --disable-component-update --disable-sync --enable-logging=stderr"
    )
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [str(CHROMIUM), *flags.split(), profile, do, address],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def rows(page: str) -> dict[str, int]:
    """How many rows are shown and hidden."""
    elements = re.findall(r'<li class="row"[^>]*>', page)
    hidden = sum(" hidden" in element for element in elements)
    return {"shown": len(elements) - hidden, "hidden": hidden}


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


@pytest.mark.parametrize("width", [1280, 375])
def test_every_link_of_the_contents_lands_below_what_stays_at_the_top(tmp_path: Path, width: int) -> None:
    report = render(".html", report_samples.report(200))
    with served({"/": FOLLOWING.format(width=width), "/report.html": report}) as address:
        page, _ = opened(tmp_path, address)
    positions = json.loads(html.unescape(re.search(r"<pre>(.*?)</pre>", page)[1]))  # type: ignore[index]
    assert positions.pop("overflow") == 0
    assert len(positions) == 8
    for name, at in positions.items():
        assert at["covered"] - 1 <= at["top"], name
        assert at["top"] < 200 or at["atEnd"], name


def test_the_matrices_are_printed_across_the_page(tmp_path: Path) -> None:
    path, printed = tmp_path / "report.html", tmp_path / "report.pdf"
    path.write_text(render(".html", report_samples.report()), encoding="utf-8")
    opened(tmp_path, path.as_uri(), f"--print-to-pdf={printed}")
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed.read_bytes())
    assert {float(width) > float(height) for width, height in sizes} == {True, False}
