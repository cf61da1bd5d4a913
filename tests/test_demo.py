"""The two demonstrations: what they show, that they show it offline and for ever, and how they were made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance.checks import KNOWN_CHECKS
from pytest_eci_compliance.config.loader import load
from pytest_eci_compliance.evidence.recording import read_manifest
from tests.demo import drift
from tests.demo.company import AUDITOR, COMPANY, SECRETS
from tests.demo.record import CASSETTES, CONFIGURATION, DEMONSTRATIONS, ROOT, record
from tests.emulator.account import dump
from tests.support.runs import run_pytest

PLANTED = {
    "access": {
        "ECIRamRoleReports",
        "ECIRamRoleShop",
        "chen.jie",
        "deploy-test",
        "li.na",
        "liu.yang",
        "shen.hao",
        "wu.fang",
        "xu.ming",
        "zhou.peng",
    },
    "auditor-visibility": {"demo-drift"},
    "custom-policy": {
        "Custom/ECIOnCall",
        "Custom/PassReportsRole",
        "Custom/PassShopRole",
        "Custom/RotatePublishingKey",
    },
    "image-cache-required-tags": {"imc-2zerbst5kghk8muj5h2i"},
    "image-cache-resource-group": {"imc-2zerbst5kghk8muj5h2i"},
    "ineffective-statement": {"Custom/ECIOnCall"},
    "instance-no-access-keys": {"eci-bp1xpgmiv9gzfjrejrui"},
    "instance-ram-role": {"eci-2zecejck3gg4nnwiqyl7", "eci-bp1fk5sssjgpxc1ks82j"},
    "instance-required-tags": {"eci-2zecejck3gg4nnwiqyl7", "eci-bp1lo8gv1dwyzzu7wtzu"},
    "instance-resource-group": {"eci-bp1lo8gv1dwyzzu7wtzu"},
    "role-escalation": {"ECIRamRoleReports", "ECIRamRoleShop", "report-scheduler"},
    "role-intended-policies": {"ECIRamRoleReports", "ECIRamRoleShop"},
    "role-pass-role": {"report-scheduler"},
    "slr-deletable": {
        "eci-2ze0qcvr4mbgjmksj4yn",
        "eci-2zecejck3gg4nnwiqyl7",
        "eci-8vb4pvmd2k10fyewapfz",
        "eci-bp1fk5sssjgpxc1ks82j",
        "eci-bp1lo8gv1dwyzzu7wtzu",
        "eci-bp1uwo0q86f2bdwlgaf2",
        "eci-bp1xpgmiv9gzfjrejrui",
        "imc-2zerbst5kghk8muj5h2i",
        "imc-bp1fqbiezjbkvuzu5vam",
    },
    "slr-exists": {"AliyunServiceRoleForECIVnode"},
    "slr-policy": {"AliyunServiceRoleForECI"},
    "slr-trust": {"AliyunServiceRoleForECI"},
    "system-policy": {"AliyunECIFullAccess"},
    "tag-policy": {"Custom/ECIStagingByTag", "Custom/ECITestByTag"},
    "user-console": {"chen.jie", "liu.yang", "wu.fang"},
    "user-escalation": {
        "chen.jie",
        "deploy-production",
        "deploy-test",
        "li.na",
        "liu.yang",
        "shen.hao",
        "wu.fang",
        "xu.ming",
        "zhou.peng",
    },
    "user-intended-policies": {"deploy-test", "li.na", "shen.hao"},
    "user-pass-role": {"deploy-production"},
    "user-required-policies": {"deploy-test"},
    "user-resource-groups": {"deploy-test"},
    "virtual-node-required-tags": {"vnd-bp1krrklomgl1b2evng7"},
    "virtual-node-resource-group": {"vnd-bp1krrklomgl1b2evng7"},
    "waiver": {"user-intended-policies:li.na"},
}
"""What fails in demo-drift: resource ids by check. Each is explained in tests/demo/drift.py."""

INVISIBLE = {
    "access",
    "role-escalation",
    "user-escalation",
    "image-cache-required-tags",
    "image-cache-resource-group",
    "instance-no-access-keys",
    "instance-ram-role",
    "instance-required-tags",
    "instance-resource-group",
    "selector",
    "slr-deletable",
    "virtual-node-required-tags",
    "virtual-node-resource-group",
}
"""The checks over ECI lists: the auditor of demo-drift does not see Singapore."""

NEVER_PASSES = {"slr-deletable"}  # where instances are, the role cannot be deleted; it is off in demo

LACKING = ("hypothesis", "syrupy", "jsonschema", "xdist")
"""Packages of the extra `test`: `pip install .`, the first command of the README, installs none of them."""

OFFLINE = f"""
import os, sys

sys.modules.update(dict.fromkeys({LACKING}))

