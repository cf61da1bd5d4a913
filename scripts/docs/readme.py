"""The generated parts of README.md, each between two comments: `<!-- generated: NAME -->` and `<!-- end -->`."""

from __future__ import annotations

import re

from pytest_eci_compliance.checks import CHECKS

from .checks import ONE_TEST_PER

_PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_SUMMARY = "ECI compliance"


def with_generated_parts(readme: str, demo_output: str) -> str:
    """The text of the README with its generated parts made anew. `demo_output` is the output of the demonstration."""
    parts = {"demo": _demo(demo_output), "checks": _checks()}
    return _PART.sub(lambda match: f"{match[1]}{parts[match[2]]}\n{match[3]}", readme)


def _demo(output: str) -> str:
    """The command of the demonstration with the summary that it prints."""
    lines = output.splitlines()
    start = next(index for index, line in enumerate(lines) if _SUMMARY in line)
    shown = ["$ pip install . && pytest --eci-account=demo", "[…]", *lines[start:]]
    return "\n".join(["```console", *shown, "```"])


def _checks() -> str:
    """The table of all built-in checks."""
    rows = [
        f"| `{check.id}` | {check.severity} | {subject} | {_first_paragraph(check.rule)} |"
        for check in CHECKS
        for subject in [ONE_TEST_PER.get(check.id, check.resource_type.replace("_", " "))]
    ]
    return "\n".join(["| check | severity | one test per | rule |", "| --- | --- | --- | --- |", *rows])


def _first_paragraph(rule: str) -> str:
    return " ".join(rule.partition("\n\n")[0].split()).replace("|", "\\|")
