"""The README: short, current, and its examples work. `test_demo.py` runs its first command."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_eci_compliance.checks import CHECKS, KNOWN_CHECKS
from pytest_eci_compliance.config.loader import load
from scripts.docs.pages import DOCS
from scripts.docs.readme import with_generated_parts
from tests.demo.record import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_two_commands_do_the_setup() -> None:
    commands = [line for block in blocks("console") for line in block.splitlines() if "pip install" in line]
    assert commands == [
        "$ pip install . && pytest --eci-account=demo",
        '$ pip install ".[test]" && pytest -n 2',
    ]


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
