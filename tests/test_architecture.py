"""ARCHITECTURE.md: every module stands in the picture, and none imports what stands above it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.record import ROOT

PACKAGE = ROOT / "pytest_eci_compliance"
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
FACADE = "__init__.py"
"""The public names, which lead into every part."""


def part_of(path: Path) -> str:
    """The part that a module belongs to, as the picture writes it."""
    return path.name if len(path.parts) == 1 else f"{path.parts[0]}/"


PARTS = {part_of(module) for module in MODULES} - {FACADE}


def layers() -> dict[str, int]:
    """The parts of the package (`checks/`, `judge.py`), and the line of the picture that they stand on: 0 is above."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    picture = text.partition("```text\n")[2].partition("```")[0]
    parts: dict[str, int] = {}
    depth = 0
    for line in picture.splitlines():
        starts_layer = re.match(r"(   ├── )?[a-z]", line) is not None
        depth += starts_layer
        names = re.findall(r"[a-z_]+\.py|[a-z_]+/(?!:)", line)
        parts |= {name: depth for name in names if name in PARTS}
    return parts


LAYERS = layers()


def imported_parts(module: Path) -> Iterator[str]:
    """The parts that a module imports when it is loaded or run, without those for type checkers only."""
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and id(node) not in typing_only:
            base = (*module.parts[: -node.level], *(node.module or "").split("."))
            path = [name for name in base if name] or [node.names[0].name]
            yield f"{path[0]}/" if (PACKAGE / path[0]).is_dir() else f"{path[0]}.py"


def test_every_part_stands_in_the_picture() -> None:
    assert set(LAYERS) == PARTS


@pytest.mark.parametrize("part", LAYERS)
def test_imports_go_one_way(part: str) -> None:
    upwards = {
        f"{module} imports {imported}"
        for module in MODULES
        if part_of(module) == part
        for imported in imported_parts(module)
        if imported in LAYERS and LAYERS[imported] < LAYERS[part]
    }
    assert upwards == set()
