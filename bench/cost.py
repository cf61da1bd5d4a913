"""What the plugin costs inside pytest: per built-in check, and when it is not used at all."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from tests.emulator.generate import Size

from .project import Measured, project, run_pytest
from .table import table

MANY = 20_000
ROUNDS = 25
PASSING = {"env": ["prod", "test"], "owner": "team-*"}
FAILING = {"env": "none"}


Run: TypeAlias = "tuple[str, Mapping[str, object], tuple[str, ...]]"
RUNS: tuple[Run, ...] = (
    ("pass", PASSING, ()),
    ("fail", FAILING, ()),
    ("fail", FAILING, ("-ra",)),
)


def items(many: int = MANY, runs: tuple[Run, ...] = RUNS) -> None:
    """CPU of built-in checks against plain pytest tests that do nothing, or fail with a message and no traceback;
    collection included, the sweep not. Target: at most 1.5 times an empty test; 20,000 results under 512 MiB,
    failures cheap. (Of plain tests only a tenth fail: pytest's time grows with the square of their number.)"""
    header = (f"{many} that", "ms each", "plain (ms)", "ratio", "MiB", "of the run, wall (s)", "CPU (s)")
    table(header, _items(many, runs))


def _items(many: int, runs: tuple[Run, ...]) -> Iterator[tuple[object, ...]]:
    size = Size(users=1, groups=0, policies=0, roles=0, instances=many, regions=1, image_caches=0)
    with project(
        size, users=None, service_linked_role=None, image_caches=None, rate={"eci": 10_000}
    ) as world:
        world.audit("record")
        for outcome, tags, arguments in runs:
            world.configure(instances={"required_tags": tags})
            ours = world.pytest("--eci-account=all", "--eci-mode=replay", "-k", "required_tags", *arguments)
            fewer = many if outcome == "pass" else max(1, many // 10)
            per_test, plain = (
                1000 * ours.tests / many,
                1000 * _plain(fewer, outcome, *arguments).tests / fewer,
            )
            name = " ".join((outcome, *arguments))
            yield name, per_test, plain, per_test / plain, ours.mebibytes, ours.seconds, ours.cpu


def _plain(count: int, outcome: str, *arguments: str) -> Measured:
    """As many parametrised tests as a plain pytest project has them: ids of the same length."""
    body = "pass" if outcome == "pass" else "pytest.fail(f'{one}: no tag env', pytrace=False)"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_plain.py").write_text(
            "import pytest\n"
            f"@pytest.mark.parametrize('one', [f'all:cn-hangzhou:eci-gen{{n:09}}' for n in range({count})])\n"
            f"def test_plain(one):\n    {body}\n"
        )
        return run_pytest(folder, "test_plain.py", *arguments)


OWN = """
import pytest
@pytest.mark.eci_check("house-no-public-ip", severity="high", remediation="Release the address.")
def test_no_public_ip(eci_instance):
    assert {condition}, f"{{eci_instance.id}} has a public address"
"""
BARE = """
import pytest
from types import SimpleNamespace
INSTANCES = [SimpleNamespace(id=f"eci-gen{{n:09}}", internet_ip="") for n in range({many})]
@pytest.fixture(scope="session", params=INSTANCES, ids=lambda one: f"all:cn-hangzhou:{{one.id}}")
def eci_instance(request):
    return request.param
@pytest.mark.parametrize("eci_instance", INSTANCES, indirect=True, scope="function",
                         ids=lambda one: f"all:cn-hangzhou:{{one.id}}")
def test_no_public_ip(eci_instance):
    assert {condition}, f"{{eci_instance.id}} has a public address"
"""


def own(many: int = MANY // 4, rounds: int = 3) -> None:
    """CPU of own checks (`eci_check`) against bare pytest tests of the same shape: the same assertion on a fixture
    with as many values; collection included, the sweep not. The least of some rounds, in turn. Target: at most 1.5
    times. (Of those that fail there are a tenth: pytest's time grows with the square of their number.)"""
    table((f"{many} that", "ms each", "bare (ms)", "ratio"), _own(many, rounds))


def _own(many: int, rounds: int) -> Iterator[tuple[object, ...]]:
    for outcome, condition in (
        ("pass", "not eci_instance.internet_ip"),
        ("fail", "eci_instance.internet_ip"),
    ):
        count = many if outcome == "pass" else max(1, many // 10)
        size = Size(users=1, groups=0, policies=0, roles=0, instances=count, regions=1, image_caches=0)
        names = ("users", "instances", "service_linked_role", "image_caches")
        sections: dict[str, Any] = dict.fromkeys(names)
        with project(size, **sections, rate={"eci": 10_000}) as world, tempfile.TemporaryDirectory() as name:
            world.audit("record")
            (world.folder / "test_own.py").write_text(OWN.format(condition=condition))
            bare = Path(name)
            (bare / "test_bare.py").write_text(BARE.format(condition=condition, many=count))
            arguments = ("--eci-account=all", "--eci-mode=replay", "test_own.py", "--tb=line")
            pairs = [
                (world.pytest(*arguments), run_pytest(bare, "test_bare.py", "--tb=line"))
                for _ in range(rounds)
            ]
        ours, plain = (1000 * min(run.tests for run in side) / count for side in zip(*pairs, strict=True))
        yield outcome, ours, plain, ours / plain


def unused(rounds: int = ROUNDS) -> None:
    """CPU of an empty test in a project that merely has the plugin installed, against `-p no:eci_compliance`; in
    turn, the least of each, because noise only adds. Target: no measurable difference."""
    on, off = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_plain.py").write_text("def test_plain():\n    pass\n")
        for _ in range(rounds):
            on.append(run_pytest(folder).cpu)
            off.append(run_pytest(folder, "-p", "no:eci_compliance").cpu)
    least, without = 1000 * min(on), 1000 * min(off)
    spread = 1000 * (statistics.median(off) - min(off))
    table(
        ("installed (ms)", "switched off (ms)", "difference (ms)", "median over least (ms)"),
        [(least, without, least - without, spread)],
    )
