"""The documentation: generated pages are current, links lead somewhere, examples can be used, the site builds."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from pytest_eci_compliance.checks import CHECKS, KNOWN_CHECKS
from pytest_eci_compliance.config.loader import load
from scripts.docs import hook
from scripts.docs.checks import ONE_TEST_PER, entries
from scripts.docs.facts import fixtures
from scripts.docs.options import options
from scripts.docs.outputs import outputs
from scripts.docs.pages import CHINESE, DOCS, ROOT, pages
from tests.emulator import Emulator
from tests.emulator import load as load_accounts
from tests.support.runs import Ended, run_pytest

FIX = "run `python -m scripts.docs`, and commit what it writes"
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
    findall = re.findall(rf"^( *)```{language}\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for _, block in findall if "--8<--" not in block]


def test_generated_pages_are_current() -> None:
    for name, text in pages().items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, f"docs/{name} is not current: {FIX}"


def test_what_the_demonstration_prints_is_current() -> None:
    def run(root: Path, arguments: Sequence[str]) -> Ended:
        return run_pytest(root, *arguments, environment={"COLUMNS": "80"})

    for name, text in outputs(ROOT, run).items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, f"docs/{name} is not current: {FIX}"


def test_every_translation_belongs_to_a_check() -> None:
    assert set(ONE_TEST_PER) <= KNOWN_CHECKS
    assert set(CHINESE["one_test_per"]) <= set(ONE_TEST_PER.values())
    assert set(CHINESE["checks"]) <= KNOWN_CHECKS
    texts = [text for translation in CHINESE["checks"].values() for text in translation.values()]
    assert all(HAN.search(text) for text in texts)


def test_missing_translations_and_examples_are_listed(record_property: Callable[[str, object], None]) -> None:
    """A new check needs neither: its pages fall back. The warning lists what is missing."""
    missing = list(missing_texts())
    record_property("missing", ", ".join(missing))
    if missing:
        pytest.skip(f"welcome, not required: {'; '.join(missing)}")


def missing_texts() -> Iterator[str]:
    """The optional texts of checks that do not exist, each as a sentence."""
    for entry in entries(ROOT):
        translation = CHINESE["checks"].get(entry.check.id, {})
        needed = {"rule", "remediation", *(["disabled"] if entry.disabled else [])}
        for key in sorted(needed - set(translation)):
            yield f"{entry.check.id} has no Chinese {key} in pytest_eci_compliance/data/checks.zh.yaml"
        if entry.failing is None:
            yield f"{entry.check.id} has no failure in demo-drift"


@pytest.mark.parametrize(
    ("translation", "page"),
    [("zh/tutorial.md", "tutorial.md"), ("zh/first-contact.md", "how-to/first-contact.md")],
)
def test_a_translated_page_follows_its_page(translation: str, page: str) -> None:
    """Its sections and its commands are those of the page; comments may be translated."""

    def skeleton(name: str) -> list[str]:
        text = (DOCS / name).read_text(encoding="utf-8").replace("docs/outputs/zh/", "docs/outputs/")
        lines = re.findall(r"^(?:#+(?= )|\$ .*?(?= {2,}#|$)|--8<--.*|```\w*|\d\. )", text, re.MULTILINE)
        python = "".join(blocks(DOCS / name, "python"))
        return [*lines, python]

    assert skeleton(translation) == skeleton(page)


def test_every_section_leads_to_its_source() -> None:
    headings = anchors(DOCS / "reference" / "sources.md")
    cited = {number for check in CHECKS for number in re.findall(r"\d", check.section)}
    assert cited
    assert {f"section-{number}" for number in cited} <= headings
    page = (DOCS / "reference" / "checks.md").read_text(encoding="utf-8")
    assert all(f"](sources.md#section-{number})" in page for number in cited)


def test_every_source_has_an_address_of_the_vendor() -> None:
    text = (DOCS / "reference" / "sources.md").read_text(encoding="utf-8")
    addresses = re.findall(r"\]\((https?://[^/)]+)", text)
    assert len(addresses) > 10
    assert {address.removeprefix("https://www.").removeprefix("https://") for address in addresses} == {
        "alibabacloud.com",
        "help.aliyun.com",
    }


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
    set_ = set()
    for heading in re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        written = re.search(r"\{ #(\S+) \}", heading)
        words = re.sub(r"[^\w\s-]", "", heading).strip().lower()
        set_.add(written[1] if written else re.sub(r"[\s-]+", "-", words))
    return set_


@pytest.mark.parametrize("path", [*PAGES, ROOT / "README.md"], ids=name_of)
def test_every_option_that_is_named_exists(path: Path) -> None:
    known = {option.form.partition(" ")[0] for option in options()[1]}
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
    known = {fixture.name for fixture in fixtures()}
    for block in blocks(path, "python"):
        if not block.startswith("eci_access."):  # a signature
            tree = ast.parse(block)
            asked = {
                parameter.arg
                for node in ast.walk(tree)
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
                for parameter in node.args.args
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


def test_the_sample_account_is_served_as_architecture_tells(tmp_path: Path) -> None:
    (account,) = load_accounts(ROOT / "tests" / "emulator" / "example.yaml")
    (configuration,) = blocks(ROOT / "ARCHITECTURE.md", "yaml")
    intent = "    instances: {required_tags: {env: [prod, test]}, ram_roles: [AppRole]}\n"
    with Emulator(account) as cloud:
        text = configuration.replace("http://127.0.0.1:8080", cloud.url)
        (tmp_path / "eci-compliance.yaml").write_text(text + intent, encoding="utf-8")
        run = run_pytest(tmp_path, "-q", "--eci-account=example", credential=account.credentials[0])
        assert not cloud.violations
    assert run.returncode == 0, run.stdout + run.stderr
    assert "skipped" not in run.stdout


def test_the_former_report_is_made_as_the_page_tells() -> None:
    commands = "\n".join(blocks(DOCS / "how-to" / "since.md", "console"))
    assert "cp -r cassettes/demo march/demo-drift" in commands
    assert "--eci-account=demo-drift --eci-cassettes=march -q --eci-report=march.json" in commands
    assert "(march.json)" in (DOCS / "outputs" / "since.txt").read_text(encoding="utf-8")


def test_an_example_makes_the_account_that_it_runs() -> None:
    """Where a page shows a baseline of an account, it names the account that the next command asks for."""
    for path in PAGES:
        for block in blocks(path, "console"):
            for line in block.splitlines():
                assert "--eci-baseline" not in line or "--eci-account=" in line, name_of(path)


def test_pictures_are_small_and_shown() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    for picture in (DOCS / "assets").glob("*.png"):
        assert picture.stat().st_size < 200_000, picture.name
        assert f"assets/{picture.name}" in text, f"{picture.name} is shown nowhere"


def test_the_copy_button_copies_commands_only() -> None:
    page = (
        "```console\n$ pip install . \\\n    -q\n[...]\n$ pytest\n1 passed\n```\n"
        "1. a step\n\n   ```console\n   $ ls\n   a b\n   ```\n\n```yaml\na: $ b\n```\n"
    )
    assert hook.console_commands(page) == ["pip install . \\\n-q\npytest", "ls"]


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
    # The language switch asks for one beside the first page of each language.
    assert (tmp_path / "site" / "zh" / "sitemap.xml").exists()
    sites = list((tmp_path / "site").rglob("*.html"))
    assert len(sites) > len(PAGES)
    tutorial = (tmp_path / "site" / "tutorial.html").read_text(encoding="utf-8")
    assert 'language-console highlight" data-copy="pytest --eci-account=demo">' in tutorial
    for page in sites:
        html = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?([^\"'\s>]+)", html)
        loaded += re.findall(
            r"<link\b[^>]*\brel=[\"']?(?:stylesheet|preconnect|icon)[^>]*\bhref=[\"']?([^\"'\s>]+)", html
        )
        assert not [name for name in loaded if "//" in name], page.name
        assert "<!-- audit" not in html
        assert "--8&lt;--" not in html
