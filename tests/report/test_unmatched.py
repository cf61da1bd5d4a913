"""Globs that match nothing, in the terminal and in Markdown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_eci_compliance.checks import KNOWN_CHECKS
from pytest_eci_compliance.config.loader import load
from pytest_eci_compliance.report import render, unmatched
from pytest_eci_compliance.results import Resource, Result, Row
from tests.report import report_samples

CONFIGURATION = """\
version: 1
accounts:
  prod:
    account_id: "1098765432109876"
    users:
      - policies: []
        match: web-*
"""
MESSAGE = "matches nothing in the account: users[0].match 'web-*'"


def test_they_are_listed_with_their_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "eci-compliance.yaml"
    path.write_text(CONFIGURATION, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    row = Row(
        "prod", "selector", "medium", "-", Resource("selector", "users:web-*"), "skipped", MESSAGE,
        config_path=("users", 0, "match"),
    )  # fmt: skip
    sample = report_samples.report()
    report = replace(
        sample, loaded=load(path, KNOWN_CHECKS), results=(*sample.results, Result(row, "selector::web"))
    )
    assert unmatched.lines(sample) == []
    assert unmatched.lines(report) == [f"selector: prod: eci-compliance.yaml:7 {MESSAGE}"]
    text = render(".md", report)
    assert "## Globs that match nothing" in text
    assert "`eci-compliance.yaml:7`" in text
