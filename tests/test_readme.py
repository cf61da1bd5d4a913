"""What the README shows is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from pytest_eci_compliance.checks import CHECKS, KNOWN_CHECKS
from pytest_eci_compliance.config.loader import load
from pytest_eci_compliance.plugin.commands import audit_policy
from tests.demo.record import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
VARYING = re.compile(r"\(\d+ days ago\)|\d+ days ago|in \d+\.\d+s|=+|\s+")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_the_policy_shown_is_the_policy_printed():
    assert blocks("json") == [audit_policy() + "\n"]


def test_the_configuration_shown_loads(tmp_path: Path):
    (shown,) = (one for one in blocks("yaml") if one.startswith("version: 1"))
    path = tmp_path / "eci-compliance.yaml"
    path.write_text(shown, encoding="utf-8")
    assert set(load(path, KNOWN_CHECKS).configuration.accounts) == {"prod"}


def test_the_jobs_shown_are_yaml():
    jobs = [one for one in blocks("yaml") if not one.startswith("version: 1")]
    assert len(jobs) == 2
    assert all(isinstance(yaml.safe_load(one), dict) for one in jobs)


def test_every_check_is_in_the_table():
    named = set(re.findall(r"`([a-z-]+(?:…)?)`", README))
    short = {"image-cache-required-tags", "virtual-node-required-tags"}
    short |= {"image-cache-resource-group", "virtual-node-resource-group"}
    assert {one.id for one in CHECKS} - short <= named


@pytest.mark.parametrize(("account", "code"), [("demo", 0), ("demo-drift", 1)])
def test_the_outputs_shown_are_the_outputs(pytester: pytest.Pytester, account: str, code: int):
    (shown,) = (
        one for one in blocks("console") if f"--eci-account={account}\n" in one or f"={account} -q" in one
    )
    options = (
        f"--eci-account={account}",
        f"--eci-config={ROOT / 'eci-compliance.yaml'}",
        "-p",
        "no:cacheprovider",
    )
    result = pytester.runpytest_subprocess(*options)
    assert result.ret == code
    printed = {VARYING.sub("", line) for line in result.outlines}
    told = [
        line for line in shown.splitlines() if re.match(r"(  [a-z-]+ \(|demo[a-z-]*: |ECI coverage)", line)
    ]
    assert told
    assert [line for line in told if VARYING.sub("", line) not in printed] == []
