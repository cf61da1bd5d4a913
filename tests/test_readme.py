"""The README: short, current, and its commands and examples work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from pytest_eci_compliance.checks import CHECKS, KNOWN_CHECKS
from pytest_eci_compliance.config.loader import load
from scripts.docs.pages import DOCS
from scripts.docs.readme import with_generated_parts
from tests.demo.record import ROOT
from tests.support.runs import run_pytest

README = (ROOT / "README.md").read_text(encoding="utf-8")
VARYING = re.compile(r"\d+ days ago|in \d+\.\d+s|=+|\s+")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_two_commands_do_the_setup() -> None:
    commands = [line for block in blocks("console") for line in block.splitlines() if "pip install" in line]
    assert commands == [
        "$ pip install . && pytest --eci-account=demo",
        '$ pip install ".[test]" && pytest -n 4',
    ]


def test_the_first_command_needs_no_package_of_the_tests() -> None:
    """In a clone, and in an environment where `pip install .` installed no extra."""
    lacking = "import sys; sys.modules.update(hypothesis=None, syrupy=None, jsonschema=None, xdist=None)"
    arguments = ["-p", "pytest_eci_compliance.plugin", "-p", "no:cacheprovider", "-q", "--eci-account=demo"]
    ended = subprocess.run(
        [sys.executable, "-c", f"{lacking}; import pytest; raise SystemExit(pytest.main({arguments}))"],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "passed" in ended.stdout


def test_the_generated_parts_are_current() -> None:
    demo_output = (DOCS / "outputs" / "demo.txt").read_text(encoding="utf-8")
    assert with_generated_parts(README, demo_output) == README, "run `python -m scripts.docs`"


def test_the_configuration_loads(tmp_path: Path) -> None:
    (text,) = blocks("yaml")
    path = tmp_path / "eci-compliance.yaml"
    path.write_text(text, encoding="utf-8")
    assert set(load(path, KNOWN_CHECKS).configuration.accounts) == {"prod"}


def test_every_check_is_in_the_table() -> None:
    assert re.findall(r"^\| `([a-z-]+)` \|", README, re.MULTILINE) == [check.id for check in CHECKS]


def test_the_output_is_that_of_a_run() -> None:
    ended = run_pytest(ROOT, "--eci-account=demo")
    assert ended.returncode == 0
    printed = VARYING.sub("", ended.stdout)
    (block,) = (block for block in blocks("console") if "ECI compliance" in block)
    summary = block.partition("[…]")[2]
    lines = [line for line in summary.splitlines() if re.match(r"(  [a-z-]+ \(|demo: |ECI coverage)", line)]
    assert len(lines) == 3
    assert [line for line in lines if VARYING.sub("", line) not in printed] == []
