"""`python -m tests.demo.record`: record the two demonstrations anew, from the emulator, into `cassettes/`.

What is recorded is synthetic: no real account is behind it, and the manifests say so. The recordings are the
same on every run, so the moment that they state is fixed, and the emulator's port is too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from pytest_eci_compliance.evidence.recording import MANIFEST, read_manifest
from scripts.docs.outputs import Ended
from tests.emulator import Account, Emulator, endpoints, environment

from .company import AUDITOR, COMPANY
from .drift import A_MONTH_LATER

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "eci-compliance.yaml"
CASSETTES = ROOT / "cassettes"
PORT = 8018

DEMONSTRATIONS: Mapping[str, tuple[Account, str, int]] = {
    "demo": (COMPANY, "2026-03-02T02:00:00Z", 0),
    "demo-drift": (A_MONTH_LATER, "2026-04-02T02:00:00Z", 1),
}
"""By their name in the configuration: the account, the moment that its manifest states, pytest's exit code."""


def _pytest(folder: Path, *options: str) -> Ended:
    """Run the built-in checks as the company's auditor, by the command that everybody uses."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "ALIBABA"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *options],
        cwd=folder,
        env={**environ, **environment(AUDITOR)},
        capture_output=True,
        text=True,
        check=False,
    )


def record(cassettes: Path, run: Callable[..., Ended] = _pytest) -> None:
    """Record every demonstration into a directory of its own below `cassettes`.

    Raises RuntimeError where the emulator's port is taken, or a run does not end as it should.
    """
    for name, (account, moment, exit_code) in DEMONSTRATIONS.items():
        with Emulator(account, port=PORT) as cloud, TemporaryDirectory() as folder:
            configuration = Path(folder, CONFIGURATION.name)
            configuration.write_text(_pointed_at(cloud.url), encoding="utf-8")
            shutil.copytree(ROOT / "reviewed", Path(folder, "reviewed"))
            ended = run(
                Path(folder), f"--eci-account={name}", "--eci-mode=record", f"--eci-cassettes={cassettes}"
            )
        if ended.returncode != exit_code:
            raise RuntimeError(
                f"{name} ended with {ended.returncode}, not {exit_code}:\n{ended.stdout}{ended.stderr}"
            )
        manifest = replace(read_manifest(cassettes / name), recorded=moment)
        (cassettes / name / MANIFEST).write_bytes(manifest.render())


def _pointed_at(url: str) -> str:
    """The demonstrations' configuration, with the emulator for the cloud."""
    data = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))
    for account in data["accounts"].values():
        account["endpoints"] = endpoints(url)
    return yaml.safe_dump(data)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.demo.record", description=__doc__)
    parser.add_argument("--into", type=Path, default=CASSETTES, help="the directory (default: cassettes/)")
    record(parser.parse_args().into.absolute())


if __name__ == "__main__":
    main()