def refuse(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        sys.stderr.write(f"reached for the network: {{event}} {{arguments}}")
        os._exit(97)

sys.addaudithook(refuse)
"""


@dataclass(frozen=True)
class Run:
    """How a run ended, what it printed, and its reports as text by their suffix."""

    exit_code: int
    output: str
    reports: dict[str, str]

    @property
    def report(self) -> Any:
        return json.loads(self.reports["json"])

    def ids(self, outcome: str) -> dict[str, set[str]]:
        """The ids of the resources with that outcome, by check."""
        results: dict[str, set[str]] = defaultdict(set)
        for row in self.report["results"]:
            if row["outcome"] == outcome:
                results[row["check"]].add(row["resource"]["id"])
        return results


@pytest.fixture(scope="session")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """Runs a demonstration as the README does: from the root of the repository, without the packages that only tests
    need, and where no socket can open."""
    runs: dict[str, Run] = {}

    def replay(name: str) -> Run:
        if name not in runs:
            folder = tmp_path_factory.mktemp(name)
            (folder / "offline.py").write_text(OFFLINE)
            environ = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
            reports = [f"--eci-report={folder / 'report'}.{suffix}" for suffix in ("json", "html", "md")]
            plugins = ["-p", "offline", "-p", "pytest_eci_compliance.plugin", "-p", "no:cacheprovider"]
            run = subprocess.run(
                [sys.executable, "-m", "pytest", *plugins, f"--eci-account={name}", "--color=no", *reports],
                cwd=ROOT,
                env={**environ, "PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
                capture_output=True,
                text=True,
                check=False,
            )
            texts = {path.suffix[1:]: path.read_text("utf-8") for path in folder.glob("report.*")}
            runs[name] = Run(run.returncode, run.stdout + run.stderr, texts)
        return runs[name]

    return replay


def test_that_a_run_that_reaches_for_the_network_is_seen(tmp_path: Path) -> None:
    with_syrupy = subprocess.run(
        [sys.executable, "-c", OFFLINE + "import syrupy"], capture_output=True, check=False
    )
    assert b"ModuleNotFoundError" in with_syrupy.stderr
    reach = OFFLINE + "import socket; socket.create_connection(('127.0.0.1', 9))"
    run = subprocess.run([sys.executable, "-c", reach], capture_output=True, text=True, check=False)
    assert run.returncode == 97
    assert "reached for the network" in run.stderr


def test_demo_is_as_intended(replayed: Callable[[str], Run]) -> None:
    run = replayed("demo")
    assert run.exit_code == 0, run.output
    assert run.report["accounts"]["demo"]["complete"] is True
    assert PLANTED.keys() - NEVER_PASSES <= run.ids("passed").keys() <= KNOWN_CHECKS - NEVER_PASSES
    assert run.ids("waived") == {"instance-required-tags": {"eci-bp11hhv83czl6zcrgs7z"}}
    assert not run.ids("failed")
    assert not run.ids("unknown")


def test_demo_drift_fails_where_it_was_planted_and_nowhere_else(replayed: Callable[[str], Run]) -> None:
    run = replayed("demo-drift")
    assert run.exit_code == 1, run.output
    assert run.report["accounts"]["demo-drift"]["complete"] is True
    # A new check needs no violation here: test_docs lists the checks without one.
    assert run.ids("failed") == PLANTED
    assert PLANTED.keys() <= KNOWN_CHECKS
    assert run.ids("unknown") == {check: {"*"} for check in INVISIBLE}


@pytest.mark.parametrize("name", DEMONSTRATIONS)
def test_nothing_secret_is_kept(replayed: Callable[[str], Run], name: str) -> None:
    kept = {path.name: path.read_text("utf-8") for path in (CASSETTES / name).iterdir()}
    assert {"json", "html", "md"} == replayed(name).reports.keys()
    account, *_ = DEMONSTRATIONS[name]
    there = dump((account,)) + drift.OSS_CONFIG
    secrets = [*SECRETS, AUDITOR.access_key_id, AUDITOR.access_key_secret]
    for secret in (*secrets, *(drift.SECRETS if name == "demo-drift" else ())):
        assert secret in there, "what is not there cannot be kept"
        for text in (*kept.values(), *replayed(name).reports.values(), replayed(name).output):
            assert secret not in text


@pytest.mark.parametrize("name", DEMONSTRATIONS)
def test_the_recordings_say_that_they_are_synthetic(name: str) -> None:
    assert read_manifest(CASSETTES / name).synthetic
    assert sum(path.stat().st_size for path in CASSETTES.rglob("*")) < 1_000_000


def test_nothing_in_the_configuration_can_expire() -> None:
    demo, later = load(CONFIGURATION, KNOWN_CHECKS).configuration.accounts.values()
    assert {waiver.expires for waiver in demo.waivers} == {date.max}
    assert all(waiver.expires.isoformat() < DEMONSTRATIONS["demo-drift"][1] for waiver in later.waivers)
    assert demo.max_age is later.max_age is None


def test_the_script_makes_the_recordings(tmp_path: Path) -> None:
    try:
        record(tmp_path, partial(run_pytest, credential=AUDITOR))
    except RuntimeError as problem:
        if "did not start" in str(problem):
            pytest.skip(f"its port is taken: {problem}")
        raise
    for name in DEMONSTRATIONS:
        world, kept = tmp_path / name, CASSETTES / name
        assert _cassettes(world) == _cassettes(kept), "run python -m tests.demo.record"
        assert read_manifest(world).recorded == read_manifest(kept).recorded


def _cassettes(directory: Path) -> dict[str, bytes]:
    """The files but the manifest, which names the version of the plugin too."""
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.name != "manifest.json"}


def test_the_company_is_of_some_size() -> None:
    assert len(COMPANY.users) >= 20
    assert sum(len(region.instances) for region in COMPANY.regions) >= 30
