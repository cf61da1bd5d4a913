"""What the demonstration prints, as the pages show it: real runs, without what differs from machine to machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

_DRIFT = "--eci-account=demo-drift"
_RUNS = {
    "demo": ["--eci-account=demo"],
    "plan": ["--eci-account=demo", "-q", "--eci-plan=docs/examples/plan/plan.json"],
    "drift-policies": [_DRIFT, "-q", "-k", "user-intended-policies and not waiver"],
    "drift-visibility": [_DRIFT, "-q", "-k", "auditor-visibility or virtual-node-required-tags"],
}
_IN_CHINESE = ("demo", "drift-policies", "drift-visibility")
_OF_THE_MACHINE = re.compile(r"^(platform|rootdir|configfile|plugins|cachedir):? .*\n", re.MULTILINE)
_AGE = re.compile(r" \(\d+ days? ago\)| \d+ days? ago|（\d+天前）|\d+天前")
_TIME = re.compile(r" in \d[\d.:]*s( \([\d:]+\))?|，用时[\d.]+秒")
_TOTALS = re.compile(r"^=+ (\d+ [a-z]+, .*) =+$", re.MULTILINE)  # its length depends on the time in it
_STARTED = re.compile(r"^(since )\d{4}-\S+Z", re.MULTILINE)


class Ended(Protocol):
    """A run that has ended."""

    @property
    def returncode(self) -> int: ...
    @property
    def stdout(self) -> str: ...
    @property
    def stderr(self) -> str: ...


Run = Callable[[Path, Sequence[str]], Ended]
"""Runs pytest from a folder with these arguments, 80 columns wide, without colours and the variables of CI."""


def _in_a_process(root: Path, arguments: Sequence[str]) -> Ended:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", *arguments]
    # On a CI machine pytest writes its summary in full, whatever the width is.
    named = ("BUILD_NUMBER", "CI", "GITHUB_", "PYTEST_")
    plain = {key: value for key, value in os.environ.items() if not key.startswith(named)}
    environment = {**plain, "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
    return subprocess.run(  # noqa: S603 - our own arguments
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )


def outputs(root: Path, run: Run = _in_a_process) -> dict[str, str]:
    """The text of each run, by its path below `docs/`. `root` is where the demonstration is."""
    with tempfile.TemporaryDirectory() as folder:
        former = _a_month_before(root, Path(folder), run)
        runs = {**_RUNS, "since": [_DRIFT, "-q", f"--eci-since={former}"]}
        texts = {name: _printed(root, arguments, run) for name, arguments in runs.items()}
        for name in _IN_CHINESE:
            texts[f"zh/{name}"] = _printed(root, [*_RUNS[name], "--eci-language=zh"], run)
    texts["since"] = _STARTED.sub(r"\1YYYY-MM-DDThh:mm:ssZ", "".join(_compared(texts["since"])))
    return {f"outputs/{name}.txt": text for name, text in texts.items()}


def _a_month_before(root: Path, folder: Path, run: Run) -> Path:
    """The former report of `demo-drift`, made as the page tells: from the recording of the month before."""
    shutil.copytree(root / "cassettes" / "demo", folder / "march" / "demo-drift")
    path = folder / "march.json"
    _printed(root, [_DRIFT, "-q", f"--eci-cassettes={folder / 'march'}", f"--eci-report={path}"], run)
    return path


def _printed(root: Path, arguments: list[str], run: Run) -> str:
    done = run(root, arguments)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr}{done.stdout}")
    text = _TIME.sub("", _AGE.sub("", _OF_THE_MACHINE.sub("", done.stdout))).strip()
    return _TOTALS.sub(r"==== \1 ====", text) + "\n"


def _compared(text: str) -> list[str]:
    """The lines of the summary that tell what changed."""
    lines = text.splitlines(keepends=True)
    start = next(index for index, line in enumerate(lines) if line.startswith("since "))
    end = next(index for index in range(start + 1, len(lines)) if not lines[index].startswith(" "))
    return lines[start:end]
