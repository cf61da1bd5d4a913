"""CONTRIBUTING.md: a check and a report format are added to a copy of the package, and nothing else is changed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.demo.record import ROOT
from tests.support.package_copy import copy_of_the_package

CHECK = "instance-no-public-ip"
MODULE = "public_ip.py"
IMPORTS = """\"\"\"The public IP addresses of instances.\"\"\"

from __future__ import annotations

from ..inventory.facts import ContainerGroup
from .support.decorators import resource_check
from .support.verdicts import Verdict, failed, passed


"""
SUFFIXES = ("json", "html", "md", "csv", "sarif", "txt")

FORMAT = """\"\"\"The plain-text report: one line per result.\"\"\"

from .model import Report, ordered


def render(report: Report) -> str:
    rows = (result.row for result in ordered(report.results))
    return "".join(f"{row.outcome} {row.check} {row.resource.id}\\n" for row in rows)
"""
SARIF = '    ".sarif": "as_sarif",\n'


def example() -> str:
    """The example of the page: a whole check."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```python\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    (block,) = (block for block in blocks if "@resource_check" in block)
    return re.sub(r"^   ", "", block, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package that has a check and a report format more."""
    folder = tmp_path_factory.mktemp("copy")
    package = copy_of_the_package(folder)
    (package / "checks" / MODULE).write_text(IMPORTS + example(), encoding="utf-8")
    (package / "report" / "as_text.py").write_text(FORMAT, encoding="utf-8")
    formats = package / "report" / "__init__.py"
    text = formats.read_text(encoding="utf-8")
    assert text.count(SARIF) == 1
    formats.write_text(text.replace(SARIF, f'{SARIF}    ".txt": "as_text",\n'), encoding="utf-8")
    return folder


def run(copy: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on the demonstration with the plugin of the copy."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    environ |= {"PYTHONPATH": str(copy), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    plugin = ("-p", "pytest_eci_compliance.plugin", "-p", "no:cacheprovider")
    configuration = f"--eci-config={ROOT / 'eci-compliance.yaml'}"
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, configuration, "--eci-account=demo", *options],
        cwd=copy,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_rows_of_a_new_check_are_in_every_report_and_in_a_new_format(copy: Path) -> None:
    reports = {suffix: copy / f"report.{suffix}" for suffix in SUFFIXES}
    result = run(copy, *(f"--eci-report={path}" for path in reports.values()))
    assert result.returncode in (0, 1), result.stdout + result.stderr
    rows = [row for row in json.loads(reports["json"].read_text("utf-8"))["results"] if row["check"] == CHECK]
    assert len(rows) == 33
    for suffix, path in reports.items():
        assert CHECK in path.read_text("utf-8"), suffix
    assert CHECK in result.stdout
    assert "passed slr-exists AliyunServiceRoleForECIVnode" in reports["txt"].read_text("utf-8").splitlines()


@pytest.mark.nightly
def test_a_new_check_is_listed(copy: Path) -> None:
    result = run(copy, "--eci-list-checks")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    start = lines.index(f"{CHECK} (high)")
    assert lines[start + 1].strip() == "No instance has a public IP address."
    assert lines[start + 3].strip().startswith("demo: ")


def test_without_the_modules_neither_exists() -> None:
    """Else the tests above could not fail."""
    from pytest_eci_compliance.checks import KNOWN_CHECKS  # noqa: PLC0415
    from pytest_eci_compliance.report import SUFFIXES as FORMATS  # noqa: PLC0415

    assert CHECK not in KNOWN_CHECKS
    assert ".txt" not in FORMATS
