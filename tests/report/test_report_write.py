"""Reports are written whole or not at all, and their paths are looked at before anything runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_eci_compliance.report import SUFFIXES, check_path, render, write
from tests.report import report_samples


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_suffix_can_be_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"report{suffix}"
    assert check_path(path) is None
    write(path, report_samples.report())
    text = path.read_bytes().decode("utf-8")
    assert text == render(suffix, report_samples.report())
    assert text.endswith("\n")
    assert "\r" not in text
    assert [path.name for path in tmp_path.iterdir()] == [path.name]


def test_the_suffix_may_be_written_in_capitals(tmp_path: Path) -> None:
    assert check_path(tmp_path / "REPORT.JSON") is None
    write(tmp_path / "REPORT.JSON", report_samples.report())
    assert (tmp_path / "REPORT.JSON").read_text().startswith("{")


@pytest.mark.parametrize("name", ["report", "report.txt", "report.json.gz", ".json"])
def test_an_unknown_suffix_is_a_problem_that_names_the_known_ones(tmp_path: Path, name: str) -> None:
    problem = check_path(tmp_path / name)
    assert problem is not None
    assert ".json, .html, .md, .csv, .sarif" in problem


def test_a_directory_and_a_missing_parent_are_problems(tmp_path: Path) -> None:
    (tmp_path / "out.json").mkdir()
    assert "is a directory" in (check_path(tmp_path / "out.json") or "")
    assert "does not exist: create it" in (check_path(tmp_path / "none" / "out.json") or "")


def test_a_parent_that_cannot_be_written_to_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "is not writable: allow it" in (check_path(tmp_path / "out.json") or "")


def test_what_was_there_stays_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    path.write_text("former")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write(path, report_samples.report())
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert path.read_text() == "former"


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("former")
    (tmp_path / "link.json").symlink_to("real.json")
    write(tmp_path / "link.json", report_samples.report())
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text().startswith("{")


def test_importing_it_imports_no_renderer() -> None:
    heavy = {"jinja2", "pydantic", "csv", "pytest_eci_compliance.report.model"}
    script = f"import sys, pytest_eci_compliance.report; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
