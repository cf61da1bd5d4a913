"""What users would pick instead: Prowler's RAM service and ours, against one server, one account, one latency.

Prowler is installed from the package index into a venv of its own, at run time only.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.emulator import generate
from tests.emulator.backend import Call
from tests.emulator.configuration import environment
from tests.emulator.faults import Fault
from tests.emulator.generate import Size

from .project import Measured, Project, plain_env, project, run, run_pytest
from .table import table

PROWLER = "prowler==5.46.0"
SUPPORTED = ((3, 11), (3, 12))
ACCOUNT = Size(users=150, groups=10, policies=20, roles=2, instances=0, regions=1, image_caches=0)
LATENCIES = (0.0, 0.02, 0.05)
CHECK = "ram_policy_attached_only_to_group_or_roles"
INTENDED = [{"match": "*", "policies": ["AliyunECIReadOnlyAccess"]}]
NEVER = [
    Fault("throttling_user", action=action, status=400, code="Throttling.User")
    for action in ("ram:ListPoliciesForUser", "resourcemanager:ListPolicyAttachments")
]


@dataclass(frozen=True)
class Scan:
    """A finished run of either: what it cost, what it said, and the calls that arrived."""

    tool: str
    measured: Measured
    users_by_outcome: dict[str, list[str]]
    calls: tuple[Call, ...]

    @property
    def reading(self) -> float:
        """Seconds from the first call to the end of the last."""
        ends = [call.time + call.seconds for call in self.calls]
        return max(ends, default=0.0) - min((call.time for call in self.calls), default=0.0)

    @property
    def row(self) -> tuple[object, ...]:
        users = {user for names in self.users_by_outcome.values() for user in names}
        in_flight = max((call.in_flight for call in self.calls), default=0)
        text = ", ".join(
            f"{len(names)} {outcome}" for outcome, names in sorted(self.users_by_outcome.items())
        )
        measured = self.measured
        cost = (len(self.calls), in_flight, measured.seconds, self.reading, measured.cpu, measured.mebibytes)
        return (self.tool, *cost, len(users), text, self.measured.code)


HEADER = (
    "",
    "calls",
    "in flight",
    "wall (s)",
    "reading (s)",
    "CPU (s)",
    "MiB",
    "users",
    "said of users",
    "exit",
)


def peer(python: str | None = None, venv: Path | None = None, size: Size = ACCOUNT) -> None:
    """Prowler's RAM service and ours on 150 users (and the auditing one) in 10 groups with 20 custom policies;
    then once more where what users hold cannot be read, because the calls for it are throttled for ever."""
    with prowler(python, venv) as interpreter:
        tools = (partial(theirs, interpreter), ours)
        list(scans(tools, size))  # once for nothing: compiled modules, a warm disk
        for latency in LATENCIES:
            print(f"\n{1000 * latency:.0f} ms a call\n")
            table(HEADER, (scan.row for scan in scans(tools, size, latency)))
        print(f"\n{' and '.join(fault.action for fault in NEVER)} throttled for ever\n")
        table(HEADER, (scan.row for scan in scans(tools, size, faults=NEVER)))


def scans(
    tools: Iterable[Callable[[Project], Scan]],
    size: Size,
    latency: float = 0.0,
    faults: Iterable[Fault] = (),
) -> Iterator[Scan]:
    """A run of each tool, one after the other, against one server."""
    off: dict[str, Any] = {"service_linked_role": None, "instances": None, "image_caches": None}
    with project(size, latency, users=INTENDED, deadline="1m", **off) as world:
        for scan in tools:
            world.cloud.reset()
            world.cloud.set_faults(*faults)
            yield scan(world)


def ours(project: Project) -> Scan:
    """The built-in check on what users hold; the sweep is the whole one, as always."""
    arguments = (
        "--eci-account=all",
        "--eci-report=ours.json",
        "-k",
        "user_intended_policies",
        "--tb=no",
        "-rN",
    )
    measured = run_pytest(project.folder, *arguments, env=project.env)
    report = json.loads((project.folder / "ours.json").read_text())
    by_outcome: dict[str, list[str]] = {}
    for result in report["results"]:
        by_outcome.setdefault(result["outcome"], []).append(result["resource"]["id"])
    return Scan("this plugin", measured, by_outcome, tuple(project.cloud.calls))


def theirs(interpreter: Path, project: Project) -> Scan:
    """Prowler's check on what users hold; it reads the whole RAM service, whichever check is selected."""
    command = [str(interpreter), str(Path(__file__).with_name("redirected.py")), project.cloud.endpoint]
    command += ["alibabacloud", "--checks", CHECK, "--region", "cn-hangzhou", "--no-banner"]
    command += ["-M", "csv", "-o", str(project.folder), "-F", "prowler"]
    env = {**plain_env(), **environment(generate.AUDITOR)}
    measured = run(command, project.folder, {name: env[name] for name in env if name != "PYTHONPATH"})
    by_outcome: dict[str, list[str]] = {}
    for finding in _findings(project.folder / "prowler.csv"):
        by_outcome.setdefault(finding["STATUS"], []).append(finding["RESOURCE_UID"])
    return Scan("Prowler", measured, by_outcome, tuple(project.cloud.calls))


def _findings(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=";"))


@contextmanager
def prowler(python: str | None, venv: Path | None) -> Iterator[Path]:
    """The interpreter of a venv that has Prowler: `venv` where it is one already, else a new one, which is kept
    where `venv` names its place."""
    with tempfile.TemporaryDirectory() as name:
        folder = venv or Path(name) / "venv"
        interpreter = folder / "bin" / "python"
        if not interpreter.exists():
            print(f"installing {PROWLER}: this takes minutes", file=sys.stderr, flush=True)
            subprocess.run([python or _interpreter(), "-m", "venv", str(folder)], check=True)
            install = [str(interpreter), "-m", "pip", "install", "--quiet", PROWLER]
            subprocess.run([*install, "--disable-pip-version-check"], check=True, stderr=subprocess.DEVNULL)
        yield interpreter


def _interpreter() -> str:
    """An interpreter that Prowler supports: this one, one on the path, or one of pyenv's."""
    if sys.version_info[:2] in SUPPORTED:
        return sys.executable
    for major, minor in reversed(SUPPORTED):
        if interpreter := shutil.which(f"python{major}.{minor}"):
            return interpreter
        pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
        for path in sorted(pyenv.glob(f"{major}.{minor}.*/bin/python"), reverse=True):
            return str(path)
    raise SystemExit("Prowler needs Python 3.11 or 3.12: name one with --peer-python")
