"""`--eci-language`, and the locale: people read Chinese, programs read English."""

from __future__ import annotations

import re

import pytest

from tests.plugin.conftest import Runs

HAN = re.compile("[\u4e00-\u9fff]")


def test_the_option_translates_the_terminal_and_nothing_that_programs_read(runs: Runs) -> None:
    english = runs("--eci-language=en", "--junitxml=en.xml", "--eci-report=en.json", "--eci-report=en.html")
    chinese = runs("--eci-language=zh", "--junitxml=zh.xml", "--eci-report=zh.json", "--eci-report=zh.html")
    assert chinese.ret == english.ret
    chinese.stdout.fnmatch_lines(["eci账号：prod（*", "=* ECI合规 =*", "ECI读取范围：prod：*"])
    assert not HAN.search(english.stdout.str())
    for name in ("xml", "json"):
        assert not HAN.search((runs.folder / f"zh.{name}").read_text(encoding="utf-8"))
    assert HAN.search((runs.folder / "zh.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("lang", "heading"), [("zh_CN.UTF-8", "ECI合规"), ("de_DE.UTF-8", "ECI compliance")])
def test_without_the_option_the_locale_decides(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, lang: str, heading: str
) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", lang)
    runs().stdout.fnmatch_lines([f"=* {heading} =*"])


def test_another_language_is_a_mistake(runs: Runs) -> None:
    assert runs("--eci-language=de").ret == pytest.ExitCode.USAGE_ERROR


def test_the_checks_and_the_assumptions_are_listed_in_chinese(runs: Runs) -> None:
    checks = runs("--eci-list-checks", "--eci-language=zh")
    checks.stdout.fnmatch_lines(["instance-required-tags (高，第4节)", "    prod: 未启用：*"])
    assumptions = runs("--eci-list-assumptions", "--eci-language=zh", account=None)
    assumptions.stdout.fnmatch_lines(["list-policy-attachments-is-complete (*", "    决定：*", "    来源：*"])
