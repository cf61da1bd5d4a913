"""A project around a generated account: a configuration that points at an emulator in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.emulator import generate
from tests.emulator.account import Account, Credential
from tests.emulator.configuration import config_yaml, environment
from tests.emulator.emulator import EmulatorProcess

from .clock import WHERE

ROOT = Path(__file__).parents[1]
CHECKED: dict[str, Any] = {
    "service_linked_role": {"expect": "present"},
    "users": [{"match": "*", "policies": ["AliyunECIReadOnlyAccess"]}],
    "instances": {"required_tags": {"env": ["prod", "test"]}},
    "image_caches": {"required_tags": {"env": "prod"}},
}


@dataclass(frozen=True)
class Project:
    """A folder with a configuration for `accounts`, and the environment that has their credentials."""

    folder: Path
    accounts: tuple[Account, ...]
    cloud: EmulatorProcess
    sections: Mapping[str, Any]
    credential: Credential = generate.ROOT

    def configure(self, each: Mapping[str, Mapping[str, Any]] | None = None, **sections: Any) -> None:
        """Write the configuration, with these sections beside or instead of the project's own, and `each` of an
        account's own, by its alias."""
        wanted = {**CHECKED, **self.sections, **sections}
        wanted = {name: section for name, section in wanted.items() if section is not None}
        written = yaml.safe_load(config_yaml(self.cloud.url, *self.accounts, **wanted))
        for name, own in (each or {}).items():
            written["accounts"][name].update(own)
        (self.folder / "eci-compliance.yaml").write_text(yaml.safe_dump(written, sort_keys=False))

    @property
    def env(self) -> dict[str, str]:
        return {**plain_env(), **environment(self.credential), "PYTHONPATH": str(ROOT)}

    def pytest(self, *arguments: str) -> Measured:
        """One run of pytest in the project."""
        return run_pytest(self.folder, *arguments, env=self.env)

    def audit(self, mode: str) -> dict[str, Any]:
        """One audit in a process of its own; its seconds without imports, and what it cost."""
        names = [account.alias for account in self.accounts]
        done = run([sys.executable, "-c", _AUDIT, mode, *names], self.folder, self.env)
        data: dict[str, Any] = json.loads(done.succeeded().splitlines()[-1])
        return data


@dataclass(frozen=True)
class Measured:
    """A finished command: wall and CPU seconds, the largest resident size (MiB), its exit code and output.
    `tests` are the CPU seconds of pytest's collection and tests alone."""

    seconds: float
    cpu: float
    mebibytes: float
    code: int
    output: str
    tests: float = 0.0

    def succeeded(self) -> str:
        """The output; RuntimeError with it where the command failed."""
        if self.code:
            raise RuntimeError(f"exit code {self.code}:\n{self.output}")
        return self.output


_AUDIT = textwrap.dedent(
    """
    import json, resource, sys, time
    from collections import Counter
    from pathlib import Path
    from pytest_eci_compliance import audit

    def peak():
        status = Path("/proc/self/status")
        if not status.exists():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        # ru_maxrss is never less than what the parent held when it started us.
        return int(next(line.split()[1] for line in status.open() if line.startswith("VmHWM")))

    mode, *names = sys.argv[1:]
    request = audit.AuditRequest(tuple(names), None, "default", mode, None, Path.cwd(), Path.cwd())
    loaded = audit.load_configuration(request)
    began, cpu = time.monotonic(), time.process_time()
    snapshot = audit.audit(request, loaded)
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    all_ = [account.evidence for account in snapshot.accounts]
    print(json.dumps({
        "seconds": seconds,
        "cpu": cpu,
        "mebibytes": peak() / 1024,
        "calls": sum(one.calls for one in all_),
        "retries": sum(one.retries for one in all_),
        "actions": sum((Counter(one.actions) for one in all_), Counter()),
        "complete": all(one.complete for one in all_),
        "unknown": sum(row.outcome == "unknown" for account in snapshot.accounts for row in account.rows),
    }))
    """
)


@cache
def _bytecode() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


def plain_env() -> dict[str, str]:
    """This process's environment, in which imports find compiled modules as in any installed venv."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**variables, "PYTHONPYCACHEPREFIX": _bytecode().name}


def run(command: list[str], folder: Path, env: dict[str, str] | None = None) -> Measured:
    """Run a command and measure it."""
    with tempfile.TemporaryFile("w+") as output:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        return Measured(
            seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode, output.read()
        )


def run_pytest(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> Measured:
    """Run pytest and measure it, its collection and tests apart."""
    clock = folder / "clock.txt"
    env = {**(env or plain_env()), "PYTHONPATH": str(ROOT), WHERE: str(clock)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "bench.clock",
        # Other reporters add their own time to each test, on both sides of a comparison.
        *(f"-pno:{name}" for name in ("allure_pytest", "html", "metadata", "pytest_jsonreport")),
        *arguments,
    ]
    done = run(command, folder, env)
    return replace(done, tests=float(clock.read_text())) if clock.exists() else done


@contextmanager
def project(
    size: generate.Size, latency: float = 0.0, allowed: float = 0.0, **sections: Any
) -> Iterator[Project]:
    """A project over one generated account, served for as long as the context lasts."""
    account = generate.account(size)
    options = {"latency": latency, **({"rate": allowed} if allowed else {})}
    with EmulatorProcess(account, **options) as cloud, tempfile.TemporaryDirectory() as name:
        project = Project(
            Path(name), (account,), cloud, {"regions": [region.id for region in account.regions], **sections}
        )
        project.configure()
        yield project
