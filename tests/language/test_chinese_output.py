"""No English sentence of the frame is left in the Chinese terminal summary and HTML report of the demonstration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest

from pytest_eci_compliance import audit, language
from pytest_eci_compliance.language import Language, Translator, row_messages
from pytest_eci_compliance.plugin.terminal import Summary
from pytest_eci_compliance.report import comparison, former_report, render
from pytest_eci_compliance.report.model import Report
from tests.report import report_samples
from tests.report.report_samples import results

ROOT = Path(__file__).parents[2]
ENGLISH_WORDS = re.compile(r"\b[A-Za-z][a-z']+(?:[ ,]+[A-Za-z]?[a-z']+){2,}")
HAN = re.compile("[\u4e00-\u9fff]")
ROW_TEXT = "〔结果的消息〕"


@pytest.fixture(scope="module")
def demonstration() -> Report:
    """The report of `demo-drift`, since a run that had none of its failures."""
    request = audit.AuditRequest(
        ("demo-drift",), ROOT / "eci-compliance.yaml", "default", None, None, ROOT, ROOT
    )
    loaded = audit.load_configuration(request)
    snapshot = audit.audit(request, loaded)
    (account,) = snapshot.accounts
    assert account.inventory is not None
    report = Report(
        plugin="1",
        started=snapshot.started,
        accounts={account.name: account.evidence},
        results=results(list(account.rows)),
        loaded=loaded,
        inventories={account.name: account.inventory},
    )
    return since(report)


def since(report: Report) -> Report:
    """The report, with the comparison with a run in which every other row had passed."""
    rows = [result.row for result in report.results]
    before = [replace(row, outcome="passed") if number % 2 else row for number, row in enumerate(rows)]
    account = rows[0].account
    former = former_report.of_recording("march", account, "2026-03-02T02:00:00Z", ("cn-hangzhou",), before)
    return replace(report, since=comparison.compare_reports(former, report))


@pytest.fixture(autouse=True)
def translated_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sentence of a check counts as translated: here the frame is tested."""
    monkeypatch.setattr(row_messages, "row_text", lambda text, language: ROW_TEXT if text else "")


class Texts(HTMLParser):
    """The texts of a page that a reader sees or hears: text nodes, labels, titles and placeholders."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style", "code")
        self.texts += [
            value or ""
            for name, value in attrs
            if name in ("aria-label", "title", "placeholder", "data-label")
        ]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "code")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data.strip())


def english_sentences(texts: Iterator[str] | list[str], own: set[str]) -> list[str]:
    """The texts with several English words and no Chinese. `own` are the user's own words."""
    return sorted(
        {text for text in texts if ENGLISH_WORDS.search(text) and not HAN.search(text) and text not in own}
    )


def own_words(report: Report) -> set[str]:
    """What the configuration says: expectations and the reasons of waivers."""
    rows = [result.row for result in report.results]
    waivers = [waiver for row in rows for waiver in (*row.covered_by, row.waiver) if waiver is not None]
    configured = report.loaded.configuration.accounts if report.loaded else {}
    reasons = [waiver.reason for account in configured.values() for waiver in account.waivers]
    return {*(row.expectation or "" for row in rows), *(waiver.reason for waiver in waivers), *reasons}


def page_of(report: Report) -> list[str]:
    parser = Texts()
    parser.feed(render(".html", report))
    return parser.texts


def test_the_page_of_the_demonstration_has_no_english_sentence(demonstration: Report) -> None:
    english = page_of(demonstration)
    assert len(english_sentences(english, own_words(demonstration))) > 50  # the test can fail
    chinese = page_of(replace(demonstration, language="zh"))
    assert english_sentences(chinese, own_words(demonstration)) == []


def test_the_page_names_its_language_and_gives_its_script_the_texts(demonstration: Report) -> None:
    page = render(".html", replace(demonstration, language="zh"))
    assert '<html lang="zh-CN" data-texts="' in page
    assert "已复制" in page
    assert '<html lang="en">' in render(".html", demonstration)


@pytest.mark.parametrize("suffix", [".json", ".csv", ".sarif", ".md"])
def test_other_formats_stay_english(suffix: str) -> None:
    report = report_samples.report()
    assert render(suffix, replace(report, language="zh")) == render(suffix, report)


@dataclass
class Terminal:
    """What a reporter of pytest writes, and the configuration that a summary asks."""

    lines: list[str] = field(default_factory=list)
    fullwidth: int = 100

    def write_line(self, line: str, **_: Any) -> None:
        self.lines.append(line)

    def write_sep(self, _: str, title: str) -> None:
        self.lines.append(title)

    def get_terminal_writer(self) -> Terminal:
        return self

    def get_verbosity(self) -> int:
        return 0

    def getoption(self, name: str) -> Any:
        return [] if name == "eci_plan" else None


def summary_of(report: Report, language: Language) -> list[str]:
    terminal = Terminal()
    stub = cast("Any", terminal)
    Summary(stub, stub, Translator(language)).write(report, [], [])
    return terminal.lines


def test_the_summary_of_the_demonstration_has_no_english_sentence(demonstration: Report) -> None:
    own = own_words(demonstration)
    assert len(english_sentences(summary_of(demonstration, "en"), own)) > 20  # the test can fail
    assert english_sentences(summary_of(demonstration, "zh"), own) == []


def test_the_summary_aligns_chinese_words() -> None:
    lines = summary_of(report_samples.report(), "zh")
    assert any(line.startswith("    失败    ") for line in lines)
    assert any(line.startswith("    修复：  ") for line in lines)


def test_english_reads_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} was read")

    monkeypatch.setattr("pytest_eci_compliance.language.tables.read_data", refuse)
    for cached in (language._texts, language._words, language._checks, language._assumptions):
        cached.cache_clear()
    report = report_samples.report()
    render(".html", report)
    assert summary_of(report, "en")
