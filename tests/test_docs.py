"""The documentation: generated pages are current, links lead somewhere, examples can be used, the site builds."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from pytest_eci_compliance.checks import CHECKS, KNOWN_CHECKS
from pytest_eci_compliance.config.load import load
from pytest_eci_compliance.config.model import Account
from scripts.docs.facts import fixtures
from scripts.docs.options import options
from scripts.docs.outputs import outputs
from scripts.docs.pages import CHINESE, DOCS, ROOT, pages

MEND = "run `python -m scripts.docs`, and commit what it writes"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "examples" not in path.parts)
WRITTEN = [
    path for path in PAGES if path.relative_to(DOCS).as_posix() not in ("reference/checks.md", "zh/checks.md")
]
LINK = re.compile(r"!?\[[^\]]*\]\(\s*([^)\s]+?)\s*\)")
HAN = re.compile(r"[\u4e00-\u9fff]")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path, language: str) -> list[str]:
    """The code blocks of a page in a language, those that are taken from elsewhere apart."""
    text = path.read_text(encoding="utf-8")
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for _, block in found if "--8<--" not in block]


def test_generated_pages_are_current() -> None:
    for name, text in pages().items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, f"docs/{name} is not current: {MEND}"


def test_what_the_demonstration_prints_is_current() -> None:
    for name, text in outputs(ROOT).items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, f"docs/{name} is not current: {MEND}"


def test_every_check_is_told_in_chinese() -> None:
    told = CHINESE["checks"]
    assert set(told) == KNOWN_CHECKS, "scripts/docs/chinese.yaml has to tell each check, and no other"
    for check in CHECKS:
        wanted = {"rule", "mend"} | ({"unless"} if check.off(Account(account_id="1")) else set())
        assert set(told[check.id]) == wanted, check.id
        assert all(HAN.search(text) for text in told[check.id].values()), check.id


@pytest.mark.parametrize("path", [*PAGES, ROOT / "README.md", ROOT / "ARCHITECTURE.md"], ids=name_of)
def test_every_internal_link_resolves(path: Path) -> None:
    text = re.sub(r"^( *)```.*?^\1```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in LINK.findall(text):
        file, _, anchor = target.partition("#")
        if "://" in file:
            continue
        aim = (path.parent / file).resolve() if file else path
        assert aim.exists(), f"{target} leads nowhere"
        if anchor:
            assert anchor in anchors(aim), f"{target} names no heading"


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings: those that are written, else made of the words."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        written = re.search(r"\{ #(\S+) \}", heading)
        words = re.sub(r"[^\w\s-]", "", heading).strip().lower()
        found.add(written[1] if written else re.sub(r"[\s-]+", "-", words))
    return found


@pytest.mark.parametrize("path", [*PAGES, ROOT / "README.md"], ids=name_of)
def test_every_option_that_is_named_exists(path: Path) -> None:
    known = {one.form.partition(" ")[0] for one in options()[1]}
    named = set(re.findall(r"--eci-[a-z]+(?:-[a-z]+)*", path.read_text(encoding="utf-8")))
    assert named <= known, f"no such option: {', '.join(sorted(named - known))}"


@pytest.mark.parametrize("path", [*WRITTEN, ROOT / "README.md"], ids=name_of)
def test_every_yaml_example_can_be_used(path: Path, tmp_path: Path) -> None:
    for block in blocks(path, "yaml"):
        if "jobs:" in block or "script:" in block or ":" not in block:  # a CI service's file
            continue
        whole = block
        if not isinstance(yaml.safe_load(block), dict) or "version" not in yaml.safe_load(block):
            whole = f'version: 1\naccounts:\n  prod:\n    account_id: "1"\n{textwrap.indent(block, "    ")}'
        file = tmp_path / "eci-compliance.yaml"
        file.write_text(whole.replace('account_id: "1"\n    account_id', "account_id"), encoding="utf-8")
        load(file, KNOWN_CHECKS)


@pytest.mark.parametrize("path", [*WRITTEN, ROOT / "README.md"], ids=name_of)
def test_every_python_example_asks_for_fixtures_that_exist(path: Path) -> None:
    known = {one.name for one in fixtures()}
    for block in blocks(path, "python"):
        if not block.startswith("eci_access."):  # a signature
            tree = ast.parse(block)
            asked = {
                each.arg
                for one in ast.walk(tree)
                if isinstance(one, ast.FunctionDef)
                for each in one.args.args
            }
            assert asked <= known


def test_the_tests_of_the_tutorial_run(pytester: pytest.Pytester) -> None:
    for number, block in enumerate(blocks(DOCS / "tutorial.md", "python")):
        pytester.makepyfile(**{f"test_tutorial_{number}": block})
    result = pytester.runpytest_inprocess(
        f"--eci-config={ROOT / 'eci-compliance.yaml'}", "--eci-account=demo", ".", "-q"
    )
    assert result.ret == 0
    assert result.parseoutcomes()["passed"] > 30


def test_pictures_are_small_and_shown() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    for picture in (DOCS / "assets").glob("*.png"):
        assert picture.stat().st_size < 200_000, picture.name
        assert f"assets/{picture.name}" in text, f"{picture.name} is shown nowhere"


@pytest.mark.skipif(importlib.util.find_spec("material") is None, reason="mkdocs-material is not installed")
def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    sites = list((tmp_path / "site").rglob("*.html"))
    assert len(sites) > len(PAGES)
    for page in sites:
        html = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?([^\"'\s>]+)", html)
        loaded += re.findall(
            r"<link\b[^>]*\brel=[\"']?(?:stylesheet|preconnect|icon)[^>]*\bhref=[\"']?([^\"'\s>]+)", html
        )
        assert not [one for one in loaded if "//" in one], page.name
        assert "<!-- readme" not in html
        assert "--8&lt;--" not in html
