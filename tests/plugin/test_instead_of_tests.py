"""The options that run no test."""

from __future__ import annotations

import json

from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.evidence.api_actions import READ_LIST
from tests.plugin.conftest import Runs


def test_every_check_is_listed(runs: Runs) -> None:
    result = runs("--eci-list-checks", account=None)
    assert result.ret == 0
    for check in CHECKS:
        result.stdout.fnmatch_lines([f"{check.id} ({check.severity}{', section*' * (check.section != '-')})"])
    assert runs.sweeps == 0


def test_with_an_account_it_is_reported_which_checks_are_on(runs: Runs) -> None:
    runs.write(
        "eci-compliance.yaml",
        (runs.folder / "eci-compliance.yaml")
        .read_text()
        .replace("    mode: replay", "    instances: {required_tags: {env: prod}}"),
    )
    result = runs("--eci-list-checks", "--eci-account=dev")
    assert result.ret == 0
    text = result.stdout.str()
    entry = text.partition("\ninstance-required-tags (")[2]
    assert entry.index("    prod: on") < entry.index("    dev: off: the configuration has no")
    assert runs.sweeps == 0


def test_an_unknown_account_is_a_mistake(runs: Runs) -> None:
    result = runs("--eci-list-checks", account="prodd")
    assert result.ret == 4
    result.stderr.fnmatch_lines(
        ["ERROR: --eci-account=prodd: *eci-compliance.yaml has no such account; did you mean prod[?]"]
    )


def test_the_audit_policy_is_the_read_list(runs: Runs) -> None:
    result = runs("--eci-audit-policy", account=None)
    assert result.ret == 0
    (statement,) = json.loads(result.stdout.str())["Statement"]
    assert statement["Effect"] == "Allow"
    normally = {action.permission for action in READ_LIST if not (action.fallback or action.on_request)}
    assert set(statement["Action"]) == normally
    for action in READ_LIST:
        if action.fallback:
            assert action.permission in result.stderr.str()


def test_help_goes_first(runs: Runs) -> None:
    assert "usage:" in runs("--help", "--eci-list-checks", account=None).stdout.str()
